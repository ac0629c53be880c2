/* SPDX-License-Identifier: ISC */
#include "client/history.h"

#include "client/reply.h"
#include "policy/record.h"

#include <string.h>

static enum err check_time(const char *when)
{
	return when == NULL || reply_is_time(when) ? ERR_OK : ERR_SYNTAX;
}

/* A time, or null where allowed. */
static enum err unpack_time(const json_t *value, const char **when)
{
	return reply_string(value, when) == ERR_OK ? check_time(*when) : ERR_SYNTAX;
}

static enum err unpack_times(json_t *reply, struct history_revision *revision)
{
	const struct {
		const char *name;
		const char **when;
	} times[] = {
		{ "superseded_at", &revision->superseded_at },
		{ "first_served_at", &revision->first_served_at },
		{ "last_served_at", &revision->last_served_at },
		{ "seen_at", &revision->seen_at },
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		if (unpack_time(json_object_get(reply, times[i].name), times[i].when) != ERR_OK)
			return ERR_SYNTAX;
	}
	return ERR_OK;
}

static enum err unpack_origin(json_t *reply, struct history_revision *revision)
{
	json_t *audit, *command, *by, *reason;

	if (json_unpack(reply, "{s:o, s:o, s:o, s:o}", "audit", &audit, "command", &command, "by", &by,
			"reason", &reason) != 0 ||
	    reply_number(audit, 1, &revision->audit) != ERR_OK ||
	    reply_string(command, &revision->command) != ERR_OK ||
	    reply_string(by, &revision->by) != ERR_OK || reply_string(reason, &revision->reason) != ERR_OK)
		return ERR_SYNTAX;
	return ERR_OK;
}

static enum err unpack_mode(const json_t *value, const char **mode)
{
	enum mode known;

	if (reply_string(value, mode) != ERR_OK || (*mode != NULL && mode_parse(*mode, &known) != ERR_OK))
		return ERR_SYNTAX;
	return ERR_OK;
}

enum err history_revision(json_t *reply, struct history_revision *revision)
{
	struct history_revision got = { 0 };
	json_t *mode, *ttl;

	if (json_unpack(reply, "{s:s, s:o, s:I, s:s, s:I, s:o, s?s}", "id", &got.id, "mode", &mode, "max_age",
			&got.max_age, "published_at", &got.published_at, "fetches", &got.fetches, "ttl", &ttl,
			"policy", &got.policy) != 0)
		return ERR_SYNTAX;
	if (!id_is_valid(got.id) || unpack_mode(mode, &got.mode) != ERR_OK ||
	    check_time(got.published_at) != ERR_OK || reply_number(ttl, 0, &got.ttl) != ERR_OK ||
	    unpack_times(reply, &got) != ERR_OK || unpack_origin(reply, &got) != ERR_OK)
		return ERR_SYNTAX;
	*revision = got;
	return ERR_OK;
}

enum err history_entry(json_t *reply, struct history_entry *entry)
{
	struct history_entry got = { 0 };
	json_t *undoes;

	if (json_unpack(reply, "{s:I, s:s, s:s, s:s, s:o, s:s, s:I, s:o}", "number", &got.number, "at",
			&got.at, "by", &got.by, "command", &got.command, "undoes", &undoes, "reason",
			&got.reason, "domains", &got.domains, "changes", &got.changes) != 0 ||
	    check_time(got.at) != ERR_OK || reply_number(undoes, 1, &got.undoes) != ERR_OK ||
	    !json_is_array(got.changes))
		return ERR_SYNTAX;
	*entry = got;
	return ERR_OK;
}

enum err history_change(json_t *reply, struct history_change *change)
{
	struct history_change got = { 0 };
	json_t *before, *after;

	if (json_unpack(reply, "{s:s, s:o, s:o}", "domain", &got.domain, "before", &before, "after",
			&after) != 0 ||
	    reply_string(before, &got.before) != ERR_OK || reply_string(after, &got.after) != ERR_OK)
		return ERR_SYNTAX;
	*change = got;
	return ERR_OK;
}
