/* SPDX-License-Identifier: ISC */
#ifndef CORE_UNFETCHED_H
#define CORE_UNFETCHED_H

/**
 * The finding that a policy cannot be fetched although a certificate covers its host, as the daemon's own
 * fetches see it.
 *
 * Threads: the main thread.
 */

#include "core/host.h"

/**
 * Take note of what became of a fetch.
 *
 * The first that failed is logged and kept in host->unfetched, where the status shows it, until one succeeds
 * or the files are loaded again; it names the file of the certificate.
 *
 * @param name  the policy host; "" (none is covered) is passed over
 * @param why  what came instead of the policy, in a few words, or NULL: it came
 */
void unfetched_note(struct host *host, const char *name, const char *why);

#endif
