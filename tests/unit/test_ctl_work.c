/* SPDX-License-Identifier: ISC */
/* wrap: pthread_create */
#include "ctl/cli/work.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define PIECES     1000
#define PATIENCE_S 20

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *argument);

static bool no_threads;
static atomic_uint times[PIECES];
static atomic_uint running;
static sem_t together;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *argument)
{
	return no_threads ? EAGAIN : __real_pthread_create(thread, attr, run, argument);
}

static int set_up(void **state)
{
	(void)state;
	no_threads = false;
	memset(times, 0, sizeof(times));
	running = 0;
	return sem_init(&together, 0, 0);
}

static void count(void *context, size_t index)
{
	(void)context;
	times[index]++;
}

static void assert_each_once(size_t pieces)
{
	for (size_t i = 0; i < PIECES; i++)
		assert_int_equal(times[i], i < pieces ? 1 : 0);
}

static void every_piece_is_done_once(void **state)
{
	(void)state;
	work_run(PIECES, count, NULL);
	assert_each_once(PIECES);
}

static void few_pieces_and_none_are_fine(void **state)
{
	(void)state;
	work_run(0, count, NULL);
	assert_each_once(0);
	work_run(3, count, NULL);
	assert_each_once(3);
}

static void without_threads_the_work_is_done_all_the_same(void **state)
{
	(void)state;
	no_threads = true;
	work_run(PIECES, count, NULL);
	assert_each_once(PIECES);
}

/* The last of a full crew lets all go; fewer would wait until their patience ends. */
static void meet(void *context, size_t index)
{
	atomic_bool *met = context;
	struct timespec until;

	(void)index;
	if (atomic_fetch_add(&running, 1) + 1 == WORK_THREADS) {
		for (int i = 0; i < WORK_THREADS; i++)
			(void)sem_post(&together);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE_S;
	if (sem_clockwait(&together, CLOCK_MONOTONIC, &until) != 0)
		*met = false;
}

static void as_many_as_the_crew_are_done_at_once(void **state)
{
	atomic_bool met = true;

	(void)state;
	work_run(WORK_THREADS, meet, &met);
	assert_true(met);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_piece_is_done_once, set_up),
		cmocka_unit_test_setup(few_pieces_and_none_are_fine, set_up),
		cmocka_unit_test_setup(without_threads_the_work_is_done_all_the_same, set_up),
		cmocka_unit_test_setup(as_many_as_the_crew_are_done_at_once, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
