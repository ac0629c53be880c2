/* SPDX-License-Identifier: ISC */
#ifndef CTL_DNS_LOOK_H
#define CTL_DNS_LOOK_H

/**
 * A look at DNS: what the authoritative servers of a domain's _mta-sts name, or of another, say at this
 * moment.
 *
 * Threads: any; one object a thread.
 */

#include "base/names.h"
#include "ctl/dns/ask.h"
#include "policy/record.h"

/** Nobody has a name that begins like this: what answers for it is a wildcard. */
#define LOOK_STRAY_PREFIX "_mta-sts-wildcard-test."

/** All of one domain.  Zero-initialise; freed with look_free(). */
struct look {
	struct record_answer *answer; /**< at least one unless there is an error */
	size_t count;
	struct names strings; /**< all that the answers lend */
	const char *error;    /**< static; why not all there is can be told, or NULL */
	/**
	 * The owner name at which the servers have the record, or said that they have none: the domain's own
	 * where a wildcard leads elsewhere, whose place a record there takes.  "" when that is not one name,
	 * or not one that record_owner_normalise() takes, or not known.
	 */
	char record[OWNER_SIZE];
};

/**
 * Look at _mta-sts.DOMAIN: follow CNAMEs (8 at most), find the zone that each name on the way is in, ask
 * every address of every server of it, IPv4 and IPv6, without recursion.
 *
 * A server that leads on by CNAME is not told of: those where it leads are.  When servers of a zone lead to
 * different names, all of these are looked at.  Whoever does not claim to be authoritative has said nothing
 * that can be used.
 *
 * @param domain  normalised
 * @return ERR_OK (with an error inside or not), ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err look_take(const struct ask_way *way, const char *domain, struct look *look);

/** Stands for the server where nobody but the resolver said anything. */
#define LOOK_RESOLVER "the resolver"

/**
 * Look at the records of a type, of which the answers have the texts as struct ask_record has them, at a name
 * and where CNAMEs lead, in the same way; but nothing is said of where the record is.
 *
 * When no server of them says anything that can be used, since questions to servers are not let out of this
 * network, or no zone is known, it is the resolver's word that is taken; of names with one label, whose
 * servers are strangers, too.  Then there is one answer, of LOOK_RESOLVER, which may be an error.
 *
 * @return as look_take(); never with an error inside unless there are servers that said something, too
 */
enum err look_at(const struct ask_way *way, const char *name, int type, struct look *look);

/** Tell whether a server said something that can be used: that there is nothing, maybe. */
bool look_is_answer(const struct record_answer *answer);

/** Free what was seen and leave nothing seen. */
void look_free(struct look *look);

#endif
