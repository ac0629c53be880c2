/* SPDX-License-Identifier: ISC */
#include "api/shape_order.h"

static const struct shape_field brief_fields[] = {
	SHAPE_ROW_MODE(api_brief, mode, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_brief, max_age, SHAPE_ALWAYS, 0),
	SHAPE_ROW_STRING(api_brief, id, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};

static const struct shape shape_brief = { "Changes", brief_fields, NULL };

static const struct shape_field place_fields[] = {
	SHAPE_ROW_MODE(api_configured, mode, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_configured, file, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_configured, line, SHAPE_ALWAYS, 0),
	SHAPE_ROW_END,
};

static const struct shape shape_place = { "Changes", place_fields, NULL };

static const struct shape_field change_fields[] = {
	SHAPE_ROW_STRING(api_change, domain, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_change, changed, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_change, switched, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_change, orphaned, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECT(api_change, configured, SHAPE_OR_NULL_LATER, api_configured, &shape_place),
	SHAPE_ROW_BOOLEAN(api_change, certificate, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_change, tls_elsewhere, SHAPE_LATER),
	SHAPE_ROW_BOOLEAN(api_change, moved, SHAPE_LATER),
	SHAPE_ROW_INTEGER(api_change, record_domains, SHAPE_LATER, 1),
	SHAPE_ROW_OBJECT(api_change, before, SHAPE_OR_NULL, api_brief, &shape_brief),
	SHAPE_ROW_OBJECT(api_change, after, SHAPE_ALWAYS, api_brief, &shape_brief),
	SHAPE_ROW_STRING(api_change, policy, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECT(api_change, txt, SHAPE_ALWAYS, api_txt, &shape_txt),
	SHAPE_ROW_INTEGER(api_change, wait, SHAPE_ALWAYS, 0),
	SHAPE_ROW_BOOLEAN(api_change, unknown_before, SHAPE_LATER),
	SHAPE_ROW_BOOLEAN(api_change, only_before, SHAPE_LATER),
	SHAPE_ROW_END,
};

static const struct shape_field changes_fields[] = {
	SHAPE_ROW_BOOLEAN(api_changes, dry_run, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_changes, changed, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_changes, unchanged, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_changes, audit, SHAPE_OR_NULL, 1),
	SHAPE_ROW_OBJECTS(api_changes, changes, SHAPE_ALWAYS, &shape_change),
	SHAPE_ROW_INTEGER(api_changes, undone, SHAPE_MAY_MISS, 1),
	SHAPE_ROW_END,
};

static const struct shape_field forgotten_fields[] = {
	SHAPE_ROW_STRING(api_forgotten, domain, SHAPE_ALWAYS),
	SHAPE_ROW_MODE(api_forgotten, mode, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_forgotten, id, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_forgotten, state, SHAPE_OR_NULL),
	SHAPE_ROW_TIME(api_forgotten, safe_at, SHAPE_OR_NULL),
	SHAPE_ROW_BOOLEAN(api_forgotten, forced, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_forgotten, others, SHAPE_LATER, 0),
	SHAPE_ROW_OBJECT(api_forgotten, txt, SHAPE_ALWAYS, api_txt, &shape_txt),
	SHAPE_ROW_END,
};

static const struct shape_field forget_fields[] = {
	SHAPE_ROW_BOOLEAN(api_forget, dry_run, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_forget, forced, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_forget, audit, SHAPE_OR_NULL, 1),
	SHAPE_ROW_OBJECTS(api_forget, domains, SHAPE_ALWAYS, &shape_forgotten),
	SHAPE_ROW_END,
};

static const struct shape_field complaint_fields[] = {
	SHAPE_ROW_STRING(api_complaint, severity, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_complaint, file, SHAPE_OR_NULL),
	SHAPE_ROW_INTEGER(api_complaint, line, SHAPE_ALWAYS, 0),
	SHAPE_ROW_STRING(api_complaint, what, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_complaint, value, SHAPE_OR_NULL),
	SHAPE_ROW_STRING(api_complaint, instead, SHAPE_OR_NULL),
	SHAPE_ROW_STRING(api_complaint, text, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};

static const struct shape_field reload_fields[] = {
	SHAPE_ROW_INTEGER(api_reload, files_changed, SHAPE_LATER, 0),
	SHAPE_ROW_INTEGER(api_reload, certificates_changed, SHAPE_LATER, 0),
	SHAPE_ROW_INTEGER(api_reload, published, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_reload, new_orphans, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_reload, orphaned, SHAPE_ALWAYS, 0),
	SHAPE_ROW_STRINGS(api_reload, orphaned_domains, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_reload, refused, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_reload, errors, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_reload, warnings, SHAPE_ALWAYS, 0),
	SHAPE_ROW_OBJECTS(api_reload, changes, SHAPE_ALWAYS, &shape_change),
	SHAPE_ROW_OBJECTS(api_reload, complaints, SHAPE_ALWAYS, &shape_complaint),
	SHAPE_ROW_END,
};

static const struct shape_field error_fields[] = {
	SHAPE_ROW_STRING(api_error, code, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_error, message, SHAPE_ALWAYS),
	SHAPE_ROW_STRINGS(api_error, details, SHAPE_MAY_MISS),
	SHAPE_ROW_END,
};

static const struct shape shape_error = { "ERROR ANSWERS", error_fields, NULL };

static const struct shape_field refusal_fields[] = {
	SHAPE_ROW_OBJECT(api_refusal, error, SHAPE_ALWAYS, api_error, &shape_error),
	SHAPE_ROW_END,
};

static const struct shape_field answer_fields[] = {
	SHAPE_ROW_STRING(api_answer, server, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_answer, address, SHAPE_ALWAYS),
	SHAPE_ROW_STRINGS(api_answer, texts, SHAPE_MAY_MISS),
	SHAPE_ROW_INTEGER(api_answer, ttl, SHAPE_MAY_MISS, 0),
	SHAPE_ROW_STRING(api_answer, error, SHAPE_MAY_MISS),
	SHAPE_ROW_BOOLEAN(api_answer, skipped, SHAPE_MAY_MISS),
	SHAPE_ROW_STRING(api_answer, named_by, SHAPE_MAY_MISS),
	SHAPE_ROW_END,
};

static const struct shape_field observation_fields[] = {
	SHAPE_ROW_STRING(api_observation, domain, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_observation, error, SHAPE_MAY_MISS),
	SHAPE_ROW_STRING(api_observation, record, SHAPE_MAY_MISS),
	SHAPE_ROW_OBJECTS(api_observation, servers, SHAPE_ALWAYS, &shape_answer),
	SHAPE_ROW_END,
};

const struct shape shape_change = { "Changes", change_fields, NULL };
const struct shape shape_changes = { "Answers to orders", changes_fields, NULL };
const struct shape shape_forgotten = { "POST /v1/forget", forgotten_fields, NULL };
const struct shape shape_forget = { "POST /v1/forget", forget_fields, NULL };
const struct shape shape_complaint = { "Complaints", complaint_fields, NULL };
const struct shape shape_reload = { "POST /v1/reload", reload_fields, NULL };
const struct shape shape_refusal = { "ERROR ANSWERS", refusal_fields, NULL };
const struct shape shape_answer = { "POST /v1/dns", answer_fields, NULL };
const struct shape shape_observation = { "POST /v1/dns", observation_fields, NULL };

/* Which domains: exactly one of the first four, and what is left out of it. */
#define SELECTION                                                                                            \
	SHAPE_ROW_BODY("domains", SHAPE_STRINGS, SHAPE_MAY_MISS),                                            \
		SHAPE_ROW_BODY("match", SHAPE_STRING, SHAPE_MAY_MISS),                                       \
		SHAPE_ROW_BODY("all", SHAPE_BOOLEAN, SHAPE_MAY_MISS),                                        \
		SHAPE_ROW_BODY("retiring", SHAPE_BOOLEAN, SHAPE_MAY_MISS),                                   \
		SHAPE_ROW_BODY("except", SHAPE_STRINGS, SHAPE_MAY_MISS)

/* What every order may have. */
#define REASON                                                                                               \
	SHAPE_ROW_BODY("reason", SHAPE_STRING, SHAPE_MAY_MISS),                                              \
		SHAPE_ROW_BODY("dry_run", SHAPE_BOOLEAN, SHAPE_MAY_MISS)

static const struct shape_field query_body[] = {
	SELECTION,
	SHAPE_ROW_BODY("changed_since", SHAPE_STRING, SHAPE_MAY_MISS),
	SHAPE_ROW_END,
};

static const struct shape_field install_body[] = {
	SHAPE_ROW_BODY("certificate", SHAPE_STRING, SHAPE_ALWAYS),
	SHAPE_ROW_BODY("key", SHAPE_STRING, SHAPE_MAY_MISS),
	SHAPE_ROW_BODY("from", SHAPE_STRING, SHAPE_MAY_MISS),
	REASON,
	SHAPE_ROW_END,
};

static const struct shape_field dns_body[] = {
	{ SHAPE_OBJECTS, SHAPE_ALWAYS, "observations", 0, &shape_observation, 0 },
	SHAPE_ROW_END,
};

static const struct shape_field switch_body[] = {
	SELECTION,
	SHAPE_ROW_BODY("mode", SHAPE_STRING, SHAPE_ALWAYS),
	SHAPE_ROW_BODY("max_age", SHAPE_INTEGER, SHAPE_MAY_MISS),
	SHAPE_ROW_BODY("keep_mx", SHAPE_BOOLEAN, SHAPE_MAY_MISS),
	REASON,
	SHAPE_ROW_END,
};

static const struct shape_field adopted_fields[] = {
	SHAPE_ROW_STRING(api_adopted, domain, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_adopted, policy, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_adopted, id, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};

const struct shape shape_adopted = { "POST /v1/adopt", adopted_fields, NULL };

static const struct shape_field adopt_body[] = {
	{ SHAPE_OBJECTS, SHAPE_ALWAYS, "domains", 0, &shape_adopted, 0 },
	REASON,
	SHAPE_ROW_END,
};

static const struct shape_field nothing_before_body[] = {
	SELECTION,
	REASON,
	SHAPE_ROW_END,
};

static const struct shape_field reset_body[] = {
	SELECTION,
	REASON,
	SHAPE_ROW_END,
};

static const struct shape_field undo_body[] = {
	SHAPE_ROW_BODY("entry", SHAPE_INTEGER, SHAPE_MAY_MISS),
	REASON,
	SHAPE_ROW_END,
};

static const struct shape_field forget_body[] = {
	SELECTION,
	SHAPE_ROW_BODY("force", SHAPE_BOOLEAN, SHAPE_MAY_MISS),
	REASON,
	SHAPE_ROW_END,
};

static const struct shape_field reload_body[] = {
	SHAPE_ROW_BODY("force", SHAPE_BOOLEAN, SHAPE_MAY_MISS),
	SHAPE_ROW_END,
};

const struct shape shape_query_body = { "POST /v1/query", query_body, NULL };
const struct shape shape_install_body = { "POST /v1/certificates", install_body, NULL };
const struct shape shape_dns_body = { "POST /v1/dns", dns_body, NULL };
const struct shape shape_switch_body = { "POST /v1/switch", switch_body, NULL };
const struct shape shape_adopt_body = { "POST /v1/adopt", adopt_body, NULL };
const struct shape shape_nothing_before_body = { "POST /v1/nothing-before", nothing_before_body, NULL };
const struct shape shape_reset_body = { "POST /v1/reset", reset_body, NULL };
const struct shape shape_undo_body = { "POST /v1/undo", undo_body, NULL };
const struct shape shape_forget_body = { "POST /v1/forget", forget_body, NULL };
const struct shape shape_reload_body = { "POST /v1/reload", reload_body, NULL };
