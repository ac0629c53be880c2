/* SPDX-License-Identifier: ISC */
#include "api/shape_history.h"

#include "policy/record.h"

static enum err check_revision(const void *object)
{
	const struct api_revision *revision = object;

	return id_is_valid(revision->id) ? ERR_OK : ERR_SYNTAX;
}

static const struct shape_field revision_fields[] = {
	SHAPE_ROW_STRING(api_revision, id, SHAPE_ALWAYS),
	SHAPE_ROW_MODE(api_revision, mode, SHAPE_OR_NULL),
	SHAPE_ROW_INTEGER(api_revision, max_age, SHAPE_ALWAYS, 0),
	SHAPE_ROW_TIME(api_revision, published_at, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_revision, superseded_at, SHAPE_OR_NULL),
	SHAPE_ROW_TIME(api_revision, first_served_at, SHAPE_OR_NULL),
	SHAPE_ROW_TIME(api_revision, last_served_at, SHAPE_OR_NULL),
	SHAPE_ROW_INTEGER(api_revision, fetches, SHAPE_ALWAYS, 0),
	SHAPE_ROW_TIME(api_revision, seen_at, SHAPE_OR_NULL),
	SHAPE_ROW_INTEGER(api_revision, ttl, SHAPE_OR_NULL, 1),
	SHAPE_ROW_INTEGER(api_revision, audit, SHAPE_OR_NULL, 1),
	SHAPE_ROW_STRING(api_revision, command, SHAPE_OR_NULL),
	SHAPE_ROW_STRING(api_revision, by, SHAPE_OR_NULL),
	SHAPE_ROW_STRING(api_revision, reason, SHAPE_OR_NULL),
	SHAPE_ROW_BOOLEAN_OR_TRUE(api_revision, readable, SHAPE_LATER),
	SHAPE_ROW_STRING(api_revision, policy, SHAPE_MAY_MISS),
	SHAPE_ROW_END,
};

static const struct shape_field history_fields[] = {
	SHAPE_ROW_STRING(api_history, domain, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_history, published, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECTS(api_history, revisions, SHAPE_ALWAYS, &shape_revision),
	SHAPE_ROW_END,
};

static const struct shape_field entry_change_fields[] = {
	SHAPE_ROW_STRING(api_entry_change, domain, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_entry_change, before, SHAPE_OR_NULL),
	SHAPE_ROW_STRING(api_entry_change, after, SHAPE_OR_NULL),
	SHAPE_ROW_END,
};

static const struct shape_field entry_fields[] = {
	SHAPE_ROW_INTEGER(api_entry, number, SHAPE_ALWAYS, 1),
	SHAPE_ROW_TIME(api_entry, at, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_entry, uid, SHAPE_OR_NULL, 0),
	SHAPE_ROW_STRING(api_entry, by, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_entry, command, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_entry, undoes, SHAPE_OR_NULL, 1),
	SHAPE_ROW_STRING(api_entry, reason, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_entry, domains, SHAPE_ALWAYS, 0),
	SHAPE_ROW_OBJECTS(api_entry, changes, SHAPE_ALWAYS, &shape_entry_change),
	SHAPE_ROW_END,
};

const struct shape shape_revision = { "Revisions", revision_fields, check_revision };
const struct shape shape_history = { "GET /v1/history/NAME", history_fields, NULL };
const struct shape shape_entry = { "Audit entries", entry_fields, NULL };
const struct shape shape_entry_change = { "Audit entries", entry_change_fields, NULL };
