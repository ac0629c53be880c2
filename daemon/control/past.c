/* SPDX-License-Identifier: ISC */
#include "control/past.h"

#include "control/body.h"
#include "control/control.h"
#include "control/reply.h"
#include "control/select.h"
#include "control/view_history.h"
#include "policy/domain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TYPED_SIZE    1024
#define ENTRIES_MAX   100
#define NUMBER_DIGITS 18

void past_history(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	const struct host *host = control->host;
	struct view_past past = { 0 };
	char typed[TYPED_SIZE];
	char name[DOMAIN_SIZE];

	host_count_fetches(control->host);
	if (!body_decode(request->rest, typed, sizeof(typed)) ||
	    domain_normalise(typed, name, NULL) != ERR_OK)
		reply_error(answer, REPLY_UNKNOWN_DOMAIN, NULL, NULL);
	else if (!view_revisions(host, name, 0, &past))
		reply_error(answer, REPLY_UNREADABLE, NULL, NULL);
	else if (past.total == 0)
		select_refuse_unknown(answer, registry_is_unreadable(host->registry, name), NULL, NULL);
	else
		reply_json(answer, json_pack("{s: s, s: b, s: O}", "domain", name, "published",
					     registry_domain(host->registry, name) != NULL, "revisions",
					     past.revisions));
	json_decref(past.revisions);
}

static bool read_number(const char *text, int64_t *number)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > NUMBER_DIGITS || text[len] != '\0')
		return false;
	*number = strtoll(text, NULL, 10);
	return true;
}

struct entries {
	const struct host *host;
	json_t *array;
};

/* They come newest first. */
static enum err add_entry(void *context, const struct audit_entry *entry)
{
	struct entries *entries = context;

	return json_array_insert_new(entries->array, 0, view_entry(entries->host, entry, VIEW_CHANGES_MAX)) ==
			       0
		       ? ERR_OK
		       : ERR_STORE;
}

void past_audit(void *context, const struct request *request, struct answer *answer)
{
	static const char field[] = "before=";
	const struct control *control = context;
	struct entries entries = { .host = control->host };
	int64_t before = INT64_MAX;

	if (request->query[0] != '\0' && (strncmp(request->query, field, strlen(field)) != 0 ||
					  !read_number(request->query + strlen(field), &before))) {
		reply_error(answer, REPLY_BAD_REQUEST, "the query is not before=NUMBER: name an audit entry",
			    NULL);
		return;
	}
	entries.array = json_array();
	if (entries.array != NULL &&
	    audit_each(control->host->store, before, ENTRIES_MAX, add_entry, &entries) == ERR_OK) {
		reply_json(answer, json_pack("{s: o}", "entries", entries.array));
		return;
	}
	json_decref(entries.array);
	reply_error(answer, REPLY_UNREADABLE, NULL, NULL);
}

struct wanted {
	const struct host *host;
	int64_t number;
	json_t *entry;
};

static enum err view_wanted(void *context, const struct audit_entry *entry)
{
	struct wanted *wanted = context;

	if (entry->number != wanted->number)
		return ERR_OK;
	wanted->entry = view_entry(wanted->host, entry, -1);
	return wanted->entry != NULL ? ERR_OK : ERR_STORE;
}

void past_entry(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	struct wanted wanted = { .host = control->host };

	if (!read_number(request->rest, &wanted.number))
		reply_error(answer, REPLY_UNKNOWN_ENTRY, NULL, NULL);
	else if (audit_each(control->host->store, wanted.number + 1, 1, view_wanted, &wanted) != ERR_OK)
		reply_error(answer, REPLY_UNREADABLE, NULL, NULL);
	else if (wanted.entry == NULL)
		reply_error(answer, REPLY_UNKNOWN_ENTRY, NULL, NULL);
	else
		reply_json(answer, json_incref(wanted.entry));
	json_decref(wanted.entry);
}
