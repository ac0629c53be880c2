/* SPDX-License-Identifier: ISC */
#include "config/naming.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The names that are made from a domain, and that get written for it. */
static bool is_made(const char *name, char domain[DOMAIN_SIZE], const char **prefix)
{
	static const char *const prefixes[] = { DOMAIN_HOST_PREFIX, "_" DOMAIN_HOST_PREFIX };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		*prefix = prefixes[i];
		if (strncasecmp(name, *prefix, len) == 0 &&
		    domain_normalise(name + len, domain, NULL) == ERR_OK)
			return true;
	}
	return false;
}

bool naming_read(const char *subject, const char *name, const char *instead, char domain[DOMAIN_SIZE],
		 struct naming_fault *fault)
{
	const char *why;

	if (is_made(name, domain, &why)) {
		(void)snprintf(fault->what, sizeof(fault->what), "%s begins with %s", subject, why);
		(void)snprintf(fault->instead, sizeof(fault->instead),
			       "write %s: the host " DOMAIN_HOST_PREFIX "%s is made from it", domain, domain);
		return false;
	}
	if (domain_normalise(name, domain, &why) == ERR_OK)
		return true;
	(void)snprintf(fault->what, sizeof(fault->what), "%s %s", subject, why);
	(void)snprintf(fault->instead, sizeof(fault->instead), "%s", instead);
	return false;
}
