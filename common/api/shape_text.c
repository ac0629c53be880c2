/* SPDX-License-Identifier: ISC */
#include "api/shape_text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_SIZE 24

struct dumping {
	struct text *text;
	enum err err;
};

static int dump(const char *bytes, size_t len, void *context)
{
	struct dumping *dumping = context;

	if (dumping->err == ERR_OK)
		dumping->err = text_append(dumping->text, bytes, len);
	return dumping->err == ERR_OK ? 0 : -1;
}

/* Jansson passes over some failures of what it calls, and leaves a byte out. */
enum err shape_append_json(json_t *json, struct text *text)
{
	struct dumping dumping = { text, ERR_OK };
	bool done =
		json != NULL && json_dump_callback(json, dump, &dumping, JSON_COMPACT | JSON_ENCODE_ANY) == 0;

	json_decref(json);
	return done ? dumping.err : ERR_NO_MEMORY;
}

/* What has to be escaped, as far as a policy has it; 0: the character stands for itself. */
static char escape_of(char c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return 0;
	}
}

/* Anything but printable ASCII and these is left to Jansson. */
static bool is_usual(const char *string)
{
	for (; *string != '\0'; string++) {
		if ((*string < ' ' || *string > '~') && escape_of(*string) == 0)
			return false;
	}
	return true;
}

static enum err append_usual(const char *string, struct text *text)
{
	enum err err = text_append(text, "\"", 1);

	while (err == ERR_OK && *string != '\0') {
		const char *end = string;

		while (*end != '\0' && escape_of(*end) == 0)
			end++;
		err = text_append(text, string, (size_t)(end - string));
		if (err == ERR_OK && *end != '\0')
			err = text_append(text, (const char[]){ '\\', escape_of(*end) }, 2);
		string = *end != '\0' ? end + 1 : end;
	}
	return err == ERR_OK ? text_append(text, "\"", 1) : err;
}

static enum err append_string(const char *string, struct text *text)
{
	return is_usual(string) ? append_usual(string, text) : shape_append_json(shape_string(string), text);
}

static enum err append_strings(json_t *array, struct text *text)
{
	enum err err = array != NULL ? text_append(text, "[", 1) : ERR_NO_MEMORY;
	const json_t *member;
	size_t i;

	json_array_foreach(array, i, member)
	{
		assert(json_is_string(member));
		if (err == ERR_OK && i > 0)
			err = text_append(text, ",", 1);
		if (err == ERR_OK)
			err = append_string(json_string_value(member), text);
	}
	json_decref(array);
	return err == ERR_OK ? text_append(text, "]", 1) : err;
}

static enum err append_integer(const struct shape_field *field, json_int_t value, struct text *text)
{
	char digits[NUMBER_SIZE];
	int len;

	if (value < field->least)
		value = field->least;
	if (value > SHAPE_INTEGER_MAX)
		value = SHAPE_INTEGER_MAX;
	len = snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, value);
	return text_append(text, digits, (size_t)len);
}

static enum err append_word(const char *word, struct text *text)
{
	return text_append(text, word, strlen(word));
}

static enum err append_member(const struct shape_field *field, const void *member, struct text *text)
{
	const char *string;

	switch (field->type) {
	case SHAPE_STRING:
		string = *(const char *const *)member;
		return string != NULL ? append_string(string, text) : append_word("null", text);
	case SHAPE_TIME:
		return append_string(member, text);
	case SHAPE_MODE:
		return append_string(mode_text(*(const enum mode *)member), text);
	case SHAPE_INTEGER:
		return append_integer(field, *(const json_int_t *)member, text);
	case SHAPE_BOOLEAN:
		return append_word(*(const bool *)member ? "true" : "false", text);
	case SHAPE_OBJECT:
		return shape_append(field->of, member, text);
	case SHAPE_STRINGS:
		return append_strings(*(json_t *const *)member, text);
	case SHAPE_OBJECTS:
	case SHAPE_COUNTS:
		break;
	}
	return shape_append_json(*(json_t *const *)member, text);
}

/* What is taken over is released, too, when nothing more is written. */
static void give_up(const struct shape_field *field, const void *from)
{
	const char *member = (const char *)from + field->offset;

	if (field->type == SHAPE_OBJECT) {
		for (const struct shape_field *inner = field->of->field; inner->name != NULL; inner++)
			give_up(inner, member);
	}
	if (field->type == SHAPE_STRINGS || field->type == SHAPE_OBJECTS || field->type == SHAPE_COUNTS)
		json_decref(*(json_t *const *)(const void *)member);
}

static enum err append_field(const struct shape_field *field, const void *from, const char *before,
			     struct text *text)
{
	enum err err = append_word(before, text);

	if (err == ERR_OK)
		err = append_word(field->name, text);
	if (err == ERR_OK)
		err = append_word("\":", text);
	if (err != ERR_OK) {
		give_up(field, from);
		return err;
	}
	return shape_is_none(field, from) && field->need != SHAPE_ALWAYS && field->need != SHAPE_LATER
		       ? append_word("null", text)
		       : append_member(field, (const char *)from + field->offset, text);
}

enum err shape_append(const struct shape *shape, const void *from, struct text *text)
{
	const char *before = "{\"";
	enum err err = ERR_OK;

	for (const struct shape_field *field = shape->field; field->name != NULL; field++) {
		if (field->need == SHAPE_MAY_MISS && shape_is_none(field, from))
			continue;
		if (err == ERR_OK)
			err = append_field(field, from, before, text);
		else
			give_up(field, from);
		before = ",\"";
	}
	if (err == ERR_OK && before[0] == '{')
		err = text_append(text, "{", 1);
	return err == ERR_OK ? text_append(text, "}", 1) : err;
}
