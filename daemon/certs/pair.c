/* SPDX-License-Identifier: ISC */
#include "certs/pair.h"

#include "certs/candidate_private.h"
#include "certs/pair_private.h"
#include "certs/warm.h"

#include <gnutls/abstract.h>
#include <stdlib.h>
#include <string.h>

static void free_pair(struct pair *pair)
{
	warm_forget(pair);
	material_free(&pair->material);
	complaints_free(&pair->facts.doubts);
	free(pair->path);
	free(pair);
}

/* Where the next string goes. */
static char *put(char **at, const char *string)
{
	char *here = *at;

	*at = stpcpy(here, string) + 1;
	return here;
}

static size_t size_of_strings(const struct facts *facts)
{
	size_t size = strlen(facts->file) + strlen(facts->key_file) + strlen(facts->issuer) + 3;

	size += facts->renewal_id != NULL ? strlen(facts->renewal_id) + 1 : 0;
	for (size_t i = 0; i < facts->names.count; i++)
		size += strlen(facts->names.item[i]) + 1;
	return size;
}

enum err pair_new(struct facts *facts, struct material **material, struct pair **pair)
{
	size_t count = facts->names.count;
	struct pair *new = malloc(sizeof(*new) + count * sizeof(*new->name) + size_of_strings(facts));
	char *at;

	if (new == NULL)
		return ERR_NO_MEMORY;
	*new = (struct pair){ .material = *material, .facts = *facts };
	atomic_init(&new->references, 1);
	atomic_init(&new->lost, false);
	at = (char *)(new->name + count);
	for (size_t i = 0; i < count; i++)
		new->name[i] = put(&at, facts->names.item[i]);
	new->facts.names = (struct names){ .item = new->name, .count = count };
	new->facts.issuer = put(&at, facts->issuer);
	new->facts.renewal_id = facts->renewal_id != NULL ? put(&at, facts->renewal_id) : NULL;
	new->facts.file = put(&at, facts->file);
	new->facts.key_file =
		strcmp(facts->file, facts->key_file) == 0 ? new->facts.file : put(&at, facts->key_file);
	facts->doubts = (struct complaints){ 0 };
	*material = NULL;
	*pair = new;
	return ERR_OK;
}

static enum err convert(struct candidate *candidate, struct pair **pair)
{
	struct material *material = NULL;
	enum err err = material_new(&candidate->pem, &material);

	candidate->facts.file = candidate->chain_path;
	candidate->facts.key_file = candidate->key_path;
	if (err == ERR_OK)
		err = pair_new(&candidate->facts, &material, pair);
	material_free(&material);
	return err;
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
static enum err check_signing(struct pair *pair, struct complaints *complaints)
{
	static unsigned char words[] = "mta-stsd";
	const gnutls_datum_t data = { words, sizeof(words) };
	gnutls_sign_algorithm_t algorithm =
		pair->facts.key == KEY_RSA ? GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 : GNUTLS_SIGN_ECDSA_SHA256;
	gnutls_datum_t signature = { NULL, 0 };
	struct warm *warm = NULL;
	gnutls_pcert_st *chain;
	gnutls_privkey_t key;
	unsigned len;
	int result;

	if (warm_get(pair, &warm) != ERR_OK)
		return ERR_NO_MEMORY;
	warm_material(warm, &chain, &len, &key);
	result = gnutls_privkey_sign_data2(key, algorithm, 0, &data, &signature);
	if (result == 0)
		result = gnutls_pubkey_verify_data2(chain[0].pubkey, algorithm, 0, &data, &signature);
	gnutls_free(signature.data);
	warm_release(&warm);
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
	char *copy = strdup(path);

	if (copy == NULL)
		return ERR_NO_MEMORY;
	free(pair->path);
	pair->path = copy;
	pair->facts.file = pair->facts.key_file = copy;
	return ERR_OK;
}

void pair_stamp(struct pair *pair)
{
	struct stat status;

	if (stat(pair->facts.file, &status) != 0)
		return;
	pair->facts.stamp = pair->facts.key_stamp = facts_stamp(&status);
	pair->facts.young = true;
}

const struct facts *pair_facts(const struct pair *pair)
{
	return &pair->facts;
}

bool pair_is_lost(const struct pair *pair)
{
	return atomic_load_explicit(&pair->lost, memory_order_relaxed);
}

bool pair_is_same(const struct pair *a, const struct pair *b)
{
	return memcmp(a->facts.digest, b->facts.digest, sizeof(a->facts.digest)) == 0;
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
