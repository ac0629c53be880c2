/* SPDX-License-Identifier: ISC */
#include "control/orders.h"

#include "base/text.h"
#include "control/body.h"
#include "control/control.h"
#include "control/permit.h"
#include "control/reply.h"
#include "control/select.h"
#include "control/view.h"
#include "core/order.h"
#include "core/target.h"

#include <stdio.h>
#include <string.h>

#define REASON_LIMIT 500

/* The body of an order as body_read() leaves it. */
struct fields {
	struct selection selection;
	const json_t *mode;
	const json_t *max_age;
	const json_t *keep_mx;
	const json_t *reason;
	const json_t *dry_run;
};

json_t *orders_view_audit(int64_t number)
{
	return number > 0 ? json_integer(number) : json_null();
}

json_t *orders_view(const struct host *host, const struct plan *plan, bool dry_run)
{
	return json_pack("{s: b, s: I, s: I, s: o, s: o}", "dry_run", dry_run, "changed",
			 (json_int_t)plan->published, "unchanged",
			 (json_int_t)(plan->count - plan->published), "audit", orders_view_audit(plan->audit),
			 "changes", view_changes(host, plan, false));
}

static void run(struct control *control, const struct selection *selection, const struct order *order,
		struct answer *answer)
{
	struct complaints complaints = { 0 };
	struct names names = { 0 };
	struct plan *plan = NULL;
	enum err err;

	if (select_domains(control->host->registry, selection, answer, &names)) {
		err = order_run(control->host->registry, control->host->store, &names, order, &complaints,
				&plan);
		if (err == ERR_OK)
			reply_json(answer, orders_view(control->host, plan, order->dry_run));
		else
			reply_failure(answer, err, &complaints);
	}
	plan_free(&plan);
	names_free(&names);
	complaints_free(&complaints);
}

static bool refuse(struct answer *answer, const char *message)
{
	reply_error(answer, REPLY_BAD_REQUEST, message, NULL);
	return false;
}

bool orders_read_common(const json_t *reason, const json_t *dry_run, const struct permit_peer *peer,
			struct order *order, struct answer *answer)
{
	order->uid = peer->uid;
	order->who = peer->who;
	order->reason = reason != NULL ? json_string_value(reason) : "";
	order->dry_run = json_is_true(dry_run);
	if (json_string_length(reason) > REASON_LIMIT)
		return refuse(answer, "reason is longer than 500 bytes: shorten it");
	return true;
}

static bool read_none(const struct control *control, const struct fields *fields, struct order *order,
		      struct answer *answer)
{
	const struct settings *settings = control->host->settings;
	json_int_t max_age =
		fields->max_age != NULL ? json_integer_value(fields->max_age) : TARGET_NONE_MAX_AGE;

	if (max_age < 1 || max_age > POLICY_MAX_AGE_LIMIT)
		return refuse(answer,
			      "max_age is out of range: write seconds from 1 to 31557600; 86400 is a day");
	order->max_age = (uint32_t)max_age;
	order->keep_mx = fields->keep_mx != NULL ? json_is_true(fields->keep_mx) : settings->keep_mx;
	return true;
}

static bool refuse_mode(struct answer *answer, const char *mode)
{
	char shown[TEXT_SHOWN_SIZE];
	char message[TEXT_SHOWN_SIZE + 96];

	(void)snprintf(message, sizeof(message), "mode is unknown (%s): %s",
		       text_escape(mode, strlen(mode), shown), mode_hint(mode));
	return refuse(answer, message);
}

static bool read_switch(const struct control *control, const struct fields *fields, struct order *order,
			struct answer *answer)
{
	const char *mode = json_string_value(fields->mode);

	if (mode_parse(mode, &order->mode) != ERR_OK)
		return refuse_mode(answer, mode);
	if (order->mode == MODE_NONE)
		return read_none(control, fields, order, answer);
	if (fields->max_age == NULL && fields->keep_mx == NULL)
		return true;
	return refuse(
		answer,
		"max_age and keep_mx go with mode none only: leave them out, the domain's file has them");
}

void orders_switch(void *context, const struct request *request, struct answer *answer)
{
	struct control *control = context;
	struct fields fields = { 0 };
	const struct body_field table[] = {
		SELECT_FIELDS(fields.selection),
		{ "mode", BODY_STRING, true, &fields.mode },
		{ "max_age", BODY_INTEGER, false, &fields.max_age },
		{ "keep_mx", BODY_BOOLEAN, false, &fields.keep_mx },
		{ "reason", BODY_STRING, false, &fields.reason },
		{ "dry_run", BODY_BOOLEAN, false, &fields.dry_run },
	};
	const struct permit_peer peer = permit_describe(request->peer.uid);
	struct order order = { 0 };
	json_t *root = NULL;

	if (body_read(request, table, sizeof(table) / sizeof(*table), answer, &root) &&
	    orders_read_common(fields.reason, fields.dry_run, &peer, &order, answer) &&
	    read_switch(control, &fields, &order, answer))
		run(control, &fields.selection, &order, answer);
	json_decref(root);
}

void orders_reset(void *context, const struct request *request, struct answer *answer)
{
	struct control *control = context;
	struct fields fields = { 0 };
	const struct body_field table[] = {
		SELECT_FIELDS(fields.selection),
		{ "reason", BODY_STRING, false, &fields.reason },
		{ "dry_run", BODY_BOOLEAN, false, &fields.dry_run },
	};
	const struct permit_peer peer = permit_describe(request->peer.uid);
	struct order order = { .reset = true };
	json_t *root = NULL;

	if (body_read(request, table, sizeof(table) / sizeof(*table), answer, &root) &&
	    orders_read_common(fields.reason, fields.dry_run, &peer, &order, answer))
		run(control, &fields.selection, &order, answer);
	json_decref(root);
}

static void reply_reload(struct answer *answer, const struct host *host, const struct plan *plan)
{
	const struct complaints *complaints = &host->complaints;
	struct view_counts counts;

	view_count(host, &counts);
	reply_json(answer,
		   json_pack("{s: I, s: I, s: I, s: o, s: I, s: I, s: I, s: o, s: o}", "published",
			     (json_int_t)plan->published, "new_orphans", (json_int_t)host->new_orphans,
			     "orphaned", counts.orphaned, "orphaned_domains", view_orphans(host), "refused",
			     counts.refused, "errors", (json_int_t)complaints->errors, "warnings",
			     (json_int_t)(complaints->count + complaints->lost - complaints->errors),
			     "changes", view_changes(host, plan, true), "complaints",
			     view_complaints(complaints)));
}

void orders_reload(void *context, const struct request *request, struct answer *answer)
{
	struct control *control = context;
	const struct permit_peer peer = permit_describe(request->peer.uid);
	struct plan *plan = NULL;
	json_t *root = NULL;
	const json_t *force = NULL;
	const struct body_field table[] = { { "force", BODY_BOOLEAN, false, &force } };

	if (body_read(request, table, 1, answer, &root)) {
		struct reload reload = { .force = json_is_true(force), .uid = peer.uid, .who = peer.who };
		enum err err = control->reload(control->reload_context, &reload, &plan);

		if (err == ERR_OK)
			reply_reload(answer, control->host, plan);
		else if (err == ERR_NO_MEMORY)
			reply_error(answer, REPLY_NO_MEMORY,
				    "out of memory, the files were not loaded: policies and settings are as "
				    "before; give the service more memory and reload again",
				    NULL);
		else
			reply_failure(answer, err, &control->host->complaints);
	}
	plan_free(&plan);
	json_decref(root);
}
