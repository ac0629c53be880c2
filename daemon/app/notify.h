/* SPDX-License-Identifier: ISC */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

/**
 * What systemd is told: the service manager of our state (sd_notify(3)), where without one every call does
 * nothing, and the journal of events with their fields (log/log_event.h).
 *
 * Threads: any, once the journal is open.
 */

#include <stdint.h>

/** How often to ask for patience while it is needed, milliseconds. */
#define NOTIFY_PATIENCE_MS 10000

/** We answer requests; status is one line for `systemctl status`. */
void notify_ready(const char *status);

/** The files are being read again; ends with notify_ready(). */
void notify_reloading(void);

/**
 * A start or a reload that is under way takes longer: wait for another minute from now on.  Nothing is said
 * when none is.
 *
 * @param status  one line for `systemctl status`
 */
void notify_patience(const char *status);

/** We are about to end. */
void notify_stopping(void);

/** We are alive: to be sent at least once in notify_watchdog_ms(), and nothing when that is 0. */
void notify_alive(void);

/** How long the service manager waits for notify_alive(), milliseconds; 0 when it does not. */
uint64_t notify_watchdog_ms(void);

/**
 * Send events to the journal when standard error leads there, as JOURNAL_STREAM says (systemd.exec(5)).
 *
 * Sending waits for a journal that does not read, so no worker may send, and others only after a look whether
 * there is room; without it the line goes to standard error, which drops it rather than wait.
 * Others may fill the last room after that look: what waits then are orders, never the workers' answers.
 */
void notify_open_journal(void);

#endif
