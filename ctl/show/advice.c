/* SPDX-License-Identifier: ISC */
#include "ctl/show/advice.h"

#include "ctl/cli/print.h"
#include "ctl/show/certificates.h"

#include <stdbool.h>
#include <string.h>

static bool store_is_doubtful(const struct status *s)
{
	return strcmp(s->store, "doubtful") == 0;
}

static bool store_is_read_only(const struct status *s)
{
	return strcmp(s->store, "read-only") == 0;
}

static bool store_is_damaged(const struct status *s)
{
	return strcmp(s->store, "ok") != 0;
}

static bool has_errors(const struct status *s)
{
	json_t *complaint;
	size_t i;

	json_array_foreach(s->complaints, i, complaint)
	{
		const char *severity = json_string_value(json_object_get(complaint, "severity"));

		if (severity != NULL && strcmp(severity, "error") == 0)
			return true;
	}
	return s->refused > 0;
}

static bool has_no_domains(const struct status *s)
{
	return s->total == 0;
}

/* The first to expire is in the worst stage of all. */
static bool begins_with(const struct status *s, const char *stage)
{
	struct certificate first;

	return certificate_read(json_array_get(s->expiring, 0), &first) == ERR_OK &&
	       certificate_is(&first, stage);
}

static bool has_expired(const struct status *s)
{
	return begins_with(s, "expired");
}

static bool has_urgent(const struct status *s)
{
	return begins_with(s, "urgent");
}

static bool has_soon(const struct status *s)
{
	return begins_with(s, "soon");
}

static const char *first_expiring(const struct status *s)
{
	struct certificate first = { 0 };

	(void)certificate_read(json_array_get(s->expiring, 0), &first);
	return first.host;
}

/* One that lies in a directory goes on being renewed there. */
static void print_renewal(FILE *out, const struct status *s)
{
	struct certificate first = { 0 };

	(void)certificate_read(json_array_get(s->expiring, 0), &first);
	if (first.installed) {
		(void)fputs("its ACME client should have done it (systemctl list-timers); by hand, one of\n",
			    out);
		certificates_print_renewal(out, first.host);
		return;
	}
	(void)fputs("its ACME client should have done it, and mta-stsctl reload after it.  It lies in\n  ",
		    out);
	print_text(out, first.file);
	(void)fputc('\n', out);
}

static bool has_uncovered(const struct status *s)
{
	return s->uncovered > 0 && json_array_size(s->uncovered_domains) > 0;
}

static bool is_retiring(const struct status *s, const char *domain)
{
	json_t *item;
	size_t i;

	json_array_foreach(s->retiring_domains, i, item)
	{
		struct status_retiring retiring;

		if (status_retiring(item, &retiring) == ERR_OK && strcmp(retiring.domain, domain) == 0)
			return true;
	}
	return false;
}

/* One that is on its way out has lost its file because it should. */
static bool has_orphans(const struct status *s)
{
	json_t *item;
	size_t i;

	json_array_foreach(s->orphaned_domains, i, item)
	{
		const char *domain = json_string_value(item);

		if (domain == NULL || !is_retiring(s, domain))
			return true;
	}
	return (size_t)s->orphaned > json_array_size(s->orphaned_domains);
}

/* The first domain in one of these states. */
static bool find_retiring(const struct status *s, const char *state, const char *other,
			  struct status_retiring *found)
{
	json_t *item;
	size_t i;

	json_array_foreach(s->retiring_domains, i, item)
	{
		if (status_retiring(item, found) != ERR_OK)
			continue;
		if (strcmp(found->state, state) == 0 || strcmp(found->state, other) == 0)
			return true;
	}
	return false;
}

static bool has_unseen(const struct status *s)
{
	struct status_retiring found;

	return find_retiring(s, "publishing", "waiting", &found);
}

static bool has_over(const struct status *s)
{
	struct status_retiring found;

	return find_retiring(s, "confirming", "safe", &found);
}

static const char *next_of_unseen(const struct status *s)
{
	struct status_retiring found = { 0 };

	(void)find_retiring(s, "publishing", "waiting", &found);
	return found.next;
}

static const char *next_of_over(const struct status *s)
{
	struct status_retiring found = { 0 };

	(void)find_retiring(s, "confirming", "safe", &found);
	return found.next;
}

static bool has_complaints(const struct status *s)
{
	return json_array_size(s->complaints) > 0;
}

static const char *config(const struct status *s)
{
	return s->config;
}

static const char *first_uncovered(const struct status *s)
{
	return json_string_value(json_array_get(s->uncovered_domains, 0));
}

static void print_clients(FILE *out, const struct status *s)
{
	certificates_print_first(out, first_uncovered(s));
	(void)fputs("or put it below a directory of \"certificates\", then run: mta-stsctl reload\n", out);
}

/* The most urgent first; only the first that applies is said. */
static const struct {
	bool (*applies)(const struct status *status);
	const char *before;
	const char *(*subject)(const struct status *status);
	const char *after;
	void (*print_lines)(FILE *out, const struct status *status);
} advice[] = {
	{ store_is_doubtful,
	  "look at the disk, the log and the complaints; mta-stsd tries again by itself.  Do not restart it "
	  "before: it\n"
	  "would serve what the files hold, and not what it holds",
	  NULL, "", NULL },
	{ store_is_read_only, "let the service's user write the state, then restart the daemon", NULL, "",
	  NULL },
	{ store_is_damaged,
	  "restore a copy with mta-stsd --restore FILE: see \"When the state is damaged\" in mta-stsd(8)",
	  NULL, "", NULL },
	{ has_expired, "renew the certificate of ", first_expiring, ", it has expired:", print_renewal },
	{ has_errors, "correct the files complained about, then run: mta-stsctl reload", NULL, "", NULL },
	{ has_orphans,
	  "put the files of the orphaned domains back, then run: mta-stsctl reload\n"
	  "or retire such a domain: mta-stsctl none DOMAIN",
	  NULL, "", NULL },
	{ has_urgent, "renew the certificate of ", first_expiring, ", it expires in days:", print_renewal },
	{ has_uncovered, "get a certificate for mta-sts.", first_uncovered, ", with one of", print_clients },
	{ has_unseen, "", next_of_unseen, "", NULL },
	{ has_over, "", next_of_over, "", NULL },
	{ has_no_domains,
	  "write a file such as " SYSCONFDIR "/mta-stsd/domains.d/example.org.conf with\n"
	  "  mode    = \"testing\";\n"
	  "  max_age = 604800;\n"
	  "  mx      = [ \"mail.example.org\" ];\n"
	  "then run: mta-stsctl reload (the directory is what \"domains\" names in\n  ",
	  config, ")", NULL },
	{ has_soon, "renew the certificate of ", first_expiring,
	  ", less than a third of its time is left:", print_renewal },
	{ has_complaints, "correct what is complained about, then run: mta-stsctl reload", NULL, "", NULL },
};

void advice_print(FILE *out, const struct status *status)
{
	for (size_t i = 0; i < sizeof(advice) / sizeof(*advice); i++) {
		if (!advice[i].applies(status))
			continue;
		(void)fprintf(out, "next: %s", advice[i].before);
		if (advice[i].subject != NULL)
			print_text(out, advice[i].subject(status));
		(void)fprintf(out, "%s\n", advice[i].after);
		if (advice[i].print_lines != NULL)
			advice[i].print_lines(out, status);
		return;
	}
}
