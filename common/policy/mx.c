/* SPDX-License-Identifier: ISC */
#include "policy/mx.h"

#include <string.h>
#include <strings.h>

enum err mx_normalise(const char *pattern, char mx[MX_SIZE], const char **why)
{
	size_t wildcard = strncmp(pattern, "*.", 2) == 0 ? 2 : 0;
	const char *name = pattern + wildcard;
	char host[HOST_SIZE];
	enum err err;

	if (strchr(name, '*') != NULL) {
		*why = "has a wildcard that is not alone in the left-most label";
		return ERR_SYNTAX;
	}
	if (strchr(name, ':') != NULL) {
		*why = "is an IP address or has a port, not a name";
		return ERR_SYNTAX;
	}
	err = domain_normalise_host(name, strlen(name), host, why);
	if (err != ERR_OK)
		return err;
	memcpy(mx, "*.", wildcard);
	memcpy(mx + wildcard, host, strlen(host) + 1);
	return ERR_OK;
}

bool mx_matches(const char *mx, const char *host)
{
	size_t len = strlen(host);

	if (len > 0 && host[len - 1] == '.')
		len--;
	if (strncmp(mx, "*.", 2) == 0) {
		size_t label = strcspn(host, ".");

		if (label == 0 || label >= len)
			return false;
		mx += 2;
		host += label + 1;
		len -= label + 1;
	}
	return strlen(mx) == len && strncasecmp(mx, host, len) == 0;
}
