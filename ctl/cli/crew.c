/* SPDX-License-Identifier: ISC */
#include "ctl/cli/crew.h"

#include <pthread.h>
#include <stdatomic.h>

struct crew {
	size_t count;
	void (*work)(void *context, size_t index);
	void *context;
	atomic_size_t next;
};

static void *take_pieces(void *argument)
{
	struct crew *crew = argument;
	size_t index;

	while ((index = atomic_fetch_add(&crew->next, 1)) < crew->count)
		crew->work(crew->context, index);
	return NULL;
}

void crew_run(size_t count, void (*work)(void *context, size_t index), void *context)
{
	struct crew crew = { .count = count, .work = work, .context = context };
	pthread_t thread[CREW_SIZE - 1];
	size_t threads = 0;

	while (threads < CREW_SIZE - 1 && threads + 1 < count &&
	       pthread_create(&thread[threads], NULL, take_pieces, &crew) == 0)
		threads++;
	(void)take_pieces(&crew);
	while (threads > 0)
		(void)pthread_join(thread[--threads], NULL);
}
