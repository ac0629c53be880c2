/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; commits memory */
#include "commits.h"
#include "core/registry_load.h"
#include "core/registry_private.h"
#include "hosting.h"
#include "memory.h"

#include "store/revisions.h"

#include <pthread.h>
#include <search.h>
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
	const struct hosting_switch none = hosting_none();

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
	const struct hosting_switch none = hosting_none();

	assert_int_equal(hosting_order(current, A, &none), ERR_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(registry_domain(current->registry, A)->published->number, 3);
		assert_int_equal(registry_domain(current->registry, B)->published->number, 2);
		hosting_restart(*state);
	}
}

static void a_revision_that_was_written_at_the_second_attempt_knows_its_number(void **state)
{
	const struct hosting_switch none = hosting_none();

	(void)state;
	commits_fault[0] = ERR_STORE;
	commits_room = true;
	assert_int_equal(hosting_order(current, A, &none), ERR_OK);

	hosting_assert_id(current, A, SECOND);
	assert_int_equal(registry_domain(current->registry, A)->published->number,
			 hosting_count(current, "SELECT number FROM revision WHERE domain = 1"
						" AND superseded_at IS NULL"));
}

static void assert_complains(const char *file, const char *what)
{
	complaints_free(&current->complaints);
	registry_complain(current->registry, &current->complaints);
	assert_int_equal(current->complaints.count, 1);
	assert_string_equal(current->complaints.item[0].file, file);
	assert_string_equal(current->complaints.item[0].what, what);
}

/* It may have been the published one that has a wrong end now. */
static void a_domain_whose_revisions_are_all_damaged_is_not_forgotten(void **state)
{
	struct names unreadable = { 0 };

	hosting_sql(current, "UPDATE revision SET superseded_at = 1000 WHERE domain = 1");
	assert_int_equal(registry_load(current->registry, current->store), ERR_OK);
	hosting_assert_id(current, A, FIRST);
	assert_complains(A, "its stored revision is damaged, and what is in memory stays in use");

	hosting_restart(*state);
	assert_null(registry_find(current->registry, A));
	assert_true(registry_is_unreadable(current->registry, A));
	assert_false(registry_is_unreadable(current->registry, B));
	assert_complains(A, "its stored revision is damaged, and it is not served");
	assert_int_equal(registry_unreadable(current->registry, &unreadable), ERR_OK);
	assert_int_equal(unreadable.count, 1);
	assert_string_equal(unreadable.item[0], A);
	names_free(&unreadable);
}

/* As after two pages of the database were swapped. */
static void rows_of_nobody_make_no_domain(void **state)
{
	struct names unreadable = { 0 };

	hosting_sql(current, "INSERT INTO domain (id, name, source) VALUES (9, '', '');"
			     "INSERT INTO revision (domain, id, text, published_at, superseded_at)"
			     " VALUES (9, '1', '', 1000, 1000);"
			     "INSERT INTO switch (domain, mode, max_age, keep_mx, since, who)"
			     " VALUES (9, 'none', 86400, 0, 1000, 'root');"
			     "UPDATE store SET switches = switches + 1");
	hosting_restart(*state);
	assert_int_equal(registry_unreadable(current->registry, &unreadable), ERR_OK);
	assert_int_equal(unreadable.count, 0);
	assert_int_equal(registry_count(current->registry), 2);
	hosting_assert_id(current, A, FIRST);
	hosting_assert_id(current, B, FIRST);
}

/* One that is new, one that is lost, and a switch of which nothing else is left. */
static void put_more_in_the_store(void)
{
	const struct switching none = { .active = true, .mode = MODE_NONE, .max_age = 86400, .who = "root" };
	struct store_txn *txn = NULL;

	put_in_the_store("lost.example", "1");
	put_in_the_store("new.example", "1");
	hosting_sql(current, "UPDATE revision SET superseded_at = 1000 WHERE number = 3;"
			     "INSERT INTO domain (name, source) VALUES ('switch.example', '')");
	assert_int_equal(store_reopen(current->store), ERR_OK);
	assert_int_equal(store_begin(current->store, &txn), ERR_OK);
	assert_int_equal(switches_put(txn, "switch.example", &none), ERR_OK);
	assert_int_equal(store_commit(&txn), ERR_OK);
}

static void assert_has_all(struct registry *registry)
{
	assert_int_equal(registry_count(registry), 3);
	assert_non_null(registry_domain(registry, "new.example"));
	assert_true(registry_is_unreadable(registry, "lost.example"));
	assert_true(registry_is_unreadable(registry, "switch.example"));
}

static bool start_without_memory(size_t n)
{
	struct registry *registry = NULL;
	enum err err;
	bool failed;

	memory_fail_after(n);
	err = registry_new(&registry);
	if (err == ERR_OK)
		err = registry_load(registry, current->store);
	failed = memory_restore();
	assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
	if (registry != NULL) {
		assert_int_equal(registry_is_in_doubt(registry, current->store), failed);
		assert_int_equal(registry_load(registry, current->store), ERR_OK);
		assert_has_all(registry);
	}
	registry_free(&registry);
	return failed;
}

static void without_memory_a_part_of_the_store_is_not_taken_for_all(void **state)
{
	size_t n = 0;

	(void)state;
	put_more_in_the_store();
	while (start_without_memory(n))
		n++;
	assert_true(n > 10);
}

static void without_memory_nobody_vanishes_who_is_served(void **state)
{
	bool failed = true;

	(void)state;
	for (size_t n = 0; failed; n++) {
		struct revision *found;
		char id[ID_SIZE];
		enum err err;

		forget_in_the_store();
		(void)snprintf(id, sizeof(id), "%zu", n);
		put_in_the_store(A, id);
		put_in_the_store("gone.example", id);
		assert_int_equal(registry_load(current->registry, current->store), ERR_OK);
		put_in_the_store(A, strcat(id, "new"));
		memory_fail_after(n);
		err = registry_load(current->registry, current->store);
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
		found = registry_find(current->registry, A);
		assert_non_null(found);
		revision_release(&found);
		hosting_assert_id(current, B, FIRST);
		assert_int_equal(registry_count(current->registry), 3);
	}
}

/* There is room for some before the set of all has to grow. */
static void a_domain_without_memory_is_not_there(void **state)
{
	unsigned refused = 0;
	char name[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct domain *domain = NULL;

		(void)snprintf(name, sizeof(name), "n%03d.example", i);
		for (size_t n = 0;; n++, refused++) {
			memory_fail_after(n);
			if (registry_make(current->registry, name, &domain) == ERR_OK)
				break;
			(void)memory_restore();
			assert_null(domain);
			assert_null(registry_known(current->registry, name));
		}
		(void)memory_restore();
		assert_string_equal(domain->name, name);
		assert_ptr_equal(registry_known(current->registry, name), domain);
	}
	assert_true(refused > 1000); /* not only the domain, but the set */
	assert_int_equal(registry_count(current->registry), 2);
}

/* Those that are not published are left out. */
static void domains_are_walked_from_any_name_on(void **state)
{
	struct domain *domain = NULL;

	(void)state;
	assert_int_equal(registry_make(current->registry, "aa.example", &domain), ERR_OK);
	assert_string_equal(registry_after(current->registry, NULL)->name, A);
	assert_string_equal(registry_after(current->registry, A)->name, B);
	assert_string_equal(registry_after(current->registry, "aaa.example")->name, B);
	assert_null(registry_after(current->registry, B));
}

static void to_remove_who_is_not_there_changes_nothing(void **state)
{
	(void)state;
	registry_lock(current->registry);
	registry_remove(current->registry, "unknown.example");
	registry_unlock(current->registry);
	assert_int_equal(registry_count(current->registry), 2);
	hosting_assert_id(current, A, FIRST);
	hosting_assert_id(current, B, FIRST);
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
		TEST(a_domain_whose_revisions_are_all_damaged_is_not_forgotten),
		TEST(rows_of_nobody_make_no_domain),
		TEST(without_memory_a_part_of_the_store_is_not_taken_for_all),
		TEST(without_memory_nobody_vanishes_who_is_served),
		TEST(a_domain_without_memory_is_not_there),
		TEST(domains_are_walked_from_any_name_on),
		TEST(to_remove_who_is_not_there_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
