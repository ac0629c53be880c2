/* SPDX-License-Identifier: ISC */
#include "ctl/acme/maker.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Where an attribute ends: at a comma or plus that is not escaped. */
static size_t length_of(const char *attribute)
{
	size_t len = 0;

	while (attribute[len] != '\0' && attribute[len] != ',' && attribute[len] != '+')
		len += attribute[len] == '\\' && attribute[len + 1] != '\0' ? 2 : 1;
	return len;
}

static const char *find(const char *issuer, const char *type, size_t *len)
{
	while (*issuer != '\0') {
		*len = length_of(issuer);
		if (strncmp(issuer, type, strlen(type)) == 0)
			return issuer;
		issuer += *len;
		issuer += strspn(issuer, ",+ ");
	}
	return NULL;
}

const char *maker_of(const char *issuer, char out[MAKER_SIZE])
{
	size_t len = 0;
	const char *part = find(issuer, "O=", &len);

	if (part == NULL)
		part = find(issuer, "CN=", &len);
	if (part == NULL) {
		part = issuer;
		len = strlen(issuer);
	}
	if (len >= MAKER_SIZE)
		len = MAKER_SIZE - 1;
	memcpy(out, part, len);
	out[len] = '\0';
	return out;
}

bool maker_is_for_trials(const char *maker)
{
	static const char *const names[] = { "(STAGING)", "Pebble Intermediate CA", "Fake LE Intermediate" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strstr(maker, names[i]) != NULL)
			return true;
	return false;
}
