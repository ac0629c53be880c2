/* SPDX-License-Identifier: ISC */
#include "control/api.h"

#include "api/shape_acme.h"
#include "api/shape_history.h"
#include "api/shape_order.h"
#include "api/shape_ordering.h"
#include "base/allocation.h"
#include "control/acme.h"
#include "control/adopt.h"
#include "control/dns.h"
#include "control/look.h"
#include "control/metrics.h"
#include "control/orders.h"
#include "control/reply.h"
#include "control/rounds.h"
#include "control/view_certificates.h"
#include "control/view_history.h"

#include <stdlib.h>

/* Of who may only look: some thousands of domains. */
#define LOOK_BODY_LIMIT ((size_t)64 << 10)

static const struct action whole = { NULL, &shape_status, NULL };
static const struct action list = { NULL, &shape_list, NULL };
static const struct action domain = { NULL, &shape_domain, NULL };
static const struct action query = { &shape_query_body, &shape_list, look_query };
static const struct action history = { NULL, &shape_history, NULL };
static const struct action entries = { NULL, &shape_entries, NULL };
static const struct action entry = { NULL, &shape_entry, NULL };
static const struct action certificates = { NULL, &shape_certificates, NULL };
static const struct action install = { &shape_install_body, &shape_installed, orders_install };
static const struct action acme = { NULL, &shape_acme, NULL };
static const struct action request = { &shape_request_body, &shape_requested, acme_request };
static const struct action certificate_orders = { &shape_orders_body, &shape_orders_kept, rounds_take };
static const struct action challenge = { &shape_challenge_body, &shape_challenge, acme_challenge };
static const struct action challenges = { NULL, &shape_challenges, NULL };
static const struct action challenge_end = { NULL, &shape_challenges_removed, NULL };
static const struct action dns = { &shape_dns_body, &shape_looks, dns_take };
static const struct action switch_domains = { &shape_switch_body, &shape_changes, orders_switch };
static const struct action adopt = { &shape_adopt_body, &shape_changes, adopt_take };
static const struct action nothing_before = { &shape_nothing_before_body, &shape_changes,
					      orders_nothing_before };
static const struct action reset = { &shape_reset_body, &shape_changes, orders_reset };
static const struct action undo = { &shape_undo_body, &shape_changes, orders_undo };
static const struct action forget = { &shape_forget_body, &shape_forget, orders_forget };
static const struct action reload = { &shape_reload_body, &shape_reload, orders_reload };

static const struct route table[] = {
	{ "/v1/status", METHOD_GET, RIGHT_LOOK, false, look_status, &whole },
	{ "/v1/domains", METHOD_GET, RIGHT_LOOK, true, look_domains, &list },
	{ "/v1/domains/*", METHOD_GET, RIGHT_LOOK, false, look_domain, &domain },
	{ "/v1/query", METHOD_POST, RIGHT_LOOK, false, action_handle, &query },
	{ "/v1/history/*", METHOD_GET, RIGHT_LOOK, false, view_history, &history },
	{ "/v1/audit", METHOD_GET, RIGHT_LOOK, true, view_audit, &entries },
	{ "/v1/audit/*", METHOD_GET, RIGHT_LOOK, false, view_audit_entry, &entry },
	{ "/v1/certificates", METHOD_GET, RIGHT_LOOK, false, view_certificates_list, &certificates },
	{ "/v1/certificates", METHOD_POST, RIGHT_CERTIFY, false, action_handle, &install },
	{ "/v1/acme", METHOD_GET, RIGHT_LOOK, false, acme_show, &acme },
	{ "/v1/certificates/request", METHOD_POST, RIGHT_CERTIFY, false, action_handle, &request },
	{ "/v1/certificates/orders", METHOD_POST, RIGHT_CERTIFY, false, action_handle, &certificate_orders },
	{ "/v1/challenges", METHOD_GET, RIGHT_LOOK, false, acme_list_challenges, &challenges },
	{ "/v1/challenges", METHOD_POST, RIGHT_CERTIFY, false, action_handle, &challenge },
	{ "/v1/challenges/*", METHOD_DELETE, RIGHT_CERTIFY, false, acme_end_challenge, &challenge_end },
	{ "/v1/dns", METHOD_POST, RIGHT_ORDER, false, action_handle, &dns },
	{ "/v1/switch", METHOD_POST, RIGHT_ORDER, false, action_handle, &switch_domains },
	{ "/v1/adopt", METHOD_POST, RIGHT_ORDER, false, action_handle, &adopt },
	{ "/v1/nothing-before", METHOD_POST, RIGHT_ORDER, false, action_handle, &nothing_before },
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
				 [RIGHT_CERTIFY] = API_CERTIFY_BODY_MAX,
				 [RIGHT_ORDER] = API_BODY_MAX,
				 [RIGHT_OWNER] = API_BODY_MAX },
	};
}
