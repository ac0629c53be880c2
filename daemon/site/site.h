/* SPDX-License-Identifier: ISC */
#ifndef SITE_SITE_H
#define SITE_SITE_H

/**
 * What the world may ask of a policy host: the policy file, and nothing else (RFC 8461, section 3.3); and at
 * sockets for that the key authorization of an open challenge, and nothing else (RFC 8555, section 8.3).
 *
 * Threads: any.
 */

#include "http/routes.h"

struct challenges;
struct registry;
struct tally;

/** What the routes work on. */
struct site {
	struct registry *registry;
	struct tally *tally; /**< where fetches are counted */
};

/** The public routes of a site, which is lent as long as they are used. */
struct routes site_routes(struct site *site);

/** What authorities may ask while challenges are open, which are lent as long as the routes are used. */
struct routes site_challenge_routes(struct challenges *challenges);

#endif
