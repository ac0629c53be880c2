/* SPDX-License-Identifier: ISC */
#include "ctl/advice.h"

#include "ctl/escape.h"

#include <stdbool.h>
#include <string.h>

static bool store_is_doubtful(const struct status *s)
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

/* The most urgent first; only the first that applies is said. */
static const struct {
	bool (*applies)(const struct status *status);
	const char *before;
	const char *(*subject)(const struct status *status);
	const char *after;
} advice[] = {
	{ store_is_doubtful,
	  "look at the disk and the log, then restart the daemon: it reads again what is on the disk", NULL,
	  "" },
	{ has_errors, "correct the files complained about, then run: mta-stsctl reload", NULL, "" },
	{ has_orphans,
	  "put the files of the orphaned domains back, then run: mta-stsctl reload\n"
	  "or retire such a domain: mta-stsctl none DOMAIN",
	  NULL, "" },
	{ has_uncovered, "get a certificate for mta-sts.", first_uncovered,
	  ", put it below a directory of \"certificates\", then run: mta-stsctl reload" },
	{ has_unseen, "", next_of_unseen, "" },
	{ has_over, "", next_of_over, "" },
	{ has_no_domains,
	  "write a file such as example.org.conf with\n"
	  "  mode = \"testing\"; max_age = 604800; mx = [ \"mail.example.org\" ];\n"
	  "into the directory that \"domains\" names in ",
	  config, ", then run: mta-stsctl reload" },
	{ has_complaints, "correct what is complained about, then run: mta-stsctl reload", NULL, "" },
};

void advice_print(FILE *out, const struct status *status)
{
	for (size_t i = 0; i < sizeof(advice) / sizeof(*advice); i++) {
		if (!advice[i].applies(status))
			continue;
		(void)fprintf(out, "next: %s", advice[i].before);
		if (advice[i].subject != NULL)
			escape_print(out, advice[i].subject(status), strlen(advice[i].subject(status)));
		(void)fprintf(out, "%s\n", advice[i].after);
		return;
	}
}
