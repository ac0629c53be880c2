/* SPDX-License-Identifier: ISC */
#include "core/ids.h"

#include "store/observations.h"
#include "store/revisions.h"

#include <string.h>

static enum err fresh_id(struct store *store, const struct domain *domain, time_t now, char id[ID_SIZE])
{
	bool used = true;
	enum err err = ERR_OK;

	memcpy(id, "", 1);
	if (domain->published != NULL)
		memcpy(id, domain->published->id, ID_SIZE);
	while (err == ERR_OK && used) {
		id_next(now, id, id);
		err = revisions_is_used(store, domain->name, id, &used);
		if (err == ERR_OK && !used)
			err = observations_is_foreign(store, domain->name, id, &used);
	}
	return err;
}

static enum err refuse_id(const struct domain *domain, const struct configured *configured, const char *what,
			  struct complaints *complaints)
{
	const char *file;
	unsigned line;

	target_place(domain, configured, &file, &line);
	complain(complaints, SEVERITY_ERROR, file, line, what, configured->id,
		 "write an id that was never used, or remove it and let mta-stsd choose: senders that know "
		 "this id would "
		 "not fetch the changed policy");
	return ERR_REFUSED;
}

const char *ids_wished(const struct domain *domain, const struct wish *wish)
{
	return wish->configured != NULL && !target_switch(domain, wish)->active ? wish->configured->id : "";
}

enum err ids_choose(struct store *store, const struct domain *domain, const struct wish *wish, time_t now,
		    struct complaints *complaints, char id[ID_SIZE])
{
	const char *wished = ids_wished(domain, wish);
	bool used = false;
	enum err err;

	if (wished[0] == '\0')
		return fresh_id(store, domain, now, id);
	err = revisions_is_used(store, domain->name, wished, &used);
	if (err != ERR_OK)
		return err;
	if (used)
		return refuse_id(domain, wish->configured, "id belongs to another revision of the domain",
				 complaints);
	/* DNS showed it before it was published: who saw it then keeps the old policy under it. */
	err = observations_is_foreign(store, domain->name, wished, &used);
	if (err != ERR_OK)
		return err;
	if (used)
		return refuse_id(domain, wish->configured, "id was in DNS before it is published",
				 complaints);
	memcpy(id, wished, strlen(wished) + 1);
	return ERR_OK;
}

enum err ids_warn(struct store *store, const struct domain *domain, const struct configured *configured,
		  struct complaints *complaints)
{
	bool used = false;
	enum err err;

	if (!domain->switching.active || configured->id[0] == '\0')
		return ERR_OK;
	err = revisions_is_used(store, domain->name, configured->id, &used);
	if (err == ERR_OK && used)
		complain(complaints, SEVERITY_WARNING, configured->file, configured->line,
			 "id was used before the override", configured->id,
			 "write a new one, or remove it: a reset is refused while it stands here");
	return err;
}
