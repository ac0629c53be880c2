/* SPDX-License-Identifier: ISC */
#include "certs/renewal_private.h"

#include <stddef.h>

/* RFC 4648, section 5. */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Without padding; returns where it ends. */
static char *encode(const unsigned char *bytes, size_t len, char *to)
{
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < len; i++) {
		held = (held << 8 | bytes[i]) & 0xffff;
		for (bits += 8; bits >= 6; bits -= 6)
			*to++ = letters[held >> (bits - 6) & 63];
	}
	if (bits > 0)
		*to++ = letters[held << (6 - bits) & 63];
	return to;
}

enum err renewal_write(gnutls_x509_crt_t certificate, char out[RENEWAL_SIZE])
{
	unsigned char key[RENEWAL_PART_MAX], serial[RENEWAL_PART_MAX];
	size_t key_len = sizeof(key), serial_len = sizeof(serial);
	int result = gnutls_x509_crt_get_authority_key_id(certificate, key, &key_len, NULL);
	char *end = out;

	/* The number's bytes are those of its DER, with the zero that keeps it from being negative. */
	if (result == 0)
		result = gnutls_x509_crt_get_serial(certificate, serial, &serial_len);
	if (result == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	if (result == 0 && key_len > 0 && serial_len > 0) {
		end = encode(key, key_len, end);
		*end++ = '.';
		end = encode(serial, serial_len, end);
	}
	*end = '\0';
	return ERR_OK;
}
