/* SPDX-License-Identifier: ISC */
#include "ctl/orders/adopt_order.h"

#include "api/shape_order.h"
#include "ctl/cli/output.h"

#include <stdlib.h>
#include <string.h>

#define HTTP_OK       200
#define HTTP_CONFLICT 409
#define TIMEOUT_MS    120000

/* The daemon takes 1000 domains, and 16 MiB: of JSON, in which each line of a policy has more bytes. */
#define DOMAINS_MAX 1000
#define TEXT_MAX    ((size_t)4 * 1024 * 1024)

size_t adopt_order_batch(const struct former *items, size_t count)
{
	size_t bytes = items[0].text.len;
	size_t taken = 1;

	while (taken < count && taken < DOMAINS_MAX && bytes + items[taken].text.len <= TEXT_MAX)
		bytes += items[taken++].text.len;
	return taken;
}

static json_t *make_rows(const struct former *items, size_t count)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct api_adopted row = { items[i].domain, items[i].text.bytes, items[i].id };

		if (items[i].problem.len == 0 &&
		    json_array_append_new(rows, shape_write(&shape_adopted, &row)) != 0) {
			json_decref(rows);
			return NULL;
		}
	}
	return rows;
}

enum err adopt_order_make(const json_t *body, const struct former *items, size_t count, bool dry_run,
			  struct client_request *request)
{
	json_t *rows = make_rows(items, count);
	json_t *order = json_copy((json_t *)(uintptr_t)body);
	enum err err = ERR_NO_MEMORY;

	*request = (struct client_request){ .method = "POST" };
	if (rows == NULL || json_object_set(order, "domains", rows) != 0 ||
	    (dry_run && json_object_set_new(order, "dry_run", json_true()) != 0))
		goto out;
	request->body = json_dumps(order, JSON_COMPACT);
	if (json_array_size(rows) > 0)
		request->path = strdup("/v1/adopt");
	if (request->body != NULL && (request->path != NULL || json_array_size(rows) == 0))
		err = ERR_OK;
out:
	json_decref(rows);
	json_decref(order);
	if (err != ERR_OK)
		client_request_free(request);
	return err;
}

static enum err note_refusal(const json_t *reply, struct former *former)
{
	struct api_refusal refusal;
	const char *why = NULL;
	enum err err = shape_read(&shape_refusal, reply, &refusal);

	if (err != ERR_OK)
		return err;
	why = json_string_value(json_array_get(refusal.error.details, 0));
	former->instead = "the daemon refuses it, so it is not adopted";
	return text_appendf(&former->problem, "%s", why != NULL ? why : refusal.error.message);
}

/* The daemon answers about those that it takes, in their order. */
static enum err note_past(const json_t *reply, struct former *items, size_t count)
{
	struct api_changes changes;
	enum err err = shape_read(&shape_changes, reply, &changes);
	size_t next = 0;

	for (size_t i = 0; err == ERR_OK && i < json_array_size(changes.changes); i++) {
		struct api_change change;

		err = shape_read(&shape_change, json_array_get(changes.changes, i), &change);
		while (err == ERR_OK && next < count && strcmp(items[next].domain, change.domain) != 0)
			next++;
		if (err == ERR_OK && next < count)
			items[next].only_before = change.only_before;
	}
	return err;
}

/* What is wrong with one must keep nobody else. */
static enum run_status try_each(const struct run_view *view, const json_t *body, struct former *items,
				size_t count)
{
	enum run_status status = RUN_DONE;

	for (size_t i = 0; i < count && status == RUN_DONE; i++)
		status = adopt_order_try(view, body, &items[i], 1);
	return status;
}

/* Anything but a refusal is complained about as with any order. */
static enum run_status complain_again(const struct run_view *view, const struct client_request *request)
{
	json_t *reply = NULL;
	enum run_status status = run_ask(view, request, false, &reply);

	json_decref(reply);
	return status;
}

enum run_status adopt_order_try(const struct run_view *view, const json_t *body, struct former *items,
				size_t count)
{
	struct client_request request;
	struct client_reply reply = { 0 };
	struct client_failure failure;
	enum run_status status = RUN_DONE;
	enum err err = adopt_order_make(body, items, count, true, &request);

	if (err != ERR_OK || request.path == NULL) {
		client_request_free(&request);
		return output_end(view->err, err);
	}
	request.silent = run_say_silent;
	request.context = view->err;
	err = client_ask(options_socket(view->options), &request, TIMEOUT_MS, &reply, &failure);
	if (err != ERR_OK || (reply.status != HTTP_OK && reply.status != HTTP_CONFLICT))
		status = complain_again(view, &request);
	else if (reply.status == HTTP_OK)
		status = output_end(view->err, note_past(reply.body, items, count));
	else if (reply.status == HTTP_CONFLICT && count > 1)
		status = try_each(view, body, items, count);
	else if (reply.status == HTTP_CONFLICT)
		status = output_end(view->err, note_refusal(reply.body, items));
	client_reply_free(&reply);
	client_request_free(&request);
	return status;
}
