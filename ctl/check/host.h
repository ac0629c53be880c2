/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_HOST_H
#define CTL_CHECK_HOST_H

/**
 * The two names that MTA-STS adds to a domain, the TXT record at _mta-sts and the policy host mta-sts; and
 * the addresses of any host, IPv4 and IPv6 apart.
 *
 * Either of the two may be a CNAME to whom the policy is left to (RFC 8461, section 8.2); then usually both
 * are.
 *
 * Threads: any.
 */

#include "ctl/check/findings.h"
#include "ctl/dns/ask.h"

/** Tell whether a question got an answer that counts, if only that there is nothing. */
bool host_is_answered(const struct ask *ask);

/** Where a CNAME at the name that was asked for leads, a part of the answer; NULL when there is none. */
const char *host_alias(const struct ask *ask);

/** Advise what to do about a question without an answer that counts, in the finding that was filed last. */
void host_advise_failure(const struct ask *ask, struct findings *findings);

/** Tell whether there is certainly no address. */
bool host_is_missing(const struct ask asks[ASK_FAMILIES]);

/** File one finding about the addresses. */
void host_judge(const struct ask asks[ASK_FAMILIES], const char *about, struct findings *findings);

/**
 * Find the addresses of a host by the resolver, IPv4 first.
 *
 * @param[out] addresses  an empty list, to which they are added; none when there are none, or nobody answers
 * @return ERR_OK, ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err host_find_addresses(const struct ask_way *way, const char *host, struct names *addresses);

/** The TXT record as it has to be. */
struct host_record {
	const char *name;          /**< owner name, with a trailing dot */
	const char *id;            /**< the newest of it */
	const struct names *right; /**< every id under which senders get the policy of this domain */
};

/**
 * Look both up by the resolver, and file what is found.
 *
 * @param record  what the daemon knows of it
 * @param[out] addresses  an empty list, to which those of the policy host are added; freed with names_free()
 * @return ERR_OK, ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err host_check_domain(const struct ask_way *way, const char *domain, const struct host_record *record,
			   struct findings *findings, struct names *addresses);

#endif
