/* SPDX-License-Identifier: ISC */
#ifndef SERVE_QUEUE_H
#define SERVE_QUEUE_H

/**
 * Whose turn it is to have something costly done for it, in one worker.
 *
 * Clients take turns: each that waits gets one turn before any gets its next, however many turns it waits
 * for.  So a turn comes after at most one of every other client that waits, and those of the same client
 * that have waited longer.
 *
 * Threads: one object a thread.
 */

#include <stdbool.h>
#include <sys/queue.h>

/** All turns that one client waits for in one queue; zero-initialise; must outlive them. */
struct line {
	struct queue *queue; /**< while there are any */
	TAILQ_HEAD(turns, turn) turns;
	TAILQ_ENTRY(line) link;
};

/** One turn; lives inside the object it is for; zero-initialise. */
struct turn {
	struct line *line; /**< NULL: not waited for */
	TAILQ_ENTRY(turn) link;
};

/** Initialised by queue_init(), owns nothing. */
struct queue {
	TAILQ_HEAD(lines, line) lines;
};

/** Begin with nobody who waits. */
void queue_init(struct queue *queue);

/** Tell whether nobody waits. */
bool queue_is_empty(const struct queue *queue);

/** Wait for a turn; a turn that is waited for already keeps its place. */
void queue_put(struct queue *queue, struct line *line, struct turn *turn);

/** Wait no longer; fine when the turn is not waited for. */
void queue_remove(struct turn *turn);

/** Take out whose turn it is, or NULL when nobody waits. */
struct turn *queue_next(struct queue *queue);

#endif
