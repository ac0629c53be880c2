/* SPDX-License-Identifier: ISC */
#include "ctl/orders/summary.h"

#include "ctl/cli/print.h"

#include <stdlib.h>
#include <string.h>

enum err summary_begin(struct summary *summary, const struct print_view *view, bool dry_run)
{
	bool people = view->format == FORMAT_PEOPLE;

	*summary = (struct summary){ .dry_run = dry_run,
				     .people = people,
				     .shortest = -1,
				     .table = { .columns = 5 },
				     .shared = json_object(),
				     .records = { .format = view->format,
						  .only_would_be = dry_run,
						  .most = people ? PRINT_SOME : 0,
						  .printed = json_object() } };
	summary->records.out = open_memstream(&summary->records_text, &summary->records_len);
	table_put(&summary->table, (const char *const[]){ "DOMAIN", "BEFORE", "AFTER", "ID", "" });
	return summary->shared != NULL && summary->records.printed != NULL && summary->records.out != NULL
		       ? summary->table.err
		       : ERR_NO_MEMORY;
}

static const char *note_of(const struct api_change *change)
{
	if (change->changed)
		return "";
	return change->moved ? "unchanged, its record is elsewhere now" : "unchanged, id stays";
}

static void put_change(struct table *table, const struct api_change *change, bool dry_run)
{
	char id[TEXT_SHOWN_SIZE];

	(void)snprintf(id, sizeof(id), "%s%s", dry_run && change->changed ? "would be " : "",
		       change->after.id);
	table_put(table, (const char *const[]){
				 change->domain,
				 change->before.mode != MODE_UNKNOWN ? mode_text(change->before.mode) : "-",
				 mode_text(change->after.mode), id, note_of(change) });
}

static void note_lifetime(struct summary *summary, const struct api_brief *after)
{
	if (after->mode != MODE_NONE && after->max_age < POLICY_MAX_AGE_SHORT &&
	    (summary->shortest < 0 || after->max_age < summary->shortest))
		summary->shortest = after->max_age;
}

static void count_change(struct summary *summary, const struct api_change *change)
{
	summary->orphans |= change->orphaned;
	if (change->after.mode == MODE_NONE && change->wait > summary->wait)
		summary->wait = change->wait;
	summary->renewed += change->changed || change->moved;
	summary->unknown_before |= change->after.mode == MODE_NONE && change->unknown_before;
	if (change->changed) {
		summary->changed++;
		summary->becomes[change->after.mode] = true;
		summary->switches |= change->switched;
		note_lifetime(summary, &change->after);
	} else if (change->moved) {
		summary->moved = true;
	} else if (change->switched) {
		summary->held++;
	} else {
		summary->loose++;
	}
}

/* What stands for the domains in an advice. */
static void note_name(struct summary *summary, const struct api_change *change)
{
	summary->only[0] = '\0';
	if (summary->count++ == 0 && strlen(change->domain) < sizeof(summary->only) &&
	    text_is_visible_ascii(change->domain))
		memcpy(summary->only, change->domain, strlen(change->domain) + 1);
}

/* A dry run is asked for the sake of its table, and so is what has to be confirmed. */
static bool is_shown(const struct api_change *change, const struct summary *summary)
{
	if (change->changed || change->moved)
		return summary->dry_run || summary->renewed <= PRINT_SOME;
	return summary->held + summary->loose <= PRINT_SOME;
}

static enum err note_uncovered(struct summary *summary, const struct api_change *change)
{
	if (change->certificate || change->tls_elsewhere || summary->uncovered++ >= PRINT_SOME)
		return ERR_OK;
	return names_put(&summary->bare, change->domain);
}

/*
 * People see some of the records that are new.  A script gets those of every domain: run again after it was
 * cut off on its way to DNS, it still sets them all.
 */
static enum err put_record(struct summary *summary, const struct api_change *change)
{
	if (!change->changed && !change->moved && summary->people)
		return ERR_OK;
	return list_print_record(&summary->records, &change->txt, change->record_domains);
}

/* What else is served by the records that get a new id. */
static enum err note_sharing(struct summary *summary, const struct api_change *change)
{
	const char *name = change->txt.name;
	const json_t *value;
	json_int_t others;

	if (change->record_domains < 2 || !(change->changed || change->moved))
		return ERR_OK;
	value = json_object_get(summary->shared, name);
	others = (value != NULL ? json_integer_value(value) : change->record_domains) - 1;
	return json_object_set_new(summary->shared, name, json_integer(others)) == 0 ? ERR_OK : ERR_NO_MEMORY;
}

enum err summary_take(struct summary *summary, const json_t *row)
{
	struct api_change change;
	enum err err = shape_read(&shape_change, row, &change);

	if (err != ERR_OK)
		return err;
	note_name(summary, &change);
	count_change(summary, &change);
	if (is_shown(&change, summary))
		put_change(&summary->table, &change, summary->dry_run);
	err = note_uncovered(summary, &change);
	if (err == ERR_OK)
		err = put_record(summary, &change);
	if (err == ERR_OK)
		err = note_sharing(summary, &change);
	if (err == ERR_OK)
		err = file_hint_take(&summary->hint, &change);
	return err == ERR_OK ? summary->table.err : err;
}

enum err summary_end(struct summary *summary)
{
	FILE *out = summary->records.out;
	bool whole = !ferror(out);

	summary->records.out = NULL;
	return fclose(out) == 0 && whole ? ERR_OK : ERR_NO_MEMORY;
}

void summary_free(struct summary *summary)
{
	(void)table_end(&summary->table, "", NULL);
	names_free(&summary->bare);
	if (summary->records.out != NULL)
		(void)fclose(summary->records.out);
	free(summary->records_text);
	json_decref(summary->records.printed);
	json_decref(summary->shared);
	file_hint_free(&summary->hint);
}

static enum err begin(const struct print_view *view, void **rows)
{
	struct summary *summary = malloc(sizeof(*summary));

	*rows = summary;
	return summary != NULL ? summary_begin(summary, view, false) : ERR_NO_MEMORY;
}

static enum err take(void *rows, const json_t *row)
{
	return summary_take(rows, row);
}

static void end(void **rows)
{
	if (*rows != NULL)
		summary_free(*rows);
	free(*rows);
	*rows = NULL;
}

const struct print_rows summary_rows = { "changes", begin, take, end };
