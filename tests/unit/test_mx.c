/* SPDX-License-Identifier: ISC */
#include "policy/mx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_becomes(const char *pattern, const char *mx)
{
	char got[MX_SIZE];
	const char *why = "";

	if (mx_normalise(pattern, got, &why) != ERR_OK)
		fail_msg("%s %s", pattern, why);
	assert_string_equal(got, mx);
}

static void assert_refused(const char *pattern, const char *reason)
{
	char got[MX_SIZE] = "untouched";
	const char *why = "";

	assert_int_equal(mx_normalise(pattern, got, &why), ERR_SYNTAX);
	assert_string_equal(why, reason);
	assert_string_equal(got, "untouched");
}

static void a_pattern_has_one_form(void **state)
{
	(void)state;
	assert_becomes("Mail.Example.ORG.", "mail.example.org");
	assert_becomes("*.Example.net", "*.example.net");
	assert_becomes("*.mail.example.net.", "*.mail.example.net");
}

static void the_wildcard_is_exactly_the_left_most_label(void **state)
{
	static const char alone[] = "has a wildcard that is not alone in the left-most label";

	(void)state;
	assert_refused("*", alone);
	assert_refused("*example.org", alone);
	assert_refused("mx*.example.org", alone);
	assert_refused("mx.*.example.org", alone);
	assert_refused("*.*.example.org", alone);
	assert_refused("example.*", alone);
	assert_refused("*.", "is empty");
	assert_refused("*.org", "has only one label");
}

static void addresses_and_ports_are_no_pattern(void **state)
{
	(void)state;
	assert_refused("192.0.2.1", "is an IP address, not a name");
	assert_refused("2001:db8::1", "is an IP address or has a port, not a name");
	assert_refused("mail.example.org:25", "is an IP address or has a port, not a name");
	assert_refused("[192.0.2.1]", "has a character other than letters, digits, hyphens and dots");
}

static void u_labels_and_odd_names_are_refused(void **state)
{
	(void)state;
	assert_refused("b\xc3\xbc"
		       "cher.example",
		       "is not ASCII");
	assert_refused("", "is empty");
	assert_refused("localhost", "has only one label");
	assert_refused(".example.org", "has an empty label");
	assert_refused("mail.example.org, mx.example.org",
		       "has a character other than letters, digits, hyphens and dots");
}

static void the_longest_pattern_fits(void **state)
{
	char pattern[MX_SIZE];

	(void)state;
	memcpy(pattern, "*.", 2);
	for (size_t i = 0; i < HOST_MAX; i++)
		pattern[2 + i] = i % 61 == 60 ? '.' : 'a';
	pattern[2 + HOST_MAX] = '\0';
	assert_becomes(pattern, pattern);
}

static void a_pattern_without_wildcard_covers_the_same_name(void **state)
{
	(void)state;
	assert_true(mx_matches("mail.example.org", "mail.example.org"));
	assert_true(mx_matches("mail.example.org", "MAIL.Example.ORG"));
	assert_true(mx_matches("mail.example.org", "mail.example.org."));
	assert_false(mx_matches("mail.example.org", "mail.example.org.."));
	assert_false(mx_matches("mail.example.org", "mail.example.or"));
	assert_false(mx_matches("mail.example.org", "mail.example.orgs"));
	assert_false(mx_matches("mail.example.org", "a.mail.example.org"));
	assert_false(mx_matches("mail.example.org", "example.org"));
	assert_false(mx_matches("mail.example.org", ""));
}

static void a_wildcard_covers_exactly_one_label(void **state)
{
	(void)state;
	assert_true(mx_matches("*.example.org", "mail.example.org"));
	assert_true(mx_matches("*.example.org", "MX1.EXAMPLE.org."));
	assert_false(mx_matches("*.example.org", "a.mail.example.org"));
	assert_false(mx_matches("*.example.org", "example.org"));
	assert_false(mx_matches("*.example.org", ".example.org"));
	assert_false(mx_matches("*.example.org", "mail.example.net"));
	assert_false(mx_matches("*.example.org", "mailexample.org"));
	assert_false(mx_matches("*.example.org", "mail"));
	assert_false(mx_matches("*.example.org", "mail."));
	assert_false(mx_matches("*.example.org", "."));
	assert_false(mx_matches("*.example.org", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_has_one_form),
		cmocka_unit_test(the_wildcard_is_exactly_the_left_most_label),
		cmocka_unit_test(addresses_and_ports_are_no_pattern),
		cmocka_unit_test(u_labels_and_odd_names_are_refused),
		cmocka_unit_test(the_longest_pattern_fits),
		cmocka_unit_test(a_pattern_without_wildcard_covers_the_same_name),
		cmocka_unit_test(a_wildcard_covers_exactly_one_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
