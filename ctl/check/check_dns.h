/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_CHECK_DNS_H
#define CTL_CHECK_CHECK_DNS_H

/**
 * The two names that MTA-STS adds to a domain: the TXT record at _mta-sts, and the policy host mta-sts.
 *
 * Either may be a CNAME to whom the policy is left to (RFC 8461, section 8.2); then usually both are.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "base/names.h"
#include "ctl/check/finding.h"
#include "ctl/dns/ask.h"

/**
 * Look both up by the resolver, and file what is found.
 *
 * @param id  that is published
 * @param[out] addresses  an empty list, to which those of the policy host are added; freed with names_free()
 * @return ERR_OK, ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err check_dns(const struct ask_way *way, const char *domain, const char *id, struct findings *findings,
		   struct names *addresses);

#endif
