/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_STARTTLS_H
#define CTL_CHECK_STARTTLS_H

/**
 * Whether the MX of a domain offer TLS as senders require under mode enforce (RFC 8461, section 4.2).
 *
 * Threads: any, one list a thread.
 */

#include "ctl/check/findings.h"
#include "ctl/check/probed.h"

/**
 * Connect to each address of each MX that was not connected to in this run, and file what is found.
 *
 * What this machine cannot find out is a note, and no error: most networks of homes and clouds let nothing
 * out to port 25.
 *
 * @param[out] known  whether all of it could be found out
 * @return ERR_OK, ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err starttls_check(struct probed *probed, const struct ask_way *way, const struct names *hosts,
			struct findings *findings, bool *known);

/** File what is found about MX that were probed, as starttls_check() does. */
void starttls_judge(const struct probed_host hosts[], size_t count, struct findings *findings, bool *known);

#endif
