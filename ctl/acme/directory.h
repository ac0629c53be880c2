/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_DIRECTORY_H
#define CTL_ACME_DIRECTORY_H

/**
 * What an authority says of itself in its directory (RFC 8555, section 7.1.1).
 *
 * Looked at before anything is ordered: an authority that is not there is found out without an order that
 * counts.
 *
 * Threads: any, one object a thread.
 */

#include "base/names.h"
#include "base/text.h"

/** Most names by which it is known in CAA records; a directory with more is none. */
#define DIRECTORY_IDENTITIES_MAX 16

/** Zero-initialise; freed with directory_free(). */
struct directory {
	char *terms;             /**< where its terms of service are, escaped; NULL: it has none */
	struct names identities; /**< by which CAA records name it (RFC 8659), lower case; perhaps none */
	char *renewal_info;      /**< where it tells when to renew a certificate (RFC 9773); NULL: nowhere */
	bool needs_binding;      /**< its accounts are bound to others (RFC 8555, section 7.3.4) */
	bool is_read;            /**< it was had: what stands above is what it says */
	char why[TEXT_SHOWN_SIZE]; /**< it was not to be had: why, in one line, escaped */
};

/**
 * Fetch it by https alone, from the machine's trusted authorities, at most 64 KiB, within 20 seconds, and no
 * redirect.
 *
 * @return ERR_OK, ERR_REFUSED (why tells), ERR_NO_MEMORY
 */
enum err directory_fetch(const char *url, struct directory *directory);

/** Read one.  Returns ERR_OK, ERR_SYNTAX (it is none), ERR_NO_MEMORY; directory_free() in any case. */
enum err directory_read(const char *bytes, size_t len, struct directory *directory);

/** Free what it holds and leave nothing. */
void directory_free(struct directory *directory);

#endif
