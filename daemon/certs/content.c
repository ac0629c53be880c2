/* SPDX-License-Identifier: ISC */
#include "certs/content_private.h"

#include "certs/candidate_private.h"

#include <string.h>

bool content_has(const struct file *file, const char *marker)
{
	return memmem(file->bytes, file->len, marker, strlen(marker)) != NULL;
}

enum err content_lacks_half(const char *path, bool *lacks)
{
	struct file file = { 0 };
	const char *why;
	enum err err = file_read(path, CANDIDATE_FILE_LIMIT, &file, &why);

	if (err == ERR_NO_MEMORY)
		return err;
	*lacks = err == ERR_OK &&
		 !(content_has(&file, CONTENT_CERTIFICATE) && content_has(&file, CONTENT_KEY));
	file_free(&file);
	return ERR_OK;
}

static int import_chain(const gnutls_datum_t *pem, gnutls_x509_crt_t **chain, unsigned *len)
{
	int result = gnutls_x509_crt_list_import2(chain, len, pem, GNUTLS_X509_FMT_PEM,
						  GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);

	if (result == GNUTLS_E_CERTIFICATE_LIST_UNSORTED)
		result = gnutls_x509_crt_list_import2(chain, len, pem, GNUTLS_X509_FMT_PEM,
						      GNUTLS_X509_CRT_LIST_SORT);
	return result;
}

static enum err read_leaf(gnutls_x509_crt_t leaf, struct content *content)
{
	size_t leaf_size = CONTENT_ID_SIZE, key_size = CONTENT_ID_SIZE;

	if (gnutls_x509_crt_get_fingerprint(leaf, GNUTLS_DIG_SHA256, content->leaf, &leaf_size) < 0 ||
	    gnutls_x509_crt_get_key_id(leaf, GNUTLS_KEYID_USE_SHA256, content->chain_key, &key_size) < 0)
		return ERR_REFUSED;
	content->authority = gnutls_x509_crt_get_ca_status(leaf, NULL) > 0 ||
			     gnutls_x509_crt_check_issuer(leaf, leaf) != 0;
	content->not_after = gnutls_x509_crt_get_expiration_time(leaf);
	return ERR_OK;
}

/* ERR_REFUSED: damaged, or the library has no memory and does not say so. */
static enum err read_chain(const gnutls_datum_t *pem, struct content *content)
{
	gnutls_x509_crt_t *chain = NULL;
	unsigned len = 0;
	int result = import_chain(pem, &chain, &len);
	enum err err = result == GNUTLS_E_MEMORY_ERROR ? ERR_NO_MEMORY : ERR_REFUSED;

	if (result < 0)
		return err;
	if (len > 0)
		err = read_leaf(chain[0], content);
	if (err == ERR_OK)
		content->chain_len = len;
	for (unsigned i = 0; i < len; i++)
		gnutls_x509_crt_deinit(chain[i]);
	gnutls_free(chain);
	return err;
}

static enum err read_key(const gnutls_datum_t *pem, struct content *content)
{
	gnutls_x509_privkey_t key = NULL;
	size_t size = CONTENT_ID_SIZE;
	enum err err = ERR_REFUSED;
	int result;

	if (gnutls_x509_privkey_init(&key) < 0)
		return ERR_NO_MEMORY;
	result = gnutls_x509_privkey_import2(key, pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (result == 0)
		result = gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, content->key, &size);
	if (result == GNUTLS_E_MEMORY_ERROR)
		err = ERR_NO_MEMORY;
	if (result == 0)
		err = ERR_OK;
	content->has_key = err == ERR_OK;
	gnutls_x509_privkey_deinit(key);
	return err;
}

/* Nothing is called damaged that is not so at a second look, too: see candidate_check(). */
static enum err read_twice(enum err (*read)(const gnutls_datum_t *pem, struct content *content),
			   const struct file *file, struct content *content)
{
	const gnutls_datum_t pem = { (unsigned char *)file->bytes, (unsigned)file->len };
	enum err err = read(&pem, content);

	return err == ERR_REFUSED ? read(&pem, content) : err;
}

static enum err read_parts(const struct file *file, struct content *content)
{
	enum err err = ERR_OK;

	/* SEQUENCE of two bytes of length, as every certificate and every archive of them begins. */
	content->binary = file->len > 2 && memcmp(file->bytes, "\x30\x82", 2) == 0;
	content->blank = !content_has(file, "-----BEGIN ");
	if (content_has(file, CONTENT_CERTIFICATE)) {
		err = read_twice(read_chain, file, content);
		content->damaged = err == ERR_REFUSED;
	}
	if (err != ERR_NO_MEMORY && content_has(file, CONTENT_KEY)) {
		err = read_twice(read_key, file, content);
		content->locked = err == ERR_REFUSED;
	}
	return err == ERR_NO_MEMORY ? err : ERR_OK;
}

enum err content_read(const char *path, struct content *content)
{
	struct content got = { 0 };
	struct file file = { 0 };
	enum err err = file_read(path, CANDIDATE_FILE_LIMIT, &file, &got.why);

	if (err == ERR_OK) {
		got.why = NULL;
		got.status = file.status;
		err = read_parts(&file, &got);
	} else if (err != ERR_NO_MEMORY) {
		(void)stat(path, &got.status);
		err = ERR_OK;
	}
	file_free(&file);
	if (err == ERR_OK)
		*content = got;
	return err;
}
