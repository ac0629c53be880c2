/* SPDX-License-Identifier: ISC */
#include "ctl/command.h"

#include "ctl/print_changes.h"
#include "ctl/print_domains.h"
#include "ctl/print_reload.h"
#include "ctl/print_status.h"
#include "ctl/print_txt.h"

#include <string.h>

/* Longest name of a command, and with how many slips of the fingers one is still recognised. */
#define WORD_MAX     16
#define MISTAKES_MAX 2

#define SELECT  (OPTION_BIT(OPTION_ALL) | OPTION_BIT(OPTION_MATCH) | OPTION_BIT(OPTION_FILE))
#define FORMAT  OPTION_BIT(OPTION_FORMAT)
#define ORDER   (SELECT | FORMAT | OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_REASON))
#define NONE    (ORDER | OPTION_BIT(OPTION_MAX_AGE) | OPTION_BIT(OPTION_KEEP_MX))
#define DOMAINS "DOMAIN... | --file LIST | --match GLOB | --all"

/* clang-format off */
static const struct command table[] = {
	{ "status", "", "how the daemon is, and what to do next",
	  0, OPERANDS_NONE, "GET", "/v1/status", NULL, false, print_status },
	{ "list", "", "the domains, what is published of them and why",
	  OPTION_BIT(OPTION_MATCH), OPERANDS_NONE, "GET", "/v1/domains", NULL, false, print_domains_list },
	{ "show", "DOMAIN", "everything about one domain, and its policy as it is served",
	  0, OPERANDS_ONE, "GET", "/v1/domains", NULL, false, print_domains_show },
	{ "none", DOMAINS, "turn domains off: publish mode none under a new id",
	  NONE, OPERANDS_MANY, "POST", "/v1/switch", "none", true, print_changes },
	{ "testing", DOMAINS, "publish mode testing, whatever the files say",
	  ORDER, OPERANDS_MANY, "POST", "/v1/switch", "testing", true, print_changes },
	{ "enforce", DOMAINS, "publish mode enforce, whatever the files say",
	  ORDER, OPERANDS_MANY, "POST", "/v1/switch", "enforce", true, print_changes },
	{ "reset", DOMAINS, "take switches back: publish what the files say",
	  ORDER, OPERANDS_MANY, "POST", "/v1/reset", NULL, true, print_changes },
	{ "reload", "", "read configuration, domain files and certificates again",
	  FORMAT | OPTION_BIT(OPTION_FORCE), OPERANDS_NONE, "POST", "/v1/reload", NULL, true, print_reload },
	{ "txt", DOMAINS, "print the TXT records as they have to be in DNS",
	  SELECT | FORMAT, OPERANDS_MANY, "POST", "/v1/query", NULL, false, print_txt },
};
/* clang-format on */

const struct command *command_table(size_t *count)
{
	*count = sizeof(table) / sizeof(*table);
	return table;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The number of letters to put in, leave out or replace that makes one word of the other. */
static unsigned distance(const char *from, const char *to)
{
	unsigned row[WORD_MAX + 1];
	size_t len = strlen(to);

	for (unsigned j = 0; j <= len; j++)
		row[j] = j;
	for (unsigned i = 1; *from != '\0'; i++, from++) {
		unsigned corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			unsigned above = row[j];

			row[j] = least(least(above, row[j - 1]) + 1, corner + (*from != to[j - 1]));
			corner = above;
		}
	}
	return row[len];
}

const char *command_nearest(const char *name)
{
	const char *nearest = NULL;
	unsigned best = MISTAKES_MAX + 1;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		unsigned mistakes = distance(name, table[i].name);

		if (mistakes < best && mistakes < strlen(name)) {
			best = mistakes;
			nearest = table[i].name;
		}
	}
	return nearest;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}
