/* SPDX-License-Identifier: ISC */
#include "ctl/acme/report.h"

#include "ctl/acme/uacme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW    ((time_t)1800000000)
#define DAY    86400
#define HOST   "mta-sts.a.example"
#define DOMAIN "a.example"

static struct inventory_item has(time_t not_after)
{
	static char host[] = HOST;

	return (struct inventory_item){ .host = host,
					.domain = host + strlen("mta-sts."),
					.mode = MODE_ENFORCE,
					.not_before = not_after != 0 ? not_after - 90 * DAY : 0,
					.not_after = not_after,
					.is_alone = true };
}

static void begin(struct authorities *all)
{
	static char url[] = "https://ca.example/dir", *item[] = { url };
	static const struct names urls = { item, 1, 1 };

	authorities_begin(all, &urls);
}

static struct report_row row_of(const struct authorities *all, const struct obtained *item, time_t not_after)
{
	const struct report report = { .authorities = all, .item = item, .count = item != NULL };
	const struct inventory_item one = has(not_after);

	return report_row_of(&report, &one, NOW);
}

static void only_what_is_in_the_way_is_a_row(void **state)
{
	struct authorities all;
	struct obtained obtained = { .domain = DOMAIN, .installed = json_object() };

	(void)state;
	begin(&all);
	assert_int_equal(row_of(&all, NULL, 0).state, ORDERING_DUE);
	assert_int_equal(row_of(&all, NULL, NOW - DAY).state, ORDERING_DUE);
	assert_int_equal(row_of(&all, NULL, NOW + 60 * DAY).state, 0);
	assert_int_equal(row_of(&all, &obtained, 0).state, 0);
	json_decref(obtained.installed);
	authorities_end(&all);
}

static void what_the_authority_asks_for_is_told_until_it_is_there(void **state)
{
	char address[] = "https://ca.example/incident";
	const struct window past = { NOW - 2 * DAY, NOW - DAY, address }, coming = { NOW + 1, NOW + 2, NULL };
	const struct entry wait = { .what = ENTRY_WAIT, .when = NOW, .until = NOW + 3600 };
	struct authorities all;
	const struct report report = { .authorities = &all };
	struct inventory_item one = has(NOW + 60 * DAY);

	(void)state;
	begin(&all);
	one.window = &coming;
	assert_int_equal(report_row_of(&report, &one, NOW).state, 0);
	one.window = &past;
	assert_int_equal(report_row_of(&report, &one, NOW).state, ORDERING_DUE);
	assert_string_equal(report_row_of(&report, &one, NOW).detail,
			    "the authority asks for it: https://ca.example/incident");
	assert_int_equal(budget_take(&all.item[0].ledger.budget, &wait), ERR_OK);
	assert_int_equal(report_row_of(&report, &one, NOW).state, ORDERING_LIMITED);
	authorities_end(&all);
}

static void what_failed_is_told_in_the_words_of_the_authority(void **state)
{
	struct authorities all;
	json_t *details =
		json_pack("[sssssss]", "uacme: polling", "{", "  \"type\": \"" UACME_PROBLEM "caa\",",
			  "  \"detail\": \"a \\\"no\\\"\\u001b\"", "}", "uacme: end", "{");
	const struct obtained mute = { .domain = DOMAIN,
				       .status = RUN_NOT_DONE,
				       .problem = (char[]){ "why" } };
	struct obtained told = mute;

	(void)state;
	told.details = details;
	begin(&all);
	assert_int_equal(row_of(&all, &told, NOW + 60 * DAY).state, ORDERING_FAILED);
	assert_string_equal(row_of(&all, &told, 0).detail, "caa: a \"no\"\\x1b");
	assert_string_equal(row_of(&all, &mute, 0).detail, "why");
	json_decref(details);
	authorities_end(&all);
}

static void what_was_not_ordered_is_told_as_it_was_seen(void **state)
{
	struct authorities all;
	const struct obtained held = { .domain = DOMAIN,
				       .status = RUN_NOT_DONE,
				       .problem = (char[]){ "not ordered" },
				       .held = ORDERING_ELSEWHERE,
				       .details = json_pack("[ss]", "192.0.2.1 is another",
							    "next: point it here") };

	(void)state;
	begin(&all);
	assert_int_equal(row_of(&all, &held, 0).state, ORDERING_ELSEWHERE);
	assert_string_equal(row_of(&all, &held, 0).detail, "192.0.2.1 is another");
	assert_int_equal(row_of(&all, &held, 0).at, 0);
	json_decref(held.details);
	authorities_end(&all);
}

static void of_what_was_not_looked_at_again_nothing_else_is_told(void **state)
{
	const struct obtained failed = { .domain = DOMAIN,
					 .status = RUN_NOT_DONE,
					 .problem = (char[]){ "why" } };
	struct authorities all;
	struct report report = { .authorities = &all };
	struct inventory_item one = has(0);

	(void)state;
	begin(&all);
	one.held = ORDERING_ELSEWHERE;
	assert_int_equal(report_row_of(&report, &one, NOW).state, 0);
	report.item = &failed;
	report.count = 1;
	assert_int_equal(report_row_of(&report, &one, NOW).state, ORDERING_FAILED);
	authorities_end(&all);
}

static void what_failed_in_a_round_before_goes_on_to_be_told(void **state)
{
	const struct entry entries[] = {
		{ .what = ENTRY_NEW, .when = NOW - 60, .domain = "a.example", .host = HOST },
		{ .what = ENTRY_FAILED, .when = NOW - 59, .host = HOST },
	};
	struct authorities all;
	struct report_row row;

	(void)state;
	begin(&all);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(budget_take(&all.item[0].ledger.budget, &entries[i]), ERR_OK);
	row = row_of(&all, NULL, 0);
	assert_int_equal(row.state, ORDERING_FAILED);
	assert_string_equal(row.detail, "");
	assert_true(row.at > NOW);
	authorities_end(&all);
}

static void a_limit_of_the_authority_is_named_with_its_end(void **state)
{
	const struct entry wait = { .what = ENTRY_WAIT, .when = NOW, .until = NOW + 3600 };
	struct authorities all;
	struct report_row row;

	(void)state;
	begin(&all);
	assert_int_equal(budget_take(&all.item[0].ledger.budget, &wait), ERR_OK);
	row = row_of(&all, NULL, 0);
	assert_int_equal(row.state, ORDERING_LIMITED);
	assert_int_equal(row.at, NOW + 3600);
	assert_true(strlen(row.detail) > 0);
	authorities_end(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_in_the_way_is_a_row),
		cmocka_unit_test(what_the_authority_asks_for_is_told_until_it_is_there),
		cmocka_unit_test(what_failed_is_told_in_the_words_of_the_authority),
		cmocka_unit_test(what_was_not_ordered_is_told_as_it_was_seen),
		cmocka_unit_test(of_what_was_not_looked_at_again_nothing_else_is_told),
		cmocka_unit_test(what_failed_in_a_round_before_goes_on_to_be_told),
		cmocka_unit_test(a_limit_of_the_authority_is_named_with_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
