/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_CERTIFICATE_H
#define CTL_CLI_CERTIFICATE_H

/**
 * A certificate as the daemon tells of it, mta-stsd-api(7), and in words.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"
#include "base/text.h"

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

/** Append its names, "mta-sts.example.org and 2 more"; ERR_OK, ERR_NO_MEMORY. */
enum err certificate_say_names(const struct certificate *certificate, struct text *out);

/** Append how much time is left, "89 days left" or "EXPIRED"; ERR_OK, ERR_NO_MEMORY. */
enum err certificate_say_left(const struct certificate *certificate, struct text *out);

/** Append the common name of its issuer, or the whole name when there is none; ERR_OK, ERR_NO_MEMORY. */
enum err certificate_say_issuer(const struct certificate *certificate, struct text *out);

#endif
