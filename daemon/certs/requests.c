/* SPDX-License-Identifier: ISC */
#include "certs/requests.h"

#include "base/file.h"
#include "base/folder.h"
#include "certs/installed.h"
#include "log/log.h"
#include "policy/mx.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_LIMIT  65536
#define KEY_ID_SIZE 32
#define RSA_BITS    2048
#define VERSION     1

/* Of a certificate: more would not be looked for. */
#define NAMES_LIMIT 100

static const struct {
	gnutls_pk_algorithm_t algorithm;
	unsigned bits;
} kinds[KEY_KINDS] = {
	[KEY_ECDSA] = { GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) },
	[KEY_RSA] = { GNUTLS_PK_RSA, RSA_BITS },
};

static char *path_of(const char *directory, char *name, enum key_kind kind)
{
	const struct facts facts = { .names = { .item = &name, .count = 1 }, .key = kind };

	return installed_path(directory, &facts, 1);
}

/* ERR_NOT_FOUND: there is none, or none that can be used; ERR_STORE: nobody knows, at the moment. */
static enum err read_key(const char *path, enum key_kind kind, gnutls_x509_privkey_t key, struct file *file)
{
	const char *why = NULL;
	enum err err = file_read(path, FILE_LIMIT, file, &why);
	gnutls_datum_t pem;
	int result;

	if (err == ERR_NOT_FOUND || err == ERR_NO_MEMORY)
		return err;
	if (err == ERR_IO) {
		log_error("certificates, key of a request not read (%s: %s): nothing was changed", path, why);
		return ERR_STORE;
	}
	pem = (gnutls_datum_t){ (unsigned char *)file->bytes, (unsigned)file->len };
	result = err == ERR_OK ? gnutls_x509_privkey_import2(key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0)
			       : GNUTLS_E_FILE_ERROR;
	if (result == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	if (result >= 0 && gnutls_x509_privkey_get_pk_algorithm(key) == (int)kinds[kind].algorithm)
		return ERR_OK;
	log_warning("certificates, key of a request cannot be used (%s: %s): it is not looked at any more",
		    path, why != NULL ? why : "is not a key of its kind");
	return ERR_NOT_FOUND;
}

static enum err keep_key(const char *directory, const char *path, gnutls_x509_privkey_t key)
{
	gnutls_datum_t out = { NULL, 0 };
	struct text pem = { 0 };
	enum err err = ERR_NO_MEMORY;

	if (gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &out) >= 0)
		err = text_append(&pem, out.data, out.size);
	if (err == ERR_OK)
		err = installed_write(directory, &pem);
	/* One that a power cut may undo is as good as none: whoever asks again gets another request. */
	if (err == ERR_OK && installed_put(directory, path) != ERR_OK)
		err = ERR_STORE;
	if (out.data != NULL)
		explicit_bzero(out.data, out.size);
	gnutls_free(out.data);
	if (pem.bytes != NULL)
		explicit_bzero(pem.bytes, pem.len);
	text_free(&pem);
	return err;
}

/* The key that waits, or a new one. */
static enum err have_key(const char *directory, const char *path, enum key_kind kind, time_t now,
			 gnutls_x509_privkey_t *key, time_t *since)
{
	struct file file = { 0 };
	enum err err = gnutls_x509_privkey_init(key) >= 0 ? read_key(path, kind, *key, &file) : ERR_NO_MEMORY;

	*since = err == ERR_OK ? file.status.st_mtime : now;
	file_free(&file);
	if (err != ERR_NOT_FOUND)
		return err;
	gnutls_x509_privkey_deinit(*key);
	*key = NULL;
	if (gnutls_x509_privkey_init(key) < 0 ||
	    gnutls_x509_privkey_generate(*key, kinds[kind].algorithm, kinds[kind].bits, 0) < 0)
		return ERR_NO_MEMORY;
	return keep_key(directory, path, *key);
}

static int fill(gnutls_x509_crq_t request, const struct names *names, gnutls_x509_privkey_t key)
{
	int result = gnutls_x509_crq_set_version(request, VERSION);

	for (size_t i = 0; result >= 0 && i < names->count; i++)
		result = gnutls_x509_crq_set_subject_alt_name(request, GNUTLS_SAN_DNSNAME, names->item[i],
							      (unsigned)strlen(names->item[i]),
							      i == 0 ? GNUTLS_FSAN_SET : GNUTLS_FSAN_APPEND);
	if (result >= 0)
		result = gnutls_x509_crq_set_key(request, key);
	return result >= 0 ? gnutls_x509_crq_sign2(request, key, GNUTLS_DIG_SHA256, 0) : result;
}

/* Nothing of it comes from outside but names, which were checked: what fails fails for lack of memory. */
static enum err write_request(const struct names *names, gnutls_x509_privkey_t key, struct text *pem)
{
	gnutls_x509_crq_t request = NULL;
	gnutls_datum_t out = { NULL, 0 };
	enum err err = ERR_NO_MEMORY;

	if (gnutls_x509_crq_init(&request) >= 0 && fill(request, names, key) >= 0 &&
	    gnutls_x509_crq_export2(request, GNUTLS_X509_FMT_PEM, &out) >= 0)
		err = text_append(pem, out.data, out.size);
	gnutls_free(out.data);
	if (request != NULL)
		gnutls_x509_crq_deinit(request);
	return err;
}

enum err requests_make(const char *directory, const struct names *names, enum key_kind kind, time_t now,
		       struct request_made *made)
{
	char *path = path_of(directory, names->item[0], kind);
	gnutls_x509_privkey_t key = NULL;
	struct request_made new = { .pem = { 0 } };
	enum err err = path != NULL ? have_key(directory, path, kind, now, &key, &new.since) : ERR_NO_MEMORY;

	if (err == ERR_OK)
		err = write_request(names, key, &new.pem);
	if (key != NULL)
		gnutls_x509_privkey_deinit(key);
	free(path);
	if (err == ERR_OK)
		*made = new;
	else
		text_free(&new.pem);
	return err;
}

/* What is looked for. */
struct sought {
	const char *directory;
	gnutls_x509_crt_t certificate;
	unsigned char id[KEY_ID_SIZE]; /* of its public key */
	char **path;
	struct text *key;
};

static bool is_its_key(const struct sought *sought, gnutls_x509_privkey_t key)
{
	unsigned char id[KEY_ID_SIZE];
	size_t size = sizeof(id);

	return gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, id, &size) >= 0 &&
	       size == sizeof(id) && memcmp(id, sought->id, size) == 0;
}

static enum err try_key(struct sought *sought, char *name, enum key_kind kind)
{
	char *path = path_of(sought->directory, name, kind);
	gnutls_x509_privkey_t key = NULL;
	struct file file = { 0 };
	enum err err = ERR_NO_MEMORY;

	if (path != NULL && gnutls_x509_privkey_init(&key) >= 0)
		err = read_key(path, kind, key, &file);
	if (err == ERR_OK && !is_its_key(sought, key))
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		err = text_append(sought->key, file.bytes, file.len);
	if (err == ERR_OK) {
		*sought->path = path;
		path = NULL;
	}
	if (key != NULL)
		gnutls_x509_privkey_deinit(key);
	file_free(&file);
	free(path);
	return err;
}

static enum err try_name(struct sought *sought, unsigned at)
{
	char san[MX_SIZE], name[MX_SIZE];
	size_t size = sizeof(san);
	const char *why;
	int type = gnutls_x509_crt_get_subject_alt_name(sought->certificate, at, san, &size, NULL);
	enum err err = ERR_NOT_FOUND;

	if (type != GNUTLS_SAN_DNSNAME || strlen(san) != size || mx_normalise(san, name, &why) != ERR_OK)
		return type == GNUTLS_E_MEMORY_ERROR ? ERR_NO_MEMORY : ERR_NOT_FOUND;
	for (enum key_kind kind = KEY_ECDSA; err == ERR_NOT_FOUND && kind < KEY_KINDS; kind++)
		err = try_key(sought, name, kind);
	return err;
}

static int read_certificate(struct sought *sought, const char *chain)
{
	gnutls_datum_t pem = { NULL, (unsigned)strlen(chain) };
	size_t size = sizeof(sought->id);
	char *copy = strdup(chain);
	int result = copy != NULL ? gnutls_x509_crt_init(&sought->certificate) : GNUTLS_E_MEMORY_ERROR;

	pem.data = (unsigned char *)copy;
	if (result >= 0)
		result = gnutls_x509_crt_import(sought->certificate, &pem, GNUTLS_X509_FMT_PEM);
	if (result >= 0)
		result = gnutls_x509_crt_get_key_id(sought->certificate, GNUTLS_KEYID_USE_SHA256, sought->id,
						    &size);
	free(copy);
	return result;
}

enum err requests_find(const char *directory, const char *chain, char **path, struct text *key)
{
	struct sought sought = { .directory = directory, .path = path, .key = key };
	int result = read_certificate(&sought, chain);
	enum err err = result == GNUTLS_E_MEMORY_ERROR ? ERR_NO_MEMORY : ERR_NOT_FOUND;

	for (unsigned at = 0; result >= 0 && err == ERR_NOT_FOUND && at < NAMES_LIMIT; at++)
		err = try_name(&sought, at);
	if (sought.certificate != NULL)
		gnutls_x509_crt_deinit(sought.certificate);
	return err;
}

void requests_end(const char *path)
{
	if (unlink(path) != 0)
		log_warning(
			"certificates, key of a request not removed (%s: %s): its certificate is installed",
			path, strerror(errno));
}

static void clean_one(const char *directory, const char *name, time_t now)
{
	char *path = file_path(directory, name);
	struct stat status;

	if (path != NULL && lstat(path, &status) == 0 && now - status.st_mtime > REQUESTS_LIFETIME &&
	    unlink(path) == 0)
		log_notice("certificates, key removed (%s): no certificate came for it in 30 days", path);
	free(path);
}

void requests_clean(const char *directory, time_t now)
{
	struct names files = { 0 };

	if (folder_list(directory, &files) == ERR_OK) {
		installed_clean(directory);
		for (size_t i = 0; i < files.count; i++)
			clean_one(directory, files.item[i], now);
	}
	names_free(&files);
}
