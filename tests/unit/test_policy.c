/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "policy/policy.h"

#include "memory.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static enum err add(struct policy *policy, struct scratch *scratch, const char *pattern)
{
	return policy_add_mx(policy, pattern, "f", 3, &scratch->complaints);
}

static void one_host_with_more_around_it_is_taken(void **state)
{
	struct policy policy = { 0 };

	assert_int_equal(add(&policy, *state, " a.example, "), ERR_OK);
	scratch_assert_complaint(*state,
				 "f:3: warning: mx has more than a name ( a.example, ): write the name "
				 "alone, without blanks, commas or semicolons");
	scratch_assert_no_more(*state);
	assert_int_equal(policy.mx.count, 1);
	assert_string_equal(policy.mx.item[0], "a.example");
	names_free(&policy.mx);
}

/* However long a text is, so many are looked at and no more. */
static void hosts_in_one_mx_are_bounded(void **state)
{
	struct scratch *scratch = *state;
	struct policy policy = { 0 };
	static char many[POLICY_TEXT_LIMIT + 2];
	size_t len = 0;

	for (unsigned i = 0; len + 8 < POLICY_TEXT_LIMIT; i++)
		len += (size_t)snprintf(many + len, sizeof(many) - len, "a%x.b ", i);
	assert_int_equal(add(&policy, scratch, many), ERR_OK);
	assert_int_equal(policy.mx.count, POLICY_MX_MAX + 1);
	assert_int_equal(add(&policy, scratch, "c.b d.b"), ERR_OK);
	assert_int_equal(policy.mx.count, POLICY_MX_MAX + 1);

	memset(many, ' ', sizeof(many) - 1);
	memcpy(many, "e.b f.b", strlen("e.b f.b"));
	assert_int_equal(add(&policy, scratch, many), ERR_SYNTAX);
	assert_int_equal(policy.mx.count, POLICY_MX_MAX + 1);
	complaints_free(&scratch->complaints);
	names_free(&policy.mx);
}

static void each_mode_has_one_word(void **state)
{
	enum mode mode = MODE_UNKNOWN;

	(void)state;
	assert_false(mode_is_valid((enum mode)0));
	assert_string_equal(mode_text((enum mode)0), "unknown");
	assert_int_equal(mode_parse("unknown", &mode), ERR_SYNTAX);
	for (int i = MODE_NONE; i < MODE_COUNT; i++) {
		assert_int_equal(mode_parse(mode_text((enum mode)i), &mode), ERR_OK);
		assert_int_equal(mode, i);
	}
	assert_string_equal(mode_text(MODE_NONE), "none");
	assert_string_equal(mode_text(MODE_TESTING), "testing");
	assert_string_equal(mode_text(MODE_ENFORCE), "enforce");
}

static void other_words_are_no_modes_and_what_was_meant_is_offered(void **state)
{
	static const struct {
		const char *word;
		const char *hint;
	} cases[] = {
		{ "enforced", "write enforce" },
		{ "Enforce", "write enforce" },
		{ "enforcing", "write enforce" },
		{ "test", "write testing" },
		{ "TESTING", "write testing" },
		{ "report", "write testing" },
		{ "None", "write none" },
		{ "no", "write none" },
		{ "off", "write none" },
		{ "disabled", "write none" },
		{ "", "write enforce, testing or none" },
		{ "strict", "write enforce, testing or none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum mode mode = MODE_UNKNOWN;

		assert_int_equal(mode_parse(cases[i].word, &mode), ERR_SYNTAX);
		assert_int_equal(mode, MODE_UNKNOWN);
		assert_string_equal(mode_hint(cases[i].word), cases[i].hint);
	}
}

static void patterns_keep_their_order_in_their_one_form(void **state)
{
	struct policy policy = { 0 };

	assert_int_equal(add(&policy, *state, "Z.example.org"), ERR_OK);
	assert_int_equal(add(&policy, *state, "*.Example.org."), ERR_OK);
	scratch_assert_no_more(*state);
	assert_int_equal(policy.mx.count, 2);
	assert_string_equal(policy.mx.item[0], "z.example.org");
	assert_string_equal(policy.mx.item[1], "*.example.org");
	names_free(&policy.mx);
}

static void a_pattern_given_twice_is_dropped_with_a_warning(void **state)
{
	struct policy policy = { 0 };

	assert_int_equal(add(&policy, *state, "a.example.org"), ERR_OK);
	assert_int_equal(add(&policy, *state, "A.example.org."), ERR_OK);
	scratch_assert_complaint(*state,
				 "f:3: warning: mx is given twice (A.example.org.): remove the repetition");
	scratch_assert_no_more(*state);
	assert_int_equal(policy.mx.count, 1);
	names_free(&policy.mx);
}

static void a_bad_pattern_gets_a_hint_that_fits(void **state)
{
	static const struct {
		const char *pattern;
		const char *complaint;
	} cases[] = {
		{ "*.b\xc3\xbc"
		  "cher.example",
		  "f:3: mx is not ASCII (*.b\\xc3\\xbc"
		  "cher.example): write its A-label form, *.xn--bcher-kva.example" },
		{ "*", "f:3: mx has a wildcard that is not alone in the left-most label (*): write "
		       "*.example.org: the wildcard replaces exactly the left-most label" },
		{ "192.0.2.1", "f:3: mx is an IP address, not a name (192.0.2.1): write the host name of the "
			       "MX as it stands in DNS, such as mail.example.org or *.example.org" },
	};
	struct policy policy = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(add(&policy, *state, cases[i].pattern), ERR_SYNTAX);
		scratch_assert_complaint(*state, cases[i].complaint);
	}
	assert_int_equal(policy.mx.count, 0);
}

static void a_copy_shares_nothing(void **state)
{
	struct scratch *scratch = *state;
	struct policy policy = { .mode = MODE_TESTING, .max_age = 7 };
	struct policy *copy = NULL;

	assert_int_equal(add(&policy, scratch, "a.example.org"), ERR_OK);
	assert_int_equal(policy_copy(&policy, &copy), ERR_OK);
	names_free(&policy.mx);
	assert_int_equal(copy->mode, MODE_TESTING);
	assert_int_equal(copy->max_age, 7);
	assert_int_equal(copy->mx.count, 1);
	assert_string_equal(copy->mx.item[0], "a.example.org");
	policy_free(&copy);
	assert_null(copy);
	policy_free(&copy);
}

static void without_memory_there_is_no_copy_and_no_pattern(void **state)
{
	struct scratch *scratch = *state;
	struct policy policy = { 0 };
	struct policy *copy = NULL;

	assert_int_equal(add(&policy, scratch, "a.example.org"), ERR_OK);
	for (size_t n = 0; n < 3; n++) {
		memory_fail_after(n);
		assert_int_equal(policy_copy(&policy, &copy), ERR_NO_MEMORY);
		assert_true(memory_restore());
		assert_null(copy);
	}
	memory_fail_after(0);
	assert_int_equal(add(&policy, scratch, "b.example.org"), ERR_NO_MEMORY);
	assert_true(memory_restore());
	assert_int_equal(policy.mx.count, 1);
	scratch_assert_no_more(scratch);
	names_free(&policy.mx);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(one_host_with_more_around_it_is_taken),
		WITH_SCRATCH(hosts_in_one_mx_are_bounded),
		WITH_SCRATCH(each_mode_has_one_word),
		WITH_SCRATCH(other_words_are_no_modes_and_what_was_meant_is_offered),
		WITH_SCRATCH(patterns_keep_their_order_in_their_one_form),
		WITH_SCRATCH(a_pattern_given_twice_is_dropped_with_a_warning),
		WITH_SCRATCH(a_bad_pattern_gets_a_hint_that_fits),
		WITH_SCRATCH(a_copy_shares_nothing),
		WITH_SCRATCH(without_memory_there_is_no_copy_and_no_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
