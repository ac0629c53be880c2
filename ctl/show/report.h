/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_REPORT_H
#define CTL_SHOW_REPORT_H

/**
 * Telling the daemon what was seen in DNS.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"
#include "ctl/dns/sight.h"

#include <jansson.h>
#include <stddef.h>

/** Most domains that the daemon is told of at once. */
#define REPORT_MAX ((size_t)500)

/** Longest name of a server the daemon is told of, bytes; longer ones, all of escaped bytes, are cut. */
#define REPORT_NAME_MAX ((size_t)255)

/** Longest text the daemon is told of, bytes; longer ones are cut. */
#define REPORT_TEXT_MAX ((size_t)1024)

/**
 * Report a sight of each domain, in as many requests as it takes.
 *
 * A text that is not UTF-8 is reported with U+FFFD for each byte that is not ASCII.
 *
 * @param count  at most REPORT_MAX
 * @param seen  array to which the daemon's answers are appended in the order of the domains, one for each
 * that it still knows
 * @return RUN_DONE, or what run_ask() returned, or RUN_NOT_DONE (complained about)
 */
enum run_status report_send(const struct run_view *view, char *const domain[], const struct sight sight[],
			    size_t count, json_t *seen);

#endif
