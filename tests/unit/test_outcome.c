/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; controlling memory */
#include "controlling.h"
#include "memory.h"

#include "core/registry_private.h"
#include "evidence/forget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Published beside the two that are there: more than fit into one piece, and what an answer may hold shows.
 */
#define MANY 300

/* What an answer may keep of a domain while its reader takes his time, bytes. */
#define HELD_MAX 600

#define NONE    "{\"all\": true, \"mode\": \"none\"}"
#define ENFORCE "{\"all\": true, \"mode\": \"enforce\"}"

static char names[MANY][32];

static int setup(void **state)
{
	if (controlling_setup(state) != 0)
		return -1;
	for (int i = 0; i < MANY; i++) {
		struct controlling *fix = *state;

		(void)snprintf(names[i], sizeof(names[i]), "d%03d.example", i);
		if (hosting_publish(fix->hosting, hosting_configured(names[i], MODE_ENFORCE, "mx.example.org",
								     "")) != ERR_OK)
			return -1;
	}
	return 0;
}

/* What a client has before it takes any more. */
static struct answer begin(struct controlling *fix, const char *target, const char *body)
{
	struct request request = { .method = METHOD_POST, .target = target, .host = "", .body = body };
	struct answer answer = { 0 };

	request.body_len = strlen(body);
	fix->routes.identify(fix->routes.context, 0, &request.peer);
	routes_answer(&fix->routes, &request, &answer);
	assert_int_equal(answer.status, 200);
	assert_non_null(answer.more);
	return answer;
}

static json_t *end(struct answer *answer)
{
	json_t *json;

	assert_int_equal(answer_gather(answer, SIZE_MAX, SIZE_MAX), ERR_OK);
	json = json_loadb(answer->body.bytes, answer->body.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	answer_free(answer);
	return json;
}

/* The id that each row has, to be freed; and that of none is empty. */
static json_t *ids_of(const json_t *reply, const char *mode)
{
	json_t *ids = json_object(), *row;
	size_t i;

	json_array_foreach(json_object_get(reply, "changes"), i, row)
	{
		const json_t *after = json_object_get(row, "after");

		assert_string_equal(json_string_value(json_object_get(after, "mode")), mode);
		json_object_set(ids, json_string_value(json_object_get(row, "domain")),
				json_object_get(after, "id"));
	}
	return ids;
}

static void the_head_says_that_it_was_done_before_any_row_is_made(void **state)
{
	struct answer answer = begin(*state, "/v1/switch", NONE);
	static const char head[] = "{\"dry_run\":false,\"changed\":302,\"unchanged\":0,\"audit\":";

	assert_true(answer.done);
	assert_memory_equal(answer.body.bytes, head, sizeof(head) - 1);
	assert_int_equal(registry_domain(((struct controlling *)*state)->host.registry, names[MANY - 1])
				 ->published->mode,
			 MODE_NONE);
	answer_free(&answer);

	answer = begin(*state, "/v1/switch", "{\"all\": true, \"mode\": \"enforce\", \"dry_run\": true}");
	assert_false(answer.done);
	answer_free(&answer);
}

static void rows_come_in_pieces_and_a_slow_reader_holds_little(void **state)
{
	struct answer answer = begin(*state, "/v1/switch", NONE);
	unsigned pieces = 1;
	json_t *reply;

	assert_in_range(answer.held, 100 * MANY, HELD_MAX * MANY);
	while (answer.more != NULL) {
		size_t before = answer.body.len;

		assert_int_equal(answer_gather(&answer, SIZE_MAX, 1), ERR_OK);
		assert_true(answer.body.len - before < 65536);
		pieces++;
	}
	assert_in_range(pieces, 5, 8);
	reply = end(&answer);
	assert_int_equal(json_array_size(json_object_get(reply, "changes")), MANY + 2);
	json_decref(reply);
}

/* Read at once or as slowly as can be, it is the same. */
static void what_is_read_later_tells_what_that_order_did(void **state)
{
	struct controlling *fix = *state;
	struct answer first = begin(fix, "/v1/switch", NONE);
	struct answer second, third;
	json_t *reply, *ids, *second_ids;

	hosting_now += 60;
	second = begin(fix, "/v1/switch", ENFORCE);
	third = begin(fix, "/v1/reset", "{\"all\": true}");
	for (int i = 0; i < MANY; i++)
		registry_attach(fix->host.registry, names[i], NULL, false);
	reply = controlling_ask(fix, METHOD_POST, "/v1/forget", "{\"match\": \"d*\", \"force\": true}", 200);
	assert_int_equal(json_array_size(json_object_get(reply, "domains")), MANY);
	json_decref(reply);
	assert_int_equal(registry_count(fix->host.registry), 2);

	reply = end(&first);
	ids = ids_of(reply, "none");
	assert_int_equal(json_object_size(ids), MANY + 2);
	json_decref(reply);
	reply = end(&second);
	second_ids = ids_of(reply, "enforce");
	assert_int_equal(json_object_size(second_ids), MANY + 2);
	json_decref(reply);
	assert_string_not_equal(json_string_value(json_object_get(ids, names[0])),
				json_string_value(json_object_get(second_ids, names[0])));
	json_decref(ids);
	json_decref(second_ids);
	json_decref(end(&third));
}

static void the_answer_to_a_forget_outlives_what_is_forgotten(void **state)
{
	struct controlling *fix = *state;
	struct answer answer;
	json_t *reply, *row;

	for (int i = 0; i < MANY; i++)
		registry_attach(fix->host.registry, names[i], NULL, false);
	answer = begin(fix, "/v1/forget", "{\"match\": \"d*\", \"force\": true}");
	assert_true(answer.done);
	assert_int_equal(hosting_publish(fix->hosting, hosting_configured(names[MANY - 1], MODE_TESTING,
									  "mx.example.org", "")),
			 ERR_OK);
	reply = end(&answer);
	assert_int_equal(json_array_size(json_object_get(reply, "domains")), MANY);
	row = json_array_get(json_object_get(reply, "domains"), MANY - 1);
	assert_string_equal(json_string_value(json_object_get(row, "domain")), names[MANY - 1]);
	assert_string_equal(json_string_value(json_object_get(row, "mode")), "enforce");
	json_decref(reply);
}

/* Its record gets an id by a later order, and the answer to the first has that of the first. */
static void the_record_of_an_answer_is_that_of_its_order(void **state)
{
	struct controlling *fix = *state;
	struct configured shared = *hosting_configured(names[MANY - 1], MODE_ENFORCE, "mx.example.org", "");
	struct terms terms = *shared.terms;
	struct answer first;
	json_t *reply, *row;

	terms.record = "_mta-sts.shared.example";
	shared.terms = &terms;
	assert_int_equal(hosting_publish(fix->hosting, &shared), ERR_OK);
	first = begin(fix, "/v1/switch", NONE);
	hosting_now += 60;
	reply = controlling_ask(fix, METHOD_POST, "/v1/switch", ENFORCE, 200);
	json_decref(reply);
	reply = end(&first);
	row = json_array_get(json_object_get(reply, "changes"), MANY + 1);
	assert_string_equal(json_string_value(json_object_get(json_object_get(row, "txt"), "name")),
			    "_mta-sts.shared.example.");
	assert_non_null(strstr(json_string_value(json_object_get(json_object_get(row, "txt"), "value")),
			       json_string_value(json_object_get(json_object_get(row, "after"), "id"))));
	json_decref(reply);
}

/* What a dry run would give a record keeps nothing from the next order. */
static void a_dry_run_that_is_still_read_pends_nothing(void **state)
{
	struct controlling *fix = *state;
	struct configured shared = *hosting_configured("a.example.org", MODE_ENFORCE, "mx.example.org", "");
	struct terms terms = *shared.terms;
	struct answer dry;

	terms.record = "_mta-sts.shared.example";
	shared.terms = &terms;
	assert_int_equal(hosting_publish(fix->hosting, &shared), ERR_OK);
	dry = begin(fix, "/v1/switch", "{\"all\": true, \"mode\": \"none\", \"dry_run\": true}");
	assert_string_equal(registry_domain(fix->host.registry, "a.example.org")->declared->pending, "");
	json_decref(end(&dry));
}

/* Whether the order was done when so many allocations are granted to it. */
static bool give_order(struct controlling *fix, const char *body, size_t granted, struct answer *answer)
{
	struct request request = { .method = METHOD_POST,
				   .target = "/v1/switch",
				   .host = "",
				   .body = body,
				   .body_len = strlen(body) };

	*answer = (struct answer){ 0 };
	fix->routes.identify(fix->routes.context, 0, &request.peer);
	memory_fail_after(granted);
	routes_answer(&fix->routes, &request, answer);
	(void)memory_restore();
	return answer->status == 200;
}

/* What is refused while nothing is lost yet is refused; what was done is never said not to be. */
static void without_memory_an_order_is_told_of_whole_or_as_unknown(void **state)
{
	struct controlling *fix = *state;
	struct answer answer;
	unsigned refused = 0;

	for (size_t granted = 0; !give_order(fix, granted % 400 == 0 ? NONE : ENFORCE, granted, &answer);
	     granted += 200) {
		assert_int_equal(answer.status, 500);
		assert_false(answer.done);
		answer_free(&answer);
		refused++;
	}
	answer_free(&answer);
	assert_true(refused > 0);
}

/* Whoever reads the rows later sees that they are cut off, and the head said what was done. */
static void without_memory_for_the_rows_the_answer_is_cut_off(void **state)
{
	struct controlling *fix = *state;
	unsigned cut_off = 0;
	bool whole = false;

	for (size_t granted = 0; !whole; granted++) {
		struct answer answer;

		assert_true(give_order(fix, granted % 2 == 0 ? NONE : ENFORCE, SIZE_MAX, &answer));
		memory_fail_after(granted);
		whole = answer_gather(&answer, SIZE_MAX, SIZE_MAX) == ERR_OK;
		assert_true(memory_restore() != whole);
		assert_true(answer.done);
		cut_off += whole ? 0 : 1;
		answer_free(&answer);
	}
	assert_true(cut_off > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_head_says_that_it_was_done_before_any_row_is_made),
		TEST(rows_come_in_pieces_and_a_slow_reader_holds_little),
		TEST(what_is_read_later_tells_what_that_order_did),
		TEST(the_answer_to_a_forget_outlives_what_is_forgotten),
		TEST(the_record_of_an_answer_is_that_of_its_order),
		TEST(a_dry_run_that_is_still_read_pends_nothing),
		TEST(without_memory_an_order_is_told_of_whole_or_as_unknown),
		TEST(without_memory_for_the_rows_the_answer_is_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
