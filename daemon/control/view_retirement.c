/* SPDX-License-Identifier: ISC */
#include "control/view_retirement.h"

#include "base/clock.h"
#include "control/reply.h"
#include "control/words.h"
#include "core/owner.h"
#include "core/registry_load.h"
#include "store/observations.h"
#include "store/revisions.h"

#include <string.h>

#define DOMAINS_NAMED 10

/* While the store is doubtful nobody knows anything; otherwise it is this domain's part that is damaged. */
static struct api_retirement unknown(const struct host *host)
{
	bool all = registry_is_in_doubt(host->registry, host->store);

	return (struct api_retirement){
		.state = all ? "unknown" : "unreadable",
		.text = all ? "unknown: the state cannot be read"
			    : "unreadable: what is stored of it is damaged",
		.next = all ? "look at the disk and the log"
			    : "see \"When the state is damaged\" in mta-stsd(8)",
		.next_action = { .action = "repair_state", .domains = json_array() },
		.wait = -1,
	};
}

static void show_held(const struct retirement_held *held, struct api_held *shown)
{
	if (held->mode == MODE_UNKNOWN)
		return;
	*shown = (struct api_held){ .id = held->id,
				    .mode = mode_text(held->mode),
				    .max_age = held->max_age,
				    .foreign = held->foreign,
				    .elsewhere = held->elsewhere,
				    .unknown_before = held->unknown_before };
	shape_put_time_or_none(held->last_served_at, shown->last_served_at);
}

/* The sentence of "next" for programs. */
static enum err show_action(const struct domain *domain, struct view_retirement *out)
{
	const struct words_action next = words_action(domain, &out->found);
	enum err err = ERR_OK;

	if (next.command != NULL)
		err = text_appendf(&out->command, "mta-stsctl %s%s%s", next.command,
				   next.names_domain ? " " : "", next.names_domain ? domain->name : "");
	if (err != ERR_OK)
		return err;
	out->shown.next_action = (struct api_action){ .action = next.action,
						      .command = out->command.bytes,
						      .domains = json_pack("[s]", domain->name) };
	return ERR_OK;
}

/* The JSON comes last, when all else is there. */
static enum err show(const struct host *host, const struct domain *domain, struct view_retirement *out)
{
	enum err err = words_state(host, domain->name, &out->found, &out->text);

	if (err == ERR_OK)
		err = words_next(host, domain, &out->found, &out->next);
	if (err != ERR_OK)
		return err;
	out->shown = (struct api_retirement){ .state = retirement_text(out->found.state),
					      .text = out->text.bytes,
					      .next = out->next.bytes,
					      .wait = out->found.wait };
	shape_put_time_or_none(out->found.safe_at, out->shown.safe_at);
	show_held(&out->found.held, &out->shown.held);
	return show_action(domain, out);
}

enum err view_retirement(const struct host *host, const struct domain *domain, struct view_retirement *out)
{
	enum err err = retirement_of(host->store, domain, clock_now(), host->started_at, &out->found);

	if (err == ERR_OK && out->found.state != RETIREMENT_OFF)
		err = show(host, domain, out);
	if (err != ERR_STORE)
		return err;
	out->shown = unknown(host);
	return ERR_OK;
}

void view_retirement_free(struct view_retirement *retirement)
{
	text_free(&retirement->text);
	text_free(&retirement->next);
	text_free(&retirement->command);
}

static json_t *write_retirement(const struct host *host, const struct domain *domain)
{
	struct view_retirement retirement = { 0 };
	json_t *json = NULL;

	if (view_retirement(host, domain, &retirement) == ERR_OK)
		json = shape_write(&shape_retirement, &retirement.shown);
	view_retirement_free(&retirement);
	return json;
}

/* The servers of one domain. */
struct servers {
	struct store *store;
	const char *domain;
	json_t *array;
};

static enum err add_server(void *context, const struct observed_answer *server)
{
	struct servers *servers = context;
	/* Whatever is damaged says no more than an address that nobody asked. */
	enum verdict verdict = server->verdict != VERDICT_UNKNOWN ? server->verdict : VERDICT_SKIPPED;
	struct api_server shown = { .server = server->server,
				    .address = server->address,
				    .verdict = verdict_text(verdict),
				    .ttl = server->ttl,
				    .said = server->said[0] != '\0' ? server->said : NULL,
				    .beside = server->beside[0] != '\0' ? server->beside : NULL,
				    .named_by = server->named != RECORD_NAMED_UNKNOWN
							? record_named_text(server->named)
							: NULL };
	enum err err = ERR_OK;

	if (verdict == VERDICT_OLD_ID)
		err = observations_is_foreign(servers->store, servers->domain, server->other_id,
					      &shown.foreign);
	if (err != ERR_OK)
		return err;
	servers->array = reply_append(servers->array, shape_write(&shape_server, &shown));
	return servers->array != NULL ? ERR_OK : ERR_NO_MEMORY;
}

/* Which id that was when it was taken: what is published may be right under newer ones of the record. */
struct showing {
	const struct host *host;
	const struct domain *domain;
	struct view_dns *out;
};

static enum err show_look(void *context, const struct observation *observation)
{
	const struct showing *showing = context;
	struct view_dns *out = showing->out;
	bool newest = strcmp(observation->id, showing->domain->published->id) == 0;
	enum err err =
		text_appendf(&out->id, "%s",
			     newest ? owner_id(showing->host->registry, showing->domain) : observation->id);

	if (err == ERR_OK && observation->error[0] != '\0')
		err = text_appendf(&out->error, "%s", observation->error);
	out->shown.verdict = verdict_text(observation->verdict);
	out->shown.id = out->id.bytes;
	out->shown.error = out->error.bytes;
	shape_put_time(observation->at, out->shown.at);
	return err;
}

/* Of the published revision, which comes first; then that is enough. */
static enum err show_seen(void *context, const struct history_row *row)
{
	struct api_dns *shown = context;

	shape_put_time_or_none(row->seen_at, shown->seen_since);
	shown->ttl = row->ttl;
	return ERR_EXISTS;
}

static enum err show_servers(const struct host *host, const char *domain, struct view_dns *out)
{
	struct servers servers = { host->store, domain, json_array() };
	enum err err = words_dns(host, domain, &out->text);

	if (err == ERR_OK)
		err = observations_each_server(host->store, domain, add_server, &servers);
	if (err == ERR_OK && revisions_history(host->store, domain, show_seen, &out->shown) != ERR_EXISTS)
		err = ERR_STORE;
	if (err != ERR_OK) {
		json_decref(servers.array);
		return err;
	}
	out->shown.text = out->text.bytes;
	out->shown.servers = servers.array;
	return ERR_OK;
}

enum err view_dns(const struct host *host, const struct domain *domain, struct view_dns *out)
{
	struct showing showing = { host, domain, out };
	enum err err = observations_last(host->store, domain->name, show_look, &showing);

	if (err == ERR_OK && out->shown.verdict != NULL)
		err = show_servers(host, domain->name, out);
	if (err != ERR_STORE)
		return err;
	out->shown = (struct api_dns){ 0 }; /* while the state cannot be read nobody knows */
	return ERR_OK;
}

void view_dns_free(struct view_dns *dns)
{
	text_free(&dns->id);
	text_free(&dns->error);
	text_free(&dns->text);
}

/* The first few of every state. */
struct retiring {
	const struct host *host;
	json_int_t count[RETIREMENT_STATES];
	const struct domain *first[RETIREMENT_STATES][DOMAINS_NAMED];
	json_int_t unreadable; /* what is stored of them is damaged */
	const struct domain *first_unreadable[DOMAINS_NAMED];
};

static enum err count_unreadable(struct retiring *retiring, const struct domain *domain)
{
	if (registry_is_in_doubt(retiring->host->registry, retiring->host->store))
		return ERR_STORE;
	if (retiring->unreadable < DOMAINS_NAMED)
		retiring->first_unreadable[retiring->unreadable] = domain;
	retiring->unreadable++;
	return ERR_OK;
}

static enum err count_retiring(void *context, const struct domain *domain)
{
	struct retiring *retiring = context;
	const struct host *host = retiring->host;
	enum retirement_state state;
	enum err err = retirement_state(host->store, domain, clock_now(), host->started_at, &state);

	if (err == ERR_STORE)
		return count_unreadable(retiring, domain);
	if (err != ERR_OK)
		return err;
	if (retiring->count[state] < DOMAINS_NAMED)
		retiring->first[state][retiring->count[state]] = domain;
	retiring->count[state]++;
	return ERR_OK;
}

static json_t *add_first(const struct host *host, json_t *array, const struct domain *const *first,
			 json_int_t count)
{
	for (json_int_t i = 0; array != NULL && i < count && json_array_size(array) < DOMAINS_NAMED; i++) {
		json_t *json = write_retirement(host, first[i]);

		(void)json_object_set_new(json, "domain", json_string(first[i]->name));
		array = reply_append(array, json);
	}
	return array;
}

static json_t *view_first(const struct retiring *retiring)
{
	static const enum retirement_state order[] = { RETIREMENT_WAITING, RETIREMENT_PUBLISHING,
						       RETIREMENT_CONFIRMING, RETIREMENT_SAFE,
						       RETIREMENT_DRAINING };
	json_t *array = json_array();

	array = add_first(retiring->host, array, retiring->first_unreadable, retiring->unreadable);
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		array = add_first(retiring->host, array, retiring->first[order[i]],
				  retiring->count[order[i]]);
	return array;
}

struct api_retiring view_retiring(const struct host *host)
{
	struct retiring retiring = { .host = host };

	if (registry_each_marked(host->registry, MARK_NONE, count_retiring, &retiring) != ERR_OK)
		return (struct api_retiring){ .publishing =
						      -1 }; /* the state cannot be read, and nobody knows */
	return (struct api_retiring){ .publishing = retiring.count[RETIREMENT_PUBLISHING],
				      .waiting = retiring.count[RETIREMENT_WAITING],
				      .draining = retiring.count[RETIREMENT_DRAINING],
				      .confirming = retiring.count[RETIREMENT_CONFIRMING],
				      .safe = retiring.count[RETIREMENT_SAFE],
				      .unreadable = retiring.unreadable,
				      .domains = view_first(&retiring) };
}
