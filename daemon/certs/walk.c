/* SPDX-License-Identifier: ISC */

#include "base/allocation.h"
#include "base/clock.h"
#include "base/file.h"
#include "certs/entries_private.h"
#include "certs/match_private.h"
#include "certs/walker_private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err note_place(struct walker *walker, const char *path)
{
	struct walk_places *noted = walker->noted;

	if (noted == NULL)
		return ERR_OK;
	noted->lost = noted->lost || noted->paths.count >= noted->most;
	return noted->lost ? ERR_OK : names_put(&noted->paths, path);
}

static void give_up(struct walker *walker, const char *path, const char *why)
{
	walker->full = true;
	complain(walker->complaints, SEVERITY_ERROR, path, 0, "too many files to search for certificates",
		 why, "keep nothing but certificates here; what comes after this point is not read");
}

static enum err list(struct walker *walker, const char *path, DIR *dir, struct entries *entries)
{
	enum err err = entries_list(dir, WALK_ENTRIES_LIMIT - walker->listed, entries);

	walker->linked = walker->linked || entries->linked;
	walker->listed += entries->names.count;
	if (err == ERR_RANGE)
		give_up(walker, path, "more than a million files");
	if (err == ERR_IO)
		complain_directory(walker->complaints, path);
	return err == ERR_NO_MEMORY ? err : ERR_OK;
}

/* A directory on the way, as it was when it was opened. */
struct visit {
	struct folder folder;
	struct entries entries;
	struct stat status;
	bool settled;
	const struct recalled *recalled;
};

static long excess(const struct walker *walker)
{
	return (long)walker->looked - WALK_ENTRIES_A_PAIR * (long)(walker->finds.count + walker->recalled);
}

/* What was found in it before has been found again. */
static enum err recall(struct walker *walker, const struct recalled *recalled)
{
	struct recalled same = *recalled;

	if (excess(walker) + same.excess > WALK_ENTRIES_BARREN ||
	    walker->listed + same.listed > WALK_ENTRIES_LIMIT)
		walker->full = true; /* it would be told where, if it were so */
	same.same = true;
	walker->relied = true;
	walker->listed += same.listed;
	walker->looked += same.looked;
	walker->recalled += same.finds;
	return recall_put(&walker->recall, &same, same.path);
}

/* Read one directory and close it again before going deeper, so that depth costs no descriptors. */
static enum err read_folder(struct walker *walker, struct visit *visit)
{
	const char *path = visit->folder.path;
	struct timespec now = clock_of_files();
	DIR *dir = opendir(path);
	enum err err = ERR_OK;
	bool first = false;

	if (dir == NULL || fstat(dirfd(dir), &visit->status) != 0)
		complain_directory(walker->complaints, path);
	else
		err = walker_enter(walker, &visit->status, &first);
	visit->settled = recall_can(&visit->status, now);
	if (err == ERR_OK && first && walker->before != NULL)
		visit->recalled = recall_find(walker->before, path);
	if (visit->recalled != NULL && !recalled_is(visit->recalled, &visit->status))
		visit->recalled = NULL;
	if (err == ERR_OK && first && visit->recalled == NULL)
		err = list(walker, path, dir, &visit->entries);
	if (dir != NULL)
		(void)closedir(dir);
	visit->folder.entries = &visit->entries.names;
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
	long now;

	walker->looked++;
	now = excess(walker);
	walker->excess = now > walker->excess ? now : walker->excess;
	if (now > WALK_ENTRIES_BARREN)
		give_up(walker, folder, "almost none of them a certificate");
	return now > WALK_ENTRIES_BARREN;
}

static enum err look_at_file(struct walker *walker, const struct folder *folder, const char *name,
			     const char *link, struct inside *inside)
{
	enum err err = ERR_OK;

	if (is_barren(walker, folder->path))
		return ERR_OK;
	if (walker->noted != NULL && link != NULL && is_link(link))
		err = note_place(walker, link);
	return err == ERR_OK ? take_file(walker, folder, name, inside) : err;
}

/* Of what may be a link, or has to be asked for. */
static enum err look_at_path(struct walker *walker, const struct folder *folder, const char *name,
			     const char *path, struct inside *inside)
{
	struct stat status;

	/* What cannot be looked at counts as a file here: whoever reads it says why. */
	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
		return look_at_file(walker, folder, name, path, inside);
	if (layouts_skip(folder, name))
		return ERR_OK;
	if (!is_link(path))
		return names_put(&inside->directories, path);
	return is_barren(walker, folder->path) ? ERR_OK : names_put(&walker->links, path);
}

static enum err look_at(struct walker *walker, const struct folder *folder, const char *name,
			struct inside *inside)
{
	unsigned char type = entries_type(name);
	char *path;
	enum err err;

	if (type != DT_DIR && type != DT_LNK && type != DT_UNKNOWN)
		return look_at_file(walker, folder, name, NULL, inside);
	path = file_path(folder->path, name);
	err = path != NULL ? look_at_path(walker, folder, name, path, inside) : ERR_NO_MEMORY;
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

	for (size_t i = 0; err == ERR_OK && !walker->full && i < folder->entries->count; i++)
		err = look_at(walker, folder, folder->entries->item[i], inside);
	match.files = inside->files;
	match.count = inside->count;
	if (err == ERR_OK && !walker->full)
		err = match_folder(&match, &walker->finds, &walker->strays, walker->complaints);
	return err == ERR_OK ? note_single(walker, match.first) : err;
}

/* Whether what is found there follows from the names in it alone. */
static bool is_told_by_names(const struct inside *inside)
{
	bool told = inside->directories.count == 0;

	for (size_t i = 0; told && i < inside->count; i++)
		told = inside->files[i].told != TOLD_BOTH && inside->files[i].told != TOLD_KEYLESS &&
		       inside->files[i].told != TOLD_LIKELY && strcmp(inside->files[i].name, "cert.pem") != 0;
	return told;
}

/* Look into a directory, and note it if the next walk need not do that again. */
static enum err look_into_listed(struct walker *walker, struct visit *visit, struct inside *inside)
{
	struct recalled as = {
		.device = visit->status.st_dev,
		.inode = visit->status.st_ino,
		.modified = visit->status.st_mtim,
		.changed = visit->status.st_ctim,
		.listed = visit->entries.names.count,
		.looked = walker->looked,
		.finds = walker->finds.count,
	};
	long before = excess(walker);
	enum err err;

	walker->excess = LONG_MIN;
	err = look_into(walker, &visit->folder, inside);
	if (err != ERR_OK || as.listed < RECALL_ENTRIES_FEW || !visit->settled || !is_told_by_names(inside) ||
	    file_is_foreign(visit->folder.path))
		return err;
	as.looked = walker->looked - as.looked;
	as.finds = walker->finds.count - as.finds;
	as.excess = walker->excess - before;
	return recall_put(&walker->recall, &as, visit->folder.path);
}

enum err walker_visit(struct walker *walker, const char *path, unsigned depth)
{
	struct visit visited = { .folder = { .path = path } };
	struct inside inside = { 0 };
	enum err err;

	if (depth > WALK_DEPTH_LIMIT)
		return walker_note(&walker->deep, path);
	err = note_place(walker, path);
	if (err == ERR_OK)
		err = read_folder(walker, &visited);
	if (err == ERR_OK && visited.recalled != NULL)
		err = recall(walker, visited.recalled);
	else if (err == ERR_OK)
		err = look_into_listed(walker, &visited, &inside);
	free(inside.files);
	entries_free(&visited.entries);
	for (size_t i = 0; err == ERR_OK && !walker->full && i < inside.directories.count; i++) {
		if (!is_barren(walker, path))
			err = walker_visit(walker, inside.directories.item[i], depth + 1);
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
		err = walker_visit(walker, path, 0);
	free(path);
	return err;
}

static enum err walk(struct walker *walker, const struct names *directories)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < directories->count; i++)
		err = visit_root(walker, directories->item[i]);
	if (err == ERR_OK)
		err = walker_follow_links(walker);
	if (err == ERR_OK)
		err = strays_tell(&walker->strays, &walker->finds, walker->complaints);
	if (err == ERR_OK && walker->linked)
		err = strays_drop_halves(&walker->single, &walker->finds);
	walker_tell(walker);
	return err;
}

/* Whether it went without a word, and everything that was found stays apart: no directory matters to another
 * one then. */
static bool is_plain(const struct walker *walker)
{
	return !walker->full && !walker->linked && walker->strays.count == 0 &&
	       walker->complaints->count == 0 && walker->complaints->lost == 0;
}

enum err walk_directories(const struct names *directories, time_t now, struct walk_memory *memory,
			  struct complaints *complaints, struct finds *finds)
{
	const struct recall *before = memory != NULL && memory->recall.count > 0 ? &memory->recall : NULL;
	struct complaints said = { 0 };
	struct walker walker = { .complaints = &said, .now = now, .before = before };
	enum err err;

	if (memory != NULL && memory->places.most > 0)
		walker.noted = &memory->places;
	if (memory != NULL) {
		names_free(&memory->places.paths);
		memory->places.lost = false;
	}
	err = walk(&walker, directories);
	if (err == ERR_OK && memory != NULL && walker.recall.count > 0 && is_plain(&walker)) {
		recall_sort(&walker.recall);
		recall_move(&memory->recall, &walker.recall);
	} else if (memory != NULL) {
		recall_free(&memory->recall);
	}
	if (err == ERR_OK && walker.relied && memory->recall.count == 0) {
		complaints_free(&said);
		walker_free(&walker);
		return walk_directories(directories, now, memory, complaints, finds);
	}
	complaints_move(complaints, &said);
	if (err == ERR_OK) {
		finds_sort(&walker.finds);
		*finds = walker.finds;
		walker.finds = (struct finds){ 0 };
	}
	walker_free(&walker);
	return err;
}

void walk_forget(struct walk_memory *memory)
{
	names_free(&memory->places.paths);
	recall_free(&memory->recall);
}
