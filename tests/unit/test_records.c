/* SPDX-License-Identifier: ISC */
#include "store/records.h"

#include "storing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define DOMAIN "a.example"
#define OWNER  "record.provider.example"

static void give(struct store_txn *txn, const char *id, int64_t number, time_t at)
{
	const struct id_given given = { number, at };

	assert_int_equal(records_give(txn, OWNER, id, &given), ERR_OK);
}

static struct store_txn *begin(struct storing *storing)
{
	struct store_txn *txn;
	bool clashes;

	storing_publish(storing, DOMAIN, "1", 1000);
	txn = storing_begin(storing);
	assert_int_equal(records_place(txn, DOMAIN, OWNER, NULL, &clashes), ERR_OK);
	return txn;
}

static void assert_newest(struct storing *storing, const char *expected)
{
	char id[ID_SIZE];

	assert_int_equal(records_newest(storing->store, OWNER, id, NULL), ERR_OK);
	assert_string_equal(id, expected);
}

static void what_was_given_out_last_is_the_newest_whatever_it_is_called(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn = begin(storing);

	give(txn, "zebra", 5, 2000);
	assert_newest(storing, "zebra");
	give(txn, "20261123160000", 5, 2000);
	assert_newest(storing, "20261123160000");
	give(txn, "middle", 5, 2000);
	assert_newest(storing, "middle");
	give(txn, "alpha", 6, 1000);
	storing_commit(&txn);
	assert_newest(storing, "alpha");
	storing_reopen(storing);
	assert_newest(storing, "alpha");
}

static void what_is_given_out_again_stays_where_it_is(void **state)
{
	struct storing *storing = *state;
	struct store_txn *txn = begin(storing);

	give(txn, "first", 5, 2000);
	give(txn, "second", 5, 2000);
	give(txn, "first", 5, 2000);
	storing_commit(&txn);
	assert_newest(storing, "second");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, storing_setup, storing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_given_out_last_is_the_newest_whatever_it_is_called),
		TEST(what_is_given_out_again_stays_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
