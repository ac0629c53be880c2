/* SPDX-License-Identifier: ISC */
#include "ctl/acme/choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE 60
#define HOUR   3600
#define DAY    86400
#define YEAR   (365 * DAY)
#define NOW    ((time_t)1796083200)
#define SEED   UINT64_C(42)

#define FIRST  0
#define SECOND 1

/* An authority that answers, and where the name was not ordered in vain. */
static const struct choice_of fine = { .is_usable = true };

static struct choice_of failed(unsigned failures, time_t first_ago, time_t ago)
{
	return (struct choice_of){
		.is_usable = true, .failures = failures, .first_tried = NOW - first_ago, .tried = NOW - ago
	};
}

static size_t choose(struct choice_of first, struct choice_of second, enum urgency urgency)
{
	const struct choice_of all[] = { first, second };

	return choice_next(all, 2, urgency, NOW);
}

static void the_first_authority_is_asked_as_long_as_nothing_speaks_against_it(void **state)
{
	(void)state;
	for (unsigned urgency = URGENCY_REFUSED; urgency < URGENCY_COUNT; urgency++)
		assert_int_equal(choose(fine, fine, (enum urgency)urgency), FIRST);
}

/* What one row of the rule says, of the first authority; the second is fine. */
static const struct {
	const char *what;
	struct choice_of first;
	size_t wanted[URGENCY_COUNT]; /* without a certificate, with one that expires soon, with a good one */
} rows[] = {
	{ "two failures", { true, .tried = NOW, .failures = 2, .first_tried = NOW - 2 * DAY }, { 0 } },
	{ "three within an hour",
	  { true, .tried = NOW, .failures = 3, .first_tried = NOW - HOUR + 1 },
	  { 0 } },
	{ "three over an hour",
	  { true, .tried = NOW, .failures = 3, .first_tried = NOW - HOUR },
	  { [URGENCY_REFUSED] = 1, [URGENCY_BARE] = 1, [URGENCY_ENDING] = 1 } },
	{ "three over half a day",
	  { true, .tried = NOW, .failures = 3, .first_tried = NOW - 12 * HOUR },
	  { [URGENCY_REFUSED] = 1, [URGENCY_BARE] = 1, [URGENCY_ENDING] = 1, [URGENCY_ORDINARY] = 1 } },
	{ "silent for less than two hours", { true, .silent = NOW - 2 * HOUR + 1 }, { 0 } },
	{ "silent for two hours",
	  { true, .silent = NOW - 2 * HOUR },
	  { [URGENCY_REFUSED] = 1, [URGENCY_BARE] = 1, [URGENCY_ENDING] = 1 } },
	{ "silent for a week",
	  { true, .silent = NOW - 7 * DAY },
	  { [URGENCY_REFUSED] = 1, [URGENCY_BARE] = 1, [URGENCY_ENDING] = 1 } },
	{ "asks to wait for an hour", { true, .wait_until = NOW + HOUR }, { 0 } },
	{ "asks to wait for two hours",
	  { true, .wait_until = NOW + 2 * HOUR },
	  { [URGENCY_REFUSED] = 1, [URGENCY_BARE] = 1, [URGENCY_ENDING] = 1 } },
	{ "asks to wait for an hour, hour after hour, not yet for two",
	  { true, .wait_until = NOW + HOUR, .wait_since = NOW - 2 * HOUR + 1 },
	  { 0 } },
	{ "asks to wait for an hour, hour after hour",
	  { true, .wait_until = NOW + HOUR, .wait_since = NOW - 2 * HOUR },
	  { [URGENCY_REFUSED] = 1, [URGENCY_BARE] = 1, [URGENCY_ENDING] = 1 } },
	{ "has asked to wait, hour after hour, and does not now",
	  { true, .wait_until = NOW, .wait_since = NOW - DAY },
	  { 0 } },
	{ "has no account",
	  { false },
	  { [URGENCY_REFUSED] = 1, [URGENCY_BARE] = 1, [URGENCY_ENDING] = 1, [URGENCY_ORDINARY] = 1 } },
};

static void what_the_next_authority_is_asked_for_depends_on_how_long_it_can_wait(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (unsigned urgency = URGENCY_REFUSED; urgency < URGENCY_COUNT; urgency++)
			if (choose(rows[i].first, fine, (enum urgency)urgency) != rows[i].wanted[urgency])
				fail_msg("%s: %s", rows[i].what, due_urgency_code((enum urgency)urgency));
}

static void one_without_an_account_is_never_asked_while_another_has_one(void **state)
{
	const struct choice_of none = { .is_usable = false };

	(void)state;
	assert_int_equal(choose(failed(9, 9 * DAY, 0), none, URGENCY_REFUSED), FIRST);
	assert_int_equal(choose(none, failed(9, 9 * DAY, 0), URGENCY_REFUSED), SECOND);
	assert_int_equal(choose(none, none, URGENCY_REFUSED), FIRST);
}

static struct choice_of barred(struct choice_of of, time_t until)
{
	of.barred_until = until;
	return of;
}

static void a_name_that_has_changed_stays_as_long_as_it_is_barred_from_the_others(void **state)
{
	(void)state;
	assert_int_equal(choose(barred(fine, NOW + 1), failed(1, HOUR, HOUR), URGENCY_REFUSED), SECOND);
	assert_int_equal(choose(barred(fine, NOW), failed(1, HOUR, HOUR), URGENCY_REFUSED), FIRST);
	/* Whatever becomes of the other one: */
	assert_int_equal(choose(barred(fine, NOW + 1), failed(9, DAY, HOUR), URGENCY_REFUSED), SECOND);
	assert_int_equal(choose(failed(9, 3 * DAY, HOUR), barred(fine, NOW + 1), URGENCY_REFUSED), FIRST);
	assert_int_equal(
		choose(barred(fine, NOW + 1), barred(failed(1, HOUR, HOUR), NOW + DAY), URGENCY_REFUSED),
		SECOND);
	/* A short wait for what the authority itself asks for is not a reason to leave it. */
	assert_int_equal(choose(barred(failed(1, HOUR, HOUR), NOW + HOUR), fine, URGENCY_REFUSED), FIRST);
	assert_int_equal(choose(barred(failed(1, HOUR, HOUR), NOW + DAY), fine, URGENCY_REFUSED), SECOND);
}

static void a_change_is_an_order_elsewhere_or_not_at_the_first(void **state)
{
	const struct choice_of fresh[] = { fine, fine }, left[] = { failed(3, HOUR, HOUR), fine },
			       came[] = { failed(3, DAY, DAY), failed(1, HOUR, HOUR) };

	(void)state;
	assert_false(choice_is_change(fresh, 2, FIRST));
	assert_true(choice_is_change(fresh, 2, SECOND));
	assert_false(choice_is_change(left, 2, FIRST));
	assert_true(choice_is_change(left, 2, SECOND));
	assert_true(choice_is_change(came, 2, FIRST));
	assert_false(choice_is_change(came, 2, SECOND));
}

static void of_two_that_fail_the_silent_one_comes_last(void **state)
{
	struct choice_of silent = failed(9, 9 * DAY, 5 * DAY);

	(void)state;
	silent.silent = NOW - HOUR;
	assert_int_equal(choose(silent, failed(9, 9 * DAY, HOUR), URGENCY_REFUSED), SECOND);
}

static void of_four_that_fail_each_has_its_turn(void **state)
{
	const struct choice_of all[] = { failed(9, 9 * DAY, 5 * DAY),
					 failed(9, 8 * DAY, 4 * DAY),
					 { .is_usable = false },
					 failed(9, DAY, HOUR) };

	(void)state;
	assert_int_equal(choice_next(all, 4, URGENCY_BARE, NOW), 0);
}

/*
 * A year in virtual time: a name is looked at every ten minutes, ordered as ctl/acme/due.h and the choice
 * say, at authorities that are out, or refuse it, for days at a time.
 */
struct life {
	struct due_name name;
	struct choice_of all[2];
	time_t lifetime;
	time_t changed; /* the last change between two orders without success */
	size_t last;    /* where it was ordered last since then; 2: nowhere */
	unsigned orders[2], changes, made_by[2];
	uint64_t random;
};

static uint64_t chance(struct life *life, uint64_t limit)
{
	life->random ^= life->random << 13;
	life->random ^= life->random >> 7;
	life->random ^= life->random << 17;
	return life->random % limit;
}

static void note_order(struct life *life, size_t at, time_t now)
{
	life->orders[at]++;
	if (choice_is_change(life->all, 2, at))
		life->all[1 - at].barred_until = now + CHOICE_STAY;
	if (life->last != 2 && life->last != at) {
		if (life->changed != 0 && now - life->changed < DAY)
			fail_msg("changed twice within %ld s", (long)(now - life->changed));
		life->changed = now;
		life->changes++;
	}
	life->last = at;
}

static void note_end(struct life *life, size_t at, bool is_made, time_t now)
{
	struct choice_of *of = &life->all[at];

	if (is_made) {
		life->name.not_before = now - HOUR;
		life->name.not_after = now - HOUR + life->lifetime;
		life->made_by[at]++;
		life->last = 2;
		life->changed = 0;
		for (size_t i = 0; i < 2; i++)
			life->all[i] = (struct choice_of){ .is_usable = true,
							   .silent = life->all[i].silent,
							   .barred_until = life->all[i].barred_until };
		return;
	}
	if (of->failures++ == 0)
		of->first_tried = now;
	of->tried = now;
}

enum mood { MOOD_GOOD, MOOD_SILENT, MOOD_REFUSING };

/* One look at the name. */
static void look(struct life *life, const enum mood mood[2], time_t now)
{
	struct due due = due_next(&life->name, now, SEED);
	size_t at;

	for (size_t i = 0; i < 2; i++)
		life->all[i].silent = mood[i] != MOOD_SILENT     ? 0
				      : life->all[i].silent == 0 ? now
								 : life->all[i].silent;
	at = choice_next(life->all, 2, due.urgency, now);
	life->name.failures = life->all[at].failures;
	life->name.tried = life->all[at].tried;
	life->name.first_tried = life->all[at].first_tried;
	due = due_next(&life->name, now, SEED);
	if (due.at > now || mood[at] == MOOD_SILENT)
		return;
	note_order(life, at, now);
	note_end(life, at, mood[at] == MOOD_GOOD, now);
}

static struct life begin(time_t lifetime, uint64_t random)
{
	return (struct life){ .name = { .host = "mta-sts.example.org",
					.mode = MODE_ENFORCE,
					.not_before = NOW,
					.not_after = NOW + lifetime },
			      .all = { fine, fine },
			      .lifetime = lifetime,
			      .last = 2,
			      .random = random };
}

static const time_t lifetimes[] = { 160 * HOUR, 45 * DAY, 90 * DAY };

/* The first is out for one to five days, twice a month, in one way or the other. */
static void a_year_of_outages_of_the_first_lets_nothing_expire(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (uint64_t random = 1; random <= 30; random++) {
			struct life life = begin(lifetimes[i], random);
			time_t until = 0;
			enum mood mood[2] = { MOOD_GOOD, MOOD_GOOD };

			for (time_t now = NOW; now < NOW + YEAR; now += 10 * MINUTE) {
				if (now >= until) {
					mood[FIRST] = mood[FIRST] != MOOD_GOOD
							      ? MOOD_GOOD
							      : (enum mood)(1 + chance(&life, 2));
					until = now + (time_t)(mood[FIRST] == MOOD_GOOD
								       ? chance(&life, 20 * DAY)
								       : DAY + chance(&life, 4 * DAY));
				}
				look(&life, mood, now);
				if (life.name.not_after <= now)
					fail_msg("expired: %ld days, %lu", (long)(lifetimes[i] / DAY),
						 (unsigned long)random);
			}
			/* What the first one makes is not left to the other. */
			assert_true(life.made_by[FIRST] > 0);
			assert_int_equal(life.orders[SECOND], life.made_by[SECOND]);
		}
	}
}

/* Both have their days, of every kind, so that names are without a certificate for long, too. */
static void a_name_never_changes_twice_within_a_day(void **state)
{
	unsigned changes = 0;

	(void)state;
	for (uint64_t random = 1; random <= 200; random++) {
		struct life life = begin(lifetimes[random % 3], random);
		time_t until[2] = { 0 };
		enum mood mood[2] = { MOOD_GOOD, MOOD_GOOD };

		for (time_t now = NOW; now < NOW + YEAR; now += 10 * MINUTE) {
			for (size_t i = 0; i < 2; i++) {
				if (now < until[i])
					continue;
				mood[i] = (enum mood)chance(&life, 3);
				until[i] = now + (time_t)chance(&life, random % 2 == 0 ? 10 * DAY : DAY);
			}
			look(&life, mood, now);
		}
		changes += life.changes;
	}
	assert_true(changes > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_authority_is_asked_as_long_as_nothing_speaks_against_it),
		cmocka_unit_test(what_the_next_authority_is_asked_for_depends_on_how_long_it_can_wait),
		cmocka_unit_test(one_without_an_account_is_never_asked_while_another_has_one),
		cmocka_unit_test(a_name_that_has_changed_stays_as_long_as_it_is_barred_from_the_others),
		cmocka_unit_test(a_change_is_an_order_elsewhere_or_not_at_the_first),
		cmocka_unit_test(of_two_that_fail_the_silent_one_comes_last),
		cmocka_unit_test(of_four_that_fail_each_has_its_turn),
		cmocka_unit_test(a_year_of_outages_of_the_first_lets_nothing_expire),
		cmocka_unit_test(a_name_never_changes_twice_within_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
