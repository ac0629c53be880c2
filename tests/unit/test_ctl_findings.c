/* SPDX-License-Identifier: ISC */
/* wrap: __vasprintf_chk reallocarray vasprintf */
#include "checking.h"

#include "ctl/check/findings.h"

#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

int __real_vasprintf(char **out, const char *format, va_list args);
int __wrap_vasprintf(char **out, const char *format, va_list args);
void *__real_reallocarray(void *memory, size_t count, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);

static bool no_line, no_room;

__attribute__((format(printf, 2, 0))) int __wrap_vasprintf(char **out, const char *format, va_list args)
{
	return no_line ? -1 : __real_vasprintf(out, format, args);
}

/* The same, as a fortified build calls it. */
int __wrap___vasprintf_chk(char **out, int flag, const char *format, va_list args);

__attribute__((format(printf, 3, 0))) int __wrap___vasprintf_chk(char **out, int flag, const char *format,
								 va_list args)
{
	(void)flag;
	return __wrap_vasprintf(out, format, args);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return no_room ? NULL : __real_reallocarray(memory, count, size);
}

static int set_up(void **state)
{
	no_line = no_room = false;
	*state = calloc(1, sizeof(struct findings));
	return *state == NULL;
}

static int tear_down(void **state)
{
	findings_free(*state);
	free(*state);
	return 0;
}

static void findings_stay_in_their_order_and_are_counted(void **state)
{
	struct findings *findings = *state;
	size_t next = 0;

	for (int i = 0; i < 20; i++)
		findings_put(findings, (enum finding_severity)(FINDING_OK + i % 3), "mx", "finding %d", i);
	findings_put(findings, FINDING_ERROR, "record", "the last");
	assert_int_equal(findings->count, 21);
	assert_int_equal(findings->total[FINDING_OK], 7);
	assert_int_equal(findings->total[FINDING_NOTE], 7);
	assert_int_equal(findings->total[FINDING_WARNING], 6);
	assert_int_equal(findings->total[FINDING_ERROR], 1);
	checking_assert_found(findings, &next, FINDING_OK, "mx", "finding 0", NULL);
	checking_assert_found(findings, &next, FINDING_NOTE, "mx", "finding 1", NULL);
	next = 20;
	checking_assert_found(findings, &next, FINDING_ERROR, "record", "the last", NULL);
	checking_assert_no_more(findings, next);
}

static void advice_belongs_to_the_finding_before_it(void **state)
{
	struct findings *findings = *state;
	size_t next = 0;

	findings_put(findings, FINDING_ERROR, "mx", "first");
	findings_advise(findings, "do %s", "this");
	findings_put(findings, FINDING_ERROR, "mx", "second");
	checking_assert_found(findings, &next, FINDING_ERROR, "mx", "first", "do this");
	checking_assert_found(findings, &next, FINDING_ERROR, "mx", "second", NULL);
}

static void no_odd_byte_gets_through(void **state)
{
	struct findings *findings = *state;
	size_t next = 0;

	findings_put(findings, FINDING_ERROR, "mx", "a%cb%s", '\n', "\x1b[31m\xff\x7f");
	findings_advise(findings, "%s", "c\rd");
	checking_assert_found(findings, &next, FINDING_ERROR, "mx", "a?b?[31m??", "c?d");
}

static void what_is_lost_for_want_of_memory_is_known(void **state)
{
	struct findings *findings = *state;

	no_room = true;
	findings_put(findings, FINDING_ERROR, "mx", "lost");
	findings_advise(findings, "nothing to advise about");
	assert_true(findings->lost);
	assert_int_equal(findings->count, 0);
	findings_free(findings);
	assert_false(findings->lost);

	no_room = false;
	no_line = true;
	findings_put(findings, FINDING_ERROR, "mx", "lost");
	assert_true(findings->lost);
	findings_free(findings);

	no_line = false;
	findings_put(findings, FINDING_ERROR, "mx", "kept");
	no_line = true;
	findings_advise(findings, "lost");
	assert_true(findings->lost);
	assert_int_equal(findings->count, 1);
	assert_null(findings->item[0].instead);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static int set_up_checked(void **state)
{
	struct checked *checked = calloc(1, sizeof(*checked));

	no_line = no_room = false;
	if (checked == NULL)
		return 1;
	checked->domain = "example.org";
	checked->mode = MODE_TESTING;
	checked->id = "2";
	*state = checked;
	return 0;
}

static int tear_down_checked(void **state)
{
	struct checked *checked = *state;

	findings_free(&checked->findings);
	free(checked);
	return 0;
}

static void assert_prints(const struct checked *checked, bool utf8, const char *expected)
{
	char *printed = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&printed, &len);
	json_t *advised = json_object();

	assert_non_null(out);
	findings_print(out, checked, FINDING_OK, utf8, advised);
	assert_int_equal(fclose(out), 0);
	json_decref(advised);
	assert_string_equal(printed, expected);
	free(printed);
}

static void put_one_of_each(struct checked *checked)
{
	findings_put(&checked->findings, FINDING_OK, "mx", "good");
	findings_put(&checked->findings, FINDING_NOTE, "mx", "so so");
	findings_put(&checked->findings, FINDING_WARNING, "mx", "doubtful");
	findings_advise(&checked->findings, "look");
	findings_put(&checked->findings, FINDING_ERROR, "record", "bad");
	findings_advise(&checked->findings, "mend it");
}

static void each_finding_is_a_line_with_a_mark(void **state)
{
	struct checked *checked = *state;

	put_one_of_each(checked);
	assert_prints(checked, true,
		      "example.org (mode testing, id 2)\n"
		      "  \xe2\x9c\x93 good\n"
		      "  - so so\n"
		      "  ! doubtful: look\n"
		      "  \xe2\x9c\x97 bad: mend it\n"
		      "example.org: 1 error, 1 warning: not ready to enforce\n");
}

static void without_utf8_the_marks_are_ascii(void **state)
{
	struct checked *checked = *state;

	put_one_of_each(checked);
	assert_prints(checked, false,
		      "example.org (mode testing, id 2)\n"
		      "  ok good\n"
		      "  -  so so\n"
		      "  !  doubtful: look\n"
		      "  x  bad: mend it\n"
		      "example.org: 1 error, 1 warning: not ready to enforce\n");
}

static void the_last_line_counts_and_concludes(void **state)
{
	static const struct {
		enum mode mode;
		size_t errors, warnings;
		bool known;
		const char *line;
	} rows[] = {
		{ MODE_TESTING, 0, 0, false,
		  "example.org: nothing is against enforce (not known: TLS of the MX)\n" },
		{ MODE_TESTING, 0, 2, true, "example.org: 2 warnings: nothing is against enforce\n" },
		{ MODE_TESTING, 2, 0, true, "example.org: 2 errors: not ready to enforce\n" },
		{ MODE_TESTING, 2, 1, true, "example.org: 2 errors, 1 warning: not ready to enforce\n" },
		{ MODE_ENFORCE, 0, 0, true, "example.org: enforce is in order\n" },
		{ MODE_ENFORCE, 0, 0, false,
		  "example.org: enforce is in order (not known: TLS of the MX)\n" },
		{ MODE_ENFORCE, 1, 0, true,
		  "example.org: 1 error: not ready to enforce, but published so\n" },
		{ MODE_NONE, 0, 1, false, "example.org: 1 warning: in order\n" },
		{ MODE_NONE, 1, 0, false, "example.org: 1 error: not in order\n" },
	};
	struct checked *checked = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char expected[200];

		checked->mode = rows[i].mode;
		checked->is_tls_known = rows[i].known;
		checked->findings.total[FINDING_ERROR] = rows[i].errors;
		checked->findings.total[FINDING_WARNING] = rows[i].warnings;
		(void)snprintf(expected, sizeof(expected), "example.org (mode %s, id 2)\n%s",
			       mode_text(rows[i].mode), rows[i].line);
		assert_prints(checked, true, expected);
	}
}

#define LONG_ADVICE "look at all the places where a record of that name may stand"

static void long_advice_is_said_once_and_then_for_whom(void **state)
{
	struct checked *checked = *state;
	json_t *advised = json_object();
	char *printed = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&printed, &len);

	for (int i = 0; i < 2; i++) {
		findings_put(&checked->findings, FINDING_WARNING, "mx", "doubtful");
		findings_advise(&checked->findings, LONG_ADVICE);
	}
	findings_put(&checked->findings, FINDING_WARNING, "mx", "odd");
	findings_advise(&checked->findings, "look");
	findings_print(out, checked, FINDING_WARNING, false, advised);
	checked->domain = "example.net";
	findings_print(out, checked, FINDING_WARNING, false, advised);
	assert_int_equal(fclose(out), 0);
	assert_non_null(
		strstr(printed, "  !  doubtful: " LONG_ADVICE "\n  !  doubtful: as above\n  !  odd: look\n"));
	assert_non_null(strstr(printed,
			       "  !  doubtful: as for example.org\n  !  doubtful: as for example.org\n"
			       "  !  odd: look\n"));
	free(printed);
	json_decref(advised);
}

/* What a terminal of so many columns shows. */
static void assert_worst_on(const struct checked *checked, unsigned short columns, const char *expected)
{
	const struct winsize size = { .ws_col = columns };
	char got[512] = "";
	int primary, terminal;
	FILE *out;

	assert_int_equal(openpty(&primary, &terminal, NULL, NULL, &size), 0);
	out = fdopen(terminal, "w");
	assert_non_null(out);
	findings_print_worst(out, checked);
	assert_int_equal(fflush(out), 0);
	assert_true(read(primary, got, sizeof(got) - 1) > 0);
	got[strcspn(got, "\r\n")] = '\0';
	assert_string_equal(got, expected);
	(void)fclose(out);
	(void)close(primary);
}

#define LONG_FINDING "a finding of which nobody reads all when there are many of them, and a reason (unusual)"

static void in_one_line_stands_the_first_of_the_worst(void **state)
{
	struct checked *checked = *state;
	char *printed = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&printed, &len);

	put_one_of_each(checked);
	findings_put(&checked->findings, FINDING_ERROR, "fetch", "worse");
	findings_print_worst(out, checked);
	findings_free(&checked->findings);
	findings_put(&checked->findings, FINDING_WARNING, "mx", LONG_FINDING);
	findings_print_worst(out, checked);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(printed, "example.org: 2 errors, 1 warning; record: bad\n"
				     "example.org: 1 warning; mx: " LONG_FINDING "\n");
	free(printed);
}

static void a_terminal_shows_as_many_words_as_fit(void **state)
{
	struct checked *checked = *state;

	findings_put(&checked->findings, FINDING_WARNING, "mx", LONG_FINDING);
	assert_worst_on(checked, 200, "example.org: 1 warning; mx: " LONG_FINDING);
	assert_worst_on(checked, 80,
			"example.org: 1 warning; mx: a finding of which nobody reads all when there ...");
	assert_worst_on(checked, 20, "example.org: 1 warning; mx: a finding of which nobody ...");
	assert_worst_on(checked, 0, "example.org: 1 warning; mx: " LONG_FINDING);
}

static void programs_get_the_same(void **state)
{
	struct checked *checked = *state;
	json_t *expected = json_loads(
		"{\"domain\":\"example.org\",\"errors\":1,\"warnings\":1,\"findings\":["
		"{\"severity\":\"ok\",\"about\":\"mx\",\"what\":\"good\",\"instead\":null},"
		"{\"severity\":\"note\",\"about\":\"mx\",\"what\":\"so so\",\"instead\":null},"
		"{\"severity\":\"warning\",\"about\":\"mx\",\"what\":\"doubtful\",\"instead\":\"look\"},"
		"{\"severity\":\"error\",\"about\":\"record\",\"what\":\"bad\",\"instead\":\"mend it\"}]}",
		0, NULL);
	json_t *object = NULL;

	put_one_of_each(checked);
	assert_int_equal(findings_json(checked, &object), ERR_OK);
	assert_non_null(expected);
	assert_true(json_equal(object, expected));
	json_decref(object);
	json_decref(expected);
}

#define CHECKED(name) cmocka_unit_test_setup_teardown(name, set_up_checked, tear_down_checked)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(findings_stay_in_their_order_and_are_counted),
		TEST(advice_belongs_to_the_finding_before_it),
		TEST(no_odd_byte_gets_through),
		TEST(what_is_lost_for_want_of_memory_is_known),
		CHECKED(each_finding_is_a_line_with_a_mark),
		CHECKED(without_utf8_the_marks_are_ascii),
		CHECKED(the_last_line_counts_and_concludes),
		CHECKED(in_one_line_stands_the_first_of_the_worst),
		CHECKED(a_terminal_shows_as_many_words_as_fit),
		CHECKED(long_advice_is_said_once_and_then_for_whom),
		CHECKED(programs_get_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
