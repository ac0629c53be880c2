/* SPDX-License-Identifier: ISC */
#include "ctl/check/check_host.h"

#include <arpa/nameser.h>
#include <stdio.h>
#include <string.h>

/* Room for the first addresses of a host in a line. */
#define SHOWN_SIZE 160

bool check_host_is_answered(const struct ask *ask)
{
	return ask->state == ASK_ANSWERED || ask->state == ASK_NOTHING || ask->state == ASK_NO_NAME;
}

const char *check_host_alias(const struct ask *ask)
{
	const struct ask_record *record = ask_next_here(ask, ns_t_cname, NULL);

	return record != NULL ? record->text : NULL;
}

bool check_host_is_missing(const struct ask asks[ASK_FAMILIES])
{
	bool missing = true;

	for (size_t i = 0; i < ASK_FAMILIES; i++)
		missing = missing && (asks[i].state == ASK_NOTHING || asks[i].state == ASK_NO_NAME);
	return missing;
}

/* As many addresses as fit, with " ..." behind the last when there are more. */
static const char *show(const struct ask asks[ASK_FAMILIES], char shown[SHOWN_SIZE])
{
	size_t used = 0;

	shown[0] = '\0';
	for (size_t i = 0; i < ASK_FAMILIES; i++) {
		const struct ask_record *record = NULL;

		while ((record = ask_next(&asks[i], asks[i].type, record)) != NULL) {
			if (used + strlen(record->text) + strlen(",  ...") >= SHOWN_SIZE) {
				(void)snprintf(shown + used, SHOWN_SIZE - used, " ...");
				return shown;
			}
			used += (size_t)snprintf(shown + used, SHOWN_SIZE - used, "%s%s",
						 used > 0 ? ", " : "", record->text);
		}
	}
	return shown;
}

static void file_missing(const struct ask *ask, const char *about, struct findings *findings)
{
	const char *alias = check_host_alias(ask);

	if (alias != NULL)
		finding_put(findings, FINDING_ERROR, about, "%s is a CNAME for %s, which has no address",
			    ask->name, alias);
	else
		finding_put(findings, FINDING_ERROR, about, "%s %s", ask->name,
			    ask->state == ASK_NO_NAME ? "does not exist in DNS" : "has no address");
	finding_advise(findings, "add an A record, and an AAAA record for IPv6, for %s",
		       alias != NULL ? alias : ask->name);
}

/* At least one family has not been answered. */
static void file_unknown(const struct ask asks[ASK_FAMILIES], size_t unknown, const char *about,
			 struct findings *findings)
{
	bool reachable = asks[1 - unknown].state == ASK_ANSWERED;

	finding_put(findings, reachable ? FINDING_WARNING : FINDING_ERROR, about,
		    "%s records of %s could not be looked up (%s)",
		    asks[unknown].type == ns_t_a ? "A" : "AAAA", asks[unknown].name, asks[unknown].why);
	finding_advise(findings, "look at the name servers of its zone, and run this again");
}

void check_host_judge(const struct ask asks[ASK_FAMILIES], const char *about, struct findings *findings)
{
	char shown[SHOWN_SIZE];

	for (size_t i = 0; i < ASK_FAMILIES; i++) {
		if (!check_host_is_answered(&asks[i])) {
			file_unknown(asks, i, about, findings);
			return;
		}
	}
	if (check_host_is_missing(asks)) {
		file_missing(&asks[0], about, findings);
	} else if (asks[0].state != ASK_ANSWERED) {
		finding_put(findings, FINDING_WARNING, about, "%s has no IPv4 address, only %s", asks[0].name,
			    show(asks, shown));
		finding_advise(findings, "add an A record: senders without IPv6 cannot reach it");
	} else if (asks[1].state != ASK_ANSWERED) {
		finding_put(findings, FINDING_NOTE, about, "%s has no IPv6 address, only %s", asks[0].name,
			    show(asks, shown));
		finding_advise(findings, "add an AAAA record if the host has IPv6");
	} else {
		finding_put(findings, FINDING_OK, about, "%s has addresses (%s)", asks[0].name,
			    show(asks, shown));
	}
}

enum err check_host_addresses(const struct ask asks[ASK_FAMILIES], struct names *addresses)
{
	for (size_t i = 0; i < ASK_FAMILIES; i++) {
		const struct ask_record *record = NULL;

		while ((record = ask_next(&asks[i], asks[i].type, record)) != NULL) {
			enum err err = names_put(addresses, record->text);

			if (err != ERR_OK)
				return err;
		}
	}
	return ERR_OK;
}
