/* SPDX-License-Identifier: ISC */
/* wrap: clock_now sqlite3_step */
#include "hosting.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define FEW  10
#define MANY 50 /* as many as there may be configured domains, with those */

/* Steps of statements that an order takes for each domain, and besides: more of them would be felt where
 * there are very many. */
#define EACH 7
#define BASE 6

static struct {
	size_t steps;
	int walked; /* rows that a statement met on its way through a whole table */
} cost;

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
	int result = __real_sqlite3_step(statement);

	cost.steps++;
	cost.walked += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
	return result;
}

static char domains[FEW + MANY][32];

static int setup(void **state)
{
	if (hosting_setup(state) != 0)
		return -1;
	for (size_t i = 0; i < FEW + MANY; i++) {
		(void)snprintf(domains[i], sizeof(domains[i]), "d%02zu.example", i);
		if (hosting_publish(*state, hosting_configured(domains[i], MODE_ENFORCE, "mail.example.org",
							       "")) != ERR_OK)
			return -1;
	}
	return 0;
}

static size_t steps_of(struct hosting *hosting, const struct hosting_switch *what, size_t from, size_t count)
{
	struct names names = { 0 };

	for (size_t i = from; i < from + count; i++)
		assert_int_equal(names_put(&names, domains[i]), ERR_OK);
	cost.steps = 0;
	cost.walked = 0;
	assert_int_equal(switch_run(hosting->registry, hosting->store, &what->by, &names, &what->to,
				    &hosting->complaints, NULL),
			 ERR_OK);
	names_free(&names);
	return cost.steps;
}

static void assert_linear(struct hosting *hosting, const struct hosting_switch *what)
{
	size_t few = steps_of(hosting, what, 0, FEW);
	size_t many = steps_of(hosting, what, FEW, MANY);

	assert_in_range(few, FEW, BASE + FEW * EACH);
	assert_in_range(many, MANY, BASE + MANY * EACH);
	assert_int_equal(cost.walked, 0);
}

static void each_domain_of_an_order_takes_the_same_few_statements(void **state)
{
	const struct hosting_switch none = hosting_none();
	const struct hosting_switch reset = hosting_reset();

	assert_linear(*state, &none);
	assert_linear(*state, &reset);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, hosting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_domain_of_an_order_takes_the_same_few_statements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
