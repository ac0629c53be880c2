/* SPDX-License-Identifier: ISC */
#include "core/progress.h"

#include <stdatomic.h>

static atomic_bool stopped;
static atomic_uint_fast64_t steps;

enum err progress_step(void)
{
	(void)atomic_fetch_add_explicit(&steps, 1, memory_order_relaxed);
	return atomic_load_explicit(&stopped, memory_order_relaxed) ? ERR_STOPPED : ERR_OK;
}

uint64_t progress_steps(void)
{
	return atomic_load_explicit(&steps, memory_order_relaxed);
}

void progress_stop(bool stop)
{
	atomic_store_explicit(&stopped, stop, memory_order_relaxed);
}
