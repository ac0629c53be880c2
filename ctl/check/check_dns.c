/* SPDX-License-Identifier: ISC */
#include "ctl/check/check_dns.h"

#include "base/text.h"
#include "ctl/check/check_host.h"
#include "policy/domain.h"
#include "policy/record.h"

#include <arpa/nameser.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define RECORD_PREFIX "_mta-sts."

/* The order of the questions. */
enum { RECORD, HOST, ASKS = HOST + ASK_FAMILIES };

/* What is looked up, and what should be there. */
struct names_of_sts {
	char record[sizeof(RECORD_PREFIX) + DOMAIN_MAX];
	char host[sizeof(DOMAIN_HOST_PREFIX) + DOMAIN_MAX];
	const char *domain;
	const char *id;
};

static size_t gather(const struct ask *ask, const char *texts[ASK_RECORDS_MAX])
{
	const struct ask_record *record = NULL;
	size_t count = 0;

	while (count < ASK_RECORDS_MAX && (record = ask_next(ask, ns_t_txt, record)) != NULL)
		texts[count++] = record->text;
	return count;
}

/* Beside a CNAME nothing may stand: the record belongs where it leads. */
static void advise_record(const struct names_of_sts *names, const struct ask *ask, const char *before,
			  struct findings *findings)
{
	const struct ask_record *record = ask_next(ask, ns_t_txt, NULL);

	if (record != NULL && strcasecmp(record->owner, names->record) != 0)
		finding_advise(findings, "%s\"v=STSv1; id=%s;\" at %s: %s is a CNAME for it", before,
			       names->id, record->owner, names->record);
	else
		finding_advise(findings, "%s%s. IN TXT \"v=STSv1; id=%s;\"", before, names->record,
			       names->id);
}

static void file_old_id(const struct names_of_sts *names, const struct ask *ask, const char *text,
			struct findings *findings)
{
	char id[ID_SIZE] = "";

	(void)record_parse(text, id);
	finding_put(findings, FINDING_ERROR, "record", "%s has the id %s, not the published %s",
		    names->record, id, names->id);
	advise_record(names, ask, "publish ", findings);
}

/* Beside the two that have words of their own. */
static const char *const faults[VERDICT_COUNT] = {
	[VERDICT_MISSING] = "has no TXT record",
	[VERDICT_MALFORMED] = "has a malformed TXT record",
	[VERDICT_OTHER_TEXT] = "has a TXT record that does not belong there",
	[VERDICT_TWO_RECORDS] = "has more than one record, and senders take none of them",
};

static void judge_record(const struct names_of_sts *names, const struct ask *ask, struct findings *findings)
{
	const char *texts[ASK_RECORDS_MAX];
	size_t count = gather(ask, texts);
	enum verdict verdict = record_judge(texts, count, names->id);
	char shown[TEXT_SHOWN_SIZE];

	if (verdict == VERDICT_RIGHT) {
		finding_put(findings, FINDING_OK, "record",
			    "%s has the published id %s (mta-stsctl dns asks every name server)",
			    names->record, names->id);
	} else if (verdict == VERDICT_OLD_ID) {
		file_old_id(names, ask, texts[0], findings);
	} else {
		const char *text = count == 1 ? text_escape(texts[0], strlen(texts[0]), shown) : "";

		finding_put(findings, FINDING_ERROR, "record", "%s %s%s%s%s", names->record, faults[verdict],
			    *text != '\0' ? " ('" : "", text, *text != '\0' ? "')" : "");
		advise_record(names, ask, count > 0 ? "leave nothing but " : "publish ", findings);
	}
}

static void file_record(const struct names_of_sts *names, const struct ask *ask, struct findings *findings)
{
	const char *alias = check_host_alias(ask);

	if (!check_host_is_answered(ask)) {
		finding_put(findings, FINDING_ERROR, "record", "%s could not be looked up (%s)",
			    names->record, ask->why);
		finding_advise(findings, "look at the name servers with mta-stsctl dns %s", names->domain);
	} else if (alias != NULL && ask->state != ASK_ANSWERED) {
		finding_put(findings, FINDING_ERROR, "delegation",
			    "%s is a CNAME for %s, and no TXT record is there", names->record, alias);
		finding_advise(findings, "publish \"v=STSv1; id=%s;\" at %s, or correct the CNAME", names->id,
			       alias);
	} else {
		judge_record(names, ask, findings);
	}
}

/* One name leads to somebody else, and the other one is not there at all. */
static void file_half(const char *delegated, const char *alias, const char *missing,
		      struct findings *findings)
{
	finding_put(findings, FINDING_ERROR, "delegation",
		    "%s is a CNAME for %s, but the other half is missing: there is no %s", delegated, alias,
		    missing);
	finding_advise(findings, "add a CNAME at %s, too: the provider says where to", missing);
}

/* One name leads to somebody else, and the other one does not. */
static void note_half(const struct names_of_sts *names, const char *record_alias, const char *host_alias,
		      struct findings *findings)
{
	if (record_alias == NULL)
		finding_put(
			findings, FINDING_NOTE, "delegation",
			"%s is a CNAME for %s, %s is none: that one has to be changed by hand with every id",
			names->host, host_alias, names->record);
	else
		finding_put(
			findings, FINDING_NOTE, "delegation",
			"%s is a CNAME for %s, %s is none: the id and the policy have to come from one hand",
			names->record, record_alias, names->host);
}

static void judge(const struct names_of_sts *names, const struct ask asks[ASKS], struct findings *findings)
{
	const char *record_alias = check_host_alias(&asks[RECORD]);
	const char *host_alias = check_host_alias(&asks[HOST]);
	bool no_record = asks[RECORD].state == ASK_NOTHING || asks[RECORD].state == ASK_NO_NAME;
	bool no_host = check_host_is_missing(&asks[HOST]);

	if (host_alias == NULL)
		host_alias = check_host_alias(&asks[HOST + 1]);
	if (host_alias != NULL && record_alias == NULL && no_record)
		file_half(names->host, host_alias, names->record, findings);
	else
		file_record(names, &asks[RECORD], findings);
	if (record_alias != NULL && host_alias == NULL && no_host)
		file_half(names->record, record_alias, names->host, findings);
	else
		check_host_judge(&asks[HOST], host_alias != NULL && no_host ? "delegation" : "address",
				 findings);
	if ((record_alias == NULL) != (host_alias == NULL) && asks[RECORD].state == ASK_ANSWERED &&
	    (asks[HOST].state == ASK_ANSWERED || asks[HOST + 1].state == ASK_ANSWERED))
		note_half(names, record_alias, host_alias, findings);
}

enum err check_dns(const struct ask_way *way, const char *domain, const char *id, struct findings *findings,
		   struct names *addresses)
{
	struct names_of_sts names = { .domain = domain, .id = id };
	struct ask asks[ASKS] = { 0 };
	enum err err;

	(void)snprintf(names.record, sizeof(names.record), RECORD_PREFIX "%s", domain);
	(void)snprintf(names.host, sizeof(names.host), DOMAIN_HOST_PREFIX "%s", domain);
	asks[RECORD] = (struct ask){ .name = names.record, .type = ns_t_txt };
	ask_addresses(names.host, &asks[HOST]);
	err = ask_all(way, asks, ASKS);
	if (err == ERR_OK) {
		judge(&names, asks, findings);
		err = check_host_addresses(&asks[HOST], addresses);
	}
	ask_free(asks, ASKS);
	return err;
}
