/* SPDX-License-Identifier: ISC */
#include "ctl/show/list.h"

#include "ctl/cli/print.h"
#include "ctl/show/list_private.h"

#include <stdlib.h>
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

const struct table_column list_columns[LIST_COLUMNS] = {
	{ "DOMAIN", "domain", NULL },     { "MODE", "mode", NULL },
	{ "MAX_AGE", "max_age", NULL },   { "ID", "id", NULL },
	{ "STANDING", "standing", NULL }, { "RETIREMENT", NULL, show_retirement },
	{ "NOTE", NULL, show_note },
};

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

enum err list_find(struct list_found *found, const struct api_row *row)
{
	found->noted |= !row->certificate || *reason_of(row) != '\0';
	if (row->retirement.state == NULL)
		return ERR_OK;
	found->retiring = true;
	if (strcmp(row->retirement.state, "draining") == 0)
		return ERR_OK;
	if (found->domain != NULL) {
		found->more++;
		return ERR_OK;
	}
	found->domain = strdup(row->domain);
	found->next = strdup(row->retirement.next);
	return found->domain != NULL && found->next != NULL ? ERR_OK : ERR_NO_MEMORY;
}

void list_found_free(struct list_found *found)
{
	free(found->domain);
	free(found->next);
	*found = (struct list_found){ .domain = NULL };
}

static enum err find_all(const json_t *domains, struct list_found *found)
{
	enum err err = ERR_OK;
	json_t *item;
	size_t i;

	json_array_foreach(domains, i, item)
	{
		struct api_row row;

		err = shape_read(&shape_row, item, &row);
		if (err == ERR_OK)
			err = list_find(found, &row);
		if (err != ERR_OK)
			break;
	}
	return err;
}

static void print_next(FILE *out, const struct list_found *found)
{
	if (found->domain == NULL)
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
	(void)fputs("\nfiles are not loaded, since too many domains have lost theirs, so STANDING may be "
		    "out of date:\nsee mta-stsctl status\n",
		    out);
}

void list_print_end(FILE *out, const struct api_list *list, const struct list_found *found)
{
	print_unreadable(out, list);
	if (list->files_held)
		print_held(out);
	print_next(out, found);
}

static enum err print_rows(const struct print_view *view, const struct api_list *list,
			   const struct list_found *found)
{
	struct table_column shown[LIST_COLUMNS];
	struct table table = { .columns = LIST_COLUMNS };
	struct api_row row;
	enum err err;

	memcpy(shown, list_columns, sizeof(shown));
	if (!found->noted)
		table.columns--;
	if (!found->retiring) {
		shown[LIST_RETIREMENT] = list_columns[LIST_RETIREMENT + 1];
		table.columns--;
	}
	table_fill(&table, shown, &shape_row, list->domains, &row);
	err = table_end(&table, "", view->out);
	if (err == ERR_OK)
		list_print_end(view->out, list, found);
	return err;
}

enum err list_print(const struct print_view *view, json_t *reply)
{
	struct list_found found = { 0 };
	struct api_list list;
	enum err err = shape_read(&shape_list, reply, &list);

	if (err == ERR_OK)
		err = find_all(list.domains, &found);
	if (err == ERR_OK && json_array_size(list.domains) > 0) {
		err = print_rows(view, &list, &found);
	} else if (err == ERR_OK) {
		if (json_array_size(list.unreadable) == 0 && !list.partial)
			print_emptiness(view);
		print_unreadable(view->out, &list);
	}
	list_found_free(&found);
	return err;
}
