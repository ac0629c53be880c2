/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "policy/syntax.h"

#include "memory.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void only_mode_none_goes_without_mx(void **state)
{
	struct scratch *scratch = *state;
	struct policy policy = { .mode = MODE_NONE };

	assert_int_equal(syntax_check(&policy, "f", 1, &scratch->complaints), ERR_OK);
	scratch_assert_no_more(scratch);
	policy.mode = MODE_TESTING;
	assert_int_equal(syntax_check(&policy, "f", 1, &scratch->complaints), ERR_RANGE);
	scratch_assert_complaint(
		scratch,
		"f:1: mx is missing: name every MX of the domain, such as mail.example.org; only mode "
		"none goes without");
}

static void what_has_no_mode_is_refused(void **state)
{
	struct scratch *scratch = *state;
	struct policy policy = { .max_age = 86400 };

	assert_int_equal(syntax_check(&policy, "f", 1, &scratch->complaints), ERR_RANGE);
	scratch_assert_complaint(scratch, "f:1: mode is missing: write enforce, testing or none");
	scratch_assert_no_more(scratch);
}

/* A policy whose text has so many bytes. */
static void fill(struct policy *policy, size_t size)
{
	size_t left = size - strlen("version: STSv1\r\nmode: enforce\r\nmax_age: 0\r\n");
	char pattern[64];

	policy->mode = MODE_ENFORCE;
	while (left > 0) {
		/* Lines of 26 bytes; the last one, of 26 to 51, takes what is left. */
		size_t line = left < 52 ? left : 26;

		memset(pattern, 'a', sizeof(pattern));
		memcpy(pattern + line - strlen("mx: \r\n") - strlen(".example"), ".example",
		       strlen(".example") + 1);
		assert_int_equal(names_put(&policy->mx, pattern), ERR_OK);
		left -= line;
	}
}

static void a_policy_may_have_10240_bytes_and_not_one_more(void **state)
{
	struct scratch *scratch = *state;
	struct policy policy = { 0 };

	fill(&policy, POLICY_TEXT_LIMIT);
	assert_int_equal(syntax_check(&policy, "f", 1, &scratch->complaints), ERR_OK);
	policy.max_age = 10;
	assert_int_equal(syntax_check(&policy, "f", 1, &scratch->complaints), ERR_RANGE);
	scratch_assert_complaint(
		scratch,
		"f:1: policy is over 10240 bytes: use fewer mx patterns, such as one wildcard for many "
		"hosts");
	names_free(&policy.mx);
}

static void without_memory_it_is_not_known(void **state)
{
	struct scratch *scratch = *state;
	struct policy policy = { .mode = MODE_NONE };

	memory_fail_after(0);
	assert_int_equal(syntax_check(&policy, "f", 1, &scratch->complaints), ERR_NO_MEMORY);
	assert_true(memory_restore());
	scratch_assert_no_more(scratch);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(only_mode_none_goes_without_mx),
		WITH_SCRATCH(what_has_no_mode_is_refused),
		WITH_SCRATCH(a_policy_may_have_10240_bytes_and_not_one_more),
		WITH_SCRATCH(without_memory_it_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
