/* SPDX-License-Identifier: ISC */
#include "core/registry.h"

#include "core/registry_private.h"
#include "store/published.h"

#include <stdlib.h>

/*
 * Tables are read as they lie on the disk, and what belongs together is found by the number of the domain.
 * The domains that are new stay outside of the registry until their revision is there, and come in by name,
 * so that each is put behind the one before.
 */
struct reading {
	struct registry *registry;
	struct store *store;
	struct domain **domain; /* by its number; NULL: there is none */
	int64_t last;
};

static struct domain *at(const struct reading *reading, int64_t number)
{
	return number > 0 && number <= reading->last ? reading->domain[number] : NULL;
}

static enum err read_domain(void *context, const struct published_domain *stored)
{
	struct reading *reading = context;
	const struct revision_row row = {
		.source = stored->source,
		.declared = stored->declared,
		.observed = stored->observed,
	};
	struct domain *domain = registry_known(reading->registry, stored->name);

	if (stored->domain <= 0 || stored->domain > reading->last || reading->domain[stored->domain] != NULL)
		return ERR_OK; /* as only damage makes them */
	if (domain == NULL)
		domain = registry_new_domain(stored->name);
	if (domain == NULL)
		return ERR_NO_MEMORY;
	reading->domain[stored->domain] = domain;
	return registry_take_domain(reading->registry, domain, &row);
}

static enum err read_row(void *context, const struct published_row *stored)
{
	struct reading *reading = context;
	struct domain *domain = at(reading, stored->domain);
	struct revision_row row = {
		.id = stored->id,
		.text = stored->text,
		.len = stored->len,
		.published_at = stored->published_at,
		.number = stored->number,
	};

	if (domain == NULL)
		return ERR_OK;
	row.sound = published_is_sound(stored, domain->name);
	return registry_take_revision(reading->registry, domain, &row);
}

/* Of two of one name, as only damage makes them, the first counts. */
static enum err add(struct reading *reading, int64_t number)
{
	struct domain *domain = at(reading, number);

	if (domain == NULL || !domain->made || !domain->stored ||
	    registry_known(reading->registry, domain->name) != NULL)
		return ERR_OK;
	return registry_add(reading->registry, &domain);
}

static enum err add_named(void *context, int64_t number)
{
	return add(context, number);
}

/* What may have been published of it is not known. */
static enum err note_lost(struct reading *reading, struct domain *domain, int64_t number)
{
	bool lost;
	enum err err = published_is_lost(reading->store, number, &lost);

	if (err != ERR_OK || !lost || domain->name[0] == '\0') /* of nobody */
		return err;
	domain->stored = true;
	registry_note_unreadable(domain);
	return ERR_OK;
}

/* Those of which nothing is published, and those that the index of the names has not. */
static enum err add_rest(struct reading *reading)
{
	enum err err = ERR_OK;

	for (int64_t number = 1; err == ERR_OK && number <= reading->last; number++) {
		struct domain *domain = reading->domain[number];

		if (domain != NULL && !domain->stored)
			err = note_lost(reading, domain, number);
		if (err == ERR_OK)
			err = add(reading, number);
	}
	return err;
}

static enum err read_all(struct reading *reading)
{
	enum err err = published_each_domain(reading->store, read_domain, reading);

	if (err == ERR_OK)
		err = published_each_row(reading->store, read_row, reading);
	if (err == ERR_OK)
		err = published_each_name(reading->store, add_named, reading);
	return err == ERR_OK ? add_rest(reading) : err;
}

enum err registry_read(struct registry *registry, struct store *store, int64_t last)
{
	struct reading reading = { registry, store, calloc((size_t)last + 1, sizeof(struct domain *)), last };
	enum err err;

	if (reading.domain == NULL)
		return ERR_NO_MEMORY;
	err = read_all(&reading);
	for (int64_t number = 1; number <= reading.last; number++) {
		if (reading.domain[number] != NULL && reading.domain[number]->made)
			registry_free_domain(&reading.domain[number]);
	}
	free(reading.domain);
	return err;
}
