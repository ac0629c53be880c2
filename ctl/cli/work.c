/* SPDX-License-Identifier: ISC */
#include "ctl/cli/work.h"

#include "base/clock.h"

#include <stdatomic.h>
#include <unistd.h>

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

void work_run(size_t count, void (*work)(void *context, size_t index), void *context)
{
	struct crew crew = { .count = count, .work = work, .context = context };
	pthread_t thread[WORK_THREADS - 1];
	size_t threads = 0;

	while (threads < WORK_THREADS - 1 && threads + 1 < count &&
	       pthread_create(&thread[threads], NULL, take_pieces, &crew) == 0)
		threads++;
	(void)take_pieces(&crew);
	while (threads > 0)
		(void)pthread_join(thread[--threads], NULL);
}

#define SMALL       20
#define INTERVAL_MS 100

void work_progress_begin(struct work_progress *progress, FILE *to, size_t total)
{
	*progress = (struct work_progress){ .total = total };
	(void)pthread_mutex_init(&progress->mutex, NULL);
	if (total > SMALL && isatty(fileno(to)))
		progress->to = to;
}

void work_progress_step(struct work_progress *progress)
{
	uint64_t now_ms = clock_ms();

	(void)pthread_mutex_lock(&progress->mutex);
	progress->done++;
	if (progress->to != NULL && now_ms >= progress->next_ms) {
		(void)fprintf(progress->to, "\rlooked at %zu of %zu", progress->done, progress->total);
		(void)fflush(progress->to);
		progress->next_ms = now_ms + INTERVAL_MS;
		progress->shown = true;
	}
	(void)pthread_mutex_unlock(&progress->mutex);
}

void work_progress_clear(struct work_progress *progress)
{
	if (!progress->shown)
		return;
	/* Back to the first column, and erase to the end of the line. */
	(void)fputs("\r\033[K", progress->to);
	(void)fflush(progress->to);
	progress->shown = false;
}

void work_progress_end(struct work_progress *progress)
{
	work_progress_clear(progress);
	(void)pthread_mutex_destroy(&progress->mutex);
}
