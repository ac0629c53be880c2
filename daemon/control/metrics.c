/* SPDX-License-Identifier: ISC */
#include "control/metrics.h"

#include "config.h"
#include "control/control.h"
#include "control/exposition.h"
#include "control/permit.h"
#include "control/reply.h"
#include "control/view.h"

/* A number that there is not now. */
#define ABSENT INT64_MIN

/* Besides the counters of serve/counters.h. */
enum metric {
	BUILD,
	STARTED_AT,
	DOMAINS_ENFORCE,
	DOMAINS_TESTING,
	DOMAINS_NONE,
	SWITCHED,
	ORPHANED,
	REFUSED,
	UNCOVERED,
	PAIRS,
	FIRST_EXPIRY,
	LOADED,
	LOADED_AT,
	ERRORS,
	WARNINGS,
	DOUBTFUL,
	CONNECTIONS,
	CONNECTIONS_LIMIT,
	CLIENTS,
	LARGEST_CLIENT,
	CLIENT_LIMIT,
	MEMORY,
	MEMORY_LIMIT,
	LINES_LEFT_OUT,
	LINES_LIMIT,
	METRIC_COUNT
};

#define DOMAINS    "domains", EXPOSITION_GAUGE, "Domains that are served, by the mode of their policy."
#define COMPLAINTS "config_complaints", EXPOSITION_GAUGE, "Complaints about the files of the last load."
#define GAUGE(name, help)                                                                                    \
	{                                                                                                    \
		{ name, EXPOSITION_GAUGE, help }, NULL, NULL                                                 \
	}
#define COUNTER(name, help)                                                                                  \
	{                                                                                                    \
		{ name, EXPOSITION_COUNTER, help }, NULL, NULL                                               \
	}

/* Rows of one family stand together. */
static const struct {
	struct exposition_family family;
	const char *label; /* NULL: none */
	const char *value;
} table[METRIC_COUNT] = {
	[BUILD] = { { "build_info", EXPOSITION_GAUGE, "Always 1; the label tells the version." },
		    "version",
		    PACKAGE_VERSION },
	[STARTED_AT] = GAUGE("start_time_seconds", "When the daemon started, Unix time."),
	[DOMAINS_ENFORCE] = { { DOMAINS }, "mode", "enforce" },
	[DOMAINS_TESTING] = { { DOMAINS }, "mode", "testing" },
	[DOMAINS_NONE] = { { DOMAINS }, "mode", "none" },
	[SWITCHED] = GAUGE("domains_switched", "Domains that an operator switched to a mode."),
	[ORPHANED] = GAUGE("domains_orphaned", "Domains that no file configures any more."),
	[REFUSED] = GAUGE("domains_refused", "Domains whose file has errors."),
	[UNCOVERED] = GAUGE("domains_uncovered", "Domains whose policy host has no certificate."),
	[PAIRS] = GAUGE("certificates", "Certificates in use, each with its key."),
	[FIRST_EXPIRY] = GAUGE("certificates_first_expiry_timestamp_seconds",
			       "When the first of the certificates expires, Unix time."),
	[LOADED] = GAUGE("config_last_reload_successful",
			 "Whether the last load of all files was done; files with errors are complaints."),
	[LOADED_AT] = GAUGE("config_last_reload_success_timestamp_seconds",
			    "When a load of all files was last done, Unix time."),
	[ERRORS] = { { COMPLAINTS }, "severity", "error" },
	[WARNINGS] = { { COMPLAINTS }, "severity", "warning" },
	[DOUBTFUL] = GAUGE("store_doubtful",
			   "Whether memory and disk may differ, after a disk failed in a change."),
	[CONNECTIONS] = GAUGE("https_connections_open", "HTTPS connections now."),
	[CONNECTIONS_LIMIT] = GAUGE("https_connections_limit", "HTTPS connections there may be."),
	[CLIENTS] = GAUGE("https_clients", "Client addresses that have connections."),
	[LARGEST_CLIENT] =
		GAUGE("https_client_connections_largest", "Connections of the client address that has most."),
	[CLIENT_LIMIT] =
		GAUGE("https_client_connections_limit", "Connections that one client address may have."),
	[MEMORY] = GAUGE("https_memory_bytes", "Memory that HTTPS connections hold."),
	[MEMORY_LIMIT] = GAUGE("https_memory_limit_bytes", "Memory that HTTPS connections may hold."),
	[LINES_LEFT_OUT] =
		COUNTER("log_lines_left_out_total", "Log lines left out, because strangers caused too many."),
	[LINES_LIMIT] =
		GAUGE("log_lines_limit", "Log lines of each kind that strangers may cause in ten seconds."),
};

static void take_host(const struct host *host, int64_t numbers[METRIC_COUNT])
{
	const struct complaints *complaints = &host->complaints;
	struct view_counts counts;
	struct view_expiry expiry;

	view_count(host, &counts);
	view_find_expiry(host, &expiry);
	numbers[BUILD] = 1;
	numbers[STARTED_AT] = host->started_at;
	numbers[DOMAINS_ENFORCE] = counts.modes[MODE_ENFORCE];
	numbers[DOMAINS_TESTING] = counts.modes[MODE_TESTING];
	numbers[DOMAINS_NONE] = counts.modes[MODE_NONE];
	numbers[SWITCHED] = counts.switched;
	numbers[ORPHANED] = counts.orphaned;
	numbers[REFUSED] = counts.refused;
	numbers[UNCOVERED] = (int64_t)host->uncovered_count;
	numbers[PAIRS] = expiry.pairs;
	numbers[FIRST_EXPIRY] = expiry.pairs > 0 ? expiry.first.not_after : ABSENT;
	numbers[LOADED] = host->loaded;
	numbers[LOADED_AT] = host->loaded_at != 0 ? host->loaded_at : ABSENT;
	numbers[ERRORS] = (int64_t)complaints->errors;
	numbers[WARNINGS] = (int64_t)(complaints->count + complaints->lost - complaints->errors);
	numbers[DOUBTFUL] = registry_is_in_doubt(host->registry, host->store);
}

static void take_pool(const struct pool_use *use, const struct limits *limits, int64_t numbers[METRIC_COUNT])
{
	numbers[CONNECTIONS] = use->connections;
	numbers[CONNECTIONS_LIMIT] = limits->max_connections;
	numbers[CLIENTS] = use->clients;
	numbers[LARGEST_CLIENT] = use->largest_client;
	numbers[CLIENT_LIMIT] = limits->max_connections_per_client;
	numbers[MEMORY] = (int64_t)use->memory;
	numbers[MEMORY_LIMIT] = (int64_t)limits->max_memory;
	numbers[LINES_LEFT_OUT] = (int64_t)use->lines_left_out;
	numbers[LINES_LIMIT] = limits->max_log_lines;
}

static void add_metrics(struct exposition *exposition, const int64_t numbers[METRIC_COUNT])
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (numbers[i] != ABSENT)
			exposition_add(exposition, &table[i].family, table[i].label, table[i].value,
				       numbers[i]);
	}
}

static void add_counters(struct exposition *exposition, const uint64_t counts[COUNTER_COUNT])
{
	for (size_t i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_row *row = &counters_table[i];
		const struct exposition_family family = { row->family, EXPOSITION_COUNTER, row->help };

		exposition_add(exposition, &family, row->label, row->value, (int64_t)counts[i]);
	}
}

void metrics_show(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	struct exposition exposition = { 0 };
	int64_t numbers[METRIC_COUNT] = { 0 };
	struct pool_use use;

	if (!permit_look(control, request, answer))
		return;
	pool_take_stock(control->pool, &use);
	take_host(control->host, numbers);
	take_pool(&use, pool_limits(control->pool), numbers);
	add_metrics(&exposition, numbers);
	add_counters(&exposition, use.counts);
	if (exposition.err != ERR_OK) {
		text_free(&exposition.text);
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return;
	}
	answer->status = 200;
	answer->content_type = EXPOSITION_TYPE;
	answer->body = exposition.text;
}
