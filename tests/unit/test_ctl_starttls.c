/* SPDX-License-Identifier: ISC */
/* wrap: ask_all clock_now smtp_probe_all */
#include "base/clock.h"
#include "checking.h"
#include "ctl/check/starttls.h"
#include "ctl/cli/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW  ((time_t)1795449600) /* 2026-11-23 16:00:00 UTC */
#define DAY  ((time_t)86400)
#define MANY 60

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

__typeof__(clock_now) __wrap_clock_now;

struct fixture {
	struct findings findings;
	struct probed *probed;
	struct ask_way way;
	struct names hosts;
	size_t next;
	bool known;
};

time_t __wrap_clock_now(void)
{
	return NOW;
}

static int set_up(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	checking_smtp(SMTP_SECURE, "", 0);
	*state = fix;
	return fix == NULL || probed_new(NULL, &fix->probed) != ERR_OK;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	findings_free(&fix->findings);
	names_free(&fix->hosts);
	probed_free(&fix->probed);
	free(fix);
	return 0;
}

static void check(struct fixture *fix, const char *const *hosts)
{
	findings_free(&fix->findings);
	names_free(&fix->hosts);
	fix->next = 0;
	for (; *hosts != NULL; hosts++)
		assert_int_equal(names_put(&fix->hosts, *hosts), ERR_OK);
	assert_int_equal(starttls_check(fix->probed, &fix->way, &fix->hosts, &fix->findings, &fix->known),
			 ERR_OK);
}

static void found(struct fixture *fix, enum finding_severity severity, const char *what, const char *instead)
{
	checking_assert_found(&fix->findings, &fix->next, severity, "starttls", what, instead);
}

/* One address that ended like this. */
static void judge(struct fixture *fix, struct smtp_probe probe)
{
	struct smtp_probe both[] = { probe,
				     { .host = "mx.example",
				       .address = "192.0.2.9",
				       .state = SMTP_SECURE,
				       .not_before = NOW - DAY,
				       .not_after = NOW + 89 * DAY } };
	struct probed_host host = { both, 2 };

	both[0].host = "mx.example";
	both[0].address = "192.0.2.1";
	findings_free(&fix->findings);
	fix->next = 0;
	starttls_judge(&host, 1, &fix->findings, &fix->known);
}

static void each_address_of_each_mx_is_told_of(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("mx.example A 192.0.2.1", "mx.example AAAA 2001:db8::1", "b.example A 192.0.2.2"));
	checking_smtp(SMTP_SECURE, "192.0.2.2", SMTP_NO_STARTTLS);
	check(fix, LIST("mx.example", "b.example"));
	found(fix, FINDING_OK,
	      "MX mx.example at 192.0.2.1 offers STARTTLS with a certificate that is valid until "
	      "2100-01-01T00:00:00Z",
	      NULL);
	found(fix, FINDING_OK,
	      "MX mx.example at 2001:db8::1 offers STARTTLS with a certificate that is valid until "
	      "2100-01-01T00:00:00Z",
	      NULL);
	found(fix, FINDING_ERROR,
	      "MX b.example at 192.0.2.2: it does not offer STARTTLS, which enforce requires",
	      "switch TLS on");
	checking_assert_no_more(&fix->findings, fix->next);
	assert_true(fix->known);
}

static void what_senders_refuse_is_an_error_and_what_is_not_known_a_warning(void **state)
{
	static const struct {
		struct smtp_probe probe;
		enum finding_severity severity;
		const char *what;
	} rows[] = {
		{ { .state = SMTP_NO_STARTTLS, .reply = 250, .detail = "STARTTLS not supported." },
		  FINDING_ERROR,
		  "it does not offer STARTTLS, which enforce requires" },
		{ { .state = SMTP_NO_STARTTLS, .reply = 454 },
		  FINDING_ERROR,
		  "it does not offer STARTTLS, which enforce requires (it says 454)" },
		{ { .state = SMTP_NO_TLS, .detail = "version" },
		  FINDING_ERROR,
		  "the TLS handshake fails (version)" },
		{ { .state = SMTP_WRONG_NAME }, FINDING_ERROR, "the certificate does not name this host" },
		{ { .state = SMTP_WRONG_TIME, .not_before = NOW - 2 * DAY, .not_after = NOW - DAY },
		  FINDING_ERROR,
		  "the certificate is not valid now (from 2026-11-21T16:00:00Z until 2026-11-22T16:00:00Z)" },
		{ { .state = SMTP_UNTRUSTED, .detail = "of no use" },
		  FINDING_ERROR,
		  "the certificate is not trusted" },
		{ { .state = SMTP_REFUSED, .reply = 554 },
		  FINDING_WARNING,
		  "it does not talk to this machine, so its TLS is not known (it says 554)" },
		{ { .state = SMTP_SLOW },
		  FINDING_WARNING,
		  "it takes over 20 seconds, so its TLS is not known" },
		{ { .state = SMTP_BROKEN, .detail = "reset" },
		  FINDING_WARNING,
		  "the connection breaks, so its TLS is not known (reset)" },
		{ { .state = SMTP_NO_CONNECTION },
		  FINDING_WARNING,
		  "no connection to port 25, so its TLS is not known" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char what[200];

		judge(fix, rows[i].probe);
		(void)snprintf(what, sizeof(what), "MX mx.example at 192.0.2.1: %s", rows[i].what);
		assert_true(fix->findings.count > 0 && fix->findings.item[0].instead != NULL);
		found(fix, rows[i].severity, what, fix->findings.item[0].instead);
		found(fix, FINDING_OK,
		      "MX mx.example at 192.0.2.9 offers STARTTLS with a certificate that is valid until "
		      "2027-02-20T16:00:00Z",
		      NULL);
		assert_true(fix->known);
	}
}

static void a_certificate_that_should_have_been_renewed_is_a_warning(void **state)
{
	static const struct {
		time_t lifetime, left;
		enum finding_severity severity;
	} rows[] = {
		{ 90 * DAY, 22 * DAY, FINDING_OK },  { 90 * DAY, 20 * DAY, FINDING_WARNING },
		{ 365 * DAY, 22 * DAY, FINDING_OK }, { 365 * DAY, 20 * DAY, FINDING_WARNING },
		{ 45 * DAY, 12 * DAY, FINDING_OK },  { 45 * DAY, 11 * DAY, FINDING_WARNING },
		{ 6 * DAY, 2 * DAY, FINDING_OK },    { 6 * DAY, DAY, FINDING_WARNING },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		judge(fix, (struct smtp_probe){ .state = SMTP_SECURE,
						.not_before = NOW + rows[i].left - rows[i].lifetime,
						.not_after = NOW + rows[i].left });
		assert_int_equal(fix->findings.item[0].severity, rows[i].severity);
	}
}

static void an_mx_of_which_nothing_is_known_is_not_called_known(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example A 192.0.2.1", "b.example A 192.0.2.2"));
	checking_smtp(SMTP_SECURE, "192.0.2.2", SMTP_REFUSED);
	check(fix, LIST("a.example", "b.example"));
	assert_int_equal(fix->findings.total[FINDING_WARNING], 1);
	assert_false(fix->known);
	check(fix, LIST("nowhere.example"));
	checking_assert_no_more(&fix->findings, 0);
	assert_false(fix->known);
}

static void a_network_that_lets_nothing_out_is_one_note(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example A 192.0.2.1", "a.example AAAA 2001:db8::1", "b.example A 192.0.2.2"));
	checking_smtp(SMTP_NO_CONNECTION, "2001:db8::1", SMTP_NO_ROUTE);
	check(fix, LIST("a.example", "b.example"));
	found(fix, FINDING_NOTE,
	      "whether the MX offer TLS as enforce requires is not known: from here none can be reached on "
	      "port "
	      "25 (a.example at 192.0.2.1, and others)",
	      "run this on a machine that sends mail: many networks let nothing out to port 25");
	checking_assert_no_more(&fix->findings, fix->next);
	assert_false(fix->known);
}

static void of_domains_that_share_an_mx_it_is_connected_to_once(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("mx.example A 192.0.2.1"));
	for (size_t i = 0; i < MANY; i++) {
		check(fix, LIST("mx.example"));
		assert_int_equal(fix->findings.total[FINDING_OK], 1);
	}
	assert_int_equal(checking_probed(), 1);
}

/* Each has the same MX; may run in any thread. */
static void check_one(void *context, size_t index)
{
	struct fixture *fix = context;
	struct names hosts = { 0 };
	struct findings findings = { 0 };
	bool known = false;

	(void)index;
	assert_int_equal(names_put(&hosts, "mx.example"), ERR_OK);
	assert_int_equal(starttls_check(fix->probed, &fix->way, &hosts, &findings, &known), ERR_OK);
	assert_true(known);
	findings_free(&findings);
	names_free(&hosts);
}

static void threads_wait_for_each_other(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("mx.example A 192.0.2.1"));
	work_run(MANY, check_one, fix);
	assert_int_equal(checking_probed(), 1);
}

/* MANY hosts, each with an address of its own. */
static void check_many(struct fixture *fix, size_t first)
{
	static char lines[MANY][64], names[MANY][32];
	static const char *zone[MANY + 1];

	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "mx%zu.example", i);
		(void)snprintf(lines[i], sizeof(lines[i]), "mx%zu.example A 192.0.2.%zu", i, i);
		zone[i] = lines[i];
	}
	checking_dns(zone);
	for (size_t i = first; i < MANY; i++)
		check(fix, LIST(names[i]));
}

static void after_some_that_cannot_be_reached_no_other_is_tried(void **state)
{
	struct fixture *fix = *state;

	checking_smtp(SMTP_NO_CONNECTION, "", 0);
	check_many(fix, 0);
	assert_int_equal(checking_probed(), PROBED_SILENT_MOST);
	assert_int_equal(fix->findings.total[FINDING_NOTE], 1);
	assert_false(fix->known);
}

static void where_one_was_reached_all_are_tried(void **state)
{
	struct fixture *fix = *state;

	checking_smtp(SMTP_NO_CONNECTION, "192.0.2.3", SMTP_SLOW);
	check_many(fix, 0);
	assert_int_equal(checking_probed(), MANY);
}

static void what_goes_wrong_is_told(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(names_put(&fix->hosts, "mx.example"), ERR_OK);
	fix->way.resolver = "nonsense";
	assert_int_equal(starttls_check(fix->probed, &fix->way, &fix->hosts, &fix->findings, &fix->known),
			 ERR_SYNTAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_address_of_each_mx_is_told_of),
		TEST(what_senders_refuse_is_an_error_and_what_is_not_known_a_warning),
		TEST(a_certificate_that_should_have_been_renewed_is_a_warning),
		TEST(an_mx_of_which_nothing_is_known_is_not_called_known),
		TEST(a_network_that_lets_nothing_out_is_one_note),
		TEST(of_domains_that_share_an_mx_it_is_connected_to_once),
		TEST(threads_wait_for_each_other),
		TEST(after_some_that_cannot_be_reached_no_other_is_tried),
		TEST(where_one_was_reached_all_are_tried),
		TEST(what_goes_wrong_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
