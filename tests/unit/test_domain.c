/* SPDX-License-Identifier: ISC */
#include "policy/domain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_becomes(const char *name, const char *domain)
{
	char got[DOMAIN_SIZE];
	const char *why = "";

	if (domain_normalise(name, got, &why) != ERR_OK)
		fail_msg("%s %s", name, why);
	assert_string_equal(got, domain);
}

static void assert_refused(const char *name, const char *reason)
{
	char got[DOMAIN_SIZE] = "untouched";
	const char *why = "";

	assert_int_equal(domain_normalise(name, got, &why), ERR_SYNTAX);
	assert_string_equal(why, reason);
	assert_string_equal(got, "untouched");
	assert_int_equal(domain_normalise(name, got, NULL), ERR_SYNTAX);
}

static void a_domain_has_one_form(void **state)
{
	(void)state;
	assert_becomes("example.org", "example.org");
	assert_becomes("EXAMPLE.Org.", "example.org");
	assert_becomes("a.b-c.3com.example", "a.b-c.3com.example");
	assert_becomes("xn--bcher-kva.example", "xn--bcher-kva.example");
	assert_becomes("1.2.3.4.example", "1.2.3.4.example");
	assert_becomes("ab--c.example", "ab--c.example");
}

static void a_name_of_any_language_becomes_its_a_label_form(void **state)
{
	(void)state;
	assert_becomes("M\xc3\x9cLLER.Example.", "xn--mller-kva.example");
}

static void what_is_no_domain_is_refused_with_its_reason(void **state)
{
	static const char letters[] = "has a character other than letters, digits, hyphens and dots";

	(void)state;
	assert_refused("", "is empty");
	assert_refused(".", "is empty");
	assert_refused("example", "has only one label");
	assert_refused("example.", "has only one label");
	assert_refused(".example.org", "has an empty label");
	assert_refused("a..example", "has an empty label");
	assert_refused("example.org..", "has an empty label");
	assert_refused("-a.example", "has a label that begins or ends with a hyphen");
	assert_refused("a-.example", "has a label that begins or ends with a hyphen");
	assert_refused("a_b.example", letters);
	assert_refused("a b.example", letters);
	assert_refused("*.example.org", letters);
	assert_refused("example.org:443", letters);
	assert_refused("user@example.org", letters);
	assert_refused("a/b.example", letters);
	assert_refused("192.0.2.1", "is an IP address, not a name");
	assert_refused("b\xfc.example", "cannot exist in DNS as a name");
}

static void a_label_has_63_characters_at_most(void **state)
{
	char name[80];

	(void)state;
	memset(name, 'a', 64);
	memcpy(name + 63, ".example", 9);
	assert_becomes(name, name);
	memset(name, 'a', 64);
	memcpy(name + 64, ".example", 9);
	assert_refused(name, "has a label of more than 63 characters");
}

/* A name of so many bytes, of labels of at most 61. */
static void make_name(char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		name[i] = i % 62 == 61 ? '.' : 'a';
	name[len] = '\0';
}

static void a_domain_leaves_room_for_its_policy_host(void **state)
{
	char name[400];

	(void)state;
	make_name(name, DOMAIN_MAX);
	assert_becomes(name, name);
	make_name(name, DOMAIN_MAX + 1);
	assert_refused(name, "is too long");
	make_name(name, HOST_MAX);
	assert_refused(name, "is too long");
	make_name(name, 390);
	assert_int_equal(domain_normalise(name, (char[DOMAIN_SIZE]){ 0 }, NULL), ERR_SYNTAX);
}

static void a_trailing_dot_does_not_count(void **state)
{
	char name[DOMAIN_MAX + 2];
	char got[DOMAIN_SIZE];

	(void)state;
	make_name(name, DOMAIN_MAX);
	memcpy(name + DOMAIN_MAX, ".", 2);
	assert_int_equal(domain_normalise(name, got, NULL), ERR_OK);
	assert_int_equal(strlen(got), DOMAIN_MAX);
}

static void a_host_is_read_by_its_length_and_not_to_a_nul(void **state)
{
	char host[HOST_SIZE];
	const char *why = "";

	(void)state;
	assert_int_equal(domain_normalise_host("MX.example.org:25", 14, host, &why), ERR_OK);
	assert_string_equal(host, "mx.example.org");
	assert_int_equal(domain_normalise_host("mx.example\0.org", 15, host, &why), ERR_SYNTAX);
	assert_string_equal(why, "has a NUL character");
	assert_int_equal(domain_normalise_host("mx.b\xc3\xbc.org", 10, host, &why), ERR_SYNTAX);
	assert_string_equal(why, "is not ASCII");
	assert_int_equal(domain_normalise_host(NULL, 0, host, &why), ERR_SYNTAX);
	assert_string_equal(why, "is empty");
}

static void a_host_has_253_characters_at_most(void **state)
{
	char name[HOST_MAX + 2];
	char host[HOST_SIZE];

	(void)state;
	make_name(name, HOST_MAX);
	assert_int_equal(domain_normalise_host(name, HOST_MAX, host, NULL), ERR_OK);
	make_name(name, HOST_MAX + 1);
	assert_int_equal(domain_normalise_host(name, HOST_MAX + 1, host, NULL), ERR_SYNTAX);
}

static void the_policy_host_tells_its_domain(void **state)
{
	(void)state;
	assert_string_equal(domain_of_host("mta-sts.example.org"), "example.org");
	assert_null(domain_of_host("mta-stsexample.org"));
	assert_null(domain_of_host("www.mta-sts.example.org"));
	assert_null(domain_of_host("example.org"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_domain_has_one_form),
		cmocka_unit_test(a_name_of_any_language_becomes_its_a_label_form),
		cmocka_unit_test(what_is_no_domain_is_refused_with_its_reason),
		cmocka_unit_test(a_label_has_63_characters_at_most),
		cmocka_unit_test(a_domain_leaves_room_for_its_policy_host),
		cmocka_unit_test(a_trailing_dot_does_not_count),
		cmocka_unit_test(a_host_is_read_by_its_length_and_not_to_a_nul),
		cmocka_unit_test(a_host_has_253_characters_at_most),
		cmocka_unit_test(the_policy_host_tells_its_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
