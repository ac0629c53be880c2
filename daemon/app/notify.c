/* SPDX-License-Identifier: ISC */
#include "app/notify.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define SECOND UINT64_C(1000000)

/* Also starts the manager's count anew. */
static void set_watchdog(uint64_t least_usec)
{
	uint64_t usec = 0;

	if (sd_watchdog_enabled(0, &usec) > 0)
		(void)sd_notifyf(0, "WATCHDOG_USEC=%" PRIu64, usec > least_usec ? usec : least_usec);
}

void notify_ready(const char *status)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
	set_watchdog(0);
}

void notify_reloading(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
			 (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec / 1000);
	set_watchdog(NOTIFY_RELOAD_SECONDS * SECOND);
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void notify_alive(void)
{
	if (notify_watchdog_ms() > 0)
		(void)sd_notify(0, "WATCHDOG=1");
}

uint64_t notify_watchdog_ms(void)
{
	uint64_t usec = 0;

	return sd_watchdog_enabled(0, &usec) > 0 ? usec / 1000 : 0;
}
