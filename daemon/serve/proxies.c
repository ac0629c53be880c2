/* SPDX-License-Identifier: ISC */
#include "serve/proxies.h"

#include "base/network.h"
#include "serve/clients.h"

#include <stdlib.h>
#include <string.h>

struct proxies {
	bool is_unix;
	size_t count;
	struct network network[];
};

enum err proxies_new(const struct names *names, struct proxies **proxies)
{
	struct proxies *new = calloc(1, sizeof(*new) + names->count * sizeof(new->network[0]));

	if (new == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->item[i], PROXIES_UNIX) == 0) {
			new->is_unix = true;
		} else if (network_parse(names->item[i], &new->network[new->count++]) != ERR_OK) {
			free(new);
			return ERR_SYNTAX;
		}
	}
	*proxies = new;
	return ERR_OK;
}

void proxies_free(struct proxies **proxies)
{
	free(*proxies);
	*proxies = NULL;
}

bool proxies_include(const struct proxies *proxies, const struct sockaddr_storage *peer)
{
	const struct in6_addr address = clients_address(peer);
	bool is_included = false;

	if (proxies == NULL)
		return false;
	if (peer->ss_family == AF_UNIX)
		return proxies->is_unix;
	for (size_t i = 0; i < proxies->count && !is_included; i++)
		is_included = network_contains(&proxies->network[i], &address);
	return is_included;
}
