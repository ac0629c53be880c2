/* SPDX-License-Identifier: ISC */
#include "control/reply.h"

#include "api/shape_order.h"
#include "api/shape_text.h"
#include "base/allocation.h"

#include <string.h>

static const struct {
	unsigned status;
	const char *code;
	const char *message;
} errors[REPLY_ERRORS] = {
	[REPLY_BAD_REQUEST] = { 400, "bad_request", "the request is malformed: see mta-stsd-api(7)" },
	[REPLY_FORBIDDEN] = { 403, "forbidden",
			      "you may not do this: orders require root, the service's user or a member of "
			      "operator_group; bringing certificates also a member of certifier_group; "
			      "looking also one of observer_group" },
	[REPLY_UNKNOWN_ROUTE] = { 404, "unknown_route", "there is no such route: see mta-stsd-api(7)" },
	[REPLY_UNKNOWN_DOMAIN] = { 404, "unknown_domain",
				   "not a domain of this host: see mta-stsctl list, and mta-stsctl status "
				   "for refused files" },
	[REPLY_UNKNOWN_ENTRY] = { 404, "unknown_entry",
				  "there is no such entry in the audit trail: see mta-stsctl audit" },
	[REPLY_WRONG_METHOD] = { 405, "wrong_method",
				 "this route requires another method: see mta-stsd-api(7)" },
	[REPLY_REFUSED] = { 409, "refused", "refused, nothing was changed: the details say why" },
	[REPLY_TOO_LARGE] = { 413, "too_large",
			      "the body is too large, nothing was changed: send the domains in several "
			      "requests; an observer's may have 64 KiB, a certifier's 256 KiB" },
	[REPLY_PATH_TOO_LONG] = { 414, "bad_request", "the path is longer than 2048 bytes: shorten it" },
	[REPLY_HEAD_TOO_LONG] = { 431, "bad_request",
				  "the head is longer than 8192 bytes: send fewer or shorter fields" },
	[REPLY_NOT_WRITTEN] = { 500, "not_written",
				"the state could not be written, nothing was changed: see the log and the "
				"disk" },
	[REPLY_UNREADABLE] = { 500, "unreadable",
			       "the state cannot be read at the moment: see the log and the disk" },
	[REPLY_UNKNOWN] = { 500, "unknown",
			    "it failed halfway, and whether it was done is unknown: look before you try "
			    "again" },
	[REPLY_NO_MEMORY] = { 500, "no_memory", "out of memory, nothing was changed" },
	[REPLY_CODING] = { 501, "bad_request",
			   "the transfer coding is not chunked: send the body with a Content-Length" },
	[REPLY_BUSY] = { 503, "busy",
			 "too many connections, or too little memory, nothing was changed: try again" },
	[REPLY_STOPPED] = { 503, "busy",
			    "mta-stsd stops, nothing was changed: try again when it runs again" },
	[REPLY_VERSION] = { 505, "bad_request", "the request is not HTTP/1.0 or HTTP/1.1" },
};

/* The JSON is given up. */
static enum err render(json_t *json, struct text *out)
{
	enum err err = shape_append_json(json, out);

	return err == ERR_OK ? text_append(out, "\n", 1) : err;
}

static void reply(struct answer *answer, json_t *json, enum reply_error without_memory)
{
	answer->status = 200;
	answer->content_type = "application/json";
	if (render(json, &answer->body) != ERR_OK || allocation_was_refused()) {
		text_free(&answer->body);
		reply_error(answer, without_memory, NULL, NULL);
	}
}

void reply_json(struct answer *answer, json_t *json)
{
	reply(answer, json, REPLY_NO_MEMORY);
}

void reply_done(struct answer *answer, json_t *json)
{
	reply(answer, json, REPLY_UNKNOWN);
}

void reply_error(struct answer *answer, enum reply_error error, const char *message, json_t *details)
{
	const char *shown = message != NULL ? message : errors[error].message;
	const struct api_refusal refusal = { { errors[error].code, shown, details } };
	json_t *json = shape_write(&shape_refusal, &refusal);

	answer->status = errors[error].status;
	answer->content_type = "application/json";
	/* Without memory even for this, the status alone has to do. */
	if (render(json, &answer->body) != ERR_OK)
		text_free(&answer->body);
	(void)allocation_was_refused();
}

void reply_status(struct answer *answer, unsigned status)
{
	for (int i = 0; i < REPLY_ERRORS; i++) {
		if (errors[i].status == status) {
			reply_error(answer, (enum reply_error)i, NULL, NULL);
			return;
		}
	}
	reply_error(answer, REPLY_BAD_REQUEST, NULL, NULL);
	answer->status = status;
}

static json_t *rendered(const struct complaints *complaints)
{
	json_t *details = json_array();

	for (size_t i = 0; i < complaints->count; i++) {
		struct text line = { 0 };

		if (complaints->item[i].severity == SEVERITY_ERROR &&
		    complaint_render(&complaints->item[i], &line) == ERR_OK)
			details = reply_append(details, shape_string(line.bytes));
		text_free(&line);
	}
	return details;
}

void reply_failure(struct answer *answer, enum err err, const struct complaints *complaints)
{
	if (err == ERR_REFUSED)
		reply_error(answer, REPLY_REFUSED, NULL, rendered(complaints));
	else if (err == ERR_NOT_FOUND)
		reply_error(answer, REPLY_UNKNOWN_DOMAIN, NULL, NULL);
	else if (err == ERR_UNKNOWN)
		reply_error(answer, REPLY_UNKNOWN, NULL, NULL);
	else if (err == ERR_STOPPED)
		reply_error(answer, REPLY_STOPPED, NULL, NULL);
	else
		reply_error(answer, err == ERR_NO_MEMORY ? REPLY_NO_MEMORY : REPLY_NOT_WRITTEN, NULL, NULL);
}

json_t *reply_append(json_t *array, json_t *item)
{
	if (array != NULL && json_array_append_new(array, item) == 0)
		return array;
	if (array == NULL)
		json_decref(item);
	json_decref(array);
	return NULL;
}

json_t *reply_names(const struct names *names)
{
	json_t *array = json_array();

	for (size_t i = 0; i < names->count; i++)
		array = reply_append(array, shape_string(names->item[i]));
	return array;
}
