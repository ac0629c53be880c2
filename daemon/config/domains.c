/* SPDX-License-Identifier: ISC */
#include "config/domains.h"

#include "base/allocation.h"
#include "base/file.h"
#include "base/text.h"
#include "config/domains_private.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* The set's own copy of a string, or NULL without memory. */
static const char *keep(struct domains *domains, const char *string)
{
	return names_put(&domains->strings, string) == ERR_OK
		       ? domains->strings.item[domains->strings.count - 1]
		       : NULL;
}

enum err domains_keep(struct domains *domains, struct policy **policy)
{
	struct policy **grown = allocation_grow(domains->policy, domains->policies, &domains->policy_capacity,
						sizeof(*grown));

	if (grown == NULL)
		return ERR_NO_MEMORY;
	domains->policy = grown;
	domains->policy[domains->policies++] = *policy;
	*policy = NULL;
	return ERR_OK;
}

static enum err keep_item(struct domains *domains, const struct configured *item)
{
	struct configured *grown =
		allocation_grow(domains->item, domains->count, &domains->capacity, sizeof(*grown));

	if (grown == NULL)
		return ERR_NO_MEMORY;
	domains->item = grown;
	domains->item[domains->count++] = *item;
	return ERR_OK;
}

enum err domains_begin(struct domains *domains, const char *path)
{
	domains->source = keep(domains, path);
	return domains->source != NULL ? ERR_OK : ERR_NO_MEMORY;
}

enum err domains_add(struct domains *domains, const char *domain, const char *file, unsigned line,
		     const struct policy *policy, const char *id)
{
	struct configured item = { .policy = policy, .source = domains->source, .line = line };

	if (domains->file == NULL || strcmp(domains->file, file) != 0)
		domains->file = keep(domains, file);
	item.file = domains->file;
	item.domain = keep(domains, domain);
	if (item.file == NULL || item.domain == NULL)
		return ERR_NO_MEMORY;
	if (id != NULL && id_is_valid(id))
		memcpy(item.id, id, strlen(id) + 1);
	return keep_item(domains, &item);
}

static int order(const void *a, const void *b)
{
	const struct configured *left = a;
	const struct configured *right = b;
	int order = strcmp(left->domain, right->domain);

	if (order == 0)
		order = strcmp(left->file, right->file);
	if (order == 0)
		order = (left->line > right->line) - (left->line < right->line);
	return order;
}

static bool is_same_place(const struct configured *a, const struct configured *b)
{
	return a->line == b->line && strcmp(a->file, b->file) == 0;
}

/* Another place in a run of the same name: the first, and of the first the one behind it; NULL for none. */
static const struct configured *other_place(const struct configured *run, size_t count, size_t i)
{
	if (!is_same_place(&run[i], &run[0]))
		return &run[0];
	while (i < count && is_same_place(&run[i], &run[0]))
		i++;
	return i < count ? &run[i] : NULL;
}

static void complain_place(struct complaints *complaints, const struct configured *item,
			   const struct configured *other)
{
	struct text instead = { 0 };
	enum err err;

	if (other == NULL)
		err = text_appendf(&instead, "remove one");
	else if (other->line > 0)
		err = text_appendf(&instead, "name it here or at %s:%u, not at both places", other->file,
				   other->line);
	else
		err = text_appendf(&instead, "name it here or at %s, not at both places", other->file);
	complain(complaints, SEVERITY_ERROR, item->file, item->line, "domain is named twice", item->domain,
		 err == ERR_OK ? instead.bytes : "name it once");
	text_free(&instead);
}

/* Complain once at each place of a name. */
static void complain_run(struct complaints *complaints, const struct configured *run, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !is_same_place(&run[i], &run[i - 1]))
			complain_place(complaints, &run[i], other_place(run, count, i));
	}
}

void domains_sort(struct domains *domains, size_t first, struct complaints *complaints)
{
	size_t count = domains->count - first;
	struct configured *item;
	size_t kept = 0;

	if (count == 0)
		return;
	item = domains->item + first;
	qsort(item, count, sizeof(*item), order);
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && strcmp(item[i].domain, item[next].domain) == 0;)
			next++;
		if (next - i > 1)
			complain_run(complaints, &item[i], next - i);
		item[kept] = item[i];
		item[kept++].refused = next - i > 1;
	}
	domains->count = first + kept;
}

/* What editors, packagers and people leave behind beside the files that count. */
static const char *const leftovers[] = { "*~", "#*#", "*.swp", "*.bak", "*.dpkg-*", "*.rpm*", "*.example" };

static bool is_leftover(const char *name)
{
	for (size_t i = 0; i < sizeof(leftovers) / sizeof(*leftovers); i++) {
		if (fnmatch(leftovers[i], name, 0) == 0)
			return true;
	}
	return false;
}

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void complain_not_read(const char *path, struct complaints *complaints)
{
	if (is_directory(path))
		complain(complaints, SEVERITY_WARNING, path, 0, "directory is not searched", NULL,
			 "move its files to where it is itself, or hide it with a dot before its name");
	else
		complain(complaints, SEVERITY_WARNING, path, 0, "file is not read", NULL,
			 "give it a name that ends in .conf or .txt, or hide it with a dot before its name");
}

static enum err load_entry(struct domains *domains, const char *path, const char *name,
			   struct complaints *complaints)
{
	enum err err = ERR_OK;

	if (domain_file_kind(name) != DOMAIN_FILE_NONE) {
		err = domain_file_load(path, name, complaints, domains);
		if (err == ERR_SYNTAX)
			err = names_put(&domains->refused_files, path);
	} else if (!is_leftover(name)) {
		complain_not_read(path, complaints);
	}
	return err;
}

/* By errno. */
static enum err why_unread(void)
{
	return errno == ENOMEM ? ERR_NO_MEMORY : ERR_IO;
}

static enum err put_entries(DIR *dir, struct names *names)
{
	for (;;) {
		const struct dirent *entry;
		enum err err = ERR_OK;

		errno = 0;
		entry = readdir(dir);
		if (entry == NULL)
			return errno == 0 ? ERR_OK : why_unread();
		if (entry->d_name[0] != '.')
			err = names_put(names, entry->d_name);
		if (err != ERR_OK)
			return err;
	}
}

static enum err list(const char *directory, struct complaints *complaints, struct names *names)
{
	DIR *dir = opendir(directory);
	enum err err = dir != NULL ? put_entries(dir, names) : why_unread();

	if (err == ERR_IO)
		complain_directory(complaints, directory);
	if (dir != NULL)
		(void)closedir(dir);
	names_sort(names);
	return err;
}

static enum err load_all(struct domains *domains, const char *directory, const struct names *names,
			 struct complaints *complaints)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < names->count; i++) {
		char *path = file_path(directory, names->item[i]);

		err = path != NULL ? load_entry(domains, path, names->item[i], complaints) : ERR_NO_MEMORY;
		free(path);
	}
	domains_sort(domains, 0, complaints);
	names_sort(&domains->refused_files);
	return err;
}

enum err domains_load(const char *directory, struct complaints *complaints, struct domains **domains)
{
	struct domains *new = calloc(1, sizeof(*new));
	struct names names = { 0 };
	size_t first = complaints->count;
	enum err err = ERR_NO_MEMORY;

	if (new == NULL)
		goto out;
	err = list(directory, complaints, &names);
	if (err != ERR_OK)
		goto out;
	err = load_all(new, directory, &names, complaints);
	if (err != ERR_OK)
		goto out;
	*domains = new;
	new = NULL;
out:
	complaints_sort(complaints, first);
	domains_free(&new);
	names_free(&names);
	return err;
}

static int by_name(const void *domain, const void *item)
{
	return strcmp(domain, ((const struct configured *)item)->domain);
}

const struct configured *domains_find(const struct domains *domains, const char *domain)
{
	if (domains->count == 0)
		return NULL;
	return bsearch(domain, domains->item, domains->count, sizeof(*domains->item), by_name);
}

void domains_free(struct domains **domains)
{
	struct domains *old = *domains;

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->policies; i++)
		policy_free(&old->policy[i]);
	names_free(&old->strings);
	names_free(&old->refused_files);
	free(old->policy);
	free(old->item);
	free(old);
	*domains = NULL;
}
