/* SPDX-License-Identifier: ISC */
#ifndef LOG_EVENTS_H
#define LOG_EVENTS_H

/**
 * The events that somebody would act on: what each is called, how grave it is, and its message id.
 *
 * By the id an event is found whatever its words are, and systemd/mta-stsd.catalog explains it.  An id stays
 * for ever; a new event gets one from `systemd-id128 new`.
 *
 * Threads: any.
 */

#include "log/log.h"

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
	EVENT_STORE_FAILED,
	EVENT_STORE_DOUBTFUL,
	EVENT_STORE_DAMAGED,
	EVENT_DOMAIN_UNREADABLE,
	EVENT_STORE_READABLE,
	EVENT_RESERVE_GIVEN_UP,
	EVENT_CONNECTIONS_LOWERED,
	EVENT_WORKER_SILENT,
	EVENT_REQUEST_REFUSED,
	EVENT_COUNT
};

/** One event. */
struct event {
	const char *name; /**< in a few words */
	enum log_level level;
	const char *id; /**< 32 hexadecimal digits, lower case: MESSAGE_ID= (systemd.journal-fields(7)) */
};

/** What is known of an event. */
const struct event *events_row(enum log_event event);

#endif
