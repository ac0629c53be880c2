/* SPDX-License-Identifier: ISC */
#include "core/revision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TEXT "version: STSv1\r\nmode: testing\r\nmx: mx.example.org\r\nmax_age: 86400\r\n"

static void a_revision_knows_what_its_text_says(void **state)
{
	struct revision *revision = NULL;
	struct policy *policy = NULL;

	(void)state;
	assert_int_equal(revision_new("17", TEXT, strlen(TEXT), 1234, &revision), ERR_OK);

	assert_string_equal(revision->text, TEXT);
	assert_int_equal(revision_len(revision), strlen(TEXT));
	assert_string_equal(revision->id, "17");
	assert_int_equal(revision->mode, MODE_TESTING);
	assert_int_equal(revision_max_age(revision), 86400);
	assert_int_equal(revision->published_at, 1234);
	assert_int_equal(revision_policy(revision, &policy), ERR_OK);
	assert_int_equal(policy->mx.count, 1);
	assert_string_equal(policy->mx.item[0], "mx.example.org");
	policy_free(&policy);
	revision_release(&revision);
}

static void a_revision_lives_as_long_as_anyone_holds_it(void **state)
{
	struct revision *revision = NULL;
	struct revision *held;

	(void)state;
	assert_int_equal(revision_new("17", TEXT, strlen(TEXT), 1234, &revision), ERR_OK);
	held = revision_retain(revision);
	revision_release(&revision);
	assert_null(revision);

	assert_string_equal(held->text, TEXT);
	revision_release(&held);
	revision_release(&held);
}

static void a_new_revision_has_no_number_and_no_fetches(void **state)
{
	struct revision *revision = NULL;

	(void)state;
	assert_int_equal(revision_new("17", TEXT, strlen(TEXT), 1234, &revision), ERR_OK);

	assert_int_equal(revision->number, 0);
	assert_null(revision_tally(revision));
	assert_int_equal(revision_fetched(revision), 0);
	revision_release(&revision);
}

static void what_is_no_policy_or_no_id_is_refused(void **state)
{
	struct revision *revision = NULL;

	(void)state;
	assert_int_equal(revision_new("17", "mode: none\r\n", 12, 0, &revision), ERR_SYNTAX);
	assert_int_equal(revision_new("1-7", TEXT, strlen(TEXT), 0, &revision), ERR_SYNTAX);
	assert_int_equal(revision_new("", TEXT, strlen(TEXT), 0, &revision), ERR_SYNTAX);
	assert_null(revision);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_revision_knows_what_its_text_says),
		cmocka_unit_test(a_revision_lives_as_long_as_anyone_holds_it),
		cmocka_unit_test(a_new_revision_has_no_number_and_no_fetches),
		cmocka_unit_test(what_is_no_policy_or_no_id_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
