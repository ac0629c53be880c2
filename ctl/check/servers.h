/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_SERVERS_H
#define CTL_CHECK_SERVERS_H

/**
 * The name servers that senders may ask for the record: the zone and the zone above should name the same.
 *
 * Threads: any, one list a thread.
 */

#include "ctl/check/findings.h"
#include "ctl/dns/heard.h"

/**
 * File each server that only one of the two lists has.  What cannot be found out is left to mta-stsctl dns.
 *
 * @param domain  normalised
 * @return ERR_OK, ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err servers_check(const struct ask_way *way, const char *domain, struct findings *findings);

#endif
