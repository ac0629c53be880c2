/* SPDX-License-Identifier: ISC */
#include "config/domains.h"

#include "base/file.h"
#include "config/domain_file.h"
#include "config/domains_private.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* What editors, packagers and people leave behind beside the files that count. */
static const char *const leftovers[] = { "*~",
					 "#*#",
					 "*.swp",
					 "*.bak",
					 "*.dpkg-*",
					 "*.rpm*",
					 "*.example",
					 /* and what domain files ask for themselves */ "*.list" };

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

static int by_path(const void *path, const void *file)
{
	return strcmp(path, (*(struct said *const *)file)->path);
}

static struct said *find_file(const struct domains *domains, const char *path)
{
	struct said **found = NULL;

	if (domains != NULL && domains->files > 0)
		found = bsearch(path, domains->file, domains->files, sizeof(*domains->file), by_path);
	return found != NULL ? *found : NULL;
}

/* Those of its complaints that were kept are told again, and it is shared. */
static struct said *take_over(struct said *said, struct complaints *complaints)
{
	if (said->complaints != NULL)
		complaints_repeat(complaints, said->complaints);
	return said_retain(said);
}

static enum err parse(struct domains *domains, const char *path, const char *name, struct said *old,
		      struct complaints *complaints)
{
	struct said *said = NULL;
	enum err err = domain_file_load(path, name, complaints, &said);

	if (err != ERR_OK)
		return err;
	domains->parsed++;
	if (old != NULL && said_same(old, said)) {
		said_renew(old, said);
		said_release(&said);
		said = said_retain(old);
	}
	domains->file[domains->files++] = said;
	return ERR_OK;
}

static enum err load_file(struct domains *domains, const char *path, const char *name,
			  const struct domains *before, struct complaints *complaints)
{
	struct said *old = find_file(before, path);
	bool holds = old != NULL && stamps_hold(&old->stamps);

	domains->opened += !holds;
	if (!holds && (old == NULL || !stamps_renew(&old->stamps)))
		return parse(domains, path, name, old, complaints);
	domains->file[domains->files++] = take_over(old, complaints);
	return ERR_OK;
}

static enum err load_entry(struct domains *domains, const char *path, const char *name,
			   const struct domains *before, struct complaints *complaints)
{
	if (domain_file_kind(name) != DOMAIN_FILE_NONE)
		return load_file(domains, path, name, before, complaints);
	if (!is_leftover(name))
		complain_not_read(path, complaints);
	return ERR_OK;
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

/* They come in the order of their paths. */
static enum err load_all(struct domains *domains, const char *directory, const struct names *names,
			 const struct domains *before, struct complaints *complaints)
{
	enum err err = ERR_OK;

	domains->file = calloc(names->count + 1, sizeof(struct said *));
	if (domains->file == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; err == ERR_OK && i < names->count; i++) {
		char *path = file_path(directory, names->item[i]);

		err = path != NULL ? load_entry(domains, path, names->item[i], before, complaints)
				   : ERR_NO_MEMORY;
		free(path);
	}
	return err == ERR_OK ? domains_name(domains, before, complaints) : err;
}

enum err domains_load(const char *directory, const struct domains *before, struct complaints *complaints,
		      struct domains **domains)
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
	err = load_all(new, directory, &names, before, complaints);
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

bool domains_refuse(const struct domains *domains, const char *path)
{
	const struct said *file = find_file(domains, path);

	return file != NULL && file->refused;
}

void domains_compare(const struct domains *before, const struct domains *now,
		     void (*each)(void *context, const struct said *before, const struct said *now),
		     void *context)
{
	size_t i = 0, k = 0;

	while (i < before->files || k < now->files) {
		const struct said *old = i < before->files ? before->file[i] : NULL;
		const struct said *new = k < now->files ? now->file[k] : NULL;
		int order = old == new    ? 0
			    : old == NULL ? 1
			    : new == NULL ? -1
					  : strcmp(old->path, new->path);

		i += order <= 0;
		k += order >= 0;
		if (old != new)
			each(context, order <= 0 ? old : NULL, order >= 0 ? new : NULL);
	}
}

void domains_free(struct domains **domains)
{
	struct domains *old = *domains;

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->files; i++)
		said_release(&old->file[i]);
	free(old->file);
	free(old->twice);
	index_free(&old->index);
	free(old);
	*domains = NULL;
}
