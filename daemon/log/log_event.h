/* SPDX-License-Identifier: ISC */
#ifndef LOG_LOG_EVENT_H
#define LOG_LOG_EVENT_H

/**
 * Events that somebody would act on: a line of the log like any other, and beside it fields to search by.
 *
 * By its message id an event is found whatever its words are, and systemd/mta-stsd.catalog explains it.  An
 * id stays for ever; a new event gets one from `systemd-id128 new`.
 *
 * The fields go to a sink, when there is one (app/notify.h).  All other lines, and among them all that
 * strangers cause from the workers' threads, go through standard error, which never keeps anybody waiting
 * (log_lose_rather_than_wait()).  The journal puts both in order by their time.
 *
 * Threads: the main thread and the clerk's; log_event_row() from any.
 */

#include "base/complaints.h"
#include "log/log.h"

#include <sys/uio.h>

enum log_event {
	EVENT_READY,
	EVENT_NOT_STARTED,
	EVENT_STOPPING,
	EVENT_DOMAIN_PUBLISHED,
	EVENT_UNDO_DONE,
	EVENT_DOMAIN_FORGOTTEN,
	EVENT_ORDER_NOT_DONE,
	EVENT_UNDO_NOT_DONE,
	EVENT_FORGET_NOT_DONE,
	EVENT_RELOAD_DONE,
	EVENT_RELOAD_NOT_DONE,
	EVENT_COMPLAINT_ERROR,
	EVENT_COMPLAINT_WARNING,
	EVENT_DOMAIN_ORPHANED,
	EVENT_CERTIFICATE_INSTALLED,
	EVENT_CERTIFICATE_NOT_INSTALLED,
	EVENT_CERTIFICATE_SOON,
	EVENT_CERTIFICATE_URGENT,
	EVENT_CERTIFICATE_EXPIRED,
	EVENT_ORDERS_FAIL,
	EVENT_ORDERS_WORK,
	EVENT_STORE_FAILED,
	EVENT_STORE_DOUBTFUL,
	EVENT_STORE_DAMAGED,
	EVENT_DOMAIN_UNREADABLE,
	EVENT_STORE_READABLE,
	EVENT_RESERVE_GIVEN_UP,
	EVENT_DISK_NEARLY_FULL,
	EVENT_DISK_HAS_ROOM,
	EVENT_CLOCK_JUMPED,
	EVENT_CONNECTIONS_LOWERED,
	EVENT_WORKER_SILENT,
	EVENT_REQUEST_REFUSED,
};

/** The size of a table that has a row for each. */
#define EVENT_COUNT (EVENT_REQUEST_REFUSED + 1)

/** One event. */
struct event {
	const char *name; /**< in a few words */
	enum log_level level;
	const char *id; /**< 32 hexadecimal digits, lower case: MESSAGE_ID= (systemd.journal-fields(7)) */
};

/** What is known of an event. */
const struct event *log_event_row(enum log_event event);

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
