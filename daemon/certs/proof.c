/* SPDX-License-Identifier: ISC */
#include "certs/proof_private.h"

#include "certs/challenges.h"
#include "certs/pair_private.h"

#include <string.h>

/* id-pe-acmeIdentifier, and the head of the OCTET STRING of 32 bytes that is its value. */
#define EXTENSION      "1.3.6.1.5.5.7.1.31"
#define DIGEST_SIZE    32
#define OCTET_STRING   0x04
#define DAY            86400
#define SERIAL         1
#define CURVE_BITS     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)
#define X509_VERSION_3 3

static unsigned value_of(char letter)
{
	static const char letters[] = PROOF_LETTERS;

	return (unsigned)(strchr(letters, letter) - letters);
}

/* 6 bits a letter; of the last one 2 are over. */
static void decode_digest(const char *letters, unsigned char digest[DIGEST_SIZE])
{
	unsigned bits = 0, count = 0;

	for (size_t i = 0; i < DIGEST_SIZE; letters++) {
		bits = bits << 6 | value_of(*letters);
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		digest[i++] = (unsigned char)(bits >> count);
		bits &= (1u << count) - 1;
	}
}

/* A key authorization has a dot, and its digest has none. */
static int make_digest(const char *authorization, unsigned char digest[DIGEST_SIZE])
{
	unsigned char said[CHALLENGE_AUTHORIZATION_SIZE];
	const gnutls_datum_t data = { said, (unsigned)strlen(authorization) };
	size_t size = DIGEST_SIZE;

	if (strchr(authorization, '.') == NULL) {
		decode_digest(authorization, digest);
		return 0;
	}
	memcpy(said, authorization, data.size);
	return gnutls_fingerprint(GNUTLS_DIG_SHA256, &data, digest, &size);
}

static int add_digest(gnutls_x509_crt_t certificate, const char *authorization)
{
	unsigned char value[2 + DIGEST_SIZE] = { OCTET_STRING, DIGEST_SIZE };
	int result = make_digest(authorization, value + 2);

	if (result < 0)
		return result;
	return gnutls_x509_crt_set_extension_by_oid(certificate, EXTENSION, value, sizeof(value), 1);
}

static int fill(gnutls_x509_crt_t certificate, const char *host, time_t now, time_t until)
{
	static const unsigned char serial[] = { SERIAL };
	int result = gnutls_x509_crt_set_version(certificate, X509_VERSION_3);

	if (result >= 0)
		result = gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial));
	if (result >= 0)
		result = gnutls_x509_crt_set_activation_time(certificate, now - DAY);
	if (result >= 0)
		result = gnutls_x509_crt_set_expiration_time(certificate, until + DAY);
	if (result >= 0)
		result = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, host,
							      (unsigned)strlen(host), GNUTLS_FSAN_SET);
	return result;
}

/* What is made of it is the library's, in DER. */
static int sign(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, struct pem *pem)
{
	int result = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, CURVE_BITS, 0);

	if (result >= 0)
		result = gnutls_x509_crt_set_key(certificate, key);
	if (result >= 0)
		result = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
	if (result >= 0)
		result = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &pem->chain[0]);
	if (result < 0)
		return result;
	pem->chain_len = 1;
	pem->form = PEM_PKCS8;
	return gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN,
						 &pem->key);
}

static int make(const char *host, const char *authorization, time_t now, time_t until, struct pem *pem)
{
	gnutls_x509_crt_t certificate = NULL;
	gnutls_x509_privkey_t key = NULL;
	int result = gnutls_x509_crt_init(&certificate);

	if (result >= 0)
		result = gnutls_x509_privkey_init(&key);
	if (result >= 0)
		result = fill(certificate, host, now, until);
	if (result >= 0)
		result = add_digest(certificate, authorization);
	if (result >= 0)
		result = sign(certificate, key, pem);
	if (key != NULL)
		gnutls_x509_privkey_deinit(key);
	if (certificate != NULL)
		gnutls_x509_crt_deinit(certificate);
	return result;
}

/* Nothing of it comes from outside but what was checked: what fails fails for lack of memory. */
enum err proof_new(const char *host, const char *authorization, time_t now, time_t until, struct pair **pair)
{
	struct facts facts = { .file = "", .key_file = "", .issuer = "", .key = KEY_ECDSA };
	struct pem pem = { .chain_len = 0 };
	struct material *material = NULL;
	enum err err = names_put(&facts.names, host);

	facts.not_before = facts.issuers_not_before = now - DAY;
	facts.not_after = facts.issuers_not_after = until + DAY;
	if (err == ERR_OK && make(host, authorization, now, until, &pem) < 0)
		err = ERR_NO_MEMORY;
	if (err == ERR_OK)
		err = material_new(&pem, &material);
	if (err == ERR_OK)
		err = pair_new(&facts, &material, pair);
	material_free(&material);
	names_free(&facts.names);
	pem_free(&pem);
	return err;
}
