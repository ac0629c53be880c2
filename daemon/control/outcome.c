/* SPDX-License-Identifier: ISC */
#include "control/outcome.h"

#include "api/shape_order.h"
#include "api/shape_text.h"
#include "base/allocation.h"
#include "control/pieces.h"
#include "control/reply.h"
#include "control/view.h"
#include "control/view_record.h"
#include "store/reading.h"

#include <stdlib.h>
#include <string.h>

struct outcome {
	const struct host *host;
	struct changes *changes;
	struct forgotten_list list; /* of a forget; empty else */
	enum err (*put)(const struct outcome *outcome, size_t place, struct text *piece);
	bool (*is_shown)(const struct change *change); /* NULL: every one is */
	bool done;                                     /* whatever happens now, it was not for nothing */
	size_t next;                                   /* of the changes */
	struct pieces pieces;
};

static void free_outcome(void *owner)
{
	struct outcome *outcome = owner;

	changes_free(&outcome->changes);
	forget_free(&outcome->list);
	pieces_free(&outcome->pieces);
	free(outcome);
}

static enum err put_change(const struct outcome *outcome, size_t place, struct text *piece)
{
	return view_change(outcome->host, &outcome->changes->item[place], outcome->done, piece);
}

static enum err put_forgotten(const struct outcome *outcome, size_t place, struct text *piece)
{
	const struct change *change = &outcome->changes->item[place];
	const struct forgotten *forgotten = &outcome->list.item[place];
	struct view_record record;
	struct api_forgotten shown = { .domain = change->domain,
				       .mode = change->before->mode,
				       .id = changes_id(change),
				       .others = (json_int_t)forgotten->others,
				       .state = retirement_text(forgotten->state),
				       .forced = forgotten->forced,
				       .txt = view_txt(change->domain, change->owner, changes_id(change),
						       &record) };

	shape_put_time_or_none(forgotten->safe_at, shown.safe_at);
	return shape_append(&shape_forgotten, &shown, piece);
}

static bool is_new(const struct change *change)
{
	return change->publishes || change->moves;
}

static enum err put_row(void *owner, struct text *piece)
{
	struct outcome *outcome = owner;
	size_t place = outcome->next++;

	if (place >= outcome->changes->count)
		return ERR_NOT_FOUND;
	if (outcome->is_shown != NULL && !outcome->is_shown(&outcome->changes->item[place]))
		return ERR_OK;
	return outcome->put(outcome, place, piece);
}

static enum err next_piece(void *owner, struct text *piece)
{
	struct outcome *outcome = owner;
	enum err err;

	reading_begin(outcome->host->store);
	err = pieces_next(&outcome->pieces, put_row, outcome, piece);
	reading_end(outcome->host->store);
	return allocation_was_refused() ? ERR_NO_MEMORY : err;
}

/* Nobody is told any more by the answer itself. */
static enum err later_piece(void *owner, struct text *piece)
{
	enum err err = next_piece(owner, piece);

	if (err != ERR_OK)
		log_error("control, answer to an order cut off (%s)", err_text(err));
	return err;
}

/*
 * Take the answer without its rows; its first piece shows whether the rest is to be had.  Where an order was
 * done there is no doubt of that: what is missing is memory to tell.
 */
static enum err begin(struct outcome *outcome, json_t *json, const char *rows, struct answer *answer)
{
	enum err err = pieces_begin(&outcome->pieces, json, rows);

	return err == ERR_OK ? next_piece(outcome, &answer->body) : err;
}

static void answer_with(struct outcome *outcome, json_t *json, const char *rows, struct answer *answer)
{
	enum err err = begin(outcome, json, rows, answer);

	if (err != ERR_OK) {
		text_free(&answer->body);
		reply_error(answer,
			    err == ERR_STORE ? REPLY_UNREADABLE
			    : outcome->done  ? REPLY_UNKNOWN
					     : REPLY_NO_MEMORY,
			    NULL, NULL);
		free_outcome(outcome);
		return;
	}
	answer->status = 200;
	answer->content_type = "application/json";
	answer->more = later_piece;
	answer->done = outcome->done;
	answer->held = changes_memory(outcome->changes) + outcome->list.count * sizeof(*outcome->list.item);
	answer->owner = outcome;
	answer->release = free_outcome;
}

/* NULL: there is no memory, and that is answered. */
static struct outcome *make(const struct host *host, struct changes **changes, bool done,
			    struct answer *answer)
{
	struct outcome *outcome = calloc(1, sizeof(*outcome));

	if (outcome == NULL) {
		reply_error(answer, done ? REPLY_UNKNOWN : REPLY_NO_MEMORY, NULL, NULL);
		changes_free(changes);
		return NULL;
	}
	*outcome = (struct outcome){ .host = host, .changes = *changes, .put = put_change, .done = done };
	*changes = NULL;
	return outcome;
}

void outcome_of_changes(const struct host *host, struct changes **changes, bool dry_run, int64_t undone,
			struct answer *answer)
{
	struct api_changes shown = { .dry_run = dry_run,
				     .changed = (json_int_t)(*changes)->published,
				     .unchanged = (json_int_t)((*changes)->count - (*changes)->published),
				     .audit = (*changes)->audit,
				     .undone = undone };
	struct outcome *outcome = make(host, changes, (*changes)->audit != 0, answer);

	if (outcome == NULL)
		return;
	shown.changes = json_array();
	answer_with(outcome, shape_write(&shape_changes, &shown), "changes", answer);
}

void outcome_of_forget(const struct host *host, struct changes **changes, struct forgotten_list *list,
		       bool dry_run, struct answer *answer)
{
	struct api_forget shown = { .dry_run = dry_run,
				    .forced = (json_int_t)list->forced,
				    .audit = (*changes)->audit };
	struct outcome *outcome = make(host, changes, (*changes)->audit != 0, answer);

	if (outcome == NULL)
		return;
	outcome->list = *list;
	outcome->put = put_forgotten;
	*list = (struct forgotten_list){ 0 };
	shown.domains = json_array();
	answer_with(outcome, shape_write(&shape_forget, &shown), "domains", answer);
}

/* It was done, even where nothing had to be written. */
void outcome_of_reload(const struct host *host, struct changes **changes, struct answer *answer)
{
	const struct complaints *complaints = &host->files->complaints;
	struct api_totals totals;
	struct api_reload shown = {
		.files_changed = (json_int_t)host->files->files_changed,
		.certificates_changed = (json_int_t)certs_changed(host->certs),
		.published = (json_int_t)(*changes)->published,
		.new_orphans = (json_int_t)host->files->new_orphans,
		.errors = (json_int_t)complaints->errors,
		.warnings = (json_int_t)(complaints->count + complaints->lost - complaints->errors),
	};
	struct outcome *outcome = make(host, changes, true, answer);

	if (outcome == NULL)
		return;
	outcome->is_shown = is_new;
	view_count(host, &totals);
	shown.orphaned = totals.orphaned;
	shown.refused = totals.refused;
	shown.orphaned_domains = view_orphans(host);
	shown.changes = json_array();
	shown.complaints = view_complaints(complaints);
	answer_with(outcome, shape_write(&shape_reload, &shown), "changes", answer);
}
