/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/show/status.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DOMAINS(total, orphaned, refused)                                                                    \
	"{\"total\":" total ",\"enforce\":1,\"testing\":1,\"none\":1,\"switched\":1,\"orphaned\":" orphaned  \
	",\"refused\":" refused "}"
#define ENDING_CERTIFICATES(uncovered, names, expiry, expired, expiring)                                     \
	"{\"pairs\":3,\"uncovered\":" uncovered ",\"uncovered_domains\":[" names "],\"next_expiry\":" expiry \
	",\"stages\":{\"fine\":1,\"soon\":0,\"urgent\":0,\"expired\":" expired "},\"expiring\":[" expiring   \
	"]}"
#define CERTIFICATES(uncovered, names, expiry) ENDING_CERTIFICATES(uncovered, names, expiry, "0", "")
#define ENDING(source, name, days, stage)                                                                    \
	"{\"file\":\"/certs/e.pem\",\"source\":\"" source "\",\"names\":[\"" name                            \
	"\"],\"issuer\":\"CN=R3\",\"key\":\"rsa\",\"not_before\":\"2026-11-23T00:00:00Z\","                  \
	"\"not_after\":\"2027-02-21T00:00:00Z\",\"days_left\":" days ",\"stage\":\"" stage                   \
	"\",\"used\":true}"
#define ENDS(expired, expiring) ENDING_CERTIFICATES("0", "", EXPIRY, expired, expiring)
#define EXPIRY                                                                                               \
	"{\"file\":\"/certs/a.pem\",\"name\":\"mta-sts.a.example\",\"not_after\":\"2027-01-01T00:00:00Z\"}"
#define RETIRING(waiting, draining, safe, domains)                                                           \
	"{\"publishing\":0,\"waiting\":" waiting ",\"draining\":" draining                                   \
	",\"confirming\":0,\"safe\":" safe ",\"domains\":[" domains "]}"
#define NOBODY RETIRING("0", "0", "0", "")
#define RETIRED(domain, state)                                                                               \
	"{\"domain\":\"" domain "\",\"state\":\"" state "\",\"text\":\"" state                               \
	" \\u001b\",\"next\":\"see to " domain "\"}"
#define CONNECTIONS                                                                                          \
	"{\"open\":2,\"limit\":10000,\"clients\":2,\"largest_client\":1,\"per_client_limit\":64,"            \
	"\"memory_bytes\":943718,\"memory_limit_bytes\":536870912,\"log_lines_left_out\":0,"                 \
	"\"log_lines_limit\":5}"
#define COUNTERS(refused, evicted)                                                                           \
	"{\"https_refusals_total\":{\"client\":" refused ",\"connections\":" refused                         \
	",\"memory\":0,\"system\":" refused                                                                  \
	"},\"https_evictions_total\":{\"connections\":0,\"memory\":" evicted "}}"
/* clang-format off */
#define STATUS_OF(store, domains, orphans, certificates, complaints)                                         \
	"{\"version\":\"0.1.0\",\"pid\":4711,\"started_at\":\"2026-11-23T16:00:00Z\","                       \
	"\"loaded_at\":\"2026-11-23T16:00:01Z\",\"config\":\"/etc/mta-stsd/mta-stsd.conf\","                 \
	"\"listen\":[\"[::]:443\",\"192.0.2.1:443\"],\"domains\":" domains                                   \
	",\"orphaned_domains\":[" orphans "],\"certificates\":" certificates                                 \
	",\"connections\":" CONNECTIONS ",\"counters\":" COUNTERS("0", "0") ",\"store\":\"" store                \
	"\",\"complaints\":[" complaints "],\"complaints_lost\":0,\"unseen_domains\":[],\"retiring\":" NOBODY "}"
#define STATUS STATUS_OF("ok", DOMAINS("3", "0", "0"), "", CERTIFICATES("0", "", EXPIRY), "")
/* clang-format on */

#define COMPLAINT(severity) SAMPLE_COMPLAINT(severity, "a.conf:1: odd: even")

/* The key of a certificate that is there, but for the rights to it. */
#define UNREADABLE                                                                                           \
	"{\"severity\":\"error\",\"file\":\"/c/a.key\",\"line\":0,"                                          \
	"\"what\":\"file may not be read (permission denied)\",\"value\":null,\"instead\":\"chmod\","        \
	"\"text\":\"/c/a.key: file may not be read\"}"
#define TOO_READABLE                                                                                         \
	"{\"severity\":\"error\",\"file\":\"/c/a.key\",\"line\":0,"                                          \
	"\"what\":\"private key may be read or written by everybody\",\"value\":null,\"instead\":\"chmod\"," \
	"\"text\":\"/c/a.key: private key may be read\"}"

static struct printed status_with(const char *member, const char *json)
{
	char *reply = spoiled(STATUS, member, json_loads(json, JSON_DECODE_ANY, NULL));
	struct printed seen = printed(status_print, FORMAT_PEOPLE, reply);

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

static void assert_says_not(const char *member, const char *json, const char *unexpected)
{
	struct printed seen = status_with(member, json);

	assert_int_equal(seen.err, ERR_OK);
	assert_null(strstr(seen.out, unexpected));
	printed_free(&seen);
}

static void a_sound_daemon_takes_a_few_lines(void **state)
{
	struct printed seen = printed(status_print, FORMAT_PEOPLE, STATUS);

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(
		seen.out, "mta-stsd      0.1.0, process 4711, since 2026-11-23T16:00:00Z\n"
			  "config        /etc/mta-stsd/mta-stsd.conf, loaded 2026-11-23T16:00:01Z\n"
			  "listen        [::]:443, 192.0.2.1:443\n"
			  "connections   2 of at most 10000, largest client 1 of at most 64\n"
			  "memory        0.9 of at most 512 MiB for connections\n"
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
	assert_says("store", "\"full\"", "FULL: THE NEXT ORDER MAY NOT BE WRITTEN");
	assert_says("store", "\"full\"", "\nnext: make room on the disk of the state directory");
	assert_says_not("store", "\"full\"", "restore a copy");
	assert_says("store", "\"doubtful\"", "\nnext: look at the disk, the log and the complaints");
	assert_says("domains", DOMAINS("0", "0", "0"),
		    "\nnext: write a file such as " SYSCONFDIR "/mta-stsd/domains.d/example.org.conf with\n"
		    "  mode    = \"testing\";\n");
	assert_says("domains", DOMAINS("3", "0", "1"), "\nnext: correct the files complained about");
	assert_says("domains", DOMAINS("3", "1", "0"), "\nnext: put the files of the orphaned domains back");
	assert_says("certificates", CERTIFICATES("1", "\"b.example\"", "null"),
		    "\nnext: get a certificate for mta-sts.b.example\n"
		    "  mta-stsctl cert obtain --agree --email postmaster@b.example\n"
		    "which needs uacme installed, ");
	assert_says("unseen_domains", "[\"b.example\",\"c.example\"]",
		    "\nnext: check that DNS has the TXT record: mta-stsctl dns b.example\n"
		    "where it is missing, this prints it: mta-stsctl txt b.example\n");
	assert_says_not("unseen_domains", "[]", "next:");
	assert_says("complaints", "[" COMPLAINT("error") "]", "\nnext: correct the files complained about");
	assert_says("complaints", "[" COMPLAINT("warning") "]", "\nnext: do what the complaints say");
}

static void the_most_urgent_is_said_first(void **state)
{
#define BARE CERTIFICATES("1", "\"b.example\"", "null")
	static const struct {
		const char *status, *next;
	} cases[] = {
		{ STATUS_OF("doubtful", DOMAINS("0", "1", "1"), "\"b.example\"", BARE, COMPLAINT("error")),
		  "look at the disk" },
		{ STATUS_OF("ok", DOMAINS("0", "1", "0"), "\"b.example\"", BARE, COMPLAINT("error")),
		  "get a certificate for mta-sts.b.example" },
		{ STATUS_OF("ok", DOMAINS("0", "1", "0"), "\"b.example\"", BARE, UNREADABLE),
		  "let the service's user read /c/a.key, by its group (chgrp, chmod 0640), then run: "
		  "mta-stsctl reload\nthen: correct" },
		{ STATUS_OF("ok", DOMAINS("0", "1", "0"), "\"b.example\"", BARE, TOO_READABLE),
		  "let only the service's user read /c/a.key, by its group (chgrp, chmod 0640), then run: "
		  "mta-stsctl reload\nthen: correct" },
		{ STATUS_OF("ok", DOMAINS("1", "1", "0"), "\"b.example\"", CERTIFICATES("0", "", "null"),
			    COMPLAINT("error")),
		  "correct the files complained about" },
		{ STATUS_OF("ok", DOMAINS("1", "1", "0"), "\"b.example\"", CERTIFICATES("0", "", "null"),
			    COMPLAINT("warning")),
		  "put the files of the orphaned" },
		{ STATUS_OF("ok", DOMAINS("0", "0", "0"), "", BARE, COMPLAINT("warning")),
		  "get a certificate for mta-sts.b.example" },
		{ STATUS_OF("ok", DOMAINS("0", "0", "0"), "", CERTIFICATES("0", "", "null"),
			    COMPLAINT("warning")),
		  "write a file" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct printed seen = printed(status_print, FORMAT_PEOPLE, cases[i].status);
		const char *next = strstr(seen.out, "\nnext: ");

		assert_non_null(next);
		assert_ptr_equal(strstr(next, cases[i].next), next + strlen("\nnext: "));
		assert_null(strstr(next + 1, "\nnext:"));
		printed_free(&seen);
	}
}

static void the_guard_over_lost_files_has_an_advice_of_its_own(void **state)
{
	struct printed seen = printed(status_print, FORMAT_PEOPLE,
				      STATUS_OF("ok\",\"files_held\":true,\"word\":\"later",
						DOMAINS("12", "0", "12"), "", BARE, COMPLAINT("error")));

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_non_null(strstr(seen.out, "\nnext: mount the directory of domain files"));
	assert_non_null(strstr(seen.out, "run: mta-stsctl reload --force"));
	assert_non_null(strstr(seen.out, "\nthen: get a certificate"));
	assert_null(strstr(seen.out, "correct "));
	printed_free(&seen);
}

static void three_things_to_do_are_said_and_the_others_counted(void **state)
{
	struct printed seen =
		printed(status_print, FORMAT_PEOPLE,
			STATUS_OF("ok", DOMAINS("0", "1", "0"), "\"b.example\"", BARE, COMPLAINT("error")));
	const char *next = strstr(seen.out, "\nnext: get a certificate for mta-sts.b.example");
	const char *then, *last;

	(void)state;
	assert_non_null(next);
	then = strstr(next, "\nthen: correct the files complained about");
	assert_non_null(then);
	last = strstr(then, "\nthen: put the files of the orphaned domains back");
	assert_non_null(last);
	assert_null(strstr(last + 1, "\nthen:"));
	assert_non_null(strstr(last, "\nand 1 more: status says it when these are done\n"));
	printed_free(&seen);
}

static void while_orders_are_refused_nothing_else_is_to_be_done(void **state)
{
	struct printed seen = printed(
		status_print, FORMAT_PEOPLE,
		STATUS_OF("doubtful", DOMAINS("0", "1", "0"), "\"b.example\"", BARE, COMPLAINT("error")));

	(void)state;
	assert_non_null(strstr(seen.out, "\nnext: look at the disk"));
	assert_null(strstr(seen.out, "\nthen:"));
	assert_null(strstr(seen.out, "--restore"));
	printed_free(&seen);
}

static void one_thing_to_do_is_said_once(void **state)
{
	struct printed seen = status_with("complaints", "[" COMPLAINT("error") "]");

	(void)state;
	assert_non_null(strstr(seen.out, "\nnext: correct the files complained about"));
	assert_null(strstr(seen.out, "\nthen:"));
	printed_free(&seen);
}

static void certificates_that_end_are_named(void **state)
{
	(void)state;
	assert_says("certificates",
		    ENDS("2", ENDING("installed", "mta-sts.a.example", "-3",
				     "expired") "," ENDING("directory", "mta-sts.b.example", "2", "urgent")),
		    "\nexpiring      mta-sts.a.example: EXPIRED (/certs/e.pem)\n"
		    "              mta-sts.b.example: 2 days left, URGENT (/certs/e.pem)\n");
	assert_says("certificates", ENDS("12", ENDING("installed", "mta-sts.a.example", "-3", "expired")),
		    "\n              and 11 more: mta-stsctl cert list\n");
}

static void a_certificate_that_ends_gets_the_lines_that_renew_it(void **state)
{
	(void)state;
	assert_says("certificates", ENDS("1", ENDING("installed", "mta-sts.a.example", "-3", "expired")),
		    "\nnext: renew the certificate of mta-sts.a.example, it has expired:\n");
	assert_says("certificates", ENDS("0", ENDING("installed", "mta-sts.a.example", "3", "urgent")),
		    "it expires within days:\nits ACME client should have done it (systemctl list-timers); "
		    "by hand, "
		    "one of\n  mta-stsctl cert obtain a.example\n  certbot renew\n"
		    "  lego --http --path /var/lib/lego --domains mta-sts.a.example \\\n"
		    "      --email postmaster@a.example renew \\\n"
		    "      --renew-hook \"mta-stsctl cert install --from-hook\"\n"
		    "  uacme -h /usr/share/uacme/uacme.sh issue mta-sts.a.example && ");
	assert_says("certificates", ENDS("0", ENDING("installed", "*.a.example", "20", "soon")),
		    "next: renew the certificate of *.a.example, less than a third of its time is left:\n"
		    "its ACME client should have done it (systemctl list-timers); by hand, one of\n"
		    "  certbot renew\nor hand it over");
	assert_says("certificates", ENDS("0", ENDING("directory", "mta-sts.a.example", "20", "soon")),
		    "mta-stsctl reload after it.  It lies in\n  /certs/e.pem\n");
}

static void what_expired_is_worse_than_what_will(void **state)
{
#define EXPIRED        ENDING("installed", "mta-sts.a.example", "-3", "expired")
#define URGENT         ENDING("installed", "mta-sts.a.example", "3", "urgent")
#define SOON           ENDING("installed", "mta-sts.a.example", "20", "soon")
#define WITH(expiring) ENDING_CERTIFICATES("1", "\"b.example\"", "null", "1", expiring)
	static const struct {
		const char *status, *next;
	} cases[] = {
		{ STATUS_OF("doubtful", DOMAINS("1", "0", "0"), "", WITH(EXPIRED), ""), "look at the disk" },
		{ STATUS_OF("ok", DOMAINS("1", "0", "1"), "", WITH(EXPIRED), COMPLAINT("error")),
		  "renew the certificate of mta-sts.a.example, it has expired" },
		{ STATUS_OF("ok", DOMAINS("1", "0", "1"), "", WITH(URGENT), ""), "renew the certificate" },
		{ STATUS_OF("ok", DOMAINS("1", "0", "0"), "", WITH(URGENT), ""), "renew the certificate" },
		{ STATUS_OF("ok", DOMAINS("1", "0", "0"), "", WITH(SOON), ""), "get a certificate for" },
		{ STATUS_OF("ok", DOMAINS("0", "0", "0"), "", ENDS("0", SOON), ""), "write a file" },
		{ STATUS_OF("ok", DOMAINS("1", "0", "0"), "", ENDS("0", SOON), COMPLAINT("warning")),
		  "renew the certificate" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct printed seen = printed(status_print, FORMAT_PEOPLE, cases[i].status);
		const char *next = strstr(seen.out, "\nnext: ");

		assert_non_null(next);
		assert_ptr_equal(strstr(next, cases[i].next), next + strlen("\nnext: "));
		printed_free(&seen);
	}
}

static void certificates_that_are_none_are_refused(void **state)
{
#define STAGED(stages, expiring)                                                                             \
	"{\"pairs\":1,\"uncovered\":0,\"uncovered_domains\":[],\"next_expiry\":null,\"stages\":" stages      \
	",\"expiring\":" expiring "}"
#define STAGES "{\"fine\":0,\"soon\":1,\"urgent\":0,\"expired\":0}"
	static const char *const replies[] = { STAGED(STAGES, "{}"),
					       STAGED("{\"fine\":0,\"soon\":1,\"urgent\":0}", "[]"),
					       STAGED("null", "[]"), STAGED(STAGES, "[{}]"),
					       STAGED(STAGES, "[7]") };

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		struct printed seen = status_with("certificates", replies[i]);

		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
	}
}

static void retirements_are_counted_and_named(void **state)
{
	(void)state;
	assert_says("retiring", RETIRING("1", "2", "0", RETIRED("a.example", "waiting")),
		    "\nretiring      3: 1 waiting, 2 draining\n"
		    "              a.example: waiting \\x1b\n"
		    "              and 2 more: mta-stsctl list --retiring\n");
	assert_says("retiring", "null", "\nretiring      unknown: the state cannot be read\n");
}

static void a_retirement_that_waits_for_the_operator_is_what_to_do_next(void **state)
{
	(void)state;
	assert_says("retiring",
		    RETIRING("1", "0", "1", RETIRED("a.example", "safe") "," RETIRED("b.example", "waiting")),
		    "\nnext: see to b.example\n");
	assert_says("retiring", RETIRING("0", "0", "1", RETIRED("a.example", "safe")),
		    "\nnext: see to a.example\n");
	assert_says("retiring", RETIRING("0", "0", "0", RETIRED("a.example", "confirming")),
		    "\nnext: see to a.example\n");
}

static void a_retirement_that_waits_for_senders_asks_for_nothing(void **state)
{
	struct printed seen =
		status_with("retiring", RETIRING("0", "1", "0", RETIRED("a.example", "draining")));

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_null(strstr(seen.out, "next:"));
	printed_free(&seen);
}

/* The status with an orphan and a domain that is being retired. */
static struct printed orphan_and_retired(const char *orphan, const char *count, const char *retiring)
{
	char *domains = NULL;
	json_t *reply = json_loads(STATUS, 0, NULL);
	struct printed seen;
	char *dump;

	assert_true(asprintf(&domains, DOMAINS("3", "%s", "0"), count) > 0);
	(void)json_object_set_new(reply, "domains", json_loads(domains, 0, NULL));
	(void)json_object_set_new(reply, "orphaned_domains", json_pack("[s]", orphan));
	(void)json_object_set_new(reply, "retiring", json_loads(retiring, 0, NULL));
	dump = json_dumps(reply, 0);
	seen = printed(status_print, FORMAT_PEOPLE, dump);
	free(dump);
	free(domains);
	json_decref(reply);
	return seen;
}

static void an_orphan_that_is_being_retired_needs_no_file(void **state)
{
	static const char safe[] = RETIRING("0", "0", "1", RETIRED("a.example", "safe"));
	struct printed same = orphan_and_retired("a.example", "1", safe);
	struct printed other = orphan_and_retired("b.example", "1", safe);
	struct printed more = orphan_and_retired("a.example", "2", safe);

	(void)state;
	assert_non_null(strstr(same.out, "\nnext: see to a.example\n"));
	assert_non_null(strstr(other.out, "\nnext: put the files of the orphaned domains back"));
	assert_non_null(strstr(more.out, "\nnext: put the files of the orphaned domains back"));
	printed_free(&same);
	printed_free(&other);
	printed_free(&more);
}

static void retirements_that_are_none_are_refused(void **state)
{
	static const char *const replies[] = { "7", "{}", RETIRING("true", "0", "0", ""),
					       RETIRING("0", "0", "0", "{}") };

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		struct printed seen = status_with("retiring", replies[i]);

		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
	}
}

static void a_limit_that_was_met_is_named_by_its_setting(void **state)
{
	(void)state;
	assert_says("counters", COUNTERS("0", "1234"),
		    "for connections\nlimits met    max_memory: 1,234 connections closed since the start\n"
		    "store");
	assert_says(
		"counters", COUNTERS("1", "0"),
		"\nlimits met    max_connections_per_client: 1 connection closed since the start\n"
		"              max_connections: 1 connection closed since the start\n"
		"              the system's own (see the log; LimitNOFILE): 1 connection closed since the "
		"start\n"
		"store");
}

static void one_is_one(void **state)
{
	(void)state;
	assert_says("certificates",
		    "{\"pairs\":1,\"uncovered\":0,\"uncovered_domains\":[],\"next_expiry\":null,"
		    "\"stages\":{\"fine\":0,\"soon\":0,\"urgent\":0,\"expired\":0},\"expiring\":[]}",
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
		    "certificates  3 pairs\nuncovered     b.example, c.example: no valid certificate");
	assert_says("certificates", CERTIFICATES("9", "\"b.example\"", "null"),
		    "b.example, ...: no valid certificate");
}

static void files_that_were_never_loaded_have_no_time(void **state)
{
	(void)state;
	assert_says("loaded_at", "\"1970-01-01T00:00:00Z\"", "mta-stsd.conf, NOT LOADED SINCE THE START\n");
	assert_says("loaded_at", "\"2026-11-23T16:00:01Z\"", "mta-stsd.conf, loaded 2026-11-23T16:00:01Z\n");
}

#define FIVE(what) what "," what "," what "," what "," what
#define TEN(what)  FIVE(what) "," FIVE(what)

static void complaints_are_listed_one_a_line_and_escaped(void **state)
{
	(void)state;
	assert_says("complaints",
		    "[" SAMPLE_COMPLAINT("error", "a.conf:1: bad (\\u001b): good") "," SAMPLE_COMPLAINT(
			    "error", "b.conf: c: d") "]",
		    "\ncomplaints:\n  a.conf:1: bad (\\x1b): good\n  b.conf: c: d\n");
	assert_says("complaints",
		    "[" TEN(SAMPLE_COMPLAINT("warning", "id was used")) "," COMPLAINT("error") "]",
		    "\ncomplaints:\n  a.conf:1: odd: even\n  id was used\n");
	assert_says("complaints",
		    "[" TEN(SAMPLE_COMPLAINT("warning", "id was used")) "," COMPLAINT("error") "]",
		    "\n  id was used\n  and 1 more: mta-stsctl --json status\n");
	assert_says("complaints_lost", "2", "\n  and 2 more, lost");
}

static void a_status_that_lacks_a_field_is_refused(void **state)
{
	static const char *const members[] = {
		"version",          "pid",      "started_at", "loaded_at",
		"config",           "listen",   "domains",    "certificates",
		"connections",      "store",    "complaints", "complaints_lost",
		"orphaned_domains", "retiring", "counters"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		char *reply = spoiled(STATUS, members[i], NULL);
		struct printed missing = printed(status_print, FORMAT_PEOPLE, reply);
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
		cmocka_unit_test(the_most_urgent_is_said_first),
		cmocka_unit_test(the_guard_over_lost_files_has_an_advice_of_its_own),
		cmocka_unit_test(three_things_to_do_are_said_and_the_others_counted),
		cmocka_unit_test(while_orders_are_refused_nothing_else_is_to_be_done),
		cmocka_unit_test(one_thing_to_do_is_said_once),
		cmocka_unit_test(certificates_that_end_are_named),
		cmocka_unit_test(a_certificate_that_ends_gets_the_lines_that_renew_it),
		cmocka_unit_test(what_expired_is_worse_than_what_will),
		cmocka_unit_test(certificates_that_are_none_are_refused),
		cmocka_unit_test(retirements_are_counted_and_named),
		cmocka_unit_test(a_retirement_that_waits_for_the_operator_is_what_to_do_next),
		cmocka_unit_test(a_retirement_that_waits_for_senders_asks_for_nothing),
		cmocka_unit_test(an_orphan_that_is_being_retired_needs_no_file),
		cmocka_unit_test(retirements_that_are_none_are_refused),
		cmocka_unit_test(a_limit_that_was_met_is_named_by_its_setting),
		cmocka_unit_test(one_is_one),
		cmocka_unit_test(orphans_are_named),
		cmocka_unit_test(files_that_were_never_loaded_have_no_time),
		cmocka_unit_test(uncovered_domains_are_named),
		cmocka_unit_test(complaints_are_listed_one_a_line_and_escaped),
		cmocka_unit_test(a_status_that_lacks_a_field_is_refused),
		cmocka_unit_test(an_uncovered_domain_that_is_no_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
