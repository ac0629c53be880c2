/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_MAIL_H
#define CTL_CHECK_MAIL_H

/**
 * Whether the mx lines of a policy cover the hosts that take a domain's mail: with mode enforce, senders
 * refuse to deliver to any other (RFC 8461, section 5).
 *
 * Threads: any.
 */

#include "ctl/check/findings.h"
#include "ctl/dns/ask.h"

/**
 * Find the hosts that take a domain's mail: its MX records, or without any the domain itself when it has an
 * address (RFC 5321, section 5.1).
 *
 * Without an error filed these are all of them; a domain that takes no mail has none, which is a note.
 *
 * @param[out] hosts  an empty list, to which they are added; freed with names_free()
 * @return ERR_OK, ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err mail_find_hosts(const struct ask_way *way, const char *domain, struct findings *findings,
			 struct names *hosts);

/** File for each host whether a pattern covers it (RFC 8461, section 4.1). */
void mail_check_cover(const struct names *patterns, const struct names *hosts, struct findings *findings);

/** File the patterns that cover no host; nothing without hosts. */
void mail_check_unused(const struct names *patterns, const struct names *hosts, struct findings *findings);

/**
 * Look up the addresses of the hosts, and file what is found, and hosts that are aliases.
 *
 * @return ERR_OK, ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err mail_check_addresses(const struct ask_way *way, const struct names *hosts,
			      struct findings *findings);

#endif
