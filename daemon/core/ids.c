/* SPDX-License-Identifier: ISC */
#include "core/ids.h"

#include "store/observations.h"
#include "store/records.h"
#include "store/revisions.h"

#include <string.h>

/* What DNS showed before it was published counts as used: who saw it then keeps the old policy under it. */
static enum err is_taken(struct store *store, const char *domain, const char *owner, const char *id,
			 bool *taken)
{
	enum err err = revisions_is_used(store, domain, id, taken);

	if (err == ERR_OK && !*taken)
		err = observations_is_foreign(store, domain, id, taken);
	if (err == ERR_OK && !*taken && owner != NULL)
		err = records_has(store, owner, id, taken);
	return err;
}

static enum err fresh_id(struct store *store, const struct domain *domain, const struct owner *owner,
			 time_t now, char id[ID_SIZE])
{
	const char *last = domain->published != NULL ? domain->published->id : "";
	const char *name = owner != NULL ? owner->name : NULL;
	bool taken = true;
	enum err err = ERR_OK;

	if (owner != NULL && owner->pending[0] != '\0') {
		memcpy(id, owner->pending, ID_SIZE);
		err = is_taken(store, domain->name, name, id, &taken);
	}
	if (owner != NULL && owner->id[0] != '\0')
		last = owner->id;
	if (err != ERR_OK || !taken)
		return err;
	memcpy(id, last, strlen(last) + 1);
	while (err == ERR_OK && taken) {
		id_next(now, id, id);
		err = is_taken(store, domain->name, name, id, &taken);
	}
	return err;
}

static enum err refuse_id(const struct domain *domain, const char *id, const struct configured *configured,
			  const char *what, const char *instead, struct complaints *complaints)
{
	const char *file;
	unsigned line;

	target_place(domain, configured, &file, &line);
	complain(complaints, SEVERITY_ERROR, file, line, what, id,
		 instead != NULL ? instead
				 : "write an id that was never used, or remove it and let mta-stsd choose: "
				   "senders that know this id would not fetch the changed policy");
	return ERR_REFUSED;
}

const char *ids_wished(const struct domain *domain, const struct wish *wish)
{
	if (wish->adopted != NULL)
		return wish->adopted;
	return wish->configured != NULL && !target_switch(domain, wish)->active ? wish->configured->terms->id
										: "";
}

/* An id of the operator's must be new to whoever may see it. */
static enum err check_new(struct store *store, const struct domain *domain, const struct owner *owner,
			  const char *id, const struct configured *configured, struct complaints *complaints)
{
	bool used = false;
	enum err err = observations_is_foreign(store, domain->name, id, &used);

	if (err != ERR_OK)
		return err;
	if (used)
		return refuse_id(domain, id, configured, "id was in DNS before it is published",
				 "remove it, reload, and run mta-stsctl adopt if another host served this "
				 "very policy under it; else write an id that was never used: senders that "
				 "know this one would not fetch the policy",
				 complaints);
	if (owner != NULL && strcmp(owner->pending, id) != 0)
		err = records_has(store, owner->name, id, &used);
	if (err == ERR_OK && used)
		return refuse_id(domain, id, configured,
				 "id was used for its record, or for one that it had before", NULL,
				 complaints);
	return err;
}

enum err ids_choose(struct store *store, const struct domain *domain, const struct owner *owner,
		    const struct wish *wish, time_t now, struct complaints *complaints, char id[ID_SIZE])
{
	const char *wished = ids_wished(domain, wish);
	bool used = false;
	enum err err;

	if (wished[0] == '\0')
		return fresh_id(store, domain, owner, now, id);
	err = revisions_is_used(store, domain->name, wished, &used);
	if (err == ERR_OK && used)
		return refuse_id(
			domain, wished, wish->configured, "id belongs to another revision of the domain",
			wish->adopted != NULL ? "the domain had it here before and has another since: "
						"publish what mta-stsctl txt prints"
					      : NULL,
			complaints);
	if (err == ERR_OK && wish->adopted == NULL)
		err = check_new(store, domain, owner, wished, wish->configured, complaints);
	if (err == ERR_OK)
		memcpy(id, wished, strlen(wished) + 1);
	return err;
}

static enum err give_fresh(struct store *store, struct store_txn *txn, const char *domain, const char *owner,
			   time_t now, char id[ID_SIZE])
{
	struct id_given given = { .at = now };
	bool taken = true;
	enum err err = revisions_last(store, &given.number);

	while (err == ERR_OK && taken) {
		id_next(now, id, id);
		err = is_taken(store, domain, owner, id, &taken);
	}
	return err == ERR_OK ? records_give(txn, owner, id, &given) : err;
}

enum err ids_settle(struct store *store, struct store_txn *txn, const char *domain, int64_t number,
		    const char *owner, time_t now, char id[ID_SIZE])
{
	int64_t since = 0, given = 0;
	enum err err = records_newest(store, owner, id, &given);

	if (err == ERR_OK)
		err = records_since(store, domain, id, &since);
	/* Senders of some domain know it from before it was given to this record. */
	if (given > number)
		number = given;
	return err == ERR_OK && since < number ? give_fresh(store, txn, domain, owner, now, id) : err;
}

enum err ids_warn(struct store *store, const struct domain *domain, const struct configured *configured,
		  struct complaints *complaints)
{
	bool used = false;
	enum err err;

	if (!domain->switching->active || configured->terms->id[0] == '\0')
		return ERR_OK;
	err = revisions_is_used(store, domain->name, configured->terms->id, &used);
	if (err == ERR_OK && used)
		complain(complaints, SEVERITY_WARNING, configured->terms->file, configured->line,
			 "id was used before the override", configured->terms->id,
			 "write a new one, or remove it: a reset is refused while it stands here");
	return err;
}
