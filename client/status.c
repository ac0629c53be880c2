/* SPDX-License-Identifier: ISC */
#include "client/status.h"

#include "policy/domain.h"

#include <string.h>

static const char *const states[STATUS_STATES] = {
	[STATUS_PUBLISHING] = "publishing", [STATUS_WAITING] = "waiting", [STATUS_DRAINING] = "draining",
	[STATUS_CONFIRMING] = "confirming", [STATUS_SAFE] = "safe",
};

const char *status_state_text(enum status_state state)
{
	return states[state];
}

/* How many are soon, urgent or expired, and the first of them. */
static enum err unpack_ending(json_t *certificates, struct status *status)
{
	json_int_t soon, urgent, expired;

	if (json_unpack(certificates, "{s:{s:I, s:I, s:I}, s:o}", "stages", "soon", &soon, "urgent", &urgent,
			"expired", &expired, "expiring", &status->expiring) != 0)
		return ERR_SYNTAX;
	status->ending = soon + urgent + expired;
	return json_is_array(status->expiring) ? ERR_OK : ERR_SYNTAX;
}

static enum err unpack_expiry(json_t *expiry, struct status *status)
{
	if (json_is_null(expiry))
		return ERR_OK;
	return json_unpack(expiry, "{s:s, s:s, s:s}", "name", &status->expiry_name, "file",
			   &status->expiry_file, "not_after", &status->not_after) == 0
		       ? ERR_OK
		       : ERR_SYNTAX;
}

enum err status_retiring(json_t *item, struct status_retiring *retiring)
{
	struct status_retiring got;

	if (json_unpack(item, "{s:s, s:s, s:s, s:s}", "domain", &got.domain, "state", &got.state, "text",
			&got.text, "next", &got.next) != 0)
		return ERR_SYNTAX;
	*retiring = got;
	return ERR_OK;
}

static enum err unpack_retiring(json_t *retiring, struct status *status)
{
	if (json_is_null(retiring))
		return ERR_OK;
	for (int state = 0; state < STATUS_STATES; state++) {
		const json_t *count = json_object_get(retiring, states[state]);

		if (!json_is_integer(count))
			return ERR_SYNTAX;
		status->retiring[state] = json_integer_value(count);
	}
	status->unreadable = json_integer_value(json_object_get(retiring, "unreadable"));
	status->retiring_domains = json_object_get(retiring, "domains");
	return json_is_array(status->retiring_domains) ? ERR_OK : ERR_SYNTAX;
}

static enum err unpack_connections(json_t *connections, struct status *status)
{
	return json_unpack(connections, "{s:I, s:I, s:I, s:I, s:I, s:I}", "open", &status->open, "limit",
			   &status->limit, "largest_client", &status->largest_client, "per_client_limit",
			   &status->per_client, "memory_bytes", &status->memory, "memory_limit_bytes",
			   &status->memory_limit) == 0
		       ? ERR_OK
		       : ERR_SYNTAX;
}

/* Connections that were refused because of a limit, and those that made room for others. */
static enum err unpack_counters(json_t *counters, struct status *status)
{
	static const char *const values[STATUS_LIMITS] = {
		[STATUS_LIMIT_CLIENT] = "client",
		[STATUS_LIMIT_CONNECTIONS] = "connections",
		[STATUS_LIMIT_MEMORY] = "memory",
		[STATUS_LIMIT_SYSTEM] = "system",
	};
	json_t *refused, *evicted;

	if (json_unpack(counters, "{s:o, s:o}", "https_refusals_total", &refused, "https_evictions_total",
			&evicted) != 0)
		return ERR_SYNTAX;
	for (int i = 0; i < STATUS_LIMITS; i++)
		status->met[i] = json_integer_value(json_object_get(refused, values[i])) +
				 json_integer_value(json_object_get(evicted, values[i]));
	return ERR_OK;
}

enum err status_unpack(json_t *reply, struct status *status)
{
	struct status got = { 0 };
	json_t *domains, *certificates, *expiry, *connections, *counters, *retiring;

	if (json_unpack(reply, "{s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:I, s:o}",
			"version", &got.version, "pid", &got.pid, "started_at", &got.started_at, "loaded_at",
			&got.loaded_at, "config", &got.config, "listen", &got.listen, "domains", &domains,
			"orphaned_domains", &got.orphaned_domains, "certificates", &certificates,
			"connections", &connections, "counters", &counters, "store", &got.store, "complaints",
			&got.complaints, "complaints_lost", &got.lost, "retiring", &retiring) != 0)
		return ERR_SYNTAX;
	if (json_unpack(domains, "{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "total", &got.total, "enforce",
			&got.enforce, "testing", &got.testing, "none", &got.none, "switched", &got.switched,
			"orphaned", &got.orphaned, "refused", &got.refused) != 0)
		return ERR_SYNTAX;
	if (json_unpack(certificates, "{s:I, s:I, s:o, s:o}", "pairs", &got.pairs, "uncovered",
			&got.uncovered, "uncovered_domains", &got.uncovered_domains, "next_expiry",
			&expiry) != 0)
		return ERR_SYNTAX;
	if (unpack_connections(connections, &got) != ERR_OK || unpack_counters(counters, &got) != ERR_OK ||
	    unpack_ending(certificates, &got) != ERR_OK || unpack_expiry(expiry, &got) != ERR_OK ||
	    unpack_retiring(retiring, &got) != ERR_OK)
		return ERR_SYNTAX;
	*status = got;
	return ERR_OK;
}

/* How much a name tells a mail administrator. */
static int worth(const char *name)
{
	if (domain_of_host(name) != NULL)
		return 2;
	return strncmp(name, "*.", 2) == 0;
}

static const char *find_host(const json_t *names)
{
	const char *best = json_string_value(json_array_get(names, 0));
	json_t *item;
	size_t i;

	json_array_foreach(names, i, item)
	{
		const char *name = json_string_value(item);

		if (name == NULL)
			return NULL;
		if (worth(name) > worth(best))
			best = name;
	}
	return best;
}

enum err status_certificate(json_t *reply, struct status_certificate *certificate)
{
	struct status_certificate got = { 0 };
	const char *source;
	json_t *names;
	int used;

	if (json_unpack(reply, "{s:s, s:s, s:o, s:s, s:s, s:I, s:s, s:b}", "file", &got.file, "source",
			&source, "names", &names, "issuer", &got.issuer, "not_after", &got.not_after,
			"days_left", &got.days_left, "stage", &got.stage, "used", &used) != 0)
		return ERR_SYNTAX;
	got.host = find_host(names);
	got.names = (json_int_t)json_array_size(names);
	got.installed = strcmp(source, "installed") == 0;
	got.used = used != 0;
	if (got.host == NULL)
		return ERR_SYNTAX;
	*certificate = got;
	return ERR_OK;
}

bool status_certificate_is(const struct status_certificate *certificate, const char *stage)
{
	return strcmp(certificate->stage, stage) == 0;
}
