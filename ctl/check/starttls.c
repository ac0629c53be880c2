/* SPDX-License-Identifier: ISC */
#include "ctl/check/starttls.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define ABOUT      "starttls"
#define DAY        ((time_t)86400)
#define SMTP_ERROR 400

/* When a certificate should have been renewed: whoever renews at a third of its lifetime has, and who has a
 * year for it has three weeks left. */
#define RENEWED_PART 4
#define RENEWED_MOST (21 * DAY)

#define UNKNOWN_ADVICE "run this on a machine that sends mail: many networks let nothing out to port 25"

/* What is wrong with an MX, and what to do. */
static const struct {
	enum finding_severity severity;
	const char *what;
	const char *instead;
	bool is_vague; /* so that what libcurl says adds to it */
} faults[SMTP_STATES] = {
	[SMTP_NO_CONNECTION] = { FINDING_WARNING, "no connection to port 25, so its TLS is not known",
				 "let TCP port 25 through, and check whether the mail server listens there",
				 false },
	[SMTP_SLOW] = { FINDING_WARNING, "it takes over 20 seconds, so its TLS is not known",
			"look at the load of the machine, and how long it holds back its greeting", false },
	[SMTP_REFUSED] = { FINDING_WARNING, "it does not talk to this machine, so its TLS is not known",
			   "run this on a machine that sends mail", false },
	[SMTP_NO_STARTTLS] = { FINDING_ERROR, "it does not offer STARTTLS, which enforce requires",
			       "switch TLS on at the mail server", false },
	[SMTP_NO_TLS] = { FINDING_ERROR, "the TLS handshake fails",
			  "let the mail server offer TLS 1.2 or newer", true },
	[SMTP_WRONG_NAME] = { FINDING_ERROR, "the certificate does not name this host",
			      "get one that does, or name the host of the certificate in the MX record",
			      true },
	[SMTP_WRONG_TIME] = { FINDING_ERROR, "the certificate is not valid now",
			      "renew it, and let the mail server load the new one", false },
	[SMTP_UNTRUSTED] = { FINDING_ERROR, "the certificate is not trusted",
			     "serve the whole chain of a public CA, or name a private CA with --ca", false },
	[SMTP_BROKEN] = { FINDING_WARNING, "the connection breaks, so its TLS is not known",
			  "look at the log of the mail server", true },
};

/* What stands in brackets behind it. */
static void write_detail(const struct smtp_probe *probe, char detail[TEXT_SHOWN_SIZE])
{
	char from[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];

	detail[0] = '\0';
	if (probe->state == SMTP_WRONG_TIME)
		(void)snprintf(detail, TEXT_SHOWN_SIZE, " (from %s until %s)",
			       clock_text(probe->not_before, from), clock_text(probe->not_after, until));
	else if (probe->reply >= SMTP_ERROR)
		(void)snprintf(detail, TEXT_SHOWN_SIZE, " (it says %ld)", probe->reply);
	else if (faults[probe->state].is_vague && probe->detail[0] != '\0')
		(void)snprintf(detail, TEXT_SHOWN_SIZE, " (%.*s)", TEXT_SHOWN_SIZE - 4, probe->detail);
}

static void file_fault(const struct smtp_probe *probe, struct findings *findings)
{
	char detail[TEXT_SHOWN_SIZE];

	write_detail(probe, detail);
	findings_put(findings, faults[probe->state].severity, ABOUT, "MX %s at %s: %s%s", probe->host,
		     probe->address, faults[probe->state].what, detail);
	findings_advise(findings, "%s", faults[probe->state].instead);
}

static void file_secure(const struct smtp_probe *probe, struct findings *findings)
{
	time_t left = probe->not_after - clock_now();
	time_t part = (probe->not_after - probe->not_before) / RENEWED_PART;
	bool is_late = probe->not_after != 0 && left < (part < RENEWED_MOST ? part : RENEWED_MOST);
	char until[CLOCK_TEXT_SIZE];

	findings_put(findings, is_late ? FINDING_WARNING : FINDING_OK, ABOUT,
		     "MX %s at %s offers STARTTLS with a certificate that is valid until %s", probe->host,
		     probe->address, clock_text(probe->not_after, until));
	if (is_late)
		findings_advise(findings, "look why it has not been renewed");
}

static void judge(const struct smtp_probe *probe, struct findings *findings)
{
	bool is_v6 = strchr(probe->address, ':') != NULL;

	if (probe->state == SMTP_SECURE)
		file_secure(probe, findings);
	else if (probe->state == SMTP_NO_ROUTE)
		findings_put(findings, FINDING_NOTE, ABOUT,
			     "MX %s at %s was not tried from this machine (no %s)", probe->host,
			     probe->address, is_v6 ? "IPv6" : "IPv4");
	else if (probe->state != SMTP_NOT_TRIED)
		file_fault(probe, findings);
}

/* Whether anything is known of the TLS of that one: what is known to be wrong is, too. */
static bool is_known(const struct smtp_probe *probe)
{
	return probe->state == SMTP_SECURE || faults[probe->state].severity == FINDING_ERROR;
}

/* Where no MX can be reached, it is rather the network of this machine that is in the way than all of them.
 */
static void file_unknown(const struct probed_host *first, size_t total, struct findings *findings)
{
	const struct smtp_probe *probe = &first->probe[0];

	findings_put(
		findings, FINDING_NOTE, ABOUT,
		"whether the MX offer TLS as enforce requires is not known: from here none can be reached "
		"on port 25 (%s at %s%s)",
		probe->host, probe->address, total > 1 ? ", and others" : "");
	findings_advise(findings, "%s", UNKNOWN_ADVICE);
}

void starttls_judge(const struct probed_host hosts[], size_t count, struct findings *findings, bool *known)
{
	const struct probed_host *first = NULL;
	size_t total = 0, reached = 0;

	*known = true;
	for (size_t i = 0; i < count; i++) {
		bool is_host_known = false;

		for (size_t j = 0; j < hosts[i].count; j++) {
			total++;
			reached += smtp_is_reached(hosts[i].probe[j].state);
			is_host_known = is_host_known || is_known(&hosts[i].probe[j]);
		}
		if (first == NULL && hosts[i].count > 0)
			first = &hosts[i];
		*known = *known && is_host_known;
	}
	if (first != NULL && reached == 0) {
		file_unknown(first, total, findings);
		return;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < hosts[i].count; j++)
			judge(&hosts[i].probe[j], findings);
}

enum err starttls_check(struct probed *probed, const struct ask_way *way, const struct names *hosts,
			struct findings *findings, bool *known)
{
	struct probed_host *said = calloc(hosts->count + 1, sizeof(*said));
	enum err err = ERR_NO_MEMORY;

	if (said != NULL)
		err = probed_ask(probed, way, hosts, said);
	if (err == ERR_OK)
		starttls_judge(said, hosts->count, findings, known);
	free(said);
	return err;
}
