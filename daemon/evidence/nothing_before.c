/* SPDX-License-Identifier: ISC */
#include "evidence/nothing_before.h"

#include "store/past.h"

struct job {
	const struct registry *registry;
	struct store *store;
	const struct order *order;
	const struct names *domains;
	const struct changes *changes;
	size_t unknown; /* domains of which it was not known until now */
};

static enum err add(struct job *job, const char *name, struct changes *changes)
{
	const struct domain *domain = registry_domain(job->registry, name);
	bool unknown = false;
	enum err err = ERR_NOT_FOUND;

	if (domain != NULL)
		err = past_is_unknown(job->store, name, &unknown);
	job->unknown += unknown;
	return err == ERR_OK ? changes_keep(changes, domain) : err;
}

static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	struct job *job = context;
	enum err err = ERR_OK;

	(void)entry;
	job->changes = changes;
	for (size_t i = 0; err == ERR_OK && i < job->domains->count; i++)
		err = add(job, job->domains->item[i], changes);
	return err;
}

static bool matters(const void *context)
{
	return ((const struct job *)context)->unknown > 0;
}

static enum err write_one(const struct job *job, struct store_txn *txn, const struct change *change,
			  int64_t audit)
{
	const struct audit_change entry = {
		.domain = change->domain,
		.before = change->before->id,
		.after = change->after->id,
		.was = *registry_domain(job->registry, change->domain)->switching
	};
	enum err err = past_settle(txn, change->domain);

	return err == ERR_OK ? audit_put_change(txn, audit, &entry) : err;
}

static enum err write(void *context, struct store_txn *txn, int64_t audit)
{
	const struct job *job = context;
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < job->changes->count; i++)
		err = write_one(job, txn, &job->changes->item[i], audit);
	return err;
}

static void log_done(const void *context, const struct changes *changes)
{
	const struct job *job = context;

	for (size_t i = 0; i < changes->count && i < ORDER_DOMAINS_LOGGED; i++)
		log_notice("%s, nothing was published before it came here, says %s", changes->item[i].domain,
			   job->order->who);
	log_notice("nothing-before, by %s done (domains: %zu, not known until now: %zu)", job->order->who,
		   changes->count, job->unknown);
}

static const struct order_kind kind = {
	.command = "nothing-before",
	.not_done = EVENT_ORDER_NOT_DONE,
	.work_out = work_out,
	.log_done = log_done,
	.matters = matters,
	.write = write,
};

enum err nothing_before_run(struct registry *registry, struct store *store, const struct order *order,
			    const struct names *domains, struct changes **changes)
{
	struct job job = { registry, store, order, domains, NULL, 0 };

	return order_run(registry, store, order, &kind, &job, changes);
}
