/* SPDX-License-Identifier: ISC */
#include "core/place.h"

#include "core/ids.h"
#include "core/registry_private.h"
#include "store/records.h"

#include <stdint.h>
#include <string.h>

/* One that comes, or comes back, brings its ids to the record at its name that others share by now. */
static void choose(const struct registry *registry, const struct domain *domain, struct place *place)
{
	place->owner = owner_choose(registry, domain->name, place->declared, place->observed);
	place->changes = place->declared != domain->declared || place->observed != domain->observed ||
			 (domain->published == NULL && place->owner != NULL);
	place->moves = place->owner != owner_of(registry, domain) && domain->published != NULL;
}

enum err place_declare(struct registry *registry, const struct domain *domain,
		       const struct configured *configured, struct place *place)
{
	enum err err = ERR_OK;

	*place = (struct place){ .declared = domain->declared, .observed = domain->observed };
	if (configured != NULL)
		place->declared = NULL;
	if (configured != NULL && configured->record != NULL)
		err = owner_make(registry, configured->record, &place->declared);
	if (err == ERR_OK)
		choose(registry, domain, place);
	return err;
}

/* Its own name needs no entry, unless the file says another. */
enum err place_observe(struct registry *registry, const struct domain *domain, const char *record,
		       struct place *place)
{
	char own[OWNER_SIZE];
	enum err err = ERR_OK;

	*place = (struct place){ .declared = domain->declared, .observed = domain->observed };
	if (record != NULL &&
	    (domain->declared != NULL || strcmp(record, record_owner(domain->name, own)) != 0))
		err = owner_make(registry, record, &place->observed);
	else if (record != NULL)
		place->observed = owner_find(registry, record);
	if (err == ERR_OK)
		choose(registry, domain, place);
	return err;
}

static const char *name_of(const struct owner *owner)
{
	return owner != NULL ? owner->name : NULL;
}

/* Who comes to a record brings ids along, and may need a new one. */
static enum err write_change(struct store *store, struct store_txn *txn, const char *domain, int64_t number,
			     time_t now, struct place *place)
{
	bool clashes;
	enum err err =
		records_place(txn, domain, name_of(place->declared), name_of(place->observed), &clashes);

	if (err != ERR_OK || place->owner == NULL)
		return err;
	/* Of a clash with others it is enough to know that a new id is right for all of them. */
	return ids_settle(store, txn, domain, clashes ? INT64_MAX : number, place->owner->name, now,
			  place->id);
}

enum err place_write(struct store *store, struct store_txn *txn, const char *domain, int64_t number,
		     const char *published, time_t now, struct place *place)
{
	const struct id_given given = { number, now };

	if (place->changes)
		return write_change(store, txn, domain, number, now, place);
	if (published == NULL || place->owner == NULL)
		return ERR_OK;
	memcpy(place->id, published, strlen(published) + 1);
	return records_give(txn, place->owner->name, published, &given);
}

void place_publish(struct registry *registry, const char *domain, struct place *place)
{
	if (place->changes)
		registry_place(registry_known(registry, domain), place->declared, place->observed);
	if (place->id[0] != '\0')
		memcpy(place->owner->id, place->id, sizeof(place->id));
	place_end(place);
}

void place_end(struct place *place)
{
	if (place->owner != NULL)
		place->owner->pending[0] = '\0';
}
