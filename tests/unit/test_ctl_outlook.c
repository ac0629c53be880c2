/* SPDX-License-Identifier: ISC */
#include "ctl/acme/outlook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW       ((time_t)1796083200) /* 2026-12-01T00:00:00Z */
#define HOUR      3600
#define DAY       86400
#define DIRECTORY "https://acme-v02.api.letsencrypt.org/directory"
#define SEED      UINT64_C(42)

static char host[] = "mta-sts.example.org";

static const struct inventory_item bare = { .host = host, .domain = host + 8, .mode = MODE_ENFORCE };

static int setup(void **state)
{
	struct budget *budget = malloc(sizeof(*budget));

	budget_begin(budget, DIRECTORY);
	*state = budget;
	return 0;
}

static int teardown(void **state)
{
	budget_free(*state);
	free(*state);
	return 0;
}

static void take(struct budget *budget, struct entry entry)
{
	entry.domain = "example.org";
	entry.host = host;
	assert_int_equal(budget_take(budget, &entry), ERR_OK);
}

static void a_domain_without_a_certificate_is_a_new_order_and_now(void **state)
{
	struct outlook outlook = outlook_of(&bare, *state, NOW, SEED);

	assert_int_equal(outlook.at, NOW);
	assert_int_equal(outlook.item.what, ENTRY_NEW);
	assert_string_equal(outlook.item.domain, "example.org");
	assert_string_equal(outlook.item.host, "mta-sts.example.org");
	assert_string_equal(outlook.domain, "example.org");
	assert_int_equal(outlook.item.due.urgency, URGENCY_REFUSED);
}

static void only_what_was_installed_for_the_name_alone_is_renewed(void **state)
{
	struct inventory_item has = bare;

	has.not_before = NOW - 80 * DAY;
	has.not_after = NOW + 10 * DAY;
	has.is_alone = true;
	assert_int_equal(outlook_of(&has, *state, NOW, SEED).item.what, ENTRY_NEW);
	has.is_own = true;
	assert_int_equal(outlook_of(&has, *state, NOW, SEED).item.what, ENTRY_RENEWAL);
	assert_int_equal(outlook_of(&has, *state, NOW, SEED).at, NOW);
	has.is_alone = false;
	assert_int_equal(outlook_of(&has, *state, NOW, SEED).item.what, ENTRY_NEW);
	has.is_alone = has.is_foreign = true;
	assert_int_equal(outlook_of(&has, *state, NOW - DAY, SEED).item.what, ENTRY_NEW);
	assert_int_equal(outlook_of(&has, *state, NOW - DAY, SEED).at, NOW);
}

static void what_failed_waits_and_what_the_authority_asked_for_is_said(void **state)
{
	struct outlook outlook;

	take(*state, (struct entry){ .what = ENTRY_NEW, .when = NOW });
	take(*state, (struct entry){ .what = ENTRY_FAILED, .when = NOW });
	outlook = outlook_of(&bare, *state, NOW, SEED);
	assert_in_range(outlook.at, NOW + 600, NOW + 900);
	assert_int_equal(outlook.limit, LIMIT_NONE);
	assert_int_equal(outlook.item.due.why, DUE_AGAIN);
	take(*state, (struct entry){ .what = ENTRY_WAIT, .when = NOW, .until = NOW + HOUR });
	outlook = outlook_of(&bare, *state, NOW, SEED);
	assert_int_equal(outlook.at, NOW + HOUR);
	assert_int_equal(outlook.limit, LIMIT_ASKED);
}

static void failures_of_another_time_are_forgotten(void **state)
{
	struct inventory_item has = bare;

	take(*state, (struct entry){ .what = ENTRY_NEW, .when = NOW - 20 * DAY });
	take(*state, (struct entry){ .what = ENTRY_FAILED, .when = NOW - 20 * DAY });
	take(*state, (struct entry){ .what = ENTRY_NEW, .when = NOW - HOUR });
	take(*state, (struct entry){ .what = ENTRY_FAILED, .when = NOW - HOUR });
	assert_int_equal(outlook_of(&has, *state, NOW, SEED).item.due.why, DUE_AGAIN);
	assert_int_equal(outlook_of(&has, *state, NOW + 30 * DAY, SEED).item.due.why, DUE_NO_CERTIFICATE);

	/* A certificate came since, by whatever way. */
	has.not_before = NOW;
	has.not_after = NOW + 90 * DAY;
	assert_int_equal(outlook_of(&has, *state, NOW, SEED).item.due.why, DUE_RENEWAL);
}

/* One that was made now, and whose authority wants it replaced. */
static struct inventory_item revoked(const struct window *window)
{
	struct inventory_item has = bare;

	has.not_before = NOW - HOUR;
	has.not_after = NOW + 90 * DAY;
	has.is_alone = has.is_own = true;
	has.window = window;
	return has;
}

static void what_the_authority_asks_for_is_due_and_says_where_it_is_explained(void **state)
{
	char address[] = "https://ca.example/incident";
	const struct window window = { NOW - 2 * DAY, NOW - DAY, address };
	struct inventory_item has = revoked(&window);
	struct outlook outlook = outlook_of(&has, *state, NOW, SEED);
	char *said = NULL;
	size_t len;
	FILE *out = open_memstream(&said, &len);

	assert_int_equal(outlook.at, NOW);
	assert_int_equal(outlook.item.what, ENTRY_RENEWAL);
	assert_int_equal(outlook_print(out, &outlook, 1, NOW), ERR_OK);
	assert_int_equal(outlook_print_json(out, &outlook, 1), ERR_OK);
	(void)fclose(out);
	assert_non_null(strstr(said, "  now    the authority asks for it: https://ca.example/incident\n"));
	assert_non_null(strstr(said, "\"explanation\": \"https://ca.example/incident\""));
	free(said);
}

static void an_authority_that_asks_for_each_new_certificate_is_not_followed(void **state)
{
	const struct window window = { NOW - 2 * DAY, NOW - DAY, NULL };
	struct inventory_item has = revoked(&window);

	take(*state, (struct entry){ .what = ENTRY_RENEWAL, .when = NOW - 3 * HOUR });
	take(*state, (struct entry){ .what = ENTRY_ISSUED, .when = NOW - 3 * HOUR });
	assert_int_equal(outlook_of(&has, *state, NOW, SEED).at, NOW);
	take(*state, (struct entry){ .what = ENTRY_RENEWAL, .when = NOW - HOUR });
	take(*state, (struct entry){ .what = ENTRY_ISSUED, .when = NOW - HOUR });
	assert_true(outlook_of(&has, *state, NOW, SEED).at > NOW + DAY);
	assert_int_equal(outlook_of(&has, *state, NOW, SEED).item.due.why, DUE_RENEWAL);
	assert_null(outlook_of(&has, *state, NOW, SEED).asked);
	assert_int_equal(outlook_of(&has, *state, NOW + DAY, SEED).item.due.why, DUE_SUGGESTED);
}

/* Two of them: one that is due, and one that the authority does not allow yet. */
static void make_two(struct outlook two[2])
{
	two[0] = (struct outlook){ .item = { .due = { .urgency = URGENCY_BARE, .why = DUE_NO_CERTIFICATE },
					     .what = ENTRY_NEW },
				   .domain = "late.example",
				   .at = NOW + HOUR,
				   .limit = LIMIT_DOMAIN };
	two[1] = (struct outlook){ .item = { .due = { .urgency = URGENCY_ENDING, .why = DUE_ENDING },
					     .what = ENTRY_RENEWAL },
				   .domain = "soon.example",
				   .at = NOW };
	outlook_sort(two, 2);
}

static void it_is_printed_in_the_order_of_time(void **state)
{
	struct outlook two[2];
	char *said = NULL;
	size_t len;
	FILE *out = open_memstream(&said, &len);

	(void)state;
	make_two(two);
	assert_int_equal(outlook_print(out, two, 2, NOW), ERR_OK);
	(void)fclose(out);
	assert_string_equal(said, "DOMAIN        ORDER                 WHY                       HELD BY\n"
				  "soon.example  now                   certificate expires soon\n"
				  "late.example  2026-12-01T01:00:00Z  no certificate            "
				  "new certificates of the registered domain\n");
	free(said);
}

static void what_was_held_back_is_not_said_to_be_ordered_now(void **state)
{
	struct inventory_item has = bare;
	struct outlook outlook;
	char *said = NULL;
	size_t len;
	FILE *out = open_memstream(&said, &len);

	has.held = ORDERING_NO_ADDRESS;
	outlook = outlook_of(&has, *state, NOW, SEED);
	assert_int_equal(outlook.item.due.turn, TURN_HELD_BACK);
	assert_int_equal(outlook_print(out, &outlook, 1, NOW), ERR_OK);
	assert_int_equal(outlook_print_json(out, &outlook, 1), ERR_OK);
	(void)fclose(out);
	assert_non_null(strstr(
		said, "\nexample.org  held back  no certificate  the policy host has no address in DNS\n"));
	assert_non_null(strstr(said, "\"held\": \"no_address\""));
	free(said);
}

static void programs_get_codes(void **state)
{
	struct outlook two[2];
	char *said = NULL;
	size_t len;
	FILE *out = open_memstream(&said, &len);
	json_t *all, *row;

	(void)state;
	make_two(two);
	assert_int_equal(outlook_print_json(out, two, 2), ERR_OK);
	(void)fclose(out);
	all = json_loads(said, 0, NULL);
	row = json_array_get(json_object_get(all, "domains"), 1);
	assert_string_equal(json_string_value(json_object_get(row, "domain")), "late.example");
	assert_string_equal(json_string_value(json_object_get(row, "at")), "2026-12-01T01:00:00Z");
	assert_true(json_is_false(json_object_get(row, "renewal")));
	assert_string_equal(json_string_value(json_object_get(row, "limit")), "domain");
	assert_string_equal(json_string_value(json_object_get(row, "urgency")), "bare");
	assert_string_equal(json_string_value(json_object_get(row, "why")), "no_certificate");
	row = json_array_get(json_object_get(all, "domains"), 0);
	assert_true(json_is_true(json_object_get(row, "renewal")));
	assert_true(json_is_null(json_object_get(row, "limit")));
	assert_true(json_is_null(json_object_get(row, "held")));
	json_decref(all);
	free(said);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_domain_without_a_certificate_is_a_new_order_and_now),
		TEST(only_what_was_installed_for_the_name_alone_is_renewed),
		TEST(failures_of_another_time_are_forgotten),
		TEST(what_failed_waits_and_what_the_authority_asked_for_is_said),
		TEST(what_the_authority_asks_for_is_due_and_says_where_it_is_explained),
		TEST(an_authority_that_asks_for_each_new_certificate_is_not_followed),
		TEST(it_is_printed_in_the_order_of_time),
		TEST(what_was_held_back_is_not_said_to_be_ordered_now),
		TEST(programs_get_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
