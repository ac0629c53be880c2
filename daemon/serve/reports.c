/* SPDX-License-Identifier: ISC */
#include "serve/reports.h"

#include "base/clock.h"
#include "serve/clients.h"

void reports_connection(struct reports *reports, enum report kind, const struct in6_addr *address,
			const char *event, const char *reason)
{
	char text[INET6_ADDRSTRLEN];

	if (log_allowed(&reports->limit[kind], clock_ms()))
		log_info("connection %s, %s (%s)", clients_text(address, text), event, reason);
}

void reports_line(struct reports *reports, enum report kind, const char *subject, const char *event,
		  const char *reason)
{
	if (log_allowed(&reports->limit[kind], clock_ms()))
		log_warning("%s, %s (%s)", subject, event, reason);
}
