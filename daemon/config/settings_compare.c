/* SPDX-License-Identifier: ISC */
#include "config/reader.h"
#include "config/settings.h"

#include <stdio.h>
#include <string.h>

static const void *member_in(const struct settings *settings, const struct setting *row)
{
	return (const char *)settings + row->offset;
}

static bool same_names(const struct names *a, const struct names *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->item[i], b->item[i]) == 0;
	return same;
}

static bool same(const struct setting *row, const void *a, const void *b)
{
	switch (row->type) {
	case SETTING_STRING:
		return strcmp(*(char *const *)a, *(char *const *)b) == 0;
	case SETTING_BOOLEAN:
		return *(const bool *)a == *(const bool *)b;
	case SETTING_INTEGER:
		return *(const int64_t *)a == *(const int64_t *)b;
	case SETTING_STRINGS:
	case SETTING_ENTRIES:
	case SETTING_GROUP:
	default:
		return same_names(a, b);
	}
}

static bool is_empty(const struct setting *row, const void *member)
{
	return row->type == SETTING_STRINGS ? ((const struct names *)member)->count == 0
					    : *(char *const *)member == NULL;
}

/* It is not in use at all: systemd listens. */
static bool is_unchosen(const struct setting *row, const void *member)
{
	return row->chosen && row->type == SETTING_STRINGS && is_empty(row, member);
}

/* NULL: the service manager does not pass it. */
static const void *passed_for(const struct settings *passed, const struct setting *row)
{
	const void *member = passed != NULL && row->socket != NULL ? member_in(passed, row) : NULL;

	if (member == NULL || is_empty(row, member))
		return NULL;
	return member;
}

static bool means_one_of(const struct setting *row, const char *value, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		if (row->same(value, names->item[i]))
			return true;
	}
	return false;
}

/* In any order, and however it is written. */
static bool is_passed(const struct setting *row, const void *passed, const void *loaded)
{
	const struct names *wanted = loaded, *got = passed;

	if (row->type != SETTING_STRINGS)
		return same(row, passed, loaded);
	for (size_t i = 0; i < wanted->count; i++) {
		if (!means_one_of(row, wanted->item[i], got))
			return false;
	}
	return wanted->count == got->count;
}

/* What nobody wrote is no wish. */
static bool is_default(const struct setting *row, const void *member)
{
	const struct names *names = member;

	if (row->type != SETTING_STRINGS)
		return strcmp(*(char *const *)member, row->fallback) == 0;
	if (row->fallback == NULL)
		return names->count == 0;
	return names->count == 1 && strcmp(names->item[0], row->fallback) == 0;
}

void settings_tell_passed(const struct settings *passed, const struct settings *loaded, const char *path,
			  struct complaints *complaints)
{
	size_t count;
	const struct setting *table = settings_table(&count);
	char instead[128];

	for (size_t i = 0; i < count; i++) {
		const struct setting *row = &table[i];
		const void *socket = passed_for(passed, row);

		if (socket == NULL || is_default(row, member_in(loaded, row)) ||
		    is_passed(row, socket, member_in(loaded, row)))
			continue;
		(void)snprintf(instead, sizeof(instead), "remove it; to listen elsewhere, systemctl edit %s",
			       row->socket);
		complain(complaints, SEVERITY_WARNING, path, 0,
			 "setting is not used, since systemd passes the sockets", row->name, instead);
	}
}

void settings_compare(const struct settings *running, const struct settings *passed,
		      const struct settings *loaded, const char *path, struct complaints *complaints)
{
	size_t count;
	const struct setting *table = settings_table(&count);

	for (size_t i = 0; i < count; i++) {
		const struct setting *row = &table[i];

		if (row->at_start && passed_for(passed, row) == NULL &&
		    !is_unchosen(row, member_in(running, row)) &&
		    !same(row, member_in(running, row), member_in(loaded, row)))
			complain(complaints, SEVERITY_WARNING, path, 0,
				 "setting has changed and is not in use yet", row->name,
				 "restart mta-stsd to use the new value");
	}
}
