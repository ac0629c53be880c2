/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_PROVING_H
#define CTL_ACME_PROVING_H

/**
 * The ways in which the daemon proves to an authority that a name leads to it, as bits: the types of
 * challenges that it answers.
 *
 * uacme asks its hook about one challenge after the other, in the authority's order, and goes on with the
 * first that is taken.  So the hook has to know beforehand which may be: it is told by the environment.
 *
 * Threads: the main thread only for proving_let() and proving_is_let(), any for the others.
 */

#include "base/err.h"

#include <stdbool.h>

enum proving {
	PROVING_TLS_ALPN = 1, /**< tls-alpn-01 */
	PROVING_HTTP = 2,     /**< http-01 */
};

/** The size of a table that has a row for each bit, and all of them. */
#define PROVING_COUNT 2
#define PROVING_ALL   (PROVING_TLS_ALPN | PROVING_HTTP)

/** The type of challenges of one way, "tls-alpn-01". */
const char *proving_type(enum proving way);

/** The way of a type of challenges; 0: there is none. */
unsigned proving_find(const char *type);

/** Let the hooks of programs that are run from now on take these ways alone.  Returns ERR_OK, ERR_NO_MEMORY.
 */
enum err proving_let(unsigned ways);

/**
 * Tell which ways a hook may take.
 *
 * @param[out] ways  on true
 * @return whether it was told
 */
bool proving_is_let(unsigned *ways);

#endif
