/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_SERVED_H
#define CTL_CHECK_SERVED_H

/**
 * Whether senders get the published policy from every address of the policy host.
 *
 * Threads: any.
 */

#include "ctl/check/fetch.h"
#include "ctl/check/findings.h"

/** Most addresses of one policy host that are tried. */
#define SERVED_MAX 8

/**
 * Fetch from each address at once, and file what is found about the answers and the certificates.
 *
 * @param ca  file of CA certificates to trust besides those of the system, or NULL
 * @param checked  gets the findings
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err served_check(const struct names *addresses, const char *ca, struct checked *checked);

/** File what is found about fetches that have ended. */
void served_judge(const struct fetch *fetches, size_t count, struct checked *checked);

/** What is wrong with a fetch that got no answer, in a few words. */
const char *served_fault(enum fetch_state state);

#endif
