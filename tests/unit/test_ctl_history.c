/* SPDX-License-Identifier: ISC */
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
		strstr(seen.out, "example.org: 1 revision, forgotten: the domain is not served any more\n"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_revision_is_told_with_its_text),
		cmocka_unit_test(a_forgotten_domain_says_so),
		cmocka_unit_test(a_damaged_revision_does_not_hide_the_others),
		cmocka_unit_test(a_history_that_lacks_a_field_is_refused),
		cmocka_unit_test(an_odd_value_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
