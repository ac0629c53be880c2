/* SPDX-License-Identifier: ISC */
/* wrap: clock_now progress_step */
#include "hosting.h"

#include "base/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DOMAINS 20
#define ENFORCE "version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\nmax_age: 604800\r\n"
#define NONE    "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"
#define FIRST   "20261123160000"
#define SECOND  "20261123160001"

__typeof__(progress_step) __real_progress_step;
__typeof__(progress_step) __wrap_progress_step;

/* How many steps are left before the program stops. */
static unsigned left;
static char names[DOMAINS][32];

enum err __wrap_progress_step(void)
{
	if (left == 0)
		progress_stop(true);
	else
		left--;
	return __real_progress_step();
}

static int setup(void **state)
{
	left = UINT32_MAX;
	progress_stop(false);
	if (hosting_setup(state) != 0)
		return -1;
	for (int i = 0; i < DOMAINS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "d%02d.example", i);
		if (hosting_publish(*state, hosting_configured(names[i], MODE_ENFORCE, "mail.example.org",
							       "")) != ERR_OK)
			return -1;
	}
	return 0;
}

static enum err order_all(struct hosting *hosting)
{
	const struct hosting_switch none = hosting_none();
	struct names all = { 0 };
	enum err err;

	for (int i = 0; i < DOMAINS; i++)
		assert_int_equal(names_put(&all, names[i]), ERR_OK);
	err = switch_run(hosting->registry, hosting->store, &none.by, &all, &none.to, &hosting->complaints,
			 NULL);
	names_free(&all);
	return err;
}

static void assert_all_serve(struct hosting *hosting, const char *id, const char *text)
{
	for (int i = 0; i < DOMAINS; i++)
		hosting_assert_serves(hosting, names[i], id, text);
}

static void an_order_counts_its_domains_when_worked_out_written_and_settled(void **state)
{
	uint64_t before = progress_steps();

	assert_int_equal(order_all(*state), ERR_OK);

	assert_int_equal(progress_steps() - before, 3 * DOMAINS);
}

static void an_order_that_is_given_up_anywhere_changes_nothing(void **state)
{
	unsigned stops = 0;
	enum err err = ERR_STOPPED;

	for (; err == ERR_STOPPED; stops++) {
		left = stops;
		progress_stop(false);
		err = order_all(*state);
		if (err != ERR_STOPPED)
			break;
		assert_all_serve(*state, FIRST, ENFORCE);
		assert_int_equal(hosting_count(*state, "SELECT count(*) FROM revision"), DOMAINS);
		assert_int_equal(hosting_count(*state, "SELECT count(*) FROM audit"), DOMAINS);
		assert_int_equal(hosting_count(*state, "SELECT count(*) FROM switch"), 0);
	}

	assert_int_equal(err, ERR_OK);
	assert_true(stops >= 2 * DOMAINS);
	assert_all_serve(*state, SECOND, NONE);
	hosting_restart(*state);
	assert_all_serve(*state, SECOND, NONE);
}

static void what_is_given_up_can_be_done_later(void **state)
{
	left = DOMAINS + 1;
	assert_int_equal(order_all(*state), ERR_STOPPED);
	assert_int_equal(order_all(*state), ERR_STOPPED);

	progress_stop(false);
	left = UINT32_MAX;
	assert_int_equal(order_all(*state), ERR_OK);
	assert_all_serve(*state, SECOND, NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, hosting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_order_counts_its_domains_when_worked_out_written_and_settled),
		TEST(an_order_that_is_given_up_anywhere_changes_nothing),
		TEST(what_is_given_up_can_be_done_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
