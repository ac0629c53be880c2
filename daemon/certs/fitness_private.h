/* SPDX-License-Identifier: ISC */
#ifndef CERTS_FITNESS_PRIVATE_H
#define CERTS_FITNESS_PRIVATE_H

/**
 * Whether senders can use a certificate: one table of what would make a handshake or their verification fail.
 *
 * Threads: any.
 */

#include "base/complaints.h"

#include <gnutls/x509.h>

/** What is judged; lent. */
struct fitness {
	const char *file; /**< where to complain */
	gnutls_x509_crt_t *chain;
	unsigned chain_len; /**< 1 ... */
	const char *issuer; /**< of the first, in words */
};

/**
 * Walk the table.  What no sender takes, or what our own handshakes fail with, is refused with an error, the
 * first such fault only.  What some senders refuse, or what depends on what they trust, is a doubt, and all
 * doubts are told.
 *
 * Dates are no part of it: they pass while a pair is in use.
 *
 * @param complaints  why it is refused
 * @param doubts  as warnings; the first gets the rest of what is known
 * @return ERR_OK (with or without doubts), ERR_REFUSED (complained about), ERR_NO_MEMORY
 */
enum err fitness_check(const struct fitness *fitness, struct complaints *complaints,
		       struct complaints *doubts);

#endif
