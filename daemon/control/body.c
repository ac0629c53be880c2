/* SPDX-License-Identifier: ISC */
#include "control/body.h"

#include "base/allocation.h"
#include "control/reply.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_words[] = {
	[SHAPE_STRING] = "a string",
	[SHAPE_INTEGER] = "a whole number",
	[SHAPE_TIME] = "a time such as \"2026-11-23T16:00:00Z\"",
	[SHAPE_BOOLEAN] = "true or false",
	[SHAPE_OBJECT] = "an object",
	[SHAPE_STRINGS] = "an array of strings",
	[SHAPE_OBJECTS] = "an array of objects",
};

static bool refuse(struct answer *answer, struct text *message)
{
	reply_error(answer, REPLY_BAD_REQUEST, message->bytes, NULL);
	text_free(message);
	return false;
}

static bool refuse_syntax(struct answer *answer, const json_error_t *error)
{
	struct text message = { 0 };
	char shown[TEXT_SHOWN_SIZE];

	(void)text_appendf(&message,
			   "the body is not a JSON object, line %d, column %d (%s): see mta-stsd-api(7)",
			   error->line, error->column, text_escape(error->text, strlen(error->text), shown));
	return refuse(answer, &message);
}

static bool refuse_unknown(struct answer *answer, const char *name, const struct shape *shape)
{
	struct text message = { 0 };
	char shown[TEXT_SHOWN_SIZE];

	(void)text_appendf(&message, "field is unknown (%s): this route knows",
			   text_escape(name, strlen(name), shown));
	for (const struct shape_field *field = shape->field; field->name != NULL; field++)
		(void)text_appendf(&message, "%s %s", field > shape->field ? "," : "", field->name);
	return refuse(answer, &message);
}

static bool refuse_field(struct answer *answer, const struct shape_field *field, const char *what)
{
	struct text message = { 0 };

	(void)text_appendf(&message, "%s %s: write %s%s", field->name, what, type_words[field->type],
			   shape_may_be_null(field) ? ", or null" : "");
	return refuse(answer, &message);
}

static const struct shape_field *find(const struct shape *shape, const char *name)
{
	for (const struct shape_field *field = shape->field; field->name != NULL; field++) {
		if (strcmp(name, field->name) == 0)
			return field;
	}
	return NULL;
}

bool body_check_object(json_t *object, const struct shape *shape, struct answer *answer)
{
	const char *name;
	const json_t *value;

	json_object_foreach(object, name, value)
	{
		const struct shape_field *field = find(shape, name);

		if (field == NULL)
			return refuse_unknown(answer, name, shape);
		if (!shape_fits(field, value) && !(json_is_null(value) && shape_may_be_null(field)))
			return refuse_field(answer, field, "has the wrong type");
	}
	for (const struct shape_field *field = shape->field; field->name != NULL; field++) {
		if (field->need == SHAPE_ALWAYS && json_object_get(object, field->name) == NULL)
			return refuse_field(answer, field, "is missing");
	}
	return true;
}

bool body_read(const struct request *request, const struct shape *shape, struct answer *answer, json_t **root)
{
	json_error_t error = { .line = 1, .text = "it is something else" };
	json_t *read;

	(void)allocation_was_refused();
	read = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &error);
	if (allocation_was_refused()) {
		json_decref(read);
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return false;
	}
	if (!json_is_object(read)) {
		json_decref(read);
		return refuse_syntax(answer, &error);
	}
	if (!body_check_object(read, shape, answer)) {
		json_decref(read);
		return false;
	}
	*root = read;
	return true;
}

bool body_decode(const char *encoded, char *out, size_t size)
{
	size_t used = 0;

	for (; *encoded != '\0'; encoded++) {
		char digits[3] = { 0 };
		unsigned long value = (unsigned char)*encoded;

		if (*encoded == '%') {
			if (!isxdigit((unsigned char)encoded[1]) || !isxdigit((unsigned char)encoded[2]))
				return false;
			memcpy(digits, encoded + 1, 2);
			value = strtoul(digits, NULL, 16);
			encoded += 2;
		}
		if (value == 0 || used + 1 >= size)
			return false;
		out[used++] = (char)value;
	}
	out[used] = '\0';
	return true;
}
