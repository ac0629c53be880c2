/* SPDX-License-Identifier: ISC */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

/**
 * One thread's event loop: file descriptors on epoll, and nothing else.
 *
 * Timers are the caller's: it knows its earliest deadline and hands it to loop_wait().
 *
 * Threads: one object a thread; loop_wake() and loop_sooner() from any thread.
 */

#include "base/err.h"

#include <stdint.h>

struct loop;

/** Someone who waits for a file descriptor; lives inside the object that owns the descriptor. */
struct watch {
	/**
	 * Called from loop_wait() with the EPOLL* bits that are set.  May remove its own watch or any other:
	 * a removed watch is not called again, not even for an event of the same batch.  Its memory must
	 * outlive the batch.
	 */
	void (*ready)(struct watch *watch, uint32_t events);
	int fd;
};

/** @return ERR_OK, ERR_IO (no descriptor to be had), ERR_NO_MEMORY */
enum err loop_open(struct loop **loop);

/** Close the loop; the watched descriptors are left alone.  NULL inside is fine. */
void loop_close(struct loop **loop);

/**
 * Begin to watch a descriptor.
 *
 * @param watch  lent until loop_remove(); fd >= 0
 * @param events  EPOLLIN, EPOLLOUT, EPOLLET, EPOLLEXCLUSIVE, ...
 * @return ERR_OK, ERR_IO
 */
enum err loop_add(struct loop *loop, struct watch *watch, uint32_t events);

/**
 * Watch for other events; one that is there already counts as new.
 *
 * @return ERR_OK, ERR_IO (as before)
 */
enum err loop_change(struct loop *loop, struct watch *watch, uint32_t events);

/** Stop watching, before the descriptor is closed; watch->fd becomes -1.  Fine to repeat. */
void loop_remove(struct loop *loop, struct watch *watch);

/**
 * The same for a descriptor that is closed next, nobody else having it open: the kernel then stops by itself,
 * which saves a system call.
 */
void loop_forget(struct loop *loop, struct watch *watch);

/**
 * Wait for events and call those who wait for them, once.
 *
 * @param timeout_ms  at most so long; 0 only looks, negative means without end
 */
void loop_wait(struct loop *loop, int64_t timeout_ms);

/** The sooner of two timeouts of loop_wait(). */
int64_t loop_sooner(int64_t one_ms, int64_t other_ms);

/** Make the current or next loop_wait() return soon. */
void loop_wake(struct loop *loop);

#endif
