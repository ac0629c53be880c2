/* SPDX-License-Identifier: ISC */
#include "ctl/acme/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW  ((time_t)1796083200) /* 2026-12-01T00:00:00Z */
#define HOUR 3600
#define DAY  86400

#define LIMITED "{\"type\":\"urn:ietf:params:acme:error:rateLimited\",\"detail\":\""

static const struct entry order = {
	.what = ENTRY_NEW, .when = NOW - 5, .domain = "example.org", .host = "mta-sts.example.org"
};

static void assert_means(const char *words, enum entry_what result, enum entry_what wait, time_t until)
{
	struct entry ended, asked;

	refusal_read(words, &order, NOW, &ended, &asked);
	assert_int_equal(ended.what, result);
	assert_int_equal(ended.when, NOW);
	assert_string_equal(ended.host, "mta-sts.example.org");
	assert_int_equal(asked.what, wait);
	assert_int_equal(asked.until, until);
	assert_string_equal(asked.domain, "example.org");
}

static void a_validation_that_failed_is_told_from_other_refusals(void **state)
{
	(void)state;
	assert_means("\"type\": \"urn:ietf:params:acme:error:unauthorized\"", ENTRY_FAILED, 0, 0);
	assert_means("uacme: x\n\"urn:ietf:params:acme:error:connection\": timed out", ENTRY_FAILED, 0, 0);
	assert_means("urn:ietf:params:acme:error:caa", ENTRY_FAILED, 0, 0);
	assert_means("urn:ietf:params:acme:error:rejectedIdentifier", ENTRY_REFUSED, 0, 0);
	assert_means("urn:ietf:params:acme:error:serverInternal", ENTRY_REFUSED, 0, 0);
	assert_means("", ENTRY_REFUSED, 0, 0);
}

static void a_limit_is_waited_for_as_long_as_the_authority_says(void **state)
{
	(void)state;
	assert_means(LIMITED "too many new orders (300) from this account in the last 3h0m0s, retry after "
			     "2026-12-01 02:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/\"}",
		     ENTRY_REFUSED, ENTRY_WAIT, NOW + 2 * HOUR);
	assert_means(LIMITED "too many certificates (50) already issued for \\\"example.org\\\" in the last "
			     "168h0m0s, retry after 2026-12-02 00:00:00 UTC\"}",
		     ENTRY_REFUSED, ENTRY_WAIT_DOMAIN, NOW + DAY);
	assert_means(LIMITED
		     "too many certificates (5) already issued for this exact set of identifiers in the "
		     "last 168h0m0s, retry after 2026-12-03 00:00:00 UTC\"}",
		     ENTRY_REFUSED, ENTRY_WAIT_HOST, NOW + 2 * DAY);
	assert_means(LIMITED "too many failed authorizations (5) for \\\"mta-sts.example.org\\\" in the last "
			     "1h0m0s, retry after 2026-12-01 00:12:00 UTC\"}",
		     ENTRY_REFUSED, ENTRY_WAIT_HOST, NOW + 720);
}

static void a_limit_without_a_time_that_makes_sense_is_waited_for_an_hour(void **state)
{
	(void)state;
	assert_means(LIMITED "slow down\"}", ENTRY_REFUSED, ENTRY_WAIT, NOW + HOUR);
	assert_means(LIMITED "retry after lunch", ENTRY_REFUSED, ENTRY_WAIT, NOW + HOUR);
	assert_means(LIMITED "retry after ", ENTRY_REFUSED, ENTRY_WAIT, NOW + HOUR);
	assert_means(LIMITED "retry after 2020-01-01 00:00:00 UTC", ENTRY_REFUSED, ENTRY_WAIT, NOW + HOUR);
}

/* What is far off is cut by the budget. */
static void a_wait_for_centuries_is_one_of_eight_days(void **state)
{
	struct entry ended, asked, next = { .what = ENTRY_RENEWAL, .when = NOW };
	struct budget budget;

	(void)state;
	budget_begin(&budget, "");
	refusal_read(LIMITED "retry after 9999-12-31 23:59:59 UTC", &order, NOW, &ended, &asked);
	assert_int_equal(budget_take(&budget, &asked), ERR_OK);
	assert_int_equal(budget_next(&budget, &next, NULL), NOW + BUDGET_WAIT_MOST);
	budget_free(&budget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_validation_that_failed_is_told_from_other_refusals),
		cmocka_unit_test(a_limit_is_waited_for_as_long_as_the_authority_says),
		cmocka_unit_test(a_limit_without_a_time_that_makes_sense_is_waited_for_an_hour),
		cmocka_unit_test(a_wait_for_centuries_is_one_of_eight_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
