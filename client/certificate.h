/* SPDX-License-Identifier: ISC */
#ifndef CLIENT_CERTIFICATE_H
#define CLIENT_CERTIFICATE_H

/**
 * A certificate as the daemon tells of it, mta-stsd-api(7).
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>

/** Strings belong to the reply. */
struct certificate {
	const char *file;
	const char *issuer; /**< distinguished name, RFC 4514 */
	const char *not_after;
	const char *stage; /**< "fine", "soon", "urgent" or "expired" */
	const char *host;  /**< one of its names: a policy host, or else a wildcard, or else the first */
	json_int_t names;  /**< how many there are */
	json_int_t days_left;
	bool installed; /**< over the control socket; else it lies in a directory of "certificates" */
	bool used;
};

/**
 * Take a member of "certificates" apart.
 *
 * @return ERR_OK, ERR_SYNTAX (it is not what the API promises)
 */
enum err certificate_read(json_t *reply, struct certificate *certificate);

/** Tell whether a certificate is in this stage. */
bool certificate_is(const struct certificate *certificate, const char *stage);

#endif
