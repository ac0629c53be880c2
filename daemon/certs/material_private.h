/* SPDX-License-Identifier: ISC */
#ifndef CERTS_MATERIAL_PRIVATE_H
#define CERTS_MATERIAL_PRIVATE_H

/**
 * Certificates and key of a pair in DER, in as little memory as they take: issuers that many pairs have are
 * held once.
 *
 * Threads: any; a material never changes.
 */

#include "certs/pem_private.h"

struct material;

/** Copy the parts of a pair; returns ERR_OK, ERR_NO_MEMORY. */
enum err material_new(const struct pem *pem, struct material **material);

/** How many certificates there are, the leaf among them. */
unsigned material_count(const struct material *material);

/** A certificate, 0 for the leaf; lent. */
gnutls_datum_t material_certificate(const struct material *material, unsigned at);

/** The key; lent. */
gnutls_datum_t material_key(const struct material *material, enum pem_form *form);

/** Free it, overwriting the key first; NULL inside is fine. */
void material_free(struct material **material);

#endif
