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
		      "\nnext: get a certificate for mta-sts.b.example, with one of\n"
		      "  mta-stsctl cert obtain b.example --agree --email postmaster@b.example\n"
		      "  certbot certonly --standalone -d mta-sts.b.example \\\n"
		      "      --deploy-hook \"mta-stsctl cert install --from-hook\"\n"
		      "  lego --http --path /var/lib/lego --domains mta-sts.b.example \\\n"
		      "      --email postmaster@b.example run \\\n"
		      "      --run-hook \"mta-stsctl cert install --from-hook\"\n"
		      "  uacme -h /usr/share/uacme/uacme.sh issue mta-sts.b.example && \\\n"
		      "      mta-stsctl cert install /etc/ssl/uacme/mta-sts.b.example/cert.pem \\\n"
		      "      /etc/ssl/uacme/private/mta-sts.b.example/key.pem\n");
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

static void a_reply_that_is_none_is_refused(void **state)
{
	static const char *const replies[] = {
		"7",
		"{}",
		"{\"certificates\":[]}",
		"{\"certificates\":{},\"uncovered_domains\":[]}",
		LIST("{}", ""),
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
		cmocka_unit_test(a_reply_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
