/* SPDX-License-Identifier: ISC */
#include "ctl/show/list.h"

#include "api/shape_status.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"

#include <string.h>

enum err list_print_record(struct list_records *records, const struct api_txt *txt, json_int_t domains)
{
	const char *begin = records->only_would_be ? "; would be: " : "";
	FILE *out = records->out;

	if (domains > 1 && json_object_get(records->printed, txt->name) != NULL)
		return ERR_OK;
	if (domains > 1 && json_object_set_new(records->printed, txt->name, json_true()) != 0)
		return ERR_NO_MEMORY;
	if (++records->count > records->most && records->most > 0)
		return ERR_OK;
	if (records->format == FORMAT_NSUPDATE)
		(void)fprintf(out, "%supdate delete %s TXT\n%supdate add %s %d TXT \"%s\"\n%ssend\n", begin,
			      txt->name, begin, txt->name, LIST_TXT_TTL, txt->value, begin);
	else
		(void)fprintf(out, "%s%s %d IN TXT \"%s\"\n", begin, txt->name, LIST_TXT_TTL, txt->value);
	return ERR_OK;
}

enum err list_print_txt(const struct print_view *view, json_t *reply)
{
	struct list_records records = { .out = view->out, .format = view->format, .printed = json_object() };
	struct api_list list;
	struct api_row row;
	enum err err = shape_read(&shape_list, reply, &list);
	size_t i = 0;

	for (; err == ERR_OK && i < json_array_size(list.domains); i++) {
		err = shape_read(&shape_row, json_array_get(list.domains, i), &row);
		if (err == ERR_OK)
			err = list_print_record(&records, &row.txt, row.record_domains);
	}
	if (err == ERR_OK && i == 0)
		(void)fputs("no domains: nothing to publish\n", view->aside);
	json_decref(records.printed);
	return err;
}

static const char *reason_of(const struct api_row *row)
{
	static const char *const reasons[2][3] = {
		{ "", "no file", "file not used" },
		{ "until reset", "no file", "file not used" },
	};

	/* The way of a retiring domain is not back to its file. */
	if (row->retirement.state != NULL && !row->refused && !row->orphaned)
		return "";
	return reasons[row->switching.mode != MODE_UNKNOWN][row->refused ? 2 : row->orphaned ? 1 : 0];
}

static enum err show_note(const void *row, struct text *cell)
{
	bool certificate = ((const struct api_row *)row)->certificate;
	const char *reason = reason_of(row);

	return text_appendf(cell, "%s%s%s", reason, *reason != '\0' && !certificate ? "; " : "",
			    certificate ? "" : "no certificate");
}

static enum err show_retirement(const void *row, struct text *cell)
{
	const struct api_retirement *retirement = &((const struct api_row *)row)->retirement;
	char when[PRINT_TIME_SIZE];
	size_t len;

	if (retirement->state == NULL)
		return ERR_OK;
	if (strcmp(retirement->state, "draining") == 0 && *retirement->safe_at != '\0')
		return text_appendf(cell, "draining until %s", print_time(retirement->safe_at, when));
	/* Why so stands in brackets behind it, and show and status have the room for that. */
	len = strcspn(retirement->text, "(");
	while (len > 0 && retirement->text[len - 1] == ' ')
		len--;
	return text_append(cell, retirement->text, len);
}

/* Of the last two each is left out when it has nothing to say of any domain. */
static const struct table_column columns[] = {
	{ "DOMAIN", "domain", NULL },     { "MODE", "mode", NULL },
	{ "MAX_AGE", "max_age", NULL },   { "ID", "id", NULL },
	{ "STANDING", "standing", NULL }, { "RETIREMENT", NULL, show_retirement },
	{ "NOTE", NULL, show_note },
};

enum { RETIREMENT = 5, COLUMNS = 7 };

static void print_emptiness(const struct print_view *view)
{
	if (view->retiring) {
		(void)fputs("no domain is being retired\n", view->out);
	} else if (view->match == NULL) {
		(void)fputs("no domains yet: write a file such as example.org.conf into the directory that\n"
			    "\"domains\" names in mta-stsd.conf, then run: mta-stsctl reload\n",
			    view->out);
	} else {
		(void)fputs("no domain matches '", view->out);
		print_text(view->out, view->match);
		(void)fputs("'\n", view->out);
	}
}

/* What the list has of retirements. */
struct retirements {
	bool any;
	bool noted;         /* there is a note on some domain, retired or not */
	const char *domain; /* the first that waits for the operator; NULL: none does */
	const char *next;
	size_t more; /* others that wait for the operator */
};

static enum err find_retirements(const json_t *domains, struct retirements *found)
{
	json_t *item;
	size_t i;

	json_array_foreach(domains, i, item)
	{
		struct api_row row;

		if (shape_read(&shape_row, item, &row) != ERR_OK)
			return ERR_SYNTAX;
		found->noted |= !row.certificate || *reason_of(&row) != '\0';
		if (row.retirement.state == NULL)
			continue;
		found->any = true;
		if (strcmp(row.retirement.state, "draining") == 0)
			continue;
		if (found->next != NULL) {
			found->more++;
			continue;
		}
		found->domain = row.domain;
		found->next = row.retirement.next;
	}
	return ERR_OK;
}

static void print_next(FILE *out, const struct retirements *found)
{
	if (found->next == NULL)
		return;
	(void)fputs("\nnext, ", out);
	print_text(out, found->domain);
	(void)fputs(": ", out);
	print_text(out, found->next);
	(void)fputc('\n', out);
	if (found->more > 0)
		(void)fprintf(out, "and %zu more: mta-stsctl show DOMAIN says what each needs\n",
			      found->more);
}

/* Those of which nothing can be served. */
static void print_unreadable(FILE *out, const struct api_list *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list->unreadable, i, item)
	{
		print_text(out, json_string_value(item));
		(void)fputs(": unreadable, its stored revision is damaged: see mta-stsctl status\n", out);
	}
	if (list->partial)
		(void)fputs(
			"there may be more domains, because the state is damaged: see mta-stsctl status\n",
			out);
}

static void print_held(FILE *out)
{
	(void)fputs("\nfiles are not loaded, since too many domains have lost theirs, so STANDING may be of "
		    "before:\nsee mta-stsctl status\n",
		    out);
}

enum err list_print(const struct print_view *view, json_t *reply)
{
	struct retirements found = { 0 };
	struct table_column shown[COLUMNS];
	struct table table = { .columns = COLUMNS };
	struct api_list list;
	struct api_row row;
	enum err err;

	err = shape_read(&shape_list, reply, &list);
	if (err == ERR_OK)
		err = find_retirements(list.domains, &found);
	if (err != ERR_OK)
		return err;
	if (json_array_size(list.domains) == 0) {
		if (json_array_size(list.unreadable) == 0 && !list.partial)
			print_emptiness(view);
		print_unreadable(view->out, &list);
		return ERR_OK;
	}
	memcpy(shown, columns, sizeof(shown));
	if (!found.noted)
		table.columns--;
	if (!found.any) {
		shown[RETIREMENT] = columns[RETIREMENT + 1];
		table.columns--;
	}
	table_fill(&table, shown, &shape_row, list.domains, &row);
	err = table_end(&table, "", view->out);
	if (err == ERR_OK) {
		print_unreadable(view->out, &list);
		if (list.files_held)
			print_held(view->out);
		print_next(view->out, &found);
	}
	return err;
}
