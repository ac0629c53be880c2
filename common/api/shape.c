/* SPDX-License-Identifier: ISC */
#include "api/shape.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

json_t *shape_string(const char *string)
{
	struct text shown = { 0 };
	json_t *json = string != NULL ? json_string(string) : json_null();

	if (json != NULL)
		return json;
	if (text_append_shown(&shown, string) == ERR_OK)
		json = json_string(shown.bytes);
	text_free(&shown);
	return json;
}

void shape_put_time(time_t when, char out[SHAPE_TIME_SIZE])
{
	char text[CLOCK_TEXT_SIZE];
	time_t again;

	out[0] = '\0';
	if (clock_parse(clock_text(when, text), &again) == ERR_OK)
		memcpy(out, text, strlen(text) + 1);
}

void shape_put_time_or_none(time_t when, char out[SHAPE_TIME_SIZE])
{
	out[0] = '\0';
	if (when != 0)
		shape_put_time(when, out);
}

bool shape_is_none(const struct shape_field *field, const void *from)
{
	const void *member = (const char *)from + field->offset;

	switch (field->type) {
	case SHAPE_STRING:
		return *(const char *const *)member == NULL;
	case SHAPE_TIME:
		return *(const char *)member == '\0';
	case SHAPE_MODE:
		return *(const enum mode *)member == MODE_UNKNOWN;
	case SHAPE_INTEGER:
		return *(const json_int_t *)member < field->least;
	case SHAPE_BOOLEAN:
		return *(const bool *)member == (field->least != 0);
	case SHAPE_OBJECT:
		return shape_is_none(&field->of->field[0], member);
	case SHAPE_STRINGS:
	case SHAPE_OBJECTS:
	case SHAPE_COUNTS:
		break;
	}
	return *(json_t *const *)member == NULL;
}

static void clear(const struct shape_field *field, char *object)
{
	void *member = object + field->offset;

	switch (field->type) {
	case SHAPE_STRING:
		*(const char **)member = NULL;
		break;
	case SHAPE_TIME:
		*(char *)member = '\0';
		break;
	case SHAPE_MODE:
		*(enum mode *)member = MODE_UNKNOWN;
		break;
	case SHAPE_INTEGER:
		*(json_int_t *)member = field->least - 1;
		break;
	case SHAPE_BOOLEAN:
		*(bool *)member = field->least != 0;
		break;
	case SHAPE_OBJECT:
		for (const struct shape_field *inner = field->of->field; inner->name != NULL; inner++)
			clear(inner, member);
		break;
	case SHAPE_STRINGS:
	case SHAPE_OBJECTS:
	case SHAPE_COUNTS:
		*(json_t **)member = NULL;
		break;
	}
}

static json_t *write_integer(const struct shape_field *field, json_int_t value)
{
	if (value < field->least)
		value = field->least;
	return json_integer(value < SHAPE_INTEGER_MAX ? value : SHAPE_INTEGER_MAX);
}

static json_t *write_member(const struct shape_field *field, const void *member)
{
	switch (field->type) {
	case SHAPE_STRING:
		return shape_string(*(const char *const *)member);
	case SHAPE_TIME:
		return json_string(member);
	case SHAPE_MODE:
		return json_string(mode_text(*(const enum mode *)member));
	case SHAPE_INTEGER:
		return write_integer(field, *(const json_int_t *)member);
	case SHAPE_BOOLEAN:
		return json_boolean(*(const bool *)member);
	case SHAPE_OBJECT:
		return shape_write(field->of, member);
	case SHAPE_STRINGS:
	case SHAPE_OBJECTS:
	case SHAPE_COUNTS:
		break;
	}
	return *(json_t *const *)member;
}

json_t *shape_write(const struct shape *shape, const void *from)
{
	json_t *object = json_object();
	bool whole = object != NULL;

	/* After a failure, too, so that what is taken over is released. */
	for (const struct shape_field *field = shape->field; field->name != NULL; field++) {
		const char *member = (const char *)from + field->offset;
		json_t *value;

		if (field->need == SHAPE_ALWAYS || field->need == SHAPE_LATER || !shape_is_none(field, from))
			value = write_member(field, member);
		else if (field->need != SHAPE_MAY_MISS)
			value = json_null();
		else
			continue;
		whole = json_object_set_new(object, field->name, value) == 0 && whole;
	}
	if (whole)
		return object;
	json_decref(object);
	return NULL;
}

static bool are_all(json_type type, const json_t *array)
{
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		if (json_typeof(item) != type)
			return false;
	}
	return json_is_array(array);
}

bool shape_fits(const struct shape_field *field, const json_t *value)
{
	switch (field->type) {
	case SHAPE_STRING:
	case SHAPE_TIME:
	case SHAPE_MODE:
		return json_is_string(value);
	case SHAPE_INTEGER:
		return json_is_integer(value);
	case SHAPE_BOOLEAN:
		return json_is_boolean(value);
	case SHAPE_STRINGS:
		return are_all(JSON_STRING, value);
	case SHAPE_OBJECTS:
		return are_all(JSON_OBJECT, value);
	case SHAPE_OBJECT:
	case SHAPE_COUNTS:
		break;
	}
	return json_is_object(value);
}

static enum err read_time(const char *text, char out[SHAPE_TIME_SIZE])
{
	time_t when;

	if (*text != '\0' && clock_parse(text, &when) != ERR_OK)
		return ERR_SYNTAX;
	memcpy(out, text, strlen(text) + 1);
	return ERR_OK;
}

static enum err read_integer(const struct shape_field *field, json_int_t value, json_int_t *out)
{
	*out = value;
	return value >= field->least && value <= SHAPE_INTEGER_MAX ? ERR_OK : ERR_SYNTAX;
}

/* The value fits. */
static enum err read_member(const struct shape_field *field, json_t *value, void *member)
{
	switch (field->type) {
	case SHAPE_STRING:
		*(const char **)member = json_string_value(value);
		return ERR_OK;
	case SHAPE_TIME:
		return read_time(json_string_value(value), member);
	case SHAPE_MODE:
		return mode_parse(json_string_value(value), member);
	case SHAPE_INTEGER:
		return read_integer(field, json_integer_value(value), member);
	case SHAPE_BOOLEAN:
		*(bool *)member = json_is_true(value);
		return ERR_OK;
	case SHAPE_OBJECT:
		return shape_read(field->of, value, member);
	case SHAPE_STRINGS:
	case SHAPE_OBJECTS:
	case SHAPE_COUNTS:
		break;
	}
	*(json_t **)member = value;
	return ERR_OK;
}

bool shape_may_be_null(const struct shape_field *field)
{
	return field->need == SHAPE_OR_NULL || field->need == SHAPE_OR_NULL_LATER;
}

static enum err read_field(const struct shape_field *field, const json_t *object, char *into)
{
	json_t *value = json_object_get(object, field->name);

	if (value == NULL ? field->need != SHAPE_ALWAYS && field->need != SHAPE_OR_NULL
			  : json_is_null(value) && shape_may_be_null(field)) {
		clear(field, into);
		return ERR_OK;
	}
	return shape_fits(field, value) ? read_member(field, value, into + field->offset) : ERR_SYNTAX;
}

enum err shape_read(const struct shape *shape, const json_t *object, void *into)
{
	enum err err = json_is_object(object) ? ERR_OK : ERR_SYNTAX;

	for (const struct shape_field *field = shape->field; field->name != NULL && err == ERR_OK; field++)
		err = read_field(field, object, into);
	if (err == ERR_OK && shape->check != NULL)
		err = shape->check(into);
	return err;
}
