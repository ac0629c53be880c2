/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VIEW_RETIREMENT_H
#define CONTROL_VIEW_RETIREMENT_H

/**
 * What the API shows of a domain on its way out, and of what DNS says about it, as JSON with words for
 * people; the shapes stand in mta-stsd-api(7).
 *
 * Each returns a new value, or NULL without memory.
 *
 * Threads: the main thread.
 */

#include "core/reload.h"

#include <jansson.h>

/** RETIREMENT; null unless the published mode is none. */
json_t *view_retirement(const struct host *host, const struct domain *domain);

/** DNS; null when nobody ever looked. */
json_t *view_dns(const struct host *host, const struct domain *domain);

/** How many domains are in which state, and the first ten, those that wait for the operator first. */
json_t *view_retiring(const struct host *host);

#endif
