/* SPDX-License-Identifier: ISC */
#include "control/api.h"

#include "base/allocation.h"
#include "control/certificates.h"
#include "control/dns.h"
#include "control/forget.h"
#include "control/look.h"
#include "control/metrics.h"
#include "control/orders.h"
#include "control/past.h"
#include "control/permit.h"
#include "control/reply.h"
#include "control/undo.h"

#include <jansson.h>
#include <stdlib.h>

/* Room for a list of 300,000 domains of who may order, and of some thousands of who may look. */
#define BODY_LIMIT      ((size_t)16 << 20)
#define LOOK_BODY_LIMIT ((size_t)64 << 10)

static const struct route table[] = {
	{ "/v1/status", METHOD_GET, RIGHT_LOOK, false, look_status },
	{ "/v1/domains", METHOD_GET, RIGHT_LOOK, true, look_domains },
	{ "/v1/domains/*", METHOD_GET, RIGHT_LOOK, false, look_domain },
	{ "/v1/query", METHOD_POST, RIGHT_LOOK, false, look_query },
	{ "/v1/history/*", METHOD_GET, RIGHT_LOOK, false, past_history },
	{ "/v1/audit", METHOD_GET, RIGHT_LOOK, true, past_audit },
	{ "/v1/audit/*", METHOD_GET, RIGHT_LOOK, false, past_entry },
	{ "/v1/certificates", METHOD_GET, RIGHT_LOOK, false, certificates_look },
	{ "/v1/certificates", METHOD_POST, RIGHT_ORDER, false, certificates_order },
	{ "/v1/dns", METHOD_POST, RIGHT_ORDER, false, dns_report },
	{ "/v1/switch", METHOD_POST, RIGHT_ORDER, false, orders_switch },
	{ "/v1/reset", METHOD_POST, RIGHT_ORDER, false, orders_reset },
	{ "/v1/undo", METHOD_POST, RIGHT_ORDER, false, undo_order },
	{ "/v1/forget", METHOD_POST, RIGHT_ORDER, false, forget_order },
	{ "/v1/reload", METHOD_POST, RIGHT_ORDER, false, orders_reload },
	{ "/metrics", METHOD_GET, RIGHT_LOOK, false, metrics_show },
	{ NULL, 0, RIGHT_UNSET, false, NULL },
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
		.forbidden = permit_log_forbidden,
		.identify = permit_identify,
		.least = RIGHT_LOOK,
		.body_limits = { [RIGHT_LOOK] = LOOK_BODY_LIMIT,
				 [RIGHT_ORDER] = BODY_LIMIT,
				 [RIGHT_OWNER] = BODY_LIMIT },
	};
}
