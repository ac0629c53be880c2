/* SPDX-License-Identifier: ISC */
#include "core/announce.h"

#include "log/log_event.h"

static void log_change(const struct change *change, const struct announce *announce)
{
	const struct log_fields fields = {
		.domain = change->domain->name,
		.mode = mode_text(change->after->mode),
		.id = change->after->id,
		.who = announce->who,
		.uid = &announce->uid,
		.reason = announce->reason,
	};

	log_event(EVENT_DOMAIN_PUBLISHED, &fields, "%s, %s by %s (id %s%s)", change->domain->name,
		  announce->what, announce->who, change->after->id, change->publishes ? "" : ", as before");
}

void announce_changes(const struct plan *plan, const struct announce *announce)
{
	size_t shown = 0;

	for (size_t i = 0; i < plan->count && shown < ANNOUNCE_DOMAINS; i++) {
		if (announce->only_published && !plan->item[i].publishes)
			continue;
		log_change(&plan->item[i], announce);
		shown++;
	}
}
