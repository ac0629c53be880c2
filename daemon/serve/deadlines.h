/* SPDX-License-Identifier: ISC */
#ifndef SERVE_DEADLINES_H
#define SERVE_DEADLINES_H

/**
 * The deadlines of one worker.
 *
 * All deadlines of a kind last equally long, so each kind is a queue in the order of its members' ends:
 * setting, clearing and finding the earliest take the same short time however many there are.
 *
 * Threads: one object a thread.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/** What has to be over in time; each has one duration. */
enum deadline_kind {
	DEADLINE_HANDSHAKE, /**< from accept to the end of the handshake */
	DEADLINE_REQUEST,   /**< from there to the end of the request head */
	DEADLINE_RESPONSE,  /**< from there until the answer is with the kernel */
	DEADLINE_LINGER,    /**< from there until the client has closed */
	DEADLINE_ACCEPT,    /**< pause of a listener when there are no descriptors left */
	DEADLINE_SILENCE,   /**< of a drain: until who has not said anything is closed */
};

/** The size of a table that has a row for each. */
#define DEADLINE_COUNT (DEADLINE_SILENCE + 1)

/** One deadline; lives inside the object it is for; zero-initialise and name the function. */
struct deadline {
	/** Called from deadlines_run(); the deadline is not set any more and may be set again. */
	void (*passed)(struct deadline *deadline);
	uint64_t due_ms; /**< on clock_ms() */
	enum deadline_kind kind;
	bool is_set;
	TAILQ_ENTRY(deadline) link;
};

TAILQ_HEAD(deadline_queue, deadline);

/** All deadlines; initialised by deadlines_init(), owns nothing. */
struct deadlines {
	struct deadline_queue queue[DEADLINE_COUNT];
	uint64_t duration_ms[DEADLINE_COUNT];
};

/** Begin with no deadline set. */
void deadlines_init(struct deadlines *deadlines, const uint64_t duration_ms[DEADLINE_COUNT]);

/**
 * Set a deadline of a kind, instead of the one that was set before.
 *
 * @param now_ms  clock_ms(), never earlier than at the call before
 */
void deadlines_set(struct deadlines *deadlines, struct deadline *deadline, enum deadline_kind kind,
		   uint64_t now_ms);

/** Forget a deadline; fine when it is not set. */
void deadlines_clear(struct deadlines *deadlines, struct deadline *deadline);

/** The deadline of a kind that was set first, or NULL. */
struct deadline *deadlines_first(const struct deadlines *deadlines, enum deadline_kind kind);

/** Clear every deadline that has come and call its function, which may set and clear any. */
void deadlines_run(struct deadlines *deadlines, uint64_t now_ms);

/** Milliseconds until the earliest deadline: 0 when one has come, -1 when none is set. */
int64_t deadlines_timeout(const struct deadlines *deadlines, uint64_t now_ms);

#endif
