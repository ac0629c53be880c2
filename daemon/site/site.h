/* SPDX-License-Identifier: ISC */
#ifndef SITE_SITE_H
#define SITE_SITE_H

/**
 * What the world may ask of a policy host: the policy file, and nothing else (RFC 8461, section 3.3).
 *
 * Threads: any.
 */

#include "http/routes.h"

struct registry;
struct tally;

/** What the routes work on. */
struct site {
	struct registry *registry;
	struct tally *tally; /**< where fetches are counted */
};

/** The public routes of a site, which is lent as long as they are used. */
struct routes site_routes(struct site *site);

#endif
