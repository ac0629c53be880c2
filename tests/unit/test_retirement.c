/* SPDX-License-Identifier: ISC */
/* wrap: clock_now */
#include "hosting.h"

#include "evidence/retirement.h"
#include "evidence/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define DOMAIN "example.org"
#define FIRST  "20261123160000"
#define SECOND "20261123160001"
#define HOUR   3600
#define DAY    86400
#define WEEK   604800

/* The daemon of the test runs since then. */
#define SINCE (HOSTING_NOW - DAY)

/* The first policy is enforce for a week, and its TTL was never seen; this long after the first look. */
#define DRAINS (DAY + WEEK + HOUR)

static void order(struct hosting *hosting, enum mode mode)
{
	struct hosting_switch order = hosting_none();

	order.to.mode = mode;
	assert_int_equal(hosting_order(hosting, DOMAIN, &order), ERR_OK);
}

static int setup(void **state)
{
	if (hosting_setup(state) != 0)
		return -1;
	return hosting_publish(*state, hosting_configured(DOMAIN, MODE_ENFORCE, "mail.example.org", "")) ==
			       ERR_OK
		       ? 0
		       : -1;
}

/* Published none, and a minute later somebody looks. */
static int setup_none(void **state)
{
	if (setup(state) != 0)
		return -1;
	order(*state, MODE_NONE);
	hosting_now += 60;
	return 0;
}

static struct retirement find_since(struct hosting *hosting, time_t since)
{
	const struct domain *domain = registry_domain(hosting->registry, DOMAIN);
	struct retirement retirement;
	enum retirement_state state;

	assert_int_equal(retirement_of(hosting->store, domain, hosting_now, since, &retirement), ERR_OK);
	assert_int_equal(retirement_state(hosting->store, domain, hosting_now, since, &state), ERR_OK);
	assert_int_equal(state, retirement.state);
	return retirement;
}

static struct retirement find(struct hosting *hosting)
{
	return find_since(hosting, SINCE);
}

static void assert_state(struct hosting *hosting, enum retirement_state state)
{
	assert_string_equal(retirement_text(find(hosting).state), retirement_text(state));
}

static void nothing_is_retired_that_is_not_none(void **state)
{
	hosting_look(*state, DOMAIN, FIRST);
	assert_int_equal(find(*state).state, RETIREMENT_OFF);
	assert_null(retirement_text(RETIREMENT_OFF));

	order(*state, MODE_TESTING);
	assert_int_equal(find(*state).state, RETIREMENT_OFF);
}

static void it_is_publishing_until_somebody_looks(void **state)
{
	struct retirement retirement = find(*state);

	assert_int_equal(retirement.state, RETIREMENT_PUBLISHING);
	assert_int_equal(retirement.safe_at, 0);
	assert_int_equal(retirement.look.at, 0);
	assert_int_equal(retirement.wait, WEEK + HOUR);
	hosting_now += 2 * DRAINS;
	assert_state(*state, RETIREMENT_PUBLISHING);
}

static void a_look_at_what_was_published_before_does_not_count(void **state)
{
	hosting_look(*state, DOMAIN, FIRST);
	order(*state, MODE_NONE);
	assert_state(*state, RETIREMENT_PUBLISHING);

	/* Nor one of the none before this one. */
	hosting_look(*state, DOMAIN, SECOND);
	order(*state, MODE_TESTING);
	order(*state, MODE_NONE);
	assert_state(*state, RETIREMENT_PUBLISHING);
	assert_int_equal(find(*state).safe_at, 0);
}

static void it_waits_while_the_old_id_stands_anywhere(void **state)
{
	struct retirement retirement;

	hosting_look(*state, DOMAIN, FIRST);
	retirement = find(*state);

	assert_int_equal(retirement.state, RETIREMENT_WAITING);
	assert_int_equal(retirement.look.verdict, VERDICT_OLD_ID);
	assert_int_equal(retirement.look.at, hosting_now);
	assert_int_equal(retirement.safe_at, 0);
}

static void it_waits_while_nobody_answers(void **state)
{
	hosting_look(*state, DOMAIN, NULL);
	assert_state(*state, RETIREMENT_WAITING);
}

static void it_waits_again_when_the_id_is_gone_again(void **state)
{
	time_t again;

	hosting_look(*state, DOMAIN, SECOND);
	assert_state(*state, RETIREMENT_DRAINING);
	hosting_now += WEEK;
	hosting_look(*state, DOMAIN, FIRST);
	assert_state(*state, RETIREMENT_WAITING);

	hosting_now += HOUR;
	again = hosting_now;
	hosting_look(*state, DOMAIN, SECOND);
	assert_int_equal(find(*state).safe_at, again + 300 + WEEK + HOUR);
}

static void it_drains_until_the_horizon(void **state)
{
	time_t safe_at = hosting_now + DRAINS;
	struct retirement retirement;

	hosting_look(*state, DOMAIN, SECOND);
	retirement = find(*state);

	assert_int_equal(retirement.state, RETIREMENT_DRAINING);
	assert_int_equal(retirement.seen_at, hosting_now);
	assert_int_equal(retirement.safe_at, safe_at);
	assert_int_equal(retirement.wait, WEEK + HOUR);
	assert_string_equal(retirement.held.id, FIRST);
	assert_int_equal(retirement.held.mode, MODE_ENFORCE);
	assert_int_equal(retirement.held.max_age, WEEK);
	assert_int_equal(retirement.held.last_served_at, 0);
	hosting_now = safe_at - 1;
	hosting_look(*state, DOMAIN, SECOND);
	assert_state(*state, RETIREMENT_DRAINING);
}

static void servers_that_fall_silent_do_not_stop_the_draining(void **state)
{
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += DAY;
	hosting_look(*state, DOMAIN, NULL);

	assert_state(*state, RETIREMENT_DRAINING);
}

static void the_last_fetch_of_the_old_policy_is_known(void **state)
{
	struct hosting *hosting = *state;
	struct revision *revision = registry_find(hosting->registry, DOMAIN);

	tally_note(hosting->tally, revision, hosting_now - 10);
	revision_release(&revision);
	assert_int_equal(tally_write(hosting->tally, hosting->store, hosting_now), ERR_OK);
	order(hosting, MODE_NONE);

	assert_int_equal(find(hosting).held.last_served_at, hosting_now - 10);
}

static void past_the_horizon_one_more_look_is_missing(void **state)
{
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += DRAINS;
	assert_state(*state, RETIREMENT_CONFIRMING);

	hosting_look(*state, DOMAIN, SECOND);
	assert_state(*state, RETIREMENT_SAFE);
	assert_string_equal(find(*state).held.id, "");
	assert_int_equal(find(*state).wait, 0);
}

static void a_last_look_without_an_answer_confirms_nothing(void **state)
{
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += DRAINS;
	hosting_look(*state, DOMAIN, NULL);

	assert_state(*state, RETIREMENT_CONFIRMING);
}

static void silence_after_the_last_look_takes_nothing_back(void **state)
{
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += DRAINS;
	hosting_look(*state, DOMAIN, SECOND);
	hosting_look(*state, DOMAIN, NULL);

	assert_state(*state, RETIREMENT_SAFE);
}

static void a_record_that_is_removed_when_it_is_safe_stays_safe(void **state)
{
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += DRAINS;
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += DAY;
	hosting_look(*state, DOMAIN, "");
	assert_state(*state, RETIREMENT_SAFE);
	hosting_look(*state, DOMAIN, "");
	assert_state(*state, RETIREMENT_SAFE);

	/* Unless it was the old one that came back. */
	hosting_look(*state, DOMAIN, FIRST);
	assert_state(*state, RETIREMENT_WAITING);
	hosting_look(*state, DOMAIN, "");
	assert_state(*state, RETIREMENT_WAITING);
}

static void a_record_that_is_removed_too_early_has_to_be_seen_anew(void **state)
{
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += DRAINS - 1;
	hosting_look(*state, DOMAIN, "");

	assert_state(*state, RETIREMENT_WAITING);
	hosting_now += 1;
	assert_state(*state, RETIREMENT_WAITING);
}

static void a_record_that_is_removed_before_the_last_look_confirms_nothing(void **state)
{
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += DRAINS;
	hosting_look(*state, DOMAIN, "");
	assert_state(*state, RETIREMENT_CONFIRMING);

	hosting_look(*state, DOMAIN, SECOND);
	assert_state(*state, RETIREMENT_SAFE);
}

static void a_last_look_at_the_old_id_begins_it_all_again(void **state)
{
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += DRAINS;
	hosting_look(*state, DOMAIN, FIRST);

	assert_state(*state, RETIREMENT_WAITING);
}

static void what_was_safe_is_so_no_more_when_dns_shows_the_old_id(void **state)
{
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += DRAINS;
	hosting_look(*state, DOMAIN, SECOND);
	assert_state(*state, RETIREMENT_SAFE);
	hosting_now += WEEK;
	hosting_look(*state, DOMAIN, FIRST);

	assert_state(*state, RETIREMENT_WAITING);
}

static void a_restart_asks_for_one_more_look(void **state)
{
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += DRAINS;
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += 60;
	hosting_restart(*state);

	assert_int_equal(find_since(*state, hosting_now).state, RETIREMENT_CONFIRMING);
	hosting_look(*state, DOMAIN, SECOND);
	assert_int_equal(find_since(*state, hosting_now).state, RETIREMENT_SAFE);
}

static void a_look_that_lies_ahead_of_a_clock_set_back_confirms_nothing(void **state)
{
	time_t safe_at = hosting_now + DRAINS;

	hosting_look(*state, DOMAIN, SECOND);
	hosting_now = safe_at + WEEK;
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now = safe_at + 1;

	assert_state(*state, RETIREMENT_CONFIRMING);
}

static void a_damaged_revision_counts_as_a_year_of_enforce(void **state)
{
	hosting_sql(*state, "UPDATE revision SET text = 'nonsense' WHERE superseded_at IS NOT NULL");
	hosting_look(*state, DOMAIN, SECOND);

	assert_int_equal(find(*state).safe_at, hosting_now + DAY + POLICY_MAX_AGE_LIMIT + HOUR);
	assert_int_equal(find(*state).held.mode, MODE_ENFORCE);
	assert_int_equal(find(*state).held.max_age, POLICY_MAX_AGE_LIMIT);
}

/* Of a host before this one, or of a time that a restored copy does not know. */
static void an_id_that_nobody_here_published_counts_as_a_year_of_enforce(void **state)
{
	struct retirement retirement;

	hosting_look(*state, DOMAIN, "strange");
	hosting_now += 60;
	hosting_look(*state, DOMAIN, SECOND);
	retirement = find(*state);

	assert_int_equal(retirement.safe_at, hosting_now + 300 + POLICY_MAX_AGE_LIMIT + HOUR);
	assert_int_equal(retirement.else_safe_at, hosting_now + DRAINS);
	assert_true(retirement.held.foreign);
	assert_string_equal(retirement.held.id, "strange");
}

static void a_foreign_id_of_more_than_a_year_ago_is_held_by_nobody(void **state)
{
	hosting_look(*state, DOMAIN, "strange");
	hosting_now += 60;
	hosting_look(*state, DOMAIN, SECOND);
	hosting_now += 300 + POLICY_MAX_AGE_LIMIT + HOUR;
	order(*state, MODE_ENFORCE);
	order(*state, MODE_NONE);

	assert_false(find(*state).held.foreign);
	assert_int_equal(find(*state).wait, WEEK + HOUR);
}

static void a_domain_that_was_never_more_than_none_is_safe_when_it_is_seen(void **state)
{
	struct hosting *hosting = *state;
	struct retirement retirement;
	const struct domain *domain;

	assert_int_equal(hosting_publish(hosting, hosting_configured("new.example", MODE_NONE, NULL, "")),
			 ERR_OK);
	hosting_look(hosting, "new.example", "20261123160100");
	domain = registry_domain(hosting->registry, "new.example");
	assert_int_equal(retirement_of(hosting->store, domain, hosting_now, SINCE, &retirement), ERR_OK);

	assert_int_equal(retirement.state, RETIREMENT_SAFE);
}

/* The copy knows neither the second enforce nor that none was ordered again. */
static void a_restored_copy_is_never_ahead_of_the_truth(void **state)
{
	const char *lost = "20261126160100";
	time_t truth;

	hosting_look(*state, DOMAIN, SECOND);
	hosting_copy(*state);
	hosting_now += 3 * DAY;
	order(*state, MODE_ENFORCE);
	hosting_look(*state, DOMAIN, lost);
	hosting_now += DAY;
	order(*state, MODE_NONE);
	truth = hosting_now + 300 + WEEK + HOUR;
	hosting_restore(*state);

	hosting_now += DRAINS;
	assert_int_equal(find_since(*state, hosting_now).state, RETIREMENT_CONFIRMING);
	hosting_look(*state, DOMAIN, lost);
	assert_int_equal(find_since(*state, hosting_now).state, RETIREMENT_WAITING);
	hosting_look(*state, DOMAIN, SECOND);
	assert_int_equal(find_since(*state, hosting_now).state, RETIREMENT_DRAINING);
	assert_true(find_since(*state, hosting_now).safe_at >= truth);
}

static void the_wait_counts_from_a_revision_that_nobody_saw_yet(void **state)
{
	struct hosting *hosting = *state;
	uint32_t wait = 1;

	assert_int_equal(retirement_wait(hosting->store, DOMAIN, hosting_now, false, &wait), ERR_OK);
	assert_int_equal(wait, 0);
	assert_int_equal(retirement_wait(hosting->store, DOMAIN, hosting_now, true, &wait), ERR_OK);
	assert_int_equal(wait, WEEK + HOUR);
	assert_int_equal(retirement_wait(hosting->store, "unknown.example", hosting_now, true, &wait),
			 ERR_OK);
	assert_int_equal(wait, 0);
}

static void nobody_knows_when_the_store_cannot_be_read(void **state)
{
	struct hosting *hosting = *state;
	struct retirement retirement;
	uint32_t wait = 77;

	hosting_sql(hosting, "DROP TABLE lapse");

	assert_int_equal(retirement_of(hosting->store, registry_domain(hosting->registry, DOMAIN),
				       hosting_now, SINCE, &retirement),
			 ERR_STORE);
	assert_int_equal(retirement_wait(hosting->store, DOMAIN, hosting_now, true, &wait), ERR_STORE);
	assert_int_equal(wait, 77);
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, setup, hosting_teardown)
#define TEST_NONE(name) cmocka_unit_test_setup_teardown(name, setup_none, hosting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_retired_that_is_not_none),
		TEST_NONE(it_is_publishing_until_somebody_looks),
		TEST(a_look_at_what_was_published_before_does_not_count),
		TEST_NONE(it_waits_while_the_old_id_stands_anywhere),
		TEST_NONE(it_waits_while_nobody_answers),
		TEST_NONE(it_waits_again_when_the_id_is_gone_again),
		TEST_NONE(it_drains_until_the_horizon),
		TEST_NONE(servers_that_fall_silent_do_not_stop_the_draining),
		TEST(the_last_fetch_of_the_old_policy_is_known),
		TEST_NONE(past_the_horizon_one_more_look_is_missing),
		TEST_NONE(a_last_look_without_an_answer_confirms_nothing),
		TEST_NONE(silence_after_the_last_look_takes_nothing_back),
		TEST_NONE(a_record_that_is_removed_when_it_is_safe_stays_safe),
		TEST_NONE(a_record_that_is_removed_too_early_has_to_be_seen_anew),
		TEST_NONE(a_record_that_is_removed_before_the_last_look_confirms_nothing),
		TEST_NONE(a_last_look_at_the_old_id_begins_it_all_again),
		TEST_NONE(what_was_safe_is_so_no_more_when_dns_shows_the_old_id),
		TEST_NONE(a_restart_asks_for_one_more_look),
		TEST_NONE(a_look_that_lies_ahead_of_a_clock_set_back_confirms_nothing),
		TEST_NONE(a_damaged_revision_counts_as_a_year_of_enforce),
		TEST_NONE(an_id_that_nobody_here_published_counts_as_a_year_of_enforce),
		TEST_NONE(a_foreign_id_of_more_than_a_year_ago_is_held_by_nobody),
		TEST_NONE(a_domain_that_was_never_more_than_none_is_safe_when_it_is_seen),
		TEST_NONE(a_restored_copy_is_never_ahead_of_the_truth),
		TEST(the_wait_counts_from_a_revision_that_nobody_saw_yet),
		TEST_NONE(nobody_knows_when_the_store_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
