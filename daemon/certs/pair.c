/* SPDX-License-Identifier: ISC */
#include "certs/pair.h"

#include "certs/candidate_private.h"

#include <gnutls/abstract.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	atomic_uint references;
	struct facts facts;
	gnutls_pcert_st *chain;
	unsigned chain_len;
	gnutls_privkey_t key;
};

static void free_pair(struct pair *pair)
{
	for (unsigned i = 0; i < pair->chain_len; i++)
		gnutls_pcert_deinit(&pair->chain[i]);
	free(pair->chain);
	if (pair->key != NULL)
		gnutls_privkey_deinit(pair->key);
	facts_free(&pair->facts);
	free(pair);
}

static enum err convert_chain(struct pair *pair, const struct candidate *candidate)
{
	unsigned len = candidate->chain_len;

	pair->chain = calloc(len, sizeof(*pair->chain));
	if (pair->chain == NULL || gnutls_pcert_import_x509_list(pair->chain, candidate->chain, &len, 0) < 0)
		return ERR_NO_MEMORY;
	pair->chain_len = len;
	return ERR_OK;
}

/* Nothing is left here that could be wrong with the files: what fails now fails for lack of memory. */
static enum err convert_key(struct pair *pair, const struct candidate *candidate)
{
	if (gnutls_privkey_init(&pair->key) < 0 ||
	    gnutls_privkey_import_x509(pair->key, candidate->key, GNUTLS_PRIVKEY_IMPORT_COPY) < 0)
		return ERR_NO_MEMORY;
	return ERR_OK;
}

static enum err convert(struct candidate *candidate, struct pair **pair)
{
	struct pair *new = calloc(1, sizeof(*new));
	enum err err;

	if (new == NULL)
		return ERR_NO_MEMORY;
	atomic_init(&new->references, 1);
	err = convert_chain(new, candidate);
	if (err == ERR_OK)
		err = convert_key(new, candidate);
	if (err == ERR_OK) {
		candidate->facts.file = strdup(candidate->chain_path);
		candidate->facts.key_file = strdup(candidate->key_path);
		if (candidate->facts.file == NULL || candidate->facts.key_file == NULL)
			err = ERR_NO_MEMORY;
	}
	if (err != ERR_OK) {
		free_pair(new);
		return err;
	}
	new->facts = candidate->facts;
	candidate->facts = (struct facts){ 0 };
	*pair = new;
	return ERR_OK;
}

enum err pair_load(const char *chain_path, const char *key_path, time_t now, struct complaints *complaints,
		   struct pair **pair)
{
	struct candidate candidate = {
		.chain_path = chain_path, .key_path = key_path, .now = now, .complaints = complaints
	};
	enum err err = candidate_check(&candidate);

	if (err == ERR_OK)
		err = convert(&candidate, pair);
	if (err == ERR_OK)
		facts_review(&(*pair)->facts, now, complaints);
	candidate_free(&candidate);
	return err;
}

static enum err copy_text(const char *text, const char *label, struct file *file,
			  struct complaints *complaints)
{
	size_t len = strlen(text);

	if (len > PAIR_TEXT_LIMIT) {
		complain(complaints, SEVERITY_ERROR, label, 0, "text has more than 65536 bytes", NULL,
			 "send the certificate with its issuers, and its key, nothing else");
		return ERR_REFUSED;
	}
	file->bytes = strdup(text);
	file->len = len;
	return file->bytes != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static enum err append_pem(struct text *pem, int result, gnutls_datum_t *part)
{
	enum err err = result == 0 ? text_append(pem, part->data, part->size) : ERR_NO_MEMORY;

	if (part->data != NULL)
		explicit_bzero(part->data, part->size);
	gnutls_free(part->data);
	return err;
}

static enum err write_pem(const struct candidate *candidate, struct text *pem)
{
	gnutls_datum_t part = { NULL, 0 };
	enum err err = ERR_OK;
	int result;

	for (unsigned i = 0; err == ERR_OK && i < candidate->chain_len; i++) {
		result = gnutls_x509_crt_export2(candidate->chain[i], GNUTLS_X509_FMT_PEM, &part);
		err = append_pem(pem, result, &part);
		part = (gnutls_datum_t){ NULL, 0 };
	}
	if (err != ERR_OK)
		return err;
	/* In its older form the library writes some keys, such as OpenSSL's, so that it cannot read them. */
	result = gnutls_x509_privkey_export2_pkcs8(candidate->key, GNUTLS_X509_FMT_PEM, NULL,
						   GNUTLS_PKCS_PLAIN, &part);
	return append_pem(pem, result, &part);
}

/* What is in use from now on is what a restart will read. */
static enum err convert_pem(const struct text *pem, time_t now, struct complaints *complaints,
			    struct pair **pair)
{
	struct candidate candidate = {
		.chain_path = "certificate", .key_path = "certificate", .now = now, .complaints = complaints
	};
	enum err err = copy_text(pem->bytes, candidate.chain_path, &candidate.chain_file, complaints);

	if (err == ERR_OK)
		err = candidate_check(&candidate);
	if (err == ERR_OK)
		err = convert(&candidate, pair);
	candidate_free(&candidate);
	return err;
}

static void free_pem(struct text *pem)
{
	if (pem->bytes != NULL)
		explicit_bzero(pem->bytes, pem->len);
	text_free(pem);
}

/*
 * A damaged key may look whole, and would end every handshake.  Files are not put to this proof: with RSA it
 * takes longer than all other checks together, at each start, for each of them.
 */
static enum err check_signing(const struct pair *pair, struct complaints *complaints)
{
	static unsigned char words[] = "mta-stsd";
	const gnutls_datum_t data = { words, sizeof(words) };
	gnutls_sign_algorithm_t algorithm =
		pair->facts.key == KEY_RSA ? GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 : GNUTLS_SIGN_ECDSA_SHA256;
	gnutls_datum_t signature = { NULL, 0 };
	int result = gnutls_privkey_sign_data2(pair->key, algorithm, 0, &data, &signature);

	if (result == 0)
		result = gnutls_pubkey_verify_data2(pair->chain[0].pubkey, algorithm, 0, &data, &signature);
	gnutls_free(signature.data);
	if (result >= 0)
		return ERR_OK;
	if (result == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	complain(complaints, SEVERITY_ERROR, "key", 0,
		 "private key signs what its certificate does not verify", gnutls_strerror(result),
		 "send a whole copy of the key");
	return ERR_REFUSED;
}

enum err pair_parse(const struct pair_texts *texts, time_t now, struct complaints *complaints,
		    struct pair **pair, struct text *pem)
{
	struct candidate candidate = {
		.chain_path = "certificate", .key_path = "key", .now = now, .complaints = complaints
	};
	struct text written = { 0 };
	struct pair *parsed = NULL;
	enum err err = copy_text(texts->chain, candidate.chain_path, &candidate.chain_file, complaints);

	if (err == ERR_OK)
		err = copy_text(texts->key, candidate.key_path, &candidate.key_file, complaints);
	if (err == ERR_OK)
		err = candidate_check(&candidate);
	if (err == ERR_OK)
		err = write_pem(&candidate, &written);
	if (err == ERR_OK)
		err = convert_pem(&written, now, complaints, &parsed);
	if (err == ERR_OK)
		err = check_signing(parsed, complaints);
	/* What is written is in order; the next renewal is better off when whoever brings it knows. */
	if (err == ERR_OK && candidate.facts.disordered)
		facts_warn_of_disorder(candidate.chain_path, complaints);
	candidate_free(&candidate);
	if (err == ERR_OK) {
		*pem = written;
		*pair = parsed;
	} else {
		free_pem(&written);
		pair_release(&parsed);
	}
	return err;
}

enum err pair_settle(struct pair *pair, const char *path)
{
	char *chain_path = strdup(path);
	char *key_path = strdup(path);

	if (chain_path == NULL || key_path == NULL) {
		free(chain_path);
		free(key_path);
		return ERR_NO_MEMORY;
	}
	free(pair->facts.file);
	free(pair->facts.key_file);
	pair->facts.file = chain_path;
	pair->facts.key_file = key_path;
	return ERR_OK;
}

const struct facts *pair_facts(const struct pair *pair)
{
	return &pair->facts;
}

void pair_material(const struct pair *pair, struct gnutls_pcert_st **chain, unsigned *chain_len,
		   struct gnutls_privkey_st **key)
{
	*chain = pair->chain;
	*chain_len = pair->chain_len;
	*key = pair->key;
}

bool pair_is_same(const struct pair *a, const struct pair *b)
{
	bool same = a->chain_len == b->chain_len;

	for (unsigned i = 0; same && i < a->chain_len; i++) {
		const gnutls_datum_t *one = &a->chain[i].cert;
		const gnutls_datum_t *other = &b->chain[i].cert;

		same = one->size == other->size && memcmp(one->data, other->data, one->size) == 0;
	}
	return same;
}

struct pair *pair_retain(struct pair *pair)
{
	(void)atomic_fetch_add_explicit(&pair->references, 1, memory_order_relaxed);
	return pair;
}

void pair_release(struct pair **pair)
{
	struct pair *mine = *pair;

	*pair = NULL;
	if (mine != NULL && atomic_fetch_sub_explicit(&mine->references, 1, memory_order_acq_rel) == 1)
		free_pair(mine);
}
