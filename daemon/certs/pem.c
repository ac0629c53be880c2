/* SPDX-License-Identifier: ISC */
#include "certs/pem_private.h"

#include "certs/content_private.h"

#include <string.h>

#define BEGIN_CERTIFICATE "-----BEGIN " CONTENT_CERTIFICATE

static const struct {
	const char *begin;
	const char *header;
	enum pem_form form;
} keys[] = {
	{ "-----BEGIN PRIVATE KEY-----", "PRIVATE KEY", PEM_PKCS8 },
	{ "-----BEGIN EC PRIVATE KEY-----", "EC PRIVATE KEY", PEM_OWN },
	{ "-----BEGIN RSA PRIVATE KEY-----", "RSA PRIVATE KEY", PEM_OWN },
};

static enum err decode(const char *header, char *from, const char *end, gnutls_datum_t *der)
{
	const gnutls_datum_t pem = { (unsigned char *)from, (unsigned)(end - from) };
	int result = gnutls_pem_base64_decode2(header, &pem, der);

	if (result == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	return result == 0 ? ERR_OK : ERR_REFUSED;
}

static char *find(char *from, const char *end, const char *what)
{
	return memmem(from, (size_t)(end - from), what, strlen(what));
}

static enum err read_chain(const struct file *file, struct pem *pem)
{
	const char *end = file->bytes + file->len;
	char *at = find(file->bytes, end, BEGIN_CERTIFICATE);
	enum err err = ERR_OK;

	for (; err == ERR_OK && at != NULL; at = find(at + 1, end, BEGIN_CERTIFICATE)) {
		if (pem->chain_len == PEM_CHAIN_LIMIT)
			return ERR_REFUSED;
		err = decode("CERTIFICATE", at, end, &pem->chain[pem->chain_len]);
		pem->chain_len += err == ERR_OK;
	}
	return err == ERR_OK && pem->chain_len == 0 ? ERR_REFUSED : err;
}

static size_t count(const struct file *file, const char *what)
{
	const char *end = file->bytes + file->len;
	size_t times = 0;

	for (char *at = file->bytes; (at = find(at, end, what)) != NULL; at += strlen(what))
		times++;
	return times;
}

/* One key: its beginning and its end, and no other. */
static enum err read_key(const struct file *file, struct pem *pem)
{
	const char *end = file->bytes + file->len;

	if (count(file, CONTENT_KEY) != 2)
		return ERR_REFUSED;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		char *at = find(file->bytes, end, keys[i].begin);

		pem->form = keys[i].form;
		if (at != NULL)
			return decode(keys[i].header, at, end, &pem->key);
	}
	return ERR_REFUSED;
}

enum err pem_read(const struct file *chain, const struct file *key, struct pem *pem)
{
	enum err err = read_chain(chain, pem);

	return err == ERR_OK ? read_key(key, pem) : err;
}

static enum err sum(const gnutls_datum_t *part, uint8_t *digest)
{
	size_t size = CONTENT_ID_SIZE;
	int result = gnutls_fingerprint(GNUTLS_DIG_SHA256, part, digest, &size);

	return result == 0 ? ERR_OK : ERR_NO_MEMORY;
}

/* The digest of the digests: no two rows of parts come to the same bytes. */
enum err pem_digest(const struct pem *pem, uint8_t *digest, size_t size)
{
	uint8_t sums[PEM_CHAIN_LIMIT + 1][CONTENT_ID_SIZE], whole[CONTENT_ID_SIZE];
	gnutls_datum_t all = { sums[0], (pem->chain_len + 1) * CONTENT_ID_SIZE };
	enum err err = sum(&pem->key, sums[pem->chain_len]);

	for (unsigned i = 0; err == ERR_OK && i < pem->chain_len; i++)
		err = sum(&pem->chain[i], sums[i]);
	if (err == ERR_OK)
		err = sum(&all, whole);
	if (err == ERR_OK)
		memcpy(digest, whole, size < sizeof(whole) ? size : sizeof(whole));
	return err;
}

int pem_import_key(const gnutls_datum_t *der, enum pem_form form, gnutls_x509_privkey_t key)
{
	return form == PEM_PKCS8 ? gnutls_x509_privkey_import_pkcs8(key, der, GNUTLS_X509_FMT_DER, NULL,
								    GNUTLS_PKCS_PLAIN)
				 : gnutls_x509_privkey_import(key, der, GNUTLS_X509_FMT_DER);
}

void pem_free(struct pem *pem)
{
	for (unsigned i = 0; i < pem->chain_len; i++)
		gnutls_free(pem->chain[i].data);
	if (pem->key.data != NULL)
		explicit_bzero(pem->key.data, pem->key.size);
	gnutls_free(pem->key.data);
	*pem = (struct pem){ .chain_len = 0 };
}
