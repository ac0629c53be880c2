/* SPDX-License-Identifier: ISC */
#include "core/change.h"

#include "core/change_private.h"
#include "core/progress.h"
#include "core/registry_private.h"
#include "store/observations.h"
#include "store/past.h"
#include "store/records.h"
#include "store/revisions.h"

#include <stdlib.h>

static enum err write_forgotten(struct store_txn *txn, const char *domain, time_t now)
{
	const struct switching none = { .active = false };
	bool clashes;
	enum err err = revisions_end(txn, domain, now);

	if (err == ERR_OK)
		err = switches_put(txn, domain, &none);
	if (err == ERR_OK)
		err = revisions_put_source(txn, domain, "");
	if (err == ERR_OK)
		err = records_place(txn, domain, NULL, NULL, &clashes);
	return err == ERR_OK ? observations_remove(txn, domain) : err;
}

static enum err write_published(struct store_txn *txn, const struct change *change, const struct half *half,
				time_t now)
{
	struct revision *after = change->after;
	enum err err = ERR_OK;

	if (change->publishes)
		err = revisions_put(txn, change->domain, after->id, after->text, revision_len(after), now,
				    &after->number);
	if (err == ERR_OK && change->before == NULL)
		err = past_begin(txn, change->domain, after->number, now);
	if (err == ERR_OK && half->adopts)
		err = revisions_adopt(txn, change->domain, after->id);
	if (err == ERR_OK && change->switches)
		err = switches_put(txn, change->domain, &change->switching);
	if (err == ERR_OK && half->source != NULL)
		err = revisions_put_source(txn, change->domain, half->source);
	return err;
}

static enum err write_one(const struct changes *changes, struct store_txn *txn, const struct change *change,
			  struct half *half)
{
	const struct audit_change entry = { .domain = change->domain,
					    .before = change->before != NULL ? change->before->id : NULL,
					    .after = change->after != NULL ? change->after->id : NULL,
					    .was = half->domain->switching };
	enum err err = progress_step();

	if (err == ERR_OK)
		err = half->forgotten != NULL ? write_forgotten(txn, change->domain, changes->private->now)
					      : write_published(txn, change, half, changes->private->now);

	if (err == ERR_OK && half->forgotten == NULL)
		err = place_write(
			txn, change->domain, half->adopts ? -change->after->number : change->after->number,
			change->publishes ? change->after->id : NULL, changes->private->now, &half->place);
	if (err == ERR_OK && (change->publishes || change->switches || half->forgotten != NULL))
		err = audit_put_change(txn, changes->audit, &entry);
	return err;
}

static enum err settle_one(const struct changes *changes, struct store_txn *txn, const struct change *change,
			   struct half *half)
{
	int64_t number = half->forgotten == NULL ? change->after->number : 0;
	enum err err = progress_step();

	return err == ERR_OK ? place_settle(changes->private->store, txn, change->domain, number,
					    change->publishes ? change->after->id : NULL,
					    changes->private->now, &half->place)
			     : err;
}

enum err changes_write(struct changes *changes, struct store_txn *txn, int64_t audit)
{
	enum err err = ERR_OK;

	changes->audit = audit;
	for (size_t i = 0; err == ERR_OK && i < changes->count; i++)
		err = write_one(changes, txn, &changes->item[i], &changes->private->half[i]);
	for (size_t i = 0; err == ERR_OK && i < changes->count; i++)
		err = settle_one(changes, txn, &changes->item[i], &changes->private->half[i]);
	return err;
}

static void take_source(struct half *half)
{
	if (half->source == NULL)
		return;
	free(half->domain->source);
	half->domain->source = half->source;
	half->source = NULL;
}

static void publish_one(struct registry *registry, const struct change *change, struct half *half)
{
	if (half->forgotten != NULL) {
		registry_remove(registry, half->forgotten);
		half->domain = NULL;
		place_publish(registry, half->forgotten, &half->place);
		return;
	}
	if (change->switches)
		registry_switch(registry, half->domain, &change->switching);
	if (change->publishes)
		registry_swap(registry, half->domain, &half->incoming);
	place_publish(registry, change->domain, &half->place);
}

void changes_publish(struct changes *changes)
{
	struct registry *registry = changes->private->registry;
	struct half *half = changes->private->half;

	registry_lock(registry);
	for (size_t i = 0; i < changes->count; i++)
		publish_one(registry, &changes->item[i], &half[i]);
	registry_unlock(registry);
	for (size_t i = 0; i < changes->count; i++) {
		revision_release(&half[i].incoming);
		take_source(&half[i]);
	}
}
