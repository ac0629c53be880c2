/* SPDX-License-Identifier: ISC */
#include "log/log.h"

#include "base/text.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With its priority still what a pipe takes whole or not at all (PIPE_BUF). */
#define LINE_SIZE 4000
#define WINDOW_MS 10000
#define BURST     5

/* How long a reader who has stopped to read may keep us waiting before lines are dropped. */
#define PATIENCE_MS 1000

static bool with_priorities;
static bool impatient;
static atomic_uint lost; /* lines, since the reader has stopped */

void log_open(void)
{
	with_priorities = getenv("JOURNAL_STREAM") != NULL;
}

void log_lose_rather_than_wait(void)
{
	impatient = true;
}

static bool may_write(void)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };

	return !impatient || (poll(&ready, 1, atomic_load(&lost) > 0 ? 0 : PATIENCE_MS) == 1 &&
			      (ready.revents & POLLOUT) != 0);
}

/* One write a line, so that lines of several threads never mix. */
static void put(const char *line, size_t len)
{
	if (!may_write() || write(STDERR_FILENO, line, len) < 0)
		(void)atomic_fetch_add(&lost, 1);
}

static void tell_lost(void)
{
	char line[64];
	unsigned count = atomic_load(&lost);

	if (count == 0 || !may_write() || !atomic_compare_exchange_strong(&lost, &count, 0))
		return;
	put(line, (size_t)snprintf(line, sizeof(line), "log, %u lines lost\n", count));
}

void log_write(enum log_level level, const char *format, ...)
{
	char line[LINE_SIZE];
	char shown[LINE_SIZE];
	char out[LINE_SIZE + 8];
	va_list args;
	int len;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	(void)text_show(line, shown, sizeof(shown));
	len = with_priorities ? snprintf(out, sizeof(out), "<%d>%s\n", (int)level, shown)
			      : snprintf(out, sizeof(out), "%s\n", shown);

	tell_lost();
	put(out, (size_t)len);
}

bool log_allowed(struct log_limit *limit, uint64_t now_ms)
{
	if (limit->window_start_ms == 0 || now_ms - limit->window_start_ms >= WINDOW_MS) {
		if (limit->suppressed > 0)
			log_notice("log, %u similar lines left out", limit->suppressed);
		limit->window_start_ms = now_ms;
		limit->in_window = 0;
		limit->suppressed = 0;
	}
	if (limit->in_window < (limit->burst > 0 ? limit->burst : BURST)) {
		limit->in_window++;
		return true;
	}
	limit->suppressed++;
	return false;
}
