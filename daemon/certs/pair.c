/* SPDX-License-Identifier: ISC */
#include "certs/pair.h"

#include "base/clock.h"
#include "base/file.h"
#include "certs/candidate.h"
#include "certs/issuer.h"
#include "policy/mx.h"

#include <gnutls/abstract.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	atomic_uint references;
	struct pair_info info;
	struct names names;
	char issuer[ISSUER_SIZE];
	char *chain_path;
	char *key_path;
	struct stat chain_status; /* of the files as they were read */
	struct stat key_status;
	bool disordered;
	time_t issuers_not_before, issuers_not_after;
	struct complaints doubts;
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
	complaints_free(&pair->doubts);
	names_free(&pair->names);
	free(pair->chain_path);
	free(pair->key_path);
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
	enum err err = ERR_NO_MEMORY;

	if (new == NULL)
		return ERR_NO_MEMORY;
	atomic_init(&new->references, 1);
	new->chain_path = strdup(candidate->chain_path);
	new->key_path = strdup(candidate->key_path);
	if (new->chain_path != NULL &&new->key_path != NULL)
		err = convert_chain(new, candidate);
	if (err == ERR_OK)
		err = convert_key(new, candidate);
	if (err == ERR_OK)
		err = issuer_write(candidate->chain[0], new->issuer);
	if (err != ERR_OK) {
		free_pair(new);
		return err;
	}
	new->names = candidate->names;
	candidate->names = (struct names){ 0 };
	new->chain_status = candidate->chain_file.status;
	new->key_status = candidate_key_file(candidate)->status;
	new->disordered = candidate->disordered;
	new->issuers_not_before = candidate->issuers_not_before;
	new->issuers_not_after = candidate->issuers_not_after;
	new->info = (struct pair_info){ .file = new->chain_path,
					.names = &new->names,
					.issuer = new->issuer,
					.key = candidate->kind,
					.doubted = candidate->doubts.count + candidate->doubts.lost > 0,
					.not_before = candidate->not_before,
					.not_after = candidate->not_after };
	complaints_move(&new->doubts, &candidate->doubts);
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
		pair_review(*pair, now, complaints);
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

static void warn_of_disorder(const char *path, struct complaints *complaints)
{
	complain(complaints, SEVERITY_WARNING, path, 0,
		 "chain is out of order, or has certificates that do not belong to it", NULL,
		 "write the certificate first, then each issuer after what it has issued, nothing else");
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
		pair->info.key == KEY_RSA ? GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 : GNUTLS_SIGN_ECDSA_SHA256;
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
	if (err == ERR_OK && candidate.disordered)
		warn_of_disorder(candidate.chain_path, complaints);
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
	free(pair->chain_path);
	free(pair->key_path);
	pair->info.file = pair->chain_path = chain_path;
	pair->key_path = key_path;
	return ERR_OK;
}

static void warn(const struct pair *pair, struct complaints *complaints, const char *what, const char *value,
		 const char *instead)
{
	complain(complaints, SEVERITY_WARNING, pair->chain_path, 0, what, value, instead);
}

static void review_dates(const struct pair *pair, time_t now, struct complaints *complaints)
{
	const struct pair_info *info = &pair->info;
	char text[CLOCK_TEXT_SIZE];

	if (info->not_after < now)
		warn(pair, complaints, "certificate in use has expired", clock_text(info->not_after, text),
		     "renew it");
	else if (pair->issuers_not_after < now)
		warn(pair, complaints, "an issuer in the chain has expired",
		     clock_text(pair->issuers_not_after, text),
		     "renew the certificate, and write the issuers that come with it behind it");
	if (info->not_before > now)
		warn(pair, complaints, "certificate is not valid yet", clock_text(info->not_before, text),
		     "check this machine's clock, or order a new one");
	else if (pair->issuers_not_before > now)
		warn(pair, complaints, "an issuer in the chain is not valid yet",
		     clock_text(pair->issuers_not_before, text),
		     "check this machine's clock, or write the issuers that came with the certificate");
}

void pair_review(const struct pair *pair, time_t now, struct complaints *complaints)
{
	review_dates(pair, now, complaints);
	if (pair->disordered)
		warn_of_disorder(pair->chain_path, complaints);
	for (size_t i = 0; i < pair->doubts.count; i++) {
		const struct complaint *doubt = &pair->doubts.item[i];

		warn(pair, complaints, doubt->what, doubt->value, doubt->instead);
	}
}

const struct pair_info *pair_info(const struct pair *pair)
{
	return &pair->info;
}

bool pair_names(const struct pair *pair, const char *host)
{
	const char *dot = strchr(host, '.');
	char wildcard[MX_SIZE];

	if (names_has_sorted(&pair->names, host))
		return true;
	if (dot == NULL)
		return false;
	(void)snprintf(wildcard, sizeof(wildcard), "*%s", dot);
	return names_has_sorted(&pair->names, wildcard);
}

bool pair_is_valid(const struct pair *pair, time_t now)
{
	return pair->info.not_before <= now && now <= pair->info.not_after;
}

bool pair_is_sound(const struct pair *pair, time_t now)
{
	return !pair->info.doubted && pair->issuers_not_before <= now && now <= pair->issuers_not_after;
}

void pair_material(const struct pair *pair, struct gnutls_pcert_st **chain, unsigned *chain_len,
		   struct gnutls_privkey_st **key)
{
	*chain = pair->chain;
	*chain_len = pair->chain_len;
	*key = pair->key;
}

static bool is_unchanged(const char *path, const struct stat *then)
{
	struct stat now;

	return stat(path, &now) == 0 && file_unchanged(&now, then);
}

bool pair_is_current(const struct pair *pair)
{
	return is_unchanged(pair->chain_path, &pair->chain_status) &&
	       is_unchanged(pair->key_path, &pair->key_status);
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
