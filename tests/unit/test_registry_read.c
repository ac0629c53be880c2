/* SPDX-License-Identifier: ISC */
/* wrap: clock_now sql_row sql_take syntax_parse; memory */
#include "hosting.h"
#include "memory.h"

#include "core/registry_load.h"
#include "core/registry_private.h"
#include "policy/syntax.h"
#include "store/past.h"
#include "store/sql_private.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MANY 20000

/* A domain with its name and its place in the set; 265 B when this was written. */
#define BYTES_MAX 300

static unsigned taken, parsed;

__typeof__(sql_row) __real_sql_row;
__typeof__(sql_row) __wrap_sql_row;
__typeof__(sql_take) __real_sql_take;
__typeof__(sql_take) __wrap_sql_take;
__typeof__(syntax_parse) __real_syntax_parse;
__typeof__(syntax_parse) __wrap_syntax_parse;

sqlite3_stmt *__wrap_sql_take(struct sql_connection *connection, enum sql sql)
{
	taken++;
	return __real_sql_take(connection, sql);
}

enum err __wrap_syntax_parse(const char *text, size_t len, const char *file, struct complaints *complaints,
			     struct policy **policy)
{
	parsed++;
	return __real_syntax_parse(text, len, file, complaints, policy);
}

/* Names that do not come in order, and two texts. */
static void put(struct hosting *hosting, unsigned first, unsigned count)
{
	static const char *const texts[] = {
		"version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n",
		"version: STSv1\r\nmode: testing\r\nmx: mx.example\r\nmax_age: 86400\r\n"
	};
	struct store_txn *txn = NULL;

	assert_int_equal(store_begin(hosting->store, &txn), ERR_OK);
	for (unsigned i = first; i < first + count; i++) {
		const char *text = texts[i % 2];
		char name[32];
		int64_t number;

		(void)snprintf(name, sizeof(name), "d%05u.example", i * 7919 % MANY);
		assert_int_equal(
			revisions_put(txn, name, "20261123160000", text, strlen(text), HOSTING_NOW, &number),
			ERR_OK);
		assert_int_equal(revisions_put_source(txn, name, "/etc/mta-stsd/domains.d/all.conf"), ERR_OK);
	}
	assert_int_equal(store_commit(&txn), ERR_OK);
}

static struct registry *load(const struct hosting *hosting)
{
	struct registry *registry = NULL;

	taken = parsed = 0;
	assert_int_equal(registry_new(&registry), ERR_OK);
	assert_int_equal(registry_load(registry, hosting->store), ERR_OK);
	return registry;
}

static void a_start_asks_as_often_for_many_domains_as_for_few(void **state)
{
	struct hosting *hosting = *state;
	struct registry *registry;
	unsigned for_few;

	put(hosting, 0, 10);
	registry = load(hosting);
	for_few = taken;
	registry_free(&registry);
	put(hosting, 10, MANY - 10);
	registry = load(hosting);

	assert_int_equal(registry_count(registry), MANY);
	assert_int_equal(taken, for_few);
	assert_int_equal(parsed, 2);
	registry_free(&registry);
}

static void a_domain_takes_little_memory(void **state)
{
	struct hosting *hosting = *state;
	struct registry *registry;
	size_t before;

#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	put(hosting, 0, MANY);
	registry = load(hosting);
	registry_free(&registry);
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	registry = load(hosting);

	assert_in_range((mallinfo2().uordblks + mallinfo2().hblkhd - before) / MANY, 0, BYTES_MAX);
	registry_free(&registry);
}

static enum err expect_order(void *context, const struct domain *domain)
{
	const char **before = context;

	assert_true(strcmp(*before, domain->name) < 0);
	*before = domain->name;
	return ERR_OK;
}

static void domains_come_by_name_whatever_the_order_of_the_tables(void **state)
{
	struct hosting *hosting = *state;
	struct registry *registry;
	const char *before = "";

	put(hosting, 0, 3000);
	registry = load(hosting);
	assert_int_equal(registry_each(registry, expect_order, &before), ERR_OK);
	registry_free(&registry);
}

/* As an index says it that has lost a name. */
static unsigned names_left = UINT32_MAX;

bool __wrap_sql_row(struct sql_connection *connection, sqlite3_stmt *statement, enum err *err)
{
	if (strstr(sqlite3_sql(statement), "ORDER BY name") == NULL || names_left == UINT32_MAX ||
	    names_left-- > 0)
		return __real_sql_row(connection, statement, err);
	(void)sqlite3_reset(statement);
	names_left = UINT32_MAX;
	return false;
}

static void a_domain_that_the_index_of_names_has_not_is_served_all_the_same(void **state)
{
	struct hosting *hosting = *state;
	struct registry *registry;
	const char *before = "";

	put(hosting, 0, 100);
	names_left = 40;
	registry = load(hosting);
	assert_int_equal(names_left, UINT32_MAX);
	assert_int_equal(registry_count(registry), 100);
	assert_int_equal(registry_each(registry, expect_order, &before), ERR_OK);
	registry_free(&registry);
}

static void whatever_memory_there_is_all_of_it_is_read_or_an_error_told(void **state)
{
	struct hosting *hosting = *state;
	bool failed = true;

	put(hosting, 0, 20);
	for (size_t n = 0; failed; n++) {
		struct registry *registry = NULL;
		enum err err;

		assert_int_equal(registry_new(&registry), ERR_OK);
		memory_fail_after(n);
		err = registry_load(registry, hosting->store);
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
		assert_int_equal(registry_load(registry, hosting->store), ERR_OK);
		assert_int_equal(registry_count(registry), 20);
		registry_free(&registry);
	}
}

/* A number as no damage that is found elsewhere makes it: no table by number is worth its memory. */
static void numbers_that_lie_far_apart_are_read_too(void **state)
{
	struct hosting *hosting = *state;
	struct registry *registry;

	put(hosting, 0, 3);
	hosting_sql(hosting, "PRAGMA foreign_keys = 0; UPDATE domain SET id = 1099511627776 WHERE id = 2;"
			     "UPDATE revision SET domain = 1099511627776 WHERE domain = 2");
	registry = load(hosting);
	assert_int_equal(registry_count(registry), 3);
	registry_free(&registry);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hosting_setup, hosting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_start_asks_as_often_for_many_domains_as_for_few),
		TEST(a_domain_takes_little_memory),
		TEST(domains_come_by_name_whatever_the_order_of_the_tables),
		TEST(a_domain_that_the_index_of_names_has_not_is_served_all_the_same),
		TEST(whatever_memory_there_is_all_of_it_is_read_or_an_error_told),
		TEST(numbers_that_lie_far_apart_are_read_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
