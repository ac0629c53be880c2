/* SPDX-License-Identifier: ISC */
#include "ctl/acme/refusal.h"

#include <string.h>

#define RATE_LIMITED "acme:error:rateLimited"
#define RETRY_AFTER  "retry after "
#define TIME_FORMAT  "%Y-%m-%d %H:%M:%S UTC"

/* Types of problems that end a validation. */
static const char *const validation[] = {
	"acme:error:caa", "acme:error:connection",   "acme:error:dns", "acme:error:incorrectResponse",
	"acme:error:tls", "acme:error:unauthorized",
};

/* Of what there were too many, in the words of Boulder, the software of Let's Encrypt; the account, else. */
static const struct {
	const char *words;
	enum entry_what what;
} scopes[] = {
	{ "exact set of", ENTRY_WAIT_HOST },
	{ "failed authorizations", ENTRY_WAIT_HOST },
	{ "already issued for", ENTRY_WAIT_DOMAIN },
};

static bool is_validation(const char *words)
{
	for (size_t i = 0; i < sizeof(validation) / sizeof(*validation); i++)
		if (strstr(words, validation[i]) != NULL)
			return true;
	return false;
}

static enum entry_what scope_of(const char *words)
{
	for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++)
		if (strstr(words, scopes[i].words) != NULL)
			return scopes[i].what;
	return ENTRY_WAIT;
}

/* A time that has passed, or none that can be read, is as good as none. */
static time_t end_of(const char *words, time_t now)
{
	const char *at = strstr(words, RETRY_AFTER);
	struct tm parts = { 0 };
	time_t until = now;

	if (at != NULL && strptime(at + strlen(RETRY_AFTER), TIME_FORMAT, &parts) != NULL)
		until = timegm(&parts);
	return until > now ? until : now + REFUSAL_WAIT;
}

void refusal_read(const char *words, const struct entry *order, time_t now, struct entry *result,
		  struct entry *wait)
{
	struct entry entry = { .when = now, .domain = order->domain, .host = order->host };

	*wait = *result = entry;
	result->what = is_validation(words) ? ENTRY_FAILED : ENTRY_REFUSED;
	wait->what = 0;
	if (strstr(words, RATE_LIMITED) == NULL)
		return;
	result->what = ENTRY_REFUSED;
	wait->what = scope_of(words);
	wait->until = end_of(words, now);
}
