/* SPDX-License-Identifier: ISC */
#include "ctl/cli/json_rows.h"
#include "ctl/cli/output.h"
#include "ctl/cli/print.h"
#include "ctl/cli/run.h"
#include "ctl/show/list.h"
#include "ctl/show/list_private.h"

#include <stdlib.h>
#include <string.h>

/* Of so many rows the columns are measured, and all are checked, before anything is printed. */
#define KEPT 1000

struct listing {
	FILE *out;
	bool json;
	struct json_rows printed;
	json_t *head;  /* what comes before them */
	json_t *kept;  /* rows that have come, while there are no more of them */
	bool printing; /* there are more */
	struct table table;
	struct list_found found;
	enum err err;
};

/* With --json, too, each is checked. */
static enum err print_row(struct listing *listing, const json_t *row)
{
	struct api_row shown;
	enum err err = shape_read(&shape_row, row, &shown);

	if (err == ERR_OK)
		err = list_find(&listing->found, &shown);
	if (err != ERR_OK)
		return err;
	if (listing->json) {
		err = json_rows_put(&listing->printed, row);
	} else {
		table_row(&listing->table, list_columns, row, &shown);
		err = listing->table.err;
	}
	return err == ERR_OK && ferror(listing->out) ? ERR_IO : err;
}

static enum err begin(struct listing *listing)
{
	enum err err = ERR_OK;

	listing->printing = true;
	if (listing->json)
		err = json_rows_begin(&listing->printed, listing->head);
	else
		table_titles(&listing->table, list_columns);
	for (size_t i = 0; err == ERR_OK && i < json_array_size(listing->kept); i++)
		err = print_row(listing, json_array_get(listing->kept, i));
	(void)json_array_clear(listing->kept);
	return err;
}

static enum err take_head(void *context, json_t *head)
{
	((struct listing *)context)->head = json_incref(head);
	return ERR_OK;
}

static enum err take_row(void *context, json_t *row)
{
	struct listing *listing = context;

	if (!listing->printing && json_array_size(listing->kept) < KEPT) {
		listing->err = json_array_append(listing->kept, row) == 0 ? ERR_OK : ERR_NO_MEMORY;
		return listing->err;
	}
	if (!listing->printing)
		listing->err = begin(listing);
	if (listing->err == ERR_OK)
		listing->err = print_row(listing, row);
	if (listing->err == ERR_OK && !listing->json)
		listing->err = table_flush(&listing->table, "", listing->out);
	return listing->err;
}

static enum err end(struct listing *listing, const json_t *reply)
{
	struct api_list list;
	enum err err = shape_read(&shape_list, reply, &list);

	if (err == ERR_OK && listing->json)
		err = json_rows_end(&listing->printed, reply);
	else if (err == ERR_OK)
		list_print_end(listing->out, &list, &listing->found);
	if (err == ERR_OK && (fflush(listing->out) != 0 || ferror(listing->out)))
		err = ERR_IO;
	return err;
}

static enum run_status print(const struct run_view *view, struct listing *listing, json_t *reply)
{
	if (listing->printing)
		return output_end(view->err, end(listing, reply));
	if (json_array_size(listing->kept) > 0 && json_object_set(reply, "domains", listing->kept) != 0)
		return output_end(view->err, ERR_NO_MEMORY);
	return output_end(view->err, output_reply(view, reply));
}

enum run_status list_run(const struct run_view *view)
{
	struct client_request request = { 0 };
	struct listing listing = { .out = view->out,
				   .json = options_has(view->options, OPTION_JSON),
				   .printed = { .out = view->out, .member = "domains" },
				   .kept = json_array(),
				   .table = { .columns = LIST_COLUMNS } };
	json_t *reply = NULL;
	enum run_status status =
		listing.kept != NULL ? run_request(view, &request) : output_end(view->err, ERR_NO_MEMORY);

	request.begin = take_head;
	request.row = take_row;
	request.member = "domains";
	request.rows = &listing;
	if (status == RUN_DONE)
		status = run_ask(view, &request, false, &reply);
	if (status == RUN_DONE)
		status = print(view, &listing, reply);
	else if (listing.err != ERR_OK)
		status = output_end(view->err, listing.err);
	if (status != RUN_DONE && listing.printing)
		print_problem(view->err, "what was printed is not the whole list");
	list_found_free(&listing.found);
	(void)table_end(&listing.table, "", NULL);
	client_request_free(&request);
	json_decref(listing.head);
	json_decref(listing.kept);
	json_decref(reply);
	return status;
}

/* Records that are handed to DNS: all of them, or none. */
struct spool {
	struct list_records records;
	char *bytes;
	size_t len;
	enum err err;
};

static enum err spool_row(void *context, json_t *row)
{
	struct spool *spool = context;
	struct api_row shown;

	spool->err = shape_read(&shape_row, row, &shown);
	if (spool->err == ERR_OK)
		spool->err = list_print_record(&spool->records, &shown.txt, shown.record_domains);
	if (spool->err == ERR_OK && ferror(spool->records.out))
		spool->err = ERR_NO_MEMORY;
	return spool->err;
}

static enum err write_out(struct spool *spool, FILE *out)
{
	bool whole = fflush(spool->records.out) == 0 && !ferror(spool->records.out);

	if (!whole)
		return ERR_NO_MEMORY;
	return fwrite(spool->bytes, 1, spool->len, out) == spool->len && fflush(out) == 0 ? ERR_OK : ERR_IO;
}

static enum run_status run_spool(const struct run_view *view, struct spool *spool)
{
	struct client_request request = { 0 };
	json_t *reply = NULL;
	enum run_status status = run_request(view, &request);

	request.row = spool_row;
	request.member = "domains";
	request.rows = spool;
	if (status == RUN_DONE)
		status = run_ask(view, &request, false, &reply);
	if (spool->err != ERR_OK)
		status = output_end(view->err, spool->err);
	else if (status == RUN_DONE && spool->records.count == 0)
		status = output_end(view->err, output_reply(view, reply));
	else if (status == RUN_DONE)
		status = output_end(view->err, write_out(spool, view->out));
	client_request_free(&request);
	json_decref(reply);
	return status;
}

enum run_status list_run_txt(const struct run_view *view)
{
	struct spool spool = { .records = { .format = options_format(view->options),
					    .printed = json_object() } };
	enum run_status status;

	if (options_has(view->options, OPTION_JSON)) {
		json_decref(spool.records.printed);
		return list_run(view);
	}
	spool.records.out = open_memstream(&spool.bytes, &spool.len);
	status = spool.records.out != NULL && spool.records.printed != NULL
			 ? run_spool(view, &spool)
			 : output_end(view->err, ERR_NO_MEMORY);
	if (spool.records.out != NULL)
		(void)fclose(spool.records.out);
	free(spool.bytes);
	json_decref(spool.records.printed);
	return status;
}
