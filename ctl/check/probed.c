/* SPDX-License-Identifier: ISC */
#include "ctl/check/probed.h"

#include "ctl/check/host.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* One MX; what is in it does not change once it was probed. */
struct exchanger {
	char *host;
	struct names addresses;
	struct smtp_probe probe[PROBED_ADDRESSES_MAX];
	size_t count;
	bool is_asked; /* by some thread, which tells of it */
	bool is_told;
};

struct probed {
	const char *ca;
	pthread_mutex_t mutex;
	pthread_cond_t told;
	void *tree; /* tsearch() tree of exchangers */
	bool has_reached;
	unsigned silent; /* hosts that could not be reached */
};

/* What one call is about. */
struct call {
	struct probed *probed;
	const struct ask_way *way;
	struct exchanger **all;
	struct exchanger **own; /* those of them that are asked here */
	size_t own_count;
};

static int by_host(const void *a, const void *b)
{
	return strcmp(((const struct exchanger *)a)->host, ((const struct exchanger *)b)->host);
}

static void free_exchanger(void *item)
{
	struct exchanger *exchanger = item;

	names_free(&exchanger->addresses);
	free(exchanger->host);
	free(exchanger);
}

enum err probed_new(const char *ca, struct probed **probed)
{
	struct probed *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->ca = ca;
	(void)pthread_mutex_init(&new->mutex, NULL);
	(void)pthread_cond_init(&new->told, NULL);
	*probed = new;
	return ERR_OK;
}

void probed_free(struct probed **probed)
{
	struct probed *old = *probed;

	if (old == NULL)
		return;
	tdestroy(old->tree, free_exchanger);
	(void)pthread_cond_destroy(&old->told);
	(void)pthread_mutex_destroy(&old->mutex);
	free(old);
	*probed = NULL;
}

static enum err find(struct probed *probed, const char *host, struct exchanger **found)
{
	struct exchanger *new = calloc(1, sizeof(*new));
	struct exchanger **at = NULL;

	if (new != NULL)
		new->host = strdup(host);
	if (new != NULL &&new->host != NULL)
		at = tsearch(new, &probed->tree, by_host);
	if (new != NULL && (at == NULL || *at != new))
		free_exchanger(new);
	if (at == NULL)
		return ERR_NO_MEMORY;
	*found = *at;
	return ERR_OK;
}

/* Take over what nobody has asked. */
static enum err claim(struct call *call, const struct names *hosts)
{
	struct probed *probed = call->probed;
	enum err err = ERR_OK;

	(void)pthread_mutex_lock(&probed->mutex);
	for (size_t i = 0; err == ERR_OK && i < hosts->count; i++) {
		err = find(probed, hosts->item[i], &call->all[i]);
		if (err == ERR_OK && !call->all[i]->is_asked) {
			call->all[i]->is_asked = true;
			call->own[call->own_count++] = call->all[i];
		}
	}
	(void)pthread_mutex_unlock(&probed->mutex);
	return err;
}

static bool is_blocked(struct probed *probed)
{
	bool blocked;

	(void)pthread_mutex_lock(&probed->mutex);
	blocked = !probed->has_reached && probed->silent >= PROBED_SILENT_MOST;
	(void)pthread_mutex_unlock(&probed->mutex);
	return blocked;
}

static enum err prepare(const struct call *call, bool blocked, struct exchanger *exchanger)
{
	enum err err = host_find_addresses(call->way, exchanger->host, &exchanger->addresses);

	exchanger->count = exchanger->addresses.count < PROBED_ADDRESSES_MAX ? exchanger->addresses.count
									     : PROBED_ADDRESSES_MAX;
	for (size_t i = 0; i < exchanger->count; i++)
		exchanger->probe[i] = (struct smtp_probe){ .host = exchanger->host,
							   .address = exchanger->addresses.item[i],
							   .port = SMTP_PORT,
							   .ca = call->probed->ca,
							   .state = blocked ? SMTP_NOT_TRIED : 0 };
	return err;
}

/* All of them in one go. */
static enum err probe(const struct call *call)
{
	struct smtp_probe *probes = calloc(call->own_count * PROBED_ADDRESSES_MAX + 1, sizeof(*probes));
	size_t count = 0;
	enum err err;

	if (probes == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < call->own_count; i++) {
		memcpy(&probes[count], call->own[i]->probe, call->own[i]->count * sizeof(*probes));
		count += call->own[i]->count;
	}
	err = smtp_probe_all(probes, count);
	count = 0;
	for (size_t i = 0; i < call->own_count; i++) {
		memcpy(call->own[i]->probe, &probes[count], call->own[i]->count * sizeof(*probes));
		count += call->own[i]->count;
	}
	free(probes);
	return err;
}

/* Whether the host could be reached, or could not, though there is a way to it. */
static void count_one(struct probed *probed, const struct exchanger *exchanger)
{
	bool is_silent = false;

	for (size_t i = 0; i < exchanger->count; i++) {
		enum smtp_state state = exchanger->probe[i].state;

		is_silent = is_silent || state == SMTP_NO_CONNECTION;
		probed->has_reached = probed->has_reached || smtp_is_reached(state);
	}
	probed->silent += is_silent;
}

/* Of what could not be found out, nothing is told: who asked ends with the error. */
static void tell(const struct call *call, enum err err)
{
	(void)pthread_mutex_lock(&call->probed->mutex);
	for (size_t i = 0; i < call->own_count; i++) {
		if (err != ERR_OK)
			call->own[i]->count = 0;
		count_one(call->probed, call->own[i]);
		call->own[i]->is_told = true;
	}
	(void)pthread_cond_broadcast(&call->probed->told);
	(void)pthread_mutex_unlock(&call->probed->mutex);
}

static void wait_for(struct probed *probed, const struct exchanger *exchanger)
{
	(void)pthread_mutex_lock(&probed->mutex);
	while (!exchanger->is_told)
		(void)pthread_cond_wait(&probed->told, &probed->mutex);
	(void)pthread_mutex_unlock(&probed->mutex);
}

/* What was claimed is told of, whatever happens: others wait for it. */
static enum err ask(struct call *call, const struct names *hosts)
{
	enum err err = claim(call, hosts);
	bool blocked = is_blocked(call->probed);

	for (size_t i = 0; err == ERR_OK && i < call->own_count; i++)
		err = prepare(call, blocked, call->own[i]);
	if (err == ERR_OK)
		err = probe(call);
	tell(call, err);
	return err;
}

enum err probed_ask(struct probed *probed, const struct ask_way *way, const struct names *hosts,
		    struct probed_host said[])
{
	struct call call = { .probed = probed, .way = way };
	enum err err = ERR_NO_MEMORY;

	call.all = calloc(hosts->count + 1, sizeof(struct exchanger *));
	call.own = calloc(hosts->count + 1, sizeof(struct exchanger *));
	if (call.all != NULL && call.own != NULL)
		err = ask(&call, hosts);
	for (size_t i = 0; err == ERR_OK && i < hosts->count; i++) {
		wait_for(probed, call.all[i]);
		said[i] = (struct probed_host){ call.all[i]->probe, call.all[i]->count };
	}
	free(call.all);
	free(call.own);
	return err;
}
