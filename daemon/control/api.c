/* SPDX-License-Identifier: ISC */
#include "control/api.h"

#include "base/allocation.h"
#include "control/dns.h"
#include "control/look.h"
#include "control/metrics.h"
#include "control/orders.h"
#include "control/reply.h"
#include "control/view_certificates.h"
#include "control/view_history.h"

#include <stdlib.h>

/* Room for a list of 300,000 domains of who may order, and of some thousands of who may look. */
#define BODY_LIMIT      ((size_t)16 << 20)
#define LOOK_BODY_LIMIT ((size_t)64 << 10)

#define END                                                                                                  \
	{                                                                                                    \
		NULL, BODY_STRING, false                                                                     \
	}

static const struct body_field query_fields[] = { ACTION_SELECTION,
						  { "changed_since", BODY_STRING, false },
						  END };
static const struct body_field install_fields[] = {
	{ "certificate", BODY_STRING, true }, { "key", BODY_STRING, true },
	{ "from", BODY_STRING, false },       { "reason", BODY_STRING, false },
	{ "dry_run", BODY_BOOLEAN, false },   END,
};
static const struct body_field dns_fields[] = { { "observations", BODY_OBJECTS, true }, END };
static const struct body_field switch_fields[] = {
	ACTION_SELECTION,
	{ "mode", BODY_STRING, true },
	{ "max_age", BODY_INTEGER, false },
	{ "keep_mx", BODY_BOOLEAN, false },
	{ "reason", BODY_STRING, false },
	{ "dry_run", BODY_BOOLEAN, false },
	END,
};
static const struct body_field reset_fields[] = {
	ACTION_SELECTION,
	{ "reason", BODY_STRING, false },
	{ "dry_run", BODY_BOOLEAN, false },
	END,
};
static const struct body_field undo_fields[] = {
	{ "entry", BODY_INTEGER, false },
	{ "reason", BODY_STRING, false },
	{ "dry_run", BODY_BOOLEAN, false },
	END,
};
static const struct body_field forget_fields[] = {
	ACTION_SELECTION,
	{ "force", BODY_BOOLEAN, false },
	{ "reason", BODY_STRING, false },
	{ "dry_run", BODY_BOOLEAN, false },
	END,
};
static const struct body_field reload_fields[] = { { "force", BODY_BOOLEAN, false }, END };

static const struct action query = { query_fields, look_query };
static const struct action install = { install_fields, orders_install };
static const struct action dns = { dns_fields, dns_take };
static const struct action switch_domains = { switch_fields, orders_switch };
static const struct action reset = { reset_fields, orders_reset };
static const struct action undo = { undo_fields, orders_undo };
static const struct action forget = { forget_fields, orders_forget };
static const struct action reload = { reload_fields, orders_reload };

static const struct route table[] = {
	{ "/v1/status", METHOD_GET, RIGHT_LOOK, false, look_status, NULL },
	{ "/v1/domains", METHOD_GET, RIGHT_LOOK, true, look_domains, NULL },
	{ "/v1/domains/*", METHOD_GET, RIGHT_LOOK, false, look_domain, NULL },
	{ "/v1/query", METHOD_POST, RIGHT_LOOK, false, action_handle, &query },
	{ "/v1/history/*", METHOD_GET, RIGHT_LOOK, false, view_history, NULL },
	{ "/v1/audit", METHOD_GET, RIGHT_LOOK, true, view_audit, NULL },
	{ "/v1/audit/*", METHOD_GET, RIGHT_LOOK, false, view_audit_entry, NULL },
	{ "/v1/certificates", METHOD_GET, RIGHT_LOOK, false, view_certificates_list, NULL },
	{ "/v1/certificates", METHOD_POST, RIGHT_ORDER, false, action_handle, &install },
	{ "/v1/dns", METHOD_POST, RIGHT_ORDER, false, action_handle, &dns },
	{ "/v1/switch", METHOD_POST, RIGHT_ORDER, false, action_handle, &switch_domains },
	{ "/v1/reset", METHOD_POST, RIGHT_ORDER, false, action_handle, &reset },
	{ "/v1/undo", METHOD_POST, RIGHT_ORDER, false, action_handle, &undo },
	{ "/v1/forget", METHOD_POST, RIGHT_ORDER, false, action_handle, &forget },
	{ "/v1/reload", METHOD_POST, RIGHT_ORDER, false, action_handle, &reload },
	{ "/metrics", METHOD_GET, RIGHT_LOOK, false, metrics_show, NULL },
	{ NULL, 0, RIGHT_UNSET, false, NULL, NULL },
};

static void refuse(void *context, unsigned status, struct answer *answer)
{
	(void)context;
	reply_status(answer, status);
}

struct routes api_routes(struct control *control)
{
	json_set_alloc_funcs(allocation_make, free);
	return (struct routes){
		.table = table,
		.context = control,
		.refuse = refuse,
		.forbidden = action_log_forbidden,
		.identify = action_identify,
		.least = RIGHT_LOOK,
		.body_limits = { [RIGHT_LOOK] = LOOK_BODY_LIMIT,
				 [RIGHT_ORDER] = BODY_LIMIT,
				 [RIGHT_OWNER] = BODY_LIMIT },
	};
}
