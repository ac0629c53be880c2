/* SPDX-License-Identifier: ISC */
#ifndef APP_PATIENCE_H
#define APP_PATIENCE_H

/**
 * Asks the service manager to wait while a start reads the state and the certificates: with very many domains
 * on a busy machine that may take longer than TimeoutStartSec=, and a start that was killed for it would be
 * no faster the next time.
 *
 * It has a thread of its own, since the main thread has no loop by then and waits for the disk.  Life asks
 * for itself (life_serve()).
 *
 * Threads: the main thread.
 */

#include <pthread.h>
#include <stdbool.h>

struct patience {
	pthread_t thread;
	int end; /* an eventfd */
	bool started;
};

/** Ask from now on, now and then, for ten minutes at most.  Without a thread to be had nobody asks. */
void patience_begin(struct patience *patience);

/** Ask no more. */
void patience_end(struct patience *patience);

#endif
