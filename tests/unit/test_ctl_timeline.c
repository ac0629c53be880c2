/* SPDX-License-Identifier: ISC */
#include "ctl/show/timeline.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BOTH "[{" SAMPLE_OLD_FIELDS "},{" SAMPLE_NEW_FIELDS "}]"
#define OLD_LINE(mark)                                                                                       \
	"2026-10-01 12:00  " mark " enforce  7 days  id 20261001120000  served 4,213 times, last "           \
	"2026-11-23 15:59\n"
#define NEW_LINE(mark)                                                                                       \
	"2026-11-23 16:00  " mark " none     1 day   id 20261123160000  never served, id seen everywhere "   \
	"2026-11-23 17:00\n"

/* Draw what JSON says; retirement may be NULL. */
static char *draw(const char *revisions, json_int_t total, const char *retirement, bool utf8)
{
	json_t *past = json_loads(revisions, 0, NULL);
	json_t *way = retirement != NULL ? json_loads(retirement, 0, NULL) : json_null();
	struct reply_retirement end = { 0 };
	struct timeline timeline = { .revisions = past, .total = total, .retirement = &end, .utf8 = utf8 };
	char *drawn = NULL;
	size_t len;
	FILE *out = open_memstream(&drawn, &len);

	assert_int_equal(reply_retirement(way, &end), ERR_OK);
	assert_int_equal(timeline_print(&timeline, out), ERR_OK);
	assert_int_equal(fclose(out), 0);
	json_decref(past);
	json_decref(way);
	return drawn;
}

static void assert_drawn(char *drawn, const char *expected)
{
	assert_string_equal(drawn, expected);
	free(drawn);
}

static void the_way_from_enforce_to_nothing_is_one_line_down(void **state)
{
	(void)state;
	assert_drawn(draw(BOTH, 2, SAMPLE_DRAINING, false),
		     OLD_LINE("*") "                  |\n" NEW_LINE(
			     "*") "                  | draining: senders may hold the enforce policy until "
				  "2026-12-01 04:10\n"
				  "2026-12-01 04:10  o safe to remove\n");
}

static void an_id_that_nobody_here_published_is_named(void **state)
{
	json_t *retirement = json_loads(SAMPLE_DRAINING, 0, NULL);
	char *dump, *drawn;

	(void)state;
	(void)json_object_set_new(json_object_get(retirement, "held"), "foreign", json_true());
	dump = json_dumps(retirement, 0);
	drawn = draw(BOTH, 2, dump, false);
	assert_non_null(strstr(drawn,
			       "senders may hold a policy of id 1, which this host never published, until "
			       "2026-12-01 04:10\n"));
	free(drawn);
	free(dump);
	json_decref(retirement);
}

static void a_terminal_that_can_gets_better_characters(void **state)
{
	(void)state;
	assert_drawn(draw(BOTH, 2, SAMPLE_DRAINING, true),
		     OLD_LINE("\xe2\x97\x8f") "                  \xe2\x94\x82\n" NEW_LINE(
			     "\xe2\x97\x8f") "                  \xe2\x94\x82 draining: senders may hold the "
					     "enforce policy until "
					     "2026-12-01 04:10\n"
					     "2026-12-01 04:10  \xe2\x97\x8b safe to remove\n");
}

static void a_domain_that_is_not_retired_ends_with_what_is_published(void **state)
{
	(void)state;
	assert_drawn(draw("[{" SAMPLE_OLD_FIELDS "}]", 1, NULL, false), OLD_LINE("*"));
}

static void an_end_that_is_not_known_yet_is_said(void **state)
{
	(void)state;
	assert_drawn(
		draw("[{" SAMPLE_OLD_FIELDS "}]", 1, SAMPLE_RETIREMENT("waiting"), false),
		OLD_LINE("*") "                  | waiting so\n"
			      "not known yet     o safe to remove 7 days 1 hour after the record is visible "
			      "everywhere\n");
}

static void an_end_that_needs_another_look_says_so(void **state)
{
	char *confirming = spoiled(SAMPLE_DRAINING, "state", json_string("confirming"));
	char *safe = spoiled(SAMPLE_DRAINING, "state", json_string("safe"));

	(void)state;
	assert_drawn(
		draw("[{" SAMPLE_OLD_FIELDS "}]", 1, confirming, false),
		OLD_LINE("*") "                  |\n2026-12-01 04:10  o safe to remove, once DNS was looked "
			      "at again: mta-stsctl dns\n");
	assert_drawn(draw("[{" SAMPLE_OLD_FIELDS "}]", 1, safe, false),
		     OLD_LINE("*") "                  |\n2026-12-01 04:10  o safe to remove\n");
	free(confirming);
	free(safe);
}

static void older_revisions_become_a_count(void **state)
{
	(void)state;
	assert_drawn(draw("[{" SAMPLE_OLD_FIELDS "}]", 5, NULL, false),
		     "before that       * 4 more\n                  |\n" OLD_LINE("*"));
}

static void what_the_daemon_says_is_escaped(void **state)
{
	char *foul = spoiled(SAMPLE_RETIREMENT("waiting"), "text", json_string("\xe2\x97\x8f\x1b"));
	char *drawn = draw("[{" SAMPLE_OLD_FIELDS "}]", 1, foul, true);

	(void)state;
	assert_non_null(strstr(drawn, " \\xe2\\x97\\x8f\\x1b\n"));
	free(drawn);
	free(foul);
}

static void a_revision_that_is_none_is_refused(void **state)
{
	static const struct reply_retirement none = { 0 };
	json_t *past = json_loads("[{" SAMPLE_OLD_FIELDS "},{}]", 0, NULL);
	char *bytes = NULL;
	size_t len;
	FILE *out = open_memstream(&bytes, &len);

	(void)state;
	assert_int_equal(timeline_print(&(struct timeline){ past, 2, &none, false }, out), ERR_SYNTAX);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(bytes, "");
	free(bytes);
	json_decref(past);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_way_from_enforce_to_nothing_is_one_line_down),
		cmocka_unit_test(an_id_that_nobody_here_published_is_named),
		cmocka_unit_test(a_terminal_that_can_gets_better_characters),
		cmocka_unit_test(a_domain_that_is_not_retired_ends_with_what_is_published),
		cmocka_unit_test(an_end_that_is_not_known_yet_is_said),
		cmocka_unit_test(an_end_that_needs_another_look_says_so),
		cmocka_unit_test(older_revisions_become_a_count),
		cmocka_unit_test(what_the_daemon_says_is_escaped),
		cmocka_unit_test(a_revision_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
