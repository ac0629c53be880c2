/* SPDX-License-Identifier: ISC */
#include "control/view_record.h"

#include "control/reply.h"
#include "evidence/unseen.h"
#include "store/records.h"

#include <stdio.h>
#include <string.h>

#define SHARERS_NAMED 10
#define UNSEEN_NAMED  10

/* Each has to be read from the store; a host that has more is no beginner's. */
#define UNSEEN_ASKED 1000

struct api_txt view_txt(const char *domain, const struct owner *owner, const char *id,
			struct view_record *record)
{
	char own[OWNER_SIZE];

	(void)snprintf(record->name, sizeof(record->name), "%s.",
		       owner != NULL ? owner->name : record_owner(domain, own));
	(void)snprintf(record->value, sizeof(record->value), "v=STSv1; id=%s;", id);
	return (struct api_txt){ record->name, record->value };
}

/* The other domains of a record. */
struct sharers {
	const struct registry *registry;
	const struct domain *domain;
	const struct owner *owner;
	const struct domain *native; /* whose turn has not come */
	json_t *names;
};

static enum err put_sharer(struct sharers *sharers, const struct domain *domain)
{
	if (domain != sharers->domain)
		sharers->names = reply_append(sharers->names, json_string(domain->name));
	return json_array_size(sharers->names) < SHARERS_NAMED ? ERR_OK : ERR_EXISTS;
}

static enum err put_native(struct sharers *sharers)
{
	const struct domain *native = sharers->native;

	sharers->native = NULL;
	return native != NULL && native->published != NULL ? put_sharer(sharers, native) : ERR_OK;
}

static enum err name_sharer(void *context, const struct domain *domain)
{
	struct sharers *sharers = context;
	enum err err = ERR_OK;

	if (domain->published == NULL || owner_of(sharers->registry, domain) != sharers->owner)
		return ERR_OK;
	if (sharers->native != NULL && strcmp(sharers->native->name, domain->name) < 0)
		err = put_native(sharers);
	return err == ERR_OK ? put_sharer(sharers, domain) : err;
}

json_t *view_sharers(const struct host *host, const struct domain *domain)
{
	struct sharers sharers = { host->registry, domain, owner_of(host->registry, domain), NULL,
				   json_array() };

	if (owner_domains(host->registry, domain) <= 1)
		return sharers.names;
	sharers.native = owner_native(host->registry, sharers.owner);
	if (registry_each_marked(host->registry, MARK_PLACED, name_sharer, &sharers) == ERR_OK)
		(void)put_native(&sharers);
	return sharers.names;
}

static enum err add_right(void *context, const char *id)
{
	json_t **array = context;

	*array = reply_append(*array, json_string(id));
	return *array != NULL ? ERR_OK : ERR_NO_MEMORY;
}

json_t *view_right_ids(const struct host *host, const struct domain *domain)
{
	json_t *array = json_array();

	(void)records_each_right(host->store, domain->name, add_right, &array);
	return array;
}

/* Those that have to be looked at; a state that cannot be read is told elsewhere. */
struct unseen {
	const struct host *host;
	json_t *array;
	size_t asked;
};

static enum err name_unseen(void *context, const struct domain *domain)
{
	struct unseen *unseen = context;
	const struct host *host = unseen->host;
	char policy_host[HOST_SIZE];
	bool is_unseen = false;
	enum err err;

	if (!host->coverage->tls_elsewhere &&
	    !certs_serve(host->certs, domain_host(domain->name, policy_host)))
		return ERR_OK;
	err = unseen_of(host->store, domain, &is_unseen);
	if (err == ERR_OK && is_unseen)
		unseen->array = reply_append(unseen->array, json_string(domain->name));
	if (err == ERR_OK &&
	    (json_array_size(unseen->array) == UNSEEN_NAMED || ++unseen->asked == UNSEEN_ASKED))
		err = ERR_EXISTS;
	return err;
}

json_t *view_unseen(const struct host *host)
{
	struct unseen unseen = { .host = host, .array = json_array() };

	(void)registry_each(host->registry, name_unseen, &unseen);
	return unseen.array;
}
