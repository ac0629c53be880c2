/* SPDX-License-Identifier: ISC */
#include "ctl/acme/limits.h"

#include <string.h>

#define HOUR 3600
#define WEEK (7 * 86400)

/*
 * As published in 2025 and 2026; a renewal for exactly the same names is exempt from the first two of Let's
 * Encrypt's.  How many orders may be without a result is our own: no more than can be under way at a time,
 * and few when a program dies in the middle again and again.
 */
const struct limits limits_table[] = {
	{ "Let's Encrypt",
	  "https://acme-v02.api.letsencrypt.org/",
	  "O=Let's Encrypt",
	  { [LIMIT_ORDERS] = { 300, 3 * HOUR },
	    [LIMIT_DOMAIN] = { 50, WEEK },
	    [LIMIT_ISSUED] = { 5, WEEK },
	    [LIMIT_FAILED] = { 5, HOUR },
	    [LIMIT_OPEN] = { 20, HOUR } } },
	{ "Let's Encrypt (staging)",
	  "https://acme-staging-v02.api.letsencrypt.org/",
	  "O=(STAGING) Let's Encrypt",
	  { [LIMIT_ORDERS] = { 1500, 3 * HOUR },
	    [LIMIT_DOMAIN] = { 30000, WEEK },
	    [LIMIT_ISSUED] = { 30000, WEEK },
	    [LIMIT_FAILED] = { 200, HOUR },
	    [LIMIT_OPEN] = { 20, HOUR } } },
	{ "another authority",
	  "",
	  NULL,
	  { [LIMIT_ORDERS] = { 300, 3 * HOUR },
	    [LIMIT_RENEWALS] = { 1000, 3 * HOUR },
	    [LIMIT_ISSUED] = { 5, WEEK },
	    [LIMIT_FAILED] = { 5, HOUR },
	    [LIMIT_OPEN] = { 20, HOUR } } },
};

const size_t limits_count = sizeof(limits_table) / sizeof(*limits_table);

const struct limits *limits_of(const char *directory)
{
	const struct limits *authority = limits_table;

	while (strncmp(directory, authority->prefix, strlen(authority->prefix)) != 0)
		authority++;
	return authority;
}

/* The words of each limit, for people and for programs. */
static const struct {
	const char *text, *code;
} words[LIMIT_COUNT] = {
	[LIMIT_NONE] = { "no limit", "none" },
	[LIMIT_ASKED] = { "the authority asked to wait, or the name went to another one", "asked" },
	[LIMIT_OPEN] = { "other orders are under way", "open" },
	[LIMIT_ORDERS] = { "new certificates of the account", "orders" },
	[LIMIT_RENEWALS] = { "renewals of the account", "renewals" },
	[LIMIT_DOMAIN] = { "new certificates of the registered domain", "domain" },
	[LIMIT_ISSUED] = { "certificates of the same name", "name" },
	[LIMIT_FAILED] = { "failed validations of the name", "failed" },
};

const char *limits_text(enum limit limit)
{
	return (unsigned)limit < LIMIT_COUNT ? words[limit].text : "unknown";
}

const char *limits_code(enum limit limit)
{
	return (unsigned)limit < LIMIT_COUNT ? words[limit].code : "unknown";
}
