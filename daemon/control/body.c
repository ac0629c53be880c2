/* SPDX-License-Identifier: ISC */
#include "control/body.h"

#include "base/allocation.h"
#include "control/reply.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_words[BODY_TYPES] = {
	[BODY_STRING] = "a string",
	[BODY_INTEGER] = "a whole number",
	[BODY_BOOLEAN] = "true or false",
	[BODY_STRINGS] = "an array of strings",
	[BODY_OBJECTS] = "an array of objects",
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

static bool refuse_unknown(struct answer *answer, const char *name, const struct body_field fields[])
{
	struct text message = { 0 };
	char shown[TEXT_SHOWN_SIZE];

	(void)text_appendf(&message, "field is unknown (%s): this route knows",
			   text_escape(name, strlen(name), shown));
	for (size_t i = 0; fields[i].name != NULL; i++)
		(void)text_appendf(&message, "%s %s", i > 0 ? "," : "", fields[i].name);
	return refuse(answer, &message);
}

static bool refuse_field(struct answer *answer, const struct body_field *field, const char *what)
{
	struct text message = { 0 };

	(void)text_appendf(&message, "%s %s: write %s", field->name, what, type_words[field->type]);
	return refuse(answer, &message);
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

static bool has_type(const json_t *value, enum body_type type)
{
	switch (type) {
	case BODY_STRING:
		return json_is_string(value);
	case BODY_INTEGER:
		return json_is_integer(value);
	case BODY_BOOLEAN:
		return json_is_boolean(value);
	case BODY_STRINGS:
		return are_all(JSON_STRING, value);
	case BODY_OBJECTS:
	case BODY_TYPES:
		break;
	}
	return are_all(JSON_OBJECT, value);
}

static const struct body_field *find(const struct body_field fields[], const char *name)
{
	for (size_t i = 0; fields[i].name != NULL; i++) {
		if (strcmp(name, fields[i].name) == 0)
			return &fields[i];
	}
	return NULL;
}

bool body_check_object(json_t *object, const struct body_field fields[], struct answer *answer)
{
	const char *name;
	const json_t *value;

	json_object_foreach(object, name, value)
	{
		const struct body_field *field = find(fields, name);

		if (field == NULL)
			return refuse_unknown(answer, name, fields);
		if (!has_type(value, field->type))
			return refuse_field(answer, field, "has the wrong type");
	}
	for (size_t i = 0; fields[i].name != NULL; i++) {
		if (fields[i].required && json_object_get(object, fields[i].name) == NULL)
			return refuse_field(answer, &fields[i], "is missing");
	}
	return true;
}

bool body_read(const struct request *request, const struct body_field fields[], struct answer *answer,
	       json_t **root)
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
	if (!body_check_object(read, fields, answer)) {
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
