/* SPDX-License-Identifier: ISC */
#include "ctl/acme/report.h"

#include "base/clock.h"
#include "ctl/acme/uacme.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"

#include <stdlib.h>
#include <string.h>

/* What JSON adds to a row at most, beside its strings, whose letters may all need a backslash. */
#define ROW_MORE 160

/* The problem document (RFC 7807) that uacme prints, over several lines, each of them escaped. */
static json_t *find_problem(const struct obtained *item)
{
	struct text text = { 0 };
	const json_t *line;
	json_t *problem = NULL;
	size_t i;
	enum err err = ERR_OK;

	json_array_foreach(item->details, i, line)
	{
		const char *bytes = json_string_value(line);

		if (err == ERR_OK && (text.len > 0 || strcmp(bytes, "{") == 0))
			err = text_appendf(&text, "%s\n", bytes);
	}
	if (err == ERR_OK && text.len > 0)
		problem = json_loads(text.bytes, JSON_DISABLE_EOF_CHECK, NULL);
	text_free(&text);
	return problem;
}

/* "caa: no", of "urn:ietf:params:acme:error:caa" and "no"; without the escapes of JSON anything may be in it.
 */
static bool write_problem(const struct obtained *item, char *to, size_t size)
{
	json_t *problem = find_problem(item);
	const char *type = json_string_value(json_object_get(problem, "type"));
	const char *detail = json_string_value(json_object_get(problem, "detail"));
	struct text shown = { 0 };
	bool is_one = type != NULL && strncmp(type, UACME_PROBLEM, strlen(UACME_PROBLEM)) == 0 &&
		      text_append_shown(&shown, type + strlen(UACME_PROBLEM)) == ERR_OK &&
		      (detail == NULL ||
		       (text_appendf(&shown, ": ") == ERR_OK && text_append_shown(&shown, detail) == ERR_OK));

	if (is_one)
		(void)snprintf(to, size, "%s", shown.bytes);
	text_free(&shown);
	json_decref(problem);
	return is_one;
}

/* What was seen before ordering, or the authority's own words, if it said any, else what went wrong; and
 * where there are several, at which of them. */
static void write_words(const struct obtained *item, char *to, size_t size)
{
	const char *seen = item->held != 0 ? json_string_value(json_array_get(item->details, 0)) : NULL;
	const char *problem = item->problem != NULL ? item->problem : "";
	int len = item->where != NULL ? snprintf(to, size, "%s: ", item->where) : 0;

	to += (size_t)len < size ? (size_t)len : size - 1;
	size -= (size_t)len < size ? (size_t)len : size - 1;
	if (item->held != 0 || !write_problem(item, to, size))
		(void)snprintf(to, size, "%s", seen != NULL ? seen : problem);
}

/* One that is valid, unless the authority has already asked for another. */
static bool is_fine(const struct inventory_item *has, const struct outlook *outlook, time_t now)
{
	return has->not_after > now && (outlook->item.due.why != DUE_SUGGESTED || outlook->item.due.at > now);
}

struct report_row report_row_of(const struct report *report, const struct inventory_item *has, time_t now)
{
	const struct obtained *item = obtained_find(report->item, report->count, has->domain);
	const struct outlook outlook = authorities_outlook(report->authorities, has, now, report->seed);
	enum due_why why = outlook.item.due.why;
	struct report_row row = { .at = outlook.at };
	char shown[OUTLOOK_WHY_SIZE];

	if (item != NULL && item->installed != NULL)
		return row;
	/* What was not looked at again is as it was, as far as anybody knows. */
	if (item == NULL && has->held != 0)
		return row;
	if (item != NULL && item->status != RUN_DONE) {
		row.state = item->held != 0 ? item->held : ORDERING_FAILED;
		/* It is looked at again in each round. */
		if (item->held != 0)
			row.at = 0;
		write_words(item, row.detail, sizeof(row.detail));
	} else if (why == DUE_AGAIN || why == DUE_RARELY) {
		row.state = ORDERING_FAILED;
	} else if (is_fine(has, &outlook, now)) {
		return row;
	} else if (outlook.limit != LIMIT_NONE) {
		row.state = ORDERING_LIMITED;
		(void)snprintf(row.detail, sizeof(row.detail), "%s", limits_text(outlook.limit));
	} else {
		row.state = ORDERING_DUE;
		if (has->not_after > now)
			(void)snprintf(row.detail, sizeof(row.detail), "%s", outlook_why(&outlook, shown));
	}
	return row;
}

static json_t *write_row(const struct report_row *row, const char *domain)
{
	char at[CLOCK_TEXT_SIZE];

	return json_pack("{ss, ss, ss, ss?}", "domain", domain, "state", ordering_state_text(row->state),
			 "at", clock_text(row->at, at), "detail",
			 row->detail[0] != '\0' ? row->detail : NULL);
}

static json_t *write_round(const struct report *report)
{
	char next[CLOCK_TEXT_SIZE];

	return json_pack("{ss?, ss?, ss?}", "problem",
			 report->problem != 0 ? ordering_problem_text(report->problem) : NULL, "detail",
			 report->detail, "next", report->next != 0 ? clock_text(report->next, next) : NULL);
}

/* Rows that were not sent yet; the round goes with the first. */
struct piece {
	const struct run_view *view;
	json_t *round, *rows;
	size_t bytes;
};

static enum run_status send(struct piece *piece)
{
	json_t *body = json_pack("{so*, so}", "round", piece->round, "orders", piece->rows), *reply = NULL;
	struct client_request request = { .method = "POST",
					  .path = (char[]){ "/v1/certificates/orders" },
					  .body = json_dumps(body, JSON_COMPACT) };
	enum run_status status = request.body != NULL ? run_find(piece->view, &request, &reply)
						      : output_end(piece->view->err, ERR_NO_MEMORY);

	free(request.body);
	json_decref(body);
	json_decref(reply);
	piece->round = NULL;
	piece->rows = json_array();
	piece->bytes = 0;
	return status;
}

static enum run_status add(struct piece *piece, const struct report_row *row, const char *domain)
{
	size_t bytes = ROW_MORE + strlen(domain) + 2 * strlen(row->detail);
	enum run_status status = RUN_DONE;

	if (json_array_size(piece->rows) >= API_ORDERS_MAX || piece->bytes + bytes > API_CERTIFY_BODY_MAX / 2)
		status = send(piece);
	if (status == RUN_DONE && json_array_append_new(piece->rows, write_row(row, domain)) != 0)
		status = output_end(piece->view->err, ERR_NO_MEMORY);
	piece->bytes += bytes;
	return status;
}

enum run_status report_send(const struct run_view *view, const struct report *report)
{
	const struct inventory *inventory = report->inventory;
	struct piece piece = { .view = view, .round = write_round(report), .rows = json_array() };
	enum run_status status = piece.round != NULL ? RUN_DONE : output_end(view->err, ERR_NO_MEMORY);
	time_t now = clock_now();

	for (size_t i = 0; status == RUN_DONE && i < inventory->count; i++) {
		const struct report_row row = report_row_of(report, &inventory->item[i], now);

		if (row.state != 0)
			status = add(&piece, &row, inventory->item[i].domain);
	}
	if (status == RUN_DONE)
		status = send(&piece);
	json_decref(piece.round);
	json_decref(piece.rows);
	return status;
}
