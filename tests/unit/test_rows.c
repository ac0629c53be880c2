/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; controlling memory */
#include "controlling.h"
#include "memory.h"

#include "base/allocation.h"
#include "control/rows.h"
#include "core/registry_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* More than fit into one piece, beside the two that are there. */
#define MANY 150

static int setup(void **state)
{
	if (controlling_setup(state) != 0)
		return -1;
	for (int i = 0; i < MANY; i++) {
		struct controlling *fix = *state;
		char name[32];

		(void)snprintf(name, sizeof(name), "d%03d.example", i);
		if (hosting_publish(fix->hosting,
				    hosting_configured(name, MODE_ENFORCE, "mx.example.org", "")) != ERR_OK)
			return -1;
	}
	return 0;
}

static struct names names_of(const char *a, const char *b)
{
	struct names names = { 0 };

	assert_int_equal(names_put(&names, a), ERR_OK);
	assert_int_equal(names_put(&names, b), ERR_OK);
	return names;
}

static struct answer begin(struct controlling *fix, struct rows rows)
{
	struct answer answer = { 0 };

	rows_answer(&fix->host, &rows, &answer);
	assert_int_equal(answer.status, 200);
	assert_non_null(answer.more);
	return answer;
}

/* Take the next piece; tells whether there was one. */
static bool take(struct answer *answer)
{
	size_t before = answer->body.len;

	assert_int_equal(answer->more(answer->owner, &answer->body), ERR_OK);
	return answer->body.len > before;
}

/* To its end; what has come is to be the JSON of a list. */
static json_t *end(struct answer *answer)
{
	json_t *json;

	while (take(answer))
		;
	json = json_loadb(answer->body.bytes, answer->body.len, 0, NULL);
	assert_non_null(json);
	assert_true(json_is_array(json_object_get(json, "unreadable")));
	assert_true(json_is_false(json_object_get(json, "partial")));
	answer_free(answer);
	return json;
}

static void assert_row(const json_t *list, size_t place, const char *domain)
{
	const json_t *row = json_array_get(json_object_get(list, "domains"), place);

	assert_string_equal(json_string_value(json_object_get(row, "domain")), domain);
}

static size_t count_rows(const json_t *list)
{
	return json_array_size(json_object_get(list, "domains"));
}

static void all_rows_come_in_order_and_in_pieces(void **state)
{
	struct answer answer = begin(*state, (struct rows){ .since = ROWS_EVER });
	unsigned pieces = 0;
	json_t *list;

	while (take(&answer))
		pieces++;
	assert_in_range(pieces, 3, 10);
	list = end(&answer);
	assert_int_equal(count_rows(list), MANY + 2);
	assert_row(list, 0, "a.example.org");
	assert_row(list, 2, "d000.example");
	assert_row(list, MANY + 1, "d149.example");
	json_decref(list);
}

static void what_is_not_wanted_is_left_out(void **state)
{
	struct answer answer = begin(*state, (struct rows){ .match = "*1.EXAMPLE", .since = ROWS_EVER });
	json_t *list = end(&answer);

	assert_int_equal(count_rows(list), 15);
	assert_row(list, 14, "d141.example");
	json_decref(list);

	answer = begin(*state, (struct rows){ .match = "nothing", .since = ROWS_EVER });
	list = end(&answer);
	assert_int_equal(count_rows(list), 0);
	json_decref(list);

	answer = begin(*state, (struct rows){ .since = HOSTING_NOW + 1000000 });
	list = end(&answer);
	assert_int_equal(count_rows(list), 0);
	json_decref(list);

	answer = begin(*state, (struct rows){ .named = true,
					      .since = ROWS_EVER,
					      .names = names_of("b.example.org", "d020.example") });
	list = end(&answer);
	assert_int_equal(count_rows(list), 2);
	assert_row(list, 1, "d020.example");
	json_decref(list);
}

static void forget(struct controlling *fix, const char *domain)
{
	registry_lock(fix->host.registry);
	registry_remove(fix->host.registry, domain);
	registry_unlock(fix->host.registry);
}

/* The one where the walk stands, one that is still to come, and one that has come already. */
static void domains_may_go_and_come_meanwhile(void **state)
{
	struct controlling *fix = *state;
	struct answer answer = begin(fix, (struct rows){ .since = ROWS_EVER });
	json_t *list;

	assert_true(take(&answer));
	forget(fix, "d061.example");
	forget(fix, "d100.example");
	forget(fix, "a.example.org");
	assert_int_equal(hosting_publish(fix->hosting, hosting_configured("d0615.example", MODE_ENFORCE,
									  "mx.example.org", "")),
			 ERR_OK);
	list = end(&answer);
	assert_int_equal(count_rows(list), MANY + 2);
	assert_row(list, 0, "a.example.org");
	assert_row(list, 63, "d061.example");
	assert_row(list, 64, "d0615.example");
	assert_row(list, 65, "d062.example");
	assert_row(list, 103, "d101.example");
	json_decref(list);
}

static void named_domains_may_go_meanwhile(void **state)
{
	struct controlling *fix = *state;
	struct answer answer = begin(fix, (struct rows){ .named = true,
							 .since = ROWS_EVER,
							 .names = names_of("d001.example", "d002.example") });
	json_t *list;

	forget(fix, "d001.example");
	list = end(&answer);
	assert_int_equal(count_rows(list), 1);
	assert_row(list, 0, "d002.example");
	json_decref(list);
}

/* The main thread has others to serve while it looks for something to tell. */
static void many_that_are_not_wanted_are_passed_over_in_pieces(void **state)
{
	struct rows rows = { .named = true, .since = HOSTING_NOW + 1000000 };
	unsigned pieces = 0;
	struct answer answer;
	json_t *list;

	for (int i = 0; i < 5000; i++)
		assert_int_equal(names_put(&rows.names, "a.example.org"), ERR_OK);
	answer = begin(*state, rows);
	/* Others may need the memory of so many names while their client takes his time. */
	assert_in_range(answer.held, 5000 * sizeof("a.example.org"), 5000 * 64);
	while (take(&answer))
		pieces++;
	assert_int_equal(pieces, 3);
	list = end(&answer);
	assert_int_equal(count_rows(list), 0);
	json_decref(list);
}

/* The names of a million domains take a while to write down, and their room as long as the client likes. */
static void only_a_list_of_names_is_kept(void **state)
{
	static const struct {
		const char *body;
		size_t rows;
		bool kept;
	} queries[] = {
		{ "{\"all\":true}", MANY + 2, false },
		{ "{\"match\":\"D01?.*\"}", 10, false },
		{ "{\"match\":\"D01?.*\",\"changed_since\":\"2100-01-01T00:00:00Z\"}", 0, false },
		{ "{\"all\":true,\"except\":[\"a.example.org\"]}", MANY + 1, true },
		{ "{\"domains\":[\"a.example.org\"]}", 1, true },
	};
	static const char *const two_ways[] = { "{\"all\":true,\"domains\":[\"a.example.org\"]}",
						"{\"all\":true,\"match\":\"a*\"}",
						"{\"match\":\"a*\",\"retiring\":true}" };

	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
		struct answer answer = { 0 };
		json_t *list;

		controlling_answer(*state, METHOD_POST, "/v1/query", queries[i].body, &answer);
		assert_int_equal(answer.status, 200);
		assert_int_equal(answer.held > 0, queries[i].kept);
		list = json_loadb(answer.body.bytes, answer.body.len, 0, NULL);
		assert_int_equal(count_rows(list), queries[i].rows);
		json_decref(list);
		answer_free(&answer);
	}
	for (size_t i = 0; i < sizeof(two_ways) / sizeof(*two_ways); i++)
		controlling_assert_error(*state, METHOD_POST, "/v1/query", two_ways[i], 400, "bad_request");
	controlling_assert_error(*state, METHOD_POST, "/v1/query", "{\"match\":\"x*\"}", 404,
				 "unknown_domain");
}

/* As a library does, which then goes on without. */
static void what_a_library_lacked_cuts_it_off(void **state)
{
	struct answer answer = begin(*state, (struct rows){ .since = ROWS_EVER });

	assert_true(take(&answer));
	memory_fail_after(0);
	assert_null(allocation_make(1));
	(void)memory_restore();
	assert_int_equal(answer.more(answer.owner, &answer.body), ERR_NO_MEMORY);
	answer_free(&answer);
}

/* Never a list that ends well and lacks something. */
static void without_memory_it_is_cut_off(void **state)
{
	unsigned refused = 0;
	enum err err = ERR_NO_MEMORY;

	for (size_t n = 0; err != ERR_OK; n += 97) {
		struct rows rows = { .since = ROWS_EVER };
		struct answer answer = { 0 };
		json_t *list;

		memory_fail_after(n);
		rows_answer(&((struct controlling *)*state)->host, &rows, &answer);
		err = answer.status == 200 ? answer_gather(&answer, SIZE_MAX, SIZE_MAX) : ERR_NO_MEMORY;
		(void)memory_restore();
		list = json_loadb(answer.body.bytes, answer.body.len, 0, NULL);
		if (err == ERR_OK)
			assert_int_equal(count_rows(list), MANY + 2);
		refused += err != ERR_OK;
		json_decref(list);
		answer_free(&answer);
	}
	assert_true(refused > 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_rows_come_in_order_and_in_pieces),
		TEST(what_is_not_wanted_is_left_out),
		TEST(domains_may_go_and_come_meanwhile),
		TEST(named_domains_may_go_meanwhile),
		TEST(many_that_are_not_wanted_are_passed_over_in_pieces),
		TEST(only_a_list_of_names_is_kept),
		TEST(what_a_library_lacked_cuts_it_off),
		TEST(without_memory_it_is_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
