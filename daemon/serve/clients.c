/* SPDX-License-Identifier: ISC */
#include "serve/clients.h"

#include <arpa/inet.h>
#include <limits.h>
#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define NETWORK_BYTES 8 /* of an IPv6 address: /64 */

struct client {
	struct in6_addr network; /* first: what compare() looks at */
	unsigned connections;
	struct line lines[]; /* one for each queue */
};

/* A balanced tree: no choice of addresses makes it slow, unlike a hash table. */
struct clients {
	pthread_mutex_t mutex;
	void *tree;
	unsigned limit;
	unsigned queues;
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct in6_addr));
}

enum err clients_new(unsigned limit, unsigned queues, struct clients **clients)
{
	struct clients *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	if (pthread_mutex_init(&new->mutex, NULL) != 0) {
		free(new);
		return ERR_NO_MEMORY;
	}
	new->limit = limit;
	new->queues = queues;
	*clients = new;
	return ERR_OK;
}

void clients_free(struct clients **clients)
{
	if (*clients == NULL)
		return;
	tdestroy((*clients)->tree, free);
	(void)pthread_mutex_destroy(&(*clients)->mutex);
	free(*clients);
	*clients = NULL;
}

static struct in6_addr network_of(const struct in6_addr *address)
{
	struct in6_addr network = { 0 };

	if (IN6_IS_ADDR_V4MAPPED(address))
		return *address;
	memcpy(&network, address, NETWORK_BYTES);
	return network;
}

/* Find a client or make it; NULL without memory. */
static struct client *obtain(struct clients *clients, const struct in6_addr *network)
{
	struct client **node = tfind(network, &clients->tree, compare);
	struct client *new;

	if (node != NULL)
		return *node;
	new = calloc(1, sizeof(*new) + clients->queues * sizeof(new->lines[0]));
	if (new == NULL)
		return NULL;
	new->network = *network;
	if (tsearch(new, &clients->tree, compare) == NULL) {
		free(new);
		return NULL;
	}
	return new;
}

static enum err enter(struct clients *clients, const struct in6_addr *address, unsigned limit,
		      struct client **client)
{
	struct in6_addr network = network_of(address);
	enum err err = ERR_OK;
	struct client *found;

	(void)pthread_mutex_lock(&clients->mutex);
	found = obtain(clients, &network);
	if (found == NULL) {
		err = ERR_NO_MEMORY;
	} else if (found->connections >= limit) {
		err = ERR_REFUSED;
	} else {
		found->connections++;
		*client = found;
	}
	(void)pthread_mutex_unlock(&clients->mutex);
	return err;
}

enum err clients_enter(struct clients *clients, const struct in6_addr *address, struct client **client)
{
	return enter(clients, address, clients->limit, client);
}

enum err clients_enter_unlimited(struct clients *clients, const struct in6_addr *address,
				 struct client **client)
{
	return enter(clients, address, UINT_MAX, client);
}

void clients_leave(struct clients *clients, struct client **client)
{
	struct client *left = *client;

	if (left == NULL)
		return;
	(void)pthread_mutex_lock(&clients->mutex);
	if (--left->connections == 0) {
		(void)tdelete(left, &clients->tree, compare);
		free(left);
	}
	(void)pthread_mutex_unlock(&clients->mutex);
	*client = NULL;
}

struct line *clients_line(struct client *client, unsigned queue)
{
	return &client->lines[queue];
}

struct stock {
	unsigned count;
	unsigned largest;
};

static void take_one(const void *node, VISIT visit, void *closure)
{
	const struct client *client = *(struct client *const *)node;
	struct stock *stock = closure;

	if (visit != postorder && visit != leaf)
		return;
	stock->count++;
	if (client->connections > stock->largest)
		stock->largest = client->connections;
}

void clients_take_stock(struct clients *clients, unsigned *count, unsigned *largest)
{
	struct stock stock = { 0 };

	(void)pthread_mutex_lock(&clients->mutex);
	twalk_r(clients->tree, take_one, &stock);
	(void)pthread_mutex_unlock(&clients->mutex);
	*count = stock.count;
	*largest = stock.largest;
}

struct in6_addr clients_address(const struct sockaddr_storage *peer)
{
	const struct sockaddr_in *in4 = (const void *)peer;
	const struct sockaddr_in6 *in6 = (const void *)peer;
	struct in6_addr address = { 0 };

	if (peer->ss_family == AF_INET6)
		return in6->sin6_addr;
	if (peer->ss_family == AF_INET) {
		memset(&address.s6_addr[10], 0xff, 2);
		memcpy(&address.s6_addr[12], &in4->sin_addr, sizeof(in4->sin_addr));
	}
	return address;
}

const char *clients_text(const struct in6_addr *address, char out[INET6_ADDRSTRLEN])
{
	bool mapped = IN6_IS_ADDR_V4MAPPED(address);
	const void *bytes = mapped ? &address->s6_addr[12] : &address->s6_addr[0];

	(void)strcpy(out, IN6_IS_ADDR_UNSPECIFIED(address) ? "unix" : "");
	if (out[0] == '\0')
		(void)inet_ntop(mapped ? AF_INET : AF_INET6, bytes, out, INET6_ADDRSTRLEN);
	return out;
}
