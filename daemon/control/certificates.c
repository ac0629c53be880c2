/* SPDX-License-Identifier: ISC */
#include "control/certificates.h"

#include "base/text.h"
#include "control/body.h"
#include "control/control.h"
#include "control/orders.h"
#include "control/permit.h"
#include "control/reply.h"
#include "control/value.h"
#include "control/view.h"
#include "control/view_certificates.h"
#include "core/install.h"
#include "policy/domain.h"

#include <stdio.h>
#include <string.h>

#define FROM_LIMIT 64

/* The body of an order as body_read() leaves it. */
struct fields {
	const json_t *certificate;
	const json_t *key;
	const json_t *from;
	const json_t *reason;
	const json_t *dry_run;
};

struct uncovered {
	const struct host *host;
	json_t *array;
};

static enum err gather_uncovered(void *context, const struct domain *domain)
{
	struct uncovered *uncovered = context;
	char policy_host[HOST_SIZE];

	(void)snprintf(policy_host, sizeof(policy_host), DOMAIN_HOST_PREFIX "%s", domain->name);
	if (!certs_serve(uncovered->host->certs, policy_host))
		uncovered->array = value_append(uncovered->array, json_string(domain->name));
	return uncovered->array != NULL ? ERR_OK : ERR_NO_MEMORY;
}

void certificates_look(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	struct uncovered uncovered = { control->host, NULL };

	(void)request;
	uncovered.array = json_array();
	(void)registry_each(control->host->registry, gather_uncovered, &uncovered);
	reply_json(answer, json_pack("{s: o, s: I, s: o}", "certificates", view_certificates(control->host),
				     "uncovered", (json_int_t)json_array_size(uncovered.array),
				     "uncovered_domains", uncovered.array));
}

static void reply_done(struct answer *answer, const struct host *host, const struct install_done *done,
		       bool dry_run, const struct complaints *complaints)
{
	reply_json(answer,
		   json_pack("{s: b, s: o, s: o, s: o, s: I, s: I, s: o, s: o}", "dry_run", dry_run,
			     "certificate", view_certificate(host, pair_info(done->pair), done->used),
			     "replaced", value_names(&done->replaced), "covers", value_names(&done->covers),
			     "covers_count", (json_int_t)done->covers_count, "uncovered",
			     (json_int_t)done->uncovered, "complaints", view_complaints(complaints), "audit",
			     orders_view_audit(done->audit)));
}

static void run(struct host *host, const struct install *install, struct answer *answer)
{
	struct complaints complaints = { 0 };
	struct install_done done = { 0 };
	enum err err = install_run(host, install, &complaints, &done);

	if (err == ERR_OK)
		reply_done(answer, host, &done, install->dry_run, &complaints);
	else
		reply_failure(answer, err, &complaints);
	install_done_free(&done);
	complaints_free(&complaints);
}

/* It goes into the audit trail as it is. */
static bool read_from(const json_t *from, struct install *install, struct answer *answer)
{
	char shown[TEXT_SHOWN_SIZE];

	install->from = from != NULL ? json_string_value(from) : "";
	if (json_string_length(from) <= FROM_LIMIT &&
	    strcmp(text_escape(install->from, strlen(install->from), shown), install->from) == 0)
		return true;
	reply_error(answer, REPLY_BAD_REQUEST,
		    "from is no short text: write at most 64 letters of ASCII, such as the program's name",
		    NULL);
	return false;
}

void certificates_order(void *context, const struct request *request, struct answer *answer)
{
	struct control *control = context;
	struct fields fields = { 0 };
	const struct body_field table[] = {
		{ "certificate", BODY_STRING, true, &fields.certificate },
		{ "key", BODY_STRING, true, &fields.key },
		{ "from", BODY_STRING, false, &fields.from },
		{ "reason", BODY_STRING, false, &fields.reason },
		{ "dry_run", BODY_BOOLEAN, false, &fields.dry_run },
	};
	const struct permit_peer peer = permit_describe(request->peer.uid);
	struct install install = { 0 };
	struct order order = { 0 };
	json_t *root = NULL;

	if (body_read(request, table, sizeof(table) / sizeof(*table), answer, &root) &&
	    orders_read_common(fields.reason, fields.dry_run, &peer, &order, answer) &&
	    read_from(fields.from, &install, answer)) {
		install.texts = (struct pair_texts){ json_string_value(fields.certificate),
						     json_string_value(fields.key) };
		install.dry_run = order.dry_run;
		install.uid = order.uid;
		install.who = order.who;
		install.reason = order.reason;
		run(control->host, &install, answer);
	}
	json_decref(root);
}
