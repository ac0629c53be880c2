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

/** The public routes over a registry, which is lent as long as they are used. */
struct routes site_routes(struct registry *registry);

#endif
