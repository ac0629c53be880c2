/* SPDX-License-Identifier: ISC */
/* wrap: clock_now */
#include "hosting.h"

#include "evidence/unseen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define DOMAIN "example.org"
#define FIRST  "20261123160000"
#define DAY    86400

static int setup(void **state)
{
	if (hosting_setup(state) != 0)
		return -1;
	return hosting_publish(*state, hosting_configured(DOMAIN, MODE_TESTING, "mail.example.org", "")) ==
			       ERR_OK
		       ? 0
		       : -1;
}

static bool is_unseen(struct hosting *hosting)
{
	bool unseen = false;

	assert_int_equal(unseen_of(hosting->store, registry_domain(hosting->registry, DOMAIN), &unseen),
			 ERR_OK);
	return unseen;
}

static void fetch(struct hosting *hosting)
{
	struct revision *revision = registry_find(hosting->registry, DOMAIN);

	tally_note(hosting->tally, revision, hosting_now);
	revision_release(&revision);
	assert_int_equal(tally_write(hosting->tally, hosting->store, hosting_now), ERR_OK);
}

static void order(struct hosting *hosting, enum mode mode)
{
	struct hosting_switch order = hosting_none();

	order.to.mode = mode;
	assert_int_equal(hosting_order(hosting, DOMAIN, &order), ERR_OK);
}

static void what_nobody_looked_at_is_unseen_until_it_is_right(void **state)
{
	assert_true(is_unseen(*state));

	hosting_look(*state, DOMAIN, "");
	assert_true(is_unseen(*state));
	hosting_look(*state, DOMAIN, FIRST);
	assert_false(is_unseen(*state));

	hosting_now += DAY;
	hosting_look(*state, DOMAIN, "");
	assert_true(is_unseen(*state));
}

static void a_fetch_tells_a_day_after_it_was_published(void **state)
{
	fetch(*state);
	assert_true(is_unseen(*state));

	hosting_now += DAY;
	assert_true(is_unseen(*state));
	fetch(*state);
	assert_false(is_unseen(*state));
}

static void a_fetch_does_not_outweigh_a_look(void **state)
{
	hosting_now += DAY;
	fetch(*state);
	hosting_look(*state, DOMAIN, "");

	assert_true(is_unseen(*state));
}

static void another_policy_has_to_be_looked_at_anew(void **state)
{
	hosting_look(*state, DOMAIN, FIRST);
	hosting_now += DAY;

	order(*state, MODE_ENFORCE);

	assert_true(is_unseen(*state));
}

static void what_is_none_has_a_retirement(void **state)
{
	order(*state, MODE_NONE);

	assert_false(is_unseen(*state));
}

static void nobody_knows_when_the_store_cannot_be_read(void **state)
{
	struct hosting *hosting = *state;
	bool unseen = false;

	hosting_sql(hosting, "DROP TABLE lapse");

	assert_int_equal(unseen_of(hosting->store, registry_domain(hosting->registry, DOMAIN), &unseen),
			 ERR_STORE);
	assert_false(unseen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, hosting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_nobody_looked_at_is_unseen_until_it_is_right),
		TEST(a_fetch_tells_a_day_after_it_was_published),
		TEST(a_fetch_does_not_outweigh_a_look),
		TEST(another_policy_has_to_be_looked_at_anew),
		TEST(what_is_none_has_a_retirement),
		TEST(nobody_knows_when_the_store_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
