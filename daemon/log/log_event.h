/* SPDX-License-Identifier: ISC */
#ifndef LOG_LOG_EVENT_H
#define LOG_LOG_EVENT_H

/**
 * Log an event that somebody would act on: a line like any other, and beside it fields to search by.
 *
 * The fields go to a sink, when there is one (app/journal.h).  All other lines, and among them all that
 * strangers cause from the workers' threads, go through standard error, which never keeps anybody waiting
 * (log_lose_rather_than_wait()).  The journal puts both in order by their time.
 *
 * Threads: the main thread.
 */

#include "base/complaints.h"
#include "log/events.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/** What an event is about; zero-initialise, what is NULL or zero is left out. */
struct log_fields {
	const char *domain;
	const char *mode;   /**< of the published policy */
	const char *id;     /**< the same one's */
	const char *who;    /**< in words */
	const char *reason; /**< who ordered it gave, or why it is not done */
	const char *file;
	const int64_t *uid; /**< of who; a negative one is left out, too */
	unsigned line;      /**< in the file, 1 ... */
};

/**
 * Takes one event.
 *
 * @param field  each "NAME=value" without control characters, MESSAGE= first
 * @return whether it was taken; if not, its line goes to standard error
 */
typedef bool log_event_sink(const struct iovec *field, size_t count);

/** Choose where events go; NULL: nowhere but to standard error. */
void log_event_open(log_event_sink *sink);

/**
 * Log an event at its own level.
 *
 * @param fields  lent; NULL for none.  Each value is shown as text_show() does and cut to 1000 bytes
 */
void log_event(enum log_event event, const struct log_fields *fields, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Log every complaint, errors and warnings at their own level. */
void log_event_complaints(const struct complaints *list);

#endif
