/* SPDX-License-Identifier: ISC */
#include "core/unfetched.h"
#include "log/log_event.h"

#include <stdio.h>

void unfetched_note(struct host *host, const char *name, const char *why)
{
	struct complaints *unfetched = &host->unfetched;
	struct pair *pair = NULL;
	char value[HOST_SIZE + 128];

	if (why == NULL) {
		complaints_free(unfetched);
		return;
	}
	if (name[0] == '\0' || unfetched->count > 0)
		return;
	pair = certs_find(host->certs, name, KEY_ANY);
	(void)snprintf(value, sizeof(value), "%s: %s", name, why);
	complain(unfetched, SEVERITY_ERROR, pair != NULL ? pair_info(pair)->file : host->config_path, 0,
		 "own fetch of a policy fails under this certificate", value,
		 "fetch it as senders do, with mta-stsctl check; if that fails too, replace the certificate");
	log_event_complaints(unfetched);
	pair_release(&pair);
}
