/* SPDX-License-Identifier: ISC */
#include "certs/walker_private.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADVICE "remove it, or point it at a directory of certificates"

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

enum err walker_enter(struct walker *walker, const struct stat *status, bool *first)
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

enum err walker_note(struct places *places, const char *path)
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
		return walker_note(&walker->late, link);
	if (leads_up(link))
		return walker_note(&walker->loops, link);
	walker->complaints = &behind;
	err = walker_visit(walker, link, 0);
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

enum err walker_follow_links(struct walker *walker)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < walker->links.count; i++)
		err = follow(walker, walker->links.item[i]);
	return err;
}

void walker_tell(struct walker *walker)
{
	tell(walker, &walker->deep, SEVERITY_WARNING, "is too deep to be searched",
	     "move it up: eight levels below a configured directory are searched");
	tell(walker, &walker->loops, SEVERITY_ERROR, "link points to a directory that contains it", ADVICE);
	tell(walker, &walker->late, SEVERITY_ERROR, "link is not followed after too many files", ADVICE);
}

void walker_free(struct walker *walker)
{
	recall_free(&walker->recall);
	strays_free(&walker->strays);
	names_free(&walker->single);
	names_free(&walker->links);
	finds_free(&walker->finds);
	tdestroy(walker->places, free);
}
