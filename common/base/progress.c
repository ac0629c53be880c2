/* SPDX-License-Identifier: ISC */
#include "base/progress.h"

#include <stdatomic.h>
#include <stddef.h>

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

void progress_stop(bool stop)
{
	atomic_store_explicit(&stopped, stop, memory_order_relaxed);
}
