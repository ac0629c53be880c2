/* SPDX-License-Identifier: ISC */
#include "ctl/acme/proving.h"

#include <stdlib.h>
#include <string.h>

#define ENVIRONMENT "MTA_STSCTL_CHALLENGES"

/* As the environment has all of them, with a blank between them. */
static const char *const values[PROVING_ALL + 1] = {
	[0] = "",
	[PROVING_TLS_ALPN] = "tls-alpn-01",
	[PROVING_HTTP] = "http-01",
	[PROVING_ALL] = "tls-alpn-01 http-01",
};

const char *proving_type(enum proving way)
{
	return values[way];
}

unsigned proving_find(const char *type)
{
	for (unsigned way = PROVING_TLS_ALPN; way <= PROVING_HTTP; way <<= 1) {
		if (strcmp(type, values[way]) == 0)
			return way;
	}
	return 0;
}

enum err proving_let(unsigned ways)
{
	return setenv(ENVIRONMENT, values[ways & PROVING_ALL], 1) == 0 ? ERR_OK : ERR_NO_MEMORY;
}

static bool has_word(const char *value, const char *word)
{
	size_t len;

	for (; *value != '\0'; value += len + (value[len] != '\0')) {
		len = strcspn(value, " ");
		if (len == strlen(word) && strncmp(value, word, len) == 0)
			return true;
	}
	return false;
}

bool proving_is_let(unsigned *ways)
{
	const char *value = getenv(ENVIRONMENT);

	if (value == NULL)
		return false;
	*ways = 0;
	for (unsigned way = PROVING_TLS_ALPN; way <= PROVING_HTTP; way <<= 1)
		*ways |= has_word(value, values[way]) ? way : 0;
	return true;
}
