/* SPDX-License-Identifier: ISC */
#include "certs/strays_private.h"

#include "base/allocation.h"
#include "certs/candidate_private.h"
#include "certs/content_private.h"
#include "certs/layouts_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stray {
	struct stray_file file; /* its strings are owned here */
	char *folder, *name;
};

/* Which file it is, whatever path leads there. */
struct place {
	dev_t device;
	ino_t inode;
};

struct places {
	struct place *item;
	size_t count;
};

enum err strays_put(struct strays *strays, const struct stray_file *file)
{
	struct stray stray = { *file, strdup(file->folder), strdup(file->name) };
	struct stray *item = NULL;

	if (stray.folder != NULL && stray.name != NULL)
		item = allocation_grow(strays->item, strays->count, &strays->capacity, sizeof(*item));
	if (item == NULL) {
		free(stray.folder);
		free(stray.name);
		return ERR_NO_MEMORY;
	}
	stray.file.folder = stray.folder;
	stray.file.name = stray.name;
	strays->item = item;
	strays->item[strays->count++] = stray;
	return ERR_OK;
}

void strays_cut(struct strays *strays, size_t count)
{
	while (strays->count > count) {
		struct stray *last = &strays->item[--strays->count];

		free(last->folder);
		free(last->name);
	}
}

void strays_free(struct strays *strays)
{
	strays_cut(strays, 0);
	free(strays->item);
	*strays = (struct strays){ 0 };
}

static int by_place(const void *a, const void *b)
{
	const struct place *one = a, *other = b;

	if (one->device != other->device)
		return one->device < other->device ? -1 : 1;
	return one->inode == other->inode ? 0 : one->inode < other->inode ? -1 : 1;
}

static void add_place(struct places *used, const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0)
		used->item[used->count++] = (struct place){ status.st_dev, status.st_ino };
}

static bool is_among(const struct places *places, const struct stat *status)
{
	const struct place place = { status->st_dev, status->st_ino };

	return bsearch(&place, places->item, places->count, sizeof(place), by_place) != NULL;
}

static bool is_combined(const struct find *find)
{
	return strcmp(find->chain_path, find->key_path) == 0;
}

/* The files of all finds, or of those that have two.  Looked for only when there is a reason. */
static enum err find_places(const struct finds *finds, bool halves, struct places *places)
{
	places->item = calloc(2 * finds->count + 1, sizeof(*places->item));
	if (places->item == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < finds->count; i++) {
		const struct find *find = &finds->item[i];

		if (!halves || !is_combined(find))
			add_place(places, find->chain_path);
		if (!is_combined(find))
			add_place(places, find->key_path);
	}
	qsort(places->item, places->count, sizeof(*places->item), by_place);
	return ERR_OK;
}

static enum err list_halves(const struct names *single, struct names *halves)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < single->count; i++) {
		bool lacks = false;

		err = content_lacks_half(single->item[i], &lacks);
		if (err == ERR_OK && lacks)
			err = names_put(halves, single->item[i]);
	}
	names_sort(halves);
	return err;
}

enum err strays_drop_halves(const struct names *single, struct finds *finds)
{
	struct places used = { 0 };
	struct names halves = { 0 };
	enum err err = list_halves(single, &halves);

	if (err == ERR_OK && halves.count > 0)
		err = find_places(finds, true, &used);
	for (size_t i = finds->count; err == ERR_OK && used.count > 0 && i-- > 0;) {
		const struct find *find = &finds->item[i];
		struct stat status;

		if (is_combined(find) && names_has_sorted(&halves, find->chain_path) &&
		    stat(find->chain_path, &status) == 0 && is_among(&used, &status))
			finds_remove(finds, i);
	}
	free(used.item);
	names_free(&halves);
	return err;
}

/* The strays of one folder. */
struct group {
	const struct strays *strays;
	size_t first, end;
	const struct places *used;
	bool served;  /* something in the folder is used */
	size_t count; /* what is worth a word */
	struct finds *finds;
	struct complaints *complaints;
	size_t told;               /* of these, with words of their own */
	bool key_told;             /* a key that cannot be read was among them */
	const struct stray *other; /* the first that has none */
	size_t others;
};

static bool counts(const struct group *group, const struct stray *stray)
{
	return !is_among(group->used, &stray->file.status) && !(stray->file.aside && group->served);
}

static void look_at(struct group *group)
{
	group->served = group->strays->item[group->first].file.served;
	for (size_t i = group->first; i < group->end; i++)
		group->served = group->served || is_among(group->used, &group->strays->item[i].file.status);
	for (size_t i = group->first; i < group->end; i++)
		group->count += counts(group, &group->strays->item[i]) ? 1 : 0;
}

static void complain_of_key(struct group *group, const struct stray *stray, const char *path, char *scratch)
{
	char key[NAME_MAX + 1];

	layouts_key_name(stray->name, key);
	(void)snprintf(scratch, strlen(path) + NAME_MAX + 1, "%s/%s", stray->folder, key);
	complain(group->complaints, SEVERITY_ERROR, path, 0, "private key is missing", scratch,
		 "put the key there or beside it, or move the certificate elsewhere");
}

static void complain_of_file(struct group *group, const struct stray *stray, const char *path)
{
	if (stray->file.kind == STRAY_UNREADABLE)
		complain_unreadable(group->complaints, path, 0, path, stray->file.why, CANDIDATE_FILE_LIMIT);
	else
		complain(group->complaints, SEVERITY_ERROR, path, 0, "private key cannot be read", NULL,
			 "write the whole key in PEM form, without a pass phrase");
}

/* Whether the stray has words of its own; if not, the folder is named. */
static bool tell_one(struct group *group, const struct stray *stray, const char *path, char *scratch)
{
	enum stray_kind kind = stray->file.kind;

	if (kind == STRAY_KEYLESS) {
		complain_of_key(group, stray, path, scratch);
		return true;
	}
	if (kind == STRAY_LOCKED || kind == STRAY_UNREADABLE) {
		if (!group->key_told)
			complain_of_file(group, stray, path);
		group->key_told = true;
		return true;
	}
	if (kind == STRAY_CHAIN && group->served) {
		complain(group->complaints, SEVERITY_WARNING, path, 0,
			 "no private key in the same directory fits the certificate", NULL,
			 "put its key beside it, or move the certificate elsewhere");
		return true;
	}
	return false;
}

static enum err tell_stray(struct group *group, const struct stray *stray)
{
	size_t size = strlen(stray->folder) + strlen(stray->name) + 2;
	char *path = file_path(stray->folder, stray->name), *scratch = malloc(size + NAME_MAX + 1);
	enum err err = path != NULL && scratch != NULL ? ERR_OK : ERR_NO_MEMORY;

	if (err == ERR_OK) {
		if (tell_one(group, stray, path, scratch))
			group->told++;
		else if (group->others++ == 0)
			group->other = stray;
	}
	free(path);
	free(scratch);
	return err;
}

static enum err put_back(struct group *group, const struct stray *stray)
{
	group->told++;
	return finds_put(group->finds, file_path(stray->folder, stray->name),
			 file_path(stray->folder, stray->name));
}

static void name_folder(struct group *group)
{
	const struct stray *stray = group->other;
	bool binary = stray->file.kind == STRAY_BINARY;
	char value[NAME_MAX + 48];

	if (group->others > 1)
		(void)snprintf(value, sizeof(value), "%s and %zu more", stray->name, group->others - 1);
	else
		(void)snprintf(value, sizeof(value), "%s", stray->name);
	complain(group->complaints, SEVERITY_WARNING, stray->folder, 0,
		 "directory has no certificate with its private key", value,
		 binary ? "DER and PKCS#12 are not read: convert them with \"openssl x509 -inform der\" or "
			  "\"openssl pkcs12 -nodes\" and put the PEM files here"
			: "put the certificate, with its issuers, and its key here in PEM form, under any "
			  "names");
}

static enum err tell_group(struct group *group)
{
	enum err err = ERR_OK;

	look_at(group);
	for (size_t i = group->first; err == ERR_OK && i < group->end; i++) {
		const struct stray *stray = &group->strays->item[i];

		if (!counts(group, stray))
			continue;
		if (stray->file.kind == STRAY_HALF && (group->served || group->count == 1))
			err = put_back(group, stray);
		else
			err = tell_stray(group, stray);
	}
	if (err == ERR_OK && group->told == 0 && group->other != NULL && !group->served)
		name_folder(group);
	return err;
}

enum err strays_tell(const struct strays *strays, struct finds *finds, struct complaints *complaints)
{
	struct places used = { 0 };
	enum err err = ERR_OK;
	size_t end;

	if (strays->count == 0)
		return ERR_OK;
	err = find_places(finds, false, &used);
	for (size_t i = 0; err == ERR_OK && i < strays->count; i = end) {
		struct group group = {
			.strays = strays, .first = i, .used = &used, .finds = finds, .complaints = complaints
		};

		for (end = i + 1;
		     end < strays->count && strcmp(strays->item[end].folder, strays->item[i].folder) == 0;)
			end++;
		group.end = end;
		err = tell_group(&group);
	}
	free(used.item);
	return err;
}
