/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_CHECK_HOST_H
#define CTL_CHECK_CHECK_HOST_H

/**
 * The addresses of a host, IPv4 and IPv6 apart.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "base/names.h"
#include "ctl/check/finding.h"
#include "ctl/dns/ask.h"

#include <stdbool.h>

/** Tell whether a question got an answer that counts, if only that there is nothing. */
bool check_host_is_answered(const struct ask *ask);

/** Where a CNAME at the name that was asked for leads, a part of the answer; NULL when there is none. */
const char *check_host_alias(const struct ask *ask);

/** Tell whether there is certainly no address. */
bool check_host_is_missing(const struct ask asks[ASK_FAMILIES]);

/** File one finding about the addresses. */
void check_host_judge(const struct ask asks[ASK_FAMILIES], const char *about, struct findings *findings);

/**
 * Add the addresses to a list, IPv4 first.
 *
 * @return ERR_OK, ERR_NO_MEMORY (the list has a part of them)
 */
enum err check_host_addresses(const struct ask asks[ASK_FAMILIES], struct names *addresses);

#endif
