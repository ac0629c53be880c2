/* SPDX-License-Identifier: ISC */
#include "ctl/dns/look.h"

#include "ctl/dns/authority.h"
#include "ctl/dns/heard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CNAMES_MAX 8

/* A name on the way, and the longest TTL of the CNAMEs that led there. */
struct step {
	char name[ASK_NAME_SIZE];
	uint32_t ttl;
};

/* The steps before now were looked at, those behind it are still to be. */
struct walk {
	int type; /* of the records that are looked for */
	struct step step[CNAMES_MAX + 1];
	size_t count;
	size_t now;
	const char *end; /* the one at which somebody had the answer, or NULL */
	bool forks;      /* there were several of them */
};

/* A copy that lives as long as the look. */
static enum err keep(struct look *look, const char *string, const char **kept)
{
	enum err err = names_put(&look->strings, string);

	if (err == ERR_OK)
		*kept = look->strings.item[look->strings.count - 1];
	return err;
}

static enum err put(struct look *look, const struct record_answer *heard)
{
	struct record_answer answer = *heard;
	struct record_answer *grown;
	enum err err;

	if (look->count == RECORD_SERVERS_MAX) {
		look->error = "more name servers than can be told of";
		return ERR_OK;
	}
	grown = reallocarray(look->answer, look->count + 1, sizeof(*grown));
	if (grown == NULL)
		return ERR_NO_MEMORY;
	look->answer = grown;
	err = keep(look, *heard->server != '\0' ? heard->server : ".", &answer.server);
	if (err == ERR_OK)
		err = keep(look, heard->address, &answer.address);
	if (err == ERR_OK)
		look->answer[look->count++] = answer;
	return err;
}

static uint32_t longer(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* One that has already been looked at would be looked at for ever. */
static const char *go_on(struct walk *walk, const struct ask_record *cname)
{
	uint32_t ttl = longer(walk->step[walk->now].ttl, cname->ttl);

	for (size_t i = 0; i < walk->count; i++) {
		if (strcmp(walk->step[i].name, cname->text) != 0)
			continue;
		if (i <= walk->now)
			return "its CNAME leads in a circle";
		walk->step[i].ttl = longer(walk->step[i].ttl, ttl);
		return NULL;
	}
	if (walk->count > CNAMES_MAX)
		return "too many CNAMEs";
	(void)snprintf(walk->step[walk->count].name, ASK_NAME_SIZE, "%s", cname->text);
	walk->step[walk->count++].ttl = ttl;
	return NULL;
}

/* What stands at the very name, or from a resolver, who follows CNAMEs by himself, at its end. */
static enum err put_texts(const struct ask *ask, struct look *look)
{
	__typeof__(ask_next) *next = ask->server != NULL ? ask_next_here : ask_next;
	struct record_answer *answer = &look->answer[look->count - 1];
	const struct ask_record *record = NULL;
	enum err err = ERR_OK;

	while (err == ERR_OK && answer->text_count < RECORD_TEXTS_MAX &&
	       (record = next(ask, ask->type, record)) != NULL) {
		answer->ttl = longer(answer->ttl, record->ttl);
		err = keep(look, record->text, &answer->texts[answer->text_count]);
		answer->text_count += err == ERR_OK;
	}
	record_sort(answer->texts, answer->text_count);
	return err;
}

static void note_end(struct walk *walk)
{
	const char *name = walk->step[walk->now].name;

	walk->forks = walk->forks || (walk->end != NULL && walk->end != name);
	walk->end = name;
}

/* What one address said: put, or followed. */
static enum err hear(const struct ask *ask, const struct authority_server *from, struct walk *walk,
		     struct look *look)
{
	const struct ask_record *cname = ask_next_here(ask, ns_t_cname, NULL);
	struct record_answer heard = { .server = from->name,
				       .address = from->address,
				       .ttl = walk->step[walk->now].ttl,
				       .named = from->named,
				       .skipped = ask->state == ASK_NO_ROUTE };
	enum err err;

	if (ask->state == ASK_FAILED || ask->state == ASK_SILENT)
		heard.error = ask->why;
	else if (!heard.skipped && !ask->authoritative)
		heard.error = "answered without being authoritative";
	else if (cname != NULL && (ask_next_here(ask, ns_t_cname, cname) != NULL ||
				   ask_next_here(ask, walk->type, NULL) != NULL))
		heard.error = "answered with a CNAME and something beside it";
	else if (cname != NULL)
		heard.error = go_on(walk, cname);
	if (cname != NULL && heard.error == NULL)
		return ERR_OK;
	if (heard.error == NULL && !heard.skipped)
		note_end(walk);
	err = put(look, &heard);
	if (err == ERR_OK && heard.error == NULL && look->error == NULL)
		err = put_texts(ask, look);
	return err;
}

static enum err put_unasked(const struct authority_server *from, struct look *look)
{
	return put(look, &(struct record_answer){ .server = from->name,
						  .address = from->address,
						  .error = from->error,
						  .named = from->named });
}

/* What is told of such a server is what stands where it leads, by whatever address it can be reached. */
static bool leads_on(const struct authority *authority, const struct ask *asks, const char *server)
{
	for (size_t i = 0; i < authority->count; i++) {
		if (authority->server[i].error != NULL)
			continue;
		if (strcmp(authority->server[i].name, server) == 0 && asks->authoritative &&
		    ask_next_here(asks, ns_t_cname, NULL) != NULL)
			return true;
		asks++;
	}
	return false;
}

static enum err ask_servers(const struct ask_way *way, const struct authority *authority, struct walk *walk,
			    struct look *look)
{
	struct ask *asks = calloc(authority->count, sizeof(*asks));
	const char *name = walk->step[walk->now].name;
	size_t count = 0;
	enum err err;

	if (asks == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < authority->count; i++) {
		if (authority->server[i].error == NULL)
			asks[count++] = (struct ask){ .server = authority->server[i].address,
						      .name = name,
						      .type = walk->type };
	}
	err = heard_ask(way, asks, count);
	count = 0;
	for (size_t i = 0; i < authority->count && err == ERR_OK; i++) {
		const struct authority_server *server = &authority->server[i];

		if (server->error != NULL)
			err = put_unasked(server, look);
		else if (asks[count++].state != ASK_NO_ROUTE || !leads_on(authority, asks, server->name))
			err = hear(&asks[count - 1], server, walk, look);
	}
	ask_free(asks, authority->count);
	free(asks);
	return err;
}

static enum err look_at_name(const struct ask_way *way, struct walk *walk, struct look *look)
{
	struct authority authority = { 0 };
	char *name = walk->step[walk->now].name;
	enum err err;

	err = authority_find(way, name, &authority);
	if (err == ERR_OK && authority.error == NULL)
		err = ask_servers(way, &authority, walk, look);
	else if (err == ERR_OK && walk->now == 0)
		look->error = authority.error;
	else if (err == ERR_OK)
		err = put(look,
			  &(struct record_answer){ .server = name, .address = "", .error = authority.error });
	authority_free(&authority);
	return err;
}

/* Where the CNAME of a name that nobody has leads, if it is that of a wildcard. */
static enum err find_wildcard(const struct ask_way *way, const char *domain, const struct walk *walk,
			      struct look *look)
{
	char stray[ASK_NAME_SIZE];
	struct ask ask = { .name = stray, .type = ns_t_txt };
	const struct ask_record *cname;
	enum err err;

	(void)snprintf(stray, sizeof(stray), LOOK_STRAY_PREFIX "%s", domain);
	err = heard_ask(way, &ask, 1);
	cname = err == ERR_OK ? ask_next_here(&ask, ns_t_cname, NULL) : NULL;
	if (cname != NULL && strcmp(cname->text, walk->step[1].name) == 0)
		(void)record_owner(domain, look->record);
	else if (ask.state == ASK_FAILED || ask.state == ASK_SILENT || ask.state == ASK_NO_ROUTE)
		look->record[0] = '\0';
	ask_free(&ask, 1);
	return err;
}

static enum err name_record(const struct ask_way *way, const char *domain, const struct walk *walk,
			    struct look *look)
{
	if (record_owner_normalise(walk->end, look->record) != ERR_OK)
		look->record[0] = '\0';
	return walk->end != walk->step[0].name ? find_wildcard(way, domain, walk, look) : ERR_OK;
}

static enum err go(const struct ask_way *way, struct walk *walk, struct look *look)
{
	enum err err = ERR_OK;

	walk->count = 1;
	for (; walk->now < walk->count && err == ERR_OK && look->error == NULL; walk->now++)
		err = look_at_name(way, walk, look);
	return err;
}

enum err look_take(const struct ask_way *way, const char *domain, struct look *look)
{
	struct walk walk = { .type = ns_t_txt };
	enum err err;

	(void)snprintf(walk.step[0].name, ASK_NAME_SIZE, "_mta-sts.%s", domain);
	err = go(way, &walk, look);
	if (err == ERR_OK && walk.end != NULL && !walk.forks)
		err = name_record(way, domain, &walk, look);
	if (err != ERR_OK)
		look_free(look);
	return err;
}

bool look_is_answer(const struct record_answer *answer)
{
	return answer->error == NULL && !answer->skipped;
}

static bool is_answered(const struct look *look)
{
	for (size_t i = 0; i < look->count; i++) {
		if (look_is_answer(&look->answer[i]))
			return true;
	}
	return false;
}

static enum err ask_resolver(const struct ask_way *way, const struct walk *walk, struct look *look)
{
	struct record_answer heard = { .server = LOOK_RESOLVER, .address = "" };
	struct ask ask = { .name = walk->step[0].name, .type = walk->type };
	enum err err = heard_ask(way, &ask, 1);

	heard.error = ask.why;
	if (err == ERR_OK)
		err = put(look, &heard);
	if (err == ERR_OK && heard.error == NULL)
		err = put_texts(&ask, look);
	ask_free(&ask, 1);
	return err;
}

enum err look_at(const struct ask_way *way, const char *name, int type, struct look *look)
{
	struct walk walk = { .type = type };
	enum err err = ERR_OK;

	(void)snprintf(walk.step[0].name, ASK_NAME_SIZE, "%s", name);
	if (strchr(name, '.') != NULL)
		err = go(way, &walk, look);
	if (err == ERR_OK && !is_answered(look)) {
		look_free(look);
		err = ask_resolver(way, &walk, look);
	}
	if (err != ERR_OK)
		look_free(look);
	return err;
}

void look_free(struct look *look)
{
	free(look->answer);
	names_free(&look->strings);
	*look = (struct look){ 0 };
}
