/* SPDX-License-Identifier: ISC */
#include "certs/certs.h"

#include "base/allocation.h"
#include "base/clock.h"
#include "certs/certs_private.h"

#include <stdlib.h>
#include <sys/stat.h>

/* Bytes that are written in one go. */
#define PIECE 65536

enum err settle_list_put(struct settle_list *list, struct pair *pair)
{
	struct pair **item = allocation_grow(list->item, list->count, &list->capacity, sizeof(struct pair *));

	if (item == NULL)
		return ERR_NO_MEMORY;
	list->item = item;
	item[list->count++] = pair_retain(pair);
	return ERR_OK;
}

void settle_list_free(struct settle_list *list)
{
	for (size_t i = list->done; i < list->count; i++)
		pair_release(&list->item[i]);
	free(list->item);
	*list = (struct settle_list){ .count = 0 };
}

void settle_note(struct settle_notes *notes, const struct pair *pair)
{
	notes->count++;
	notes->lost = notes->lost || known_write(&pair->facts, &notes->records) != ERR_OK;
}

static bool is_young(const char *path, time_t now)
{
	struct stat status;

	return stat(path, &status) != 0 || facts_is_young(&status, now);
}

void settle_note_age(struct settle_notes *notes, struct pair *pair, time_t now)
{
	struct facts *facts = &pair->facts;

	if (!facts->young || is_young(facts->file, now) || is_young(facts->key_file, now))
		return;
	facts->young = false; /* nobody else looks at it */
	settle_note(notes, pair);
}

void settle_notes_free(struct settle_notes *notes)
{
	text_free(&notes->records);
	*notes = (struct settle_notes){ .count = 0 };
}

struct writing {
	struct facts_index *index;
	int fd;
	struct settle_notes notes;
};

static enum err flush(struct writing *writing)
{
	size_t count = writing->notes.count;

	writing->notes.count = 0;
	return writing->notes.lost
		       ? ERR_NO_MEMORY
		       : facts_index_put(writing->index, writing->fd, &writing->notes.records, count);
}

static enum err write_pair(void *context, struct catalogue_entry *entry)
{
	struct writing *writing = context;

	settle_note(&writing->notes, entry->pair);
	return writing->notes.records.len >= PIECE || writing->notes.lost ? flush(writing) : ERR_OK;
}

static void write_anew(struct certs *certs)
{
	struct writing writing = { .index = &certs->index };
	enum err err;

	writing.fd = facts_index_begin(&certs->index);
	if (writing.fd < 0)
		return;
	err = catalogue_each(&certs->catalogue, write_pair, &writing);
	if (err == ERR_OK)
		err = flush(&writing);
	facts_index_end(&certs->index, writing.fd, err == ERR_OK);
	settle_notes_free(&writing.notes);
}

/* While some are unsettled nobody knows what there is to write. */
void settle_keep(struct certs *certs, struct settle_notes *notes)
{
	struct facts_index *index = &certs->index;

	if (index->folder == NULL)
		return;
	if (notes->lost)
		index->size = 0;
	else if (notes->count > 0)
		facts_index_append(index, &notes->records, notes->count);
	if (certs->unsettled.count == 0 && facts_index_is_worn(index, certs->catalogue.count))
		write_anew(certs);
}

void settle_begin(struct certs *certs, struct settle_list *list, struct settle_notes *notes)
{
	if (list->count > 0) {
		settle_list_free(&certs->unsettled);
		certs->unsettled = *list;
		*list = (struct settle_list){ .count = 0 };
	}
	settle_keep(certs, notes);
}

static void exchange(struct certs *certs, struct pair *old, struct catalogue_entry *new)
{
	struct catalogue_entry *removed;

	certs_touch(certs, old);
	recall_forget(&certs->memory.recall, old->facts.file);
	if (new != NULL)
		certs_touch(certs, new->pair);
	(void)pthread_rwlock_wrlock(&certs->lock);
	removed = catalogue_take_out(&certs->catalogue, old->facts.file);
	if (new != NULL)
		catalogue_put(&certs->catalogue, &new);
	(void)pthread_rwlock_unlock(&certs->lock);
	catalogue_entry_free(&removed);
}

/* A handshake has read it before its files were others: it stays, as with any load that is refused. */
static bool is_served(struct pair *pair)
{
	return warm_is_supplied(pair) && !pair_is_lost(pair);
}

/* What is there instead of it by now, if anything: as a load would find it. */
static void load_again(struct certs *certs, struct pair *old, struct settle_notes *notes,
		       struct complaints *complaints)
{
	struct catalogue_entry *entry = NULL;
	struct pair *pair = NULL;
	enum err err = pair_load(old->facts.file, old->facts.key_file, clock_now(), complaints, &pair);

	certs->parsed++;
	if (err == ERR_OK) {
		settle_note(notes, pair);
		err = catalogue_make(&pair, &entry);
	}
	if (err != ERR_OK && (err != ERR_REFUSED || is_served(old)))
		return;
	certs->changed -= err != ERR_OK && certs->changed > 0;
	exchange(certs, old, entry);
}

/* Without memory it stays as it is, to be read by a handshake or the next start. */
static void settle(struct certs *certs, struct pair *pair, struct settle_notes *notes,
		   struct complaints *complaints)
{
	enum supply supply;

	if (catalogue_find_file(&certs->catalogue, pair->facts.file) != pair)
		return;
	certs->read++;
	if (supply_check(pair, &supply) != ERR_OK)
		return;
	if (supply == SUPPLY_THERE)
		settle_note_age(notes, pair, clock_now());
	else
		load_again(certs, pair, notes, complaints);
}

bool certs_settle(struct certs *certs, size_t budget, struct complaints *complaints)
{
	struct settle_list *list = &certs->unsettled;
	struct settle_notes notes = { .count = 0 };
	bool any = list->count > 0;

	for (; budget > 0 && list->done < list->count; budget--) {
		struct pair **pair = &list->item[list->done++];

		settle(certs, *pair, &notes, complaints);
		pair_release(pair);
	}
	if (list->done == list->count)
		settle_list_free(list);
	if (any)
		settle_keep(certs, &notes);
	settle_notes_free(&notes);
	return list->count > 0;
}
