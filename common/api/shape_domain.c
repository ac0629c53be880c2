/* SPDX-License-Identifier: ISC */
#include "api/shape_domain.h"

#include "api/shape_history.h"
#include "policy/record.h"

#include <string.h>

#define TXT_VALUE_MAX 255

/* These two go into zones and scripts as they are: nothing that could end a name, a string or a line. */
static bool is_record_name(const char *name)
{
	char owner[OWNER_SIZE];
	size_t len = strlen(name);

	return len > 0 && name[len - 1] == '.' && record_owner_normalise(name, owner) == ERR_OK;
}

static bool is_record_value(const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++) {
		if (value[i] < ' ' || value[i] >= 0x7f || value[i] == '"' || value[i] == '\\')
			return false;
	}
	return len > 0 && len <= TXT_VALUE_MAX;
}

static enum err check_txt(const void *object)
{
	const struct api_txt *txt = object;

	return is_record_name(txt->name) && is_record_value(txt->value) ? ERR_OK : ERR_SYNTAX;
}

static const struct shape_field txt_fields[] = {
	SHAPE_ROW_STRING(api_txt, name, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_txt, value, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};

static const struct shape_field action_fields[] = {
	SHAPE_ROW_STRING(api_action, action, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_action, command, SHAPE_OR_NULL),
	SHAPE_ROW_STRINGS(api_action, domains, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};

static const struct shape_field held_fields[] = {
	SHAPE_ROW_STRING(api_held, id, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_held, mode, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_held, max_age, SHAPE_ALWAYS, 0),
	SHAPE_ROW_BOOLEAN(api_held, foreign, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_held, elsewhere, SHAPE_LATER),
	SHAPE_ROW_BOOLEAN(api_held, unknown_before, SHAPE_LATER),
	SHAPE_ROW_TIME(api_held, last_served_at, SHAPE_OR_NULL),
	SHAPE_ROW_END,
};

static const struct shape shape_action = { "Retirement", action_fields, NULL };
static const struct shape shape_held = { "Retirement", held_fields, NULL };

static const struct shape_field retirement_fields[] = {
	SHAPE_ROW_STRING(api_retirement, state, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_retirement, text, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_retirement, next, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECT(api_retirement, next_action, SHAPE_LATER, api_action, &shape_action),
	SHAPE_ROW_TIME(api_retirement, safe_at, SHAPE_OR_NULL),
	SHAPE_ROW_INTEGER(api_retirement, wait, SHAPE_OR_NULL, 0),
	SHAPE_ROW_OBJECT(api_retirement, held, SHAPE_OR_NULL, api_held, &shape_held),
	SHAPE_ROW_END,
};

static const struct shape_field server_fields[] = {
	SHAPE_ROW_STRING(api_server, server, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_server, address, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_server, verdict, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_server, foreign, SHAPE_LATER),
	SHAPE_ROW_INTEGER(api_server, ttl, SHAPE_OR_NULL, 1),
	SHAPE_ROW_STRING(api_server, said, SHAPE_OR_NULL),
	SHAPE_ROW_STRING(api_server, beside, SHAPE_OR_NULL_LATER),
	SHAPE_ROW_STRING(api_server, named_by, SHAPE_OR_NULL_LATER),
	SHAPE_ROW_END,
};

static const struct shape_field dns_fields[] = {
	SHAPE_ROW_STRING(api_dns, verdict, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_dns, at, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_dns, id, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_dns, error, SHAPE_OR_NULL),
	SHAPE_ROW_TIME(api_dns, seen_since, SHAPE_OR_NULL),
	SHAPE_ROW_INTEGER(api_dns, ttl, SHAPE_OR_NULL, 1),
	SHAPE_ROW_STRING(api_dns, text, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECTS(api_dns, servers, SHAPE_ALWAYS, &shape_server),
	SHAPE_ROW_END,
};

static const struct shape_field look_fields[] = {
	SHAPE_ROW_STRING(api_look, domain, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_look, id, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_look, joined, SHAPE_LATER),
	SHAPE_ROW_INTEGER(api_look, record_domains, SHAPE_LATER, 1),
	SHAPE_ROW_STRINGS(api_look, shares_with, SHAPE_LATER),
	SHAPE_ROW_OBJECT(api_look, txt, SHAPE_LATER, api_txt, &shape_txt),
	SHAPE_ROW_OBJECT(api_look, dns, SHAPE_OR_NULL, api_dns, &shape_dns),
	SHAPE_ROW_OBJECT(api_look, retirement, SHAPE_OR_NULL, api_retirement, &shape_retirement),
	SHAPE_ROW_END,
};

static const struct shape_field switch_fields[] = {
	SHAPE_ROW_MODE(api_switch, mode, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_switch, max_age, SHAPE_OR_NULL, 1),
	SHAPE_ROW_BOOLEAN(api_switch, keep_mx, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_switch, since, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_switch, by, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};

static const struct shape shape_switch = { "Domains", switch_fields, NULL };

static const struct shape_field named_fields[] = {
	SHAPE_ROW_STRING(api_named, domain, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};

static const struct shape_field row_fields[] = {
	SHAPE_ROW_STRING(api_row, domain, SHAPE_ALWAYS),
	SHAPE_ROW_MODE(api_row, mode, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_row, max_age, SHAPE_ALWAYS, 0),
	SHAPE_ROW_STRING(api_row, id, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_row, record_domains, SHAPE_LATER, 1),
	SHAPE_ROW_TIME(api_row, published_at, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_row, standing, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_row, orphaned, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_row, refused, SHAPE_ALWAYS),
	{ SHAPE_OBJECT, SHAPE_OR_NULL, "switch", SHAPE_AT(struct api_switch, api_row, switching),
	  &shape_switch, 0 },
	SHAPE_ROW_STRING(api_row, file, SHAPE_OR_NULL),
	SHAPE_ROW_INTEGER(api_row, line, SHAPE_ALWAYS, 0),
	SHAPE_ROW_BOOLEAN(api_row, certificate, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_row, tls_elsewhere, SHAPE_LATER),
	SHAPE_ROW_OBJECT(api_row, retirement, SHAPE_OR_NULL, api_retirement, &shape_retirement),
	SHAPE_ROW_OBJECT(api_row, txt, SHAPE_ALWAYS, api_txt, &shape_txt),
	SHAPE_ROW_END,
};

static const struct shape_field configured_fields[] = {
	SHAPE_ROW_MODE(api_configured, mode, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_configured, max_age, SHAPE_ALWAYS, 0),
	SHAPE_ROW_STRINGS(api_configured, mx, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_configured, id, SHAPE_OR_NULL),
	SHAPE_ROW_STRING(api_configured, record, SHAPE_OR_NULL_LATER),
	SHAPE_ROW_END,
};

static const struct shape shape_configured = { "GET /v1/domains/NAME", configured_fields, NULL };

static const struct shape_field domain_fields[] = {
	SHAPE_ROW_STRING(api_domain, policy, SHAPE_ALWAYS),
	SHAPE_ROW_STRINGS(api_domain, mx, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECT(api_domain, configured, SHAPE_OR_NULL, api_configured, &shape_configured),
	SHAPE_ROW_INTEGER(api_domain, wait, SHAPE_OR_NULL, 0),
	SHAPE_ROW_BOOLEAN(api_domain, unknown_before, SHAPE_LATER),
	SHAPE_ROW_STRINGS(api_domain, right_ids, SHAPE_LATER),
	SHAPE_ROW_STRINGS(api_domain, shares_with, SHAPE_LATER),
	SHAPE_ROW_OBJECT(api_domain, dns, SHAPE_OR_NULL, api_dns, &shape_dns),
	SHAPE_ROW_BOOLEAN(api_domain, files_held, SHAPE_LATER),
	SHAPE_ROW_BOOLEAN_OR_TRUE(api_domain, history_readable, SHAPE_LATER),
	SHAPE_ROW_OBJECTS(api_domain, revisions, SHAPE_ALWAYS, &shape_revision),
	SHAPE_ROW_INTEGER(api_domain, revisions_total, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_domain, fetches, SHAPE_ALWAYS, 0),
	SHAPE_ROW_TIME(api_domain, last_served_at, SHAPE_OR_NULL),
	SHAPE_ROW_OBJECT(api_domain, certificate_order, SHAPE_OR_NULL_LATER, api_certificate_order,
			 &shape_certificate_order),
	SHAPE_ROW_END,
};

const struct shape shape_txt = { "Domains", txt_fields, check_txt };
const struct shape shape_retirement = { "Retirement", retirement_fields, NULL };
const struct shape shape_server = { "Looks into DNS", server_fields, NULL };
const struct shape shape_dns = { "Looks into DNS", dns_fields, NULL };
const struct shape shape_look = { "POST /v1/dns", look_fields, NULL };
const struct shape shape_named = { "Domains", named_fields, NULL };
const struct shape shape_row = { "Domains", row_fields, NULL };
const struct shape shape_domain = { "GET /v1/domains/NAME", domain_fields, NULL };
