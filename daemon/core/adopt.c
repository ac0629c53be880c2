/* SPDX-License-Identifier: ISC */
#include "core/adopt.h"

#include "policy/syntax.h"

#include <string.h>

struct job {
	const struct registry *registry;
	const struct order *order;
	const struct adoption *items;
	size_t count;
	struct complaints *complaints;
};

static enum err refuse(const struct job *job, const struct domain *domain, const char *what,
		       const char *value, const char *instead)
{
	complain(job->complaints, SEVERITY_ERROR, domain->name, 0, what, value, instead);
	return ERR_REFUSED;
}

/* What senders hold under the id must be what it stands for here, too. */
static enum err check(const struct job *job, const struct domain *domain, const struct adoption *item)
{
	const struct revision *published = domain->published;
	struct text text = { 0 };
	enum err err;
	bool same;

	if (domain->switching.active)
		return refuse(job, domain, "it is overridden by an order", mode_text(domain->switching.mode),
			      "it is too late to go on under the id of the host before; publish what "
			      "mta-stsctl txt prints");
	err = syntax_render(item->policy, &text);
	same = err == ERR_OK && published->len == text.len &&
	       memcmp(published->text, text.bytes, text.len) == 0;
	text_free(&text);
	if (err != ERR_OK || same)
		return err;
	return refuse(
		job, domain, "it publishes another policy here than the host before", published->id,
		"write into its file what the host before serves, reload, and adopt it then; or publish "
		"what mta-stsctl txt prints");
}

static enum err add(const struct job *job, const struct adoption *item, struct changes *changes)
{
	const struct domain *domain = registry_domain(job->registry, item->domain);
	const struct wish wish = { .configured = domain != NULL ? domain->configured : NULL,
				   .exact = item->policy,
				   .adopted = item->id };
	enum err err = domain != NULL ? check(job, domain, item) : ERR_OK;

	return err == ERR_OK ? changes_add(changes, item->domain, &wish, job->complaints) : err;
}

/* What is refused is gathered, so that the operator reads all of it at once. */
static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	const struct job *job = context;
	enum err worst = ERR_OK;

	(void)entry;
	for (size_t i = 0; i < job->count; i++) {
		enum err err = add(job, &job->items[i], changes);

		if (err != ERR_OK && err != ERR_REFUSED)
			return err;
		if (err == ERR_REFUSED)
			worst = err;
	}
	return worst;
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
};

enum err adopt_run(struct registry *registry, struct store *store, const struct order *order,
		   const struct adoption *items, size_t count, struct complaints *complaints,
		   struct changes **changes)
{
	struct job job = { registry, order, items, count, complaints };

	return order_run(registry, store, order, &kind, &job, changes);
}
