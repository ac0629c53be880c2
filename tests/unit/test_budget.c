/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/acme/budget.h"

#include "memory.h"

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
#define WEEK   (7 * DAY)

#define NOW ((time_t)1796083200)

#define LETSENCRYPT "https://acme-v02.api.letsencrypt.org/directory"
#define STAGING     "https://acme-staging-v02.api.letsencrypt.org/directory"
#define PEBBLE      "https://localhost:14000/dir"

static int setup(void **state)
{
	struct budget *budget = malloc(sizeof(*budget));

	budget_begin(budget, LETSENCRYPT);
	*state = budget;
	return 0;
}

static int teardown(void **state)
{
	budget_free(*state);
	free(*state);
	return 0;
}

static void take(struct budget *budget, enum entry_what what, time_t when, const char *domain,
		 const char *host)
{
	const struct entry entry = { .what = what, .when = when, .domain = domain, .host = host };

	assert_int_equal(budget_take(budget, &entry), ERR_OK);
}

static void take_wait(struct budget *budget, enum entry_what what, time_t when, time_t until)
{
	const struct entry entry = { .what = what,
				     .when = when,
				     .domain = "example.org",
				     .host = "mta-sts.example.org",
				     .until = until };

	assert_int_equal(budget_take(budget, &entry), ERR_OK);
}

/* An order that succeeds at once. */
static void make(struct budget *budget, enum entry_what what, time_t when, const char *domain,
		 const char *host)
{
	take(budget, what, when, domain, host);
	take(budget, ENTRY_ISSUED, when, NULL, host);
}

/* So many first certificates of different registered domains. */
static void make_many(struct budget *budget, enum entry_what what, unsigned count, time_t when)
{
	for (unsigned i = 0; i < count; i++) {
		char domain[24], host[32];

		(void)snprintf(domain, sizeof(domain), "%u.example", i);
		(void)snprintf(host, sizeof(host), "mta-sts.%u.example", i);
		make(budget, what, when, domain, host);
	}
}

static void assert_next(const struct budget *budget, enum entry_what what, const char *domain,
			const char *host, time_t now, time_t at, enum limit limit)
{
	const struct entry order = { .what = what, .when = now, .domain = domain, .host = host };
	enum limit why = LIMIT_COUNT;

	assert_int_equal(budget_next(budget, &order, &why), at);
	assert_string_equal(limits_text(why), limits_text(limit));
}

static void an_authority_is_found_by_its_directory(void **state)
{
	(void)state;
	assert_string_equal(limits_of(LETSENCRYPT)->name, "Let's Encrypt");
	assert_string_equal(limits_of(STAGING)->name, "Let's Encrypt (staging)");
	assert_string_equal(limits_of(PEBBLE)->name, "another authority");
	assert_string_equal(limits_of("https://acme-v02.api.letsencrypt.org.example/")->name,
			    "another authority");
	assert_string_equal(limits_of("")->name, "another authority");
}

static void every_authority_limits_what_loops_could_spend(void **state)
{
	(void)state;
	for (size_t i = 0; i < limits_count; i++) {
		const struct limits_rate *limit = limits_table[i].limit;

		assert_true(limit[LIMIT_ORDERS].most > 0 && limit[LIMIT_ISSUED].most > 1 &&
			    limit[LIMIT_FAILED].most > 0 && limit[LIMIT_OPEN].most > 0);
		for (unsigned j = LIMIT_ASKED; j < LIMIT_COUNT; j++)
			assert_true((limit[j].most > 0) == (limit[j].seconds > 0) &&
				    limit[j].seconds <= WEEK);
	}
	assert_string_equal(limits_table[limits_count - 1].prefix, "");
}

static void each_limit_has_words(void **state)
{
	(void)state;
	for (unsigned limit = 0; limit < LIMIT_COUNT; limit++)
		assert_non_null(limits_text((enum limit)limit));
	assert_string_equal(limits_text(LIMIT_COUNT), "unknown");
}

static void nothing_spent_limits_nothing(void **state)
{
	assert_next(*state, ENTRY_NEW, "example.org", "mta-sts.example.org", NOW, NOW, LIMIT_NONE);
	assert_next(*state, ENTRY_NEW, NULL, NULL, NOW, NOW, LIMIT_NONE);
}

static void an_account_gets_300_new_certificates_in_three_hours(void **state)
{
	make_many(*state, ENTRY_NEW, 299, NOW);
	assert_next(*state, ENTRY_NEW, "example.org", "mta-sts.example.org", NOW, NOW, LIMIT_NONE);
	make(*state, ENTRY_NEW, NOW + HOUR, "example.net", "mta-sts.example.net");
	assert_next(*state, ENTRY_NEW, "example.org", "mta-sts.example.org", NOW + HOUR,
		    NOW + 3 * HOUR + MINUTE, LIMIT_ORDERS);
	assert_next(*state, ENTRY_NEW, NULL, NULL, NOW + HOUR, NOW + 3 * HOUR + MINUTE, LIMIT_ORDERS);
}

static void a_renewal_is_exempt_from_that_and_is_not_counted(void **state)
{
	make_many(*state, ENTRY_NEW, 300, NOW);
	assert_next(*state, ENTRY_RENEWAL, "example.org", "mta-sts.example.org", NOW, NOW, LIMIT_NONE);
	make_many(*state, ENTRY_RENEWAL, 5000, NOW);
	assert_next(*state, ENTRY_RENEWAL, "example.org", "mta-sts.example.org", NOW, NOW, LIMIT_NONE);
	assert_next(*state, ENTRY_NEW, NULL, NULL, NOW, NOW + 3 * HOUR + MINUTE, LIMIT_ORDERS);
}

static void another_authority_limits_renewals_apart(void **state)
{
	struct budget budget;

	(void)state;
	budget_begin(&budget, PEBBLE);
	make_many(&budget, ENTRY_RENEWAL, 1000, NOW);
	assert_next(&budget, ENTRY_RENEWAL, NULL, NULL, NOW, NOW + 3 * HOUR + MINUTE, LIMIT_RENEWALS);
	assert_next(&budget, ENTRY_NEW, NULL, NULL, NOW, NOW, LIMIT_NONE);
	budget_free(&budget);
}

static void a_registered_domain_gets_50_new_certificates_a_week(void **state)
{
	for (unsigned i = 0; i < 50; i++) {
		char host[40];

		(void)snprintf(host, sizeof(host), "mta-sts.%u.example.org", i);
		make(*state, ENTRY_NEW, NOW + i * HOUR, "example.org", host);
	}
	assert_next(*state, ENTRY_NEW, "example.org", "mta-sts.a.example.org", NOW + 50 * HOUR,
		    NOW + WEEK + MINUTE, LIMIT_DOMAIN);
	assert_next(*state, ENTRY_NEW, "example.net", "mta-sts.example.net", NOW + 50 * HOUR, NOW + 50 * HOUR,
		    LIMIT_NONE);
	assert_next(*state, ENTRY_RENEWAL, "example.org", "mta-sts.1.example.org", NOW + 50 * HOUR,
		    NOW + 50 * HOUR, LIMIT_NONE);
	make(*state, ENTRY_NEW, NOW + WEEK + MINUTE, "example.org", "mta-sts.a.example.org");
	assert_next(*state, ENTRY_NEW, "example.org", "mta-sts.b.example.org", NOW + WEEK + MINUTE,
		    NOW + HOUR + WEEK + MINUTE, LIMIT_DOMAIN);
}

static void a_name_gets_five_certificates_a_week_also_when_they_are_lost(void **state)
{
	for (unsigned i = 0; i < 5; i++) {
		take(*state, ENTRY_RENEWAL, NOW + i * HOUR, "example.org", "mta-sts.example.org");
		take(*state, i < 2 ? ENTRY_LOST : ENTRY_ISSUED, NOW + i * HOUR, NULL, "mta-sts.example.org");
	}
	assert_next(*state, ENTRY_RENEWAL, "example.org", "mta-sts.example.org", NOW + 5 * HOUR,
		    NOW + WEEK + MINUTE, LIMIT_ISSUED);
	assert_next(*state, ENTRY_RENEWAL, "example.org", "mta-sts.b.example.org", NOW + 5 * HOUR,
		    NOW + 5 * HOUR, LIMIT_NONE);
}

/* Whoever is killed between an order and its result may have got a certificate each time. */
static void an_order_without_a_result_counts_as_a_certificate(void **state)
{
	for (unsigned i = 0; i < 5; i++) {
		assert_next(*state, ENTRY_NEW, "example.org", "mta-sts.example.org", NOW + i * HOUR,
			    NOW + i * HOUR, LIMIT_NONE);
		take(*state, ENTRY_NEW, NOW + i * HOUR, "example.org", "mta-sts.example.org");
	}
	assert_next(*state, ENTRY_NEW, "example.org", "mta-sts.example.org", NOW + 5 * HOUR,
		    NOW + WEEK + MINUTE, LIMIT_ISSUED);
}

static void a_name_may_fail_five_times_in_an_hour(void **state)
{
	for (unsigned i = 0; i < 5; i++) {
		take(*state, ENTRY_NEW, NOW + i * MINUTE, "example.org", "mta-sts.example.org");
		take(*state, ENTRY_FAILED, NOW + i * MINUTE, NULL, "mta-sts.example.org");
	}
	assert_next(*state, ENTRY_NEW, "example.org", "mta-sts.example.org", NOW + 5 * MINUTE,
		    NOW + HOUR + MINUTE, LIMIT_FAILED);
	assert_next(*state, ENTRY_NEW, "example.org", "mta-sts.b.example.org", NOW + 5 * MINUTE,
		    NOW + 5 * MINUTE, LIMIT_NONE);
}

static void no_more_than_20_orders_are_without_a_result(void **state)
{
	for (unsigned i = 0; i < 20; i++) {
		char host[32];

		(void)snprintf(host, sizeof(host), "mta-sts.%u.example", i);
		take(*state, ENTRY_RENEWAL, NOW + i, "example", host);
	}
	assert_next(*state, ENTRY_RENEWAL, NULL, NULL, NOW + 20, NOW + HOUR, LIMIT_OPEN);
	take(*state, ENTRY_REFUSED, NOW + 20, NULL, "mta-sts.7.example");
	assert_next(*state, ENTRY_RENEWAL, NULL, NULL, NOW + 20, NOW + 20, LIMIT_NONE);
	take(*state, ENTRY_RENEWAL, NOW + 20, "example", "mta-sts.7.example");
	take(*state, ENTRY_LOST, NOW + 20, NULL, "mta-sts.0.example");
	take(*state, ENTRY_RENEWAL, NOW + 20, "example", "mta-sts.20.example");
	assert_next(*state, ENTRY_RENEWAL, NULL, NULL, NOW + 20, NOW + 1 + HOUR, LIMIT_OPEN);
}

static void retry_after_is_obeyed_for_what_it_was_said_of(void **state)
{
	take_wait(*state, ENTRY_WAIT_HOST, NOW, NOW + HOUR);
	assert_next(*state, ENTRY_RENEWAL, "example.org", "mta-sts.example.org", NOW, NOW + HOUR,
		    LIMIT_ASKED);
	assert_next(*state, ENTRY_NEW, "example.org", "mta-sts.b.example.org", NOW, NOW, LIMIT_NONE);
	take_wait(*state, ENTRY_WAIT_DOMAIN, NOW, NOW + 2 * HOUR);
	assert_next(*state, ENTRY_NEW, "example.org", "mta-sts.b.example.org", NOW, NOW + 2 * HOUR,
		    LIMIT_ASKED);
	assert_next(*state, ENTRY_NEW, NULL, NULL, NOW, NOW, LIMIT_NONE);
	take_wait(*state, ENTRY_WAIT, NOW, NOW + 30 * MINUTE);
	take_wait(*state, ENTRY_WAIT, NOW, NOW + 10 * MINUTE);
	assert_next(*state, ENTRY_NEW, NULL, NULL, NOW, NOW + 30 * MINUTE, LIMIT_ASKED);
	assert_next(*state, ENTRY_NEW, NULL, NULL, NOW + 30 * MINUTE, NOW + 30 * MINUTE, LIMIT_NONE);
}

static void an_authority_that_asks_for_years_is_obeyed_for_eight_days(void **state)
{
	take_wait(*state, ENTRY_WAIT, NOW, NOW + 3650 * DAY);
	assert_next(*state, ENTRY_RENEWAL, NULL, NULL, NOW, NOW + 8 * DAY, LIMIT_ASKED);
}

static void how_long_it_is_asked_to_wait_again_and_again_is_known(void **state)
{
	struct budget *budget = *state;

	assert_int_equal(budget->wait_since, 0);
	take_wait(budget, ENTRY_WAIT_HOST, NOW - HOUR, NOW);
	assert_int_equal(budget->wait_since, 0);
	take_wait(budget, ENTRY_WAIT, NOW, NOW + HOUR);
	take_wait(budget, ENTRY_WAIT, NOW + HOUR, NOW + 2 * HOUR);
	take_wait(budget, ENTRY_WAIT, NOW + 4 * HOUR, NOW + 5 * HOUR);
	assert_int_equal(budget->wait_since, NOW);
	take_wait(budget, ENTRY_WAIT, NOW + 7 * HOUR + 1, NOW + 8 * HOUR);
	assert_int_equal(budget->wait_since, NOW + 7 * HOUR + 1);
	make(budget, ENTRY_NEW, NOW + 8 * HOUR, "example.org", "mta-sts.example.org");
	assert_int_equal(budget->wait_since, 0);
}

static void attempts_of_long_ago_do_not_count_with_those_of_now(void **state)
{
	const struct key *host;

	take(*state, ENTRY_NEW, NOW, "example.org", "mta-sts.example.org");
	take(*state, ENTRY_FAILED, NOW, NULL, "mta-sts.example.org");
	take(*state, ENTRY_NEW, NOW + 14 * DAY - 1, "example.org", "mta-sts.example.org");
	host = budget_host(*state, "mta-sts.example.org");
	assert_int_equal(host->tries, 2);
	take(*state, ENTRY_NEW, NOW + 28 * DAY - 1, "example.org", "mta-sts.example.org");
	assert_int_equal(host->tries, 1);
	assert_int_equal(host->first_tried, NOW + 28 * DAY - 1);
}

static void a_host_remembers_its_orders_until_one_succeeds(void **state)
{
	const struct key *host;

	assert_null(budget_host(*state, "mta-sts.example.org"));
	take(*state, ENTRY_NEW, NOW, "example.org", "mta-sts.example.org");
	take(*state, ENTRY_FAILED, NOW + 1, NULL, "mta-sts.example.org");
	take(*state, ENTRY_NEW, NOW + HOUR, "example.org", "mta-sts.example.org");
	host = budget_host(*state, "mta-sts.example.org");
	assert_int_equal(host->tries, 2);
	assert_int_equal(host->first_tried, NOW);
	assert_int_equal(host->tried, NOW + HOUR);
	assert_true(host->is_open);
	take(*state, ENTRY_LOST, NOW + HOUR, NULL, "mta-sts.example.org");
	assert_int_equal(host->tries, 2);
	assert_false(host->is_open);
	make(*state, ENTRY_NEW, NOW + 2 * HOUR, "example.org", "mta-sts.example.org");
	assert_int_equal(host->tries, 0);
	assert_int_equal(host->tried, 0);
}

static void what_no_limit_asks_for_is_forgotten(void **state)
{
	struct budget *budget = *state;

	make_many(budget, ENTRY_NEW, 300, NOW);
	budget_forget(budget, NOW + WEEK);
	assert_int_equal(spent_count(&budget->orders), 300);
	budget_forget(budget, NOW + WEEK + 2 * MINUTE);
	assert_int_equal(spent_count(&budget->orders), 0);
	assert_int_equal(spent_count(&budget->issued), 0);
	make(budget, ENTRY_NEW, NOW + 2 * WEEK, "0.example", "mta-sts.0.example");
	assert_next(budget, ENTRY_NEW, "0.example", "mta-sts.0.example", NOW + 2 * WEEK, NOW + 2 * WEEK,
		    LIMIT_NONE);
}

static void a_clock_that_goes_back_spends_nothing_twice(void **state)
{
	make_many(*state, ENTRY_NEW, 150, NOW);
	make_many(*state, ENTRY_NEW, 150, NOW - HOUR);
	assert_next(*state, ENTRY_NEW, NULL, NULL, NOW - HOUR, NOW + 3 * HOUR + MINUTE, LIMIT_ORDERS);
}

static void without_memory_an_entry_is_refused(void **state)
{
	const struct entry entry = {
		.what = ENTRY_NEW, .when = NOW, .domain = "example.org", .host = "mta-sts.example.org"
	};
	size_t after = 0;
	enum err err;

	do {
		struct budget budget;

		budget_begin(&budget, LETSENCRYPT);
		memory_fail_after(after++);
		err = budget_take(&budget, &entry);
		assert_true(memory_restore() == (err == ERR_NO_MEMORY));
		budget_free(&budget);
	} while (err == ERR_NO_MEMORY);
	assert_int_equal(err, ERR_OK);
	assert_true(after > 4);
	(void)state;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_authority_is_found_by_its_directory),
		TEST(every_authority_limits_what_loops_could_spend),
		TEST(each_limit_has_words),
		TEST(nothing_spent_limits_nothing),
		TEST(an_account_gets_300_new_certificates_in_three_hours),
		TEST(a_renewal_is_exempt_from_that_and_is_not_counted),
		TEST(another_authority_limits_renewals_apart),
		TEST(a_registered_domain_gets_50_new_certificates_a_week),
		TEST(a_name_gets_five_certificates_a_week_also_when_they_are_lost),
		TEST(an_order_without_a_result_counts_as_a_certificate),
		TEST(a_name_may_fail_five_times_in_an_hour),
		TEST(no_more_than_20_orders_are_without_a_result),
		TEST(retry_after_is_obeyed_for_what_it_was_said_of),
		TEST(an_authority_that_asks_for_years_is_obeyed_for_eight_days),
		TEST(a_host_remembers_its_orders_until_one_succeeds),
		TEST(how_long_it_is_asked_to_wait_again_and_again_is_known),
		TEST(attempts_of_long_ago_do_not_count_with_those_of_now),
		TEST(what_no_limit_asks_for_is_forgotten),
		TEST(a_clock_that_goes_back_spends_nothing_twice),
		TEST(without_memory_an_entry_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
