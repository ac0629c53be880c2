/* SPDX-License-Identifier: ISC */
#include "certs/warm.h"

#include "certs/pair_private.h"

#include <gnutls/abstract.h>
#include <pthread.h>
#include <stdlib.h>

/*
 * Of the chain the library looks into the leaf alone, and there at the public key, which the private key has,
 * too; of the issuers it only sends the bytes.  So nothing is parsed but the key, and nothing copied.
 */
struct warm {
	atomic_uint references;
	struct pair *pair; /* NULL: it is in the cache no more */
	struct warm *newer, *older;
	gnutls_privkey_t key;
	unsigned chain_len;
	gnutls_pcert_st chain[];
};

/* One for all: what is bounded is the memory of the process. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	size_t limit, count;
	struct warm *newest, *oldest;
} cache = { .lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER, .limit = WARM_LIMIT };

static void lock(void)
{
	(void)pthread_mutex_lock(&cache.lock);
}

static void unlock(void)
{
	(void)pthread_mutex_unlock(&cache.lock);
}

size_t warm_count(void)
{
	size_t count;

	lock();
	count = cache.count;
	unlock();
	return count;
}

static void put_first(struct warm *warm)
{
	warm->newer = NULL;
	warm->older = cache.newest;
	*(cache.newest != NULL ? &cache.newest->newer : &cache.oldest) = warm;
	cache.newest = warm;
	cache.count++;
}

static void take_out(struct warm *warm)
{
	*(warm->newer != NULL ? &warm->newer->older : &cache.newest) = warm->older;
	*(warm->older != NULL ? &warm->older->newer : &cache.oldest) = warm->newer;
	cache.count--;
}

static void put(struct warm *warm, struct pair *pair)
{
	put_first(warm);
	warm->pair = pair;
	pair->warm = warm;
}

/* The cache's reference is the caller's. */
static struct warm *cool(struct warm *warm)
{
	take_out(warm);
	warm->pair->warm = NULL;
	warm->pair = NULL;
	return warm;
}

/* The oldest, if there are too many; NULL: there are not. */
static struct warm *cool_oldest(void)
{
	return cache.count > cache.limit ? cool(cache.oldest) : NULL;
}

void warm_limit(size_t limit)
{
	struct warm *old;

	do {
		lock();
		cache.limit = limit;
		old = cool_oldest();
		unlock();
		warm_release(&old);
	} while (warm_count() > limit);
}

void warm_forget(struct pair *pair)
{
	struct warm *warm;

	lock();
	warm = pair->warm != NULL ? cool(pair->warm) : NULL;
	unlock();
	warm_release(&warm);
}

static void wait_for(struct pair *pair)
{
	while (pair->busy)
		(void)pthread_cond_wait(&cache.ended, &cache.lock);
}

void warm_begin(struct pair *pair)
{
	lock();
	wait_for(pair);
	pair->busy = true;
	unlock();
}

void warm_end(struct pair *pair)
{
	lock();
	pair->busy = false;
	(void)pthread_cond_broadcast(&cache.ended);
	unlock();
}

bool warm_is_supplied(struct pair *pair)
{
	bool supplied;

	warm_begin(pair);
	supplied = pair->material != NULL;
	warm_end(pair);
	return supplied;
}

static enum err import_key(struct warm *warm, const struct material *material)
{
	enum pem_form form;
	const gnutls_datum_t der = material_key(material, &form);
	gnutls_x509_privkey_t key = NULL;
	int result = gnutls_x509_privkey_init(&key);

	if (result == GNUTLS_E_SUCCESS)
		result = pem_import_key(&der, form, key);
	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_privkey_init(&warm->key);
	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_privkey_import_x509(warm->key, key, GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE);
	if (result != GNUTLS_E_SUCCESS && key != NULL)
		gnutls_x509_privkey_deinit(key);
	return result == GNUTLS_E_SUCCESS ? ERR_OK : ERR_NO_MEMORY;
}

/* Nothing is left here that could be wrong with a pair: what fails fails for lack of memory. */
static enum err make(const struct material *material, struct warm **warm)
{
	unsigned len = material_count(material);
	struct warm *new = calloc(1, sizeof(*new) + len * sizeof(*new->chain));
	enum err err;

	if (new == NULL)
		return ERR_NO_MEMORY;
	atomic_init(&new->references, 1);
	new->chain_len = len;
	for (unsigned i = 0; i < len; i++) {
		new->chain[i].type = GNUTLS_CRT_X509;
		new->chain[i].cert = material_certificate(material, i);
	}
	err = import_key(new, material);
	if (err == ERR_OK && (gnutls_pubkey_init(&new->chain[0].pubkey) < 0 ||
			      gnutls_pubkey_import_privkey(new->chain[0].pubkey, new->key,
							   GNUTLS_KEY_DIGITAL_SIGNATURE, 0) < 0))
		err = ERR_NO_MEMORY;
	if (err == ERR_OK)
		*warm = new;
	else
		warm_release(&new);
	return err;
}

/* A reference to what is ready, or NULL, and then the pair is busy. */
static struct warm *take(struct pair *pair)
{
	struct warm *warm;

	lock();
	wait_for(pair);
	warm = pair->warm;
	if (warm != NULL) {
		(void)atomic_fetch_add_explicit(&warm->references, 1, memory_order_relaxed);
		take_out(warm);
		put_first(warm);
	} else {
		pair->busy = true;
	}
	unlock();
	return warm;
}

/* One goes when one comes. */
static void keep(struct pair *pair, struct warm *warm)
{
	struct warm *old;

	lock();
	(void)atomic_fetch_add_explicit(&warm->references, 1, memory_order_relaxed);
	put(warm, pair);
	old = cool_oldest();
	unlock();
	warm_release(&old);
}

enum err warm_get(struct pair *pair, struct warm **warm)
{
	struct warm *got = take(pair);
	enum err err = ERR_OK;

	if (got == NULL) {
		if (atomic_load_explicit(&pair->lost, memory_order_relaxed))
			err = ERR_REFUSED;
		else if (pair->material == NULL)
			err = supply_take(pair);
		if (err == ERR_OK)
			err = make(pair->material, &got);
		if (err == ERR_OK)
			keep(pair, got);
		else if (err == ERR_REFUSED)
			atomic_store_explicit(&pair->lost, true, memory_order_relaxed);
		warm_end(pair);
	}
	if (err == ERR_OK)
		*warm = got;
	return err;
}

void warm_material(struct warm *warm, struct gnutls_pcert_st **chain, unsigned *chain_len,
		   struct gnutls_privkey_st **key)
{
	*chain = warm->chain;
	*chain_len = warm->chain_len;
	*key = warm->key;
}

void warm_release(struct warm **warm)
{
	struct warm *mine = *warm;

	*warm = NULL;
	if (mine == NULL || atomic_fetch_sub_explicit(&mine->references, 1, memory_order_acq_rel) != 1)
		return;
	if (mine->chain[0].pubkey != NULL)
		gnutls_pubkey_deinit(mine->chain[0].pubkey);
	if (mine->key != NULL)
		gnutls_privkey_deinit(mine->key);
	free(mine);
}
