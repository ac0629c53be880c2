/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VIEW_POOL_H
#define CONTROL_VIEW_POOL_H

/**
 * What the API shows of the HTTPS side, as JSON; the shapes stand in mta-stsd-api(7).
 *
 * Each returns a new value, or NULL without memory.
 *
 * Threads: the main thread.
 */

#include "serve/pool.h"

#include <jansson.h>

/** How much there is of what is limited, and the limits. */
json_t *view_connections(const struct pool_use *use, const struct limits *limits);

/** What was counted since the start: a member a family, one of each value of its label below. */
json_t *view_counters(const struct pool_use *use);

#endif
