/* SPDX-License-Identifier: ISC */
#include "app/patience.h"

#include "app/life.h"
#include "app/notify.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Whatever poll() says but that the time is over, nobody asks any more. */
static void *run(void *context)
{
	const struct patience *patience = context;
	struct pollfd end = { .fd = patience->end, .events = POLLIN };

	for (int passed = 0; passed < LIFE_STUCK_MS && poll(&end, 1, NOTIFY_PATIENCE_MS) == 0;
	     passed += NOTIFY_PATIENCE_MS)
		notify_patience("starting; what was published before is being read");
	return NULL;
}

void patience_begin(struct patience *patience)
{
	sigset_t all, before;

	*patience = (struct patience){ .end = eventfd(0, EFD_CLOEXEC) };
	if (patience->end < 0)
		return;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	patience->started = pthread_create(&patience->thread, NULL, run, patience) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (patience->started)
		(void)pthread_setname_np(patience->thread, "patience");
}

void patience_end(struct patience *patience)
{
	if (patience->started) {
		(void)eventfd_write(patience->end, 1);
		(void)pthread_join(patience->thread, NULL);
	}
	if (patience->end >= 0)
		(void)close(patience->end);
	*patience = (struct patience){ .end = -1 };
}
