/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/orders/forget.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FORGOTTEN(state, safe_at, forced)                                                                    \
	"{\"domain\":\"example.org\",\"mode\":\"none\",\"id\":\"20261123160000\",\"state\":" state           \
	",\"safe_at\":" safe_at ",\"forced\":" forced "," SAMPLE_TXT "}"
#define SAFE FORGOTTEN("\"safe\"", "\"2026-12-01T04:10:00Z\"", "false")
#define REPLY(dry_run, forced, domains)                                                                      \
	"{\"dry_run\":" dry_run ",\"forced\":" forced ",\"audit\":null,\"domains\":[" domains "]}"

static void what_is_left_to_remove_is_named_in_its_order(void **state)
{
	struct printed seen = printed(forget_print, FORMAT_PEOPLE, REPLY("false", "0", SAFE));

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out, "DOMAIN       MODE  ID              STATE\n"
				      "example.org  none  20261123160000  safe\n"
				      "\nThese domains are no longer served. Remove now, in this order:\n"
				      "  1. the TXT records, if they are still there\n"
				      "     _mta-sts.example.org.\n"
				      "  2. the address records of the policy hosts, and their certificates\n"
				      "     mta-sts.example.org\n"
				      "mta-stsctl history DOMAIN still tells what was published.\n");
	printed_free(&seen);
}

static void what_is_forgotten_too_early_is_marked(void **state)
{
	struct printed known =
		printed(forget_print, FORMAT_PEOPLE,
			REPLY("false", "1", FORGOTTEN("\"draining\"", "\"2026-12-01T04:10:00Z\"", "true")));
	struct printed unknown = printed(forget_print, FORMAT_PEOPLE,
					 REPLY("false", "1", FORGOTTEN("\"waiting\"", "null", "true")));

	(void)state;
	assert_non_null(strstr(known.out, "draining  FORCED: senders may hold an older policy until "
					  "2026-12-01T04:10:00Z\n"));
	assert_non_null(strstr(known.out, "\n1 domain before the time: senders that hold"));
	assert_non_null(strstr(unknown.out,
			       "  waiting  FORCED: senders may hold a policy, nobody knows until "
			       "when\n"));
	printed_free(&known);
	printed_free(&unknown);
}

static void what_is_forgotten_while_it_is_on_is_marked(void **state)
{
	static const struct {
		const char *mode, *note;
	} cases[] = {
		{ "enforce",
		  "  -      FORCED: still in enforce: senders enforce it until their copy runs out\n" },
		{ "testing",
		  "  -      FORCED: still in testing: senders report on it until their copy runs out\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *domain = spoiled(FORGOTTEN("null", "null", "true"), "mode", json_string(cases[i].mode));
		char *reply = NULL;
		struct printed seen;

		assert_true(asprintf(&reply, REPLY("false", "1", "%s"), domain) > 0);
		seen = printed(forget_print, FORMAT_PEOPLE, reply);
		assert_non_null(strstr(seen.out, cases[i].note));
		printed_free(&seen);
		free(reply);
		free(domain);
	}
}

static void a_dry_run_says_what_is_to_be_removed_then(void **state)
{
	struct printed seen = printed(forget_print, FORMAT_PEOPLE, REPLY("true", "0", SAFE));

	(void)state;
	assert_ptr_equal(strstr(seen.out, "dry run: nothing was changed\n\nDOMAIN"), seen.out);
	assert_non_null(strstr(seen.out, "\nTo be removed then, in this order:\n"));
	assert_null(strstr(seen.out, "served no more"));
	printed_free(&seen);
}

static void a_preview_is_the_table(void **state)
{
	struct printed seen =
		printed_view(forget_print, (struct print_view){ .preview = true }, REPLY("true", "0", SAFE));

	(void)state;
	assert_string_equal(seen.out, "DOMAIN       MODE  ID              STATE\n"
				      "example.org  none  20261123160000  safe\n");
	printed_free(&seen);
}

static void nothing_to_forget_is_said(void **state)
{
	struct printed seen = printed(forget_print, FORMAT_PEOPLE, REPLY("false", "0", ""));

	(void)state;
	assert_string_equal(seen.out, "no domain is being retired: nothing to forget\n");
	printed_free(&seen);
}

static void a_reply_that_lacks_a_field_is_refused(void **state)
{
	static const char *const outer[] = { "dry_run", "forced", "domains" };
	static const char *const inner[] = { "domain", "mode", "id", "state", "safe_at", "forced", "txt" };

	(void)state;
	for (size_t i = 0; i < sizeof(outer) / sizeof(*outer); i++) {
		char *missing = spoiled(REPLY("false", "0", SAFE), outer[i], NULL);
		char *wrong = spoiled(REPLY("false", "0", SAFE), outer[i], json_string("x"));
		struct printed first = printed(forget_print, FORMAT_PEOPLE, missing);
		struct printed second = printed(forget_print, FORMAT_PEOPLE, wrong);

		assert_int_equal(first.err, ERR_SYNTAX);
		assert_int_equal(second.err, ERR_SYNTAX);
		printed_free(&first);
		printed_free(&second);
		free(missing);
		free(wrong);
	}
	for (size_t i = 0; i < sizeof(inner) / sizeof(*inner); i++) {
		char *domain = spoiled(SAFE, inner[i], NULL);
		char *reply = NULL;
		struct printed seen;

		assert_true(asprintf(&reply, REPLY("false", "0", "%s"), domain) > 0);
		seen = printed(forget_print, FORMAT_PEOPLE, reply);
		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
		free(reply);
		free(domain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_to_remove_is_named_in_its_order),
		cmocka_unit_test(what_is_forgotten_too_early_is_marked),
		cmocka_unit_test(what_is_forgotten_while_it_is_on_is_marked),
		cmocka_unit_test(a_dry_run_says_what_is_to_be_removed_then),
		cmocka_unit_test(a_preview_is_the_table),
		cmocka_unit_test(nothing_to_forget_is_said),
		cmocka_unit_test(a_reply_that_lacks_a_field_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
