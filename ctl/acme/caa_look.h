/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_CAA_LOOK_H
#define CTL_ACME_CAA_LOOK_H

/**
 * The CAA records that count for a host: those of the first name, from the host up to the top, that has any
 * (RFC 8659, section 3).
 *
 * Threads: any.
 */

#include "base/text.h"
#include "ctl/acme/caa.h"
#include "ctl/dns/ask.h"

/**
 * Look whether they let an authority issue.
 *
 * Authorities ask one server and we do not know which: when servers differ, one that forbids counts.
 *
 * @param until_ms  of clock_ms(): no further name is asked about after that
 * @param detail  appended to on ERR_REFUSED and ERR_AGAIN: what forbids it and where, or what does not
 * answer; escaped
 * @return ERR_OK (it may), ERR_REFUSED (it may not), ERR_AGAIN (that is not known: authorities issue nothing
 *         then), ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err caa_look(const struct ask_way *way, const char *host, const struct caa_issuer *issuer,
		  uint64_t until_ms, struct text *detail);

#endif
