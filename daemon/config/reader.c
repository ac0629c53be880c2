/* SPDX-License-Identifier: ISC */
#include "config/reader.h"

#include "config/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHAT_SIZE 96

/* Room for a name without its number: longer ones are unknown, and shown cut in any case. */
#define NAME_SIZE 256

struct reader {
	config_t config;
	struct source source;
	struct complaints *complaints;
	struct complaints_alike unknown; /* settings */
};

enum err reader_open(const char *path, size_t limit, struct complaints *complaints, struct reader **reader)
{
	return reader_open_noting(path, limit, NULL, complaints, reader);
}

enum err reader_open_noting(const char *path, size_t limit, struct stamps *stamps,
			    struct complaints *complaints, struct reader **reader)
{
	struct reader *new = calloc(1, sizeof(*new));
	enum err err;

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->complaints = complaints;
	new->source.stamps = stamps;
	config_init(&new->config);
	err = scan_load(path, limit, complaints, &new->source);
	if (err == ERR_OK)
		err = source_parse(&new->source, complaints, &new->config);
	text_free(&new->source.text);
	if (err != ERR_OK)
		reader_close(&new);
	else
		*reader = new;
	return err;
}

void reader_close(struct reader **reader)
{
	if (*reader == NULL)
		return;
	complain_others((*reader)->complaints, SEVERITY_ERROR, &(*reader)->unknown,
			"check whether the file is for mta-stsd at all, and correct or remove the settings");
	config_destroy(&(*reader)->config);
	source_free(&(*reader)->source);
	free(*reader);
	*reader = NULL;
}

const config_setting_t *reader_root(const struct reader *reader)
{
	return config_root_setting(&reader->config);
}

size_t reader_count(const config_setting_t *node)
{
	return (size_t)config_setting_length(node);
}

const config_setting_t *reader_at(const config_setting_t *node, size_t index)
{
	return config_setting_get_elem(node, (unsigned)index);
}

/* What stands where a number should, as it is written, if scan.c could not leave it as it was. */
static const char *odd_number(const config_setting_t *node)
{
	const config_setting_t *written =
		config_setting_is_group(node) ? config_setting_get_member(node, SCAN_MARK) : NULL;

	return written != NULL ? config_setting_get_string(written) : NULL;
}

bool reader_is_group(const config_setting_t *node)
{
	return config_setting_is_group(node) && odd_number(node) == NULL;
}

bool reader_is_list(const config_setting_t *node)
{
	return config_setting_is_list(node);
}

bool reader_has_groups(const config_setting_t *node)
{
	return reader_is_list(node) && reader_count(node) > 0 && reader_is_group(reader_at(node, 0));
}

const char *reader_string(const config_setting_t *node)
{
	return config_setting_get_string(node);
}

int64_t reader_integer(const config_setting_t *node)
{
	return config_setting_type(node) == CONFIG_TYPE_BOOL ? config_setting_get_bool(node)
							     : config_setting_get_int64(node);
}

const char *reader_place(const struct reader *reader, const config_setting_t *node, unsigned *line)
{
	return source_place(&reader->source, config_setting_source_line(node), line);
}

void reader_complain(struct reader *reader, const config_setting_t *node, const char *what, const char *value,
		     const char *instead)
{
	unsigned line;
	const char *file = reader_place(reader, node, &line);

	complain(reader->complaints, SEVERITY_ERROR, file, line, what, value, instead);
}

/* The value of a node as it is written, unless it is a list or a group. */
static enum err put_written(const config_setting_t *node, struct text *out)
{
	switch (config_setting_type(node)) {
	case CONFIG_TYPE_STRING:
		return text_appendf(out, "\"%s\"", config_setting_get_string(node));
	case CONFIG_TYPE_BOOL:
		return text_appendf(out, "%s", config_setting_get_bool(node) ? "true" : "false");
	case CONFIG_TYPE_INT64:
		return text_appendf(out, "%" PRId64, reader_integer(node));
	default:
		return odd_number(node) != NULL ? text_appendf(out, "%s", odd_number(node)) : ERR_OK;
	}
}

static void complain_value(struct reader *reader, const config_setting_t *node, const struct setting *row,
			   const char *fault, const char *value, const char *instead)
{
	char what[WHAT_SIZE];

	(void)snprintf(what, sizeof(what), "%s %s", row->name, fault);
	reader_complain(reader, node, what, value, instead);
}

/* Complain that a setting (or a member of its list) is not what its row asks for. */
static void complain_row(struct reader *reader, const config_setting_t *node, const struct setting *row,
			 const char *fault, const char *instead)
{
	struct text written = { 0 };

	/* Without memory for it the complaint goes without its value. */
	(void)put_written(node, &written);
	complain_value(reader, node, row, fault, written.bytes, instead);
	text_free(&written);
}

static void check_string(struct reader *reader, const config_setting_t *node, const struct setting *row)
{
	const char *fault = row->fault != NULL ? row->fault(reader_string(node)) : NULL;

	if (fault != NULL)
		complain_value(reader, node, row, fault, reader_string(node), row->help);
}

static void complain_range(struct reader *reader, const config_setting_t *node, const struct setting *row)
{
	char instead[WHAT_SIZE];

	(void)snprintf(instead, sizeof(instead), "write a number from %" PRId64 " to %" PRId64 " (%s)",
		       row->min, row->max, row->unit);
	complain_row(reader, node, row, "is out of range", instead);
}

static void check_integer(struct reader *reader, const config_setting_t *node, const struct setting *row)
{
	if (reader_integer(node) < row->min || reader_integer(node) > row->max)
		complain_range(reader, node, row);
}

static void check_count(struct reader *reader, const config_setting_t *node, const struct setting *row)
{
	char instead[WHAT_SIZE];

	if ((int64_t)reader_count(node) < row->min)
		complain_row(reader, node, row, "is empty", row->help);
	if ((int64_t)reader_count(node) <= row->max)
		return;
	(void)snprintf(instead, sizeof(instead), "write no more than %" PRId64, row->max);
	complain_row(reader, node, row, "has too many members", instead);
}

static bool is_repeated(const config_setting_t *list, size_t index, const struct setting *row)
{
	const char *string = reader_string(reader_at(list, index));

	for (size_t i = 0; row->same != NULL && i < index; i++) {
		const char *other = reader_string(reader_at(list, i));

		if (other != NULL && row->same(other, string))
			return true;
	}
	return false;
}

static const char *fault_beside(const config_setting_t *list, size_t index, const struct setting *row)
{
	const char *fault = NULL;

	for (size_t i = 0; fault == NULL && row->beside != NULL && i < index; i++) {
		const char *other = reader_string(reader_at(list, i));

		if (other != NULL)
			fault = row->beside(other, reader_string(reader_at(list, index)));
	}
	return fault;
}

static void check_member(struct reader *reader, const config_setting_t *list, size_t index,
			 const struct setting *row)
{
	const config_setting_t *member = reader_at(list, index);
	const char *fault = fault_beside(list, index, row);

	if (is_repeated(list, index, row))
		complain_value(reader, member, row, "has a member twice", reader_string(member),
			       "remove the repetition");
	else if (fault != NULL)
		complain_value(reader, member, row, fault, reader_string(member), row->help);
	else
		check_string(reader, member, row);
}

static void check_list(struct reader *reader, const config_setting_t *node, const struct setting *row)
{
	bool groups = row->type == SETTING_ENTRIES && reader_has_groups(node);
	bool mixed = false;

	check_count(reader, node, row);
	for (size_t i = 0; i < reader_count(node); i++) {
		const config_setting_t *member = reader_at(node, i);

		if (groups ? !reader_is_group(member) : reader_string(member) == NULL) {
			if (!mixed)
				complain_row(reader, member, row, "has a member of the wrong type",
					     row->help);
			mixed = true;
		} else if (!groups) {
			check_member(reader, node, i, row);
		}
	}
}

/* How each type of setting is told and checked. */
static const struct type {
	int type; /* libconfig's */
	const char *fault;
	void (*check)(struct reader *reader, const config_setting_t *node, const struct setting *row);
} types[] = {
	[SETTING_STRING] = { CONFIG_TYPE_STRING, "is not text in quotes", check_string },
	[SETTING_STRINGS] = { CONFIG_TYPE_LIST, "is not a list", check_list },
	[SETTING_INTEGER] = { CONFIG_TYPE_INT64, "is not a whole number", check_integer },
	[SETTING_BOOLEAN] = { CONFIG_TYPE_BOOL, "is neither true nor false", NULL },
	[SETTING_ENTRIES] = { CONFIG_TYPE_LIST, "is not a list", check_list },
	[SETTING_GROUP] = { CONFIG_TYPE_NONE, "is not a group", NULL },
};

/* Whole and written as one: it is too large, then. */
static bool is_whole(const char *number)
{
	const char *digits = number + (strchr("+-", *number) != NULL ? 1 : 0);

	return *digits != '\0' && digits[strspn(digits, "0123456789")] == '\0';
}

static void check(struct reader *reader, const config_setting_t *node, const struct setting *row)
{
	const struct type *type = &types[row->type];
	const char *odd = odd_number(node);

	if (row->type == SETTING_INTEGER && odd != NULL && is_whole(odd))
		complain_range(reader, node, row);
	else if ((row->type == SETTING_ENTRIES || row->lone) && reader_string(node) != NULL)
		check_string(reader, node, row);
	else if (config_setting_type(node) != type->type)
		complain_row(reader, node, row, type->fault, row->help);
	else if (type->check != NULL)
		type->check(reader, node, row);
}

bool reader_fits(struct reader *reader, const config_setting_t *node, const struct setting *row)
{
	size_t errors = reader->complaints->errors;

	check(reader, node, row);
	return reader->complaints->errors == errors;
}

static bool has_same(const struct names *names, const struct setting *row, const char *value)
{
	for (size_t i = 0; row->same != NULL && i < names->count; i++) {
		if (row->same(names->item[i], value))
			return true;
	}
	return false;
}

enum err reader_names(const config_setting_t *node, const struct setting *row, struct names *names)
{
	enum err err = ERR_OK;

	if (row->lone && reader_string(node) != NULL)
		return names_put(names, reader_string(node));
	for (size_t i = 0; err == ERR_OK && i < reader_count(node) && i < (size_t)row->max; i++) {
		const char *value = reader_string(reader_at(node, i));

		if (value != NULL && (row->fault == NULL || row->fault(value) == NULL) &&
		    !has_same(names, row, value))
			err = names_put(names, value);
	}
	return err;
}

static void complain_unknown(struct reader *reader, const config_setting_t *node, const char *name,
			     const char *group, const struct setting *rows, size_t count)
{
	struct text instead = { 0 };
	unsigned line;
	const char *file = reader_place(reader, node, &line);
	enum err err;

	if (!complaints_wanted(&reader->unknown, file, line))
		return;
	err = setting_advise(rows, count, group, name, &instead);
	reader_complain(reader, node, "setting is unknown", complaint_name(name),
			err == ERR_OK ? instead.bytes : "remove it");
	text_free(&instead);
}

/* The name of a setting without the number that scan.c has put behind it. */
static void copy_name(const config_setting_t *node, char name[NAME_SIZE])
{
	const char *written = config_setting_name(node);
	const char *mark = strrchr(written, SCAN_MARK[0]);
	size_t len = mark != NULL ? (size_t)(mark - written) : strlen(written);

	(void)snprintf(name, NAME_SIZE, "%.*s", (int)(len < NAME_SIZE ? len : NAME_SIZE - 1), written);
}

static void match(struct reader *reader, const config_setting_t *group, const char *prefix,
		  const struct setting *rows, size_t count, const config_setting_t **found)
{
	for (size_t i = 0; i < reader_count(group); i++) {
		const config_setting_t *node = reader_at(group, i);
		char name[NAME_SIZE], inner[NAME_SIZE];
		size_t row;

		copy_name(node, name);
		row = setting_find(rows, count, prefix, name);
		if (row == count) {
			complain_unknown(reader, node, name, prefix, rows, count);
		} else if (rows[row].type == SETTING_GROUP && reader_is_group(node)) {
			(void)snprintf(inner, sizeof(inner), "%s.", rows[row].name);
			match(reader, node, inner, rows, count, found);
		} else if (found[row] != NULL) {
			reader_complain(reader, node, "setting is given twice", name, "keep one of the two");
		} else {
			found[row] = node;
			check(reader, node, &rows[row]);
		}
	}
}

void reader_match(struct reader *reader, const config_setting_t *group, const struct setting *rows,
		  size_t count, const config_setting_t **found)
{
	for (size_t i = 0; i < count; i++)
		found[i] = NULL;
	match(reader, group, "", rows, count, found);
}
