/* SPDX-License-Identifier: ISC */
#include "ctl/check/mail.h"

#include "ctl/check/host.h"
#include "ctl/dns/heard.h"
#include "policy/mx.h"

#include <stdlib.h>
#include <string.h>

/* Room for the first patterns of a policy in a line. */
#define PATTERNS_SIZE 200

static void file_failure(const struct ask *ask, const char *records, struct findings *findings)
{
	findings_put(findings, FINDING_ERROR, "mx", "%s records of %s could not be looked up (%s)", records,
		     ask->name, ask->why);
	host_advise_failure(ask, findings);
}

/* One name of an MX record.  What is no host name cannot match, and cannot stand in a certificate. */
static enum err take_host(const char *domain, const char *name, struct findings *findings,
			  struct names *hosts)
{
	char host[HOST_SIZE];
	const char *why = NULL;

	if (domain_normalise_host(name, strlen(name), host, &why) != ERR_OK) {
		findings_put(findings, FINDING_ERROR, "mx", "MX '%s' of %s is not a host name: it %s", name,
			     domain, why);
		findings_advise(findings, "write the name of the mail server into the MX record");
		return ERR_OK;
	}
	return names_has(hosts, host) ? ERR_OK : names_put(hosts, host);
}

/* Without any other, the root says that the domain takes no mail (RFC 7505). */
static enum err take_records(const struct ask *ask, struct findings *findings, struct names *hosts)
{
	const struct ask_record *record = NULL;
	bool null = false;

	while ((record = ask_next(ask, ns_t_mx, record)) != NULL) {
		enum err err = ERR_OK;

		if (record->text[0] == '\0')
			null = true;
		else
			err = take_host(ask->name, record->text, findings, hosts);
		if (err != ERR_OK)
			return err;
	}
	if (null && hosts->count == 0) {
		findings_put(findings, FINDING_NOTE, "mx", "%s accepts no mail (null MX): nothing to cover",
			     ask->name);
	} else if (null) {
		findings_put(findings, FINDING_ERROR, "mx", "%s has a null MX and others", ask->name);
		findings_advise(findings, "remove the MX record with the single dot");
	}
	return ERR_OK;
}

static enum err take_domain(const struct ask_way *way, const char *domain, struct findings *findings,
			    struct names *hosts)
{
	struct ask asks[ASK_FAMILIES];
	enum err err;

	ask_addresses(domain, asks);
	err = heard_ask(way, asks, ASK_FAMILIES);
	if (err != ERR_OK)
		goto out;
	if (asks[0].state == ASK_ANSWERED || asks[1].state == ASK_ANSWERED) {
		findings_put(findings, FINDING_NOTE, "mx",
			     "%s has no MX record: its mail goes to the address of that name itself", domain);
		err = names_put(hosts, domain);
	} else if (host_is_missing(asks)) {
		findings_put(
			findings, FINDING_NOTE, "mx",
			"%s has neither an MX record nor an address: it accepts no mail, nothing to cover",
			domain);
	} else {
		file_failure(&asks[host_is_answered(&asks[0])], "address", findings);
	}
out:
	ask_free(asks, ASK_FAMILIES);
	return err;
}

enum err mail_find_hosts(const struct ask_way *way, const char *domain, struct findings *findings,
			 struct names *hosts)
{
	struct ask ask = { .name = domain, .type = ns_t_mx };
	enum err err = heard_ask(way, &ask, 1);

	if (err != ERR_OK)
		goto out;
	if (ask.state == ASK_ANSWERED) {
		err = take_records(&ask, findings, hosts);
	} else if (ask.state == ASK_NOTHING) {
		err = take_domain(way, domain, findings, hosts);
	} else if (ask.state == ASK_NO_NAME) {
		findings_put(findings, FINDING_ERROR, "mx", "%s does not exist in DNS", domain);
		findings_advise(findings, "check whether the name is right, and its zone delegated");
	} else {
		file_failure(&ask, "MX", findings);
	}
out:
	ask_free(&ask, 1);
	return err;
}

static const char *find_cover(const struct names *patterns, const char *host)
{
	for (size_t i = 0; i < patterns->count; i++) {
		if (mx_matches(patterns->item[i], host))
			return patterns->item[i];
	}
	return NULL;
}

/* As many patterns as fit, with ", ..." behind the last when there are more. */
static const char *show(const struct names *patterns, char shown[PATTERNS_SIZE])
{
	size_t used = (size_t)snprintf(shown, PATTERNS_SIZE, "%s", patterns->count > 0 ? "" : "none");

	for (size_t i = 0; i < patterns->count; i++) {
		if (used + strlen(patterns->item[i]) + strlen(", , ...") >= PATTERNS_SIZE) {
			(void)snprintf(shown + used, PATTERNS_SIZE - used, "%s...", i > 0 ? ", " : "");
			break;
		}
		used += (size_t)snprintf(shown + used, PATTERNS_SIZE - used, "%s%s", i > 0 ? ", " : "",
					 patterns->item[i]);
	}
	return shown;
}

void mail_check_cover(const struct names *patterns, const struct names *hosts, struct findings *findings)
{
	char shown[PATTERNS_SIZE];

	for (size_t i = 0; i < hosts->count; i++) {
		const char *host = hosts->item[i];
		const char *cover = find_cover(patterns, host);

		if (cover != NULL) {
			findings_put(findings, FINDING_OK, "mx", "%s is covered by the mx line %s", host,
				     cover);
			continue;
		}
		findings_put(findings, FINDING_ERROR, "mx", "%s is covered by no mx line (%s)", host,
			     show(patterns, shown));
		findings_advise(findings, "add it to mx in the domain's file, then run mta-stsctl reload");
	}
}

void mail_check_unused(const struct names *patterns, const struct names *hosts, struct findings *findings)
{
	for (size_t i = 0; i < patterns->count && hosts->count > 0; i++) {
		size_t used = 0;

		for (size_t j = 0; j < hosts->count; j++)
			used += mx_matches(patterns->item[i], hosts->item[j]);
		if (used > 0)
			continue;
		findings_put(findings, FINDING_WARNING, "mx", "the mx line %s covers no MX",
			     patterns->item[i]);
		findings_advise(findings, "correct it, or remove it when that host is not to come back");
	}
}

static void judge(const struct ask asks[ASK_FAMILIES], struct findings *findings)
{
	const char *alias = host_alias(&asks[0]);

	if (alias == NULL)
		alias = host_alias(&asks[1]);
	host_judge(asks, "address", findings);
	if (alias == NULL)
		return;
	findings_put(findings, FINDING_WARNING, "mx", "MX %s is a CNAME for %s", asks[0].name, alias);
	findings_advise(findings, "name the host itself in the MX record: a CNAME is not allowed there");
}

enum err mail_check_addresses(const struct ask_way *way, const struct names *hosts, struct findings *findings)
{
	size_t count = hosts->count * ASK_FAMILIES;
	struct ask *asks = calloc(count > 0 ? count : 1, sizeof(*asks));
	enum err err;

	if (asks == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < hosts->count; i++)
		ask_addresses(hosts->item[i], &asks[i * ASK_FAMILIES]);
	err = heard_ask(way, asks, count);
	for (size_t i = 0; i < hosts->count && err == ERR_OK; i++)
		judge(&asks[i * ASK_FAMILIES], findings);
	ask_free(asks, count);
	free(asks);
	return err;
}
