/* SPDX-License-Identifier: ISC */
#include "core/undo.h"

#include "policy/syntax.h"
#include "store/revisions.h"

#include <stdio.h>
#include <string.h>

#define NUMBER_SIZE 32

/* One order on its way back. */
struct way_back {
	const struct registry *registry;
	struct store *store;
	const struct order *order;
	struct complaints *complaints;
	int64_t entry;
	struct changes *changes;
	enum err worst;
	char command[32]; /* of the entry, when it is no order; "" else */
};

static enum err refuse(const struct way_back *way, const char *domain, const char *what, const char *value,
		       const char *instead)
{
	complain(way->complaints, SEVERITY_ERROR, domain, 0, what, value, instead);
	return ERR_REFUSED;
}

static enum err refuse_newer(const struct way_back *way, const char *domain, int64_t newer)
{
	char value[NUMBER_SIZE];

	(void)snprintf(value, sizeof(value), "audit entry %lld", (long long)newer);
	return refuse(
		way, domain, "was changed again since", value,
		"look at mta-stsctl history, and order what it should be: none, testing, enforce or reset");
}

/* Nothing may have happened to the domain since. */
static enum err check_newest(const struct way_back *way, const struct audit_change *change)
{
	const struct domain *domain = registry_domain(way->registry, change->domain);
	int64_t newest = 0;
	enum err err = audit_last_of(way->store, change->domain, &newest);

	if (err != ERR_OK)
		return err;
	if (domain == NULL)
		return refuse(way, change->domain, "was forgotten since", NULL,
			      "put its file back and run mta-stsctl reload");
	if (newest != way->entry)
		return refuse_newer(way, change->domain, newest);
	if (change->before == NULL || change->after == NULL || !change->was_known)
		return refuse(way, change->domain, "what it was before is not known", NULL,
			      "order what it should be: none, testing, enforce or reset");
	return ERR_OK;
}

struct wanted {
	const char *id;
	struct policy *policy;
};

static enum err find_policy(void *context, const struct history_row *row)
{
	struct complaints complaints = { 0 };
	struct wanted *wanted = context;
	enum err err = ERR_OK;

	if (wanted->policy == NULL && row->sound && strcmp(row->id, wanted->id) == 0)
		err = syntax_parse(row->text, row->len, "published policy", &complaints, &wanted->policy);
	complaints_free(&complaints);
	return err == ERR_SYNTAX ? ERR_OK : err;
}

static enum err same_text(const struct policy *a, const struct policy *b, bool *same)
{
	struct text of_a = { 0 };
	struct text of_b = { 0 };
	enum err err = syntax_render(a, &of_a);

	if (err == ERR_OK)
		err = syntax_render(b, &of_b);
	if (err == ERR_OK)
		*same = of_a.len == of_b.len && memcmp(of_a.bytes, of_b.bytes, of_a.len) == 0;
	text_free(&of_a);
	text_free(&of_b);
	return err;
}

/* Without a switch the next reload publishes what the file says, so that must be what was there before. */
static enum err check_file(const struct way_back *way, const struct domain *domain,
			   const struct audit_change *change, const struct policy *before)
{
	const struct configured *configured = domain->configured;
	bool same = true;
	enum err err = ERR_OK;

	if (!change->was.active && configured != NULL)
		err = same_text(configured->terms->policy, before, &same);
	if (err == ERR_OK && !same)
		return refuse(way, domain->name, "its file says something else by now",
			      configured->terms->file, "mta-stsctl reset publishes what the file says");
	return err;
}

static enum err work_out_change(struct way_back *way, const struct audit_change *change)
{
	const struct domain *domain = registry_domain(way->registry, change->domain);
	struct wanted wanted = { .id = change->before };
	struct wish wish = { .configured = domain->configured, .switching = &change->was };
	enum err err = revisions_history(way->store, change->domain, find_policy, &wanted);

	if (err == ERR_OK && wanted.policy == NULL)
		err = refuse(way, change->domain, "its previous policy cannot be read", change->before,
			     "order what it should be: none, testing, enforce or reset");
	if (err == ERR_OK)
		err = check_file(way, domain, change, wanted.policy);
	wish.exact = wanted.policy;
	if (err == ERR_OK)
		err = changes_add(way->changes, domain->name, &wish, way->complaints);
	policy_free(&wanted.policy);
	return err;
}

/* What is refused is gathered, so that the operator reads all of it at once. */
static enum err add(void *context, const struct audit_change *change)
{
	struct way_back *way = context;
	enum err err = check_newest(way, change);

	if (err == ERR_OK)
		err = work_out_change(way, change);
	if (err == ERR_REFUSED)
		way->worst = err;
	return err == ERR_REFUSED ? ERR_OK : err;
}

static enum err note_undo(void *context, const struct audit_entry *entry)
{
	bool *is_undo = context;

	*is_undo = strcmp(entry->command, "undo") == 0;
	return ERR_OK;
}

/* Who says "undo" means the last thing that happened: when that is no order, an older one is not meant. */
static enum err refuse_entry(const struct way_back *way)
{
	char instead[160] = "nothing was ordered yet";
	int64_t last = 0;
	bool is_undo = false;
	enum err err = audit_last_order(way->store, &last);

	if (err == ERR_OK && last > 0)
		err = audit_each(way->store, last + 1, 1, note_undo, &is_undo);
	if (err != ERR_OK)
		return err;
	if (last > 0)
		(void)snprintf(instead, sizeof(instead),
			       "only orders are; the last one is entry %lld, %smta-stsctl undo %lld %s",
			       (long long)last, is_undo ? "an undo itself, and " : "and ", (long long)last,
			       is_undo ? "does again what that took back" : "takes it back");
	return refuse(way, "audit", "entry cannot be taken back", way->command, instead);
}

static enum err check_entry(void *context, const struct audit_entry *entry)
{
	static const char *const orders[] = { "none", "testing", "enforce", "reset", "undo" };
	struct way_back *way = context;

	if (way->entry != 0 && entry->number != way->entry)
		return ERR_OK;
	way->entry = entry->number;
	way->worst = ERR_OK;
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		if (strcmp(entry->command, orders[i]) == 0)
			return ERR_OK;
	}
	(void)snprintf(way->command, sizeof(way->command), "%s", entry->command);
	return ERR_OK;
}

static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	struct way_back *way = context;
	int64_t before = way->entry > 0 ? way->entry + 1 : INT64_MAX;
	enum err err;

	way->changes = changes;
	way->worst = ERR_NOT_FOUND;
	/* The entry is the newest of those that come before the next number. */
	err = audit_each(way->store, before, 1, check_entry, way);
	entry->undoes = way->entry;
	/* Only now: the audit trail is read one walk at a time. */
	if (err == ERR_OK && way->command[0] != '\0')
		way->worst = refuse_entry(way);
	if (err != ERR_OK || way->worst != ERR_OK)
		return err != ERR_OK ? err : way->worst;
	err = audit_each_change(way->store, way->entry, -1, add, way);
	return err != ERR_OK ? err : way->worst;
}

static void log_done(const void *context, const struct changes *changes)
{
	const struct way_back *way = context;
	const struct order *order = way->order;

	order_announce(order, changes, "undo", false);
	log_event(EVENT_UNDO_DONE,
		  &(struct log_fields){ .who = order->who, .uid = &order->uid, .reason = order->reason },
		  "undo, of audit entry %lld by %s done (domains: %zu, published: %zu)",
		  (long long)way->entry, order->who, changes->count, changes->published);
}

static const struct order_kind kind = {
	.command = "undo",
	.not_done = EVENT_UNDO_NOT_DONE,
	.keep_unchanged = true,
	.work_out = work_out,
	.log_done = log_done,
};

enum err undo_run(struct registry *registry, struct store *store, const struct order *order, int64_t *entry,
		  struct complaints *complaints, struct changes **changes)
{
	struct way_back way = { registry, store, order, complaints, *entry, NULL, ERR_OK, "" };
	enum err err = order_run(registry, store, order, &kind, &way, changes);

	if (err == ERR_OK)
		*entry = way.entry;
	return err;
}
