/* SPDX-License-Identifier: ISC */
#include "control/look.h"

#include "config.h"
#include "control/body.h"
#include "control/control.h"
#include "control/permit.h"
#include "control/reply.h"
#include "control/select.h"
#include "control/view.h"
#include "policy/domain.h"

#include <string.h>
#include <unistd.h>

#define PATTERN_SIZE 1024

static json_t *view_totals(const struct host *host)
{
	struct view_counts counts;

	view_count(host, &counts);
	return json_pack("{s: I, s: I, s: I, s: I, s: I, s: I, s: I}", "total", counts.total, "enforce",
			 counts.modes[MODE_ENFORCE], "testing", counts.modes[MODE_TESTING], "none",
			 counts.modes[MODE_NONE], "switched", counts.switched, "orphaned", counts.orphaned,
			 "refused", counts.refused);
}

struct expiry {
	json_int_t pairs;
	struct pair_info next; /* the one that ends first; its strings are lent */
};

static enum err find_next_expiry(void *context, const struct pair_info *info)
{
	struct expiry *expiry = context;

	if (expiry->pairs++ == 0 || info->not_after < expiry->next.not_after)
		expiry->next = *info;
	return ERR_OK;
}

static json_t *view_certificates(const struct host *host)
{
	struct expiry expiry = { 0 };
	json_t *next = json_null();

	(void)certs_each(host->certs, find_next_expiry, &expiry);
	if (expiry.pairs > 0)
		next = json_pack("{s: o, s: s, s: o}", "file", view_text(expiry.next.file), "name",
				 expiry.next.names->item[0], "not_after", view_time(expiry.next.not_after));
	return json_pack("{s: I, s: I, s: o, s: o}", "pairs", expiry.pairs, "uncovered",
			 (json_int_t)host->uncovered_count, "uncovered_domains", view_names(&host->uncovered),
			 "next_expiry", next);
}

static json_t *view_connections(const struct control *control)
{
	const struct settings *settings = control->host->started;

	return json_pack("{s: I, s: I, s: I}", "open", (json_int_t)pool_connections(control->pool), "limit",
			 (json_int_t)settings->max_connections, "per_client_limit",
			 (json_int_t)settings->max_connections_per_client);
}

void look_status(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	const struct host *host = control->host;

	if (!permit_look(control, request, answer))
		return;
	reply_json(answer,
		   json_pack("{s: s, s: i, s: o, s: o, s: s, s: o, s: o, s: o, s: o, s: o, s: s, s: o, s: I}",
			     "version", PACKAGE_VERSION, "pid", (int)getpid(), "started_at",
			     view_time(host->started_at), "loaded_at", view_time(host->loaded_at), "config",
			     host->config_path, "listen", view_names(control->listen), "domains",
			     view_totals(host), "orphaned_domains", view_orphans(host), "certificates",
			     view_certificates(host), "connections", view_connections(control), "store",
			     registry_is_in_doubt(host->registry, host->store) ? "doubtful" : "ok",
			     "complaints", view_complaints(&host->complaints), "complaints_lost",
			     (json_int_t)host->complaints.lost));
}

static void reply_rows(const struct host *host, const struct names *names, struct answer *answer)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < names->count; i++)
		rows = view_append(rows, view_domain(host, registry_domain(host->registry, names->item[i])));
	reply_json(answer, json_pack("{s: o}", "domains", rows));
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
	struct names names = { 0 };
	const char *match;

	if (!permit_look(control, request, answer))
		return;
	if (!read_match(request, pattern, &match))
		reply_error(answer, REPLY_BAD_REQUEST,
			    "the query is not match=GLOB: percent-encode the pattern", NULL);
	else if (select_matching(control->host->registry, match, &names) != ERR_OK)
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
	else
		reply_rows(control->host, &names, answer);
	names_free(&names);
}

void look_domain(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	const struct domain *domain = NULL;
	char typed[PATTERN_SIZE];
	char name[DOMAIN_SIZE];

	if (!permit_look(control, request, answer))
		return;
	if (body_decode(request->rest, typed, sizeof(typed)) && domain_normalise(typed, name, NULL) == ERR_OK)
		domain = registry_domain(control->host->registry, name);
	if (domain == NULL)
		reply_error(answer, REPLY_UNKNOWN_DOMAIN, NULL, NULL);
	else
		reply_json(answer, view_domain_whole(control->host, domain));
}

void look_query(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	struct selection selection = { 0 };
	const struct body_field table[] = { SELECT_FIELDS(selection) };
	struct names names = { 0 };
	json_t *root = NULL;

	if (permit_look(control, request, answer) &&
	    body_read(request, table, sizeof(table) / sizeof(*table), answer, &root) &&
	    select_domains(control->host->registry, &selection, answer, &names))
		reply_rows(control->host, &names, answer);
	names_free(&names);
	json_decref(root);
}
