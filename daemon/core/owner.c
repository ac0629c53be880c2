/* SPDX-License-Identifier: ISC */
#include "core/owner.h"

#include "core/registry_private.h"
#include "store/records.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct owner *)a)->name, ((const struct owner *)b)->name);
}

struct owner *owner_find(const struct registry *registry, const char *name)
{
	const struct owner key = { .name = name };
	void *const *found = tfind(&key, &registry->owners, by_name);

	return found != NULL ? *found : NULL;
}

enum err owner_make(struct registry *registry, const char *name, struct owner **owner)
{
	size_t size = strlen(name) + 1;
	struct owner *new;

	*owner = owner_find(registry, name);
	if (*owner != NULL)
		return ERR_OK;
	new = calloc(1, sizeof(*new) + size);
	if (new == NULL)
		return ERR_NO_MEMORY;
	new->name = memcpy(new + 1, name, size);
	if (tsearch(new, &registry->owners, by_name) == NULL) {
		free(new);
		return ERR_NO_MEMORY;
	}
	*owner = new;
	return ERR_OK;
}

struct owner *owner_choose(const struct registry *registry, const char *domain, struct owner *declared,
			   struct owner *observed)
{
	char own[OWNER_SIZE];

	if (declared != NULL || observed != NULL)
		return declared != NULL ? declared : observed;
	return registry->owners != NULL ? owner_find(registry, record_owner(domain, own)) : NULL;
}

struct owner *owner_of(const struct registry *registry, const struct domain *domain)
{
	return owner_choose(registry, domain->name, domain->declared, domain->observed);
}

const char *owner_id(const struct registry *registry, const struct domain *domain)
{
	const struct owner *owner = owner_of(registry, domain);

	return owner != NULL && owner->id[0] != '\0' ? owner->id : domain->published->id;
}

static bool is_placed(const struct domain *domain)
{
	return domain->declared != NULL || domain->observed != NULL;
}

const struct domain *owner_native(const struct registry *registry, const struct owner *owner)
{
	size_t prefix = strlen(OWNER_PREFIX);
	const struct domain *own = NULL;

	if (strncmp(owner->name, OWNER_PREFIX, prefix) == 0)
		own = registry_known(registry, owner->name + prefix);
	return own != NULL && !is_placed(own) ? own : NULL;
}

size_t owner_domains(const struct registry *registry, const struct domain *domain)
{
	const struct owner *owner = owner_of(registry, domain);

	return owner != NULL ? owner->placed + (owner_native(registry, owner) != NULL) : 1;
}

struct loading {
	struct registry *registry;
	struct store *store;
};

static enum err load(void *context, const char *name)
{
	const struct loading *loading = context;
	struct owner *owner;
	enum err err = owner_make(loading->registry, name, &owner);

	return err == ERR_OK ? records_newest(loading->store, name, owner->id, NULL) : err;
}

enum err owner_load(struct registry *registry, struct store *store)
{
	struct loading loading = { registry, store };

	return records_each(store, load, &loading);
}
