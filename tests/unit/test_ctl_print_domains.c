/* SPDX-License-Identifier: ISC */
#include "ctl/print_domains.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SWITCH "{\"mode\":\"none\",\"since\":\"2026-11-24T00:00:00Z\",\"by\":\"root (uid 0)\"}"
#define CONFIGURED(mode)                                                                                     \
	"{\"mode\":\"" mode "\",\"max_age\":604800,\"mx\":[\"mail.example.org\"],\"id\":null}"
#define SHOWN(configured)                                                                                    \
	"{" SAMPLE_ROW_FIELDS ",\"policy\":\"version: STSv1\\r\\nmode: enforce\\r\\nodd:\\u001b\\r\\n\","    \
	"\"mx\":[\"mail.example.org\"],\"configured\":" configured ",\"wait\":608400}"

/* What show prints of the sample when one member is another. */
static struct printed show_with(const char *member, const char *json)
{
	char *reply = spoiled(SHOWN(CONFIGURED("enforce")), member, json_loads(json, JSON_DECODE_ANY, NULL));
	struct printed seen = printed(print_domains_show, FORMAT_PEOPLE, reply);

	free(reply);
	return seen;
}

static void assert_shows(const char *member, const char *json, const char *expected)
{
	struct printed seen = show_with(member, json);

	assert_int_equal(seen.err, ERR_OK);
	assert_non_null(strstr(seen.out, expected));
	printed_free(&seen);
}

static void list_is_a_table_with_a_header(void **state)
{
	struct printed seen =
		printed(print_domains_list, FORMAT_PEOPLE, "{\"domains\":[{" SAMPLE_ROW_FIELDS "}]}");

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out, "DOMAIN       MODE     MAX_AGE  ID              STANDING    NOTE\n"
				      "example.org  enforce  604800   20261123160000  configured\n");
	printed_free(&seen);
}

static void list_notes_what_is_not_as_usual(void **state)
{
	static const struct {
		bool switched, orphaned, refused;
		const char *note;
	} cases[] = {
		{ false, false, false, "  no certificate\n" },
		{ false, true, false, "  no file configures it any more; no certificate\n" },
		{ false, false, true, "  its file has errors: see status; no certificate\n" },
		{ true, false, false, "  by order: reset goes back to the file; no certificate\n" },
		{ true, true, false, "  by order; no file to go back to; no certificate\n" },
		{ true, false, true, "  by order; its file has errors: see status; no certificate\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *row = json_loads("{" SAMPLE_ROW_FIELDS "}", 0, NULL);
		json_t *reply = json_pack("{s:[o]}", "domains", row);
		struct printed seen;
		char *dump;

		if (cases[i].switched)
			(void)json_object_set_new(row, "switch", json_loads(SWITCH, 0, NULL));
		(void)json_object_set_new(row, "orphaned", json_boolean(cases[i].orphaned));
		(void)json_object_set_new(row, "refused", json_boolean(cases[i].refused));
		(void)json_object_set_new(row, "certificate", json_false());
		dump = json_dumps(reply, 0);
		seen = printed(print_domains_list, FORMAT_PEOPLE, dump);
		assert_non_null(strstr(seen.out, cases[i].note));
		printed_free(&seen);
		free(dump);
		json_decref(reply);
	}
}

static void an_empty_list_says_why(void **state)
{
	struct printed none = printed(print_domains_list, FORMAT_PEOPLE, "{\"domains\":[]}");
	struct printed no_match =
		printed_match(print_domains_list, FORMAT_PEOPLE, "*.\x1b", "{\"domains\":[]}");

	(void)state;
	assert_ptr_equal(strstr(none.out, "no domains yet: write a file"), none.out);
	assert_string_equal(no_match.out, "no domain matches '*.\\x1b'\n");
	printed_free(&none);
	printed_free(&no_match);
}

static void show_tells_everything(void **state)
{
	struct printed seen = printed(print_domains_show, FORMAT_PEOPLE, SHOWN(CONFIGURED("enforce")));

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out,
			    "domain       example.org\n"
			    "mode         enforce\n"
			    "max_age      604800 (7 days)\n"
			    "mx           mail.example.org\n"
			    "published    2026-11-23T16:00:00Z, id 20261123160000\n"
			    "TXT record   _mta-sts.example.org. 300 IN TXT \"v=STSv1; id=20261123160000;\"\n"
			    "standing     configured\n"
			    "file         /etc/mta-stsd/domains.d/example.org.conf:3\n"
			    "certificate  yes\n"
			    "configured   what is published\n"
			    "\nServed now:\n\n"
			    "    version: STSv1\n    mode: enforce\n    odd:\\x1b\n");
	printed_free(&seen);
}

static void show_tells_what_differs_from_the_file(void **state)
{
	(void)state;
	assert_shows("configured", CONFIGURED("testing"),
		     "configured   testing, max_age 604800 (7 days), mx mail.example.org\n"
		     "             DIFFERS from what is published\n");
	assert_shows("configured", "null", "configured   nothing\n");
	assert_shows("mx", "[]", "DIFFERS");
	assert_shows("max_age", "60", "DIFFERS");
}

static void show_tells_who_switched_and_what_is_missing(void **state)
{
	(void)state;
	assert_shows("switch", SWITCH, "switch       none since 2026-11-24T00:00:00Z, by root (uid 0)\n");
	assert_shows("certificate", "false", "certificate  NONE names mta-sts.example.org");
	assert_shows("line", "0", "file         /etc/mta-stsd/domains.d/example.org.conf\n");
	assert_shows("file", "null", "file         unknown\n");
	assert_shows("mx", "[]", "mx           (no mx lines)\n");
}

static void show_tells_whether_a_file_is_gone_or_has_errors(void **state)
{
	json_t *reply = json_loads(SHOWN(CONFIGURED("enforce")), 0, NULL);
	struct printed seen;
	char *dump;

	(void)state;
	assert_shows("refused", "true", "domains.d/example.org.conf:3 (has errors: see mta-stsctl status)\n");
	(void)json_object_set_new(reply, "file", json_null());
	(void)json_object_set_new(reply, "orphaned", json_true());
	dump = json_dumps(reply, 0);
	seen = printed(print_domains_show, FORMAT_PEOPLE, dump);
	assert_non_null(strstr(seen.out, "file         none any more\n"));
	printed_free(&seen);
	free(dump);
	json_decref(reply);
}

static void show_tells_how_long_a_domain_that_is_off_stays_in_place(void **state)
{
	struct printed enforced = printed(print_domains_show, FORMAT_PEOPLE, SHOWN(CONFIGURED("enforce")));
	char *none = spoiled(SHOWN("null"), "mode", json_string("none"));
	char *over = spoiled(none, "wait", json_integer(0));
	char *unread = spoiled(none, "wait", json_null());
	struct printed waiting = printed(print_domains_show, FORMAT_PEOPLE, none);
	struct printed done = printed(print_domains_show, FORMAT_PEOPLE, over);
	struct printed blind = printed(print_domains_show, FORMAT_PEOPLE, unread);

	(void)state;
	assert_non_null(strstr(blind.out, "keep         everything, for a time that is unknown"));
	assert_non_null(strstr(waiting.out, "keep         record, policy host and certificate, for at least "
					    "7 days 1 hour after"));
	assert_int_equal(done.err, ERR_OK);
	assert_null(strstr(done.out, "keep "));
	assert_null(strstr(enforced.out, "keep "));
	printed_free(&enforced);
	printed_free(&waiting);
	printed_free(&done);
	printed_free(&blind);
	free(unread);
	free(over);
	free(none);
}

static void a_domain_that_lacks_a_field_is_refused(void **state)
{
	static const char *const members[] = { "domain",       "mode",        "max_age", "id",
					       "published_at", "standing",    "switch",  "file",
					       "policy",       "certificate", "txt",     "mx",
					       "configured",   "orphaned",    "refused", "wait" };

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		char *reply = spoiled(SHOWN(CONFIGURED("enforce")), members[i], NULL);
		struct printed missing = printed(print_domains_show, FORMAT_PEOPLE, reply);
		struct printed wrong = show_with(members[i], "[1]");

		assert_int_equal(missing.err, ERR_SYNTAX);
		assert_int_equal(wrong.err, ERR_SYNTAX);
		assert_string_equal(missing.out, "");
		printed_free(&missing);
		printed_free(&wrong);
		free(reply);
	}
}

static void a_list_that_is_none_is_refused(void **state)
{
	static const char *const replies[] = { "{}", "[]", "{\"domains\":{}}", "{\"domains\":[null]}" };

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		struct printed seen = printed(print_domains_list, FORMAT_PEOPLE, replies[i]);

		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_is_a_table_with_a_header),
		cmocka_unit_test(list_notes_what_is_not_as_usual),
		cmocka_unit_test(an_empty_list_says_why),
		cmocka_unit_test(show_tells_everything),
		cmocka_unit_test(show_tells_what_differs_from_the_file),
		cmocka_unit_test(show_tells_who_switched_and_what_is_missing),
		cmocka_unit_test(show_tells_whether_a_file_is_gone_or_has_errors),
		cmocka_unit_test(show_tells_how_long_a_domain_that_is_off_stays_in_place),
		cmocka_unit_test(a_domain_that_lacks_a_field_is_refused),
		cmocka_unit_test(a_list_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
