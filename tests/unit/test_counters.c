/* SPDX-License-Identifier: ISC */
#include "serve/connection.h"
#include "serve/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool same_family(enum counter one, enum counter other)
{
	return strcmp(counters_table[one].family, counters_table[other].family) == 0;
}

static void every_counter_has_a_row(void **state)
{
	(void)state;
	for (enum counter i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_row *row = &counters_table[i];

		if (row->family == NULL || row->help == NULL || (row->label == NULL) != (row->value == NULL))
			fail_msg("counter %d has no whole row", (int)i);
		assert_string_equal(row->family + strlen(row->family) - 6, "_total");
	}
}

static void rows_of_a_family_stand_together_and_differ(void **state)
{
	(void)state;
	for (enum counter i = 0; i < COUNTER_COUNT; i++) {
		for (enum counter j = i + 1; j < COUNTER_COUNT; j++) {
			if (!same_family(i, j))
				continue;
			assert_true(same_family(i, j - 1));
			assert_string_equal(counters_table[i].help, counters_table[j].help);
			assert_string_equal(counters_table[i].label, counters_table[j].label);
			assert_string_not_equal(counters_table[i].value, counters_table[j].value);
		}
	}
}

static void statuses_and_failures_find_their_row(void **state)
{
	(void)state;
	assert_int_equal(counters_status(200), COUNTER_STATUS_200);
	assert_int_equal(counters_status(505), COUNTER_STATUS_505);
	assert_int_equal(counters_status(503), COUNTER_STATUS_OTHER);
	assert_string_equal(counters_table[counters_failure(FAILURE_NO_NAME)].value, "no_name");
	assert_string_equal(counters_table[counters_failure(FAILURE_MALFORMED)].value, "malformed");
}

static void assert_late(enum phase phase, const char *value)
{
	const struct counter_row *row = &counters_table[connection_phases[phase].late_counter];

	assert_string_equal(row->family, "https_deadline_closes_total");
	assert_string_equal(row->value, value);
}

static void every_phase_has_the_row_of_its_deadline(void **state)
{
	(void)state;
	assert_late(PHASE_PROXY, "proxy");
	assert_late(PHASE_HELLO, "hello");
	assert_late(PHASE_HANDSHAKE, "handshake");
	assert_late(PHASE_PLAIN, "request");
	assert_late(PHASE_REQUEST, "request");
	assert_late(PHASE_ANSWER, "answer");
	assert_late(PHASE_LINGER, "linger");
}

static void totals_are_the_sum_of_all(void **state)
{
	static struct counters one;
	static struct counters other;
	uint64_t totals[COUNTER_COUNT] = { 0 };

	(void)state;
	counters_add(&one, COUNTER_SENT, 5);
	counters_add(&one, COUNTER_SENT, UINT32_MAX);
	counters_add(&other, COUNTER_SENT, 2);
	counters_add(&other, COUNTER_ACCEPTED, 1);

	counters_add_to(&one, totals);
	counters_add_to(&other, totals);

	assert_int_equal(totals[COUNTER_SENT], UINT64_C(7) + UINT32_MAX);
	assert_int_equal(totals[COUNTER_ACCEPTED], 1);
	assert_int_equal(totals[COUNTER_RECEIVED], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_has_a_row),
		cmocka_unit_test(rows_of_a_family_stand_together_and_differ),
		cmocka_unit_test(statuses_and_failures_find_their_row),
		cmocka_unit_test(every_phase_has_the_row_of_its_deadline),
		cmocka_unit_test(totals_are_the_sum_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
