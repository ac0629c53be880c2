/* SPDX-License-Identifier: ISC */
#include "config/settings.h"

#include "config/reader.h"

#include <stdlib.h>
#include <string.h>

/* Largest mta-stsd.conf with what it includes, bytes. */
#define FILE_LIMIT (1UL << 20)

static void *member_of(struct settings *settings, const struct setting *row)
{
	return (char *)settings + row->offset;
}

static enum err put_string(void *member, const char *value)
{
	char **string = member;

	*string = strdup(value);
	return *string != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static enum err store_fallback(struct settings *settings, const struct setting *row)
{
	void *member = member_of(settings, row);

	switch (row->type) {
	case SETTING_STRING:
		return put_string(member, row->fallback);
	case SETTING_BOOLEAN:
		*(bool *)member = strcmp(row->fallback, "true") == 0;
		return ERR_OK;
	case SETTING_INTEGER:
		*(int64_t *)member = strtoll(row->fallback, NULL, 10);
		return ERR_OK;
	case SETTING_STRINGS:
	case SETTING_ENTRIES:
	case SETTING_GROUP:
	default:
		return row->fallback != NULL ? names_put(member, row->fallback) : ERR_OK;
	}
}

static enum err store_node(struct settings *settings, const struct setting *row, const config_setting_t *node)
{
	void *member = member_of(settings, row);

	switch (row->type) {
	case SETTING_STRING:
		return put_string(member, reader_string(node));
	case SETTING_BOOLEAN:
		*(bool *)member = reader_integer(node) != 0;
		return ERR_OK;
	case SETTING_INTEGER:
		*(int64_t *)member = reader_integer(node);
		return ERR_OK;
	case SETTING_STRINGS:
	case SETTING_ENTRIES:
	case SETTING_GROUP:
	default:
		return reader_names(node, row, member);
	}
}

/* A port that nobody chose would be open to everybody, and old files elsewhere would be published. */
static enum err store_unchosen(struct settings *settings, const struct setting *row)
{
	return row->type == SETTING_STRING ? put_string(member_of(settings, row), "") : ERR_OK;
}

static enum err store(const config_setting_t *const *found, bool whole, struct settings **settings)
{
	size_t count;
	const struct setting *table = settings_table(&count);
	struct settings *new = calloc(1, sizeof(*new));
	enum err err = new != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		if (table[i].type == SETTING_GROUP)
			continue;
		err = found[i] != NULL            ? store_node(new, &table[i], found[i])
		      : whole || !table[i].chosen ? store_fallback(new, &table[i])
						  : store_unchosen(new, &table[i]);
	}
	if (err != ERR_OK)
		settings_free(&new);
	else
		*settings = new;
	return err;
}

enum err settings_load(const char *path, struct complaints *complaints, struct settings **settings)
{
	const config_setting_t *found[SETTINGS_MOST];
	size_t count;
	const struct setting *table = settings_table(&count);
	struct reader *reader = NULL;
	size_t errors = complaints->errors;
	size_t first = complaints->count;
	enum err err = reader_open(path, FILE_LIMIT, complaints, &reader);

	if (err == ERR_OK) {
		reader_match(reader, reader_root(reader), table, count, found);
		err = complaints->errors > errors ? ERR_SYNTAX : store(found, true, settings);
		reader_close(&reader);
	}
	complaints_sort(complaints, first);
	return err;
}

enum err settings_files(const char *path, struct names *files)
{
	struct complaints unsaid = { 0 };
	struct stamps stamps = { 0 };
	struct reader *reader = NULL;
	enum err err = reader_open_noting(path, FILE_LIMIT, &stamps, &unsaid, &reader);

	if (err == ERR_SYNTAX)
		err = ERR_OK;
	for (size_t i = 0; err == ERR_OK && i < stamps.count; i++)
		err = names_put(files, stamps.item[i].path);
	reader_close(&reader);
	stamps_free(&stamps);
	complaints_free(&unsaid);
	return err;
}

enum err settings_salvage(const char *path, struct settings **settings)
{
	const config_setting_t *found[SETTINGS_MOST];
	size_t count;
	const struct setting *table = settings_table(&count);
	struct complaints unsaid = { 0 };
	struct reader *reader = NULL;
	enum err err = reader_open(path, FILE_LIMIT, &unsaid, &reader);

	if (err == ERR_OK) {
		reader_match(reader, reader_root(reader), table, count, found);
		for (size_t i = 0; i < count; i++) {
			/* Of listen every address counts that is right. */
			if (found[i] != NULL && !reader_fits(reader, found[i], &table[i]) &&
			    !(table[i].chosen && table[i].type == SETTING_STRINGS))
				found[i] = NULL;
		}
		err = store(found, false, settings);
		reader_close(&reader);
	}
	complaints_free(&unsaid);
	return err;
}

enum err settings_default(struct settings **settings)
{
	const config_setting_t *none[SETTINGS_MOST] = { NULL };

	return store(none, false, settings);
}

void settings_free(struct settings **settings)
{
	size_t count;
	const struct setting *table = settings_table(&count);

	if (*settings == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		void *member = member_of(*settings, &table[i]);

		if (table[i].type == SETTING_STRING)
			free(*(char **)member);
		else if (table[i].type == SETTING_STRINGS)
			names_free(member);
	}
	free(*settings);
	*settings = NULL;
}
