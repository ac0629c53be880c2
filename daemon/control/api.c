/* SPDX-License-Identifier: ISC */
#include "control/api.h"

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

/* Room for a list of 300,000 domains. */
#define BODY_LIMIT (16UL << 20)

static const struct route table[] = {
	{ "/v1/status", METHOD_GET, false, look_status },
	{ "/v1/domains", METHOD_GET, true, look_domains },
	{ "/v1/domains/*", METHOD_GET, false, look_domain },
	{ "/v1/query", METHOD_POST, false, look_query },
	{ "/v1/history/*", METHOD_GET, false, past_history },
	{ "/v1/audit", METHOD_GET, true, past_audit },
	{ "/v1/audit/*", METHOD_GET, false, past_entry },
	{ "/v1/certificates", METHOD_GET, false, certificates_look },
	{ "/v1/certificates", METHOD_POST, false, certificates_order },
	{ "/v1/dns", METHOD_POST, false, dns_report },
	{ "/v1/switch", METHOD_POST, false, orders_switch },
	{ "/v1/reset", METHOD_POST, false, orders_reset },
	{ "/v1/undo", METHOD_POST, false, undo_order },
	{ "/v1/forget", METHOD_POST, false, forget_order },
	{ "/v1/reload", METHOD_POST, false, orders_reload },
	{ "/metrics", METHOD_GET, false, metrics_show },
	{ NULL, 0, false, NULL },
};

static void refuse(void *context, unsigned status, struct answer *answer)
{
	(void)context;
	reply_status(answer, status);
}

struct routes api_routes(struct control *control)
{
	return (struct routes){ .table = table,
				.context = control,
				.refuse = refuse,
				.admit = permit_connect,
				.body_limit = BODY_LIMIT };
}
