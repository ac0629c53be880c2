/* SPDX-License-Identifier: ISC */
/* wrap: clock_now fetch_all */
#include "base/clock.h"
#include "checking.h"
#include "ctl/check/served.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW    ((time_t)1795449600) /* 2026-11-23 16:00:00 UTC */
#define DAY    ((time_t)86400)
#define POLICY "version: STSv1\r\nmode: testing\r\nmx: mail.example.org\r\nmax_age: 604800\r\n"

__typeof__(fetch_all) __wrap_fetch_all;
__typeof__(clock_now) __wrap_clock_now;

struct fixture {
	struct checked checked;
	struct fetch fetch[2];
	size_t next;
};

time_t __wrap_clock_now(void)
{
	return NOW;
}

static size_t fetched;
static char last_address[64];

/* Every address answers as it should; with --ca there is no memory. */
enum err __wrap_fetch_all(struct fetch *fetches, size_t count)
{
	fetched = count;
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(fetches[i].host, "mta-sts.example.org");
		assert_int_equal(fetches[i].port, 443);
		(void)snprintf(last_address, sizeof(last_address), "%s", fetches[i].address);
		if (fetches[i].ca != NULL)
			return ERR_NO_MEMORY;
		fetches[i].state = FETCH_ANSWERED;
		fetches[i].status = 200;
		(void)snprintf(fetches[i].type, sizeof(fetches[i].type), "text/plain");
		assert_int_equal(text_appendf(&fetches[i].body, "%s", POLICY), ERR_OK);
	}
	return ERR_OK;
}

static struct fetch good(const char *address)
{
	struct fetch fetch = { .host = "mta-sts.example.org",
			       .address = address,
			       .state = FETCH_ANSWERED,
			       .status = 200,
			       .type = "text/plain; charset=utf-8",
			       .detail = "the detail",
			       .took_ms = 120,
			       .not_before = NOW - DAY,
			       .not_after = NOW + 60 * DAY };

	assert_int_equal(text_appendf(&fetch.body, "%s", POLICY), ERR_OK);
	return fetch;
}

static int set_up(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	if (fix == NULL)
		return 1;
	fix->checked.domain = "example.org";
	fix->checked.policy = POLICY;
	fix->checked.certificate = true;
	fix->fetch[0] = good("192.0.2.1");
	fix->fetch[1] = good("2001:db8::1");
	*state = fix;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	fetch_free(fix->fetch, 2);
	findings_free(&fix->checked.findings);
	free(fix);
	return 0;
}

static void judge(struct fixture *fix, size_t count)
{
	findings_free(&fix->checked.findings);
	fix->next = 0;
	served_judge(fix->fetch, count, &fix->checked);
}

static void assert_found(struct fixture *fix, enum finding_severity severity, const char *about,
			 const char *what, const char *instead)
{
	checking_assert_found(&fix->checked.findings, &fix->next, severity, about, what, instead);
}

static void assert_no_more(struct fixture *fix)
{
	checking_assert_no_more(&fix->checked.findings, fix->next);
}

static void assert_good_certificate(struct fixture *fix)
{
	assert_found(
		fix, FINDING_OK, "certificate",
		"the certificate of mta-sts.example.org is valid for 60 days, until 2027-01-22T16:00:00Z",
		NULL);
}

static void the_published_policy_from_every_address_is_in_order(void **state)
{
	struct fixture *fix = *state;

	judge(fix, 2);
	assert_found(fix, FINDING_OK, "fetch",
		     "mta-sts.example.org at 192.0.2.1 serves the published policy in 0.1 seconds", NULL);
	assert_found(fix, FINDING_OK, "fetch",
		     "mta-sts.example.org at 2001:db8::1 serves the published policy in 0.1 seconds", NULL);
	assert_good_certificate(fix);
	assert_no_more(fix);
}

static void whatever_keeps_the_answer_away_is_an_error(void **state)
{
	static const struct {
		enum fetch_state fetch;
		const char *about;
		const char *what;
		const char *instead;
	} rows[] = {
		{ FETCH_NO_CONNECTION, "fetch",
		  "mta-sts.example.org at 192.0.2.1: no connection (the detail)", "port 443" },
		{ FETCH_SLOW, "fetch",
		  "mta-sts.example.org at 192.0.2.1: no whole answer in time (the detail)", "port 443" },
		{ FETCH_NO_TLS, "fetch",
		  "mta-sts.example.org at 192.0.2.1: the TLS handshake fails (the detail)",
		  "mta-stsctl status" },
		{ FETCH_WRONG_NAME, "certificate",
		  "mta-sts.example.org at 192.0.2.1: the certificate does not name this host (the detail)",
		  "get one" },
		{ FETCH_WRONG_TIME, "certificate",
		  "mta-sts.example.org at 192.0.2.1: the certificate is not valid now (from "
		  "2026-11-22T16:00:00Z until 2027-01-22T16:00:00Z)",
		  "renew it" },
		{ FETCH_UNTRUSTED, "certificate",
		  "mta-sts.example.org at 192.0.2.1: the certificate is not trusted", "--ca" },
		{ FETCH_TOO_LARGE, "fetch",
		  "mta-sts.example.org at 192.0.2.1: the answer is over 64 KiB (the detail)",
		  "which machine" },
		{ FETCH_BROKEN, "fetch", "mta-sts.example.org at 192.0.2.1: the fetch fails (the detail)",
		  "the log" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fix->fetch[0].state = rows[i].fetch;
		judge(fix, 1);
		assert_found(fix, FINDING_ERROR, rows[i].about, rows[i].what, rows[i].instead);
		assert_no_more(fix);
	}
}

static void a_redirect_is_an_error_of_its_own(void **state)
{
	struct fixture *fix = *state;

	fix->fetch[0].status = 301;
	(void)snprintf(fix->fetch[0].location, sizeof(fix->fetch[0].location), "https://www.example.org/");
	judge(fix, 1);
	assert_found(fix, FINDING_ERROR, "fetch",
		     "mta-sts.example.org at 192.0.2.1 answers with a redirect (301 to "
		     "'https://www.example.org/')",
		     "follow no redirect");
	assert_good_certificate(fix);
	assert_no_more(fix);
}

static void any_status_but_200_is_an_error(void **state)
{
	struct fixture *fix = *state;

	fix->fetch[0].status = 404;
	judge(fix, 1);
	assert_found(fix, FINDING_ERROR, "fetch",
		     "mta-sts.example.org at 192.0.2.1 answers with status 404, not 200", "knows the domain");
	fix->fetch[0].status = 204;
	judge(fix, 1);
	assert_found(fix, FINDING_ERROR, "fetch",
		     "mta-sts.example.org at 192.0.2.1 answers with status 204, not 200", "knows the domain");
}

static void one_byte_more_or_other_is_another_policy(void **state)
{
	static const char what[] = "mta-sts.example.org at 192.0.2.1 serves another policy than this daemon: "
				   "another machine, or an "
				   "old file";
	struct fixture *fix = *state;

	fix->fetch[0].body.bytes[20] ^= 1;
	judge(fix, 1);
	assert_found(fix, FINDING_ERROR, "fetch", what, "before the TXT record");
	assert_good_certificate(fix);
	assert_no_more(fix);
	fix->fetch[0].body.bytes[20] ^= 1;
	assert_int_equal(text_append(&fix->fetch[0].body, "\n", 1), ERR_OK);
	judge(fix, 1);
	assert_found(fix, FINDING_ERROR, "fetch", what, "before the TXT record");
	text_free(&fix->fetch[0].body);
	judge(fix, 1);
	assert_found(fix, FINDING_ERROR, "fetch", what, "before the TXT record");
}

static void the_content_type_is_plain_text_with_or_without_parameters(void **state)
{
	static const struct {
		const char *type;
		bool plain;
	} rows[] = {
		{ "text/plain", true },
		{ "Text/Plain", true },
		{ "text/plain;charset=utf-8", true },
		{ "text/plain ; charset", true },
		{ "text/html", false },
		{ "text/plainer", false },
		{ "text", false },
		{ "", false },
	};
	struct fixture *fix = *state;
	char what[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		(void)snprintf(fix->fetch[0].type, sizeof(fix->fetch[0].type), "%s", rows[i].type);
		(void)snprintf(what, sizeof(what),
			       "mta-sts.example.org at 192.0.2.1 answers with the Content-Type '%s'",
			       rows[i].type);
		judge(fix, 1);
		if (rows[i].plain)
			assert_int_equal(fix->checked.findings.total[FINDING_ERROR], 0);
		else
			assert_found(fix, FINDING_ERROR, "fetch", what, "text/plain");
	}
}

static void over_two_seconds_is_a_warning(void **state)
{
	struct fixture *fix = *state;

	fix->fetch[0].took_ms = 2001;
	judge(fix, 1);
	assert_found(fix, FINDING_WARNING, "fetch", "mta-sts.example.org at 192.0.2.1 took 2.0 seconds",
		     "give up after 2 seconds");
	assert_good_certificate(fix);
	assert_no_more(fix);
	fix->fetch[0].took_ms = 2000;
	judge(fix, 1);
	assert_int_equal(fix->checked.findings.total[FINDING_WARNING], 0);
}

static void the_certificate_that_expires_first_counts(void **state)
{
	struct fixture *fix = *state;

	fix->fetch[1].not_after = NOW + 21 * DAY;
	judge(fix, 2);
	fix->next = 2;
	assert_found(
		fix, FINDING_OK, "certificate",
		"the certificate of mta-sts.example.org is valid for 21 days, until 2026-12-14T16:00:00Z",
		NULL);
	fix->fetch[1].not_after = NOW + 21 * DAY - 1;
	judge(fix, 2);
	fix->next = 2;
	assert_found(
		fix, FINDING_WARNING, "certificate",
		"the certificate of mta-sts.example.org is valid for 20 days, until 2026-12-14T15:59:59Z",
		"renewed");
	assert_no_more(fix);
}

static void a_daemon_without_certificate_is_an_error(void **state)
{
	struct fixture *fix = *state;

	fix->checked.certificate = false;
	judge(fix, 0);
	assert_found(fix, FINDING_ERROR, "certificate",
		     "this daemon has no certificate for mta-sts.example.org", "mta-stsctl reload");
	assert_no_more(fix);
}

static void a_family_without_route_is_a_note_as_long_as_the_other_was_tried(void **state)
{
	struct fixture *fix = *state;

	fix->fetch[1].state = FETCH_NO_ROUTE;
	fix->fetch[1].not_after = 0;
	judge(fix, 2);
	fix->next = 1;
	assert_found(fix, FINDING_NOTE, "fetch",
		     "mta-sts.example.org at 2001:db8::1 was not tried from this machine (no IPv6)", NULL);
	assert_good_certificate(fix);
	assert_no_more(fix);
	fix->fetch[0].state = FETCH_NO_ROUTE;
	fix->fetch[0].not_after = 0;
	judge(fix, 2);
	assert_found(fix, FINDING_NOTE, "fetch",
		     "mta-sts.example.org at 192.0.2.1 was not tried from this machine (no IPv4)", NULL);
	fix->next++;
	assert_found(fix, FINDING_ERROR, "fetch",
		     "whether senders get the policy is not known: no address could be tried from here",
		     "run this on a machine with IPv4");
	assert_no_more(fix);
	fix->fetch[0].address = "2001:db8::2";
	judge(fix, 1);
	fix->next++;
	assert_found(fix, FINDING_ERROR, "fetch",
		     "whether senders get the policy is not known: no address could be tried from here",
		     "run this on a machine with IPv6");
}

static void an_address_that_is_no_use_to_others_is_told_whatever_answers_there(void **state)
{
	static const struct {
		const char *address;
		enum finding_severity severity;
		const char *what;
		const char *instead;
	} rows[] = {
		{ "0.0.0.0", FINDING_ERROR, "the unspecified address", "A record" },
		{ "::", FINDING_ERROR, "the unspecified address", "AAAA record" },
		{ "255.255.255.255", FINDING_ERROR, "the broadcast address", "A record" },
		{ "224.0.0.1", FINDING_ERROR, "a multicast address", "A record" },
		{ "239.255.255.255", FINDING_ERROR, "a multicast address", "A record" },
		{ "ff02::1", FINDING_ERROR, "a multicast address", "AAAA record" },
		{ "127.0.0.2", FINDING_WARNING, "a loopback address", "A record" },
		{ "::1", FINDING_WARNING, "a loopback address", "AAAA record" },
		{ "126.0.0.1", FINDING_OK, NULL, NULL },
		{ "240.0.0.1", FINDING_OK, NULL, NULL },
		{ "fd00::1", FINDING_OK, NULL, NULL },
	};
	struct fixture *fix = *state;
	char what[120];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fix->fetch[0].address = rows[i].address;
		(void)snprintf(what, sizeof(what),
			       "mta-sts.example.org has %s (%s), which no sender elsewhere can use",
			       rows[i].what != NULL ? rows[i].what : "", rows[i].address);
		judge(fix, 1);
		if (rows[i].what != NULL)
			assert_found(fix, rows[i].severity, "address", what, rows[i].instead);
		assert_int_equal(fix->checked.findings.count, rows[i].severity == FINDING_WARNING ? 3 : 2);
	}
}

static void at_most_eight_addresses_are_tried(void **state)
{
	struct names addresses = { 0 };
	struct fixture *fix = *state;
	char address[32];

	for (int i = 1; i <= 10; i++) {
		(void)snprintf(address, sizeof(address), "192.0.2.%d", i);
		assert_int_equal(names_put(&addresses, address), ERR_OK);
	}
	assert_int_equal(served_check(&addresses, NULL, &fix->checked), ERR_OK);
	assert_int_equal(fetched, 8);
	assert_string_equal(last_address, "192.0.2.8");
	assert_int_equal(fix->checked.findings.total[FINDING_OK], 8);
	fix->next = 8;
	assert_found(fix, FINDING_NOTE, "fetch", "2 more addresses of mta-sts.example.org were not tried",
		     NULL);
	assert_no_more(fix);
	assert_int_equal(served_check(&addresses, "ca.pem", &fix->checked), ERR_NO_MEMORY);
	names_free(&addresses);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_published_policy_from_every_address_is_in_order),
		TEST(whatever_keeps_the_answer_away_is_an_error),
		TEST(a_redirect_is_an_error_of_its_own),
		TEST(any_status_but_200_is_an_error),
		TEST(one_byte_more_or_other_is_another_policy),
		TEST(the_content_type_is_plain_text_with_or_without_parameters),
		TEST(over_two_seconds_is_a_warning),
		TEST(the_certificate_that_expires_first_counts),
		TEST(a_daemon_without_certificate_is_an_error),
		TEST(a_family_without_route_is_a_note_as_long_as_the_other_was_tried),
		TEST(an_address_that_is_no_use_to_others_is_told_whatever_answers_there),
		TEST(at_most_eight_addresses_are_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
