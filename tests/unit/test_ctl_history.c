/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/show/history.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define POLICY ",\"policy\":\"version: STSv1\\r\\nmode: \\u001b\\r\\n\"}"
#define HISTORY(published, revisions)                                                                        \
	"{\"domain\":\"example.org\",\"published\":" published ",\"revisions\":[" revisions "]}"
#define OLD "{" SAMPLE_OLD_FIELDS POLICY
#define NEW "{" SAMPLE_NEW_FIELDS POLICY

static void every_revision_is_told_with_its_text(void **state)
{
	struct printed seen = printed(history_print, FORMAT_PEOPLE, HISTORY("true", OLD "," NEW));

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(
		seen.out,
		"example.org: 2 revisions, the last is published\n"
		"\nid 20261001120000: enforce, max_age 604800 (7 days)\n"
		"  published  2026-10-01T12:00:00Z\n"
		"  until      2026-11-23T16:00:00Z\n"
		"  served     4,213 times, first 2026-10-01T12:00:07Z, last 2026-11-23T15:59:00Z\n"
		"  id seen    not counted: nobody looked, it was not at every name server, or another id "
		"stood there since\n"
		"\n    version: STSv1\n    mode: \\x1b\n"
		"\nid 20261123160000: none, max_age 86400 (1 day)\n"
		"  published  2026-11-23T16:00:00Z, none by root (uid 0)\n"
		"  entry      7 of the audit trail\n"
		"  reason     moved\n"
		"  until      now\n"
		"  served     never\n"
		"  id seen    everywhere since 2026-11-23T17:00:00Z, TTL 300\n"
		"\n    version: STSv1\n    mode: \\x1b\n");
	printed_free(&seen);
}

static void a_forgotten_domain_says_so(void **state)
{
	struct printed seen = printed(history_print, FORMAT_PEOPLE, HISTORY("false", NEW));

	(void)state;
	assert_non_null(
		strstr(seen.out, "example.org: 1 revision, forgotten: the domain is no longer served\n"));
	assert_non_null(strstr(seen.out, "  until      the domain was forgotten\n"));
	printed_free(&seen);
}

static void a_damaged_revision_does_not_hide_the_others(void **state)
{
	char *damaged = spoiled(OLD, "mode", json_null());
	char *reply = NULL;
	struct printed seen;

	(void)state;
	assert_true(asprintf(&reply, HISTORY("true", "%s," NEW), damaged) > 0);
	seen = printed(history_print, FORMAT_PEOPLE, reply);
	assert_int_equal(seen.err, ERR_OK);
	assert_non_null(strstr(seen.out, "\nid 20261001120000: damaged, max_age 604800"));
	assert_non_null(strstr(seen.out, "\nid 20261123160000: none"));
	printed_free(&seen);
	free(reply);
	free(damaged);
}

static void a_history_that_lacks_a_field_is_refused(void **state)
{
	static const char *const members[] = { "id",
					       "mode",
					       "max_age",
					       "published_at",
					       "superseded_at",
					       "first_served_at",
					       "last_served_at",
					       "fetches",
					       "seen_at",
					       "ttl",
					       "audit",
					       "command",
					       "by",
					       "reason",
					       "policy" };

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		for (int wrong = 0; wrong < 2; wrong++) {
			char *revision = spoiled(NEW, members[i], wrong != 0 ? json_array() : NULL);
			char *reply = NULL;
			struct printed seen;

			assert_true(asprintf(&reply, HISTORY("true", "%s"), revision) > 0);
			seen = printed(history_print, FORMAT_PEOPLE, reply);
			assert_int_equal(seen.err, ERR_SYNTAX);
			printed_free(&seen);
			free(reply);
			free(revision);
		}
	}
}

static void an_odd_value_is_refused(void **state)
{
	static const char *const cases[][2] = { { "id", "a b" },
						{ "id", "" },
						{ "id", "123456789012345678901234567890123" },
						{ "mode", "enforced" },
						{ "published_at", "2026-11-23 16:00:00" },
						{ "seen_at", "yesterday" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *revision = spoiled(NEW, cases[i][0], json_string(cases[i][1]));
		char *reply = NULL;
		struct printed seen;

		assert_true(asprintf(&reply, HISTORY("true", "%s"), revision) > 0);
		seen = printed(history_print, FORMAT_PEOPLE, reply);
		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
		free(reply);
		free(revision);
	}
}

#define CHANGE(domain, before, after) "{\"domain\":\"" domain "\",\"before\":" before ",\"after\":" after "}"
#define ENTRY(number, command, undoes, reason, domains, changes)                                             \
	"{\"number\":" number ",\"at\":\"2026-11-23T16:00:00Z\",\"uid\":0,\"by\":\"root (uid 0)\","          \
	"\"command\":\"" command "\",\"undoes\":" undoes ",\"reason\":\"" reason "\",\"domains\":" domains   \
	",\"changes\":[" changes "]}"
#define ONE    ENTRY("7", "none", "null", "moved", "1", CHANGE("a.example", "\"1\"", "\"2\""))
#define TWELVE ENTRY("8", "undo", "7", "", "12", CHANGE("a.example", "null", "\"2\""))

static void the_newest_entry_comes_last(void **state)
{
	struct printed seen =
		printed(history_print_audit, FORMAT_PEOPLE, "{\"entries\":[" ONE "," TWELVE "]}");

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out,
			    "NUMBER  TIME                  WHO           COMMAND  WHAT              REASON\n"
			    "7       2026-11-23T16:00:00Z  root (uid 0)  none     a.example 1 -> 2  moved\n"
			    "8       2026-11-23T16:00:00Z  root (uid 0)  undo 7   12 domains\n");
	printed_free(&seen);
}

static void an_empty_trail_says_so(void **state)
{
	struct printed seen = printed(history_print_audit, FORMAT_PEOPLE, "{\"entries\":[]}");

	(void)state;
	assert_string_equal(seen.out, "no entries\n");
	printed_free(&seen);
}

/* What is printed of so many entries, the first of which has this number. */
static struct printed many(int count, int first)
{
	json_t *entries = json_array();
	json_t *reply = json_pack("{s:o}", "entries", entries);
	struct printed seen;
	char *dump;

	for (int i = 0; i < count; i++) {
		json_t *entry = json_loads(TWELVE, 0, NULL);

		(void)json_object_set_new(entry, "number", json_integer(first + i));
		(void)json_array_append_new(entries, entry);
	}
	dump = json_dumps(reply, 0);
	seen = printed(history_print_audit, FORMAT_PEOPLE, dump);
	free(dump);
	json_decref(reply);
	return seen;
}

static void a_full_page_says_how_to_see_older_entries(void **state)
{
	struct printed full = many(100, 41);
	struct printed last = many(100, 1);
	struct printed part = many(99, 41);

	(void)state;
	assert_non_null(strstr(full.out, "\n\nolder ones: mta-stsctl audit --before 41\n"));
	assert_null(strstr(last.out, "older ones"));
	assert_null(strstr(part.out, "older ones"));
	printed_free(&full);
	printed_free(&last);
	printed_free(&part);
}

static void one_entry_is_told_with_all_its_changes(void **state)
{
	struct printed seen = printed(
		history_print_audit, FORMAT_PEOPLE,
		ENTRY("7", "none", "null", "\\u001b", "2",
		      CHANGE("a.example", "\"1\"", "\"2\"") "," CHANGE("b.example", "null", "\"3\"")));

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(
		seen.out, "entry    7\n"
			  "time     2026-11-23T16:00:00Z\n"
			  "who      root (uid 0)\n"
			  "command  none\n"
			  "reason   \\x1b\n"
			  "changed  2 domains\n"
			  "\n"
			  "DOMAIN     ID BEFORE  ID AFTER\n"
			  "a.example  1          2\n"
			  "b.example  nothing    3\n"
			  "\nmta-stsctl undo 7 takes it back, unless something newer changed its domains\n");
	printed_free(&seen);
}

static void only_what_can_be_undone_says_how(void **state)
{
	struct printed undone = printed(history_print_audit, FORMAT_PEOPLE, TWELVE);
	struct printed reload =
		printed(history_print_audit, FORMAT_PEOPLE, ENTRY("9", "reload", "null", "", "0", ""));
	struct printed forget =
		printed(history_print_audit, FORMAT_PEOPLE,
			ENTRY("9", "forget", "null", "", "1", CHANGE("a.example", "\"2\"", "null")));

	(void)state;
	assert_non_null(strstr(undone.out, "mta-stsctl undo 8 does again what entry 7 did"));
	assert_null(strstr(reload.out, "takes it back"));
	assert_non_null(strstr(reload.out, "\nreason   none given\nchanged  0 domains\n"));
	assert_null(strstr(forget.out, "takes it back"));
	assert_non_null(strstr(forget.out, "a.example  2          nothing\n"));
	printed_free(&undone);
	printed_free(&reload);
	printed_free(&forget);
}

static void an_entry_that_lacks_a_field_is_refused(void **state)
{
	static const char *const members[] = { "number", "at",     "by",      "command",
					       "undoes", "reason", "domains", "changes" };

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		for (int wrong = 0; wrong < 2; wrong++) {
			char *entry = spoiled(ONE, members[i], wrong != 0 ? json_object() : NULL);
			char *reply = NULL;
			struct printed alone, listed;

			assert_true(asprintf(&reply, "{\"entries\":[%s]}", entry) > 0);
			alone = printed(history_print_audit, FORMAT_PEOPLE, entry);
			listed = printed(history_print_audit, FORMAT_PEOPLE, reply);
			assert_int_equal(alone.err, ERR_SYNTAX);
			assert_int_equal(listed.err, ERR_SYNTAX);
			assert_string_equal(listed.out, "");
			printed_free(&alone);
			printed_free(&listed);
			free(reply);
			free(entry);
		}
	}
}

static void changes_that_are_none_are_refused(void **state)
{
	static const char *const replies[] = { "{\"entries\":7}",
					       "{\"entries\":[null]}",
					       "[]",
					       ENTRY("7", "none", "null", "", "1", "7"),
					       ENTRY("7", "none", "null", "", "1", "{\"domain\":\"a\"}"),
					       "{\"entries\":[" ENTRY("7", "none", "null", "", "1",
								      "") "]}" };

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		struct printed seen = printed(history_print_audit, FORMAT_PEOPLE, replies[i]);

		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_revision_is_told_with_its_text),
		cmocka_unit_test(a_forgotten_domain_says_so),
		cmocka_unit_test(a_damaged_revision_does_not_hide_the_others),
		cmocka_unit_test(a_history_that_lacks_a_field_is_refused),
		cmocka_unit_test(an_odd_value_is_refused),
		cmocka_unit_test(the_newest_entry_comes_last),
		cmocka_unit_test(an_empty_trail_says_so),
		cmocka_unit_test(a_full_page_says_how_to_see_older_entries),
		cmocka_unit_test(one_entry_is_told_with_all_its_changes),
		cmocka_unit_test(only_what_can_be_undone_says_how),
		cmocka_unit_test(an_entry_that_lacks_a_field_is_refused),
		cmocka_unit_test(changes_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
