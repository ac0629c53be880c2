/* SPDX-License-Identifier: ISC */
#include "core/switch.h"

#include "store/reading.h"

#include <stdio.h>

/* One switch on its way. */
struct job {
	const struct registry *registry;
	struct store *store;
	const struct order *order;
	const struct names *domains;
	const struct switch_to *to;
	struct complaints *complaints;
};

static const char *command_of(const struct switch_to *to)
{
	return to->reset ? "reset" : mode_text(to->mode);
}

static struct switching switching_of(const struct job *job, time_t now)
{
	const struct switch_to *to = job->to;
	struct switching switching = { .active = !to->reset, .mode = to->mode, .since = now };

	if (switching.active) {
		switching.max_age = to->max_age;
		switching.keep_mx = to->mode == MODE_NONE && to->keep_mx;
	}
	(void)snprintf(switching.who, sizeof(switching.who), "%s", job->order->who);
	return switching;
}

/* There is nothing to go back to without a file, and going on with the switched text would be no reset. */
static enum err check_reset(const struct domain *domain, struct complaints *complaints)
{
	if (!domain->switching->active || domain->configured != NULL)
		return ERR_OK;
	complain(complaints, SEVERITY_ERROR, domain->name, 0,
		 domain->refused ? "no file of it is in use" : "no file says what to go back to",
		 domain->source[0] != '\0' ? domain->source : NULL,
		 domain->refused ? "its file is refused, or no file was loaded: do what mta-stsctl status "
				   "says, and reset then"
				 : "write a domain file, reload, and reset then");
	return ERR_REFUSED;
}

static enum err add(const struct job *job, const char *name, const struct switching *switching,
		    struct changes *changes)
{
	const struct domain *domain = registry_domain(job->registry, name);
	struct wish wish = { .switching = switching };
	enum err err = domain != NULL ? ERR_OK : ERR_NOT_FOUND;

	if (err == ERR_OK && job->to->reset)
		err = check_reset(domain, job->complaints);
	if (err != ERR_OK)
		return err;
	/*
	 * Without a switch there is nothing to reset: whatever its file says by now, only a reload publishes
	 * it.
	 */
	if (!job->to->reset || domain->switching->active)
		wish.configured = domain->configured;
	return changes_add(changes, name, &wish, job->complaints);
}

/*
 * What is refused is gathered, so that the operator reads all of it at once; anything else ends the attempt.
 */
static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	const struct job *job = context;
	const struct switching switching = switching_of(job, entry->at);
	enum err worst = ERR_OK, err = ERR_OK;

	entry->command = command_of(job->to);
	reading_begin(job->store);
	for (size_t i = 0; i < job->domains->count && (err == ERR_OK || err == ERR_REFUSED); i++) {
		err = add(job, job->domains->item[i], &switching, changes);
		if (err == ERR_REFUSED)
			worst = err;
	}
	reading_end(job->store);
	return err != ERR_OK ? err : worst;
}

static void log_done(const void *context, const struct changes *changes)
{
	const struct job *job = context;
	const char *command = command_of(job->to);

	order_announce(job->order, changes, command, false);
	log_notice("order, %s by %s done (domains: %zu, published: %zu)", command, job->order->who,
		   changes->count, changes->published);
}

static const struct order_kind kind = {
	.command = "switch",
	.not_done = EVENT_ORDER_NOT_DONE,
	.keep_unchanged = true,
	.work_out = work_out,
	.log_done = log_done,
};

enum err switch_run(struct registry *registry, struct store *store, const struct order *order,
		    const struct names *domains, const struct switch_to *to, struct complaints *complaints,
		    struct changes **changes)
{
	struct job job = { registry, store, order, domains, to, complaints };

	return order_run(registry, store, order, &kind, &job, changes);
}
