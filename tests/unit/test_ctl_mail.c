/* SPDX-License-Identifier: ISC */
/* wrap: ask_all */
#include "checking.h"
#include "ctl/check/mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct ask_way way;
	struct names hosts;
	struct names patterns;
	struct findings findings;
	size_t next;
};

static const char again[] = "run this again";

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state == NULL;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	names_free(&fix->hosts);
	names_free(&fix->patterns);
	findings_free(&fix->findings);
	free(fix);
	return 0;
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void fill(struct names *names, const char *const *strings)
{
	for (; *strings != NULL; strings++)
		assert_int_equal(names_put(names, *strings), ERR_OK);
}

static void find(struct fixture *fix, const char *const *lines)
{
	checking_dns(lines);
	assert_int_equal(mail_find_hosts(&fix->way, "example.org", &fix->findings, &fix->hosts), ERR_OK);
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

static void assert_hosts(struct fixture *fix, const char *const *expected)
{
	checking_assert_names(&fix->hosts, expected);
}

static void the_hosts_of_mx_records_are_found_each_once(void **state)
{
	struct fixture *fix = *state;

	find(fix, LIST("example.org MX mx1.example.net", "example.org MX mx2.example.net",
		       "example.org MX mx1.example.net"));
	assert_hosts(fix, LIST("mx1.example.net", "mx2.example.net"));
	assert_no_more(fix);
}

static void without_mx_the_domain_itself_takes_the_mail(void **state)
{
	struct fixture *fix = *state;

	find(fix, LIST("example.org AAAA 2001:db8::1"));
	assert_hosts(fix, LIST("example.org"));
	assert_found(fix, FINDING_NOTE, "mx",
		     "example.org has no MX record: its mail goes to the address of that name itself", NULL);
	assert_no_more(fix);
}

static void without_mx_and_address_there_is_nothing_to_cover(void **state)
{
	struct fixture *fix = *state;

	find(fix, LIST("example.org TXT hello"));
	assert_hosts(fix, LIST(NULL));
	assert_found(
		fix, FINDING_NOTE, "mx",
		"example.org has neither an MX record nor an address: it accepts no mail, nothing to cover",
		NULL);
	assert_no_more(fix);
}

static void a_null_mx_leaves_nothing_to_cover(void **state)
{
	struct fixture *fix = *state;

	find(fix, LIST("example.org MX .", "example.org A 192.0.2.1"));
	assert_hosts(fix, LIST(NULL));
	assert_found(fix, FINDING_NOTE, "mx", "example.org accepts no mail (null MX): nothing to cover",
		     NULL);
	assert_no_more(fix);
}

static void a_null_mx_beside_others_is_an_error_and_they_count(void **state)
{
	struct fixture *fix = *state;

	find(fix, LIST("example.org MX .", "example.org MX mail.example.org"));
	assert_hosts(fix, LIST("mail.example.org"));
	assert_found(fix, FINDING_ERROR, "mx", "example.org has a null MX and others", "remove the MX");
	assert_no_more(fix);
}

static void a_domain_that_does_not_exist_is_an_error(void **state)
{
	struct fixture *fix = *state;

	find(fix, LIST("example.com A 192.0.2.1"));
	assert_hosts(fix, LIST(NULL));
	assert_found(fix, FINDING_ERROR, "mx", "example.org does not exist in DNS", "delegated");
	assert_no_more(fix);
}

static void what_cannot_be_looked_up_is_an_error(void **state)
{
	static const struct {
		const char *const lines[4];
		const char *what;
	} rows[] = {
		{ { "example.org MX !failed" },
		  "MX records of example.org could not be looked up (answered SERVFAIL)" },
		{ { "example.org MX !silent" },
		  "MX records of example.org could not be looked up (no answer in time)" },
		{ { "example.org MX !no route" },
		  "MX records of example.org could not be looked up (no route to it from here)" },
		{ { "example.org A !failed" },
		  "address records of example.org could not be looked up (answered SERVFAIL)" },
		{ { "example.org AAAA !silent" },
		  "address records of example.org could not be looked up (no answer in time)" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		find(fix, rows[i].lines);
		assert_hosts(fix, LIST(NULL));
		assert_found(fix, FINDING_ERROR, "mx", rows[i].what, again);
		assert_no_more(fix);
	}
}

static void an_mx_that_is_no_host_name_is_an_error(void **state)
{
	struct fixture *fix = *state;

	find(fix, LIST("example.org MX 192.0.2.1", "example.org MX mail.example.org"));
	assert_hosts(fix, LIST("mail.example.org"));
	assert_found(fix, FINDING_ERROR, "mx",
		     "MX '192.0.2.1' of example.org is not a host name: it is an IP address, not a name",
		     "the name of the mail server");
	assert_no_more(fix);
}

static void a_resolver_that_is_no_address_is_told_apart(void **state)
{
	struct fixture *fix = *state;

	fix->way.resolver = "nonsense";
	checking_dns(LIST(NULL));
	assert_int_equal(mail_find_hosts(&fix->way, "example.org", &fix->findings, &fix->hosts), ERR_SYNTAX);
	assert_int_equal(mail_check_addresses(&fix->way, &fix->hosts, &fix->findings), ERR_SYNTAX);
}

static void every_host_has_to_match_a_pattern(void **state)
{
	struct fixture *fix = *state;

	fill(&fix->patterns, LIST("mail.example.org", "*.example.net"));
	fill(&fix->hosts, LIST("mail.example.org", "mx1.example.net", "a.mx1.example.net", "example.net"));
	mail_check_cover(&fix->patterns, &fix->hosts, &fix->findings);
	assert_found(fix, FINDING_OK, "mx", "mail.example.org is covered by the mx line mail.example.org",
		     NULL);
	assert_found(fix, FINDING_OK, "mx", "mx1.example.net is covered by the mx line *.example.net", NULL);
	assert_found(fix, FINDING_ERROR, "mx",
		     "a.mx1.example.net is covered by no mx line (mail.example.org, *.example.net)",
		     "mta-stsctl reload");
	assert_found(fix, FINDING_ERROR, "mx",
		     "example.net is covered by no mx line (mail.example.org, *.example.net)",
		     "mta-stsctl reload");
	assert_no_more(fix);
}

static void without_patterns_nothing_is_covered(void **state)
{
	struct fixture *fix = *state;

	fill(&fix->hosts, LIST("mail.example.org"));
	mail_check_cover(&fix->patterns, &fix->hosts, &fix->findings);
	assert_found(fix, FINDING_ERROR, "mx", "mail.example.org is covered by no mx line (none)",
		     "mta-stsctl reload");
	assert_no_more(fix);
}

static void patterns_that_do_not_fit_a_line_are_cut(void **state)
{
	struct fixture *fix = *state;

	for (int i = 0; i < 50; i++)
		fill(&fix->patterns, LIST("mail.a-name-of-some-length.example"));
	fill(&fix->hosts, LIST("mail.example.org"));
	mail_check_cover(&fix->patterns, &fix->hosts, &fix->findings);
	assert_found(fix, FINDING_ERROR, "mx",
		     "mail.example.org is covered by no mx line (mail.a-name-of-some-length.example, "
		     "mail.a-name-of-some-length.example, mail.a-name-of-some-length.example, "
		     "mail.a-name-of-some-length.example, mail.a-name-of-some-length.example, ...)",
		     "mta-stsctl reload");
}

static void a_pattern_that_covers_no_host_is_a_warning(void **state)
{
	struct fixture *fix = *state;

	fill(&fix->patterns, LIST("mail.example.org", "*.old.example", "*.example.org"));
	fill(&fix->hosts, LIST("mail.example.org"));
	mail_check_unused(&fix->patterns, &fix->hosts, &fix->findings);
	assert_found(fix, FINDING_WARNING, "mx", "the mx line *.old.example covers no MX", "remove it");
	assert_no_more(fix);
}

static void without_hosts_no_pattern_is_blamed(void **state)
{
	struct fixture *fix = *state;

	fill(&fix->patterns, LIST("mail.example.org"));
	mail_check_unused(&fix->patterns, &fix->hosts, &fix->findings);
	assert_no_more(fix);
}

static void every_mx_needs_an_address_and_is_no_alias(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example A 192.0.2.1", "a.example AAAA 2001:db8::1", "b.example TXT hello",
			  "c.example CNAME d.example", "d.example A 192.0.2.2"));
	fill(&fix->hosts, LIST("a.example", "b.example", "c.example"));
	assert_int_equal(mail_check_addresses(&fix->way, &fix->hosts, &fix->findings), ERR_OK);
	assert_found(fix, FINDING_OK, "address", "a.example has addresses (192.0.2.1, 2001:db8::1)", NULL);
	assert_found(fix, FINDING_ERROR, "address", "b.example has no address", "add an A record");
	assert_found(fix, FINDING_NOTE, "address", "c.example has no IPv6 address, only 192.0.2.2", "AAAA");
	assert_found(fix, FINDING_WARNING, "mx", "MX c.example is a CNAME for d.example", "not allowed");
	assert_no_more(fix);
}

static void all_addresses_are_asked_for_at_once(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST(NULL));
	fill(&fix->hosts, LIST("a.example", "b.example", "c.example"));
	assert_int_equal(mail_check_addresses(&fix->way, &fix->hosts, &fix->findings), ERR_OK);
	assert_int_equal(checking_asked(), 1);
	assert_int_equal(fix->findings.total[FINDING_ERROR], 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_hosts_of_mx_records_are_found_each_once),
		TEST(without_mx_the_domain_itself_takes_the_mail),
		TEST(without_mx_and_address_there_is_nothing_to_cover),
		TEST(a_null_mx_leaves_nothing_to_cover),
		TEST(a_null_mx_beside_others_is_an_error_and_they_count),
		TEST(a_domain_that_does_not_exist_is_an_error),
		TEST(what_cannot_be_looked_up_is_an_error),
		TEST(an_mx_that_is_no_host_name_is_an_error),
		TEST(a_resolver_that_is_no_address_is_told_apart),
		TEST(every_host_has_to_match_a_pattern),
		TEST(without_patterns_nothing_is_covered),
		TEST(patterns_that_do_not_fit_a_line_are_cut),
		TEST(a_pattern_that_covers_no_host_is_a_warning),
		TEST(without_hosts_no_pattern_is_blamed),
		TEST(every_mx_needs_an_address_and_is_no_alias),
		TEST(all_addresses_are_asked_for_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
