/* SPDX-License-Identifier: ISC */
#include "control/look.h"

#include "base/clock.h"
#include "config.h"
#include "control/reply.h"
#include "control/rows.h"
#include "control/view.h"
#include "control/view_certificates.h"
#include "control/view_record.h"
#include "control/view_retirement.h"
#include "core/registry_load.h"
#include "core/timekeeper.h"
#include "store/condition.h"
#include "store/reading.h"

#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#define PATTERN_SIZE 1024

static struct api_connections view_connections(const struct pool_use *use, const struct limits *limits)
{
	return (struct api_connections){
		.open = (json_int_t)use->connections,
		.limit = (json_int_t)limits->max_connections,
		.clients = (json_int_t)use->clients,
		.largest_client = (json_int_t)use->largest_client,
		.per_client_limit = (json_int_t)limits->max_connections_per_client,
		.memory_bytes = (json_int_t)use->memory,
		.memory_limit_bytes = (json_int_t)limits->max_memory,
		.log_lines_left_out = (json_int_t)use->lines_left_out,
		.log_lines_limit = (json_int_t)limits->max_log_lines,
	};
}

/* The object that holds the values of a family; NULL without memory. */
static json_t *family_of(json_t *counters, const struct counter_row *row)
{
	json_t *family;

	if (row->label == NULL)
		return counters;
	family = json_object_get(counters, row->family);
	if (family != NULL)
		return family;
	(void)json_object_set_new(counters, row->family, json_object());
	return json_object_get(counters, row->family);
}

static json_t *view_counters(const struct pool_use *use)
{
	json_t *counters = json_object();

	for (size_t i = 0; counters != NULL && i < COUNTER_COUNT; i++) {
		const struct counter_row *row = &counters_table[i];
		const char *name = row->label != NULL ? row->value : row->family;

		if (json_object_set_new(family_of(counters, row), name,
					json_integer((json_int_t)use->counts[i])) == 0)
			continue;
		json_decref(counters);
		return NULL;
	}
	return counters;
}

/* What can be written today is not called ok when there is no room for it. */
static const char *view_condition(const struct host *host, const struct room *room)
{
	enum condition condition = condition_of(host->store);

	if (registry_is_in_doubt(host->registry, host->store))
		return condition_text(CONDITION_DOUBTFUL);
	return condition == CONDITION_OK && room->state == ROOM_NONE ? "full" : condition_text(condition);
}

void look_status(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	const struct host *host = control->host;
	const struct reload_files *files = host->files;
	struct pool_use use;
	struct api_status shown;
	struct room room;

	(void)request;
	action_catch_up(host);
	pool_take_stock(control->pool, &use);
	store_look(host->store);
	room = room_look(host->store);
	timekeeper_look(host->timekeeper);
	reading_begin(host->store);
	shown = (struct api_status){ .version = PACKAGE_VERSION,
				     .pid = getpid(),
				     .files_held = files->held,
				     .config = files->config_path,
				     .listen = reply_names(control->listen),
				     .orphaned_domains = view_orphans(host),
				     .retiring = view_retiring(host),
				     .unseen_domains = view_unseen(host),
				     .connections = view_connections(&use, pool_limits(control->pool)),
				     .counters = view_counters(&use),
				     .store = view_condition(host, &room),
				     .clock_jumps = (json_int_t)host->timekeeper->jumps,
				     .disk_free_bytes = (json_int_t)room.free_bytes,
				     .disk_free_inodes = (json_int_t)room.free_inodes,
				     .unreadable_domains = view_unreadable(host),
				     .complaints = view_findings(host, &room),
				     .complaints_lost = (json_int_t)files->complaints.lost };
	shape_put_time(host->started_at, shown.started_at);
	shape_put_time(files->loaded_at, shown.loaded_at);
	view_count(host, &shown.domains);
	view_covering(host, &shown.certificates);
	reading_end(host->store);
	reply_json(answer, shape_write(&shape_status, &shown));
}

/* The pattern of a query string "match=GLOB"; NULL when there is no query. */
static bool read_match(const struct request *request, char pattern[PATTERN_SIZE], const char **match)
{
	static const char field[] = "match=";

	*match = NULL;
	if (request->query[0] == '\0')
		return true;
	if (strncmp(request->query, field, strlen(field)) != 0 ||
	    !body_decode(request->query + strlen(field), pattern, PATTERN_SIZE))
		return false;
	*match = pattern;
	return true;
}

void look_domains(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	char pattern[PATTERN_SIZE];
	struct rows rows = { .since = ROWS_EVER };

	action_catch_up(control->host);
	if (read_match(request, pattern, &rows.match))
		rows_answer(control->host, &rows, answer);
	else
		reply_error(answer, REPLY_BAD_REQUEST,
			    "the query is not match=GLOB: percent-encode the pattern", NULL);
}

static json_t *show_whole(const struct host *host, const struct domain *domain)
{
	json_t *json;

	reading_begin(host->store);
	json = view_domain_whole(host, domain);
	reading_end(host->store);
	return json;
}

void look_domain(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	const struct domain *domain = NULL;
	struct registry *registry = control->host->registry;
	char typed[PATTERN_SIZE];
	char name[DOMAIN_SIZE];
	bool is_name = body_decode(request->rest, typed, sizeof(typed)) &&
		       domain_normalise(typed, name, NULL) == ERR_OK;

	if (is_name)
		domain = registry_domain(registry, name);
	action_catch_up(control->host);
	if (domain == NULL)
		action_refuse_unknown(answer, is_name && registry_is_unreadable(registry, name), NULL, NULL);
	else
		reply_json(answer, show_whole(control->host, domain));
}

static bool read_since(const json_t *changed_since, struct answer *answer, time_t *since)
{
	*since = ROWS_EVER;
	if (changed_since == NULL || clock_parse(json_string_value(changed_since), since) == ERR_OK)
		return true;
	reply_error(answer, REPLY_BAD_REQUEST,
		    "changed_since is not a time: write UTC as in RFC 3339, \"2026-11-23T16:00:00Z\"", NULL);
	return false;
}

static enum err find_match(void *context, const struct domain *domain)
{
	const char *match = context;

	return match == NULL || fnmatch(match, domain->name, FNM_CASEFOLD) == 0 ? ERR_REFUSED : ERR_OK;
}

/* All, or those that a pattern matches, are found again without a list of their names; where there is none,
 * or it is said in two ways, action_select() knows how to refuse. */
static bool walks(const struct registry *registry, const json_t *body, struct rows *rows)
{
	const json_t *match = json_object_get(body, "match");

	if (json_object_get(body, "domains") != NULL || json_object_get(body, "except") != NULL ||
	    json_is_true(json_object_get(body, "retiring")) ||
	    (match != NULL) == json_is_true(json_object_get(body, "all")))
		return false;
	rows->match = json_string_value(match);
	rows->named = registry_each(registry, find_match, (void *)(uintptr_t)rows->match) == ERR_OK;
	return !rows->named;
}

void look_query(struct control *control, const json_t *body, const struct order *order, struct answer *answer)
{
	struct rows rows = { .named = true };

	(void)order;
	action_catch_up(control->host);
	if (read_since(json_object_get(body, "changed_since"), answer, &rows.since) &&
	    (walks(control->host->registry, body, &rows) ||
	     action_select(control->host->registry, body, answer, &rows.names)))
		rows_answer(control->host, &rows, answer);
	else
		names_free(&rows.names);
}
