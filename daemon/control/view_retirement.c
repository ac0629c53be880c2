/* SPDX-License-Identifier: ISC */
#include "control/view_retirement.h"

#include "base/clock.h"
#include "control/reply.h"
#include "control/words.h"
#include "core/registry_load.h"
#include "store/observations.h"
#include "store/revisions.h"

#define DOMAINS_NAMED 10

static json_t *view_held(const struct retirement_held *held)
{
	if (held->id[0] == '\0')
		return json_null();
	return json_pack("{s: o, s: s, s: I, s: b, s: o}", "id", reply_text(held->id), "mode",
			 mode_text(held->mode), "max_age", (json_int_t)held->max_age, "foreign",
			 held->foreign, "last_served_at", reply_time_or_null(held->last_served_at));
}

/* While the store is doubtful nobody knows anything; otherwise it is this domain's part that is damaged. */
static json_t *view_unknown(const struct host *host)
{
	bool all = registry_is_in_doubt(host->registry, host->store);

	return json_pack(
		"{s: s, s: s, s: s, s: {s: s, s: n, s: []}, s: n, s: n, s: n}", "state",
		all ? "unknown" : "unreadable", "text",
		all ? "unknown: the state cannot be read" : "unreadable: what is stored of it is damaged",
		"next",
		all ? "look at the disk and the log" : "see \"When the state is damaged\" in mta-stsd(8)",
		"next_action", "action", "repair_state", "command", "domains", "safe_at", "wait", "held");
}

/* The sentence of "next" for programs. */
static json_t *view_action(const struct domain *domain, const struct retirement *retirement)
{
	const struct words_action next = words_action(domain, retirement);
	json_t *command = json_null();

	if (next.command != NULL)
		command = json_sprintf("mta-stsctl %s%s%s", next.command, next.names_domain ? " " : "",
				       next.names_domain ? domain->name : "");
	return json_pack("{s: s, s: o, s: [s]}", "action", next.action, "command", command, "domains",
			 domain->name);
}

json_t *view_retirement(const struct host *host, const struct domain *domain)
{
	struct retirement retirement;
	struct text text = { 0 };
	struct text next = { 0 };
	json_t *json = NULL;
	enum err err = retirement_of(host->store, domain, clock_now(), host->started_at, &retirement);

	if (err == ERR_OK && retirement.state == RETIREMENT_OFF)
		return json_null();
	if (err == ERR_OK)
		err = words_state(host, domain->name, &retirement, &text);
	if (err == ERR_OK)
		err = words_next(domain, &retirement, &next);
	if (err == ERR_OK)
		json = json_pack("{s: s, s: o, s: o, s: o, s: o, s: I, s: o}", "state",
				 retirement_text(retirement.state), "text", reply_text(text.bytes), "next",
				 reply_text(next.bytes), "next_action", view_action(domain, &retirement),
				 "safe_at", reply_time_or_null(retirement.safe_at), "wait",
				 (json_int_t)retirement.wait, "held", view_held(&retirement.held));
	else if (err == ERR_STORE)
		json = view_unknown(host);
	text_free(&text);
	text_free(&next);
	return json;
}

/* The servers of one domain. */
struct servers {
	struct store *store;
	const char *domain;
	json_t *array;
};

static enum err add_server(void *context, const struct observed_server *server)
{
	struct servers *servers = context;
	/* Whatever is damaged says no more than an address that nobody asked. */
	enum verdict verdict = server->verdict != VERDICT_UNKNOWN ? server->verdict : VERDICT_SKIPPED;
	bool foreign = false;
	char id[ID_SIZE];
	enum err err = ERR_OK;

	if (verdict == VERDICT_OLD_ID && record_parse(server->said, id) == ERR_OK)
		err = observations_is_foreign(servers->store, servers->domain, id, &foreign);
	if (err != ERR_OK)
		return err;
	servers->array = reply_append(
		servers->array,
		json_pack("{s: o, s: o, s: s, s: b, s: o, s: o}", "server", reply_text(server->server),
			  "address", reply_text(server->address), "verdict", verdict_text(verdict), "foreign",
			  foreign, "ttl", server->ttl > 0 ? json_integer(server->ttl) : json_null(), "said",
			  server->said[0] != '\0' ? reply_text(server->said) : json_null()));
	return servers->array != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static enum err view_look(void *context, const struct observation *observation)
{
	json_t **json = context;

	*json = json_pack("{s: s, s: o, s: o, s: o}", "verdict", verdict_text(observation->verdict), "at",
			  reply_time(observation->at), "id", reply_text(observation->id), "error",
			  observation->error[0] != '\0' ? reply_text(observation->error) : json_null());
	return *json != NULL ? ERR_OK : ERR_NO_MEMORY;
}

/* Of the published revision, which comes first; then that is enough. */
static enum err add_seen(void *context, const struct history_row *row)
{
	json_t *json = context;

	(void)json_object_set_new(json, "seen_since", reply_time_or_null(row->seen_at));
	(void)json_object_set_new(json, "ttl", row->ttl > 0 ? json_integer(row->ttl) : json_null());
	return ERR_EXISTS;
}

json_t *view_dns(const struct host *host, const struct domain *domain)
{
	json_t *json = json_null();
	struct servers servers = { host->store, domain->name, json_array() };
	struct text text = { 0 };
	enum err err = observations_last(host->store, domain->name, view_look, &json);

	if (err == ERR_OK && json_is_null(json)) {
		json_decref(servers.array);
		return json;
	}
	if (err == ERR_OK)
		err = words_dns(host, domain->name, &text);
	if (err == ERR_OK)
		err = observations_each_server(host->store, domain->name, add_server, &servers);
	if (err == ERR_OK && revisions_history(host->store, domain->name, add_seen, json) != ERR_EXISTS)
		err = ERR_STORE;
	if (err == ERR_OK && json_object_set_new(json, "text", reply_text(text.bytes)) == 0 &&
	    json_object_set(json, "servers", servers.array) == 0) {
		json_decref(servers.array);
		text_free(&text);
		return json;
	}
	json_decref(servers.array);
	json_decref(json);
	text_free(&text);
	return err == ERR_STORE ? json_null() : NULL; /* while the state cannot be read nobody knows */
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
	struct retirement retirement;
	enum err err = retirement_of(host->store, domain, clock_now(), host->started_at, &retirement);

	if (err == ERR_STORE)
		return count_unreadable(retiring, domain);
	if (err != ERR_OK)
		return err;
	if (retiring->count[retirement.state] < DOMAINS_NAMED)
		retiring->first[retirement.state][retiring->count[retirement.state]] = domain;
	retiring->count[retirement.state]++;
	return ERR_OK;
}

static json_t *add_first(const struct host *host, json_t *array, const struct domain *const *first,
			 json_int_t count)
{
	for (json_int_t i = 0; array != NULL && i < count && json_array_size(array) < DOMAINS_NAMED; i++) {
		json_t *json = view_retirement(host, first[i]);

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

json_t *view_retiring(const struct host *host)
{
	struct retiring retiring = { .host = host };

	if (registry_each(host->registry, count_retiring, &retiring) != ERR_OK)
		return json_null(); /* the state cannot be read, and nobody knows */
	return json_pack("{s: I, s: I, s: I, s: I, s: I, s: I, s: o}", "publishing",
			 retiring.count[RETIREMENT_PUBLISHING], "waiting", retiring.count[RETIREMENT_WAITING],
			 "draining", retiring.count[RETIREMENT_DRAINING], "confirming",
			 retiring.count[RETIREMENT_CONFIRMING], "safe", retiring.count[RETIREMENT_SAFE],
			 "unreadable", retiring.unreadable, "domains", view_first(&retiring));
}
