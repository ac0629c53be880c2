/* SPDX-License-Identifier: ISC */
#include "tls/pair.h"

#include "base/clock.h"
#include "base/file.h"
#include "tls/candidate.h"

#include <gnutls/abstract.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	atomic_uint references;
	struct pair_info info;
	struct names names;
	char *chain_path;
	char *key_path;
	struct stat chain_status; /* of the files as they were read */
	struct stat key_status;
	bool disordered;
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
	if (err != ERR_OK) {
		free_pair(new);
		return err;
	}
	new->names = candidate->names;
	candidate->names = (struct names){ 0 };
	new->chain_status = candidate->chain_file.status;
	new->key_status = candidate_key_file(candidate)->status;
	new->disordered = candidate->disordered;
	new->info = (struct pair_info){ .file = new->chain_path,
					.names = &new->names,
					.key = candidate->kind,
					.not_before = candidate->not_before,
					.not_after = candidate->not_after };
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

void pair_review(const struct pair *pair, time_t now, struct complaints *complaints)
{
	char text[CLOCK_TEXT_SIZE];

	if (pair->info.not_after < now)
		complain(complaints, SEVERITY_WARNING, pair->chain_path, 0, "certificate in use has expired",
			 clock_text(pair->info.not_after, text), "renew it");
	if (pair->info.not_before > now)
		complain(complaints, SEVERITY_WARNING, pair->chain_path, 0, "certificate is not valid yet",
			 clock_text(pair->info.not_before, text),
			 "check this machine's clock, or order a new one");
	if (pair->disordered)
		complain(complaints, SEVERITY_WARNING, pair->chain_path, 0, "chain is out of order", NULL,
			 "write the certificate first, then each issuer after what it has issued, nothing "
			 "else");
}

const struct pair_info *pair_info(const struct pair *pair)
{
	return &pair->info;
}

bool pair_is_valid(const struct pair *pair, time_t now)
{
	return pair->info.not_before <= now && now <= pair->info.not_after;
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
