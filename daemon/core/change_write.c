/* SPDX-License-Identifier: ISC */
#include "core/change.h"

#include "base/progress.h"
#include "core/change_private.h"
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

/* A domain that nothing is published of may have been here before, or not. */
static enum err write_first(struct store_txn *txn, const struct change *change, const struct half *half,
			    time_t now, int64_t *domain)
{
	struct revision *after = change->after;
	const struct revision_row row = { .domain = change->domain,
					  .source = half->source != NULL ? half->source : "",
					  .id = after->id,
					  .text = after->text,
					  .len = revision_len(after),
					  .published_at = now };

	return revisions_put_first(txn, &row, domain, &after->number);
}

static enum err write_again(struct store_txn *txn, const struct change *change, const struct half *half,
			    time_t now)
{
	struct revision *after = change->after;
	enum err err = ERR_OK;

	if (change->publishes)
		err = revisions_put(txn, change->domain, after->id, after->text, revision_len(after), now,
				    &after->number);
	if (err == ERR_OK && change->before == NULL)
		err = past_begin(txn, change->domain, after->number, now);
	if (err == ERR_OK && half->source != NULL)
		err = revisions_put_source(txn, change->domain, half->source);
	return err;
}

/* The number of the domain is told where it becomes known. */
static enum err write_published(struct store_txn *txn, const struct change *change, const struct half *half,
				time_t now, int64_t *domain)
{
	enum err err = ERR_OK;

	if (change->publishes && change->before == NULL)
		err = write_first(txn, change, half, now, domain);
	if (err == ERR_OK && *domain == 0)
		err = write_again(txn, change, half, now);
	if (err == ERR_OK && half->adopts)
		err = revisions_adopt(txn, change->domain, change->after->id);
	if (err == ERR_OK && change->switching != NULL)
		err = switches_put(txn, change->domain, change->switching);
	return err;
}

static enum err place_one(struct store_txn *txn, const struct change *change, const struct half *half,
			  time_t now)
{
	int64_t number = change->after->number;

	if (half->place == NULL)
		return ERR_OK;
	return place_write(txn, change->domain, half->adopts ? -number : number,
			   change->publishes ? change->after->id : NULL, now, half->place);
}

static enum err write_one(const struct changes *changes, struct store_txn *txn, const struct change *change,
			  const struct half *half)
{
	struct audit_change entry = { .domain = change->domain,
				      .before = change->before != NULL ? change->before->id : NULL,
				      .after = change->after != NULL ? change->after->id : NULL,
				      .was = *half->domain->switching };
	time_t now = changes->private->now;
	enum err err = progress_step();

	if (err == ERR_OK && half->forgotten)
		err = write_forgotten(txn, change->domain, now);
	if (err == ERR_OK && !half->forgotten)
		err = write_published(txn, change, half, now, &entry.number);
	if (err == ERR_OK && !half->forgotten)
		err = place_one(txn, change, half, now);
	if (err == ERR_OK && (change->publishes || change->switching != NULL || half->forgotten))
		err = audit_put_change(txn, changes->audit, &entry);
	return err;
}

static enum err settle_one(const struct changes *changes, struct store_txn *txn, const struct change *change,
			   const struct half *half)
{
	int64_t number = half->forgotten ? 0 : change->after->number;
	enum err err = progress_step();

	if (err != ERR_OK || half->place == NULL)
		return err;
	return place_settle(changes->private->store, txn, change->domain, number,
			    change->publishes ? change->after->id : NULL, changes->private->now, half->place);
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
	registry_put_source(half->domain, &half->source);
}

static void publish_one(struct registry *registry, const struct change *change, struct half *half)
{
	struct revision *incoming;

	if (half->forgotten) {
		registry_remove(registry, change->domain);
		half->domain = NULL;
	}
	if (!half->forgotten && change->switching != NULL)
		registry_switch(registry, half->domain, change->switching);
	if (change->publishes) {
		incoming = revision_retain(change->after);
		registry_swap(registry, half->domain, &incoming);
		/* The change holds it, too, so nothing is freed here. */
		revision_release(&incoming);
	}
	if (half->place != NULL)
		place_publish(registry, change->domain, half->place);
}

void changes_publish(struct changes *changes)
{
	struct registry *registry = changes->private->registry;
	struct half *half = changes->private->half;

	registry_lock(registry);
	for (size_t i = 0; i < changes->count; i++)
		publish_one(registry, &changes->item[i], &half[i]);
	registry_unlock(registry);
	for (size_t i = 0; i < changes->count; i++)
		take_source(&half[i]);
}
