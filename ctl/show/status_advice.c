/* SPDX-License-Identifier: ISC */
#include "ctl/show/status.h"

#include "api/shape_order.h"
#include "ctl/cli/print.h"
#include "ctl/show/awaiting.h"
#include "ctl/show/certificates.h"
#include "ctl/show/clients.h"

#include <string.h>

/*
 * Each tells whether an advice applies: what it is about, "" when that needs no name, or NULL when it does
 * not apply.
 */
typedef const char *find_subject(const struct api_status *s, const char *which);

/* NULL: any condition that is not right. */
static const char *find_store(const struct api_status *s, const char *condition)
{
	bool applies = condition != NULL ? strcmp(s->store, condition) == 0 : strcmp(s->store, "ok") != 0;

	return applies ? "" : NULL;
}

/* The guard has an advice of its own, and one of the errors is its own, too. */
static const char *find_errors(const struct api_status *s, const char *which)
{
	json_t *complaint;
	size_t errors = 0, i;

	(void)which;
	json_array_foreach(s->complaints, i, complaint)
	{
		const char *severity = json_string_value(json_object_get(complaint, "severity"));

		errors += severity != NULL && strcmp(severity, "error") == 0;
	}
	if (s->files_held)
		return errors > 1 ? "" : NULL;
	return errors > 0 || s->domains.refused > 0 ? "" : NULL;
}

static const char *find_held(const struct api_status *s, const char *which)
{
	(void)which;
	return s->files_held ? "" : NULL;
}

static const char *find_complaints(const struct api_status *s, const char *which)
{
	return json_array_size(s->complaints) > s->files_held && find_errors(s, which) == NULL ? "" : NULL;
}

/* The file to write the first domain into is found by the configuration. */
static const char *find_no_domains(const struct api_status *s, const char *which)
{
	(void)which;
	return s->domains.total == 0 ? s->config : NULL;
}

/* The host of the certificate that is the first to expire, and so in the worst stage of all. */
static const char *find_expiring(const struct api_status *s, const char *stage)
{
	struct api_certificate first;

	if (shape_read(&shape_certificate, json_array_get(s->certificates.expiring, 0), &first) != ERR_OK ||
	    !certificates_is(&first, stage))
		return NULL;
	return certificates_host(&first);
}

/* One that lies in a directory goes on being renewed there. */
static void print_renewal(FILE *out, const struct api_status *s)
{
	struct api_certificate first = { 0 };

	(void)shape_read(&shape_certificate, json_array_get(s->certificates.expiring, 0), &first);
	if (strcmp(first.source, "installed") == 0) {
		(void)fputs("its ACME client should have done it (systemctl list-timers); by hand, one of\n",
			    out);
		clients_print_renewal(out, certificates_host(&first));
		return;
	}
	(void)fputs("its ACME client should have done it, and mta-stsctl reload after it.  It lies in\n  ",
		    out);
	print_text(out, first.file);
	(void)fputc('\n', out);
}

/* How complaints begin of a file that is there, a key perhaps, but for the rights to it. */
#define MAY_NOT_BE_READ "file may not be read"
#define MAY_BE_READ     "private key may be read or written by everybody"

static const char *find_complaint(const struct api_status *s, const char *what)
{
	json_t *item;
	size_t i;

	json_array_foreach(s->complaints, i, item)
	{
		struct api_complaint complaint;

		if (shape_read(&shape_complaint, item, &complaint) == ERR_OK &&
		    strncmp(complaint.what, what, strlen(what)) == 0)
			return complaint.value != NULL ? complaint.value : complaint.file;
	}
	return NULL;
}

static const char *find_awaited(const struct api_status *s, const char *which)
{
	(void)which;
	return awaiting_has_advice(&s->certificates) ? "" : NULL;
}

static void print_awaited(FILE *out, const struct api_status *s)
{
	awaiting_advise(out, &s->certificates);
}

/* Perhaps the certificate is there, and nobody needs another one; or it is ordered, and that is advised on.
 */
static const char *find_uncovered(const struct api_status *s, const char *which)
{
	return s->certificates.uncovered > 0 && find_awaited(s, which) == NULL &&
			       find_complaint(s, MAY_NOT_BE_READ) == NULL &&
			       find_complaint(s, MAY_BE_READ) == NULL
		       ? json_string_value(json_array_get(s->certificates.uncovered_domains, 0))
		       : NULL;
}

static void print_clients(FILE *out, const struct api_status *s)
{
	clients_print_first(out, json_string_value(json_array_get(s->certificates.uncovered_domains, 0)));
	(void)fputs("or put it below a directory of \"certificates\", then run: mta-stsctl reload\n", out);
}

static bool is_retiring(const struct api_status *s, const char *domain)
{
	json_t *item;
	size_t i;

	json_array_foreach(s->retiring.domains, i, item)
	{
		struct api_retiring_domain retiring;

		if (shape_read(&shape_retiring_domain, item, &retiring) == ERR_OK &&
		    strcmp(retiring.domain, domain) == 0)
			return true;
	}
	return false;
}

/* One that is on its way out has lost its file because it should. */
static const char *find_orphans(const struct api_status *s, const char *which)
{
	json_t *item;
	size_t i;

	(void)which;
	json_array_foreach(s->orphaned_domains, i, item)
	{
		const char *domain = json_string_value(item);

		if (domain == NULL || !is_retiring(s, domain))
			return "";
	}
	return (size_t)s->domains.orphaned > json_array_size(s->orphaned_domains) ? "" : NULL;
}

/* The next step of the first domain in one of these states. */
static const char *next_of(const struct api_status *s, const char *state, const char *other)
{
	json_t *item;
	size_t i;

	json_array_foreach(s->retiring.domains, i, item)
	{
		struct api_retiring_domain retiring;

		if (shape_read(&shape_retiring_domain, item, &retiring) == ERR_OK &&
		    (strcmp(retiring.state, state) == 0 || strcmp(retiring.state, other) == 0))
			return retiring.next;
	}
	return NULL;
}

static const char *find_not_gone(const struct api_status *s, const char *which)
{
	(void)which;
	return next_of(s, "publishing", "waiting");
}

static const char *find_over(const struct api_status *s, const char *which)
{
	(void)which;
	return next_of(s, "confirming", "safe");
}

/* The first domain of which nobody knows whether DNS has its record. */
static const char *find_unseen(const struct api_status *s, const char *which)
{
	(void)which;
	return json_string_value(json_array_get(s->unseen_domains, 0));
}

static void print_record(FILE *out, const struct api_status *s)
{
	(void)fputs("where it is missing, this prints it: mta-stsctl txt ", out);
	print_text(out, find_unseen(s, NULL));
	(void)fputc('\n', out);
}

/* So many are said at once. */
#define ADVICE_MOST 3

/*
 * The most urgent first: what may be lost, what senders meet now, what they will meet soon, what did not take
 * effect, what is half done.
 */
static const struct {
	find_subject *find;
	const char *which;
	const char *before; /* NULL: the lines say all */
	const char *after;
	void (*print_lines)(FILE *out, const struct api_status *status);
	bool alone; /* all else has to wait: orders are refused, or will be */
} advice[] = {
	{ find_store, "doubtful",
	  "look at the disk, the log and the complaints; mta-stsd tries again by itself.  Do not restart it "
	  "before: it\n"
	  "would serve what the files hold, and not what it holds",
	  NULL, NULL, true },
	{ find_store, "read-only", "let the service's user write the state, then restart the daemon", NULL,
	  NULL, true },
	{ find_store, "full", "make room on the disk of the state directory, before an order needs it", NULL,
	  NULL, true },
	{ find_store, NULL,
	  "restore a copy with mta-stsd --restore FILE: see \"When the state is damaged\" in mta-stsd(8)",
	  NULL, NULL, true },
	{ find_held, NULL,
	  "mount the directory of domain files or put the lost files back, then run: mta-stsctl reload\n"
	  "or if they are gone for good, run: mta-stsctl reload --force; until then no file takes effect",
	  NULL, NULL, false },
	{ find_complaint, MAY_NOT_BE_READ, "let the service's user read ",
	  ", by its group (chgrp, chmod 0640), then run: mta-stsctl reload", NULL, false },
	{ find_complaint, MAY_BE_READ, "let only the service's user read ",
	  ", by its group (chgrp, chmod 0640), then run: mta-stsctl reload", NULL, false },
	{ find_expiring, "expired", "renew the certificate of ", ", it has expired:", print_renewal, false },
	{ find_expiring, "urgent", "renew the certificate of ", ", it expires within days:", print_renewal,
	  false },
	{ find_awaited, NULL, NULL, NULL, print_awaited, false },
	{ find_uncovered, NULL, "get a certificate for mta-sts.", "", print_clients, false },
	{ find_errors, NULL, "correct the files complained about, then run: mta-stsctl reload", NULL, NULL,
	  false },
	{ find_orphans, NULL,
	  "put the files of the orphaned domains back, then run: mta-stsctl reload\n"
	  "or retire such a domain: mta-stsctl none DOMAIN",
	  NULL, NULL, false },
	{ find_not_gone, NULL, "", "", NULL, false },
	{ find_over, NULL, "", "", NULL, false },
	{ find_no_domains, NULL,
	  "write a file such as " SYSCONFDIR "/mta-stsd/domains.d/example.org.conf with\n"
	  "  mode    = \"testing\";\n"
	  "  max_age = 604800;\n"
	  "  mx      = [ \"mail.example.org\" ];\n"
	  "then run: mta-stsctl reload (the directory is what \"domains\" names in\n  ",
	  ")", NULL, false },
	{ find_expiring, "soon", "renew the certificate of ",
	  ", less than a third of its time is left:", print_renewal, false },
	{ find_unseen, NULL, "check that DNS has the TXT record: mta-stsctl dns ", "", print_record, false },
	{ find_complaints, NULL,
	  "do what the complaints say; where that is to change a file, then run: mta-stsctl reload", NULL,
	  NULL, false },
};

static void print_advice(FILE *out, const struct api_status *status, size_t i, const char *subject)
{
	if (advice[i].before != NULL)
		(void)fputs(advice[i].before, out);
	/* Without anything behind it the subject goes without saying. */
	if (advice[i].after != NULL)
		print_text(out, subject);
	if (advice[i].before != NULL)
		(void)fprintf(out, "%s\n", advice[i].after != NULL ? advice[i].after : "");
	if (advice[i].print_lines != NULL)
		advice[i].print_lines(out, status);
}

void status_advise(FILE *out, const struct api_status *status)
{
	json_int_t said = 0;
	bool alone = false;

	for (size_t i = 0; i < sizeof(advice) / sizeof(*advice) && !alone; i++) {
		const char *subject = advice[i].find(status, advice[i].which);

		if (subject == NULL || said++ >= ADVICE_MOST)
			continue;
		(void)fputs(said == 1 ? "next: " : "then: ", out);
		print_advice(out, status, i, subject);
		alone = advice[i].alone;
	}
	print_rest(out, "", said - ADVICE_MOST, "status says it when these are done");
}
