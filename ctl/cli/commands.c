/* SPDX-License-Identifier: ISC */
#include "ctl/cli/commands.h"

#include "ctl/acme/hook.h"
#include "ctl/acme/obtain.h"
#include "ctl/check/check.h"
#include "ctl/orders/adopt.h"
#include "ctl/orders/changes.h"
#include "ctl/orders/csr.h"
#include "ctl/orders/enforce.h"
#include "ctl/orders/forget.h"
#include "ctl/orders/install.h"
#include "ctl/orders/nothing_before.h"
#include "ctl/orders/reload.h"
#include "ctl/orders/take_back.h"
#include "ctl/show/certificates.h"
#include "ctl/show/dns.h"
#include "ctl/show/domain.h"
#include "ctl/show/history.h"
#include "ctl/show/list.h"
#include "ctl/show/metrics.h"
#include "ctl/show/status.h"
#include "ctl/show/wait.h"

#include <string.h>

#define EXCEPT   OPTION_BIT(OPTION_EXCEPT)
#define SELECT   (OPTION_BIT(OPTION_ALL) | OPTION_BIT(OPTION_MATCH) | OPTION_BIT(OPTION_FILE) | EXCEPT)
#define RETIRING (SELECT | OPTION_BIT(OPTION_RETIRING))
#define FORMAT   OPTION_BIT(OPTION_FORMAT)
#define FORCE    OPTION_BIT(OPTION_FORCE)
#define RESOLVER OPTION_BIT(OPTION_RESOLVER)
#define DRY      (OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_REASON))
#define ORDER    (SELECT | FORMAT | DRY | OPTION_BIT(OPTION_YES))
#define TESTING  (ORDER | OPTION_BIT(OPTION_MAX_AGE))
#define NONE     (TESTING | OPTION_BIT(OPTION_KEEP_MX))
#define ENFORCE  (TESTING | FORCE | RESOLVER | OPTION_BIT(OPTION_CA))
#define FORGET   (RETIRING | DRY | FORCE | OPTION_BIT(OPTION_YES))
#define WAIT     (RETIRING | OPTION_BIT(OPTION_UNTIL) | OPTION_BIT(OPTION_TIMEOUT) | RESOLVER)
#define INSTALL  (DRY | OPTION_BIT(OPTION_FROM_HOOK))
#define OBTAIN                                                                                               \
	(OPTION_BIT(OPTION_RSA) | OPTION_BIT(OPTION_AGREE) | OPTION_BIT(OPTION_EMAIL) |                      \
	 OPTION_BIT(OPTION_DIRECTORY) | OPTION_BIT(OPTION_ACCOUNT) | OPTION_BIT(OPTION_DUE) |                \
	 OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_EAB) | RESOLVER)
#define ADOPT                                                                                                \
	(OPTION_BIT(OPTION_FILE) | OPTION_BIT(OPTION_INTO) | OPTION_BIT(OPTION_FROM) |                       \
	 OPTION_BIT(OPTION_POLICY) | OPTION_BIT(OPTION_ID) | OPTION_BIT(OPTION_FILES) |                      \
	 OPTION_BIT(OPTION_CA) | RESOLVER | NOTHING_BEFORE_OPTIONS)
#define DOMAINS "DOMAIN... | --file LIST | --match GLOB | --all"

/* clang-format off */
static const struct command table[] = {
	{ "status", "", "the state of the daemon, and what to do next",
	  0, OPERANDS_NONE, "GET", "/v1/status", NULL, false, status_print, NULL, NULL },
	{ "list", "", "the domains, what is published of them and why",
	  OPTION_BIT(OPTION_MATCH) | OPTION_BIT(OPTION_RETIRING) | EXCEPT, OPERANDS_NONE,
	  "GET", "/v1/domains", NULL, false, list_print, list_run, NULL },
	{ "show", "DOMAIN", "everything about one domain, with its policy as served",
	  0, OPERANDS_ONE, "GET", "/v1/domains", NULL, false, domain_print, NULL, NULL },
	{ "none", DOMAINS, "turn domains off: publish mode none under a new id",
	  NONE, OPERANDS_MANY, "POST", "/v1/switch", "none", true, changes_print, NULL, &summary_rows },
	{ "testing", DOMAINS, "publish mode testing, whatever the files say",
	  TESTING, OPERANDS_MANY, "POST", "/v1/switch", "testing", true, changes_print, NULL, &summary_rows },
	{ "enforce", DOMAINS, "publish mode enforce, whatever the files say, if the MX fit",
	  ENFORCE, OPERANDS_MANY, "POST", "/v1/switch", "enforce", true, changes_print, enforce_run, &summary_rows },
	{ "reset", DOMAINS, "remove overrides: publish what the files say",
	  ORDER, OPERANDS_MANY, "POST", "/v1/reset", NULL, true, changes_print, NULL, &summary_rows },
	{ "undo", "[ENTRY]", "take back the last order, or that of an audit entry",
	  FORMAT | DRY, OPERANDS_ENTRY, "POST", "/v1/undo", NULL, true, changes_print, take_back_run, &summary_rows },
	{ "reload", "", "read configuration, domain files and certificates again",
	  FORMAT | FORCE, OPERANDS_NONE, "POST", "/v1/reload", NULL, true, reload_print, NULL, &summary_rows },
	{ "txt", DOMAINS " | --retiring", "print the TXT records as they have to be in DNS",
	  RETIRING | FORMAT | OPTION_BIT(OPTION_CHANGED_SINCE), OPERANDS_MANY,
	  "POST", "/v1/query", NULL, false, list_print_txt, list_run_txt, NULL },
	{ "dns", "[" DOMAINS " | --retiring]", "check that every name server has the TXT records",
	  RETIRING | RESOLVER, OPERANDS_RETIRING, "POST", "/v1/query", NULL, false, dns_print, dns_run, NULL },
	{ "wait", DOMAINS " | --retiring --until dns|safe", "wait until the records are seen, or until domains are safe to remove",
	  WAIT, OPERANDS_MANY, "POST", "/v1/query", NULL, false, wait_print, wait_run, NULL },
	{ "forget", DOMAINS " | --retiring", "stop serving domains that are safe to remove",
	  FORGET, OPERANDS_MANY, "POST", "/v1/forget", NULL, true, forget_print, NULL, NULL },
	{ "check", DOMAINS, "try what a sender would: MX, record, policy host and its certificate",
	  SELECT | RESOLVER | OPTION_BIT(OPTION_CA) | OPTION_BIT(OPTION_ERRORS) | OPTION_BIT(OPTION_DETAILS), OPERANDS_MANY,
	  "POST", "/v1/query", NULL, false, NULL, check_run, NULL },
	{ "adopt", "DOMAIN... | --file LIST | --files GLOB | --nothing-before ...", "take domains over from another host, with their ids",
	  ADOPT, OPERANDS_MANY, "POST", "/v1/adopt", NULL, true, NULL, adopt_run, NULL },
	{ "cert list", "", "the certificates, and the domains that have none",
	  0, OPERANDS_NONE, "GET", "/v1/certificates", NULL, false, certificates_print, NULL, NULL },
	{ "cert obtain", "DOMAIN... | --due | --agree", "obtain a certificate for each domain from an authority, through uacme",
	  OBTAIN, OPERANDS_NAMED, "POST", "/v1/certificates/request", NULL, true, NULL, obtain_run, NULL },
	{ "cert request", "DOMAIN...", "print a certificate request for a key that the daemon makes and keeps",
	  OPTION_BIT(OPTION_RSA), OPERANDS_NAMED, "POST", "/v1/certificates/request", NULL, false, csr_print, NULL, NULL },
	{ "cert install", "CHAIN KEY | BOTH | CHAIN | --from-hook", "install a certificate with its key, or for a key that the daemon has",
	  INSTALL, OPERANDS_PAIR, "POST", "/v1/certificates", NULL, true, install_print, install_certificate, NULL },
	{ "history", "DOMAIN", "every policy a domain ever had, when and why",
	  0, OPERANDS_ONE, "GET", "/v1/history", NULL, false, history_print, NULL, NULL },
	{ "audit", "[ENTRY]", "who ordered what, when and why",
	  OPTION_BIT(OPTION_BEFORE), OPERANDS_ENTRY, "GET", "/v1/audit", NULL, false, history_print_audit, NULL, NULL },
	{ "metrics", "", "all numbers and counters, as Prometheus reads them",
	  0, OPERANDS_NONE, "GET", "/metrics", NULL, false, metrics_print, metrics_run, NULL },
	{ HOOK_NAME, "begin|done|failed TYPE NAME TOKEN AUTHORIZATION", "the hook of uacme: open or close a challenge",
	  0, OPERANDS_HOOK, "POST", "/v1/challenges", NULL, true, NULL, hook_run, NULL },
	{ "help", "[COMMAND]", "what a command does, and its options: the same as COMMAND --help",
	  0, OPERANDS_COMMAND, NULL, NULL, NULL, false, NULL, NULL, NULL },
};
/* clang-format on */

const struct command *commands_table(size_t *count)
{
	*count = sizeof(table) / sizeof(*table);
	return table;
}

const char *commands_nearest(const char *name)
{
	const char *nearest = NULL;
	size_t best = COMPLAINT_FOREIGN;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		size_t typos = complaint_typos(name, table[i].name);

		if (typos < best) {
			best = typos;
			nearest = table[i].name;
		}
	}
	return nearest;
}

const struct command *commands_find(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

/* What of a name stands behind this word; NULL when it does not begin so. */
static const char *rest_of(const char *name, const char *word)
{
	size_t len = strlen(word);

	return strncmp(name, word, len) == 0 && name[len] == ' ' ? name + len + 1 : NULL;
}

bool commands_begins(const char *word)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (rest_of(table[i].name, word) != NULL)
			return true;
	}
	return false;
}

const struct command *commands_take(struct options *options)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		const char *rest = rest_of(table[i].name, options->command);

		if (rest == NULL || options->word_count == 0 || strcmp(options->words[0], rest) != 0)
			continue;
		options->words++;
		options->word_count--;
		return &table[i];
	}
	return commands_begins(options->command) ? NULL : commands_find(options->command);
}
