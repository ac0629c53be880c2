/* SPDX-License-Identifier: ISC */
#include "ctl/cli/progress.h"

#include "base/clock.h"

#include <unistd.h>

#define SMALL       20
#define INTERVAL_MS 100

void progress_begin(struct progress *progress, FILE *to, size_t total)
{
	*progress = (struct progress){ .total = total };
	(void)pthread_mutex_init(&progress->mutex, NULL);
	if (total > SMALL && isatty(fileno(to)))
		progress->to = to;
}

void progress_step(struct progress *progress)
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

void progress_clear(struct progress *progress)
{
	if (!progress->shown)
		return;
	/* Back to the first column, and erase to the end of the line. */
	(void)fputs("\r\033[K", progress->to);
	(void)fflush(progress->to);
	progress->shown = false;
}

void progress_end(struct progress *progress)
{
	progress_clear(progress);
	(void)pthread_mutex_destroy(&progress->mutex);
}
