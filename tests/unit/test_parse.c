/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "policy/syntax.h"

#include "base/text.h"
#include "memory.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum err parse(struct scratch *scratch, const char *text, struct policy **policy)
{
	return syntax_parse(text, strlen(text), "p", &scratch->complaints, policy);
}

static void assert_taken(void **state, const char *text, enum mode mode, uint32_t max_age, size_t mx)
{
	struct policy *policy = NULL;

	assert_int_equal(parse(*state, text, &policy), ERR_OK);
	scratch_assert_no_more(*state);
	assert_int_equal(policy->mode, mode);
	assert_int_equal(policy->max_age, max_age);
	assert_int_equal(policy->mx.count, mx);
	policy_free(&policy);
}

static void assert_refused(void **state, const char *text, const char *complaint)
{
	struct policy *policy = NULL;

	assert_int_equal(parse(*state, text, &policy), ERR_SYNTAX);
	assert_null(policy);
	scratch_assert_complaint(*state, complaint);
	scratch_assert_no_more(*state);
}

static void what_the_grammar_allows_is_taken(void **state)
{
	assert_taken(
		state,
		"version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmx: *.b.example\r\nmax_age: 604800\r\n",
		MODE_ENFORCE, 604800, 2);
	assert_taken(state, "max_age: 86400\nmx: a.example\nmode: testing\nversion: STSv1", MODE_TESTING,
		     86400, 1);
	assert_taken(state, "version:STSv1 \nmode:\t none\t \r\nmax_age:0000000086\n", MODE_NONE, 86, 0);
	assert_taken(state, "version: STSv1\nmode: none\nmax_age: 31557600\n", MODE_NONE, 31557600, 0);
	assert_taken(state, "version: STSv1\nmode: none\nmax_age: 0\nmx: a.example\n", MODE_NONE, 0, 1);
}

static void of_a_field_given_twice_the_first_counts(void **state)
{
	struct policy *policy = NULL;

	assert_int_equal(parse(*state,
			       "version: STSv1\nmode: none\nmax_age: 604800\nmax_age: 10x\nmode: enforce\n",
			       &policy),
			 ERR_OK);
	scratch_assert_complaint(
		*state,
		"p:4: warning: field is given twice, the first one counts (max_age): remove the repetition");
	scratch_assert_complaint(
		*state,
		"p:5: warning: field is given twice, the first one counts (mode): remove the repetition");
	scratch_assert_no_more(*state);
	assert_int_equal(policy->mode, MODE_NONE);
	assert_int_equal(policy->max_age, 604800);
	policy_free(&policy);
}

static void an_extension_is_warned_of_and_not_kept(void **state)
{
	struct policy *policy = NULL;

	assert_int_equal(parse(*state,
			       "version: STSv1\nmode: none\nmax_age: 604800\nnmx: a.example\nnote: x\n",
			       &policy),
			 ERR_OK);
	scratch_assert_complaint(*state, "p:4: warning: field is unknown and not served (nmx): write mx");
	scratch_assert_complaint(*state, "p:5: warning: field is unknown and not served (note): remove it; "
					 "version, mode, mx and max_age are known");
	scratch_assert_no_more(*state);
	assert_int_equal(policy->mx.count, 0);
	policy_free(&policy);
}

static void bad_values_are_refused_with_their_line(void **state)
{
	assert_refused(state, "version: STSv2\nmode: none\nmax_age: 604800\n",
		       "p:1: version is unknown (STSv2): write STSv1, in exactly these letters");
	assert_refused(state, "version: STSv1\nmode: enforced\nmx: a.example\nmax_age: 604800\n",
		       "p:2: mode is unknown (enforced): write enforce");
	assert_refused(state, "version: STSv1\nmode: none\nmax_age: 10x\n",
		       "p:3: max_age is not a number of 1 to 10 digits (10x): " POLICY_MAX_AGE_HINT);
	assert_refused(state, "version: STSv1\nmode: none\nmax_age: -1\n",
		       "p:3: max_age is not a number of 1 to 10 digits (-1): " POLICY_MAX_AGE_HINT);
	assert_refused(state, "version: STSv1\nmode: none\nmax_age: 31557601\n",
		       "p:3: max_age is out of range (31557601): " POLICY_MAX_AGE_HINT);
	assert_refused(state, "version: STSv1\nmode: none\nmax_age: 4294967297\n",
		       "p:3: max_age is out of range (4294967297): " POLICY_MAX_AGE_HINT);
	assert_refused(state, "version: STSv1\nmode: none\nmax_age: 18446744073709551617\n",
		       "p:3: max_age is not a number of 1 to 10 digits "
		       "(18446744073709551617): " POLICY_MAX_AGE_HINT);
	assert_refused(state, "version: STSv1\nmode: testing\nmx: 192.0.2.1\nmax_age: 604800\n",
		       "p:3: mx is an IP address, not a name (192.0.2.1): write the host name of the MX as "
		       "it stands in DNS, such as mail.example.org or *.example.org");
}

static void missing_fields_are_asked_for(void **state)
{
	struct policy *policy = NULL;

	assert_int_equal(parse(*state, "", &policy), ERR_SYNTAX);
	scratch_assert_complaint(*state, "p: field is missing (version): add the line \"version: STSv1\"");
	scratch_assert_complaint(
		*state, "p: field is missing (mode): add the line \"mode: testing\" (or enforce, or none)");
	scratch_assert_complaint(*state,
				 "p: field is missing (max_age): add a line such as \"max_age: 604800\"");
	scratch_assert_no_more(*state);
	assert_refused(state, "version: STSv1\nmode: enforce\nmax_age: 604800\n",
		       "p: mx is missing: name every MX of the domain, such as mail.example.org; only mode "
		       "none goes without");
}

static void lines_that_are_no_fields_are_refused(void **state)
{
	static const char good[] = "version: STSv1\nmode: none\nmax_age: 604800\n";
	static const struct {
		const char *line;
		const char *complaint;
	} cases[] = {
		{ "hello", "p:4: line is not \"name: value\": correct the line or remove it" },
		{ ": x", "p:4: line is not \"name: value\": correct the line or remove it" },
		{ "a b: x", "p:4: line is not \"name: value\": correct the line or remove it" },
		{ "-a: x", "p:4: line is not \"name: value\": correct the line or remove it" },
		{ "x:", "p:4: line is not \"name: value\" (x): correct the line or remove it" },
		{ "x: \r\n", "p:4: line is not \"name: value\" (x): correct the line or remove it" },
		{ "a: b\rc: d", "p:4: line has a carriage return that does not end it: save the file as "
				"plain ASCII text, one field per line" },
	};
	char text[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", good, cases[i].line);
		assert_refused(state, text, cases[i].complaint);
	}
}

/* It is written anew before anybody gets it. */
static void what_leaves_no_doubt_is_taken_with_a_warning(void **state)
{
	struct policy *policy = NULL;

	assert_int_equal(parse(*state,
			       "\nversion: STSv1\n\tmode: enforce\nmax_age : 604800\n"
			       "mx: a.example, b.example;c.example a.example\n \r\n\n",
			       &policy),
			 ERR_OK);
	scratch_assert_complaint(*state,
				 "p:1: warning: line is empty: remove the line: some senders refuse the "
				 "whole policy for it");
	scratch_assert_complaint(
		*state, "p:3: warning: line begins with a blank: remove it: some senders refuse such a line");
	scratch_assert_complaint(*state, "p:4: warning: there is a blank before the colon: remove it: some "
					 "senders refuse such a line");
	scratch_assert_complaint(*state,
				 "p:5: warning: mx names several hosts (a.example, b.example;c.example "
				 "a.example): write each of them by itself: mx takes one name");
	scratch_assert_complaint(*state,
				 "p:5: warning: mx is given twice (a.example): remove the repetition");
	scratch_assert_complaint(*state,
				 "p:6: warning: line is empty: remove the line: some senders refuse the "
				 "whole policy for it");
	scratch_assert_complaint(*state,
				 "p:7: warning: line is empty: remove the line: some senders refuse the "
				 "whole policy for it");
	scratch_assert_no_more(*state);
	assert_int_equal(policy->mode, MODE_ENFORCE);
	assert_int_equal(policy->max_age, 604800);
	assert_int_equal(policy->mx.count, 3);
	assert_string_equal(policy->mx.item[2], "c.example");
	policy_free(&policy);
}

static void one_of_several_hosts_that_is_wrong_refuses_the_policy(void **state)
{
	struct policy *policy = NULL;

	assert_int_equal(
		parse(*state, "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: a.example *\n", &policy),
		ERR_SYNTAX);
	assert_null(policy);
}

static void a_leading_dot_is_meant_as_a_wildcard(void **state)
{
	assert_refused(
		state, "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: .example.org\n",
		"p:4: mx has an empty label (.example.org): write *.example.org for the hosts one label "
		"below it");
}

static void a_short_max_age_is_warned_of_where_it_counts(void **state)
{
	static const struct {
		const char *text;
		const char *complaint; /* NULL: none */
	} cases[] = {
		{ "version: STSv1\nmax_age: 86399\nmode: testing\nmx: a.example\n",
		  "p:2: warning: max_age is less than a day (86399): write weeks, as RFC 8461 expects: "
		  "604800 is "
		  "one; an attacker waits until it is over" },
		{ "version: STSv1\nmax_age: 0\nmode: enforce\nmx: a.example\n",
		  "p:2: warning: max_age is 0: no sender keeps the policy, so it protects nothing (0): write "
		  "weeks, "
		  "as RFC 8461 expects: 604800 is one; an attacker waits until it is over" },
		{ "version: STSv1\nmax_age: 86400\nmode: enforce\nmx: a.example\n", NULL },
		{ "version: STSv1\nmax_age: 0\nmode: none\n", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct policy *policy = NULL;

		assert_int_equal(parse(*state, cases[i].text, &policy), ERR_OK);
		if (cases[i].complaint != NULL)
			scratch_assert_complaint(*state, cases[i].complaint);
		scratch_assert_no_more(*state);
		policy_free(&policy);
	}
}

static void a_file_appended_to_itself_without_a_line_end_is_refused(void **state)
{
	struct policy *policy = NULL;

	assert_int_equal(
		parse(*state, "version: STSv1\nmode: none\nmax_age: 5version: STSv1\nmode: none\n", &policy),
		ERR_SYNTAX);
	scratch_assert_complaint(
		*state,
		"p:3: max_age is not a number of 1 to 10 digits (5version: STSv1): " POLICY_MAX_AGE_HINT);
	scratch_assert_complaint(
		*state,
		"p:4: warning: field is given twice, the first one counts (mode): remove the repetition");
	scratch_assert_no_more(*state);
}

static void a_byte_order_mark_is_refused(void **state)
{
	struct policy *policy = NULL;

	assert_int_equal(parse(*state, "\xef\xbb\xbfversion: STSv1\nmode: none\nmax_age: 604800\n", &policy),
			 ERR_SYNTAX);
	scratch_assert_complaint(*state, "p:1: line begins with a byte order mark: save the file as plain "
					 "ASCII text, one field per line");
	scratch_assert_no_more(*state);
}

static void a_nul_character_is_refused(void **state)
{
	struct scratch *scratch = *state;
	struct policy *policy = NULL;
	static const char text[] = "version: STSv1\nmode: none\nmax_age: 604800\nx: a\0b\n";

	assert_int_equal(syntax_parse(text, sizeof(text) - 1, "p", &scratch->complaints, &policy),
			 ERR_SYNTAX);
	scratch_assert_complaint(
		scratch,
		"p:4: line has a NUL character: save the file as plain ASCII text, one field per line");
	scratch_assert_no_more(scratch);
}

static void a_line_without_end_is_refused(void **state)
{
	char text[1200] = "version: STSv1\nmode: none\nmax_age: 604800\nx: ";

	memset(text + strlen(text), 'y', 1100);
	assert_refused(state, text,
		       "p:4: line is too long: save the file as plain ASCII text, one field per line");
}

/* A policy with an extension that makes it as long as it is to be. */
static void fill(char *text, size_t len)
{
	size_t used = (size_t)sprintf(text, "version: STSv1\nmode: none\nmax_age: 604800\n");

	while (used < len) {
		size_t line = len - used < 200 ? len - used : 100;

		memset(text + used, 'y', line);
		memcpy(text + used, "x: ", 3);
		text[used + line - 1] = '\n';
		used += line;
	}
}

static void a_file_may_have_64_kib(void **state)
{
	struct scratch *scratch = *state;
	static char text[SYNTAX_BYTES_LIMIT + 1];
	struct policy *policy = NULL;

	fill(text, SYNTAX_BYTES_LIMIT);
	assert_int_equal(syntax_parse(text, SYNTAX_BYTES_LIMIT, "p", &scratch->complaints, &policy), ERR_OK);
	assert_int_equal(scratch->complaints.errors, 0);
	policy_free(&policy);
	assert_int_equal(syntax_parse(text, SYNTAX_BYTES_LIMIT + 1, "p", &scratch->complaints, &policy),
			 ERR_SYNTAX);
	assert_int_equal(scratch->complaints.errors, 1);
	assert_string_equal(scratch->complaints.item[scratch->complaints.count - 1].what,
			    "policy is over 65536 bytes");
}

static void what_would_be_published_may_have_10_kib(void **state)
{
	struct scratch *scratch = *state;
	static char text[SYNTAX_BYTES_LIMIT];
	struct policy *policy = NULL;
	size_t len = (size_t)sprintf(text, "version: STSv1\nmode: enforce\nmax_age: 604800\n");

	for (int i = 0; len <= POLICY_TEXT_LIMIT; i++)
		len += (size_t)sprintf(text + len, "mx: host%d.example.org\n", i);
	assert_int_equal(syntax_parse(text, len, "p", &scratch->complaints, &policy), ERR_SYNTAX);
	assert_int_equal(scratch->complaints.count, 1);
	assert_string_equal(scratch->complaints.item[0].what, "policy is over 10240 bytes");
}

static void a_known_name_in_other_letters_is_offered(void **state)
{
	struct policy *policy = NULL;

	assert_int_equal(
		parse(*state, "Version: STSv1\nMode: enforce\nmax_age: 604800\nMX: a.example\n", &policy),
		ERR_SYNTAX);
	scratch_assert_complaint(*state,
				 "p:1: warning: field is unknown and not served (Version): write version");
	scratch_assert_complaint(*state, "p:2: warning: field is unknown and not served (Mode): write mode");
	scratch_assert_complaint(*state, "p:4: warning: field is unknown and not served (MX): write mx");
}

static void missing_mx_is_said_beside_other_faults(void **state)
{
	struct policy *policy = NULL;

	assert_int_equal(
		parse(*state, "version: STSv2\nmode: enforce\nmax_age: 604800\nnmx: a.example\n", &policy),
		ERR_SYNTAX);
	assert_int_equal(((struct scratch *)*state)->complaints.count, 3);
	assert_string_equal(((struct scratch *)*state)->complaints.item[2].what, "mx is missing");
}

static void an_mx_that_is_refused_is_not_missing(void **state)
{
	assert_refused(
		state, "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: *\n",
		"p:4: mx has a wildcard that is not alone in the left-most label (*): write *.example.org: "
		"the wildcard replaces exactly the left-most label");
}

static void what_may_stand_in_a_line_that_is_no_text_is_not_asked_for(void **state)
{
	assert_refused(state, "version: STSv1\rmode: none\rmax_age: 5\r",
		       "p:1: line has a carriage return that does not end it: save the file as plain ASCII "
		       "text, one field per line");
}

static void parsing_reads_no_byte_behind_the_end(void **state)
{
	struct scratch *scratch = *state;
	static const char text[] = "version: STSv1\r\nmode: none\r\nmax_age: 5\r\n";

	/* Every beginning of the text in memory of its size: a sanitizer sees what is read behind it. */
	for (size_t len = 0; len < sizeof(text); len++) {
		struct policy *policy = NULL;
		char *bytes = malloc(len > 0 ? len : 1);

		assert_non_null(bytes);
		memcpy(bytes, text, len);
		(void)syntax_parse(bytes, len, "p", &scratch->complaints, &policy);
		policy_free(&policy);
		free(bytes);
	}
}

static void everything_wrong_is_said_in_one_pass(void **state)
{
	struct policy *policy = NULL;

	assert_int_equal(parse(*state, "version: 1\nmode: x\nmax_age: y\nmx: *\nz\n", &policy), ERR_SYNTAX);
	assert_int_equal(((struct scratch *)*state)->complaints.errors, 5);
}

/* Parse something that is no policy, with "SECRET" in it; asserts how many complaints there are. */
static void assert_hidden(void **state, const char *bytes, size_t len, size_t complaints)
{
	struct scratch *scratch = *state;
	struct policy *policy = NULL;
	struct text lines = { 0 };

	complaints_free(&scratch->complaints);
	assert_int_equal(syntax_parse(bytes, len, "p", &scratch->complaints, &policy), ERR_SYNTAX);
	for (size_t i = 0; i < scratch->complaints.count; i++)
		assert_int_equal(complaint_render(&scratch->complaints.item[i], &lines), ERR_OK);
	assert_null(strstr(lines.bytes, "SECRET"));
	if (scratch->complaints.count != complaints)
		fail_msg("%zu complaints: %s", scratch->complaints.count, lines.bytes);
	text_free(&lines);
}

static void nothing_is_shown_of_lines_that_are_no_fields(void **state)
{
	static const struct {
		const char *bytes;
		size_t complaints; /* where every line is a field three of them are of those that are missing
				    */
	} cases[] = {
		{ "-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----\n", 1 },
		{ "# key\n-----BEGIN RSA PRIVATE KEY-----\r\nSECRET: SECRET\n", 2 },
		{ "SECRETSECRET+SECRET/SECRET==\n", 1 },
		{ "password: SECRET\n", 4 },
		{ "total 12\n-rw-r--r-- 1 SECRET SECRET 12:00 SECRET\n", 2 },
		{ "root:$y$SECRET:19000:0:99999:7:::\nbin:SECRET:::\n", 5 },
		{ "SECRET SECRET: x\n-SECRET: x\n", 2 },
		{ "\x1b]0;SECRET\x07\n", 1 },
		{ "PK\x03\x04SECRET: \x7f\n", 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_hidden(state, cases[i].bytes, strlen(cases[i].bytes), cases[i].complaints);
	assert_hidden(state,
		      "\xff\xfe"
		      "m\0o\0d\0e\0:\0SECRET",
		      17, 1);
	assert_hidden(state,
		      "\x7f"
		      "ELF\0SECRET\nSECRET\0",
		      18, 2);
}

static void of_many_lines_that_are_no_fields_the_first_few_are_named(void **state)
{
	struct text text = { 0 };

	for (int i = 0; i < 1000; i++)
		assert_int_equal(text_appendf(&text, "SECRET line %d\n", i), ERR_OK);
	assert_hidden(state, text.bytes, text.len, 5 + 1);
	scratch_assert_complaint(*state, "p:1: line is not \"name: value\": correct the line or remove it");
	text_free(&text);
}

static void a_policy_with_many_extensions_is_taken_with_few_warnings(void **state)
{
	struct scratch *scratch = *state;
	struct policy *policy = NULL;
	struct text text = { 0 };

	assert_int_equal(text_appendf(&text, "version: STSv1\nmode: none\nmax_age: 604800\n"), ERR_OK);
	for (int i = 0; i < 100; i++)
		assert_int_equal(text_appendf(&text, "x%d: y\n", i), ERR_OK);
	assert_int_equal(parse(*state, text.bytes, &policy), ERR_OK);
	assert_int_equal(scratch->complaints.count, 6);
	assert_int_equal(scratch->complaints.errors, 0);
	assert_string_equal(scratch->complaints.item[5].value, "95");
	policy_free(&policy);
	text_free(&text);
}

static void parsing_fails_cleanly_wherever_memory_runs_out(void **state)
{
	struct scratch *scratch = *state;
	bool failed = true;
	size_t rounds = 0;

	for (; failed; rounds++) {
		struct policy *policy = NULL;
		enum err err;

		memory_fail_after(rounds);
		err = parse(scratch, "version: STSv1\nmode: testing\nmx: a.example\nmax_age: 604800\n",
			    &policy);
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
		policy_free(&policy);
	}
	assert_true(rounds >= 4);
	scratch_assert_no_more(scratch);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(what_the_grammar_allows_is_taken),
		WITH_SCRATCH(of_a_field_given_twice_the_first_counts),
		WITH_SCRATCH(an_extension_is_warned_of_and_not_kept),
		WITH_SCRATCH(what_leaves_no_doubt_is_taken_with_a_warning),
		WITH_SCRATCH(one_of_several_hosts_that_is_wrong_refuses_the_policy),
		WITH_SCRATCH(a_leading_dot_is_meant_as_a_wildcard),
		WITH_SCRATCH(a_short_max_age_is_warned_of_where_it_counts),
		WITH_SCRATCH(bad_values_are_refused_with_their_line),
		WITH_SCRATCH(missing_fields_are_asked_for),
		WITH_SCRATCH(lines_that_are_no_fields_are_refused),
		WITH_SCRATCH(a_file_appended_to_itself_without_a_line_end_is_refused),
		WITH_SCRATCH(a_byte_order_mark_is_refused),
		WITH_SCRATCH(a_nul_character_is_refused),
		WITH_SCRATCH(a_line_without_end_is_refused),
		WITH_SCRATCH(a_file_may_have_64_kib),
		WITH_SCRATCH(what_would_be_published_may_have_10_kib),
		WITH_SCRATCH(a_known_name_in_other_letters_is_offered),
		WITH_SCRATCH(missing_mx_is_said_beside_other_faults),
		WITH_SCRATCH(an_mx_that_is_refused_is_not_missing),
		WITH_SCRATCH(what_may_stand_in_a_line_that_is_no_text_is_not_asked_for),
		WITH_SCRATCH(parsing_reads_no_byte_behind_the_end),
		WITH_SCRATCH(everything_wrong_is_said_in_one_pass),
		WITH_SCRATCH(nothing_is_shown_of_lines_that_are_no_fields),
		WITH_SCRATCH(of_many_lines_that_are_no_fields_the_first_few_are_named),
		WITH_SCRATCH(a_policy_with_many_extensions_is_taken_with_few_warnings),
		WITH_SCRATCH(parsing_fails_cleanly_wherever_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
