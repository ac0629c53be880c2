/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "memory.h"

#include "api/shape_domain.h"
#include "api/shape_order.h"
#include "base/file.h"
#include "control/action.h"
#include "control/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One of everything. */
struct api_inner {
	const char *name;
	json_int_t count;
};

struct api_sample {
	const char *text, *maybe, *seldom;
	char when[SHAPE_TIME_SIZE], never[SHAPE_TIME_SIZE];
	enum mode mode, none;
	json_int_t count, most;
	bool yes, known;
	struct api_inner inner, empty;
	json_t *names, *rows, *counts;
};

static const struct shape_field inner_fields[] = {
	SHAPE_ROW_STRING(api_inner, name, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_inner, count, SHAPE_ALWAYS, 0),
	SHAPE_ROW_END,
};
static const struct shape inner_shape = { "Inner", inner_fields, NULL };

static const struct shape_field sample_fields[] = {
	SHAPE_ROW_STRING(api_sample, text, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_sample, maybe, SHAPE_OR_NULL),
	SHAPE_ROW_STRING(api_sample, seldom, SHAPE_MAY_MISS),
	SHAPE_ROW_TIME(api_sample, when, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_sample, never, SHAPE_OR_NULL),
	SHAPE_ROW_MODE(api_sample, mode, SHAPE_ALWAYS),
	SHAPE_ROW_MODE(api_sample, none, SHAPE_OR_NULL),
	SHAPE_ROW_INTEGER(api_sample, count, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_sample, most, SHAPE_OR_NULL, 1),
	SHAPE_ROW_BOOLEAN(api_sample, yes, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN_OR_TRUE(api_sample, known, SHAPE_LATER),
	SHAPE_ROW_OBJECT(api_sample, inner, SHAPE_ALWAYS, api_inner, &inner_shape),
	SHAPE_ROW_OBJECT(api_sample, empty, SHAPE_OR_NULL, api_inner, &inner_shape),
	SHAPE_ROW_STRINGS(api_sample, names, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECTS(api_sample, rows, SHAPE_ALWAYS, &inner_shape),
	SHAPE_ROW_COUNTS(api_sample, counts, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};
static const struct shape sample_shape = { "Sample", sample_fields, NULL };

#define WRITTEN                                                                                              \
	"{\"text\":\"a\",\"maybe\":null,\"when\":\"2026-11-23T16:00:00Z\",\"never\":null,"                   \
	"\"mode\":\"none\",\"none\":null,\"count\":0,\"most\":null,\"yes\":true,\"known\":false,"            \
	"\"inner\":{\"name\":\"in\",\"count\":3},\"empty\":null,\"names\":[\"n\"],"                          \
	"\"rows\":[{\"name\":\"r\",\"count\":4}],\"counts\":{\"c\":5}}"

static struct api_sample sample(void)
{
	return (struct api_sample){ .text = "a",
				    .when = "2026-11-23T16:00:00Z",
				    .mode = MODE_NONE,
				    .yes = true,
				    .inner = { "in", 3 },
				    .names = json_pack("[s]", "n"),
				    .rows = json_pack("[{s:s, s:i}]", "name", "r", "count", 4),
				    .counts = json_pack("{s:i}", "c", 5) };
}

static void a_struct_is_written_in_the_order_of_its_table(void **state)
{
	const struct api_sample from = sample();
	json_t *json = shape_write(&sample_shape, &from);
	char *dump = json_dumps(json, JSON_COMPACT);

	(void)state;
	assert_string_equal(dump, WRITTEN);
	free(dump);
	json_decref(json);
}

static void what_was_written_is_read(void **state)
{
	json_t *json = json_loads(WRITTEN, 0, NULL);
	struct api_sample got;

	(void)state;
	memset(&got, 0xff, sizeof(got));
	assert_int_equal(shape_read(&sample_shape, json, &got), ERR_OK);
	assert_string_equal(got.text, "a");
	assert_null(got.maybe);
	assert_null(got.seldom);
	assert_string_equal(got.when, "2026-11-23T16:00:00Z");
	assert_string_equal(got.never, "");
	assert_int_equal(got.mode, MODE_NONE);
	assert_int_equal(got.none, MODE_UNKNOWN);
	assert_int_equal(got.count, 0);
	assert_int_equal(got.most, 0);
	assert_true(got.yes);
	assert_false(got.known);
	assert_string_equal(got.inner.name, "in");
	assert_int_equal(got.inner.count, 3);
	assert_null(got.empty.name);
	assert_int_equal(json_array_size(got.names), 1);
	assert_int_equal(json_array_size(got.rows), 1);
	assert_int_equal(json_integer_value(json_object_get(got.counts, "c")), 5);
	json_decref(json);
}

/* Read the sample with one member replaced, or without it. */
static enum err read_with(const char *member, const char *instead, struct api_sample *got)
{
	json_t *json = json_loads(WRITTEN, 0, NULL);
	enum err err;

	if (instead != NULL)
		assert_int_equal(
			json_object_set_new(json, member, json_loads(instead, JSON_DECODE_ANY, NULL)), 0);
	else
		(void)json_object_del(json, member);
	err = shape_read(&sample_shape, json, got);
	json_decref(json);
	return err;
}

static void what_does_not_fit_is_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "text", NULL },
		{ "text", "null" },
		{ "text", "1" },
		{ "maybe", NULL },
		{ "maybe", "1" },
		{ "seldom", "null" },
		{ "when", "\"2026-11-23\"" },
		{ "when", "\"2026-02-31T16:00:00Z\"" },
		{ "when", "\"2026-11-23T16:00:00Z \"" },
		{ "when", "null" },
		{ "mode", "\"off\"" },
		{ "mode", "\"unknown\"" },
		{ "count", "-1" },
		{ "count", "1.5" },
		{ "count", "9007199254740993" },
		{ "most", "0" },
		{ "yes", "1" },
		{ "known", "null" },
		{ "inner", "null" },
		{ "inner", "{\"name\":\"in\"}" },
		{ "empty", "{}" },
		{ "empty", "[]" },
		{ "names", "[1]" },
		{ "names", "{}" },
		{ "rows", "[\"r\"]" },
		{ "counts", "[]" },
	};
	struct api_sample got;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(read_with(bad[i][0], bad[i][1], &got), ERR_SYNTAX);
	assert_int_equal(shape_read(&sample_shape, NULL, &got), ERR_SYNTAX);
}

static void a_daemon_of_before_and_one_of_tomorrow_are_read(void **state)
{
	struct api_sample got;

	(void)state;
	assert_int_equal(read_with("known", NULL, &got), ERR_OK);
	assert_true(got.known);
	assert_int_equal(read_with("new_field", "{\"a\": 1}", &got), ERR_OK);
	assert_int_equal(read_with("seldom", "\"now\"", &got), ERR_OK);
	assert_string_equal(got.maybe != NULL ? got.maybe : "none", "none");
}

static void writing_is_done_whole_or_not_at_all_when_memory_is_refused(void **state)
{
	(void)state;
	json_set_alloc_funcs(malloc, free);
	for (size_t granted = 0;; granted++) {
		const struct api_sample from = sample();
		json_t *json;
		bool failed;

		memory_fail_after(granted);
		json = shape_write(&sample_shape, &from);
		failed = memory_restore();
		if (json != NULL) {
			char *dump = json_dumps(json, JSON_COMPACT);

			assert_string_equal(dump, WRITTEN);
			free(dump);
		}
		json_decref(json);
		assert_true(failed || json != NULL);
		if (!failed)
			return;
	}
}

static void a_string_of_any_bytes_is_shown(void **state)
{
	json_t *odd = shape_string("a\xff");
	json_t *none = shape_string(NULL);

	(void)state;
	assert_string_equal(json_string_value(odd), "a\\xff");
	assert_true(json_is_null(none));
	json_decref(odd);
	json_decref(none);
}

static void a_time_that_never_came_or_that_has_no_words_is_none(void **state)
{
	char when[SHAPE_TIME_SIZE];

	(void)state;
	shape_put_time(0, when);
	assert_string_equal(when, "1970-01-01T00:00:00Z");
	shape_put_time_or_none(0, when);
	assert_string_equal(when, "");
	shape_put_time_or_none(1, when);
	assert_string_equal(when, "1970-01-01T00:00:01Z");
	shape_put_time(INT64_MAX, when);
	assert_string_equal(when, "");
	shape_put_time((time_t)253402300800, when); /* the year 10000 */
	assert_string_equal(when, "");
	shape_put_time((time_t)-40000000000, when); /* the year 702, which has three digits */
	assert_string_equal(when, "");
}

/* Damage may leave any number. */
static void what_is_written_can_be_read_whatever_the_numbers(void **state)
{
	static const json_int_t numbers[] = { INT64_MIN, -1, 0, 1, SHAPE_INTEGER_MAX, INT64_MAX };
	struct api_sample got;

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct api_sample from = sample();
		json_t *json;

		from.count = from.most = from.inner.count = numbers[i];
		json = shape_write(&sample_shape, &from);
		assert_int_equal(shape_read(&sample_shape, json, &got), ERR_OK);
		assert_int_equal(got.count, numbers[i] < 0                   ? 0
					    : numbers[i] > SHAPE_INTEGER_MAX ? SHAPE_INTEGER_MAX
									     : numbers[i]);
		json_decref(json);
	}
}

static void a_record_cannot_smuggle_anything_into_a_zone(void **state)
{
	static const char *const names[] = { "",
					     "_mta-sts.",
					     "example.org.",
					     "_mta-sts.a",
					     "_mta-sts.a b.",
					     "_mta-sts.a\n.",
					     "_mta-sts.\"a." };
	struct api_txt txt;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		json_t *json = json_pack("{s:s, s:s}", "name", names[i], "value", "v=STSv1; id=1;");

		assert_int_equal(shape_read(&shape_txt, json, &txt),
				 strcmp(names[i], "example.org.") == 0 ? ERR_OK : ERR_SYNTAX);
		json_decref(json);
	}
}

/* The source of mta-stsd-api(7). */
static char *manual;

/* Where a section begins and ends: one of .Sh or .Ss, or a route of the list of them. */
static const char *find_section(const char *title, const char **end)
{
	static const char *const begins[][2] = { { "\n.Ss ", "\n" },
						 { "\n.Sh ", "\n" },
						 { "\n.It Li \"", "\"\n" } };
	static const char *const ends[] = { "\n.Ss ", "\n.Sh ", "\n.It Li \"GET ", "\n.It Li \"POST " };

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
		char heading[128];
		const char *begin;

		(void)snprintf(heading, sizeof(heading), "%s%s%s", begins[i][0], title, begins[i][1]);
		begin = strstr(manual, heading);
		if (begin == NULL)
			continue;
		begin += strlen(heading);
		*end = begin + strlen(begin);
		for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++) {
			const char *next = strstr(begin, ends[k]);

			/* A route may stand there in two forms. */
			if (next != NULL && next > begin && next < *end)
				*end = next;
		}
		return begin;
	}
	return NULL;
}

/* The next line of a section that names a field as mdoc(7) does: .Li, .It Li or .Pq Li, among other words. */
static const char *find_mention(const char *from, const char *end, const char *name)
{
	for (; from != NULL && from < end;
	     from = strchr(from, '\n') != NULL ? strchr(from, '\n') + 1 : NULL) {
		size_t len = strcspn(from, "\n");
		char line[256];
		char *rest = line;
		const char *word;

		if (*from != '.' || len >= sizeof(line))
			continue;
		memcpy(line, from, len);
		line[len] = '\0';
		if (strstr(line, "Li ") == NULL)
			continue;
		while ((word = strsep(&rest, " \"")) != NULL) {
			if (strcmp(word, name) == 0)
				return from;
		}
	}
	return NULL;
}

/* Words of which one stands in what is said of a field of a type. */
static const char *const type_words[][4] = {
	[SHAPE_STRING] = { "string", ".Ql ", ".Li ", NULL },
	[SHAPE_TIME] = { "time", NULL },
	[SHAPE_MODE] = { ".Ql ", "mode", NULL },
	[SHAPE_INTEGER] = { "integer", "number", NULL },
	[SHAPE_BOOLEAN] = { "boolean", "true", NULL },
	[SHAPE_OBJECT] = { "object", ".Sx ", NULL },
	[SHAPE_STRINGS] = { "array", NULL },
	[SHAPE_OBJECTS] = { "array", NULL },
	[SHAPE_COUNTS] = { "object", NULL },
};

static bool says(const char *entry, const char *const words[])
{
	for (size_t i = 0; words[i] != NULL; i++) {
		if (strstr(entry, words[i]) != NULL)
			return true;
	}
	return false;
}

/* The entry that it stands in says the type; that it may be null is said behind the name. */
static bool is_described(const struct shape_field *field, const char *section, const char *mention)
{
	const char *next = strstr(mention + 1, "\n.It ");
	const char *end = next != NULL ? next : mention + strlen(mention);
	const char *begin = mention;
	char *entry;
	bool described;

	while (begin > section && strncmp(begin, "\n.It ", 5) != 0)
		begin--;
	entry = strndup(begin, (size_t)(end - begin));
	described = says(entry, type_words[field->type]) &&
		    ((field->need != SHAPE_OR_NULL && field->need != SHAPE_OR_NULL_LATER) ||
		     strstr(entry + (mention - begin), "null") != NULL);
	free(entry);
	return described;
}

static bool is_described_in(const char *title, const struct shape_field *field)
{
	const char *end = NULL;
	const char *section = find_section(title, &end);
	const char *at = section;

	if (section == NULL)
		fail_msg("mta-stsd-api(7) has no section %s", title);
	while ((at = find_mention(at, end, field->name)) != NULL) {
		if (is_described(field, section, at))
			return true;
		at += strcspn(at, "\n") + 1;
	}
	return false;
}

/* Where else a section says that its fields are described. */
static const struct {
	const char *section, *refers_to;
} references[] = {
	{ "POST /v1/query", "Selection" },
	{ "POST /v1/switch", "Selection" },
	{ "POST /v1/reset", "Selection" },
	{ "POST /v1/forget", "Selection" },
	{ "POST /v1/reset", "POST /v1/switch" },
	{ "POST /v1/undo", "POST /v1/switch" },
	{ "POST /v1/adopt", "POST /v1/switch" },
	{ "POST /v1/nothing-before", "Selection" },
	{ "POST /v1/nothing-before", "POST /v1/switch" },
	{ "GET /v1/status", "Retirement" },
};

static void check_field(const struct shape *shape, const struct shape_field *field)
{
	bool described = is_described_in(shape->section, field);

	for (size_t i = 0; i < sizeof(references) / sizeof(*references); i++) {
		if (!described && strcmp(references[i].section, shape->section) == 0)
			described = is_described_in(references[i].refers_to, field);
	}
	if (!described)
		fail_msg("mta-stsd-api(7), %s, does not describe %s, its type and when it is null",
			 shape->section, field->name);
}

static size_t checked;

static void check_shape(const struct shape *shape)
{
	for (const struct shape_field *field = shape->field; field->name != NULL; field++) {
		check_field(shape, field);
		checked++;
		if (field->of != NULL)
			check_shape(field->of);
	}
}

static void the_manual_describes_every_field(void **state)
{
	const char *srcdir = getenv("srcdir");
	struct routes routes = api_routes(NULL);
	char path[4096];
	FILE *file;
	size_t len;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/man/mta-stsd-api.7", srcdir != NULL ? srcdir : ".");
	file = fopen(path, "r");
	assert_non_null(file);
	manual = calloc(1, 1 << 20);
	len = fread(manual, 1, (1 << 20) - 1, file);
	assert_in_range(len, 1, (1 << 20) - 2);
	(void)fclose(file);
	for (const struct route *route = routes.table; route->path != NULL; route++) {
		const struct action *action = route->own;

		if (action == NULL)
			continue; /* no JSON */
		assert_non_null(action->answer);
		check_shape(action->answer);
		if (action->body != NULL)
			check_shape(action->body);
	}
	check_shape(&shape_refusal);
	assert_in_range(checked, 200, 2000);
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_struct_is_written_in_the_order_of_its_table),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(a_daemon_of_before_and_one_of_tomorrow_are_read),
		cmocka_unit_test(writing_is_done_whole_or_not_at_all_when_memory_is_refused),
		cmocka_unit_test(a_string_of_any_bytes_is_shown),
		cmocka_unit_test(a_time_that_never_came_or_that_has_no_words_is_none),
		cmocka_unit_test(what_is_written_can_be_read_whatever_the_numbers),
		cmocka_unit_test(a_record_cannot_smuggle_anything_into_a_zone),
		cmocka_unit_test(the_manual_describes_every_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
