/* SPDX-License-Identifier: ISC */
#include "ctl/orders/take_back.h"

#include "api/shape_history.h"
#include "api/shape_order.h"
#include "api/shape_status.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"

#include <string.h>

#define N "%" JSON_INTEGER_FORMAT

static enum run_status refuse(const struct run_view *view, const struct api_entry *last)
{
	struct api_refusal refusal = { { "refused", NULL, NULL } };
	struct text message = { 0 };
	json_t *reply = NULL;
	enum err err =
		text_appendf(&message,
			     "not undone: the last order, entry " N ", is an undo itself, of entry " N
			     "; mta-stsctl undo " N
			     " does again what that did.  To go further back, order what it should be: "
			     "none, testing, enforce or reset; mta-stsctl audit shows what was ordered",
			     last->number, last->undoes, last->number);

	if (err == ERR_OK) {
		print_problem(view->err, "%s", message.bytes);
		refusal.error.message = message.bytes;
	}
	if (err == ERR_OK && options_has(view->options, OPTION_JSON)) {
		reply = shape_write(&shape_refusal, &refusal);
		err = reply != NULL ? print_json(view->out, reply) : ERR_NO_MEMORY;
		if (err == ERR_OK && fflush(view->out) != 0)
			err = ERR_IO;
	}
	json_decref(reply);
	text_free(&message);
	return err == ERR_OK ? RUN_NOT_DONE : output_end(view->err, err);
}

/* With the entry that was looked at: what is ordered meanwhile is not what was meant. */
static enum run_status order(const struct run_view *view, json_int_t entry)
{
	struct client_request request = { 0 };
	json_t *more = entry > 0 ? json_pack("{s:I}", "entry", entry) : NULL;
	enum run_status status;
	enum err err = ERR_NO_MEMORY;

	if (entry == 0 || more != NULL)
		err = request_make_with(view->command, view->options, more, view->err, &request);
	status = err == ERR_SYNTAX ? RUN_USAGE : output_end(view->err, err);
	if (status == RUN_DONE)
		status = run_order(view, &request, NULL);
	client_request_free(&request);
	json_decref(more);
	return status;
}

/* 0: there is none. */
static enum err read_last(const json_t *reply, struct api_entry *last)
{
	struct api_entries list;
	enum err err = shape_read(&shape_entries, reply, &list);
	size_t count = err == ERR_OK ? json_array_size(list.entries) : 0;

	*last = (struct api_entry){ 0 };
	return count > 0 ? shape_read(&shape_entry, json_array_get(list.entries, count - 1), last) : err;
}

enum run_status take_back_run(const struct run_view *view)
{
	struct client_request request = { 0 };
	struct client_request trail = { .method = "GET", .path = (char[]){ "/v1/audit" } };
	struct api_entry last;
	json_t *reply = NULL;
	enum run_status status = run_request(view, &request);

	client_request_free(&request);
	if (status != RUN_DONE)
		return status;
	if (view->options->word_count > 0)
		return run_usual(view);
	status = run_ask(view, &trail, false, &reply);
	if (status == RUN_DONE)
		status = output_end(view->err, read_last(reply, &last));
	if (status == RUN_DONE)
		status = last.undoes > 0 ? refuse(view, &last) : order(view, last.number);
	json_decref(reply);
	return status;
}
