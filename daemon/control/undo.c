/* SPDX-License-Identifier: ISC */
#include "control/undo.h"

#include "control/body.h"
#include "control/control.h"
#include "control/orders.h"
#include "control/permit.h"
#include "control/reply.h"
#include "control/view.h"
#include "core/undo.h"

static void run(const struct control *control, const struct undo *undo, struct answer *answer)
{
	struct complaints complaints = { 0 };
	struct plan *plan = NULL;
	int64_t undone = 0;
	enum err err =
		undo_run(control->host->registry, control->host->store, undo, &complaints, &undone, &plan);

	if (err == ERR_OK) {
		json_t *json = orders_view(control->host, plan, undo->dry_run);

		(void)json_object_set_new(json, "undone", json_integer(undone));
		reply_json(answer, json);
	} else if (err == ERR_NOT_FOUND) {
		reply_error(answer, REPLY_UNKNOWN_ENTRY,
			    undo->entry > 0 ? NULL : "there is no order yet to take back", NULL);
	} else {
		reply_failure(answer, err, &complaints);
	}
	plan_free(&plan);
	complaints_free(&complaints);
}

void undo_order(void *context, const struct request *request, struct answer *answer)
{
	struct control *control = context;
	const json_t *entry = NULL;
	const json_t *reason = NULL;
	const json_t *dry_run = NULL;
	const struct body_field table[] = {
		{ "entry", BODY_INTEGER, false, &entry },
		{ "reason", BODY_STRING, false, &reason },
		{ "dry_run", BODY_BOOLEAN, false, &dry_run },
	};
	const struct permit_peer peer = permit_describe(request->peer.uid);
	struct order order = { 0 };
	json_t *root = NULL;

	if (body_read(request, table, sizeof(table) / sizeof(*table), answer, &root) &&
	    orders_read_common(reason, dry_run, &peer, &order, answer)) {
		json_int_t number = json_integer_value(entry);

		if (entry != NULL && (number < 1 || number == INT64_MAX))
			reply_error(answer, REPLY_UNKNOWN_ENTRY, NULL, NULL);
		else
			run(control,
			    &(struct undo){ number, order.dry_run, order.uid, order.who, order.reason },
			    answer);
	}
	json_decref(root);
}
