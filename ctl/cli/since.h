/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_SINCE_H
#define CTL_CLI_SINCE_H

/**
 * A moment in the past, as an operator writes it.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <time.h>

/**
 * Read a day (2026-11-23, its first second in UTC), a moment (2026-11-23T16:00:00Z), or a span that ends now
 * (90s, 90m, 24h, 7d; at most 10 years).
 *
 * @return ERR_OK, ERR_SYNTAX (none of these, or no day of the calendar)
 */
enum err since_parse(const char *text, time_t now, time_t *since);

#endif
