/* SPDX-License-Identifier: ISC */
#ifndef CLIENT_SEEN_H
#define CLIENT_SEEN_H

/**
 * The daemon's answer to what was reported of a domain's DNS, checked.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"
#include "client/reply.h"

#include <jansson.h>
#include <stdbool.h>

/** Strings belong to the reply. */
struct seen {
	const char *domain;
	const char *id; /**< published */
	struct reply_dns dns;
	struct reply_retirement retirement;
};

/**
 * Read a member of "domains".
 *
 * @return ERR_OK, ERR_SYNTAX (it is not what the API promises)
 */
enum err seen_read(json_t *reply, struct seen *seen);

/** Tell whether the published id is right at every name server. */
bool seen_is_right(const struct seen *seen);

#endif
