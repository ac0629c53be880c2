/* SPDX-License-Identifier: ISC */
#include "core/hold.h"

#include "core/revision.h"
#include "policy/retire.h"
#include "store/revisions.h"

#define MARGIN 3600

/* How long the record of a successor may have taken to become visible: the longest TTL that is usual. */
#define RECORD_TTL 86400

struct older {
	time_t now;
	uint32_t *seconds;
};

void hold_add(enum mode mode, uint32_t max_age, uint32_t *seconds)
{
	uint32_t hold = retire_hold(mode, max_age);

	if (hold > 0 && hold + MARGIN > *seconds)
		*seconds = hold + MARGIN;
}

static enum err add_older(void *context, const char *text, size_t len, time_t superseded_at)
{
	const struct older *older = context;
	struct revision *revision = NULL;
	enum err err = revision_new("0", text, len, 0, &revision);

	if (err != ERR_OK)
		return err == ERR_SYNTAX ? ERR_OK : err;
	if (superseded_at + (time_t)retire_hold(revision->mode, revision->max_age) + MARGIN + RECORD_TTL >
	    older->now)
		hold_add(revision->mode, revision->max_age, older->seconds);
	revision_release(&revision);
	return ERR_OK;
}

enum err hold_of_older(struct store *store, const char *domain, time_t now, uint32_t *seconds)
{
	struct older older = { .now = now, .seconds = seconds };

	*seconds = 0;
	return revisions_each_older(store, domain, add_older, &older);
}
