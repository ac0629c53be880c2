/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "memory.h"

#include "ctl/acme/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW ((time_t)1796083200) /* 2026-12-01T00:00:00Z */
#define DAY 86400

#define WINDOW(start, end) "{\"suggestedWindow\":{\"start\":\"" start "\",\"end\":\"" end "\"}}"
#define WHOLE(more)                                                                                          \
	"{\"suggestedWindow\":{\"start\":\"2026-12-02T04:00:00Z\",\"end\":\"2026-12-03T04:00:00Z\"}" more "}"

static enum err read_window(const char *text, struct window *window)
{
	*window = (struct window){ 0 };
	return window_read(text, strlen(text), NOW + 30 * DAY, window);
}

static void assert_is(const char *text, const char *why)
{
	struct window window;

	assert_int_equal(read_window(text, &window), ERR_OK);
	assert_int_equal(window.from, NOW + DAY + 4 * 3600);
	assert_int_equal(window.to, NOW + 2 * DAY + 4 * 3600);
	if (why != NULL)
		assert_string_equal(window.why, why);
	else
		assert_null(window.why);
	window_free(&window);
	assert_null(window.why);
	assert_int_equal(window.to, 0);
}

static void a_window_is_read_and_whatever_else_is_there_left_out(void **state)
{
	(void)state;
	assert_is(WHOLE(""), NULL);
	assert_is(WHOLE(",\"more\":[1,{}]"), NULL);
	assert_is(WINDOW("2026-12-02T04:00:00.999999999Z", "2026-12-03T04:00:00+00:00"), NULL);
	assert_is(WINDOW("2026-12-02T09:30:00+05:30", "2026-12-02T20:00:00.5-08:00"), NULL);
}

static void an_explanation_is_shown_if_it_is_an_address(void **state)
{
	(void)state;
	assert_is(WHOLE(",\"explanationURL\":\"https://ca.example/incident\""),
		  "https://ca.example/incident");
	assert_is(WHOLE(",\"explanationURL\":\"https://ca.example/\\u001b[31m\""),
		  "https://ca.example/\\x1b[31m");
	assert_is(WHOLE(",\"explanationURL\":\"https://ca.example/ and more\""), NULL);
	assert_is(WHOLE(",\"explanationURL\":\"javascript:alert(1)\""), NULL);
	assert_is(WHOLE(",\"explanationURL\":7"), NULL);
	assert_is(WHOLE(",\"explanationURL\":null"), NULL);
}

static void what_makes_no_sense_is_no_window(void **state)
{
	static const char *const texts[] = {
		"",
		"<html>",
		"[]",
		"{}",
		"{\"suggestedWindow\":null}",
		"{\"suggestedWindow\":{}}",
		"{\"suggestedWindow\":{\"start\":\"2026-12-02T04:00:00Z\"}}",
		"{\"suggestedWindow\":{\"start\":1796083200,\"end\":1796083300}}",
		WINDOW("2026-12-02", "2026-12-03"),
		WINDOW("2026-12-02T04:00:00", "2026-12-03T04:00:00Z"),
		WINDOW("2026-12-02T04:00:00.Z", "2026-12-03T04:00:00Z"),
		WINDOW("2026-12-02T04:00:00+1:00", "2026-12-03T04:00:00Z"),
		WINDOW("2026-12-02T04:00:00+24:00", "2026-12-03T04:00:00Z"),
		WINDOW("2026-12-02T04:00:00+01:60", "2026-12-03T04:00:00Z"),
		WINDOW("2026-12-02T04:00:00+01:00Z", "2026-12-03T04:00:00Z"),
		WINDOW("2026-02-30T04:00:00Z", "2026-12-03T04:00:00Z"),
		/* The end is not behind the start, the window has years, or begins when nobody needs it. */
		WINDOW("2026-12-03T04:00:00Z", "2026-12-02T04:00:00Z"),
		WINDOW("2026-12-03T04:00:00Z", "2026-12-03T04:00:00Z"),
		WINDOW("2026-12-03T04:00:00Z", "2030-12-03T04:00:00Z"),
		WINDOW("2026-12-31T00:00:01Z", "2027-01-01T00:00:00Z"),
		WINDOW("9999-12-30T00:00:00Z", "9999-12-31T00:00:00Z"),
		WINDOW("1969-12-30T00:00:00Z", "1970-01-02T00:00:00Z"),
		("{\"suggestedWindow\":{\"start\":\"2026-12-02T04:00:00Z\",\"start\":\"2026-12-02T04:00:"
		 "00Z\","
		 "\"end\":\"2026-12-03T04:00:00Z\"}}"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct window window;

		assert_int_equal(read_window(texts[i], &window), ERR_SYNTAX);
		assert_int_equal(window.to, 0);
		assert_null(window.why);
	}
}

static void a_window_in_the_past_is_one(void **state)
{
	struct window window;

	(void)state;
	assert_int_equal(read_window(WINDOW("2026-11-01T00:00:00Z", "2026-11-01T00:30:00Z"), &window),
			 ERR_OK);
	assert_int_equal(window.to, NOW - 30 * DAY + 1800);
}

static void without_memory_there_is_no_window(void **state)
{
	struct window window;
	enum err err;

	(void)state;
	memory_fail_after(0);
	err = read_window(WHOLE(",\"explanationURL\":\"https://ca.example/\""), &window);
	assert_true(memory_restore());
	assert_int_equal(err, ERR_NO_MEMORY);
	assert_int_equal(window.to, 0);
	window_free(&window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_is_read_and_whatever_else_is_there_left_out),
		cmocka_unit_test(an_explanation_is_shown_if_it_is_an_address),
		cmocka_unit_test(what_makes_no_sense_is_no_window),
		cmocka_unit_test(a_window_in_the_past_is_one),
		cmocka_unit_test(without_memory_there_is_no_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
