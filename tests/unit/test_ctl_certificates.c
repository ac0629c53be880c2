/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/show/certificates.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CERTIFICATE(file, source, names, issuer, days, stage, used)                                          \
	"{\"file\":\"" file "\",\"source\":\"" source "\",\"names\":[" names "],\"issuer\":\"" issuer        \
	"\",\"key\":\"rsa\",\"not_before\":\"2026-11-23T00:00:00Z\",\"not_after\":\"2027-02-21T00:00:00Z\"," \
	"\"days_left\":" days ",\"stage\":\"" stage "\",\"used\":" used "}"
#define PLAIN CERTIFICATE("/c/a.pem", "directory", "\"mta-sts.a.example\"", "CN=R3", "89", "fine", "true")
#define LIST(certificates, uncovered)                                                                        \
	"{\"certificates\":[" certificates "],\"uncovered\":0,\"uncovered_domains\":[" uncovered "]}"

static void assert_prints(const char *json, const char *expected)
{
	struct printed seen = printed(certificates_print, FORMAT_PEOPLE, json);

	assert_int_equal(seen.err, ERR_OK);
	if (strstr(seen.out, expected) == NULL)
		fail_msg("no\n%s\nin\n%s", expected, seen.out);
	printed_free(&seen);
}

static void certificates_make_a_table(void **state)
{
	struct printed seen =
		printed(certificates_print, FORMAT_PEOPLE,
			LIST(PLAIN "," CERTIFICATE("/s/b.pem", "installed",
						   "\"b.example\",\"mta-sts.b.example\",\"www.b.example\"",
						   "C=US,CN=A\\\\, B,O=Org", "-2", "expired", "false"),
			     ""));

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out,
			    "NAMES                         ISSUER  DAYS LEFT  STAGE    USED  FROM\n"
			    "mta-sts.a.example             R3      89         fine     yes   /c/a.pem\n"
			    "mta-sts.b.example and 2 more  A\\, B   -2         expired  no    installed\n");
	printed_free(&seen);
}

static void the_name_that_matters_stands_for_all(void **state)
{
	(void)state;
	assert_prints(
		LIST(CERTIFICATE("f", "installed", "\"a.example\",\"*.a.example\"", "", "1", "soon", "true"),
		     ""),
		"\n*.a.example and 1 more  -  ");
	assert_prints(
		LIST(CERTIFICATE("f", "installed", "\"a.example\",\"b.example\"", "O=X", "1", "soon", "true"),
		     ""),
		"\na.example and 1 more  O=X  ");
	assert_prints(LIST(CERTIFICATE("f", "installed", "\"*.a.example\",\"mta-sts.a.example\"",
				       "O=X\\\\,CN=Y,CN=Z", "1", "soon", "true"),
			   ""),
		      "\nmta-sts.a.example and 1 more  Z  ");
}

static void without_certificates_it_says_so(void **state)
{
	(void)state;
	assert_prints(LIST("", ""), "no certificate is loaded\n");
}

static void a_domain_without_one_gets_the_lines_for_a_shell(void **state)
{
	(void)state;
	assert_prints(LIST(PLAIN, "\"b.example\",\"c.example\""),
		      "\n2 served domains without a valid certificate:\n  b.example\n  c.example\n"
		      "\nnext: get a certificate for mta-sts.b.example\n"
		      "  mta-stsctl cert obtain --agree --email postmaster@b.example\n"
		      "which needs uacme installed, port 443 reached from outside, and the address of that "
		      "host in DNS\n"
		      "or with another ACME client, such as\n"
		      "  certbot certonly --standalone -d mta-sts.b.example \\\n"
		      "      --deploy-hook \"mta-stsctl cert install --from-hook\"\n");
}

static void nothing_but_a_domain_gets_into_a_line_for_a_shell(void **state)
{
	struct printed seen =
		printed(certificates_print, FORMAT_PEOPLE, LIST("", "\"a.example;reboot\\u001b\""));

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_non_null(strstr(seen.out, "mta-sts.a.example;reboot\\x1b"));
	assert_null(strstr(seen.out, "certbot"));
	printed_free(&seen);
}

static void of_many_uncovered_domains_some_are_named(void **state)
{
#define FIVE "\"a.example\",\"b.example\",\"c.example\",\"d.example\",\"e.example\""
	(void)state;
	assert_prints(LIST("", FIVE "," FIVE "," FIVE "," FIVE "," FIVE ","
				    "\"f.example\""),
		      "26 served domains without a valid certificate:\n");
	assert_prints(LIST("", FIVE "," FIVE "," FIVE "," FIVE "," FIVE ","
				    "\"f.example\""),
		      "  e.example\n  and 16 more: mta-stsctl --json cert list\n");
}

#define ORDERS(uncovered, orders)                                                                            \
	"{\"certificates\":[],\"uncovered\":0,\"uncovered_domains\":[" uncovered "],\"orders\":[" orders "]" \
													 "}"
#define ORDER(domain, state, at, detail)                                                                     \
	"{\"domain\":\"" domain "\",\"state\":\"" state "\",\"at\":" at ",\"detail\":" detail "}"
#define AT "\"2026-12-01T04:10:00Z\""

static void what_keeps_those_without_one_is_a_table_with_the_worst_first(void **state)
{
	(void)state;
	assert_prints(ORDERS("\"a.example\",\"b.example\",\"c.example\"",
			     ORDER("b.example", "due", AT, "null") "," ORDER("c.example", "failed", AT,
									     "\"HTTP \\u001b500\"")),
		      "\n3 served domains without a valid certificate:\n"
		      "  DOMAIN     STATE   NEXT              WHY\n"
		      "  c.example  failed  2026-12-01 04:10  HTTP \\x1b500\n"
		      "  b.example  due     2026-12-01 04:10  it waits for its turn\n"
		      "  a.example  -       -                 not known yet\n"
		      "\nnext: correct what the authority says of mta-sts.c.example\n"
		      "  HTTP \\x1b500\n"
		      "it is tried again at 2026-12-01T04:10:00Z\n"
		      "at once, by hand: mta-stsctl cert obtain c.example\n");
}

static void what_keeps_a_renewal_stands_behind_them(void **state)
{
	(void)state;
	assert_prints(ORDERS("\"a.example\"", ORDER("a.example", "due", "null", "null") "," ORDER(
						      "b.example", "forbidden", "null", "null")),
		      "it waits for its turn\n\n1 renewal not done yet:\n"
		      "  DOMAIN     STATE      NEXT  WHY\n"
		      "  b.example  forbidden  -     a CAA record forbids the authority to issue it\n"
		      "\nnext: let the authority issue for mta-sts.b.example, ");
	assert_prints(ORDERS("", ORDER("b.example", "forbidden", "null", "null")),
		      "\nnext: let the authority issue for mta-sts.b.example, ");
}

static void that_a_renewal_waits_asks_nothing_of_anybody(void **state)
{
	struct printed seen =
		printed(certificates_print, FORMAT_PEOPLE, ORDERS("", ORDER("b.example", "due", AT, "null")));

	(void)state;
	assert_non_null(strstr(seen.out, "  b.example  due    2026-12-01 04:10  it waits for its turn\n"));
	assert_null(strstr(seen.out, "next:"));
	printed_free(&seen);
}

static void of_many_that_are_kept_ten_are_shown(void **state)
{
	(void)state;
#define TWO ORDER("z.example", "due", AT, "null") "," ORDER("y.example", "due", AT, "null")
	assert_prints(
		ORDERS("", TWO "," TWO "," TWO "," TWO "," TWO "," ORDER("x.example", "failed", AT, "null")),
		"\n11 renewals not done yet:\n  DOMAIN     STATE   NEXT              WHY\n  x.example ");
	assert_prints(
		ORDERS("", TWO "," TWO "," TWO "," TWO "," TWO "," ORDER("x.example", "failed", AT, "null")),
		"  and 1 more: mta-stsctl --json cert list\n");
}

static void a_state_of_a_newer_daemon_is_shown_as_it_is(void **state)
{
	(void)state;
	assert_prints(ORDERS("\"a.example\"", ORDER("a.example", "bewitched", "null", "null")),
		      "  a.example  bewitched  -     bewitched\n"
		      "\nnext: see what keeps certificates: mta-stsctl cert list\n");
}

static void a_reply_that_is_none_is_refused(void **state)
{
	static const char *const replies[] = {
		"7",
		"{}",
		"{\"certificates\":[]}",
		"{\"certificates\":{},\"uncovered_domains\":[]}",
		LIST("{}", ""),
		ORDERS("", "7"),
		ORDERS("", "{}"),
		ORDERS("\"a.example\"", "{\"domain\":7,\"state\":\"due\",\"at\":null,\"detail\":null}"),
		LIST("", "7"),
		LIST("", "\"a.example\",7"),
		LIST(CERTIFICATE("f", "installed", "", "", "1", "soon", "true"), ""),
		LIST(CERTIFICATE("f", "installed", "7", "", "1", "soon", "true"), ""),
		LIST(CERTIFICATE("f", "installed", "\"a.example\",7", "", "1", "soon", "true"), ""),
		LIST(CERTIFICATE("f", "installed", "\"a.example\"", "", "true", "soon", "true"), ""),
		LIST(CERTIFICATE("f", "installed", "\"a.example\"", "", "1", "soon", "1"), ""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		struct printed seen = printed(certificates_print, FORMAT_PEOPLE, replies[i]);

		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_make_a_table),
		cmocka_unit_test(the_name_that_matters_stands_for_all),
		cmocka_unit_test(without_certificates_it_says_so),
		cmocka_unit_test(a_domain_without_one_gets_the_lines_for_a_shell),
		cmocka_unit_test(nothing_but_a_domain_gets_into_a_line_for_a_shell),
		cmocka_unit_test(of_many_uncovered_domains_some_are_named),
		cmocka_unit_test(what_keeps_those_without_one_is_a_table_with_the_worst_first),
		cmocka_unit_test(what_keeps_a_renewal_stands_behind_them),
		cmocka_unit_test(that_a_renewal_waits_asks_nothing_of_anybody),
		cmocka_unit_test(of_many_that_are_kept_ten_are_shown),
		cmocka_unit_test(a_state_of_a_newer_daemon_is_shown_as_it_is),
		cmocka_unit_test(a_reply_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
