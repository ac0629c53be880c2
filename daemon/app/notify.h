/* SPDX-License-Identifier: ISC */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

/**
 * What the service manager is told (sd_notify(3)).  Without one every call does nothing.
 *
 * Threads: the main thread.
 */

#include <stdint.h>

/** How long the main thread may be away for a reload. */
#define NOTIFY_RELOAD_SECONDS 600

/** We answer requests; status is one line for `systemctl status`. */
void notify_ready(const char *status);

/**
 * The files are being read again; ends with notify_ready().
 *
 * Until then the watchdog waits for NOTIFY_RELOAD_SECONDS at least: however many files there are, reading
 * them must not get the service killed.
 */
void notify_reloading(void);

/** We are about to end. */
void notify_stopping(void);

/** We are alive: to be sent at least once in notify_watchdog_ms(), and nothing when that is 0. */
void notify_alive(void);

/** How long the service manager waits for notify_alive(), milliseconds; 0 when it does not. */
uint64_t notify_watchdog_ms(void);

#endif
