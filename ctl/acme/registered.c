/* SPDX-License-Identifier: ISC */
#include "ctl/acme/registered.h"

#include <libpsl.h>
#include <stdbool.h>
#include <string.h>

#define LABELS 2

/* Read once, as long as the program runs. */
static const psl_ctx_t *list(void)
{
	static psl_ctx_t *read;
	static bool was_read;

	if (!was_read)
		read = psl_latest(NULL);
	was_read = true;
	return read != NULL ? read : psl_builtin();
}

static const char *last_labels(const char *host)
{
	const char *at = host + strlen(host);

	for (unsigned labels = 0; at > host; at--) {
		if (at[-1] == '.' && ++labels == LABELS)
			break;
	}
	return at;
}

const char *registered_of(const char *host)
{
	const psl_ctx_t *known = list();
	const char *registered = known != NULL ? psl_registrable_domain(known, host) : last_labels(host);

	return registered != NULL ? registered : host;
}
