/* SPDX-License-Identifier: ISC */
#ifndef CERTS_CHALLENGES_H
#define CERTS_CHALLENGES_H

/**
 * The challenges of a certificate authority that are answered now.  Of type tls-alpn-01: it connects with
 * ALPN "acme-tls/1" and the name to be proven, and gets a certificate that carries the digest of the key
 * authorization (RFC 8737).  Of type http-01: it asks that name for the file of a token, without TLS, and
 * gets the key authorization (RFC 8555, section 8.3).
 *
 * They are kept in a file of the state, so that a restart does not break an order that is under way, and each
 * ends by itself.
 *
 * Threads: challenges_are_open(), challenges_find() and challenges_tell() from any thread, all else from the
 * clerk's.
 */

#include "base/names.h"
#include "certs/challenge.h"
#include "certs/pair.h"

/** How many may be open at a time. */
#define CHALLENGES_LIMIT 1000

struct challenges;

/**
 * Begin with the challenges that a directory keeps and that have not ended.  What cannot be read is logged,
 * and there are none then: their orders fail and can be tried again.
 *
 * @param folder  the state directory; copied
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err challenges_new(const char *folder, time_t now, struct challenges **challenges);

/** Free them; pairs that connections hold live on until released.  NULL inside is fine. */
void challenges_free(struct challenges **challenges);

/**
 * Answer a challenge from now on.  It takes the place of one with the same type, host and token, and
 * comes before others of the same type and host.
 *
 * @param challenge  with a token and an authorization that are ones
 * @return ERR_OK (it is on disk, and answered), ERR_RANGE (CHALLENGES_LIMIT are open), ERR_STORE (it cannot
 * be written; the cause is logged), ERR_NO_MEMORY; after an error nothing has changed
 */
enum err challenges_put(struct challenges *challenges, const struct challenge *challenge, time_t now);

/**
 * Answer those with a token no more.
 *
 * @param[out] removed  how many there were; on ERR_OK
 * @return ERR_OK, ERR_STORE (the cause is logged; nothing has changed), ERR_NO_MEMORY
 */
enum err challenges_remove(struct challenges *challenges, const char *token, time_t now, size_t *removed);

/** Call with each that is open, in the order in which they were put, until it returns another than ERR_OK. */
enum err challenges_each(const struct challenges *challenges, time_t now,
			 enum err (*each)(void *context, const struct challenge *challenge), void *context);

/** Tell whether any of type tls-alpn-01 is open. */
bool challenges_are_open(struct challenges *challenges);

/**
 * The pair that answers the newest open challenge of type tls-alpn-01 of a host.
 *
 * @param host  normalised
 * @return a reference to give back with pair_release(), or NULL
 */
struct pair *challenges_find(struct challenges *challenges, const char *host);

/**
 * The key authorization of an open challenge of type http-01.
 *
 * @param host  normalised
 * @param token  whatever somebody asks for
 * @param[out] authorization  a string
 * @return ERR_OK, ERR_NOT_FOUND
 */
enum err challenges_tell(struct challenges *challenges, const char *host, const char *token,
			 char authorization[CHALLENGE_AUTHORIZATION_SIZE]);

#endif
