/* SPDX-License-Identifier: ISC */
#ifndef CERTS_EXPIRY_H
#define CERTS_EXPIRY_H

/**
 * How near the end of a certificate is.
 *
 * Threads: any.
 */

#include <time.h>

enum expiry {
	EXPIRY_FINE = 1,
	EXPIRY_SOON,   /**< a third of the lifetime or less is left: renewal should have been done */
	EXPIRY_URGENT, /**< soon, and three days or less are left: somebody has to act */
	EXPIRY_EXPIRED,
	EXPIRY_COUNT
};

/** The word of a stage, "soon", as the API and the metrics have it. */
const char *expiry_text(enum expiry stage);

/**
 * The stage of a certificate.
 *
 * @param not_before, not_after  its dates; it is valid at both
 */
enum expiry expiry_stage(time_t not_before, time_t not_after, time_t now);

/** Whole days that are left, rounded down; negative when it is over. */
long expiry_days_left(time_t not_after, time_t now);

#endif
