/* SPDX-License-Identifier: ISC */
#include "base/complaints.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Longest name that is compared with a misspelt one. */
#define SPELT_MAX 32

#define LETTERS_AND_DIGITS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Complaints of one kind that are filed one by one. */
#define ALIKE_MAX 5

/* How many letters may differ from the name that was meant. */
#define TYPOS_MAX 2

/* Of a word with less letters than this only one may differ. */
#define SHORT 5

static void free_one(struct complaint *complaint)
{
	free(complaint->file);
	free(complaint->what);
	free(complaint->value);
	free(complaint->instead);
}

static enum err make_room(struct complaints *list, size_t more)
{
	size_t capacity = list->capacity > 0 ? list->capacity : 8;
	struct complaint *item;

	while (capacity < list->count + more)
		capacity *= 2;
	if (capacity == list->capacity)
		return ERR_OK;
	item = reallocarray(list->item, capacity, sizeof(*item));
	if (item == NULL)
		return ERR_NO_MEMORY;
	list->item = item;
	list->capacity = capacity;
	return ERR_OK;
}

/* Escaped but for quotes: between the brackets that a value stands in they do no harm. */
static char *show(const char *value)
{
	static const char quote[] = "\\x22";
	char escaped[TEXT_SHOWN_SIZE];
	char *shown = strdup(text_escape(value, strlen(value), escaped));
	char *at = shown;

	while (at != NULL && (at = strstr(at, quote)) != NULL) {
		*at++ = '"';
		memmove(at, at + strlen(quote) - 1, strlen(at + strlen(quote) - 1) + 1);
	}
	return shown;
}

void complain(struct complaints *list, enum severity severity, const char *file, unsigned line,
	      const char *what, const char *value, const char *instead)
{
	struct complaint new = { .severity = severity, .line = line };

	if (severity == SEVERITY_ERROR)
		list->errors++;
	new.file = strdup(file);
	new.what = strdup(what);
	new.value = value != NULL ? show(value) : NULL;
	new.instead = strdup(instead);
	if (new.file == NULL || new.what == NULL || new.instead == NULL ||
	    (value != NULL && new.value == NULL) || make_room(list, 1) != ERR_OK) {
		free_one(&new);
		list->lost++;
		return;
	}
	list->item[list->count++] = new;
}

bool complaints_wanted(struct complaints_alike *alike, const char *file, unsigned line)
{
	if (alike->count++ == ALIKE_MAX) {
		alike->file = file;
		alike->line = line;
	}
	return alike->count <= ALIKE_MAX;
}

void complain_others(struct complaints *list, enum severity severity, const struct complaints_alike *alike,
		     const char *instead)
{
	char count[24];

	if (alike->count <= ALIKE_MAX)
		return;
	(void)snprintf(count, sizeof(count), "%zu", alike->count - ALIKE_MAX);
	complain(list, severity, alike->file, alike->line, "there are more like these", count, instead);
}

const char *complaint_name(const char *written)
{
	size_t len = strspn(written, LETTERS_AND_DIGITS "_-.");

	return len >= 1 && len <= SPELT_MAX && written[len] == '\0' && strspn(written, LETTERS_AND_DIGITS) > 0
		       ? written
		       : NULL;
}

bool complaint_is_pem(const char *line)
{
	static const char begin[] = "-----BEGIN ";

	return strncmp(line, begin, strlen(begin)) == 0;
}

/* How a reason of file_read() begins, and what helps; the first row that fits counts. */
static const struct {
	const char *why;
	const char *instead;
} remedies[] = {
	{ "does not exist", "create it, or correct its name" },
	{ "is a dangling link", "point the link at a file, or remove it" },
	{ "is a loop of links", "point the link at a file, or remove it" },
	{ "is a", "put a regular file there" },
	{ "may not be read", "let the service's user read it, by its group (chgrp, chmod 0640)" },
	{ "", "look into the system's log for the cause, and reload when it is gone" },
};

static const char *remedy(const char *why)
{
	size_t i = 0;

	while (strncmp(why, remedies[i].why, strlen(remedies[i].why)) != 0)
		i++;
	return remedies[i].instead;
}

void complain_unreadable(struct complaints *list, const char *file, unsigned line, const char *path,
			 const char *why, size_t limit)
{
	const char *value = strcmp(path, file) != 0 ? path : NULL;
	char what[80], size[80];
	struct stat status;

	(void)snprintf(size, sizeof(size), "keep it within %zu bytes in all", limit);
	/* file_read() follows links and cannot tell these two apart. */
	if (strncmp(why, "does not exist", strlen("does not exist")) == 0)
		why = lstat(path, &status) == 0 ? "is a dangling link" : "does not exist";
	(void)snprintf(what, sizeof(what), "file %s", why);
	complain(list, SEVERITY_ERROR, file, line, what, value,
		 strcmp(why, "is too large") == 0 ? size : remedy(why));
}

void complain_directory(struct complaints *list, const char *path)
{
	complain(list, SEVERITY_ERROR, path, 0, "directory cannot be read", strerror(errno),
		 errno == EACCES
			 ? "let the service's user read it, by its group (chgrp, chmod 0750), and pass "
			   "the directories above it"
			 : "create it and let the service's user read it, or correct its path in the "
			   "settings");
}

size_t complaint_typos(const char *written, const char *known)
{
	size_t cost[SPELT_MAX + 1];
	size_t len = strlen(known);
	size_t shorter = strlen(written) < len ? strlen(written) : len;

	if (len > SPELT_MAX || strlen(written) > SPELT_MAX)
		return COMPLAINT_FOREIGN;
	for (size_t i = 0; i <= len; i++)
		cost[i] = i;
	for (; *written != '\0'; written++) {
		size_t diagonal = cost[0]++;

		for (size_t i = 1; i <= len; i++) {
			size_t best = diagonal + (tolower((unsigned char)*written) !=
						  tolower((unsigned char)known[i - 1]));

			diagonal = cost[i];
			if (cost[i] + 1 < best)
				best = cost[i] + 1;
			if (cost[i - 1] + 1 < best)
				best = cost[i - 1] + 1;
			cost[i] = best;
		}
	}
	return cost[len] <= (shorter < SHORT ? 1 : TYPOS_MAX) && cost[len] < shorter ? cost[len]
										     : COMPLAINT_FOREIGN;
}

static int by_place(const void *a, const void *b)
{
	const struct complaint *left = a;
	const struct complaint *right = b;
	int order = strcmp(left->file, right->file);

	if (order == 0)
		order = (left->line > right->line) - (left->line < right->line);
	if (order == 0)
		order = (left->order > right->order) - (left->order < right->order);
	return order;
}

void complaints_sort(struct complaints *list, size_t first)
{
	for (size_t i = first; i < list->count; i++)
		list->item[i].order = i;
	if (first < list->count)
		qsort(list->item + first, list->count - first, sizeof(*list->item), by_place);
}

static enum err copy(const struct complaint *from, struct complaint *to)
{
	*to = *from;
	to->file = strdup(from->file);
	to->what = strdup(from->what);
	to->value = from->value != NULL ? strdup(from->value) : NULL;
	to->instead = strdup(from->instead);
	if (to->file != NULL && to->what != NULL && to->instead != NULL &&
	    (to->value != NULL) == (from->value != NULL))
		return ERR_OK;
	free_one(to);
	return ERR_NO_MEMORY;
}

void complaints_repeat(struct complaints *to, const struct complaints *from)
{
	for (size_t i = 0; i < from->count; i++) {
		if (make_room(to, 1) == ERR_OK && copy(&from->item[i], &to->item[to->count]) == ERR_OK)
			to->count++;
		else
			to->lost++;
	}
	to->errors += from->errors;
	to->lost += from->lost;
}

void complaints_move(struct complaints *to, struct complaints *from)
{
	if (from->count > 0 && make_room(to, from->count) == ERR_OK) {
		memcpy(to->item + to->count, from->item, from->count * sizeof(*from->item));
		to->count += from->count;
		from->count = 0;
	}
	to->errors += from->errors;
	to->lost += from->lost + from->count;
	complaints_free(from);
}

bool complaints_have(const struct complaints *complaints, const char *what)
{
	for (size_t i = 0; i < complaints->count; i++) {
		if (strcmp(complaints->item[i].what, what) == 0)
			return true;
	}
	return false;
}

void complaints_free(struct complaints *list)
{
	for (size_t i = 0; i < list->count; i++)
		free_one(&list->item[i]);
	free(list->item);
	*list = (struct complaints){ 0 };
}

enum err complaint_render(const struct complaint *complaint, struct text *out)
{
	enum err err = text_append_shown(out, complaint->file);

	if (err == ERR_OK)
		err = text_append(out, ":", 1);
	if (err == ERR_OK && complaint->line > 0)
		err = text_appendf(out, "%u:", complaint->line);
	if (err == ERR_OK && complaint->severity == SEVERITY_WARNING)
		err = text_appendf(out, " warning:");
	if (err == ERR_OK)
		err = text_appendf(out, " %s", complaint->what);
	if (err == ERR_OK && complaint->value != NULL)
		err = text_appendf(out, " (%s)", complaint->value);
	if (err == ERR_OK)
		err = text_append(out, ": ", 2);
	return err == ERR_OK ? text_append_shown(out, complaint->instead) : err;
}
