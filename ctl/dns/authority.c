/* SPDX-License-Identifier: ISC */
#include "ctl/dns/authority.h"

#include "base/names.h"

#include <stdlib.h>
#include <string.h>

static enum err put(struct authority *authority, const char *name, const char *address, const char *error)
{
	struct authority_server server = { .error = error };
	struct authority_server *grown;

	if (authority->count == AUTHORITY_SERVERS_MAX) {
		authority->error = "more name servers than can be asked";
		return ERR_OK;
	}
	grown = reallocarray(authority->server, authority->count + 1, sizeof(*grown));
	if (grown == NULL)
		return ERR_NO_MEMORY;
	authority->server = grown;
	server.name = strdup(name);
	server.address = strdup(address);
	if (server.name == NULL || server.address == NULL) {
		free(server.name);
		free(server.address);
		return ERR_NO_MEMORY;
	}
	authority->server[authority->count++] = server;
	return ERR_OK;
}

static enum err put_found(const char *name, const struct ask *asks, struct authority *authority)
{
	size_t before = authority->count;
	enum err err = ERR_OK;

	for (size_t i = 0; i < ASK_FAMILIES && err == ERR_OK; i++) {
		const struct ask_record *record = NULL;

		while (err == ERR_OK && (record = ask_next(&asks[i], asks[i].type, record)) != NULL)
			err = put(authority, name, record->text, NULL);
		if (err == ERR_OK && asks[i].why != NULL)
			err = put(authority, name, "", "the resolver cannot tell its address");
	}
	if (err == ERR_OK && authority->count == before)
		err = put(authority, name, "", "it has no address");
	return err;
}

static enum err look_up(const struct ask_way *way, const struct names *servers, struct authority *authority)
{
	struct ask *asks = calloc(servers->count * ASK_FAMILIES, sizeof(*asks));
	enum err err;

	if (asks == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < servers->count; i++)
		ask_addresses(servers->item[i], &asks[i * ASK_FAMILIES]);
	err = ask_all(way, asks, servers->count * ASK_FAMILIES);
	for (size_t i = 0; i < servers->count && err == ERR_OK; i++)
		err = put_found(servers->item[i], &asks[i * ASK_FAMILIES], authority);
	ask_free(asks, servers->count * ASK_FAMILIES);
	free(asks);
	return err;
}

/* Only records at the name itself: where a CNAME leads there may be the top of another zone. */
static enum err gather(const struct ask *ask, struct names *servers)
{
	const struct ask_record *record = NULL;
	enum err err = ERR_OK;

	while (err == ERR_OK && (record = ask_next_here(ask, ns_t_ns, record)) != NULL)
		err = names_put(servers, record->text);
	return err;
}

/* A zone's servers stand at its top, which is the name or above it; of the root we ask nothing. */
static enum err climb(const struct ask_way *way, const char *name, struct names *servers, const char **error)
{
	enum err err = ERR_OK;

	while (err == ERR_OK && servers->count == 0 && *error == NULL) {
		struct ask ask = { .name = name, .type = ns_t_ns };

		err = ask_all(way, &ask, 1);
		if (err == ERR_OK && ask.why != NULL)
			*error = "the resolver cannot tell its name servers";
		if (err == ERR_OK)
			err = gather(&ask, servers);
		ask_free(&ask, 1);
		name = strchr(name, '.');
		if (name != NULL)
			name++;
		else if (servers->count == 0 && *error == NULL)
			*error = "no zone is known for it";
	}
	return err;
}

enum err authority_find(const struct ask_way *way, const char *name, struct authority *authority)
{
	struct names servers = { 0 };
	enum err err;

	err = climb(way, name, &servers, &authority->error);
	/* Resolvers turn them round and round; what is told of them shall not change with that. */
	names_sort(&servers);
	if (err == ERR_OK && authority->error == NULL)
		err = look_up(way, &servers, authority);
	names_free(&servers);
	return err;
}

void authority_free(struct authority *authority)
{
	for (size_t i = 0; i < authority->count; i++) {
		free(authority->server[i].name);
		free(authority->server[i].address);
	}
	free(authority->server);
	*authority = (struct authority){ 0 };
}
