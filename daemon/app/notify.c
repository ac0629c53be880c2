/* SPDX-License-Identifier: ISC */
#include "app/notify.h"

#include "log/log_event.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

/* Our own place in the source would be no help: it is always this file. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define SECOND UINT64_C(1000000)

/* Under the lock: nothing that is said of a load comes behind its end, and nothing at all behind that of all.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum { LOADING, READY, STOPPING } state = LOADING;

void notify_ready(const char *status)
{
	(void)pthread_mutex_lock(&lock);
	if (state != STOPPING) {
		state = READY;
		(void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
	}
	(void)pthread_mutex_unlock(&lock);
}

void notify_reloading(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)pthread_mutex_lock(&lock);
	if (state != STOPPING) {
		state = LOADING;
		(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
				 (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec / 1000);
	}
	(void)pthread_mutex_unlock(&lock);
}

void notify_patience(const char *status)
{
	(void)pthread_mutex_lock(&lock);
	if (state == LOADING)
		(void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRIu64 "\nSTATUS=%s", 60 * SECOND, status);
	(void)pthread_mutex_unlock(&lock);
}

void notify_stopping(void)
{
	(void)pthread_mutex_lock(&lock);
	state = STOPPING;
	(void)sd_notify(0, "STOPPING=1");
	(void)pthread_mutex_unlock(&lock);
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

/* How long an event waits for room; an order for many domains has one for each of some. */
#define PATIENCE_MS 50

static bool is_standard_error(const char *stream)
{
	struct stat status;
	uintmax_t device, inode;
	char rest;

	return stream != NULL && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX "%c", &device, &inode, &rest) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && device == status.st_dev && inode == status.st_ino;
}

/* The socket that sd_journal_sendv() makes for itself waits and is out of reach: its queue is looked at from
 * another one. */
static bool has_room(void)
{
	static const struct sockaddr_un address = { .sun_family = AF_UNIX,
						    .sun_path = "/run/systemd/journal/socket" };
	struct pollfd ready = { .events = POLLOUT };
	bool room;

	ready.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ready.fd < 0)
		return false;
	room = connect(ready.fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	       poll(&ready, 1, PATIENCE_MS) == 1 && (ready.revents & POLLOUT) != 0;
	(void)close(ready.fd);
	return room;
}

static bool take(const struct iovec *field, size_t count)
{
	return has_room() && sd_journal_sendv(field, (int)count) == 0;
}

void notify_open_journal(void)
{
	log_event_open(is_standard_error(getenv("JOURNAL_STREAM")) ? take : NULL);
}
