/* SPDX-License-Identifier: ISC */
#include "ctl/check/host.h"

#include "base/text.h"
#include "ctl/dns/heard.h"
#include "ctl/dns/look.h"
#include "policy/domain.h"
#include "policy/record.h"

#include <string.h>
#include <strings.h>

/* Room for the first addresses of a host in a line. */
#define SHOWN_SIZE 160

bool host_is_answered(const struct ask *ask)
{
	return ask->state == ASK_ANSWERED || ask->state == ASK_NOTHING || ask->state == ASK_NO_NAME;
}

const char *host_alias(const struct ask *ask)
{
	const struct ask_record *record = ask_next_here(ask, ns_t_cname, NULL);

	return record != NULL ? record->text : NULL;
}

/* A resolver that is not in time may have waited for the zone. */
void host_advise_failure(const struct ask *ask, struct findings *findings)
{
	findings_advise(findings,
			ask->deaf ? "look at the resolver (--resolver, /etc/resolv.conf), or if it answers "
				    "for other names at the name servers of the zone, and run this again"
				  : "look at the name servers of its zone, and run this again");
}

bool host_is_missing(const struct ask asks[ASK_FAMILIES])
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
	const char *alias = host_alias(ask);

	if (alias != NULL)
		findings_put(findings, FINDING_ERROR, about, "%s is a CNAME for %s, which has no address",
			     ask->name, alias);
	else
		findings_put(findings, FINDING_ERROR, about, "%s %s", ask->name,
			     ask->state == ASK_NO_NAME ? "does not exist in DNS" : "has no address");
	findings_advise(findings, "add an A record, and an AAAA record for IPv6, for %s",
			alias != NULL ? alias : ask->name);
}

/* At least one family has not been answered. */
static void file_unknown(const struct ask asks[ASK_FAMILIES], size_t unknown, const char *about,
			 struct findings *findings)
{
	bool reachable = asks[1 - unknown].state == ASK_ANSWERED;

	findings_put(findings, reachable ? FINDING_WARNING : FINDING_ERROR, about,
		     "%s records of %s could not be looked up (%s)",
		     asks[unknown].type == ns_t_a ? "A" : "AAAA", asks[unknown].name, asks[unknown].why);
	host_advise_failure(&asks[unknown], findings);
}

void host_judge(const struct ask asks[ASK_FAMILIES], const char *about, struct findings *findings)
{
	char shown[SHOWN_SIZE];

	for (size_t i = 0; i < ASK_FAMILIES; i++) {
		if (!host_is_answered(&asks[i])) {
			file_unknown(asks, i, about, findings);
			return;
		}
	}
	if (host_is_missing(asks)) {
		file_missing(&asks[0], about, findings);
	} else if (asks[0].state != ASK_ANSWERED) {
		findings_put(findings, FINDING_WARNING, about, "%s has no IPv4 address, only %s",
			     asks[0].name, show(asks, shown));
		findings_advise(findings, "add an A record: senders without IPv6 cannot reach it");
	} else if (asks[1].state != ASK_ANSWERED) {
		findings_put(findings, FINDING_NOTE, about, "%s has no IPv6 address, only %s", asks[0].name,
			     show(asks, shown));
		findings_advise(findings, "add an AAAA record if the host has IPv6");
	} else {
		findings_put(findings, FINDING_OK, about, "%s has addresses (%s)", asks[0].name,
			     show(asks, shown));
	}
}

/* IPv4 first. */
static enum err add_addresses(const struct ask asks[ASK_FAMILIES], struct names *addresses)
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

enum err host_find_addresses(const struct ask_way *way, const char *host, struct names *addresses)
{
	struct ask asks[ASK_FAMILIES] = { 0 };
	enum err err;

	ask_addresses(host, asks);
	err = heard_ask(way, asks, ASK_FAMILIES);
	if (err == ERR_OK)
		err = add_addresses(asks, addresses);
	ask_free(asks, ASK_FAMILIES);
	return err;
}

/* The order of the questions. */
enum { RECORD, STRAY, HOST, ASKS = HOST + ASK_FAMILIES };

/* What is looked up, and what should be there. */
struct names_of_sts {
	char record[sizeof(OWNER_PREFIX) + DOMAIN_MAX];
	char stray[sizeof(LOOK_STRAY_PREFIX) + DOMAIN_MAX];
	char host[sizeof(DOMAIN_HOST_PREFIX) + DOMAIN_MAX];
	const char *domain;
	const char *id;                  /* the newest of its record */
	const struct host_record *known; /* what the daemon says of it */
	const char *wildcard;            /* a CNAME of a wildcard leads here; NULL: none does */
};

static size_t gather(const struct ask *ask, const char *texts[ASK_RECORDS_MAX])
{
	const struct ask_record *record = NULL;
	size_t count = 0;

	while (count < ASK_RECORDS_MAX && (record = ask_next(ask, ns_t_txt, record)) != NULL)
		texts[count++] = record->text;
	record_sort(texts, count);
	return count;
}

static bool is_known(const struct names_of_sts *names, const char *owner)
{
	size_t len = strlen(owner);

	return strncasecmp(names->known->name, owner, len) == 0 && strcmp(names->known->name + len, ".") == 0;
}

/* It may be the record of other domains, whose ids this one does not know. */
static void advise_look(const struct names_of_sts *names, const char *owner, struct findings *findings)
{
	findings_advise(
		findings,
		"run mta-stsctl dns %s, which says what has to be at %s: other domains may share that "
		"record",
		names->domain, owner);
}

/* Beside a CNAME nothing may stand: the record belongs where it leads. */
static void advise_record(const struct names_of_sts *names, const struct ask *ask, const char *before,
			  struct findings *findings)
{
	const struct ask_record *record = ask_next(ask, ns_t_txt, NULL);

	if (names->wildcard != NULL)
		findings_advise(
			findings,
			"publish %s. IN TXT \"v=STSv1; id=%s;\": a record of its own takes the place of the "
			"wildcard that leads to %s",
			names->record, names->id, names->wildcard);
	else if (record != NULL && !is_known(names, record->owner))
		advise_look(names, record->owner, findings);
	else if (record != NULL && strcasecmp(record->owner, names->record) != 0)
		findings_advise(findings, "%s\"v=STSv1; id=%s;\" at %s: %s is a CNAME for it", before,
				names->id, record->owner, names->record);
	else
		findings_advise(findings, "%s%s. IN TXT \"v=STSv1; id=%s;\"", before, names->record,
				names->id);
}

static void file_old_id(const struct names_of_sts *names, const struct ask *ask, const char *text,
			struct findings *findings)
{
	char id[ID_SIZE] = "";

	(void)record_parse(text, id);
	for (size_t i = 0; i < names->known->right->count; i++) {
		if (strcmp(names->known->right->item[i], id) != 0)
			continue;
		findings_put(
			findings, FINDING_NOTE, "record",
			"%s has the id %s, which is right for this domain; other domains of the record wait "
			"for the id %s",
			names->record, id, names->id);
		advise_record(names, ask, "publish ", findings);
		return;
	}
	findings_put(findings, FINDING_ERROR, "record", "%s has the id %s, not the published %s",
		     names->record, id, names->id);
	advise_record(names, ask, "publish ", findings);
}

/* Beside the two that have words of their own. */
static const char *const faults[VERDICT_COUNT] = {
	[VERDICT_MISSING] = "has no TXT record",
	[VERDICT_MALFORMED] = "has a malformed TXT record",
	[VERDICT_OTHER_TEXT] = "has no record, but another text",
	[VERDICT_TWO_RECORDS] = "has more than one record, and senders accept none of them",
};

/* What stands there, for a complaint: " ('it')", " ('it' and 'another')", or "". */
static const char *quote(const struct record_reading *reading, char quoted[2 * TEXT_SHOWN_SIZE + 16])
{
	const char *one = reading->record != NULL ? reading->record : reading->beside;
	const char *other = reading->verdict == VERDICT_TWO_RECORDS ? reading->beside : NULL;
	char shown[TEXT_SHOWN_SIZE], also[TEXT_SHOWN_SIZE];

	if (one == NULL)
		return "";
	(void)snprintf(quoted, 2 * TEXT_SHOWN_SIZE + 16, " ('%s'%s%s%s)",
		       text_escape(one, strlen(one), shown), other != NULL ? " and '" : "",
		       other != NULL ? text_escape(other, strlen(other), also) : "",
		       other != NULL ? "'" : "");
	return quoted;
}

/* Not every sender discards it, as RFC 8461, section 3.1, has them do. */
static void file_other_text(const struct names_of_sts *names, const char *text, struct findings *findings)
{
	char shown[TEXT_SHOWN_SIZE];

	findings_put(findings, FINDING_WARNING, "record",
		     "%s has another text beside the record ('%s'), which not every sender ignores",
		     names->record, text_escape(text, strlen(text), shown));
	findings_advise(findings, "remove that text, or the wildcard that it comes from");
}

static void judge_record(const struct names_of_sts *names, const struct ask *ask, struct findings *findings)
{
	const char *texts[ASK_RECORDS_MAX];
	size_t count = gather(ask, texts);
	const struct record_reading reading = record_read(texts, count, names->id);
	const char *fault = reading.verdict == VERDICT_MALFORMED ? record_fault(reading.record) : NULL;
	char quoted[2 * TEXT_SHOWN_SIZE + 16];

	if (reading.verdict == VERDICT_RIGHT) {
		findings_put(findings, FINDING_OK, "record",
			     "%s has the published id %s (mta-stsctl dns asks every name server)",
			     names->record, names->id);
	} else if (reading.verdict == VERDICT_OLD_ID) {
		file_old_id(names, ask, reading.record, findings);
	} else {
		findings_put(findings, FINDING_ERROR, "record", "%s %s%s%s%s", names->record,
			     faults[reading.verdict], quote(&reading, quoted), fault != NULL ? ": it " : "",
			     fault != NULL ? fault : "");
		advise_record(names, ask, reading.record != NULL ? "leave nothing but " : "publish ",
			      findings);
	}
	if (reading.beside != NULL && (reading.verdict == VERDICT_RIGHT || reading.verdict == VERDICT_OLD_ID))
		file_other_text(names, reading.beside, findings);
}

static void file_record(const struct names_of_sts *names, const struct ask *ask, struct findings *findings)
{
	const char *alias = names->wildcard == NULL ? host_alias(ask) : NULL;

	if (!host_is_answered(ask)) {
		findings_put(findings, FINDING_ERROR, "record", "%s could not be looked up (%s)",
			     names->record, ask->why);
		if (ask->deaf)
			host_advise_failure(ask, findings);
		else
			findings_advise(findings, "look at the name servers with mta-stsctl dns %s",
					names->domain);
	} else if (alias != NULL && ask->state != ASK_ANSWERED) {
		findings_put(findings, FINDING_ERROR, "delegation",
			     "%s is a CNAME for %s, and no TXT record is there", names->record, alias);
		if (is_known(names, alias))
			findings_advise(findings, "publish \"v=STSv1; id=%s;\" at %s, or correct the CNAME",
					names->id, alias);
		else
			advise_look(names, alias, findings);
	} else {
		judge_record(names, ask, findings);
	}
}

/* One name leads to somebody else, and the other one is not there at all. */
static void file_half(const char *delegated, const char *alias, const char *missing,
		      struct findings *findings)
{
	findings_put(findings, FINDING_ERROR, "delegation",
		     "%s is a CNAME for %s, but the other half is missing: there is no %s", delegated, alias,
		     missing);
	findings_advise(findings, "add a CNAME at %s, too: the provider says where to", missing);
}

/* One name leads to somebody else, and the other one does not. */
static void note_half(const struct names_of_sts *names, const char *record_alias, const char *alias_of_host,
		      struct findings *findings)
{
	if (record_alias == NULL)
		findings_put(
			findings, FINDING_NOTE, "delegation",
			"%s is a CNAME for %s, %s is not: that one has to be changed by hand with every id",
			names->host, alias_of_host, names->record);
	else
		findings_put(findings, FINDING_NOTE, "delegation",
			     "%s is a CNAME for %s, %s is not: the id and the policy have to come from the "
			     "same place",
			     names->record, record_alias, names->host);
}

/* Where the CNAME of the record leads when it is that of a wildcard; NULL otherwise. */
static const char *find_wildcard(const struct ask *record, const struct ask *stray)
{
	const char *alias = host_alias(record);
	const char *other = host_alias(stray);

	return alias != NULL && other != NULL && strcasecmp(alias, other) == 0 ? alias : NULL;
}

static void judge(const struct names_of_sts *names, const struct ask asks[ASKS], struct findings *findings)
{
	const char *record_alias = names->wildcard == NULL ? host_alias(&asks[RECORD]) : NULL;
	const char *alias_of_host = host_alias(&asks[HOST]);
	bool no_record = asks[RECORD].state == ASK_NOTHING || asks[RECORD].state == ASK_NO_NAME;
	bool no_host = host_is_missing(&asks[HOST]);

	if (alias_of_host == NULL)
		alias_of_host = host_alias(&asks[HOST + 1]);
	if (alias_of_host != NULL && record_alias == NULL && no_record && names->wildcard == NULL)
		file_half(names->host, alias_of_host, names->record, findings);
	else
		file_record(names, &asks[RECORD], findings);
	if (record_alias != NULL && alias_of_host == NULL && no_host)
		file_half(names->record, record_alias, names->host, findings);
	else
		host_judge(&asks[HOST], alias_of_host != NULL && no_host ? "delegation" : "address",
			   findings);
	if ((record_alias == NULL) != (alias_of_host == NULL) && asks[RECORD].state == ASK_ANSWERED &&
	    (asks[HOST].state == ASK_ANSWERED || asks[HOST + 1].state == ASK_ANSWERED))
		note_half(names, record_alias, alias_of_host, findings);
}

enum err host_check_domain(const struct ask_way *way, const char *domain, const struct host_record *record,
			   struct findings *findings, struct names *addresses)
{
	struct names_of_sts names = { .domain = domain, .id = record->id, .known = record };
	struct ask asks[ASKS] = { 0 };
	enum err err;

	(void)snprintf(names.record, sizeof(names.record), OWNER_PREFIX "%s", domain);
	(void)snprintf(names.stray, sizeof(names.stray), LOOK_STRAY_PREFIX "%s", domain);
	(void)snprintf(names.host, sizeof(names.host), DOMAIN_HOST_PREFIX "%s", domain);
	asks[RECORD] = (struct ask){ .name = names.record, .type = ns_t_txt };
	asks[STRAY] = (struct ask){ .name = names.stray, .type = ns_t_txt };
	ask_addresses(names.host, &asks[HOST]);
	err = heard_ask(way, asks, ASKS);
	if (err == ERR_OK) {
		names.wildcard = find_wildcard(&asks[RECORD], &asks[STRAY]);
		judge(&names, asks, findings);
		err = add_addresses(&asks[HOST], addresses);
	}
	ask_free(asks, ASKS);
	return err;
}
