/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_FORMER_H
#define CTL_CHECK_FORMER_H

/**
 * What the host that has a domain until now shows of it to senders: the record at every name server, and the
 * policy at every address of the policy host.
 *
 * Threads: any; one object a thread.
 */

#include "base/text.h"
#include "ctl/dns/ask.h"
#include "policy/id.h"
#include "policy/policy.h"

#include <netinet/in.h>

/** How to look. */
struct former_way {
	struct ask_way ask;
	const char *from; /**< address of the policy host; NULL: those that DNS has */
	in_port_t port;   /**< in the order of this machine's bytes */
	const char *ca;   /**< file of CA certificates to trust besides those of the system, or NULL */
};

/** All of one domain.  Zero-initialise and set the domain; freed with former_free(). */
struct former {
	const char *domain;       /**< normalised */
	char id[ID_SIZE];         /**< of the record; "" when there is not one everywhere */
	struct policy *policy;    /**< NULL when there is not one everywhere */
	struct text text;         /**< of the policy, in the form in which mta-stsd serves it */
	struct text problem;      /**< why either is missing, in words; empty: both are there */
	const char *instead;      /**< static; what to do about it */
	const char *note_instead; /**< static; what the note means */
	struct text note;         /**< an MX that the policy does not cover, or empty */
	bool only_before;         /**< this host publishes another policy, so only its past can be adopted */
};

/**
 * Look at the record, fetch the policy, and compare it with the MX.
 *
 * @return ERR_OK (with a problem inside or not), ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err former_look(const struct former_way *way, struct former *former);

/**
 * Take a text as the policy instead of fetching it.
 *
 * @param file  name to complain under
 * @return as above, without ERR_SYNTAX
 */
enum err former_read(const char *bytes, size_t len, const char *file, struct former *former);

/** Free what was seen and leave nothing seen. */
void former_free(struct former *former);

#endif
