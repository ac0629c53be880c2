/* SPDX-License-Identifier: ISC */
#include "ctl/acme/caa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ACCOUNT "https://ca1.example.net/account/1234"
#define MOST    3

static char ca1[] = "ca1.example.net", ca2[] = "ca.other";
static char *names_of_ca[] = { ca1, ca2 };
static const struct names identities = { .item = names_of_ca, .count = 2 };
static const struct names unknown;

/* Who asks: the authority above, for this account, by tls-alpn-01. */
static const struct caa_issuer issuer = { &identities, ACCOUNT, "tls-alpn-01" };
static const struct caa_issuer of_no_account = { &identities, NULL, "tls-alpn-01" };
static const struct caa_issuer of_unknown_name = { &unknown, NULL, "tls-alpn-01" };

struct row {
	const char *records[MOST];
	enum caa_verdict verdict;
	int which; /* the record that is to blame */
};

static void judge_all(const struct caa_issuer *who, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *which = NULL;
		size_t records = 0;
		enum caa_verdict verdict;

		while (records < MOST && rows[i].records[records] != NULL)
			records++;
		verdict = caa_judge(rows[i].records, records, who, &which);
		if (verdict != rows[i].verdict)
			fail_msg("'%s': %d, not %d", rows[i].records[0], (int)verdict, (int)rows[i].verdict);
		if (verdict == CAA_FORBIDDEN)
			assert_string_equal(which, rows[i].records[rows[i].which]);
	}
}

#define JUDGE(who, ...)                                                                                      \
	do {                                                                                                 \
		static const struct row rows[] = { __VA_ARGS__ };                                            \
		judge_all(who, rows, sizeof(rows) / sizeof(*rows));                                          \
	} while (0)

/* Sections 3, 4.2 and 4.3 of RFC 8659. */
static void the_examples_of_rfc_8659_mean_what_it_says(void **state)
{
	(void)state;
	JUDGE(&issuer, { { NULL }, CAA_NONE, 0 }, { { "0 issue ca1.example.net" }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net", "0 issue ca2.example.org" }, CAA_ALLOWED, 0 },
	      { { "0 issue ca2.example.org", "0 issue ca1.example.net" }, CAA_ALLOWED, 0 },
	      { { "0 issue ca2.example.org" }, CAA_FORBIDDEN, 0 }, { { "0 issue ;" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; account=230123" }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net; policy=ev" }, CAA_ALLOWED, 0 },
	      { { "0 issue %%%%%" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net", "128 tbs Unknown" }, CAA_FORBIDDEN, 1 },
	      { { "0 issue ca1.example.net", "0 tbs Unknown" }, CAA_ALLOWED, 0 },
	      { { "0 issuewild ca2.example.org" }, CAA_ALLOWED, 0 },
	      { { "0 issuewild ;", "0 issue ca1.example.net" }, CAA_ALLOWED, 0 },
	      { { "0 issuewild ca1.example.net", "0 issue ;" }, CAA_FORBIDDEN, 1 },
	      { { "0 iodef mailto:security@example.com" }, CAA_ALLOWED, 0 });
}

/* Section 6 of RFC 8657, with what it says of parameters that stand there twice. */
static void an_account_or_a_method_that_is_named_has_to_be_ours(void **state)
{
	(void)state;
	JUDGE(&issuer, { { "0 issue ca1.example.net; accounturi=" ACCOUNT }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net;ACCOUNTURI=" ACCOUNT }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net; accounturi=" ACCOUNT "5" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; accounturi=https://ca1.example.net/account/123" },
		CAA_FORBIDDEN,
		0 },
	      { { "0 issue ca1.example.net; accounturi=" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; accounturi=" ACCOUNT ";accounturi=" ACCOUNT }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; validationmethods=dns-01" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; validationmethods=tls-alpn-01" }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net; validationmethods=dns-01,tls-alpn-01" }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net; validationmethods=tls-alpn-01,http-01" }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net; validationmethods=tls-alpn-01," }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; validationmethods=,tls-alpn-01" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; validationmethods=" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; validationmethods=xtls-alpn-01" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; validationmethods=tls-alpn-01x" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; validationmethods=tls-alpn-01; validationmethods=dns-01" },
		CAA_FORBIDDEN,
		0 },
	      { { "0 issue ca1.example.net; validationmethods=dns-01", "0 issue ca.other" },
		CAA_ALLOWED,
		0 });
}

static void a_value_is_read_strictly(void **state)
{
	(void)state;
	JUDGE(&issuer, { { "0 issue " }, CAA_FORBIDDEN, 0 }, { { "0 issue  \t" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue  \t CA1.Example.NET \t " }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net;" }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net ; a = b " }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net; a=b; c=d" }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net; a=" }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net; a=b;" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; a=b c=d" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; a" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; =b" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; -a=b" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; a-=b" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; a=\x7f" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net; a=\xc3\xa4" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net a=b" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net." }, CAA_FORBIDDEN, 0 },
	      { { "0 issue .ca1.example.net" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1..example.net" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue -ca1.example.net" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1-.example.net" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue ca1.example.net\\000" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue sub.ca1.example.net" }, CAA_FORBIDDEN, 0 },
	      { { "0 issue example.net" }, CAA_FORBIDDEN, 0 });
}

static void odd_flags_and_tags_are_no_properties_that_we_know(void **state)
{
	(void)state;
	JUDGE(&issuer, { { "127 tbs x" }, CAA_ALLOWED, 0 }, { { "255 tbs x" }, CAA_FORBIDDEN, 0 },
	      { { "128 ? x" }, CAA_FORBIDDEN, 0 }, { { "128 issu x" }, CAA_FORBIDDEN, 0 },
	      { { "128 issues x" }, CAA_FORBIDDEN, 0 }, { { "0 issues ;" }, CAA_ALLOWED, 0 },
	      { { "128 issue ca1.example.net" }, CAA_ALLOWED, 0 }, { { "128 iodef x" }, CAA_ALLOWED, 0 },
	      { { "128 issuemail ;" }, CAA_ALLOWED, 0 });
}

static void what_is_not_known_does_not_forbid(void **state)
{
	(void)state;
	JUDGE(&of_no_account, { { "0 issue ca1.example.net; accounturi=x" }, CAA_ALLOWED, 0 },
	      { { "0 issue ca1.example.net; accounturi=x; validationmethods=dns-01" }, CAA_FORBIDDEN, 0 });
	JUDGE(&of_unknown_name, { { "0 issue ca9.example.net; validationmethods=dns-01" }, CAA_ALLOWED, 0 },
	      { { "0 issue ;" }, CAA_FORBIDDEN, 0 }, { { "0 issue ..." }, CAA_FORBIDDEN, 0 },
	      { { "128 tbs x" }, CAA_FORBIDDEN, 0 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_rfc_8659_mean_what_it_says),
		cmocka_unit_test(an_account_or_a_method_that_is_named_has_to_be_ours),
		cmocka_unit_test(a_value_is_read_strictly),
		cmocka_unit_test(odd_flags_and_tags_are_no_properties_that_we_know),
		cmocka_unit_test(what_is_not_known_does_not_forbid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
