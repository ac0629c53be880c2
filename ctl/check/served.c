/* SPDX-License-Identifier: ISC */
#include "ctl/check/served.h"

#include "base/clock.h"
#include "policy/domain.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define SLOW_MS       2000
#define DAY           ((time_t)86400)
#define DAYS_TO_RENEW 21
#define PLAIN         "text/plain"
#define HTTP_OK       200
#define HTTP_REDIRECT 300
#define HTTP_ERROR    400

/* Room for "from TIME until TIME" and its end. */
#define DATES_SIZE (2 * CLOCK_TEXT_SIZE + 16)

/* What is wrong with a fetch that did not get as far as an answer, and what to do. */
static const struct {
	const char *about;
	const char *what;
	const char *instead;
} faults[FETCH_STATES] = {
	[FETCH_NO_CONNECTION] = { "fetch", "no connection",
				  "let TCP port 443 through, and check whether mta-stsd listens there" },
	[FETCH_SLOW] = { "fetch", "no whole answer in time",
			 "let TCP port 443 through, and look at the load of the machine" },
	[FETCH_NO_TLS] = { "fetch", "the TLS handshake fails",
			   "look at mta-stsctl status on the machine that answers there" },
	[FETCH_WRONG_NAME] = { "certificate", "the certificate does not name this host",
			       "get one that does, for the machine that answers there" },
	[FETCH_WRONG_TIME] = { "certificate", "the certificate is not valid now",
			       "renew it on the machine that answers there" },
	[FETCH_UNTRUSTED] = { "certificate", "the certificate is not trusted",
			      "serve the whole chain of a public CA, or name a private CA with --ca" },
	[FETCH_TOO_LARGE] = { "fetch", "the answer is over 64 KiB",
			      "look which machine answers there: no policy is as long" },
	[FETCH_BROKEN] = { "fetch", "the fetch fails", "look at the log of the machine that answers there" },
};

const char *served_fault(enum fetch_state state)
{
	return faults[state].what;
}

/* Of a chain that is not trusted, libcurl can tell no more than that. */
static const char *detail_of(const struct fetch *fetch, char dates[DATES_SIZE])
{
	char from[CLOCK_TEXT_SIZE];
	char until[CLOCK_TEXT_SIZE];

	if (fetch->state == FETCH_UNTRUSTED)
		return "";
	if (fetch->state != FETCH_WRONG_TIME)
		return fetch->detail;
	(void)snprintf(dates, DATES_SIZE, "from %s until %s", clock_text(fetch->not_before, from),
		       clock_text(fetch->not_after, until));
	return dates;
}

static const char *family(const struct fetch *fetch)
{
	return strchr(fetch->address, ':') != NULL ? "IPv6" : "IPv4";
}

static void file_fault(const struct fetch *fetch, struct findings *findings)
{
	char dates[DATES_SIZE];
	const char *detail = detail_of(fetch, dates);

	findings_put(findings, FINDING_ERROR, faults[fetch->state].about, "%s at %s: %s%s%s%s", fetch->host,
		     fetch->address, faults[fetch->state].what, *detail != '\0' ? " (" : "", detail,
		     *detail != '\0' ? ")" : "");
	findings_advise(findings, "%s", faults[fetch->state].instead);
}

static void file_status(const struct fetch *fetch, struct findings *findings)
{
	if (fetch->status >= HTTP_REDIRECT && fetch->status < HTTP_ERROR) {
		findings_put(findings, FINDING_ERROR, "fetch",
			     "%s at %s answers with a redirect (%ld to '%s')", fetch->host, fetch->address,
			     fetch->status, fetch->location);
		findings_advise(findings, "serve the file itself there: senders follow no redirect");
		return;
	}
	findings_put(findings, FINDING_ERROR, "fetch", "%s at %s answers with status %ld, not 200",
		     fetch->host, fetch->address, fetch->status);
	findings_advise(findings, "look which machine answers there, and whether it knows the domain");
}

/* Parameters such as a charset may follow. */
static bool is_plain(const char *type)
{
	size_t len = strcspn(type, "; \t");

	return len == strlen(PLAIN) && strncasecmp(type, PLAIN, len) == 0;
}

static void judge_answer(const struct fetch *fetch, const char *policy, struct findings *findings)
{
	bool same = fetch->body.len == strlen(policy) &&
		    (fetch->body.len == 0 || memcmp(fetch->body.bytes, policy, fetch->body.len) == 0);
	double seconds = (double)fetch->took_ms / 1000;

	if (!same) {
		findings_put(
			findings, FINDING_ERROR, "fetch",
			"%s at %s serves another policy than this daemon: another machine, or an old file",
			fetch->host, fetch->address);
		findings_advise(findings, "bring what answers there in line before the TXT record changes");
	}
	if (!is_plain(fetch->type)) {
		findings_put(findings, FINDING_ERROR, "fetch", "%s at %s answers with the Content-Type '%s'",
			     fetch->host, fetch->address, fetch->type);
		findings_advise(findings, "make it " PLAIN ": many senders take nothing else");
	}
	if (fetch->took_ms > SLOW_MS) {
		findings_put(findings, FINDING_WARNING, "fetch", "%s at %s took %.1f seconds", fetch->host,
			     fetch->address, seconds);
		findings_advise(findings, "make it faster: some senders give up after 2 seconds");
	} else if (same && is_plain(fetch->type)) {
		findings_put(findings, FINDING_OK, "fetch",
			     "%s at %s serves the published policy in %.1f seconds", fetch->host,
			     fetch->address, seconds);
	}
}

/* They may differ from address to address: the first to expire counts. */
static const struct fetch *find_first_to_expire(const struct fetch *fetches, size_t count)
{
	const struct fetch *first = NULL;

	for (size_t i = 0; i < count; i++) {
		if (fetches[i].state == FETCH_ANSWERED && fetches[i].not_after != 0 &&
		    (first == NULL || fetches[i].not_after < first->not_after))
			first = &fetches[i];
	}
	return first;
}

static void judge_certificates(const struct fetch *fetches, size_t count, struct checked *checked)
{
	const struct fetch *first = find_first_to_expire(fetches, count);
	char until[CLOCK_TEXT_SIZE];
	long days;

	if (!checked->certificate) {
		findings_put(&checked->findings, FINDING_ERROR, "certificate",
			     "this daemon has no certificate for " DOMAIN_HOST_PREFIX "%s", checked->domain);
		findings_advise(&checked->findings,
				"put one below a directory of \"certificates\", then run mta-stsctl reload");
	}
	if (first == NULL)
		return;
	days = (long)((first->not_after - clock_now()) / DAY);
	findings_put(&checked->findings, days < DAYS_TO_RENEW ? FINDING_WARNING : FINDING_OK, "certificate",
		     "the certificate of %s is valid for %ld %s, until %s", first->host, days,
		     days == 1 ? "day" : "days", clock_text(first->not_after, until));
	if (days < DAYS_TO_RENEW)
		findings_advise(&checked->findings, "look why it has not been renewed");
}

/* Addresses that lead a sender elsewhere to itself, or to nobody. */
enum place { PUBLIC = 1, LOOPBACK, MULTICAST, UNSPECIFIED, BROADCAST };

static const struct {
	enum finding_severity severity;
	const char *what;
} places[] = {
	[PUBLIC] = { FINDING_OK, NULL },
	[LOOPBACK] = { FINDING_WARNING, "a loopback address" },
	[MULTICAST] = { FINDING_ERROR, "a multicast address" },
	[UNSPECIFIED] = { FINDING_ERROR, "the unspecified address" },
	[BROADCAST] = { FINDING_ERROR, "the broadcast address" },
};

static enum place find_place(const char *address)
{
	struct in6_addr in6 = IN6ADDR_ANY_INIT;
	struct in_addr in4 = { 0 };
	bool is_v4 = inet_pton(AF_INET, address, &in4) == 1;
	in_addr_t number = ntohl(in4.s_addr);

	if (!is_v4)
		(void)inet_pton(AF_INET6, address, &in6);
	if (is_v4 ? number >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET : IN6_IS_ADDR_LOOPBACK(&in6))
		return LOOPBACK;
	if (is_v4 ? IN_MULTICAST(number) : IN6_IS_ADDR_MULTICAST(&in6))
		return MULTICAST;
	if (is_v4 ? number == INADDR_ANY : IN6_IS_ADDR_UNSPECIFIED(&in6))
		return UNSPECIFIED;
	return is_v4 && number == INADDR_BROADCAST ? BROADCAST : PUBLIC;
}

static enum finding_severity judge_place(const struct fetch *fetch, struct findings *findings)
{
	enum place place = find_place(fetch->address);

	if (place == PUBLIC)
		return FINDING_OK;
	findings_put(findings, places[place].severity, "address",
		     "%s has %s (%s), which no sender elsewhere can use", fetch->host, places[place].what,
		     fetch->address);
	findings_advise(findings, "write its public address into the %s record",
			strchr(fetch->address, ':') != NULL ? "AAAA" : "A");
	return places[place].severity;
}

static void judge(const struct fetch *fetch, struct checked *checked)
{
	struct findings *findings = &checked->findings;

	/* What answered there, if anything did, was not what senders get. */
	if (judge_place(fetch, findings) == FINDING_ERROR)
		return;
	if (fetch->state == FETCH_NO_ROUTE)
		findings_put(findings, FINDING_NOTE, "fetch",
			     "%s at %s was not tried from this machine (no %s)", fetch->host, fetch->address,
			     family(fetch));
	else if (fetch->state != FETCH_ANSWERED)
		file_fault(fetch, findings);
	else if (fetch->status != HTTP_OK)
		file_status(fetch, findings);
	else
		judge_answer(fetch, checked->policy, findings);
}

void served_judge(const struct fetch *fetches, size_t count, struct checked *checked)
{
	size_t tried = 0;

	for (size_t i = 0; i < count; i++) {
		tried += fetches[i].state != FETCH_NO_ROUTE;
		judge(&fetches[i], checked);
	}
	if (count > 0 && tried == 0) {
		findings_put(&checked->findings, FINDING_ERROR, "fetch",
			     "whether senders get the policy is not known: no address could be tried from "
			     "here");
		findings_advise(&checked->findings, "run this on a machine with %s", family(&fetches[0]));
	}
	judge_certificates(fetches, count, checked);
}

enum err served_check(const struct names *addresses, const char *ca, struct checked *checked)
{
	size_t count = addresses->count < SERVED_MAX ? addresses->count : SERVED_MAX;
	struct fetch fetches[SERVED_MAX] = { 0 };
	char host[HOST_SIZE];
	enum err err;

	(void)domain_host(checked->domain, host);
	for (size_t i = 0; i < count; i++)
		fetches[i] = (struct fetch){
			.host = host, .address = addresses->item[i], .port = FETCH_PORT, .ca = ca
		};
	err = fetch_all(fetches, count);
	if (err == ERR_OK)
		served_judge(fetches, count, checked);
	if (addresses->count > count)
		findings_put(&checked->findings, FINDING_NOTE, "fetch",
			     "%zu more addresses of %s were not tried", addresses->count - count, host);
	fetch_free(fetches, SERVED_MAX);
	return err;
}
