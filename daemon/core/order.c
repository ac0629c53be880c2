/* SPDX-License-Identifier: ISC */
#include "core/order.h"

#include "base/clock.h"
#include "core/announce.h"
#include "core/registry_load.h"
#include "log/log_event.h"

#include <stdio.h>

const char *order_text(const struct order *order)
{
	return order->reset ? "reset" : mode_text(order->mode);
}

static struct switching switching_of(const struct order *order, time_t now)
{
	struct switching switching = { .active = !order->reset, .mode = order->mode, .since = now };

	if (switching.active && order->mode == MODE_NONE) {
		switching.max_age = order->max_age;
		switching.keep_mx = order->keep_mx;
	}
	(void)snprintf(switching.who, sizeof(switching.who), "%s", order->who);
	return switching;
}

/* There is nothing to go back to without a file, and going on with the switched text would be no reset. */
static enum err check_reset(const struct domain *domain, struct complaints *complaints)
{
	if (!domain->switching.active || domain->configured != NULL)
		return ERR_OK;
	complain(complaints, SEVERITY_ERROR, domain->name, 0,
		 domain->refused ? "file is refused" : "no file says what to go back to", domain->source,
		 domain->refused ? "correct the file, reload, and reset then"
				 : "write a domain file, reload, and reset then");
	return ERR_REFUSED;
}

static enum err add(struct plan *plan, const char *name, const struct order *order,
		    struct complaints *complaints)
{
	const struct domain *domain = registry_domain(plan->registry, name);
	const struct switching switching = switching_of(order, plan->now);
	struct wish wish = { .order = &switching };
	enum err err = domain != NULL ? ERR_OK : ERR_NOT_FOUND;

	if (err == ERR_OK && order->reset)
		err = check_reset(domain, complaints);
	if (err != ERR_OK)
		return err;
	/*
	 * Without a switch there is nothing to reset: whatever its file says by now, only a reload publishes
	 * it.
	 */
	if (!order->reset || domain->switching.active)
		wish.configured = domain->configured;
	return plan_add(plan, name, &wish, complaints);
}

/*
 * What is refused is gathered, so that the operator reads all of it at once; anything else ends the attempt.
 */
static enum err add_all(struct plan *plan, const struct names *domains, const struct order *order,
			struct complaints *complaints)
{
	enum err worst = ERR_OK;

	for (size_t i = 0; i < domains->count; i++) {
		enum err err = add(plan, domains->item[i], order, complaints);

		if (err != ERR_OK && err != ERR_REFUSED)
			return err;
		if (err == ERR_REFUSED)
			worst = err;
	}
	return worst;
}

static void log_done(const struct plan *plan, const struct order *order)
{
	const struct announce announce = {
		.what = order_text(order), .who = order->who, .uid = order->uid, .reason = order->reason
	};

	announce_changes(plan, &announce);
	log_notice("order, %s by %s done (domains: %zu, published: %zu)", order_text(order), order->who,
		   plan->count, plan->published);
}

enum err order_run(struct registry *registry, struct store *store, const struct names *domains,
		   const struct order *order, struct complaints *complaints, struct plan **plan)
{
	const struct audit_entry entry = {
		.uid = order->uid, .who = order->who, .command = order_text(order), .reason = order->reason
	};
	struct plan *new = NULL;
	enum err err = registry_recover(registry, store);

	if (err == ERR_OK)
		err = plan_new(registry, store, clock_now(), true, &new);
	if (err == ERR_OK)
		err = add_all(new, domains, order, complaints);
	if (err == ERR_OK && !order->dry_run)
		err = plan_commit(new, &entry);
	if (err == ERR_OK) {
		if (!order->dry_run)
			log_done(new, order);
		*plan = new;
		return ERR_OK;
	}
	log_event(EVENT_ORDER_NOT_DONE,
		  &(struct log_fields){ .who = order->who, .uid = &order->uid, .reason = err_text(err) },
		  "order, %s by %s not done (domains: %zu, %s)", order_text(order), order->who,
		  domains->count, err_text(err));
	plan_free(&new);
	return err;
}
