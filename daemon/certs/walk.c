/* SPDX-License-Identifier: ISC */
#include "certs/walk_private.h"

#include "base/allocation.h"
#include "base/file.h"
#include "certs/match_private.h"

#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADVICE "remove it, or point it at a directory of certificates"

/* Places of which only the first is named. */
struct places {
	char *first;
	size_t count;
};

struct walker {
	struct finds finds;
	struct strays strays;
	struct complaints *complaints;
	time_t now;
	struct walk_places *noted; /* NULL: nobody wants to know */
	void *places;              /* tsearch() tree: the directories that were entered */
	size_t listed;             /* entries read from directories */
	size_t looked;             /* entries looked at */
	bool full;                 /* a limit was met */
	bool linked;               /* links may have been seen, and so one file under two names */
	struct names single;       /* finds of one file that are alone in their directories */
	struct names links;        /* to directories, to follow when all else is done */
	struct places deep;        /* below WALK_DEPTH_LIMIT */
	struct places loops;       /* links to where they lie themselves */
	struct places late;        /* links that were left out after a limit was met */
};

/* Which directory it is, whatever path leads there. */
struct place {
	dev_t device;
	ino_t inode;
};

static int by_place(const void *a, const void *b)
{
	const struct place *one = a, *other = b;

	if (one->device != other->device)
		return one->device < other->device ? -1 : 1;
	return one->inode == other->inode ? 0 : one->inode < other->inode ? -1 : 1;
}

static enum err enter(struct walker *walker, const struct stat *status, bool *first)
{
	struct place *place = malloc(sizeof(*place));
	struct place **found;

	if (place == NULL)
		return ERR_NO_MEMORY;
	*place = (struct place){ status->st_dev, status->st_ino };
	found = tsearch(place, &walker->places, by_place);
	*first = found != NULL && *found == place;
	if (!*first)
		free(place);
	return found != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static bool was_entered(const struct walker *walker, const char *path)
{
	struct stat status;
	struct place place;

	if (stat(path, &status) != 0)
		return false;
	place = (struct place){ status.st_dev, status.st_ino };
	return tfind(&place, &walker->places, by_place) != NULL;
}

static enum err note_place(struct walker *walker, const char *path)
{
	struct walk_places *noted = walker->noted;

	if (noted == NULL)
		return ERR_OK;
	noted->lost = noted->lost || noted->paths.count >= noted->most;
	return noted->lost ? ERR_OK : names_put(&noted->paths, path);
}

static enum err note(struct places *places, const char *path)
{
	if (places->count++ > 0)
		return ERR_OK;
	places->first = strdup(path);
	return places->first != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static void tell(struct walker *walker, struct places *places, enum severity severity, const char *what,
		 const char *instead)
{
	char others[48];

	(void)snprintf(others, sizeof(others), "and %zu more", places->count - 1);
	if (places->first != NULL)
		complain(walker->complaints, severity, places->first, 0, what,
			 places->count > 1 ? others : NULL, instead);
	free(places->first);
}

static void give_up(struct walker *walker, const char *path, const char *why)
{
	walker->full = true;
	complain(walker->complaints, SEVERITY_ERROR, path, 0, "too many files to search for certificates",
		 why, "keep nothing but certificates here; what comes after this point is not read");
}

static enum err list(struct walker *walker, struct folder *folder, DIR *dir)
{
	enum err err = ERR_OK;
	struct dirent *entry;

	for (errno = 0; err == ERR_OK && !walker->full && (entry = readdir(dir)) != NULL; errno = 0) {
		if (entry->d_name[0] == '.')
			continue;
		walker->linked = walker->linked || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
		err = names_put(&folder->entries, entry->d_name);
		if (++walker->listed > WALK_ENTRIES_LIMIT)
			give_up(walker, folder->path, "more than a million files");
	}
	if (err == ERR_OK && !walker->full && errno != 0)
		complain_directory(walker->complaints, folder->path);
	names_sort(&folder->entries);
	return err;
}

/* Read one directory and close it again before going deeper, so that depth costs no descriptors. */
static enum err read_folder(struct walker *walker, struct folder *folder)
{
	DIR *dir = opendir(folder->path);
	enum err err = ERR_OK;
	struct stat status;
	bool first = false;

	if (dir == NULL || fstat(dirfd(dir), &status) != 0)
		complain_directory(walker->complaints, folder->path);
	else
		err = enter(walker, &status, &first);
	if (err == ERR_OK && first)
		err = list(walker, folder, dir);
	if (dir != NULL)
		(void)closedir(dir);
	return err;
}

/* What is in a directory besides what is passed over. */
struct inside {
	struct named *files; /* the names are the folder's */
	size_t count, capacity;
	struct names directories; /* paths */
};

static enum err take_file(struct walker *walker, const struct folder *folder, const char *name,
			  struct inside *inside)
{
	struct named *files =
		allocation_grow(inside->files, inside->count, &inside->capacity, sizeof(*inside->files));

	if (files == NULL)
		return ERR_NO_MEMORY;
	inside->files = files;
	files[inside->count].name = name;
	return layouts_take(folder, &files[inside->count++], &walker->finds);
}

static bool is_link(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

/* Every entry counts as often as it is looked at: a directory when it is entered, with the pairs before it
 * found. */
static bool is_barren(struct walker *walker, const char *folder)
{
	if (++walker->looked <= WALK_ENTRIES_BARREN + WALK_ENTRIES_A_PAIR * walker->finds.count)
		return false;
	give_up(walker, folder, "almost none of them a certificate");
	return true;
}

static enum err look_at_file(struct walker *walker, const struct folder *folder, const char *name,
			     const char *path, struct inside *inside)
{
	enum err err = ERR_OK;

	if (is_barren(walker, folder->path))
		return ERR_OK;
	if (walker->noted != NULL && walker->linked && is_link(path))
		err = note_place(walker, path);
	return err == ERR_OK ? take_file(walker, folder, name, inside) : err;
}

static enum err look_at(struct walker *walker, const struct folder *folder, const char *name,
			struct inside *inside)
{
	char *path = file_path(folder->path, name);
	struct stat status;
	enum err err = ERR_OK;

	if (path == NULL)
		return ERR_NO_MEMORY;
	/* What cannot be looked at counts as a file here: whoever reads it says why. */
	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
		err = look_at_file(walker, folder, name, path, inside);
	else if (layouts_skip(folder, name))
		err = ERR_OK;
	else if (!is_link(path))
		err = names_put(&inside->directories, path);
	else if (!is_barren(walker, folder->path))
		err = names_put(&walker->links, path);
	free(path);
	return err;
}

/* Nothing was read where a single file has the name of one with both halves. */
static enum err note_single(struct walker *walker, size_t first)
{
	const struct find *last;

	if (walker->finds.count != first + 1)
		return ERR_OK;
	last = &walker->finds.item[first];
	return strcmp(last->chain_path, last->key_path) == 0 ? names_put(&walker->single, last->chain_path)
							     : ERR_OK;
}

/* All files of a directory come before what lies deeper: their pairs are the last on the list then. */
static enum err look_into(struct walker *walker, const struct folder *folder, struct inside *inside)
{
	struct match match = { .folder = folder, .first = walker->finds.count, .now = walker->now };
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && !walker->full && i < folder->entries.count; i++)
		err = look_at(walker, folder, folder->entries.item[i], inside);
	match.files = inside->files;
	match.count = inside->count;
	if (err == ERR_OK && !walker->full)
		err = match_folder(&match, &walker->finds, &walker->strays, walker->complaints);
	return err == ERR_OK ? note_single(walker, match.first) : err;
}

static enum err visit(struct walker *walker, const char *path, unsigned depth)
{
	struct folder folder = { .path = path };
	struct inside inside = { 0 };
	enum err err;

	if (depth > WALK_DEPTH_LIMIT)
		return note(&walker->deep, path);
	err = note_place(walker, path);
	if (err == ERR_OK)
		err = read_folder(walker, &folder);
	if (err == ERR_OK)
		err = look_into(walker, &folder, &inside);
	free(inside.files);
	names_free(&folder.entries);
	for (size_t i = 0; err == ERR_OK && !walker->full && i < inside.directories.count; i++) {
		if (!is_barren(walker, path))
			err = visit(walker, inside.directories.item[i], depth + 1);
	}
	names_free(&inside.directories);
	return err;
}

static enum err visit_root(struct walker *walker, const char *directory)
{
	size_t len = strlen(directory);
	enum err err = ERR_NO_MEMORY;
	char *path;

	while (len > 1 && directory[len - 1] == '/')
		len--;
	path = strndup(directory, len);
	if (path != NULL)
		err = visit(walker, path, 0);
	free(path);
	return err;
}

/* Tell whether the directory that a link leads to is one of those on the way to the link itself. */
static bool leads_up(const char *link)
{
	char *target = realpath(link, NULL);
	char *parent = strndup(link, (size_t)(strrchr(link, '/') - link) + 1);
	char *place = parent != NULL ? realpath(parent, NULL) : NULL;
	size_t len = target != NULL ? strlen(target) : 0;
	bool up = target != NULL && place != NULL && strncmp(target, place, len) == 0 &&
		  (len == 1 || place[len] == '/' || place[len] == '\0');

	free(place);
	free(parent);
	free(target);
	return up;
}

static void cut_links(struct walker *walker, size_t count)
{
	while (walker->links.count > count)
		free(walker->links.item[--walker->links.count]);
}

/* What is found behind a link counts as soon as all of it was looked at. */
static enum err follow(struct walker *walker, const char *link)
{
	struct complaints *complaints = walker->complaints, behind = { 0 };
	size_t found = walker->finds.count, links = walker->links.count, strays = walker->strays.count;
	enum err err;

	if (was_entered(walker, link))
		return ERR_OK;
	if (walker->full)
		return note(&walker->late, link);
	if (leads_up(link))
		return note(&walker->loops, link);
	walker->complaints = &behind;
	err = visit(walker, link, 0);
	walker->complaints = complaints;
	if (walker->full) {
		finds_cut(&walker->finds, found);
		cut_links(walker, links);
		strays_cut(&walker->strays, strays);
		complain(complaints, SEVERITY_ERROR, link, 0,
			 "link points to too many files to search for certificates",
			 behind.count > 0 ? behind.item[behind.count - 1].file : NULL, ADVICE);
		complaints_free(&behind);
	}
	complaints_move(complaints, &behind);
	return err;
}

static enum err follow_links(struct walker *walker)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < walker->links.count; i++)
		err = follow(walker, walker->links.item[i]);
	return err;
}

static void tell_all(struct walker *walker)
{
	tell(walker, &walker->deep, SEVERITY_WARNING, "is too deep to be searched",
	     "move it up: eight levels below a configured directory are searched");
	tell(walker, &walker->loops, SEVERITY_ERROR, "link points to a directory that contains it", ADVICE);
	tell(walker, &walker->late, SEVERITY_ERROR, "link is not followed after too many files", ADVICE);
}

enum err walk_directories(const struct names *directories, time_t now, struct walk_places *places,
			  struct complaints *complaints, struct finds *finds)
{
	struct walker walker = { .complaints = complaints, .now = now };
	enum err err = ERR_OK;

	if (places != NULL && places->most > 0)
		walker.noted = places;
	for (size_t i = 0; err == ERR_OK && i < directories->count; i++)
		err = visit_root(&walker, directories->item[i]);
	if (err == ERR_OK)
		err = follow_links(&walker);
	if (err == ERR_OK)
		err = strays_tell(&walker.strays, &walker.finds, complaints);
	if (err == ERR_OK && walker.linked)
		err = strays_drop_halves(&walker.single, &walker.finds);
	tell_all(&walker);
	strays_free(&walker.strays);
	names_free(&walker.single);
	names_free(&walker.links);
	tdestroy(walker.places, free);
	if (err != ERR_OK) {
		finds_free(&walker.finds);
		return err;
	}
	finds_sort(&walker.finds);
	*finds = walker.finds;
	return ERR_OK;
}
