/* SPDX-License-Identifier: ISC */
#include "core/adopt.h"

#include "base/clock.h"
#include "policy/syntax.h"
#include "store/observations.h"
#include "store/past.h"
#include "store/records.h"
#include "store/revisions.h"

#include <string.h>

struct job {
	const struct registry *registry;
	struct store *store;
	const struct order *order;
	const struct adoption *items;
	size_t count;
	struct complaints *complaints;
	const struct changes *changes; /* one for each item, in the same order */
	bool settles;                  /* of some domain something is learnt of the time before */
};

static enum err refuse(const struct job *job, const struct domain *domain, const char *what,
		       const char *value, const char *instead)
{
	complain(job->complaints, SEVERITY_ERROR, domain->name, 0, what, value, instead);
	return ERR_REFUSED;
}

/* How what this host published compares with what another one is said to have served. */
struct comparison {
	struct text text; /* of the other host */
	bool differs;     /* senders may have got another policy from this host */
	bool is_ours;     /* it is what is published here now */
};

static bool is_same(const struct text *text, const char *bytes, size_t len)
{
	return len == text->len && memcmp(bytes, text->bytes, len) == 0;
}

static enum err compare(void *context, const struct history_row *row)
{
	struct comparison *comparison = context;

	if (!row->sound || !is_same(&comparison->text, row->text, row->len))
		comparison->differs = true;
	return ERR_OK;
}

/* What senders hold under the id must be what it stands for here, and always was. */
static enum err compare_with(const struct job *job, const struct domain *domain, const struct adoption *item,
			     struct comparison *comparison)
{
	enum err err = syntax_render(item->policy, &comparison->text);

	comparison->differs = domain->switching->active;
	if (err == ERR_OK) {
		comparison->is_ours =
			is_same(&comparison->text, domain->published->text, revision_len(domain->published));
		err = revisions_history(job->store, domain->name, compare, comparison);
	}
	text_free(&comparison->text);
	return err;
}

static enum err check_id(const struct job *job, const struct domain *domain, const struct adoption *item,
			 const struct comparison *comparison)
{
	bool used = false;
	enum err err = ERR_OK;

	if (!comparison->differs && domain->configured != NULL && domain->configured->terms->id[0] != '\0' &&
	    strcmp(domain->configured->terms->id, item->id) != 0)
		return refuse(job, domain, "its file sets another id", domain->configured->terms->id,
			      "remove the id there, reload, and adopt it then");
	if (comparison->differs)
		err = revisions_is_used(job->store, domain->name, item->id, &used);
	if (err == ERR_OK && used)
		return refuse(job, domain, "this host published another policy under that id itself",
			      item->id, "senders may hold either: publish what mta-stsctl txt prints");
	/* A none that senders got from here must not stand for what they hold of the other host. */
	if (err == ERR_OK && comparison->differs && comparison->is_ours && item->policy->mode == MODE_NONE)
		return refuse(job, domain,
			      "it is what this host publishes now, so it may have been fetched from here",
			      item->id,
			      "say what the other host served: --from its address, or --policy a file");
	return err;
}

/* One that its record got from this host later is as good: nothing has to change. */
static enum err find_right(const struct job *job, const struct domain *domain, const struct adoption *item,
			   bool *right)
{
	int64_t since = 0;
	enum err err = records_since(job->store, domain->name, item->id, &since);

	*right = err == ERR_OK && since >= domain->published->number;
	return err;
}

/* What is published stays; what senders hold of the host before is waited for. */
static enum err keep(const struct domain *domain, struct changes *changes)
{
	enum err err = changes_keep(changes, domain);

	if (err == ERR_OK)
		changes->item[changes->count - 1].only_before = true;
	return err;
}

/* Whoever saw the id when the other host had what was told holds that, and would keep it under the same id.
 */
static enum err check_told(const struct job *job, const struct adoption *item)
{
	bool told = false;
	enum err err = observations_is_told(job->store, item->domain, item->id, &told);

	if (err != ERR_OK || !told)
		return err;
	complain(job->complaints, SEVERITY_ERROR, item->domain, 0,
		 "another policy was adopted before as what stood under that id", item->id,
		 "senders may hold either: publish what mta-stsctl txt prints");
	return ERR_REFUSED;
}

static enum err add(const struct job *job, const struct adoption *item, struct changes *changes)
{
	const struct domain *domain = registry_domain(job->registry, item->domain);
	struct wish wish = { .exact = item->policy, .adopted = item->id };
	struct comparison comparison = { .differs = false };
	bool right = false;
	enum err err = ERR_OK;

	if (domain != NULL) {
		wish.configured = domain->configured;
		err = compare_with(job, domain, item, &comparison);
		if (err == ERR_OK)
			err = check_id(job, domain, item, &comparison);
		if (err == ERR_OK && comparison.differs)
			return keep(domain, changes);
		if (err == ERR_OK)
			err = find_right(job, domain, item, &right);
	}
	if (err == ERR_OK && !right)
		err = check_told(job, item);
	if (right)
		wish = (struct wish){ .exact = item->policy };
	return err == ERR_OK ? changes_add(changes, item->domain, &wish, job->complaints) : err;
}

/* What is refused is gathered, so that the operator reads all of it at once. */
static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	struct job *job = context;
	enum err worst = ERR_OK;

	(void)entry;
	job->changes = changes;
	for (size_t i = 0; i < job->count; i++) {
		bool unknown = false;
		enum err err = add(job, &job->items[i], changes);

		if (err == ERR_OK)
			err = past_is_unknown(job->store, job->items[i].domain, &unknown);
		job->settles = job->settles || (unknown && job->items[i].policy->mode != MODE_NONE) ||
			       (err == ERR_OK && changes->item[changes->count - 1].only_before);
		if (err != ERR_OK && err != ERR_REFUSED)
			return err;
		if (err == ERR_REFUSED)
			worst = err;
	}
	return worst;
}

static bool matters(const void *context)
{
	return ((const struct job *)context)->settles;
}

/* As of now senders may still get it. */
static enum err tell(struct store_txn *txn, const struct change *change, const struct adoption *item)
{
	const struct foreign_told told = { .id = item->id,
					   .last_at = clock_now(),
					   .mode = item->policy->mode,
					   .max_age = item->policy->max_age };

	return observations_tell_foreign(txn, change->domain, &told);
}

/* What is learnt of a domain stands in the audit trail, too. */
static enum err note(const struct job *job, struct store_txn *txn, const struct change *change, int64_t audit)
{
	const struct audit_change entry = {
		.domain = change->domain,
		.before = change->before->id,
		.after = change->after->id,
		.was = *registry_domain(job->registry, change->domain)->switching
	};

	return audit_put_change(txn, audit, &entry);
}

static enum err write(void *context, struct store_txn *txn, int64_t audit)
{
	const struct job *job = context;
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < job->count; i++) {
		const struct change *change = &job->changes->item[i];

		/* Nobody is turned off who was not on: what was before is not known of those. */
		if (job->items[i].policy->mode != MODE_NONE)
			err = past_settle(txn, job->items[i].domain);
		if (err == ERR_OK && change->only_before)
			err = tell(txn, change, &job->items[i]);
		if (err == ERR_OK && !change->publishes && change->switching == NULL)
			err = note(job, txn, change, audit);
	}
	return err;
}

static void log_done(const void *context, const struct changes *changes)
{
	const struct job *job = context;

	order_announce(job->order, changes, "adopted", true);
	log_notice("adopt, by %s done (domains: %zu, adopted: %zu)", job->order->who, changes->count,
		   changes->published);
}

static const struct order_kind kind = {
	.command = "adopt",
	.not_done = EVENT_ORDER_NOT_DONE,
	.keep_unchanged = true,
	.work_out = work_out,
	.log_done = log_done,
	.matters = matters,
	.write = write,
};

enum err adopt_run(struct registry *registry, struct store *store, const struct order *order,
		   const struct adoption *items, size_t count, struct complaints *complaints,
		   struct changes **changes)
{
	struct job job = { registry, store, order, items, count, complaints, NULL, false };

	return order_run(registry, store, order, &kind, &job, changes);
}
