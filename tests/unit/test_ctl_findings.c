/* SPDX-License-Identifier: ISC */
#include "checking.h"
#include "ctl/check/findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(findings_stay_in_their_order_and_are_counted),
		TEST(advice_belongs_to_the_finding_before_it),
		TEST(no_odd_byte_gets_through),
		TEST(what_is_lost_for_want_of_memory_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
