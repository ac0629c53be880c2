/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

/**
 * What the handlers of the control socket work on.
 *
 * Threads: the clerk's.
 */

#include "core/reload.h"
#include "serve/pool.h"

/** Filled by app/, and lent as long as the routes are used. */
struct control {
	struct host *host;
	struct pool *pool;
	const struct names *listen;           /**< addresses that are really listened on */
	const struct names *listen_challenge; /**< for challenges of type http-01 */
	gid_t operators;                      /**< group that may order, or (gid_t)-1 */
	gid_t certifiers;                     /**< group that may bring certificates and look, or (gid_t)-1 */
	gid_t observers;                      /**< group that may look, or (gid_t)-1 */
};

#endif
