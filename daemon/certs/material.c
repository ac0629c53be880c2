/* SPDX-License-Identifier: ISC */
#include "certs/material_private.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* One certificate that stands behind many others. */
struct issuer {
	size_t references;
	gnutls_datum_t der; /* the bytes stand behind the structure */
};

struct material {
	unsigned issuers;
	enum pem_form form;
	unsigned leaf_size, key_size;
	unsigned char *bytes; /* of the leaf, and the key behind it; they stand behind the issuers */
	struct issuer *issuer[];
};

/* Of all pairs; whichever thread gives a pair up. */
static struct {
	pthread_mutex_t lock;
	void *tree;
} shared = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int by_bytes(const void *a, const void *b)
{
	const struct issuer *one = a, *other = b;

	if (one->der.size != other->der.size)
		return one->der.size < other->der.size ? -1 : 1;
	return memcmp(one->der.data, other->der.data, one->der.size);
}

static struct issuer *copy(const gnutls_datum_t *der)
{
	struct issuer *new = malloc(sizeof(*new) + der->size);

	if (new == NULL)
		return NULL;
	*new = (struct issuer){ .der = { (unsigned char *)(new + 1), der->size } };
	memcpy(new->der.data, der->data, der->size);
	return new;
}

static struct issuer *take(const gnutls_datum_t *der)
{
	const struct issuer wanted = { .der = *der };
	struct issuer **found, *issuer = NULL;

	(void)pthread_mutex_lock(&shared.lock);
	found = tfind(&wanted, &shared.tree, by_bytes);
	if (found == NULL)
		issuer = copy(der);
	if (issuer != NULL)
		found = tsearch(issuer, &shared.tree, by_bytes);
	if (found == NULL) {
		free(issuer);
		issuer = NULL;
	} else {
		issuer = *found;
		issuer->references++;
	}
	(void)pthread_mutex_unlock(&shared.lock);
	return issuer;
}

static void give_up(struct issuer *issuer)
{
	(void)pthread_mutex_lock(&shared.lock);
	if (--issuer->references == 0) {
		(void)tdelete(issuer, &shared.tree, by_bytes);
		free(issuer);
	}
	(void)pthread_mutex_unlock(&shared.lock);
}

enum err material_new(const struct pem *pem, struct material **material)
{
	unsigned issuers = pem->chain_len - 1, leaf = pem->chain[0].size;
	struct material *new = malloc(sizeof(*new) + issuers * sizeof(*new->issuer) + leaf + pem->key.size);

	if (new == NULL)
		return ERR_NO_MEMORY;
	*new = (struct material){ .form = pem->form, .leaf_size = leaf };
	new->bytes = (unsigned char *)(new->issuer + issuers);
	for (; new->issuers < issuers; new->issuers++) {
		new->issuer[new->issuers] = take(&pem->chain[new->issuers + 1]);
		if (new->issuer[new->issuers] == NULL) {
			material_free(&new);
			return ERR_NO_MEMORY;
		}
	}
	new->key_size = pem->key.size;
	memcpy(new->bytes, pem->chain[0].data, leaf);
	memcpy(new->bytes + leaf, pem->key.data, pem->key.size);
	*material = new;
	return ERR_OK;
}

unsigned material_count(const struct material *material)
{
	return material->issuers + 1;
}

gnutls_datum_t material_certificate(const struct material *material, unsigned at)
{
	return at > 0 ? material->issuer[at - 1]->der
		      : (gnutls_datum_t){ material->bytes, material->leaf_size };
}

gnutls_datum_t material_key(const struct material *material, enum pem_form *form)
{
	*form = material->form;
	return (gnutls_datum_t){ material->bytes + material->leaf_size, material->key_size };
}

void material_free(struct material **material)
{
	struct material *old = *material;

	*material = NULL;
	if (old == NULL)
		return;
	if (old->key_size > 0)
		explicit_bzero(old->bytes + old->leaf_size, old->key_size);
	for (unsigned i = 0; i < old->issuers; i++)
		give_up(old->issuer[i]);
	free(old);
}
