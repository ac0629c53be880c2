/* SPDX-License-Identifier: ISC */
#ifndef CERTS_CHALLENGE_H
#define CERTS_CHALLENGE_H

/**
 * One challenge of a certificate authority: what it consists of, and the line that it is in a file.
 *
 * Pure functions, no I/O.
 *
 * Threads: any.
 */

#include "base/text.h"
#include "policy/domain.h"

#include <stdbool.h>
#include <time.h>

/** How a challenge is answered; zero is no type. */
enum challenge_type {
	CHALLENGE_TLS_ALPN = 1, /**< tls-alpn-01, by a certificate (RFC 8737) */
	CHALLENGE_HTTP,         /**< http-01, by a file of HTTP without TLS (RFC 8555, section 8.3) */
};

/** Longest token, letters of base64url, and the room for it and its end. */
#define CHALLENGE_TOKEN_MAX  128
#define CHALLENGE_TOKEN_SIZE (CHALLENGE_TOKEN_MAX + 1)

/** Room for a key authorization: token, a dot, the digest of the account's key (RFC 8555, section 8.1). */
#define CHALLENGE_AUTHORIZATION_SIZE (CHALLENGE_TOKEN_SIZE + 1 + 43)

/** Longest life of a challenge, and the usual one, seconds. */
#define CHALLENGE_LIFETIME_MAX   86400
#define CHALLENGE_LIFETIME_USUAL 3600

/** Room for the line of a challenge. */
#define CHALLENGE_LINE_SIZE (HOST_SIZE + CHALLENGE_TOKEN_SIZE + CHALLENGE_AUTHORIZATION_SIZE + 48)

/** One challenge; lent. */
struct challenge {
	enum challenge_type type;
	const char *host; /**< normalised */
	const char *token;
	const char *authorization; /**< the key authorization; or its digest, of CHALLENGE_TLS_ALPN */
	time_t until;              /**< it ends then */
};

/** The name of a type, "tls-alpn-01". */
const char *challenge_type_text(enum challenge_type type);

/**
 * Find a type by its name.
 *
 * @return ERR_OK, ERR_NOT_FOUND (there is none of that name)
 */
enum err challenge_type_find(const char *text, enum challenge_type *type);

/** Tell whether something is a token: 1 to 128 letters of base64url (RFC 8555, section 8). */
bool challenge_is_token(const char *token);

/**
 * Tell whether something is a key authorization of a token; or, of CHALLENGE_TLS_ALPN, its SHA-256 digest in
 * base64url, 43 letters, which is all that some clients tell of it for this type.
 */
bool challenge_is_authorization(enum challenge_type type, const char *authorization, const char *token);

/** Append the line of a challenge: host, token, key authorization, end, type.  Returns ERR_OK, ERR_NO_MEMORY.
 */
enum err challenge_write(const struct challenge *challenge, struct text *out);

/**
 * Read a line, without its end.  One without a type is of before there was a second one, and of
 * CHALLENGE_TLS_ALPN.
 *
 * @param line  taken apart, and lent to the challenge
 * @param[out] host  room for the challenge's host
 * @return ERR_OK, ERR_SYNTAX
 */
enum err challenge_read(char *line, char host[HOST_SIZE], struct challenge *challenge);

#endif
