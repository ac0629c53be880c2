/* SPDX-License-Identifier: ISC */
#include "ctl/orders/install.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CERTIFICATE(stage, days, used)                                                                       \
	"{\"file\":\"/s/a.pem\",\"source\":\"installed\",\"names\":[\"mta-sts.a.example\","                  \
	"\"mta-sts.b.example\"],\"issuer\":\"CN=R3,O=Org\",\"key\":\"ecdsa\","                               \
	"\"not_before\":\"2026-11-23T00:00:00Z\",\"not_after\":\"2027-02-21T00:00:00Z\",\"days_left\":" days \
	",\"stage\":\"" stage "\",\"used\":" used "}"
#define INSTALLED                                                                                            \
	"{\"dry_run\":false,\"certificate\":" CERTIFICATE(                                                   \
		"fine", "89",                                                                                \
		"true") ",\"replaced\":[],\"covers\":[\"a.example\",\"b.example\"],\"covers_count\":2,"      \
			"\"uncovered\":0,\"complaints\":[],\"audit\":7}"
#define DETAILS                                                                                              \
	"  issuer       R3\n  valid until  2027-02-21T00:00:00Z, 89 days left\n  stored in    /s/a.pem\n"

static struct printed install_with(const char *member, const char *json)
{
	char *reply = spoiled(INSTALLED, member, json_loads(json, JSON_DECODE_ANY, NULL));
	struct printed seen = printed(install_print, FORMAT_PEOPLE, reply);

	free(reply);
	return seen;
}

static void assert_says(const char *member, const char *json, const char *expected)
{
	struct printed seen = install_with(member, json);

	assert_int_equal(seen.err, ERR_OK);
	if (strstr(seen.out, expected) == NULL)
		fail_msg("no\n%s\nin\n%s", expected, seen.out);
	printed_free(&seen);
}

static void what_was_installed_is_told_with_what_to_do_next(void **state)
{
	struct printed seen = printed(install_print, FORMAT_PEOPLE, INSTALLED);

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out, "installed: mta-sts.a.example and 1 more\n" DETAILS
				      "  covers       a.example, b.example\n"
				      "next: mta-stsctl check a.example tries it as a sender would\n");
	printed_free(&seen);
}

static void a_dry_run_says_that_it_was_one(void **state)
{
	(void)state;
	assert_says("dry_run", "true", "dry run: nothing was changed\n\nto be installed: mta-sts.a.example");
}

static void the_same_again_is_said_and_asks_for_nothing(void **state)
{
	struct printed seen = install_with("audit", "null");

	(void)state;
	assert_ptr_equal(strstr(seen.out, "nothing was changed, it is installed already: mta-sts."),
			 seen.out);
	assert_null(strstr(seen.out, "next:"));
	printed_free(&seen);
}

static void one_that_is_not_used_says_so(void **state)
{
	(void)state;
	assert_says("certificate", CERTIFICATE("fine", "1", "false"),
		    "mta-sts.a.example and 1 more (not used, a better one is there)\n");
}

static void what_it_replaced_is_named(void **state)
{
	(void)state;
	assert_says("replaced", "[\"/s/a.pem\",\"/s/b\\u001b.pem\"]",
		    "  in place of  the older one there\n               /s/b\\x1b.pem\n");
}

static void what_it_covers_may_be_too_much_or_nothing(void **state)
{
	(void)state;
	assert_says("covers_count", "1200", "  covers       a.example, b.example and 1198 more\n");
	assert_says("covers", "[]", "  covers       ");
	{
		char *reply = spoiled(INSTALLED, "covers", json_array());
		json_t *none = json_loads(reply, 0, NULL);
		struct printed seen;

		free(reply);
		(void)json_object_set_new(none, "covers_count", json_integer(0));
		reply = json_dumps(none, 0);
		seen = printed(install_print, FORMAT_PEOPLE, reply);
		assert_non_null(strstr(seen.out, "  covers       no domain that is served\n"));
		assert_null(strstr(seen.out, "next:"));
		printed_free(&seen);
		free(reply);
		json_decref(none);
	}
}

static void what_is_still_uncovered_comes_first(void **state)
{
	struct printed seen = install_with("uncovered", "3");

	(void)state;
	assert_non_null(strstr(
		seen.out, "\nnext: mta-stsctl cert list (3 served domains without a valid certificate)\n"));
	assert_null(strstr(seen.out, "mta-stsctl check"));
	printed_free(&seen);
}

static void time_that_is_left_is_said_in_words(void **state)
{
	(void)state;
	assert_says("certificate", CERTIFICATE("urgent", "1", "true"), "Z, 1 day left\n");
	assert_says("certificate", CERTIFICATE("urgent", "0", "true"), "Z, less than a day left\n");
	assert_says("certificate", CERTIFICATE("expired", "-1", "true"), "Z, EXPIRED\n");
}

static void complaints_are_printed(void **state)
{
	(void)state;
	assert_says("complaints", "[{\"severity\":\"warning\",\"text\":\"chain is odd\"}]",
		    "\ncomplaints:\n  chain is odd\nnext:");
}

static void a_reply_that_is_none_is_refused(void **state)
{
	static const char *const members[] = { "dry_run",      "certificate", "replaced",   "covers",
					       "covers_count", "uncovered",   "complaints", "audit" };

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		char *without = spoiled(INSTALLED, members[i], NULL);
		struct printed seen = printed(install_print, FORMAT_PEOPLE, without);

		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
		free(without);
	}
	{
		struct printed seen = install_with("replaced", "[7]");

		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_installed_is_told_with_what_to_do_next),
		cmocka_unit_test(a_dry_run_says_that_it_was_one),
		cmocka_unit_test(the_same_again_is_said_and_asks_for_nothing),
		cmocka_unit_test(one_that_is_not_used_says_so),
		cmocka_unit_test(what_it_replaced_is_named),
		cmocka_unit_test(what_it_covers_may_be_too_much_or_nothing),
		cmocka_unit_test(what_is_still_uncovered_comes_first),
		cmocka_unit_test(time_that_is_left_is_said_in_words),
		cmocka_unit_test(complaints_are_printed),
		cmocka_unit_test(a_reply_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
