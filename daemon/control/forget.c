/* SPDX-License-Identifier: ISC */
#include "control/forget.h"

#include "control/body.h"
#include "control/control.h"
#include "control/orders.h"
#include "control/permit.h"
#include "control/reply.h"
#include "control/select.h"
#include "control/value.h"
#include "control/view.h"
#include "core/forget.h"

static json_t *view_forgotten(const struct forgotten *forgotten)
{
	const struct retirement *retirement = &forgotten->retirement;

	return json_pack("{s: s, s: s, s: s, s: s?, s: o, s: b, s: o}", "domain", forgotten->name, "mode",
			 mode_text(forgotten->published->mode), "id", forgotten->published->id, "state",
			 retirement_text(retirement->state), "safe_at",
			 retirement->safe_at != 0 ? value_time(retirement->safe_at) : json_null(), "forced",
			 forgotten->forced, "txt", view_txt(forgotten->name, forgotten->published->id));
}

static void reply_forgotten(struct answer *answer, const struct forgotten_list *list, bool dry_run)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		array = value_append(array, view_forgotten(&list->item[i]));
	reply_json(answer, json_pack("{s: b, s: I, s: o, s: o}", "dry_run", dry_run, "forced",
				     (json_int_t)list->forced, "audit", orders_view_audit(list->audit),
				     "domains", array));
}

static void run(const struct control *control, const struct selection *selection, const struct forget *forget,
		struct answer *answer)
{
	struct complaints complaints = { 0 };
	struct forgotten_list list = { 0 };
	struct names names = { 0 };

	if (select_domains(control->host->registry, selection, answer, &names)) {
		enum err err = forget_run(control->host, &names, forget, &complaints, &list);

		if (err == ERR_OK)
			reply_forgotten(answer, &list, forget->dry_run);
		else
			reply_failure(answer, err, &complaints);
	}
	forget_free(&list);
	names_free(&names);
	complaints_free(&complaints);
}

void forget_order(void *context, const struct request *request, struct answer *answer)
{
	struct control *control = context;
	struct selection selection = { 0 };
	const json_t *force = NULL;
	const json_t *reason = NULL;
	const json_t *dry_run = NULL;
	const struct body_field table[] = {
		SELECT_FIELDS(selection),
		{ "force", BODY_BOOLEAN, false, &force },
		{ "reason", BODY_STRING, false, &reason },
		{ "dry_run", BODY_BOOLEAN, false, &dry_run },
	};
	const struct permit_peer peer = permit_describe(request->peer.uid);
	struct order order = { 0 };
	json_t *root = NULL;

	if (body_read(request, table, sizeof(table) / sizeof(*table), answer, &root) &&
	    orders_read_common(reason, dry_run, &peer, &order, answer))
		run(control, &selection,
		    &(struct forget){ json_is_true(force), order.dry_run, order.uid, order.who,
				      order.reason },
		    answer);
	json_decref(root);
}
