/* SPDX-License-Identifier: ISC */
#include "config/domains.h"

#include "base/file.h"
#include "config/domain_file.h"
#include "config/domain_set.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct domains_parts {
	struct domain_set set;
};

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
		complain(complaints, SEVERITY_WARNING, path, 0, "directory is not looked into", NULL,
			 "move its files to where it is itself, or hide it with a dot before its name");
	else
		complain(complaints, SEVERITY_WARNING, path, 0, "file is not read", NULL,
			 "let its name end in .conf or .txt, or hide it with a dot before its name");
}

static enum err load_entry(struct domains *domains, const char *path, const char *name,
			   struct complaints *complaints)
{
	enum err err = ERR_OK;

	if (domain_file_kind(name) != DOMAIN_FILE_NONE) {
		err = domain_file_load(path, name, complaints, &domains->parts->set);
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
	struct domain_set *set = &domains->parts->set;
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < names->count; i++) {
		char *path = file_path(directory, names->item[i]);

		err = path != NULL ? load_entry(domains, path, names->item[i], complaints) : ERR_NO_MEMORY;
		free(path);
	}
	domain_set_sort(set, 0, complaints);
	names_sort(&domains->refused_files);
	domains->item = set->item;
	domains->count = set->count;
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
	new->parts = calloc(1, sizeof(*new->parts));
	if (new->parts == NULL)
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
	if (*domains == NULL)
		return;
	if ((*domains)->parts != NULL)
		domain_set_free(&(*domains)->parts->set);
	free((*domains)->parts);
	names_free(&(*domains)->refused_files);
	free(*domains);
	*domains = NULL;
}
