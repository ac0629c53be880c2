/* SPDX-License-Identifier: ISC */
#ifndef CERTS_CHALLENGES_H
#define CERTS_CHALLENGES_H

/**
 * The challenges of a certificate authority that are answered now: it connects with ALPN "acme-tls/1" and the
 * name to be proven, and gets a certificate that carries the digest of the key authorization (RFC 8737).
 *
 * They are kept in a file of the state, so that a restart does not break an order that is under way, and each
 * ends by itself.
 *
 * Threads: challenges_are_open() and challenges_find() from any thread, all else from the clerk's.
 */

#include "base/names.h"
#include "certs/pair.h"
#include "policy/domain.h"

/** The one type that is answered. */
#define CHALLENGE_TYPE "tls-alpn-01"

/** Longest token, letters of base64url, and the room for it and its end. */
#define CHALLENGE_TOKEN_MAX  128
#define CHALLENGE_TOKEN_SIZE (CHALLENGE_TOKEN_MAX + 1)

/** Room for a key authorization: token, a dot, the digest of the account's key (RFC 8555, section 8.1). */
#define CHALLENGE_AUTHORIZATION_SIZE (CHALLENGE_TOKEN_SIZE + 1 + 43)

/** Longest life of a challenge, and the usual one, seconds. */
#define CHALLENGE_LIFETIME_MAX   86400
#define CHALLENGE_LIFETIME_USUAL 3600

/** How many may be open at a time. */
#define CHALLENGES_LIMIT 1000

/** One challenge; lent. */
struct challenge {
	const char *host; /**< normalised */
	const char *token;
	const char *authorization; /**< the key authorization, or its digest */
	time_t until;              /**< it ends then */
};

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

/** Tell whether something is a token: 1 to 128 letters of base64url (RFC 8555, section 8). */
bool challenge_is_token(const char *token);

/**
 * Tell whether something is a key authorization of a token; or its SHA-256 digest in base64url, 43 letters,
 * which is all that some clients tell of it for this type.
 */
bool challenge_is_authorization(const char *authorization, const char *token);

/**
 * Answer a challenge from now on.  It takes the place of one with the same host and token, and before others
 * of the same host.
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

/** Tell whether any is open. */
bool challenges_are_open(struct challenges *challenges);

/**
 * The pair that answers the newest open challenge of a host.
 *
 * @param host  normalised
 * @return a reference to give back with pair_release(), or NULL
 */
struct pair *challenges_find(struct challenges *challenges, const char *host);

#endif
