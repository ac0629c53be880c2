/* SPDX-License-Identifier: ISC */
/* wrap: ask_all */
#include "checking.h"
#include "ctl/check/host.h"

#include <arpa/nameser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RECORD   "_mta-sts.example.org TXT v=STSv1; id=2;"
#define HOST_A   "mta-sts.example.org A 192.0.2.1"
#define HOST_6   "mta-sts.example.org AAAA 2001:db8::1"
#define RECORD_P "_mta-sts.example.org CNAME record.provider.example"
#define HOST_P   "mta-sts.example.org CNAME host.provider.example"
#define PUBLISH  "publish _mta-sts.example.org. IN TXT \"v=STSv1; id=2;\""
#define LEAVE    "leave nothing but _mta-sts.example.org. IN TXT \"v=STSv1; id=2;\""

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct fixture {
	struct ask_way way;
	struct names addresses;
	struct findings findings;
	size_t next;
};

static const struct names none;
#define OWN "_mta-sts.example.org."

static struct host_record record = { OWN, "2", &none };

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state == NULL;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	names_free(&fix->addresses);
	findings_free(&fix->findings);
	free(fix);
	return 0;
}

static void check(struct fixture *fix, const char *const *lines)
{
	names_free(&fix->addresses);
	findings_free(&fix->findings);
	fix->next = 0;
	checking_dns(lines);
	assert_int_equal(
		host_check_domain(&fix->way, "example.org", &record, &fix->findings, &fix->addresses),
		ERR_OK);
	assert_int_equal(checking_asked(), 1);
}

static void assert_found(struct fixture *fix, enum finding_severity severity, const char *about,
			 const char *what, const char *instead)
{
	checking_assert_found(&fix->findings, &fix->next, severity, about, what, instead);
}

static void assert_no_more(struct fixture *fix)
{
	checking_assert_no_more(&fix->findings, fix->next);
}

static void assert_right_record(struct fixture *fix)
{
	assert_found(fix, FINDING_OK, "record",
		     "_mta-sts.example.org has the published id 2 (mta-stsctl dns asks every name server)",
		     NULL);
}

static void assert_right_host(struct fixture *fix)
{
	assert_found(fix, FINDING_OK, "address", "mta-sts.example.org has addresses (192.0.2.1, 2001:db8::1)",
		     NULL);
}

static void the_right_record_and_host_are_in_order(void **state)
{
	struct fixture *fix = *state;

	check(fix, LIST(RECORD, HOST_6, HOST_A));
	assert_right_record(fix);
	assert_right_host(fix);
	assert_no_more(fix);
	checking_assert_names(&fix->addresses, LIST("192.0.2.1", "2001:db8::1"));
}

static void a_text_beside_the_record_is_a_warning(void **state)
{
	struct fixture *fix = *state;

	check(fix, LIST(HOST_A, HOST_6, RECORD, "_mta-sts.example.org TXT hello"));
	assert_right_record(fix);
	assert_found(
		fix, FINDING_WARNING, "record",
		"_mta-sts.example.org has another text beside the record ('hello'), which not every sender "
		"ignores",
		"remove that text, or the wildcard that it comes from");
	assert_int_equal(fix->findings.total[FINDING_ERROR], 0);
}

static void every_wrong_record_is_an_error_with_the_right_one_beside_it(void **state)
{
	static const struct {
		const char *const lines[6];
		const char *what;
		const char *instead;
	} rows[] = {
		{ { HOST_A, HOST_6 }, "_mta-sts.example.org has no TXT record", PUBLISH },
		{ { HOST_A, HOST_6, "_mta-sts.example.org A 192.0.2.1" },
		  "_mta-sts.example.org has no TXT record",
		  PUBLISH },
		{ { HOST_A, HOST_6, "_mta-sts.example.org TXT v=STSv1; id=1;" },
		  "_mta-sts.example.org has the id 1, not the published 2",
		  PUBLISH },
		{ { HOST_A, HOST_6, "_mta-sts.example.org TXT v=STSv1 id=2" },
		  "_mta-sts.example.org has a malformed TXT record ('v=STSv1 id=2'): it does not begin with "
		  "v=STSv1;",
		  LEAVE },
		{ { HOST_A, HOST_6, "_mta-sts.example.org TXT v=spf1\x1b[m" },
		  "_mta-sts.example.org has no record, but another text ('v=spf1\\x1b[m')",
		  PUBLISH },
		{ { HOST_A, HOST_6, RECORD, "_mta-sts.example.org TXT v=STSv1; id=1;" },
		  "_mta-sts.example.org has more than one record, and senders accept none of them "
		  "('v=STSv1; id=1;' and 'v=STSv1; id=2;')",
		  LEAVE },
		{ { HOST_A, HOST_6, "_mta-sts.example.org TXT !silent" },
		  "_mta-sts.example.org could not be looked up (no answer in time)",
		  "mta-stsctl dns example.org" },
		{ { HOST_A, HOST_6, "_mta-sts.example.org TXT !deaf" },
		  "_mta-sts.example.org could not be looked up (the resolver does not answer)",
		  "look at the resolver (--resolver, /etc/resolv.conf)" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		check(fix, rows[i].lines);
		assert_found(fix, FINDING_ERROR, "record", rows[i].what, rows[i].instead);
		assert_right_host(fix);
		assert_no_more(fix);
	}
}

static void addresses_of_both_families_are_told_apart(void **state)
{
	static const struct {
		const char *const lines[4];
		enum finding_severity severity;
		const char *what;
		const char *instead;
	} rows[] = {
		{ { RECORD, HOST_A },
		  FINDING_NOTE,
		  "mta-sts.example.org has no IPv6 address, only 192.0.2.1",
		  "AAAA" },
		{ { RECORD, HOST_6 },
		  FINDING_WARNING,
		  "mta-sts.example.org has no IPv4 address, only 2001:db8::1",
		  "senders without IPv6" },
		{ { RECORD },
		  FINDING_ERROR,
		  "mta-sts.example.org does not exist in DNS",
		  "for mta-sts.example.org" },
		{ { RECORD, "mta-sts.example.org TXT hello" },
		  FINDING_ERROR,
		  "mta-sts.example.org has no address",
		  "for mta-sts.example.org" },
		{ { RECORD, "mta-sts.example.org A !failed" },
		  FINDING_ERROR,
		  "A records of mta-sts.example.org could not be looked up (answered SERVFAIL)",
		  "run this again" },
		{ { RECORD, HOST_A, "mta-sts.example.org AAAA !failed" },
		  FINDING_WARNING,
		  "AAAA records of mta-sts.example.org could not be looked up (answered SERVFAIL)",
		  "run this again" },
		{ { RECORD, HOST_6, "mta-sts.example.org A !deaf" },
		  FINDING_WARNING,
		  "A records of mta-sts.example.org could not be looked up (the resolver does not answer)",
		  "look at the resolver" },
		{ { RECORD, HOST_6, "mta-sts.example.org A !silent" },
		  FINDING_WARNING,
		  "A records of mta-sts.example.org could not be looked up (no answer in time)",
		  "run this again" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		check(fix, rows[i].lines);
		assert_right_record(fix);
		assert_found(fix, rows[i].severity, "address", rows[i].what, rows[i].instead);
		assert_no_more(fix);
	}
}

static void a_delegation_of_both_names_is_in_order(void **state)
{
	struct fixture *fix = *state;

	check(fix, LIST(RECORD_P, HOST_P, "record.provider.example TXT v=STSv1; id=2;",
			"host.provider.example A 192.0.2.1", "host.provider.example AAAA 2001:db8::1"));
	assert_right_record(fix);
	assert_right_host(fix);
	assert_no_more(fix);
	checking_assert_names(&fix->addresses, LIST("192.0.2.1", "2001:db8::1"));
}

static void the_cname_of_the_name_itself_is_told_in_whatever_order_they_come(void **state)
{
	char a[] = "a.example", b[] = "b.example", c[] = "c.example";
	struct ask_record records[] = { { .type = ns_t_cname, .owner = b, .text = c },
					{ .type = ns_t_cname, .owner = a, .text = b } };
	struct ask ask = { .name = "a.example", .record = records, .count = 2 };

	(void)state;
	assert_string_equal(host_alias(&ask), "b.example");
	ask.name = "x.example";
	assert_null(host_alias(&ask));
}

static void half_a_delegation_says_which_half_is_missing(void **state)
{
	struct fixture *fix = *state;

	check(fix, LIST(RECORD_P, "record.provider.example TXT v=STSv1; id=2;"));
	assert_right_record(fix);
	assert_found(fix, FINDING_ERROR, "delegation",
		     "_mta-sts.example.org is a CNAME for record.provider.example, but the other half is "
		     "missing: there is no mta-sts.example.org",
		     "add a CNAME at mta-sts.example.org");
	assert_no_more(fix);

	check(fix,
	      LIST(HOST_P, "host.provider.example A 192.0.2.1", "host.provider.example AAAA 2001:db8::1"));
	assert_found(fix, FINDING_ERROR, "delegation",
		     "mta-sts.example.org is a CNAME for host.provider.example, but the other half is "
		     "missing: there is no _mta-sts.example.org",
		     "add a CNAME at _mta-sts.example.org");
	assert_right_host(fix);
	assert_no_more(fix);
}

static void a_chain_that_ends_at_nothing_is_an_error(void **state)
{
	struct fixture *fix = *state;

	check(fix, LIST(RECORD_P, HOST_P));
	assert_found(
		fix, FINDING_ERROR, "delegation",
		"_mta-sts.example.org is a CNAME for record.provider.example, and no TXT record is there",
		"run mta-stsctl dns example.org, which says what has to be at record.provider.example");
	record.name = "record.provider.example.";
	check(fix, LIST(RECORD_P, HOST_P));
	record.name = OWN;
	assert_found(
		fix, FINDING_ERROR, "delegation",
		"_mta-sts.example.org is a CNAME for record.provider.example, and no TXT record is there",
		"publish \"v=STSv1; id=2;\" at record.provider.example");
	assert_found(fix, FINDING_ERROR, "delegation",
		     "mta-sts.example.org is a CNAME for host.provider.example, which has no address",
		     "for host.provider.example");
	assert_no_more(fix);
	checking_assert_names(&fix->addresses, LIST(NULL));
}

static void a_record_behind_a_cname_is_to_be_mended_where_it_leads(void **state)
{
	static const char unknown[] = "run mta-stsctl dns example.org, which says what has to be at end.example: "
				      "other domains may share that record";
	static const char at[] = "\"v=STSv1; id=2;\" at end.example: _mta-sts.example.org is a CNAME for it";
	static const struct {
		const char *const lines[8];
		const char *what;
	} rows[] = {
		{ { RECORD_P, "record.provider.example CNAME end.example", "end.example TXT v=STSv1; id=1;" },
		  "_mta-sts.example.org has the id 1, not the published 2" },
		{ { RECORD_P, "record.provider.example CNAME end.example", "end.example TXT v=STSv1 id=2" },
		  "_mta-sts.example.org has a malformed TXT record ('v=STSv1 id=2'): it does not begin with "
		  "v=STSv1;" },
		{ { RECORD_P, "record.provider.example CNAME end.example", "end.example TXT hello" },
		  "_mta-sts.example.org has no record, but another text ('hello')" },
		{ { RECORD_P, "record.provider.example CNAME end.example", "end.example TXT v=STSv1; id=1;",
		    "end.example TXT v=STSv1; id=2;" },
		  "_mta-sts.example.org has more than one record, and senders accept none of them "
		  "('v=STSv1; id=1;' and 'v=STSv1; id=2;')" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		record.name = OWN;
		check(fix, rows[i].lines);
		assert_found(fix, FINDING_ERROR, "record", rows[i].what, unknown);
		record.name = "end.example.";
		check(fix, rows[i].lines);
		record.name = OWN;
		assert_found(fix, FINDING_ERROR, "record", rows[i].what, at);
		assert_null(strstr(fix->findings.item[0].instead, "IN TXT"));
	}
}

/* The name where its CNAME leads is that of other records, and none of ours belongs there. */
static void a_wildcard_leads_to_a_record_at_the_name_itself(void **state)
{
	struct fixture *fix = *state;

	check(fix,
	      LIST(HOST_A, HOST_6, "_mta-sts.example.org CNAME example.org", "example.org TXT v=spf1 -all",
		   "_mta-sts-wildcard-test.example.org CNAME example.org"));
	assert_found(fix, FINDING_ERROR, "record",
		     "_mta-sts.example.org has no record, but another text ('v=spf1 -all')",
		     "publish _mta-sts.example.org. IN TXT \"v=STSv1; id=2;\": a record of its own takes the "
		     "place of the "
		     "wildcard that leads to example.org");
	assert_right_host(fix);
	assert_no_more(fix);
	check(fix, LIST(HOST_A, HOST_6, "_mta-sts.example.org CNAME example.org",
			"_mta-sts-wildcard-test.example.org CNAME example.org"));
	assert_found(fix, FINDING_ERROR, "record", "_mta-sts.example.org has no TXT record",
		     "publish _mta-sts.example.org. IN TXT \"v=STSv1; id=2;\": a record of its own takes the "
		     "place of the "
		     "wildcard that leads to example.org");
}

static void one_name_delegated_and_the_other_by_hand_is_a_note(void **state)
{
	struct fixture *fix = *state;

	check(fix, LIST(RECORD, HOST_P, "host.provider.example A 192.0.2.1",
			"host.provider.example AAAA 2001:db8::1"));
	assert_right_record(fix);
	assert_right_host(fix);
	assert_found(fix, FINDING_NOTE, "delegation",
		     "mta-sts.example.org is a CNAME for host.provider.example, _mta-sts.example.org is not: "
		     "that one has to be changed by hand with every id",
		     NULL);
	assert_no_more(fix);

	check(fix, LIST(RECORD_P, HOST_A, HOST_6, "record.provider.example TXT v=STSv1; id=2;"));
	assert_right_record(fix);
	assert_right_host(fix);
	assert_found(
		fix, FINDING_NOTE, "delegation",
		"_mta-sts.example.org is a CNAME for record.provider.example, mta-sts.example.org is not: "
		"the id and the policy have to come from the same place",
		NULL);
	assert_no_more(fix);
}

static void what_could_not_be_looked_up_is_not_called_missing(void **state)
{
	struct fixture *fix = *state;

	check(fix, LIST("_mta-sts.example.org TXT !failed", HOST_P, "host.provider.example A 192.0.2.1",
			"host.provider.example AAAA 2001:db8::1"));
	assert_found(fix, FINDING_ERROR, "record",
		     "_mta-sts.example.org could not be looked up (answered SERVFAIL)", "mta-stsctl dns");
	assert_right_host(fix);
	assert_no_more(fix);
}

static void a_resolver_that_is_no_address_is_told_apart(void **state)
{
	struct fixture *fix = *state;

	fix->way.resolver = "nonsense";
	checking_dns(LIST(NULL));
	assert_int_equal(
		host_check_domain(&fix->way, "example.org", &record, &fix->findings, &fix->addresses),
		ERR_SYNTAX);
	assert_no_more(fix);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_right_record_and_host_are_in_order),
		TEST(a_text_beside_the_record_is_a_warning),
		TEST(every_wrong_record_is_an_error_with_the_right_one_beside_it),
		TEST(addresses_of_both_families_are_told_apart),
		TEST(a_delegation_of_both_names_is_in_order),
		TEST(the_cname_of_the_name_itself_is_told_in_whatever_order_they_come),
		TEST(half_a_delegation_says_which_half_is_missing),
		TEST(a_chain_that_ends_at_nothing_is_an_error),
		TEST(a_record_behind_a_cname_is_to_be_mended_where_it_leads),
		TEST(a_wildcard_leads_to_a_record_at_the_name_itself),
		TEST(one_name_delegated_and_the_other_by_hand_is_a_note),
		TEST(what_could_not_be_looked_up_is_not_called_missing),
		TEST(a_resolver_that_is_no_address_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
