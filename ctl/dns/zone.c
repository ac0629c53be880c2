/* SPDX-License-Identifier: ISC */
#include "ctl/dns/zone.h"

/* Only records at the name itself: where a CNAME leads there may be the top of another zone. */
static enum err gather(const struct ask *ask, struct names *servers)
{
	const struct ask_record *record = NULL;
	enum err err = ERR_OK;

	while (err == ERR_OK && (record = ask_next_here(ask, ns_t_ns, record)) != NULL)
		err = names_put(servers, record->text);
	return err;
}

static enum err gather_glue(struct zone *zone, const struct ask *ask)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < ask->count && err == ERR_OK; i++) {
		const struct ask_record *record = &ask->record[i];

		if (record->type != ns_t_a && record->type != ns_t_aaaa)
			continue;
		err = names_put(&zone->hosts, record->owner);
		if (err == ERR_OK)
			err = names_put(&zone->glue, record->text);
	}
	return err;
}

enum err zone_hear_above(struct zone *zone, const struct ask *ask, bool *has_zone)
{
	enum err err;

	*has_zone = ask->authoritative && ask_next_here(ask, ns_t_ns, NULL) != NULL;
	if (*has_zone)
		return gather(ask, &zone->own);
	err = gather(ask, &zone->above);
	return err == ERR_OK ? gather_glue(zone, ask) : err;
}

enum err zone_hear_own(struct zone *zone, const struct ask *ask)
{
	return ask->authoritative ? gather(ask, &zone->own) : ERR_OK;
}

enum err zone_hear_resolver(struct zone *zone, const struct ask *ask)
{
	return gather(ask, &zone->told);
}

enum record_named zone_named(const struct zone *zone, const char *server)
{
	bool above = names_has(&zone->above, server);
	bool own = names_has(&zone->own, server);

	if (zone->above.count == 0 || zone->own.count == 0 || (!above && !own))
		return RECORD_NAMED_UNKNOWN;
	if (above && own)
		return RECORD_NAMED_BOTH;
	return above ? RECORD_NAMED_ABOVE : RECORD_NAMED_ZONE;
}

void zone_free(struct zone *zone)
{
	names_free(&zone->told);
	names_free(&zone->above);
	names_free(&zone->own);
	names_free(&zone->hosts);
	names_free(&zone->glue);
}
