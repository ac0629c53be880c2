/* SPDX-License-Identifier: ISC */
#include "evidence/nothing_before.h"

#include "store/observations.h"
#include "store/past.h"

struct job {
	const struct registry *registry;
	struct store *store;
	const struct order *order;
	const struct names *domains;
	struct complaints *complaints;
	const struct changes *changes;
	size_t unknown; /* domains of which it was not known until now */
};

static enum err check(const struct job *job, const struct domain *domain)
{
	struct foreign foreign;
	enum err err = observations_last_foreign(job->store, domain->name, &foreign);

	if (err != ERR_OK || foreign.id[0] == '\0')
		return err;
	complain(job->complaints, SEVERITY_ERROR, domain->name, 0,
		 "something was there: DNS showed an id that was never published here", foreign.id,
		 "if another host served a policy under it, run mta-stsctl adopt; if it was only a typo, "
		 "senders "
		 "that saw it hold nothing longer than what mta-stsctl show says");
	return ERR_REFUSED;
}

static enum err add(struct job *job, const char *name, struct changes *changes)
{
	const struct domain *domain = registry_domain(job->registry, name);
	bool unknown = false;
	enum err err = domain != NULL ? check(job, domain) : ERR_NOT_FOUND;

	if (err == ERR_OK)
		err = past_is_unknown(job->store, name, &unknown);
	job->unknown += unknown;
	return err == ERR_OK ? changes_keep(changes, domain) : err;
}

/* What is refused is gathered, so that the operator reads all of it at once. */
static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	struct job *job = context;
	enum err worst = ERR_OK;

	(void)entry;
	job->changes = changes;
	for (size_t i = 0; i < job->domains->count; i++) {
		enum err err = add(job, job->domains->item[i], changes);

		if (err != ERR_OK && err != ERR_REFUSED)
			return err;
		if (err == ERR_REFUSED)
			worst = err;
	}
	return worst;
}

static bool matters(const void *context)
{
	return ((const struct job *)context)->unknown > 0;
}

static enum err write_one(struct store_txn *txn, const struct change *change, int64_t audit)
{
	const struct audit_change entry = { .domain = change->domain,
					    .before = change->before->id,
					    .after = change->after->id,
					    .was = change->switching };
	enum err err = past_settle(txn, change->domain);

	return err == ERR_OK ? audit_put_change(txn, audit, &entry) : err;
}

static enum err write(void *context, struct store_txn *txn, int64_t audit)
{
	const struct job *job = context;
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < job->changes->count; i++)
		err = write_one(txn, &job->changes->item[i], audit);
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
			    const struct names *domains, struct complaints *complaints,
			    struct changes **changes)
{
	struct job job = { registry, store, order, domains, complaints, NULL, 0 };

	return order_run(registry, store, order, &kind, &job, changes);
}
