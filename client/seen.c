/* SPDX-License-Identifier: ISC */
#include "client/seen.h"

#include <string.h>

enum err seen_read(json_t *reply, struct seen *seen)
{
	struct seen got = { 0 };
	json_t *dns, *retirement;

	if (json_unpack(reply, "{s:s, s:s, s:o, s:o}", "domain", &got.domain, "id", &got.id, "dns", &dns,
			"retirement", &retirement) != 0 ||
	    reply_dns(dns, &got.dns) != ERR_OK || reply_retirement(retirement, &got.retirement) != ERR_OK)
		return ERR_SYNTAX;
	*seen = got;
	return ERR_OK;
}

bool seen_is_right(const struct seen *seen)
{
	return seen->dns.verdict != NULL && strcmp(seen->dns.verdict, "right") == 0;
}
