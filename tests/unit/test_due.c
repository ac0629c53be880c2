/* SPDX-License-Identifier: ISC */
#include "ctl/acme/due.h"

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

#define NOW  ((time_t)1796083200)
#define SEED UINT64_C(42)

#define MANY 20000

static const struct due_name bare = { .host = "mta-sts.example.org", .mode = MODE_ENFORCE };

/* A name whose certificate was made now. */
static struct due_name with(const char *host, time_t lifetime)
{
	return (struct due_name){
		.host = host, .mode = MODE_ENFORCE, .not_before = NOW, .not_after = NOW + lifetime
	};
}

static struct due_name failed(unsigned failures, time_t tried, time_t first_tried)
{
	struct due_name name = bare;

	name.failures = failures;
	name.tried = tried;
	name.first_tried = first_tried;
	return name;
}

static struct due due(struct due_name name, time_t now)
{
	return due_next(&name, now, SEED);
}

static void a_name_without_a_certificate_is_due_at_once(void **state)
{
	(void)state;
	assert_int_equal(due(bare, NOW).at, 0);
	assert_int_equal(due(bare, NOW).why, DUE_NO_CERTIFICATE);
}

static void an_expired_certificate_counts_as_none(void **state)
{
	struct due_name name = with("mta-sts.example.org", 90 * DAY);

	(void)state;
	assert_int_equal(due(name, NOW + 90 * DAY).at, 0);
	assert_int_equal(due(name, NOW + 90 * DAY).why, DUE_EXPIRED);
	assert_int_equal(due(name, NOW + 90 * DAY).urgency, URGENCY_REFUSED);
	assert_int_equal(due(name, NOW + 90 * DAY - 1).urgency, URGENCY_ENDING);
}

static void enforce_without_a_certificate_comes_before_all_others(void **state)
{
	struct due_name name = bare;

	(void)state;
	assert_int_equal(due(name, NOW).urgency, URGENCY_REFUSED);
	name.mode = MODE_TESTING;
	assert_int_equal(due(name, NOW).urgency, URGENCY_BARE);
	name.mode = MODE_NONE;
	assert_int_equal(due(name, NOW).urgency, URGENCY_BARE);
	name = with("mta-sts.example.org", 90 * DAY);
	assert_int_equal(due(name, NOW + 81 * DAY).urgency, URGENCY_ENDING);
	assert_int_equal(due(name, NOW + 79 * DAY).urgency, URGENCY_ORDINARY);
	assert_true(URGENCY_REFUSED < URGENCY_BARE && URGENCY_BARE < URGENCY_ENDING &&
		    URGENCY_ENDING < URGENCY_ORDINARY);
}

static const time_t lifetimes[] = { 90 * DAY - 1, 64 * DAY, 45 * DAY - 1, 160 * HOUR, 6 * DAY, DAY, HOUR };

static void a_third_of_any_lifetime_is_left_when_a_certificate_is_renewed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lifetimes) / sizeof(*lifetimes); i++) {
		for (unsigned number = 0; number < 1000; number++) {
			char host[32];
			struct due_name name = with(host, lifetimes[i]);
			time_t at;

			(void)snprintf(host, sizeof(host), "mta-sts.%u.example", number);
			at = due_renewal(&name, SEED);
			assert_true(at <= NOW + lifetimes[i] - (lifetimes[i] + 1) / 3);
			assert_true(at >= NOW + lifetimes[i] / 6 - 1);
		}
	}
}

/* But for the first time, which is spread; and whether or not a certificate is made late, or dated back. */
static void a_name_is_renewed_at_its_moment_of_each_round(void **state)
{
	static const time_t late[] = { 0, 10 * MINUTE, -HOUR };

	(void)state;
	for (size_t i = 0; i < 5 * sizeof(late) / sizeof(*late); i++) {
		time_t lifetime = lifetimes[i / 3], before = 0;
		struct due_name name = with("mta-sts.example.org", lifetime);

		for (unsigned round = 0; round < 20; round++) {
			time_t at = due_renewal(&name, SEED);

			if (round > 2)
				assert_in_range(at - before, lifetime / 100 * 64, lifetime * 2 / 3);
			before = at;
			name.not_before = at + late[i % 3];
			name.not_after = name.not_before + lifetime;
		}
	}
}

static void a_certificate_that_another_program_renews_is_left_to_it_until_it_expires_soon(void **state)
{
	struct due_name name = with("mta-sts.example.org", 90 * DAY);

	(void)state;
	name.is_foreign = true;
	assert_int_equal(due(name, NOW + 79 * DAY).at, NOW + 80 * DAY);
	assert_int_equal(due(name, NOW + 80 * DAY).at, NOW + 80 * DAY);
	assert_int_equal(due(name, NOW + 80 * DAY).urgency, URGENCY_ENDING);
	assert_int_equal(due(name, NOW + 90 * DAY).at, 0);
}

static void certificates_of_one_second_are_renewed_on_different_days(void **state)
{
	unsigned days[91] = { 0 };

	(void)state;
	for (unsigned number = 0; number < MANY; number++) {
		char host[32];
		struct due_name name = with(host, 90 * DAY);

		(void)snprintf(host, sizeof(host), "mta-sts.%u.example", number);
		days[(due_renewal(&name, SEED) - NOW) / DAY]++;
	}
	for (unsigned day = 0; day < 15; day++)
		assert_int_equal(days[day], 0);
	for (unsigned day = 15; day < 60; day++)
		assert_in_range(days[day], MANY / 60 * 9 / 10, MANY / 60 * 2);
	for (unsigned day = 61; day <= 90; day++)
		assert_int_equal(days[day], 0);
}

static void the_seed_decides_the_moments(void **state)
{
	struct due_name name = with("mta-sts.example.org", 90 * DAY);

	(void)state;
	assert_int_equal(due_renewal(&name, 1), due_renewal(&name, 1));
	assert_int_not_equal(due_renewal(&name, 1), due_renewal(&name, 2));
}

static void dates_that_make_no_sense_do_no_harm(void **state)
{
	struct due_name name = { .host = "mta-sts.example.org",
				 .not_before = NOW + DAY,
				 .not_after = NOW - DAY };

	(void)state;
	assert_int_equal(due(name, NOW).why, DUE_EXPIRED);
	assert_in_range(due_renewal(&name, SEED), NOW - DAY - HOUR, NOW - DAY);
}

static void delays_double_after_each_failure_up_to_a_day(void **state)
{
	static const time_t most[] = { 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR,
				       8 * HOUR,    16 * HOUR,   DAY,  DAY,      DAY };

	(void)state;
	for (unsigned i = 0; i < sizeof(most) / sizeof(*most); i++) {
		struct due when = due(failed(i + 1, NOW, NOW - DAY), NOW);

		assert_in_range(when.at - NOW, most[i] * 3 / 4, most[i]);
		assert_int_equal(when.why, DUE_AGAIN);
		assert_int_equal(when.urgency, URGENCY_REFUSED);
	}
	assert_in_range(due(failed(4000000000, NOW, NOW - DAY), NOW).at - NOW, DAY * 3 / 4, DAY);
}

static void names_that_failed_together_do_not_come_back_together(void **state)
{
	struct due_name a = failed(8, NOW, NOW - DAY), b = a;

	(void)state;
	b.host = "mta-sts.example.net";
	assert_int_not_equal(due(a, NOW).at, due(b, NOW).at);
}

static void a_name_that_failed_for_two_weeks_is_tried_once_a_week(void **state)
{
	(void)state;
	assert_int_equal(due(failed(20, NOW, NOW - DUE_LONG + 1), NOW).why, DUE_AGAIN);
	assert_int_equal(due(failed(20, NOW, NOW - DUE_LONG), NOW).why, DUE_RARELY);
	assert_in_range(due(failed(20, NOW, NOW - DUE_LONG), NOW).at - NOW, 6 * DAY, 7 * DAY);
	assert_string_equal(due_text(DUE_RARELY), "failed for long, tried once a week");
}

/* A renewal that failed for weeks is tried two dozen times more before the certificate expires. */
static void a_certificate_that_expires_soon_overrides_long_delays(void **state)
{
	for (size_t i = 0; i < 5; i++) {
		struct due_name name = with("mta-sts.example.org", lifetimes[i]);
		time_t ending = due_ending(&name);

		(void)state;
		name.failures = 30;
		name.first_tried = NOW - 100 * DAY;
		name.tried = ending;
		assert_true(due(name, ending).at - ending <= lifetimes[i] / 9 / 24 + HOUR);
		assert_int_equal(due(name, ending).urgency, URGENCY_ENDING);
		assert_int_equal(due(name, ending).why, DUE_ENDING);
		assert_int_equal(due(name, name.not_after).why, DUE_RARELY);
	}
}

static void a_renewal_that_failed_waits_and_one_that_is_early_waits_for_its_moment(void **state)
{
	struct due_name name = with("mta-sts.example.org", 90 * DAY);
	time_t at = due_renewal(&name, SEED);

	(void)state;
	assert_int_equal(due(name, at - 1).at, at);
	assert_int_equal(due(name, at).why, DUE_RENEWAL);
	name.failures = 1;
	name.tried = name.first_tried = at;
	assert_in_range(due(name, at).at, at + 10 * MINUTE, at + 15 * MINUTE);
	assert_int_equal(due(name, at).why, DUE_AGAIN);
	name.tried = name.first_tried = NOW;
	assert_int_equal(due(name, NOW).at, at);
	assert_int_equal(due(name, NOW).why, DUE_RENEWAL);
}

static void a_clock_that_was_set_back_puts_nothing_off_for_long(void **state)
{
	(void)state;
	assert_true(due(failed(1, NOW + 1000 * DAY, NOW), NOW).at <= NOW + 7 * DAY);
}

static void what_failed_once_or_twice_comes_before_others_and_what_failed_more_often_behind(void **state)
{
	(void)state;
	assert_int_equal(due(bare, NOW).turn, TURN_USUAL);
	assert_int_equal(due(failed(1, NOW, NOW), NOW).turn, TURN_AGAIN);
	assert_int_equal(due(failed(2, NOW, NOW), NOW).turn, TURN_AGAIN);
	assert_int_equal(due(failed(3, NOW, NOW), NOW).turn, TURN_LAST);
}

static void what_is_held_back_comes_last_and_in_another_order_each_time(void **state)
{
	unsigned first = 0, rounds = 1000;
	struct due_name one = bare, other = bare;

	(void)state;
	one.is_held_back = other.is_held_back = true;
	other.host = "mta-sts.example.net";
	assert_int_equal(due(one, NOW).turn, TURN_HELD_BACK);
	assert_true(TURN_HELD_BACK > TURN_LAST);
	assert_int_equal(due(one, NOW).at, 0);
	assert_int_equal(due(one, NOW).among, due(one, NOW + 10 * MINUTE - 1).among);
	assert_int_equal(due(bare, NOW).among, 0);
	for (unsigned i = 0; i < rounds; i++) {
		time_t now = NOW + (time_t)i * 10 * MINUTE;

		first += due(one, now).among < due(other, now).among;
	}
	assert_in_range(first, rounds * 4 / 10, rounds * 6 / 10);
}

static struct due_name suggested(time_t from, time_t to)
{
	struct due_name name = with("mta-sts.example.org", 90 * DAY);

	name.window_from = from;
	name.window_to = to;
	return name;
}

static void a_name_is_renewed_in_the_window_that_its_authority_suggests(void **state)
{
	struct due_name name = suggested(NOW + 70 * DAY, NOW + 72 * DAY), other = name;

	(void)state;
	other.host = "mta-sts.example.net";
	assert_in_range(due(name, NOW).at, NOW + 70 * DAY, NOW + 72 * DAY);
	assert_int_equal(due(name, NOW).why, DUE_RENEWAL);
	assert_int_not_equal(due(name, NOW).at, due(other, NOW).at);
	assert_int_equal(due_next(&name, NOW, 1).at, due_next(&name, NOW + DAY, 1).at);
	assert_int_not_equal(due_next(&name, NOW, 1).at, due_next(&name, NOW, 2).at);
}

static void names_are_even_in_a_window(void **state)
{
	unsigned hours[48] = { 0 };

	(void)state;
	for (int i = 0; i < MANY; i++) {
		struct due_name name = suggested(NOW + 2 * DAY, NOW + 4 * DAY);
		char host[64];

		(void)snprintf(host, sizeof(host), "mta-sts.d%d.example", i);
		name.host = host;
		hours[(due(name, NOW).at - NOW - 2 * DAY) / HOUR % 48]++;
	}
	for (size_t i = 0; i < 48; i++)
		assert_in_range(hours[i], MANY / 48 * 7 / 10, MANY / 48 * 13 / 10);
}

static void a_window_that_is_over_means_now_and_says_who_asks(void **state)
{
	struct due_name name = suggested(NOW - 2 * HOUR, NOW - HOUR);

	(void)state;
	assert_in_range(due(name, NOW).at, NOW - 2 * HOUR, NOW - HOUR);
	assert_int_equal(due(name, NOW).why, DUE_SUGGESTED);
	assert_string_equal(due_code(DUE_SUGGESTED), "suggested");
	assert_string_equal(due_text(DUE_SUGGESTED), "the authority asks for it");
	name.failures = 1;
	name.tried = name.first_tried = NOW;
	assert_in_range(due(name, NOW).at, NOW + 10 * MINUTE, NOW + 15 * MINUTE);
}

static void no_window_keeps_a_certificate_that_expires_soon(void **state)
{
	struct due_name late = suggested(NOW + 85 * DAY, NOW + 89 * DAY);

	(void)state;
	assert_int_equal(due(late, NOW).at, due_ending(&late));
	assert_int_equal(due(late, due_ending(&late)).why, DUE_ENDING);
	assert_int_equal(due(late, NOW + 90 * DAY).why, DUE_EXPIRED);
	assert_int_equal(due(late, NOW + 90 * DAY).at, 0);
}

static void what_another_program_renews_is_left_to_it_whatever_is_suggested(void **state)
{
	struct due_name name = suggested(NOW - 2 * HOUR, NOW - HOUR);

	(void)state;
	name.is_foreign = true;
	assert_int_equal(due(name, NOW).at, due_ending(&name));
	assert_int_equal(due(name, NOW).why, DUE_RENEWAL);
}

static void each_reason_and_urgency_has_words(void **state)
{
	(void)state;
	for (unsigned why = 1; why < DUE_WHY_COUNT; why++)
		assert_string_not_equal(due_text((enum due_why)why), "unknown");
	for (unsigned urgency = 1; urgency < URGENCY_COUNT; urgency++)
		assert_string_not_equal(due_urgency_code((enum urgency)urgency), "unknown");
	assert_string_equal(due_text((enum due_why)0), "unknown");
	assert_string_equal(due_code((enum due_why)0), "unknown");
	assert_string_equal(due_code(DUE_RARELY), "rarely");
	assert_string_equal(due_urgency_code((enum urgency)URGENCY_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_without_a_certificate_is_due_at_once),
		cmocka_unit_test(an_expired_certificate_counts_as_none),
		cmocka_unit_test(enforce_without_a_certificate_comes_before_all_others),
		cmocka_unit_test(a_third_of_any_lifetime_is_left_when_a_certificate_is_renewed),
		cmocka_unit_test(a_name_is_renewed_at_its_moment_of_each_round),
		cmocka_unit_test(
			a_certificate_that_another_program_renews_is_left_to_it_until_it_expires_soon),
		cmocka_unit_test(certificates_of_one_second_are_renewed_on_different_days),
		cmocka_unit_test(the_seed_decides_the_moments),
		cmocka_unit_test(dates_that_make_no_sense_do_no_harm),
		cmocka_unit_test(delays_double_after_each_failure_up_to_a_day),
		cmocka_unit_test(names_that_failed_together_do_not_come_back_together),
		cmocka_unit_test(a_name_that_failed_for_two_weeks_is_tried_once_a_week),
		cmocka_unit_test(a_certificate_that_expires_soon_overrides_long_delays),
		cmocka_unit_test(a_renewal_that_failed_waits_and_one_that_is_early_waits_for_its_moment),
		cmocka_unit_test(a_clock_that_was_set_back_puts_nothing_off_for_long),
		cmocka_unit_test(
			what_failed_once_or_twice_comes_before_others_and_what_failed_more_often_behind),
		cmocka_unit_test(what_is_held_back_comes_last_and_in_another_order_each_time),
		cmocka_unit_test(a_name_is_renewed_in_the_window_that_its_authority_suggests),
		cmocka_unit_test(names_are_even_in_a_window),
		cmocka_unit_test(a_window_that_is_over_means_now_and_says_who_asks),
		cmocka_unit_test(no_window_keeps_a_certificate_that_expires_soon),
		cmocka_unit_test(what_another_program_renews_is_left_to_it_whatever_is_suggested),
		cmocka_unit_test(each_reason_and_urgency_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
