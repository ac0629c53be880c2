/* SPDX-License-Identifier: ISC */
#include "ctl/print_status.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DOMAINS(total, orphaned, refused)                                                                    \
	"{\"total\":" total ",\"enforce\":1,\"testing\":1,\"none\":1,\"switched\":1,\"orphaned\":" orphaned  \
	",\"refused\":" refused "}"
#define CERTIFICATES(uncovered, names, expiry)                                                               \
	"{\"pairs\":3,\"uncovered\":" uncovered ",\"uncovered_domains\":[" names "],\"next_expiry\":" expiry \
	"}"
#define EXPIRY                                                                                               \
	"{\"file\":\"/certs/a.pem\",\"name\":\"mta-sts.a.example\",\"not_after\":\"2027-01-01T00:00:00Z\"}"
/* clang-format off */
#define STATUS_OF(store, domains, orphans, certificates, complaints)                                         \
	"{\"version\":\"0.1.0\",\"pid\":4711,\"started_at\":\"2026-11-23T16:00:00Z\","                       \
	"\"loaded_at\":\"2026-11-23T16:00:01Z\",\"config\":\"/etc/mta-stsd/mta-stsd.conf\","                 \
	"\"listen\":[\"[::]:443\",\"192.0.2.1:443\"],\"domains\":" domains                                   \
	",\"orphaned_domains\":[" orphans "],\"certificates\":" certificates                                 \
	",\"connections\":{\"open\":2,\"limit\":10000,\"per_client_limit\":64},\"store\":\"" store            \
	"\",\"complaints\":[" complaints "],\"complaints_lost\":0}"
#define STATUS STATUS_OF("ok", DOMAINS("3", "0", "0"), "", CERTIFICATES("0", "", EXPIRY), "")
/* clang-format on */

#define COMPLAINT(severity) "{\"severity\":\"" severity "\",\"text\":\"a.conf:1: odd: even\"}"

static struct printed status_with(const char *member, const char *json)
{
	char *reply = spoiled(STATUS, member, json_loads(json, JSON_DECODE_ANY, NULL));
	struct printed seen = printed(print_status, FORMAT_PEOPLE, reply);

	free(reply);
	return seen;
}

static void assert_says(const char *member, const char *json, const char *expected)
{
	struct printed seen = status_with(member, json);

	assert_int_equal(seen.err, ERR_OK);
	assert_non_null(strstr(seen.out, expected));
	printed_free(&seen);
}

static void a_sound_daemon_takes_a_few_lines(void **state)
{
	struct printed seen = printed(print_status, FORMAT_PEOPLE, STATUS);

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(
		seen.out, "mta-stsd      0.1.0, process 4711, since 2026-11-23T16:00:00Z\n"
			  "config        /etc/mta-stsd/mta-stsd.conf, loaded 2026-11-23T16:00:01Z\n"
			  "listen        [::]:443, 192.0.2.1:443\n"
			  "connections   2 of 10000, 64 from one client\n"
			  "store         ok\n"
			  "domains       3: 1 enforce, 1 testing, 1 none; 1 switched, 0 orphaned, 0 refused\n"
			  "certificates  3 pairs, next expiry 2027-01-01T00:00:00Z: mta-sts.a.example "
			  "(/certs/a.pem)\n");
	printed_free(&seen);
}

static void status_says_what_to_do_next(void **state)
{
	(void)state;
	assert_says("store", "\"doubtful\"", "DOUBTFUL");
	assert_says("store", "\"doubtful\"", "\nnext: look at the disk and the log");
	assert_says("domains", DOMAINS("0", "0", "0"), "\nnext: write a file such as example.org.conf");
	assert_says("domains", DOMAINS("3", "0", "1"), "\nnext: correct the files complained about");
	assert_says("domains", DOMAINS("3", "1", "0"), "\nnext: put the files of the orphaned domains back");
	assert_says("certificates", CERTIFICATES("1", "\"b.example\"", "null"),
		    "\nnext: get a certificate for mta-sts.b.example, put it");
	assert_says("complaints", "[" COMPLAINT("error") "]", "\nnext: correct the files complained about");
	assert_says("complaints", "[" COMPLAINT("warning") "]", "\nnext: correct what is complained");
}

static void only_the_most_urgent_is_said(void **state)
{
#define BARE CERTIFICATES("1", "\"b.example\"", "null")
	static const struct {
		const char *status, *next;
	} cases[] = {
		{ STATUS_OF("doubtful", DOMAINS("0", "1", "1"), "\"b.example\"", BARE, COMPLAINT("error")),
		  "look at the disk" },
		{ STATUS_OF("ok", DOMAINS("0", "1", "0"), "\"b.example\"", BARE, COMPLAINT("error")),
		  "correct the files complained about" },
		{ STATUS_OF("ok", DOMAINS("0", "1", "0"), "\"b.example\"", BARE, COMPLAINT("warning")),
		  "put the files of the orphaned" },
		{ STATUS_OF("ok", DOMAINS("0", "0", "0"), "", BARE, COMPLAINT("warning")),
		  "get a certificate for mta-sts.b.example" },
		{ STATUS_OF("ok", DOMAINS("0", "0", "0"), "", CERTIFICATES("0", "", "null"),
			    COMPLAINT("warning")),
		  "write a file" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct printed seen = printed(print_status, FORMAT_PEOPLE, cases[i].status);
		const char *next = strstr(seen.out, "\nnext: ");

		assert_non_null(next);
		assert_ptr_equal(strstr(next, cases[i].next), next + strlen("\nnext: "));
		assert_null(strstr(next + 1, "\nnext:"));
		printed_free(&seen);
	}
}

static void one_is_one(void **state)
{
	(void)state;
	assert_says("certificates",
		    "{\"pairs\":1,\"uncovered\":0,\"uncovered_domains\":[],\"next_expiry\":null}",
		    "\ncertificates  1 pair\n");
}

static void orphans_are_named(void **state)
{
	(void)state;
	assert_says("orphaned_domains", "[\"b.example\",\"c.example\"]",
		    "\norphaned      b.example, c.example: no file");
}

static void uncovered_domains_are_named(void **state)
{
	(void)state;
	assert_says("certificates", CERTIFICATES("2", "\"b.example\",\"c.example\"", "null"),
		    "certificates  3 pairs\nuncovered     b.example, c.example: no certificate");
	assert_says("certificates", CERTIFICATES("9", "\"b.example\"", "null"),
		    "b.example, ...: no certificate");
}

static void complaints_are_listed_one_a_line_and_escaped(void **state)
{
	(void)state;
	assert_says("complaints",
		    "[{\"text\":\"a.conf:1: bad (\\u001b): good\"},{\"text\":\"b.conf: c: d\"}]",
		    "\ncomplaints:\n  a.conf:1: bad (\\x1b): good\n  b.conf: c: d\n");
	assert_says("complaints_lost", "2", "\n  and 2 more, lost");
}

static void a_status_that_lacks_a_field_is_refused(void **state)
{
	static const char *const members[] = { "version",         "pid",    "started_at", "loaded_at",
					       "config",          "listen", "domains",    "certificates",
					       "connections",     "store",  "complaints", "complaints_lost",
					       "orphaned_domains" };

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		char *reply = spoiled(STATUS, members[i], NULL);
		struct printed missing = printed(print_status, FORMAT_PEOPLE, reply);
		struct printed wrong = status_with(members[i], "[1]");

		assert_int_equal(missing.err, ERR_SYNTAX);
		assert_int_equal(wrong.err, ERR_SYNTAX);
		printed_free(&missing);
		printed_free(&wrong);
		free(reply);
	}
}

static void an_uncovered_domain_that_is_no_name_is_refused(void **state)
{
	struct printed seen = status_with("certificates", CERTIFICATES("1", "7", "null"));

	(void)state;
	assert_int_equal(seen.err, ERR_SYNTAX);
	printed_free(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_daemon_takes_a_few_lines),
		cmocka_unit_test(status_says_what_to_do_next),
		cmocka_unit_test(only_the_most_urgent_is_said),
		cmocka_unit_test(one_is_one),
		cmocka_unit_test(orphans_are_named),
		cmocka_unit_test(uncovered_domains_are_named),
		cmocka_unit_test(complaints_are_listed_one_a_line_and_escaped),
		cmocka_unit_test(a_status_that_lacks_a_field_is_refused),
		cmocka_unit_test(an_uncovered_domain_that_is_no_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
