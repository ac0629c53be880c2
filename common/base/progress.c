/* SPDX-License-Identifier: ISC */
#include "base/progress.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

/* How long others wait at most for their turn beside the work of progress_through(), nanoseconds. */
#define WAIT_NS 1000000

static atomic_bool stopped;
static void (*give_turn)(void *context);
static void *turn_context;
static atomic_uint_fast64_t steps;

enum err progress_step(void)
{
	(void)atomic_fetch_add_explicit(&steps, 1, memory_order_relaxed);
	if (give_turn != NULL)
		give_turn(turn_context);
	return atomic_load_explicit(&stopped, memory_order_relaxed) ? ERR_STOPPED : ERR_OK;
}

void progress_turn_to(void (*turn)(void *context), void *context)
{
	give_turn = turn;
	turn_context = context;
}

uint64_t progress_steps(void)
{
	return atomic_load_explicit(&steps, memory_order_relaxed);
}

bool progress_is_stopped(void)
{
	return atomic_load_explicit(&stopped, memory_order_relaxed);
}

void progress_stop(bool stop)
{
	atomic_store_explicit(&stopped, stop, memory_order_relaxed);
}

struct work {
	void (*work)(void *context);
	void *context;
	sem_t over;
};

static void *run(void *context)
{
	struct work *work = context;

	work->work(work->context);
	(void)sem_post(&work->over);
	return NULL;
}

static bool wait_a_while(struct work *work)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += WAIT_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return sem_clockwait(&work->over, CLOCK_MONOTONIC, &until) == 0;
}

void progress_through(void (*work)(void *context), void *context)
{
	struct work beside = { .work = work, .context = context };
	pthread_t thread;

	(void)sem_init(&beside.over, 0, 0);
	if (give_turn != NULL && pthread_create(&thread, NULL, run, &beside) == 0) {
		(void)pthread_setname_np(thread, "beside");
		while (!wait_a_while(&beside))
			give_turn(turn_context);
		(void)pthread_join(thread, NULL);
	} else {
		work(context);
	}
	(void)sem_destroy(&beside.over);
}
