/* SPDX-License-Identifier: ISC */
#include "ctl/dns/authority.h"

#include "ctl/dns/heard.h"
#include "ctl/dns/zone.h"

#include <stdlib.h>
#include <string.h>

/*
 * So many servers of a zone with one label are asked at once, and no more when one of them answers: they are
 * strangers, and tell all the same.
 */
#define ASKED_AT_ONCE 4

/* Servers that a zone's own servers name may name others in turn. */
#define ROUNDS_MAX 4

/* A zone whose servers are looked for. */
struct search {
	const struct ask_way *way;
	struct zone zone;
	struct names looked_up;      /* servers */
	struct authority *authority; /* what is found */
	size_t asked;                /* so many of them were asked for the zone's list */
};

static bool has(const struct authority *authority, const char *name, const char *address)
{
	for (size_t i = 0; i < authority->count; i++) {
		if (strcmp(authority->server[i].name, name) == 0 &&
		    strcmp(authority->server[i].address, address) == 0)
			return true;
	}
	return false;
}

static enum err put(struct authority *authority, const char *name, const char *address, const char *error)
{
	struct authority_server server = { .error = error };
	struct authority_server *grown;

	if (has(authority, name, address))
		return ERR_OK;
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

/* What the resolver says of one server's addresses; glue may tell of others. */
static enum err put_found(const char *name, const struct ask *asks, struct search *search)
{
	bool found = names_has(&search->zone.hosts, name);
	enum err err = ERR_OK;

	for (size_t i = 0; i < ASK_FAMILIES && err == ERR_OK; i++) {
		const struct ask_record *record = NULL;

		while (err == ERR_OK && (record = ask_next(&asks[i], asks[i].type, record)) != NULL) {
			err = put(search->authority, name, record->text, NULL);
			found = true;
		}
		if (err == ERR_OK && asks[i].why != NULL) {
			err = put(search->authority, name, "",
				  asks[i].deaf ? asks[i].why : "the resolver cannot tell its address");
			found = true;
		}
	}
	if (err == ERR_OK && !found)
		err = put(search->authority, name, "", "it has no address");
	return err;
}

static enum err look_up(struct search *search, const struct names *servers)
{
	struct ask *asks = calloc(servers->count, ASK_FAMILIES * sizeof(*asks));
	enum err err;

	if (asks == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < servers->count; i++)
		ask_addresses(servers->item[i], &asks[i * ASK_FAMILIES]);
	err = heard_ask(search->way, asks, servers->count * ASK_FAMILIES);
	for (size_t i = 0; i < servers->count && err == ERR_OK; i++)
		err = put_found(servers->item[i], &asks[i * ASK_FAMILIES], search);
	ask_free(asks, servers->count * ASK_FAMILIES);
	free(asks);
	return err;
}

static enum err note_new(struct search *search, const struct names *list, struct names *new)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < list->count && err == ERR_OK; i++) {
		if (names_has(&search->looked_up, list->item[i]))
			continue;
		err = names_put(new, list->item[i]);
		if (err == ERR_OK)
			err = names_put(&search->looked_up, list->item[i]);
	}
	return err;
}

/* Find the addresses of every server that is named and was not looked up yet. */
static enum err look_up_new(struct search *search)
{
	const struct zone *zone = &search->zone;
	const struct names *const lists[] = { &zone->told, &zone->above, &zone->own };
	struct names new = { 0 };
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists) && err == ERR_OK; i++)
		err = note_new(search, lists[i], &new);
	if (err == ERR_OK && new.count > 0)
		err = look_up(search, &new);
	names_free(&new);
	return err;
}

/* A zone's servers stand at its top, which is the name or above it; of the root we ask nothing. */
static enum err climb(const struct ask_way *way, const char *name, struct zone *zone, const char **error)
{
	enum err err = ERR_OK;

	while (err == ERR_OK && zone->told.count == 0 && *error == NULL && name != NULL) {
		struct ask ask = { .name = name, .type = ns_t_ns };

		zone->top = name;
		err = heard_ask(way, &ask, 1);
		if (err == ERR_OK && ask.why != NULL)
			*error = ask.deaf ? ask.why : "the resolver cannot tell its name servers";
		if (err == ERR_OK)
			err = zone_hear_resolver(zone, &ask);
		ask_free(&ask, 1);
		name = strchr(name, '.');
		if (name != NULL)
			name++;
	}
	return err;
}

/* What a server of the zone above says; one that has the zone itself is asked by senders, too. */
static enum err hear_above(struct search *search, const struct ask *ask, const struct authority_server *from)
{
	bool has_zone;
	enum err err = zone_hear_above(&search->zone, ask, &has_zone);

	return err == ERR_OK && has_zone ? put(search->authority, from->name, from->address, NULL) : err;
}

static bool is_answered(const struct ask *ask)
{
	return ask->state == ASK_ANSWERED || ask->state == ASK_NOTHING || ask->state == ASK_NO_NAME;
}

static enum err hear(struct search *search, const struct authority *of, size_t first, size_t count,
		     const struct ask *ask, bool *heard)
{
	enum err err = ERR_OK;

	for (size_t i = first; i < first + count && err == ERR_OK; i++) {
		if (of->server[i].error != NULL)
			continue;
		*heard = *heard || is_answered(ask);
		err = of == search->authority ? zone_hear_own(&search->zone, ask)
					      : hear_above(search, ask, &of->server[i]);
		ask++;
	}
	return err;
}

/* Ask some servers, of the zone or of the zone above, who has the zone. */
static enum err ask_some(struct search *search, const struct authority *of, size_t first, size_t count,
			 bool *heard)
{
	struct ask *asks = calloc(count, sizeof(*asks));
	size_t asked = 0;
	enum err err;

	if (asks == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = first; i < first + count; i++) {
		if (of->server[i].error == NULL)
			asks[asked++] = (struct ask){ .server = of->server[i].address,
						      .name = search->zone.top,
						      .type = ns_t_ns,
						      .referral = true };
	}
	err = heard_ask(search->way, asks, asked);
	if (err == ERR_OK)
		err = hear(search, of, first, count, asks, heard);
	ask_free(asks, asked);
	free(asks);
	return err;
}

static enum err find(struct search *search);

/* The servers of the zone above, and its name; none when there is no such zone. */
static enum err find_above(const struct search *search, struct authority *above, const char **name)
{
	struct search up = { .way = search->way, .authority = above };
	enum err err = climb(search->way, strchr(search->zone.top, '.') + 1, &up.zone, &above->error);

	*name = up.zone.top;
	if (err == ERR_OK && up.zone.told.count > 0)
		err = find(&up);
	zone_free(&up.zone);
	names_free(&up.looked_up);
	return err;
}

static enum err ask_above(struct search *search)
{
	struct authority above = { 0 };
	const char *name = NULL;
	bool heard = false;
	enum err err = find_above(search, &above, &name);
	bool all = strchr(name, '.') != NULL;

	for (size_t i = 0, count; err == ERR_OK && i < above.count && (all || !heard); i += count) {
		count = above.count - i;
		if (!all && count > ASKED_AT_ONCE)
			count = ASKED_AT_ONCE;
		err = ask_some(search, &above, i, count, &heard);
	}
	if (err == ERR_OK && !heard && (above.count > 0 || above.error != NULL))
		err = put(search->authority, name, "", "nobody there tells who has the zone below it");
	authority_free(&above);
	return err;
}

static enum err put_glue(struct search *search)
{
	const struct zone *zone = &search->zone;
	enum err err = ERR_OK;

	for (size_t i = 0; i < zone->glue.count && err == ERR_OK; i++) {
		if (names_has(&zone->above, zone->hosts.item[i]))
			err = put(search->authority, zone->hosts.item[i], zone->glue.item[i], NULL);
	}
	return err;
}

/* Until nobody names a server that was not asked. */
static enum err ask_own(struct search *search)
{
	enum err err = look_up_new(search);

	for (int round = 0; round < ROUNDS_MAX && err == ERR_OK && search->asked < search->authority->count;
	     round++) {
		size_t first = search->asked;
		bool heard = false;

		search->asked = search->authority->count;
		err = ask_some(search, search->authority, first, search->asked - first, &heard);
		if (err == ERR_OK)
			err = look_up_new(search);
	}
	if (search->asked < search->authority->count)
		search->authority->error = "its name servers name ever more name servers";
	return err;
}

/* Resolvers turn servers round and round; what is told of them shall not change with that. */
static int order(const void *a, const void *b)
{
	const struct authority_server *left = a, *right = b;
	int by_name = strcmp(left->name, right->name);

	return by_name != 0 ? by_name : strcmp(left->address, right->address);
}

/* All servers of a zone whose top is known. */
static enum err find(struct search *search)
{
	struct authority *authority = search->authority;
	enum err err = ERR_OK;

	if (strchr(search->zone.top, '.') != NULL)
		err = ask_above(search);
	if (err == ERR_OK)
		err = put_glue(search);
	if (err == ERR_OK && strchr(search->zone.top, '.') != NULL)
		err = ask_own(search);
	else if (err == ERR_OK)
		err = look_up_new(search);
	for (size_t i = 0; i < authority->count; i++)
		authority->server[i].named = zone_named(&search->zone, authority->server[i].name);
	if (authority->count > 0)
		qsort(authority->server, authority->count, sizeof(*authority->server), order);
	return err;
}

enum err authority_find(const struct ask_way *way, const char *name, struct authority *authority)
{
	struct search search = { .way = way, .authority = authority };
	enum err err = climb(way, name, &search.zone, &authority->error);

	if (err == ERR_OK && search.zone.told.count > 0)
		err = find(&search);
	else if (err == ERR_OK && authority->error == NULL)
		authority->error = "no zone is known for it";
	zone_free(&search.zone);
	names_free(&search.looked_up);
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
