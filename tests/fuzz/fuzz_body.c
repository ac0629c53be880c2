/* SPDX-License-Identifier: ISC */
/* libFuzzer: any bytes, and JSON of any shape, as the body of a request over the control socket. */
#include "control/body.h"
#include "control/reply.h"
#include "policy/domain.h"
#include "policy/policy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of the input to make a value of. */
struct input {
	const uint8_t *bytes;
	size_t len;
};

static void require(int holds)
{
	if (!holds)
		abort();
}

static unsigned take(struct input *input, unsigned limit)
{
	if (input->len == 0)
		return 0;
	input->len--;
	return *input->bytes++ % limit;
}

static json_t *make_string(struct input *input)
{
	size_t len = take(input, 64);
	json_t *string;

	len = len < input->len ? len : input->len;
	string = json_stringn((const char *)input->bytes, len);
	input->bytes += len;
	input->len -= len;
	return string != NULL ? string : json_string("no UTF-8");
}

static json_t *make(struct input *input, unsigned depth);

static json_t *make_object(struct input *input, unsigned depth)
{
	static const char *const names[] = { "mode",  "max_age", "dry_run", "domains",
					     "inner", "name",    "texts",   "unknown\n" };
	json_t *object = json_object();

	for (unsigned count = take(input, 8); count > 0; count--) {
		const char *name = names[take(input, sizeof(names) / sizeof(*names))];

		(void)json_object_set_new(object, name, make(input, depth + 1));
	}
	return object;
}

static json_t *make_array(struct input *input, unsigned depth)
{
	json_t *array = json_array();

	for (unsigned count = take(input, 8); count > 0; count--)
		(void)json_array_append_new(array, make(input, depth + 1));
	return array;
}

static json_t *make(struct input *input, unsigned depth)
{
	switch (take(input, depth < DEPTH_MAX ? 6 : 4)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(take(input, 2));
	case 2:
		return json_integer((json_int_t)take(input, 256) - 128);
	case 3:
		return make_string(input);
	case 4:
		return make_array(input, depth);
	default:
		return make_object(input, depth);
	}
}

/* Whoever is refused is told so, in JSON. */
static void check_refused(const struct answer *answer)
{
	json_t *body = json_loadb(answer->body.bytes, answer->body.len, JSON_REJECT_DUPLICATES, NULL);

	require(answer->status == 400);
	require(json_is_string(json_object_get(json_object_get(body, "error"), "message")));
	json_decref(body);
}

static void check_strings(const json_t *strings)
{
	char domain[DOMAIN_SIZE];
	const json_t *string;
	size_t i;

	json_array_foreach(strings, i, string)
	{
		json_t *shown = shape_string(json_string_value(string));

		require(json_equal(shown, string));
		json_decref(shown);
		(void)domain_normalise(json_string_value(string), domain, NULL);
	}
}

struct inner {
	const char *name;
	json_t *texts;
};

static void read_inner(const json_t *objects)
{
	json_t *object;
	size_t i;

	static const struct shape_field fields[] = {
		SHAPE_ROW_STRING(inner, name, SHAPE_ALWAYS),
		SHAPE_ROW_STRINGS(inner, texts, SHAPE_MAY_MISS),
		SHAPE_ROW_END,
	};
	static const struct shape shape = { "", fields, NULL };

	json_array_foreach(objects, i, object)
	{
		struct answer answer = { 0 };

		if (body_check_object(object, &shape, &answer)) {
			struct inner inner;

			require(shape_read(&shape, object, &inner) == ERR_OK);
			require(inner.name == json_string_value(json_object_get(object, "name")));
			require(inner.texts == json_object_get(object, "texts"));
			check_strings(inner.texts);
		} else {
			check_refused(&answer);
		}
		answer_free(&answer);
	}
}

static void read_body(const char *bytes, size_t len)
{
	static const struct shape_field fields[] = {
		SHAPE_ROW_BODY("mode", SHAPE_STRING, SHAPE_MAY_MISS),
		SHAPE_ROW_BODY("max_age", SHAPE_INTEGER, SHAPE_MAY_MISS),
		SHAPE_ROW_BODY("dry_run", SHAPE_BOOLEAN, SHAPE_MAY_MISS),
		SHAPE_ROW_BODY("domains", SHAPE_STRINGS, SHAPE_MAY_MISS),
		SHAPE_ROW_BODY("inner", SHAPE_OBJECTS, SHAPE_MAY_MISS),
		SHAPE_ROW_END,
	};
	static const struct shape shape = { "", fields, NULL };
	struct request request = { .body = bytes, .body_len = len };
	struct answer answer = { 0 };
	enum mode parsed;
	json_t *root = NULL;

	if (body_read(&request, &shape, &answer, &root)) {
		const json_t *mode = json_object_get(root, "mode");
		const json_t *max_age = json_object_get(root, "max_age");
		const json_t *dry_run = json_object_get(root, "dry_run");

		require(json_is_object(root));
		require(max_age == NULL || json_is_integer(max_age));
		require(dry_run == NULL || json_is_boolean(dry_run));
		require(mode == NULL || json_is_string(mode));
		if (mode != NULL)
			(void)mode_parse(json_string_value(mode), &parsed);
		check_strings(json_object_get(root, "domains"));
		read_inner(json_object_get(root, "inner"));
	} else {
		check_refused(&answer);
		require(root == NULL);
	}
	json_decref(root);
	answer_free(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	json_t *made = make(&input, 0);
	char *body = json_dumps(made, JSON_ENCODE_ANY);

	require(body != NULL);
	read_body((const char *)data, size);
	read_body(body, strlen(body));
	free(body);
	json_decref(made);
	return 0;
}
