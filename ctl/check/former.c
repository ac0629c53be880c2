/* SPDX-License-Identifier: ISC */
#include "ctl/check/former.h"

#include "ctl/check/fetch.h"
#include "ctl/check/host.h"
#include "ctl/check/mail.h"
#include "ctl/check/served.h"
#include "ctl/dns/look.h"
#include "policy/domain.h"
#include "policy/syntax.h"

#include <stdlib.h>
#include <string.h>

#define HTTP_OK       200
#define HTTP_REDIRECT 300
#define HTTP_ERROR    400

/* The first problem is the one to mend first. */
static bool has_problem(const struct former *former)
{
	return former->problem.len > 0;
}

/* What is wrong with what one name server has; NULL: it is one record. */
static const char *fault_of(const struct record_reading *reading)
{
	static const char *const faults[VERDICT_COUNT] = {
		[VERDICT_MISSING] = "no TXT record",
		[VERDICT_MALFORMED] = "a malformed TXT record",
		[VERDICT_OTHER_TEXT] = "another text instead of a record",
		[VERDICT_TWO_RECORDS] = "two records, of which senders take none",
	};

	return faults[reading->verdict];
}

static enum err read_answer(const struct record_answer *answer, struct former *former)
{
	const struct record_reading reading = record_read(answer->texts, answer->text_count, "");
	const char *fault = answer->error != NULL ? answer->error : fault_of(&reading);
	char id[ID_SIZE];

	if (fault != NULL) {
		former->instead = "give its id with --id if senders know one; else let mta-stsd choose: "
				  "write a domain file and reload";
		return text_appendf(&former->problem, "%s: %s", answer->server, fault);
	}
	(void)record_parse(reading.record, id);
	if (former->id[0] == '\0')
		memcpy(former->id, id, sizeof(id));
	if (strcmp(former->id, id) == 0)
		return ERR_OK;
	former->instead = "let all name servers have the same record, and run this again";
	return text_appendf(&former->problem, "the name servers have different ids: %s and %s", former->id,
			    id);
}

static bool is_heard_elsewhere(const struct look *look, const char *server)
{
	for (size_t i = 0; i < look->count; i++) {
		if (!look->answer[i].skipped && strcmp(look->answer[i].server, server) == 0)
			return true;
	}
	return false;
}

/* Nobody knows what a name server has that cannot be reached at any of its addresses. */
static enum err pass_over(const struct look *look, const struct record_answer *answer, struct former *former)
{
	if (is_heard_elsewhere(look, answer->server))
		return ERR_OK;
	former->instead = "run this again from a machine that reaches it, or give the id with --id";
	return text_appendf(&former->problem, "%s cannot be reached from here", answer->server);
}

static enum err read_record(const struct former_way *way, struct former *former)
{
	struct look *look = calloc(1, sizeof(*look));
	enum err err = look != NULL ? look_take(&way->ask, former->domain, look) : ERR_NO_MEMORY;

	if (err == ERR_OK && look->error != NULL) {
		former->instead = "look at the name servers of its zone, and run this again";
		err = text_appendf(&former->problem, "%s", look->error);
	}
	for (size_t i = 0; err == ERR_OK && !has_problem(former) && i < look->count; i++) {
		err = look->answer[i].skipped ? pass_over(look, &look->answer[i], former)
					      : read_answer(&look->answer[i], former);
	}
	if (look != NULL)
		look_free(look);
	free(look);
	return err;
}

static enum err note_complaint(const struct complaints *complaints, struct former *former)
{
	const struct complaint *first = complaints->item;

	former->instead = "senders take no such policy, so there is nothing to go on with: write a domain "
			  "file, reload, and publish a new id";
	if (complaints->count == 0)
		return ERR_NO_MEMORY;
	return text_appendf(&former->problem, "its policy, line %u: %s%s%s%s", first->line, first->what,
			    first->value != NULL ? " (" : "", first->value != NULL ? first->value : "",
			    first->value != NULL ? ")" : "");
}

enum err former_read(const char *bytes, size_t len, const char *file, struct former *former)
{
	struct complaints complaints = { 0 };
	struct policy *policy = NULL;
	struct text text = { 0 };
	enum err err = syntax_parse(bytes, len, file, &complaints, &policy);

	if (err == ERR_OK)
		err = syntax_render(policy, &text);
	if (err == ERR_SYNTAX) {
		err = note_complaint(&complaints, former);
	} else if (err == ERR_OK && former->policy == NULL) {
		former->policy = policy;
		former->text = text;
		policy = NULL;
		text = (struct text){ 0 };
	} else if (err == ERR_OK &&
		   (text.len != former->text.len || memcmp(text.bytes, former->text.bytes, text.len) != 0)) {
		former->instead = "let all of them serve the same policy, and run this again, or name one "
				  "with --from";
		err = text_appendf(&former->problem, "its policy hosts serve different policies");
	}
	policy_free(&policy);
	text_free(&text);
	complaints_free(&complaints);
	return err;
}

static enum err read_fetch(const struct fetch *fetch, struct former *former)
{
	former->instead = "senders get no policy there, so there is nothing to go on with unless some hold "
			  "one: give it with --policy and --id";
	if (fetch->state != FETCH_ANSWERED)
		return text_appendf(&former->problem, "%s at %s: %s", fetch->host, fetch->address,
				    served_fault(fetch->state));
	if (fetch->status >= HTTP_REDIRECT && fetch->status < HTTP_ERROR)
		return text_appendf(&former->problem,
				    "%s at %s: a redirect (to '%s'), which senders do not follow",
				    fetch->host, fetch->address, fetch->location);
	if (fetch->status != HTTP_OK)
		return text_appendf(&former->problem, "%s at %s: status %ld instead of a policy", fetch->host,
				    fetch->address, fetch->status);
	return former_read(fetch->body.len > 0 ? fetch->body.bytes : "", fetch->body.len, fetch->host,
			   former);
}

static enum err fetch_policy(const struct former_way *way, const char *host, const struct names *addresses,
			     struct former *former)
{
	struct fetch fetches[SERVED_MAX] = { 0 };
	size_t count = addresses->count < SERVED_MAX ? addresses->count : SERVED_MAX;
	enum err err;

	for (size_t i = 0; i < count; i++)
		fetches[i] = (struct fetch){
			.host = host, .address = addresses->item[i], .port = way->port, .ca = way->ca
		};
	err = fetch_all(fetches, count);
	for (size_t i = 0; err == ERR_OK && !has_problem(former) && i < count; i++) {
		if (fetches[i].state != FETCH_NO_ROUTE)
			err = read_fetch(&fetches[i], former);
	}
	fetch_free(fetches, count);
	return err;
}

static enum err read_policy(const struct former_way *way, struct former *former)
{
	char host[sizeof(DOMAIN_HOST_PREFIX) + DOMAIN_MAX];
	struct names addresses = { 0 };
	enum err err;

	(void)snprintf(host, sizeof(host), DOMAIN_HOST_PREFIX "%s", former->domain);
	err = way->from != NULL ? names_put(&addresses, way->from)
				: host_find_addresses(&way->ask, host, &addresses);
	if (err == ERR_OK)
		err = fetch_policy(way, host, &addresses, former);
	if (err == ERR_OK && !has_problem(former) && former->policy == NULL) {
		former->instead = "name the address of the old host with --from, or give the policy with "
				  "--policy and --id";
		err = text_appendf(&former->problem, "%s has no address that can be reached from here", host);
	}
	names_free(&addresses);
	return err;
}

static enum err note_uncovered(const struct names *hosts, struct former *former)
{
	struct findings findings = { 0 };
	bool enforced = former->policy->mode == MODE_ENFORCE;
	enum err err = ERR_OK;

	mail_check_cover(&former->policy->mx, hosts, &findings);
	former->note_instead =
		enforced ? "senders refuse to deliver there already: mta-stsctl check says more when "
			   "it is adopted"
			 : "senders would refuse to deliver there in mode enforce";
	for (size_t i = 0; err == ERR_OK && former->note.len == 0 && i < findings.count; i++) {
		if (findings.item[i].severity == FINDING_ERROR)
			err = text_appendf(&former->note, "%s", findings.item[i].what);
	}
	if (err == ERR_OK && findings.lost)
		err = ERR_NO_MEMORY;
	findings_free(&findings);
	return err;
}

/* A policy that its own MX do not match has mail refused already. */
static enum err compare_mail(const struct former_way *way, struct former *former)
{
	struct findings findings = { 0 };
	struct names hosts = { 0 };
	enum err err = mail_find_hosts(&way->ask, former->domain, &findings, &hosts);

	if (err == ERR_OK && findings.total[FINDING_ERROR] > 0) {
		former->note_instead =
			"nobody knows whether its policy covers them: mta-stsctl check tries again "
			"when it is adopted";
		err = text_appendf(&former->note, "its MX could not be looked up");
	} else if (err == ERR_OK) {
		err = note_uncovered(&hosts, former);
	}
	findings_free(&findings);
	names_free(&hosts);
	return err;
}

enum err former_look(const struct former_way *way, struct former *former)
{
	enum err err = ERR_OK;

	if (!has_problem(former) && former->id[0] == '\0')
		err = read_record(way, former);
	if (err == ERR_OK && !has_problem(former) && former->policy == NULL)
		err = read_policy(way, former);
	if (err == ERR_OK && !has_problem(former) && former->policy->mode != MODE_NONE)
		err = compare_mail(way, former);
	return err;
}

void former_free(struct former *former)
{
	policy_free(&former->policy);
	text_free(&former->text);
	text_free(&former->problem);
	text_free(&former->note);
	former->id[0] = '\0';
}
