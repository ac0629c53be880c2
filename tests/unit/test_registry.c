/* SPDX-License-Identifier: ISC */
#include "commits.h"
#include "core/registry_load.h"
#include "hosting.h"

#include "store/revisions.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define A      "a.example"
#define B      "b.example"
#define FIRST  "20261123160000"
#define SECOND "20261123160001"

static struct hosting *current;

static int setup(void **state)
{
	commits_reset();
	if (hosting_setup(state) != 0)
		return -1;
	current = *state;
	for (int i = 0; i < 2; i++) {
		if (hosting_publish(current, hosting_configured(i == 0 ? A : B, MODE_ENFORCE,
								"mail.example.org", "")) != ERR_OK)
			return -1;
	}
	return 0;
}

static void forget_in_the_store(void)
{
	const struct switching none = { .active = false };
	struct store_txn *txn = NULL;

	assert_int_equal(store_begin(current->store, &txn), ERR_OK);
	assert_int_equal(revisions_end(txn, A, 7), ERR_OK);
	assert_int_equal(switches_put(txn, A, &none), ERR_OK);
	assert_int_equal(store_commit(&txn), ERR_OK);
}

static void put_in_the_store(const char *domain, const char *id)
{
	static const char text[] = "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n";
	struct store_txn *txn = NULL;
	int64_t number;

	assert_int_equal(store_begin(current->store, &txn), ERR_OK);
	assert_int_equal(revisions_put(txn, domain, id, text, strlen(text), HOSTING_NOW, &number), ERR_OK);
	assert_int_equal(store_commit(&txn), ERR_OK);
}

static void a_domain_that_the_store_forgot_vanishes_by_loading(void **state)
{
	struct revision *held;

	hosting_restart(*state);
	held = registry_find(current->registry, A);
	forget_in_the_store();
	assert_int_equal(registry_load(current->registry, current->store), ERR_OK);

	assert_null(registry_find(current->registry, A));
	assert_null(registry_domain(current->registry, A));
	hosting_assert_id(current, B, FIRST);
	assert_int_equal(registry_count(current->registry), 1);
	/* Whoever was being answered with it is answered to the end. */
	assert_string_equal(held->id, FIRST);
	revision_release(&held);
}

static void a_switched_domain_that_the_store_forgot_vanishes_too(void **state)
{
	const struct order none = hosting_none();

	(void)state;
	assert_int_equal(hosting_order(current, A, &none), ERR_OK);
	forget_in_the_store();
	assert_int_equal(registry_load(current->registry, current->store), ERR_OK);

	assert_null(registry_domain(current->registry, A));
}

static void nobody_vanishes_who_is_in_the_store(void **state)
{
	struct revision *before = registry_find(current->registry, A);
	struct revision *after;

	(void)state;
	assert_int_equal(registry_load(current->registry, current->store), ERR_OK);
	assert_int_equal(registry_load(current->registry, current->store), ERR_OK);

	assert_int_equal(registry_count(current->registry), 2);
	after = registry_find(current->registry, A);
	assert_ptr_equal(after, before);
	revision_release(&before);
	revision_release(&after);
}

static void a_domain_whose_stored_text_is_damaged_goes_on(void **state)
{
	(void)state;
	hosting_sql(current, "UPDATE revision SET text = 'nonsense', id = 'other' WHERE domain = 1");
	assert_int_equal(registry_load(current->registry, current->store), ERR_OK);

	hosting_assert_id(current, A, FIRST);
	assert_int_equal(registry_count(current->registry), 2);
}

static void nobody_vanishes_when_the_store_cannot_be_read(void **state)
{
	(void)state;
	hosting_sql(current, "ALTER TABLE revision RENAME TO lost");
	assert_int_equal(registry_load(current->registry, current->store), ERR_STORE);

	hosting_assert_id(current, A, FIRST);
	hosting_assert_id(current, B, FIRST);
	assert_true(registry_is_in_doubt(current->registry, current->store));
}

static void a_domain_that_comes_back_into_the_store_is_served_again(void **state)
{
	(void)state;
	forget_in_the_store();
	assert_int_equal(registry_load(current->registry, current->store), ERR_OK);
	put_in_the_store(A, SECOND);
	assert_int_equal(registry_load(current->registry, current->store), ERR_OK);

	hosting_assert_id(current, A, SECOND);
	assert_int_equal(registry_count(current->registry), 2);
}

static atomic_bool stop;
static atomic_bool torn;

static void *find_it(void *context)
{
	while (!atomic_load(&stop)) {
		struct revision *revision = registry_find(context, A);

		if (revision != NULL && strncmp(revision->text, "version: STSv1", 14) != 0)
			atomic_store(&torn, true);
		revision_release(&revision);
	}
	return NULL;
}

static void a_domain_that_vanishes_is_found_whole_or_not_at_all(void **state)
{
	pthread_t reader;
	char id[ID_SIZE];

	(void)state;
	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&reader, NULL, find_it, current->registry), 0);
	for (int i = 0; i < 20; i++) {
		forget_in_the_store();
		assert_int_equal(registry_load(current->registry, current->store), ERR_OK);
		(void)snprintf(id, sizeof(id), "%d", i);
		put_in_the_store(A, id);
		assert_int_equal(registry_load(current->registry, current->store), ERR_OK);
	}
	atomic_store(&stop, true);
	assert_int_equal(pthread_join(reader, NULL), 0);

	assert_false(atomic_load(&torn));
}

static void each_revision_knows_its_number_whether_published_or_read(void **state)
{
	const struct order none = hosting_none();

	assert_int_equal(hosting_order(current, A, &none), ERR_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(registry_domain(current->registry, A)->published->number, 3);
		assert_int_equal(registry_domain(current->registry, B)->published->number, 2);
		hosting_restart(*state);
	}
}

static void a_revision_that_was_written_at_the_second_attempt_knows_its_number(void **state)
{
	const struct order none = hosting_none();

	(void)state;
	commits_fault[0] = ERR_STORE;
	commits_room = true;
	assert_int_equal(hosting_order(current, A, &none), ERR_OK);

	hosting_assert_id(current, A, SECOND);
	assert_int_equal(registry_domain(current->registry, A)->published->number,
			 hosting_count(current, "SELECT number FROM revision WHERE domain = 1"
						" AND superseded_at IS NULL"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, hosting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_domain_that_the_store_forgot_vanishes_by_loading),
		TEST(a_switched_domain_that_the_store_forgot_vanishes_too),
		TEST(nobody_vanishes_who_is_in_the_store),
		TEST(a_domain_whose_stored_text_is_damaged_goes_on),
		TEST(nobody_vanishes_when_the_store_cannot_be_read),
		TEST(a_domain_that_comes_back_into_the_store_is_served_again),
		TEST(a_domain_that_vanishes_is_found_whole_or_not_at_all),
		TEST(each_revision_knows_its_number_whether_published_or_read),
		TEST(a_revision_that_was_written_at_the_second_attempt_knows_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
