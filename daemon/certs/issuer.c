/* SPDX-License-Identifier: ISC */
#include "certs/issuer_private.h"

#include <stdbool.h>
#include <stdio.h>

static void escape(const gnutls_datum_t *name, char out[ISSUER_SIZE])
{
	size_t used = 0;

	for (unsigned i = 0; i < name->size; i++) {
		bool plain = name->data[i] >= ' ' && name->data[i] < 0x7f;

		if (used + 3 + sizeof("...") > ISSUER_SIZE) {
			(void)snprintf(out + used, ISSUER_SIZE - used, "...");
			return;
		}
		used += (size_t)snprintf(out + used, ISSUER_SIZE - used, plain ? "%c" : "\\%02X",
					 (unsigned)name->data[i]);
	}
}

enum err issuer_write(gnutls_x509_crt_t certificate, char out[ISSUER_SIZE])
{
	gnutls_datum_t name = { NULL, 0 };
	int result = gnutls_x509_crt_get_issuer_dn3(certificate, &name, 0);

	out[0] = '\0';
	if (result == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	if (result == 0)
		escape(&name, out);
	gnutls_free(name.data);
	return ERR_OK;
}
