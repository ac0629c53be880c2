/* SPDX-License-Identifier: ISC */
#include "core/order.h"

#include "base/clock.h"
#include "core/registry_load.h"
#include "store/reading.h"

/* One order on its way. */
struct way {
	struct store *store;
	const struct order *order;
	const struct order_kind *kind;
	void *job;
	struct changes *changes;
	struct audit_entry entry;
};

static enum err prepare(struct way *way)
{
	enum err err = changes_prepare(way->changes);

	return err == ERR_OK && way->kind->prepare != NULL ? way->kind->prepare(way->job) : err;
}

static enum err write(struct way *way, struct store_txn *txn)
{
	int64_t audit = 0;
	enum err err = ERR_OK;

	if (!way->kind->modest)
		err = audit_put(txn, &way->entry, &audit);
	if (err == ERR_OK)
		err = changes_write(way->changes, txn, audit);
	if (err == ERR_OK && way->kind->write != NULL)
		err = way->kind->write(way->job, txn, audit);
	return err;
}

static enum err commit(struct way *way)
{
	struct store_txn *txn = NULL;
	enum err err =
		way->kind->modest ? store_begin_modest(way->store, &txn) : store_begin(way->store, &txn);

	if (err == ERR_OK)
		err = write(way, txn);
	if (err == ERR_OK) {
		reading_hold(way->store);
		err = store_commit(&txn);
	}
	store_rollback(&txn);
	return err;
}

static enum err publish(struct way *way)
{
	changes_publish(way->changes);
	return way->kind->publish != NULL ? way->kind->publish(way->job) : ERR_OK;
}

/* All that can fail comes before the commit, and nothing after it can. */
static enum err carry_out(struct way *way)
{
	enum err err = prepare(way);

	if (err == ERR_OK)
		err = commit(way);
	if (err == ERR_STORE && !way->kind->modest && store_made_room(way->store))
		err = commit(way);
	if (err == ERR_OK)
		err = publish(way);
	else if (err != ERR_UNKNOWN && way->kind->give_up != NULL)
		way->kind->give_up(way->job);
	reading_let_go(way->store);
	return err;
}

static bool matters(const struct way *way)
{
	return changes_matter(way->changes) || (way->kind->matters != NULL && way->kind->matters(way->job));
}

static void log_not_done(const struct way *way, enum err err)
{
	const struct order *order = way->order;

	log_event(way->kind->not_done,
		  &(struct log_fields){ .who = order->who, .uid = &order->uid, .reason = err_text(err) },
		  "%s, not done (%s; ordered by %s)", way->entry.command, err_text(err), order->who);
}

enum err order_run(struct registry *registry, struct store *store, const struct order *order,
		   const struct order_kind *kind, void *job, struct changes **changes)
{
	struct way way = { store, order, kind, job, NULL, { .at = clock_now(), .uid = order->uid } };
	enum err err = registry_recover(registry, store);

	way.entry.who = order->who;
	way.entry.command = kind->command;
	way.entry.reason = order->reason;
	if (err == ERR_OK)
		err = changes_new(registry, store, way.entry.at, kind->keep_unchanged, &way.changes);
	if (err == ERR_OK)
		err = kind->work_out(job, way.changes, &way.entry);
	if (err == ERR_OK && !order->dry_run && matters(&way))
		err = carry_out(&way);
	if (err != ERR_OK)
		log_not_done(&way, err);
	else if (!order->dry_run)
		kind->log_done(job, way.changes);
	if (way.changes != NULL)
		changes_end(way.changes);
	if (err == ERR_OK && changes != NULL)
		*changes = way.changes;
	else
		changes_free(&way.changes);
	return err;
}

static void log_change(const struct order *order, const struct change *change, const char *what)
{
	const struct log_fields fields = {
		.domain = change->domain,
		.mode = mode_text(change->after->mode),
		.id = change->after->id,
		.who = order->who,
		.uid = &order->uid,
		.reason = order->reason,
	};

	log_event(EVENT_DOMAIN_PUBLISHED, &fields, "%s, %s by %s (id %s%s)", change->domain, what, order->who,
		  change->after->id, change->publishes ? "" : ", as before");
}

void order_announce(const struct order *order, const struct changes *changes, const char *what,
		    bool only_published)
{
	size_t shown = 0;

	for (size_t i = 0; i < changes->count && shown < ORDER_DOMAINS_LOGGED; i++) {
		if (only_published && !changes->item[i].publishes)
			continue;
		log_change(order, &changes->item[i], what);
		shown++;
	}
}
