/* SPDX-License-Identifier: ISC */
#include "api/shape_status.h"

#include "api/shape_certificate.h"
#include "api/shape_history.h"
#include "api/shape_order.h"

static const struct shape_field totals_fields[] = {
	SHAPE_ROW_INTEGER(api_totals, total, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_totals, enforce, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_totals, testing, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_totals, none, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_totals, switched, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_totals, orphaned, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_totals, refused, SHAPE_ALWAYS, 0),
	SHAPE_ROW_END,
};

static const struct shape_field retiring_domain_fields[] = {
	SHAPE_ROW_STRING(api_retiring_domain, domain, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_retiring_domain, state, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_retiring_domain, text, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_retiring_domain, next, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};

static const struct shape_field retiring_fields[] = {
	SHAPE_ROW_INTEGER(api_retiring, publishing, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_retiring, waiting, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_retiring, draining, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_retiring, confirming, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_retiring, safe, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_retiring, unreadable, SHAPE_LATER, 0),
	SHAPE_ROW_OBJECTS(api_retiring, domains, SHAPE_ALWAYS, &shape_retiring_domain),
	SHAPE_ROW_END,
};

static const struct shape_field expiry_fields[] = {
	SHAPE_ROW_STRING(api_expiry, file, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_expiry, name, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_expiry, not_after, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};

static const struct shape_field stages_fields[] = {
	SHAPE_ROW_INTEGER(api_stages, fine, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_stages, soon, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_stages, urgent, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_stages, expired, SHAPE_ALWAYS, 0),
	SHAPE_ROW_END,
};

/* All of them stand in one section of the manual page, as they do in one answer. */
#define SECTION "GET /v1/status"

static const struct shape shape_totals = { SECTION, totals_fields, NULL };
static const struct shape shape_retiring = { SECTION, retiring_fields, NULL };
static const struct shape shape_expiry = { SECTION, expiry_fields, NULL };
static const struct shape shape_stages = { SECTION, stages_fields, NULL };

static const struct shape_field covering_fields[] = {
	SHAPE_ROW_INTEGER(api_covering, pairs, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_covering, uncovered, SHAPE_ALWAYS, 0),
	SHAPE_ROW_STRINGS(api_covering, uncovered_domains, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_covering, tls_elsewhere, SHAPE_LATER),
	SHAPE_ROW_OBJECT(api_covering, next_expiry, SHAPE_OR_NULL, api_expiry, &shape_expiry),
	SHAPE_ROW_OBJECT(api_covering, stages, SHAPE_ALWAYS, api_stages, &shape_stages),
	SHAPE_ROW_OBJECTS(api_covering, expiring, SHAPE_ALWAYS, &shape_certificate),
	SHAPE_ROW_OBJECT(api_covering, ordering, SHAPE_LATER, api_ordering, &shape_ordering),
	SHAPE_ROW_END,
};

static const struct shape_field connections_fields[] = {
	SHAPE_ROW_INTEGER(api_connections, open, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_connections, limit, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_connections, clients, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_connections, largest_client, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_connections, per_client_limit, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_connections, memory_bytes, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_connections, memory_limit_bytes, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_connections, log_lines_left_out, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_connections, log_lines_limit, SHAPE_ALWAYS, 0),
	SHAPE_ROW_END,
};

static const struct shape shape_covering = { SECTION, covering_fields, NULL };
static const struct shape shape_connections = { SECTION, connections_fields, NULL };

static const struct shape_field status_fields[] = {
	SHAPE_ROW_STRING(api_status, version, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_status, pid, SHAPE_ALWAYS, 1),
	SHAPE_ROW_TIME(api_status, started_at, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_status, loaded_at, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_status, files_held, SHAPE_LATER),
	SHAPE_ROW_STRING(api_status, config, SHAPE_ALWAYS),
	SHAPE_ROW_STRINGS(api_status, listen, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECT(api_status, domains, SHAPE_ALWAYS, api_totals, &shape_totals),
	SHAPE_ROW_STRINGS(api_status, orphaned_domains, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECT(api_status, retiring, SHAPE_OR_NULL, api_retiring, &shape_retiring),
	SHAPE_ROW_STRINGS(api_status, unseen_domains, SHAPE_LATER),
	SHAPE_ROW_OBJECT(api_status, certificates, SHAPE_ALWAYS, api_covering, &shape_covering),
	SHAPE_ROW_OBJECT(api_status, connections, SHAPE_ALWAYS, api_connections, &shape_connections),
	SHAPE_ROW_COUNTS(api_status, counters, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_status, store, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_status, clock_jumps, SHAPE_LATER, 0),
	SHAPE_ROW_INTEGER(api_status, disk_free_bytes, SHAPE_LATER, -1),
	SHAPE_ROW_INTEGER(api_status, disk_free_inodes, SHAPE_LATER, -1),
	SHAPE_ROW_STRINGS(api_status, unreadable_domains, SHAPE_LATER),
	SHAPE_ROW_OBJECTS(api_status, complaints, SHAPE_ALWAYS, &shape_complaint),
	SHAPE_ROW_INTEGER(api_status, complaints_lost, SHAPE_ALWAYS, 0),
	SHAPE_ROW_END,
};

static const struct shape_field list_fields[] = {
	SHAPE_ROW_OBJECTS(api_list, domains, SHAPE_ALWAYS, &shape_row),
	SHAPE_ROW_STRINGS(api_list, unreadable, SHAPE_LATER),
	SHAPE_ROW_BOOLEAN(api_list, partial, SHAPE_LATER),
	SHAPE_ROW_BOOLEAN(api_list, files_held, SHAPE_LATER),
	SHAPE_ROW_END,
};

static const struct shape_field looks_fields[] = {
	SHAPE_ROW_OBJECTS(api_looks, domains, SHAPE_ALWAYS, &shape_look),
	SHAPE_ROW_END,
};

static const struct shape_field entries_fields[] = {
	SHAPE_ROW_OBJECTS(api_entries, entries, SHAPE_ALWAYS, &shape_entry),
	SHAPE_ROW_END,
};

const struct shape shape_status = { SECTION, status_fields, NULL };
const struct shape shape_retiring_domain = { SECTION, retiring_domain_fields, NULL };
const struct shape shape_list = { "GET /v1/domains", list_fields, NULL };
const struct shape shape_looks = { "POST /v1/dns", looks_fields, NULL };
const struct shape shape_entries = { "GET /v1/audit", entries_fields, NULL };
