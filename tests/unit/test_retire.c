/* SPDX-License-Identifier: ISC */
#include "policy/retire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define HOUR 3600
#define DAY  86400
#define WEEK 604800
#define YEAR 31557600

/** When the published id is right everywhere, in most tests. */
#define SEEN ((time_t)1795449600)

#define MOST 8

static const struct retire_revision none = {
	.mode = MODE_NONE, .max_age = DAY, .published_at = SEEN - HOUR, .seen_at = SEEN
};

static const struct retire_revision enforce = { .mode = MODE_ENFORCE,
						.max_age = 4 * WEEK,
						.published_at = SEEN - YEAR,
						.superseded_at = SEEN - HOUR,
						.last_served_at = SEEN - HOUR - 60,
						.ttl = 300 };

/* Go through revisions, the published one first. */
static struct retire walk(const struct retire_revision *revisions, size_t count, time_t now)
{
	struct retire retire;

	retire_begin(&retire, &revisions[0], now);
	for (size_t i = 1; i < count; i++)
		(void)retire_add(&retire, &revisions[i]);
	return retire;
}

static struct retire after(struct retire_revision older)
{
	const struct retire_revision revisions[] = { none, older };

	return walk(revisions, 2, SEEN);
}

static void a_policy_holds_for_its_max_age(void **state)
{
	(void)state;
	assert_int_equal(retire_hold(MODE_ENFORCE, 31557600), 31557600);
	assert_int_equal(retire_hold(MODE_TESTING, 604800), 604800);
}

static void senders_raise_a_short_enforce_to_seven_days(void **state)
{
	(void)state;
	assert_int_equal(retire_hold(MODE_ENFORCE, 0), 604800);
	assert_int_equal(retire_hold(MODE_ENFORCE, 604799), 604800);
	assert_int_equal(retire_hold(MODE_ENFORCE, 604801), 604801);
}

/* Stalwart enforced testing until late 2026. */
static void testing_is_held_as_long_as_enforce(void **state)
{
	(void)state;
	assert_int_equal(retire_hold(MODE_TESTING, 604799), 604800);
	assert_int_equal(retire_hold(MODE_TESTING, 604801), 604801);
}

static void none_holds_nobody(void **state)
{
	(void)state;
	assert_int_equal(retire_hold(MODE_NONE, 31557600), 0);
}

static void the_horizon_is_the_look_and_the_ttl_and_the_max_age_and_an_hour(void **state)
{
	struct retire retire = after(enforce);

	(void)state;
	assert_true(retire.started);
	assert_int_equal(retire.safe_at, SEEN + 300 + 4 * WEEK + HOUR);
	assert_int_equal(retire.wait, 4 * WEEK + HOUR);
}

static void the_floors_count_in_the_horizon(void **state)
{
	struct retire_revision older = enforce;

	(void)state;
	older.max_age = 60;
	assert_int_equal(after(older).safe_at, SEEN + 300 + WEEK + HOUR);
	older.mode = MODE_TESTING;
	assert_int_equal(after(older).safe_at, SEEN + 300 + WEEK + HOUR);
}

static void a_ttl_that_nobody_saw_counts_as_a_day(void **state)
{
	struct retire_revision older = enforce;

	(void)state;
	older.ttl = 0;
	assert_int_equal(after(older).safe_at, SEEN + DAY + 4 * WEEK + HOUR);
}

static void the_longest_ttl_of_old_and_new_record_counts(void **state)
{
	struct retire_revision revisions[] = { none, enforce };

	(void)state;
	revisions[1].ttl = 3 * DAY;
	assert_int_equal(walk(revisions, 2, SEEN).safe_at, SEEN + 3 * DAY + 4 * WEEK + HOUR);
	revisions[0].ttl = 5 * DAY;
	assert_int_equal(walk(revisions, 2, SEEN).safe_at, SEEN + 5 * DAY + 4 * WEEK + HOUR);
}

static void the_longest_of_several_old_policies_decides(void **state)
{
	struct retire_revision revisions[] = { none, enforce, enforce, enforce };

	(void)state;
	revisions[1].max_age = WEEK;
	revisions[2].max_age = YEAR;
	revisions[3].max_age = 2 * WEEK;
	assert_int_equal(walk(revisions, 4, SEEN).safe_at, SEEN + 300 + YEAR + HOUR);
	assert_int_equal(walk(revisions, 4, SEEN).wait, YEAR + HOUR);
}

static void a_fetch_later_than_the_look_counts(void **state)
{
	struct retire_revision older = enforce;

	(void)state;
	older.last_served_at = SEEN + 301;
	assert_int_equal(after(older).safe_at, SEEN + 301 + 4 * WEEK + HOUR);
	older.last_served_at = SEEN + 299;
	assert_int_equal(after(older).safe_at, SEEN + 300 + 4 * WEEK + HOUR);
}

static void nothing_starts_before_the_id_is_seen(void **state)
{
	struct retire_revision revisions[] = { none, enforce };

	(void)state;
	revisions[0].seen_at = 0;
	for (time_t now = SEEN; now < SEEN + 3 * (time_t)YEAR; now += YEAR) {
		struct retire retire = walk(revisions, 2, now);

		assert_false(retire.started);
		assert_int_equal(retire.safe_at, 0);
		assert_int_equal(retire.wait, 4 * WEEK + HOUR);
	}
}

static void an_id_that_is_gone_again_has_not_started_whatever_was_seen_before(void **state)
{
	struct retire_revision revisions[] = { none, none, enforce };

	(void)state;
	revisions[0].seen_at = 0;
	revisions[1].superseded_at = SEEN;
	assert_false(walk(revisions, 3, SEEN).started);
	assert_int_equal(walk(revisions, 3, SEEN + YEAR).safe_at, 0);
}

/* Published none again, a week of enforce, none, a year of enforce; all of one's time seen at its end. */
static void fill_two_rounds(struct retire_revision revisions[4])
{
	revisions[0] = none;
	revisions[1] = enforce;
	revisions[1].max_age = WEEK;
	revisions[2] = none;
	revisions[2].published_at = SEEN - 101 * DAY;
	revisions[2].seen_at = SEEN - 100 * DAY;
	revisions[2].superseded_at = SEEN - 90 * DAY;
	revisions[1].published_at = SEEN - 90 * DAY;
	revisions[3] = enforce;
	revisions[3].max_age = YEAR;
	revisions[3].superseded_at = SEEN - 101 * DAY;
	revisions[3].last_served_at = SEEN - 101 * DAY;
}

static void an_id_between_that_was_seen_ends_what_is_older(void **state)
{
	struct retire_revision revisions[4];

	(void)state;
	fill_two_rounds(revisions);
	assert_int_equal(walk(revisions, 4, SEEN).safe_at, SEEN - 100 * DAY + 300 + YEAR + HOUR);
	/* More than a year later the week is what is left. */
	revisions[2].published_at = revisions[2].seen_at = revisions[2].superseded_at = SEEN - YEAR - DAY;
	revisions[3].superseded_at = revisions[3].last_served_at = SEEN - YEAR - DAY;
	assert_int_equal(walk(revisions, 4, SEEN).safe_at, SEEN + 300 + WEEK + HOUR);
}

static void an_id_between_that_was_not_seen_ends_nothing(void **state)
{
	struct retire_revision revisions[4];

	(void)state;
	fill_two_rounds(revisions);
	revisions[2].seen_at = 0;
	assert_int_equal(walk(revisions, 4, SEEN).safe_at, SEEN + 300 + YEAR + HOUR);
}

static void the_earliest_id_that_was_seen_is_what_ends_an_older_one(void **state)
{
	struct retire_revision revisions[4];

	(void)state;
	fill_two_rounds(revisions);
	revisions[1].seen_at = SEEN - 80 * DAY;
	assert_int_equal(walk(revisions, 4, SEEN).safe_at, SEEN - 100 * DAY + 300 + YEAR + HOUR);
	revisions[2].seen_at = 0;
	assert_int_equal(walk(revisions, 4, SEEN).safe_at, SEEN - 80 * DAY + 300 + YEAR + HOUR);
}

static void an_id_seen_before_it_was_published_counts_from_then(void **state)
{
	struct retire_revision revisions[] = { none, enforce };

	(void)state;
	revisions[0].seen_at = SEEN - 10 * DAY;
	assert_int_equal(walk(revisions, 1, SEEN).safe_at, SEEN - HOUR);
	assert_int_equal(walk(revisions, 2, SEEN).safe_at, SEEN - HOUR + 300 + 4 * WEEK + HOUR);

	/* Nothing was published for ten days before. */
	revisions[1].superseded_at = SEEN - 10 * DAY;
	assert_int_equal(walk(revisions, 2, SEEN).safe_at, SEEN - HOUR + 300 + 4 * WEEK + HOUR);
}

static void a_policy_superseded_before_it_was_published_counts_from_publication(void **state)
{
	struct retire_revision older = enforce;

	(void)state;
	older.published_at = SEEN + 10 * DAY;
	older.superseded_at = SEEN - 10 * DAY;
	older.last_served_at = 0;
	assert_int_equal(after(older).safe_at, SEEN + 10 * DAY + 300 + 4 * WEEK + HOUR);
}

static void a_policy_superseded_after_the_look_counts_from_then(void **state)
{
	struct retire_revision older = enforce;

	(void)state;
	older.superseded_at = SEEN + 10 * DAY;
	assert_int_equal(after(older).safe_at, SEEN + 10 * DAY + 300 + 4 * WEEK + HOUR);
}

static void none_before_none_is_safe_as_soon_as_it_is_seen(void **state)
{
	struct retire_revision older = none;

	(void)state;
	older.max_age = YEAR;
	older.superseded_at = SEEN - HOUR;
	assert_int_equal(after(older).safe_at, SEEN);
	assert_int_equal(after(older).wait, 0);
}

static void a_first_revision_is_safe_as_soon_as_it_is_seen(void **state)
{
	struct retire retire = walk(&none, 1, SEEN);

	(void)state;
	assert_int_equal(retire.safe_at, SEEN);
	assert_int_equal(retire.wait, 0);
}

static void the_wait_is_over_when_nobody_can_hold_anything(void **state)
{
	const struct retire_revision revisions[] = { none, enforce };
	time_t safe_at = walk(revisions, 2, SEEN).safe_at;

	(void)state;
	assert_int_equal(walk(revisions, 2, safe_at - 1).wait, 4 * WEEK + HOUR);
	assert_int_equal(walk(revisions, 2, safe_at).wait, 0);
	assert_int_equal(walk(revisions, 2, safe_at).safe_at, safe_at);
}

static void the_one_held_longest_is_the_one_that_ends_last(void **state)
{
	struct retire_revision revisions[4];
	struct retire retire;

	(void)state;
	fill_two_rounds(revisions);
	retire_begin(&retire, &revisions[0], SEEN);
	assert_true(retire_add(&retire, &revisions[1]));
	assert_false(retire_add(&retire, &revisions[2]));
	assert_true(retire_add(&retire, &revisions[3]));

	/* The year is over but for two days, and the week begins now. */
	revisions[0].seen_at = SEEN - 100 * DAY + YEAR - 2 * DAY;
	retire_begin(&retire, &revisions[0], revisions[0].seen_at);
	assert_true(retire_add(&retire, &revisions[1]));
	assert_false(retire_add(&retire, &revisions[2]));
	assert_false(retire_add(&retire, &revisions[3]));
	assert_int_equal(retire.safe_at, retire.now + 300 + WEEK + HOUR);
}

static uint64_t dice_state;

/* A number below a limit; always the same ones. */
static uint32_t dice(uint32_t limit)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return (uint32_t)(dice_state >> 32) % limit;
}

static time_t any_time(void)
{
	return SEEN - (time_t)dice(YEAR) + (time_t)dice(YEAR / 4);
}

static time_t any_time_or_never(void)
{
	return dice(3) == 0 ? 0 : any_time();
}

/* Any times at all, whatever a clock that jumps may have written. */
static struct retire_revision any_revision(void)
{
	return (struct retire_revision){ .mode = (enum mode)(MODE_NONE + dice(MODE_COUNT - MODE_NONE)),
					 .max_age = dice(YEAR),
					 .published_at = any_time(),
					 .superseded_at = any_time(),
					 .last_served_at = any_time_or_never(),
					 .seen_at = any_time_or_never(),
					 .ttl = dice(2) * dice(WEEK) };
}

static time_t horizon(const struct retire_revision *revisions, size_t count, time_t now)
{
	struct retire retire = walk(revisions, count, now);

	return retire.started ? retire.safe_at : INT64_MAX;
}

/* One thing more that is known to hold on, or one thing less that is known to let go. */
static size_t worsen(struct retire_revision *revisions, size_t count)
{
	struct retire_revision *any = &revisions[dice((uint32_t)count)];

	switch (dice(8)) {
	case 0:
		revisions[count] = any_revision();
		return count + 1;
	case 1: /* published between, and seen by nobody */
		for (size_t i = count; i > 1; i--)
			revisions[i] = revisions[i - 1];
		revisions[1] = any_revision();
		revisions[1].seen_at = 0;
		return count + 1;
	case 2:
		any->last_served_at += (time_t)dice(YEAR);
		break;
	case 3:
		any->seen_at = 0;
		break;
	case 4:
		any->seen_at += any->seen_at != 0 ? (time_t)dice(YEAR) : 0;
		break;
	case 5: /* what nobody saw counts as a day */
		any->ttl = any->ttl <= RETIRE_TTL_UNKNOWN ? 0 : any->ttl + dice(WEEK);
		break;
	case 6:
		any->max_age += dice(YEAR);
		break;
	default:
		any->superseded_at += (time_t)dice(YEAR);
		break;
	}
	return count;
}

static void worse_evidence_never_makes_it_earlier(void **state)
{
	struct retire_revision revisions[MOST];
	unsigned later = 0;

	(void)state;
	dice_state = 0x9e3779b97f4a7c15;
	for (unsigned round = 0; round < 50000; round++) {
		size_t count = 1 + dice(MOST - 1);
		time_t before;
		time_t now = any_time();

		for (size_t i = 0; i < count; i++)
			revisions[i] = any_revision();
		before = horizon(revisions, count, now);
		count = worsen(revisions, count);
		if (horizon(revisions, count, now) < before)
			fail_msg("earlier in round %u", round);
		later += horizon(revisions, count, now) > before;
	}
	assert_true(later > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_holds_for_its_max_age),
		cmocka_unit_test(senders_raise_a_short_enforce_to_seven_days),
		cmocka_unit_test(testing_is_held_as_long_as_enforce),
		cmocka_unit_test(none_holds_nobody),
		cmocka_unit_test(the_horizon_is_the_look_and_the_ttl_and_the_max_age_and_an_hour),
		cmocka_unit_test(the_floors_count_in_the_horizon),
		cmocka_unit_test(a_ttl_that_nobody_saw_counts_as_a_day),
		cmocka_unit_test(the_longest_ttl_of_old_and_new_record_counts),
		cmocka_unit_test(the_longest_of_several_old_policies_decides),
		cmocka_unit_test(a_fetch_later_than_the_look_counts),
		cmocka_unit_test(nothing_starts_before_the_id_is_seen),
		cmocka_unit_test(an_id_that_is_gone_again_has_not_started_whatever_was_seen_before),
		cmocka_unit_test(an_id_between_that_was_seen_ends_what_is_older),
		cmocka_unit_test(an_id_between_that_was_not_seen_ends_nothing),
		cmocka_unit_test(the_earliest_id_that_was_seen_is_what_ends_an_older_one),
		cmocka_unit_test(an_id_seen_before_it_was_published_counts_from_then),
		cmocka_unit_test(a_policy_superseded_before_it_was_published_counts_from_publication),
		cmocka_unit_test(a_policy_superseded_after_the_look_counts_from_then),
		cmocka_unit_test(none_before_none_is_safe_as_soon_as_it_is_seen),
		cmocka_unit_test(a_first_revision_is_safe_as_soon_as_it_is_seen),
		cmocka_unit_test(the_wait_is_over_when_nobody_can_hold_anything),
		cmocka_unit_test(the_one_held_longest_is_the_one_that_ends_last),
		cmocka_unit_test(worse_evidence_never_makes_it_earlier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
