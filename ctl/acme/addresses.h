/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_ADDRESSES_H
#define CTL_ACME_ADDRESSES_H

/**
 * The addresses of a policy host at its authoritative name servers, together: an authority asks any of these
 * servers, and no cache keeps it from seeing what was written a moment ago.
 *
 * Threads: any; one object a thread.
 */

#include "base/text.h"
#include "ctl/dns/look.h"

/** Zero-initialise; freed with addresses_free(). */
struct addresses {
	struct look looks[ASK_FAMILIES];
	struct names found;                /**< each address that any server gives, sorted */
	size_t answers;                    /**< servers that told of both families */
	size_t empty;                      /**< of them, those that give no address */
	bool differ;                       /**< not all of them give the same */
	const struct record_answer *lacks; /**< the first of the empty ones, or NULL */
	const char *error; /**< why a server told nothing; static or lent by the looks; NULL */
};

/**
 * Ask all servers.
 *
 * @return ERR_OK, ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err addresses_look(const struct ask_way *way, const char *host, struct addresses *addresses);

/** Append a server as people read it, "ns1.example.org (192.0.2.53)".  Returns ERR_OK, ERR_NO_MEMORY. */
enum err addresses_say_server(const struct record_answer *server, struct text *out);

/** Free what was found and leave nothing. */
void addresses_free(struct addresses *addresses);

#endif
