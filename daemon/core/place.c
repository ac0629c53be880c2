/* SPDX-License-Identifier: ISC */
#include "core/place.h"

#include "core/ids.h"
#include "core/registry_private.h"
#include "store/records.h"
#include "store/revisions.h"

#include <stdint.h>
#include <string.h>

/*
 * One that comes, or comes back, brings its ids to the record at its name that others share by now.  One that
 * leaves a record for its own name has senders that know ids of the former, so it needs an entry.
 */
static enum err choose(struct registry *registry, const struct domain *domain, struct place *place)
{
	struct owner *before = owner_of(registry, domain);
	char own[OWNER_SIZE];
	enum err err = ERR_OK;

	place->owner = owner_choose(registry, domain->name, place->declared, place->observed);
	if (place->owner == NULL && before != NULL)
		err = owner_make(registry, record_owner(domain->name, own), &place->owner);
	place->changes = place->declared != domain->declared || place->observed != domain->observed ||
			 (domain->published == NULL && place->owner != NULL);
	place->moves = place->owner != before && domain->published != NULL;
	return err;
}

enum err place_leave(struct registry *registry, const struct domain *domain, struct place *place)
{
	enum err err;

	*place = (struct place){ 0 };
	err = choose(registry, domain, place);
	place->changes = false;
	return err;
}

enum err place_declare(struct registry *registry, const struct domain *domain,
		       const struct configured *configured, struct place *place)
{
	enum err err = ERR_OK;

	*place = (struct place){ .declared = domain->declared, .observed = domain->observed };
	if (configured != NULL)
		place->declared = NULL;
	if (configured != NULL && configured->terms->record != NULL)
		err = owner_make(registry, configured->terms->record, &place->declared);
	return err == ERR_OK ? choose(registry, domain, place) : err;
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
	return err == ERR_OK ? choose(registry, domain, place) : err;
}

static const char *name_of(const struct owner *owner)
{
	return owner != NULL ? owner->name : NULL;
}

enum err place_write(struct store_txn *txn, const char *domain, int64_t number, const char *published,
		     time_t now, struct place *place)
{
	const struct id_given given = { number, now };

	if (place->changes)
		return records_place(txn, domain, name_of(place->declared), name_of(place->observed),
				     &place->clashes);
	return place->owner != NULL && published != NULL
		       ? records_give(txn, place->owner->name, published, &given)
		       : ERR_OK;
}

/* What the first of many domains came to is right for the others that publish the same id by the same order.
 */
static bool is_settled(const struct place *place, const char *published)
{
	return published != NULL && !place->clashes && strcmp(place->owner->settled, published) == 0;
}

enum err place_settle(struct store *store, struct store_txn *txn, const char *domain, int64_t number,
		      const char *published, time_t now, struct place *place)
{
	enum err err = ERR_OK;

	if (place->owner == NULL)
		return ERR_OK;
	/* Of a clash with others it is enough to know that a new id is right for all of them. */
	if (place->clashes)
		err = revisions_last(store, &number);
	if (err == ERR_OK && !is_settled(place, published))
		err = ids_settle(store, txn, domain, number, place->owner->name, now, place->owner->settled);
	memcpy(place->id, place->owner->settled, ID_SIZE);
	return err;
}

void place_publish(struct registry *registry, const char *domain, struct place *place)
{
	if (place->changes)
		registry_place(registry, registry_known(registry, domain), place->declared, place->observed);
	if (place->id[0] != '\0')
		memcpy(place->owner->id, place->id, sizeof(place->id));
	place_end(place);
}

void place_end(struct place *place)
{
	if (place->owner == NULL)
		return;
	place->owner->pending[0] = '\0';
	place->owner->settled[0] = '\0';
}
