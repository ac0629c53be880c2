/* SPDX-License-Identifier: ISC */
#include "certs/candidate_private.h"

#include <stdio.h>
#include <string.h>

#define KEY_ID_SIZE 64
#define KINDS       "ECDSA P-256 is best, P-384 and RSA of 2048 to 4096 bits are fine"

static const struct {
	gnutls_pk_algorithm_t algorithm;
	unsigned bits_min, bits_max;
	enum key_kind kind;
} kinds[] = {
	{ GNUTLS_PK_ECDSA, 256, 384, KEY_ECDSA },
	{ GNUTLS_PK_RSA, 2048, 4096, KEY_RSA },
};

/* What is in use later is read from the same DER as here. */
static int import_key(struct candidate *candidate)
{
	const struct file *file = candidate_key_file(candidate);
	gnutls_datum_t pem = { (unsigned char *)file->bytes, (unsigned)file->len };
	gnutls_datum_t *der = &candidate->pem.key;
	int result;

	if (candidate->plain && pem_import_key(der, candidate->pem.form, candidate->key) == GNUTLS_E_SUCCESS)
		return GNUTLS_E_SUCCESS;
	candidate->plain = false;
	gnutls_x509_privkey_deinit(candidate->key);
	candidate->key = NULL;
	result = gnutls_x509_privkey_init(&candidate->key);
	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_x509_privkey_import2(candidate->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	return result;
}

static enum err parse_key(struct candidate *candidate)
{
	int result;

	if (gnutls_x509_privkey_init(&candidate->key) < 0)
		return ERR_NO_MEMORY;
	result = import_key(candidate);
	if (result < 0)
		return candidate_refuse_parse(
			candidate, candidate->key_path, "private key cannot be read", result,
			"write the whole key in PEM form, without a pass phrase; " KINDS);
	/* Halves that do not belong together would make every handshake fail. */
	result = gnutls_x509_privkey_verify_params(candidate->key);
	if (result < 0)
		return candidate_refuse_parse(candidate, candidate->key_path, "private key is damaged",
					      result, "put a whole copy of the key there, in PEM form");
	return ERR_OK;
}

static enum err check_kind(struct candidate *candidate)
{
	unsigned bits = 0;
	int algorithm = gnutls_x509_privkey_get_pk_algorithm2(candidate->key, &bits);
	char shown[48];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (algorithm == (int)kinds[i].algorithm && bits >= kinds[i].bits_min &&
		    bits <= kinds[i].bits_max) {
			candidate->facts.key = kinds[i].kind;
			return ERR_OK;
		}
	}
	(void)snprintf(shown, sizeof(shown), "%s, %u bits",
		       gnutls_pk_algorithm_get_name((gnutls_pk_algorithm_t)algorithm), bits);
	return candidate_refuse(candidate, candidate->key_path, "kind of key is not supported", shown,
				"make a new key: " KINDS);
}

/* Key and certificate belong together when both give the same digest of the public key. */
static enum err match_key(struct candidate *candidate)
{
	unsigned char of_chain[KEY_ID_SIZE], of_key[KEY_ID_SIZE];
	size_t chain_size = sizeof(of_chain), key_size = sizeof(of_key);

	if (gnutls_x509_crt_get_key_id(candidate->chain[0], GNUTLS_KEYID_USE_SHA256, of_chain, &chain_size) ==
		    0 &&
	    gnutls_x509_privkey_get_key_id(candidate->key, GNUTLS_KEYID_USE_SHA256, of_key, &key_size) == 0 &&
	    chain_size == key_size && memcmp(of_chain, of_key, key_size) == 0)
		return ERR_OK;
	return candidate_refuse(
		candidate, candidate->chain_path, "first certificate does not match the key",
		candidate->key_path,
		"put the key there that it was ordered with; a renewal may have stopped halfway");
}

enum err candidate_read_key(struct candidate *candidate)
{
	enum err err = parse_key(candidate);

	if (err == ERR_OK)
		err = check_kind(candidate);
	return err == ERR_OK ? match_key(candidate) : err;
}

enum err candidate_write_key(struct candidate *candidate)
{
	gnutls_datum_t *der = &candidate->pem.key;
	int result;

	if (candidate->plain)
		return ERR_OK;
	if (der->data != NULL)
		explicit_bzero(der->data, der->size);
	gnutls_free(der->data);
	*der = (gnutls_datum_t){ NULL, 0 };
	candidate->pem.form = PEM_PKCS8;
	result = gnutls_x509_privkey_export2_pkcs8(candidate->key, GNUTLS_X509_FMT_DER, NULL,
						   GNUTLS_PKCS_PLAIN, der);
	return result == 0 ? ERR_OK : ERR_NO_MEMORY;
}
