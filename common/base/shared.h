/* SPDX-License-Identifier: ISC */
#ifndef BASE_SHARED_H
#define BASE_SHARED_H

/**
 * Byte strings of which each is kept once, however many hold it: what a million domains have in common.
 *
 * A string lives as long as anybody holds it, at one address, and never changes.  A set that nobody holds
 * anything of has no memory.
 *
 * Threads: any.  Holding one more and giving up any but the last wait for nobody.
 */

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct shared;

/** A set of strings; static, made by SHARED_SET. */
struct shared_set {
	pthread_mutex_t lock;
	struct shared **slot; /* chains of strings, by their sums */
	size_t slots;         /* a power of two, or 0 */
	size_t count;
	size_t bytes; /* of all strings together */
};

#define SHARED_SET                                                                                           \
	{                                                                                                    \
		.lock = PTHREAD_MUTEX_INITIALIZER                                                            \
	}

/** The string of these bytes, held once more, to be given up with shared_drop(); NULL when there is none. */
const char *shared_find(struct shared_set *set, const void *bytes, size_t len);

/**
 * The same, made when there is none; NULL without memory.
 *
 * @param note  what is known of it from then on, when it is made
 * @return aligned for any object, and with a zero byte behind
 */
const char *shared_put(struct shared_set *set, const void *bytes, size_t len, uint64_t note);

/** Bytes of a string. */
size_t shared_len(const char *string);

/** What is known of a string, as it was put. */
uint64_t shared_note(const char *string);

/** Bytes of all strings of a set together, however many hold each. */
size_t shared_bytes(struct shared_set *set);

/** One more who holds a string; returns it. */
const char *shared_hold(const char *string);

/** Give a string up and set NULL; the last one frees it.  NULL inside is fine. */
void shared_drop(struct shared_set *set, const char **string);

#endif
