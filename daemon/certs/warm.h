/* SPDX-License-Identifier: ISC */
#ifndef CERTS_WARM_H
#define CERTS_WARM_H

/**
 * Pairs that are ready for handshakes.  A pair is kept in DER, and made ready by the first handshake that
 * wants it; those that were used last stay so, up to a limit, for all pairs of the process.
 *
 * Threads: any.  Who wants a pair that another thread is making ready waits for that, and nobody else does.
 */

#include "base/err.h"

#include <stddef.h>

struct pair;
struct warm;
struct gnutls_pcert_st;
struct gnutls_privkey_st;

/** How many stay ready unless somebody says otherwise. */
#define WARM_LIMIT 10000

/** Say how many pairs stay ready, 1 or more. */
void warm_limit(size_t limit);

/**
 * Make a pair ready, if it is not.
 *
 * @param pair  lent as long as it is used
 * @param[out] warm  to give back with warm_release()
 * @return ERR_OK, ERR_REFUSED (its files were not read yet, and have no pair any more that could stand in for
 * it; certs_find() does not find it from now on), ERR_NO_MEMORY
 */
enum err warm_get(struct pair *pair, struct warm **warm);

/** What session.c hands to the library, chain in order and key; lent until it is given back. */
void warm_material(struct warm *warm, struct gnutls_pcert_st **chain, unsigned *chain_len,
		   struct gnutls_privkey_st **key);

/** Give it back and set NULL; NULL inside is fine. */
void warm_release(struct warm **warm);

/** How many are ready. */
size_t warm_count(void);

#endif
