/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_WINDOW_H
#define CTL_ACME_WINDOW_H

/**
 * When an authority suggests to renew a certificate: its answer to the question (RFC 9773, section 4.2).
 *
 * Whatever does not make sense is as good as no suggestion, and says so.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <stddef.h>
#include <time.h>

/** No window is longer, seconds: one that is suggests nothing. */
#define WINDOW_MOST ((time_t)31 * 86400)

/** Zero-initialise; freed with window_free(). */
struct window {
	time_t from;
	time_t to; /**< 0: nothing is suggested */
	char *why; /**< an address where it is explained, visible ASCII without blanks; NULL: none is known */
};

/**
 * Read an answer.
 *
 * @param not_after  of the certificate: a window that begins later is none
 * @param[out] window  empty before
 * @return ERR_OK, ERR_SYNTAX (it suggests nothing that makes sense), ERR_NO_MEMORY
 */
enum err window_read(const char *bytes, size_t len, time_t not_after, struct window *window);

/** Read a time of RFC 3339, with a fraction, which is cut off, and an offset.  Returns ERR_OK, ERR_SYNTAX. */
enum err window_read_time(const char *text, time_t *when);

/** Free what it holds and leave no window. */
void window_free(struct window *window);

#endif
