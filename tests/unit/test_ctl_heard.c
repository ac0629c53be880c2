/* SPDX-License-Identifier: ISC */
/* wrap: ask_all clock_ms; memory */
/* What many domains ask about the same servers is asked once. */
#include "memory.h"

#include "base/clock.h"
#include "ctl/dns/heard.h"

#include <arpa/nameser.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 8
#define ROUNDS  200

static atomic_uint asked;   /* questions that went out */
static atomic_bool refused; /* the next call of ask_all() fails */
static atomic_uint_least64_t now_ms;

__typeof__(clock_ms) __wrap_clock_ms;
__typeof__(ask_all) __wrap_ask_all;

uint64_t __wrap_clock_ms(void)
{
	return atomic_load(&now_ms);
}

/* Each name has one TXT record, which says the name; "none.example" has none. */
enum err __wrap_ask_all(const struct ask_way *way, struct ask *asks, size_t count)
{
	(void)way;
	if (atomic_exchange(&refused, false))
		return ERR_SYNTAX;
	for (size_t i = 0; i < count; i++) {
		struct ask *ask = &asks[i];

		atomic_fetch_add(&asked, 1);
		ask->authoritative = true;
		ask->state = strcmp(ask->name, "none.example") == 0 ? ASK_NO_NAME : ASK_ANSWERED;
		if (ask->state != ASK_ANSWERED)
			continue;
		ask->record = calloc(1, sizeof(*ask->record));
		if (ask->record == NULL)
			return ERR_NO_MEMORY;
		ask->record[0] = (struct ask_record){
			.type = ask->type, .ttl = 300, .owner = strdup(ask->name), .text = strdup(ask->name)
		};
		ask->count = 1;
		if (ask->record[0].owner == NULL || ask->record[0].text == NULL)
			return ERR_NO_MEMORY;
	}
	return ERR_OK;
}

static int set_up(void **state)
{
	struct ask_way *way = calloc(1, sizeof(*way));

	atomic_store(&asked, 0);
	atomic_store(&refused, false);
	atomic_store(&now_ms, 1000);
	*state = way;
	return way != NULL && heard_new(&way->heard) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	struct ask_way *way = *state;

	heard_free(&way->heard);
	heard_free(&way->heard);
	free(way);
	return 0;
}

static struct ask question(const char *server, const char *name, int type)
{
	return (struct ask){ .server = server, .name = name, .type = type };
}

static void ask_one(const struct ask_way *way, const char *server, const char *name, int type)
{
	struct ask ask = question(server, name, type);

	assert_int_equal(heard_ask(way, &ask, 1), ERR_OK);
	assert_true(ask.authoritative);
	if (ask.state == ASK_ANSWERED)
		assert_string_equal(ask_next_here(&ask, type, NULL)->text, name);
	ask_free(&ask, 1);
}

static void the_same_question_is_asked_once(void **state)
{
	for (int i = 0; i < 3; i++) {
		ask_one(*state, "192.0.2.1", "a.example", ns_t_txt);
		ask_one(*state, "192.0.2.1", "none.example", ns_t_txt);
	}
	assert_int_equal(asked, 2);
}

static void another_server_name_or_type_is_another_question(void **state)
{
	ask_one(*state, "192.0.2.1", "a.example", ns_t_txt);
	ask_one(*state, "192.0.2.2", "a.example", ns_t_txt);
	ask_one(*state, NULL, "a.example", ns_t_txt);
	ask_one(*state, "192.0.2.1", "b.example", ns_t_txt);
	ask_one(*state, "192.0.2.1", "a.example", ns_t_ns);
	assert_int_equal(asked, 5);
}

/* Or a record could be called right that was changed long before. */
static void an_answer_is_old_after_a_minute(void **state)
{
	ask_one(*state, "192.0.2.1", "a.example", ns_t_txt);
	now_ms += HEARD_MS - 1;
	ask_one(*state, "192.0.2.1", "a.example", ns_t_txt);
	assert_int_equal(asked, 1);
	now_ms += 1;
	ask_one(*state, "192.0.2.1", "a.example", ns_t_txt);
	assert_int_equal(asked, 2);
}

static void a_question_may_be_there_twice_in_one_call(void **state)
{
	struct ask asks[] = { question("192.0.2.1", "a.example", ns_t_txt),
			      question("192.0.2.1", "none.example", ns_t_txt),
			      question("192.0.2.1", "a.example", ns_t_txt) };

	assert_int_equal(heard_ask(*state, asks, 3), ERR_OK);
	assert_int_equal(asked, 2);
	assert_string_equal(asks[0].record[0].text, "a.example");
	assert_string_equal(asks[2].record[0].text, "a.example");
	assert_int_equal(asks[1].state, ASK_NO_NAME);
	ask_free(asks, 3);
}

static void without_it_everything_is_asked(void **state)
{
	const struct ask_way bare = { .resolver = NULL };

	(void)state;
	ask_one(&bare, "192.0.2.1", "a.example", ns_t_txt);
	ask_one(&bare, "192.0.2.1", "a.example", ns_t_txt);
	assert_int_equal(asked, 2);
}

static void what_could_not_be_asked_is_asked_again(void **state)
{
	struct ask ask = question("192.0.2.1", "a.example", ns_t_txt);

	refused = true;
	assert_int_equal(heard_ask(*state, &ask, 1), ERR_SYNTAX);
	ask_free(&ask, 1);
	ask_one(*state, "192.0.2.1", "a.example", ns_t_txt);
	assert_int_equal(asked, 1);
}

static void *ask_much(void *way)
{
	static const char *const names[] = { "a.example", "none.example", "b.example" };

	for (size_t i = 0; i < ROUNDS; i++) {
		struct ask asks[] = { question("192.0.2.1", names[i % 3], ns_t_txt),
				      question("192.0.2.1", names[(i + 1) % 3], ns_t_txt) };

		assert_int_equal(heard_ask(way, asks, 2), ERR_OK);
		ask_free(asks, 2);
	}
	return NULL;
}

static void many_threads_ask_once_and_nobody_waits_for_ever(void **state)
{
	pthread_t thread[THREADS];

	refused = false;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask_much, *state), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_int_equal(asked, 3);
}

static void memory_that_runs_out_is_told_and_nobody_waits_for_it(void **state)
{
	const struct ask_way *way = *state;
	enum err err = ERR_NO_MEMORY;
	bool failed = true;

	for (size_t i = 0; failed && i < 100; i++) {
		struct ask asks[] = { question("192.0.2.1", "a.example", ns_t_txt),
				      question("192.0.2.1", "b.example", ns_t_txt),
				      question("192.0.2.1", "a.example", ns_t_txt) };

		now_ms += HEARD_MS;
		memory_fail_after(i);
		err = heard_ask(way, asks, 3);
		failed = memory_restore();
		assert_true(err == ERR_OK || (failed && err == ERR_NO_MEMORY));
		ask_free(asks, 3);
		ask_one(way, "192.0.2.1", "a.example", ns_t_txt);
	}
	assert_int_equal(err, ERR_OK);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(the_same_question_is_asked_once),
		UNIT(another_server_name_or_type_is_another_question),
		UNIT(an_answer_is_old_after_a_minute),
		UNIT(a_question_may_be_there_twice_in_one_call),
		UNIT(without_it_everything_is_asked),
		UNIT(what_could_not_be_asked_is_asked_again),
		UNIT(many_threads_ask_once_and_nobody_waits_for_ever),
		UNIT(memory_that_runs_out_is_told_and_nobody_waits_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
