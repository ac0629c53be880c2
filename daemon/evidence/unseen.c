/* SPDX-License-Identifier: ISC */
#include "evidence/unseen.h"

#include "store/observations.h"
#include "store/revisions.h"

#include <string.h>

#define FIRST_DAY 86400

struct known {
	const char *id; /* that is published */
	bool right;
	bool fetched;
	bool looked;
};

/* Of the published revision, which comes first; then that is enough. */
static enum err note_revision(void *context, const struct history_row *row)
{
	struct known *known = context;

	known->right = row->seen_at != 0;
	known->fetched = row->last_served_at >= row->published_at + FIRST_DAY;
	return ERR_EXISTS;
}

static enum err note_look(void *context, const struct observation *observation)
{
	struct known *known = context;

	known->looked = strcmp(observation->id, known->id) == 0;
	return ERR_OK;
}

enum err unseen_of(struct store *store, const struct domain *domain, bool *unseen)
{
	struct known known = { .id = domain->published->id };
	enum err err;

	*unseen = false;
	if (domain->published->mode == MODE_NONE)
		return ERR_OK;
	err = revisions_history(store, domain->name, note_revision, &known);
	if (err == ERR_EXISTS)
		err = observations_last(store, domain->name, note_look, &known);
	if (err == ERR_OK)
		*unseen = !known.right && (known.looked || !known.fetched);
	return err;
}
