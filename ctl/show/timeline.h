/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_TIMELINE_H
#define CTL_SHOW_TIMELINE_H

/**
 * The revisions of a domain along a line of time, from the oldest to the day it may be removed.
 *
 * Threads: any.
 */

#include "api/shape_domain.h"

#include <stdio.h>

/** What to draw. */
struct timeline {
	const json_t *revisions; /**< of the API, oldest first */
	json_int_t total;        /**< how many there are; those that are missing are the oldest */
	const struct api_retirement *retirement;
	bool utf8; /**< draw with more than ASCII */
};

/**
 * Draw it: one line a revision, and how the retirement goes on from there.
 *
 * @return ERR_OK, ERR_SYNTAX (a revision is not what the API promises; a part is printed)
 */
enum err timeline_print(const struct timeline *timeline, FILE *out);

#endif
