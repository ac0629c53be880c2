/* SPDX-License-Identifier: ISC */
#include "core/coverage.h"

#include "base/clock.h"
#include "log/log_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY ((time_t)86400)

/* One walk over the domains. */
struct walk {
	struct coverage *coverage;
	struct certs *certs;
};

bool coverage_lacks(const struct coverage *coverage, struct certs *certs, const char *domain)
{
	char policy_host[HOST_SIZE];

	return !coverage->tls_elsewhere && !certs_serve(certs, domain_host(domain, policy_host));
}

static enum err look_at(void *context, const struct domain *domain)
{
	const struct walk *walk = context;
	struct coverage *coverage = walk->coverage;
	char policy_host[HOST_SIZE];

	if (certs_serve(walk->certs, domain_host(domain->name, policy_host))) {
		memcpy(coverage->covered, policy_host, sizeof(coverage->covered));
		return ERR_OK;
	}
	/* Without memory it is counted, if not named. */
	if (!coverage->tls_elsewhere && coverage->uncovered_count++ < COVERAGE_NAMED)
		(void)names_put(&coverage->uncovered, domain->name);
	return ERR_OK;
}

void coverage_note(struct coverage *coverage, const struct registry *registry, struct certs *certs)
{
	struct walk walk = { coverage, certs };

	names_free(&coverage->uncovered);
	coverage->uncovered_count = 0;
	coverage->covered[0] = '\0';
	(void)registry_each(registry, look_at, &walk);
}

/* What is said in a stage; fine ones are not spoken of. */
static const struct {
	enum log_event event;
	const char *words;
} events[EXPIRY_COUNT] = {
	[EXPIRY_EXPIRED] = { EVENT_CERTIFICATE_EXPIRED, "has expired: senders cannot fetch the policies" },
	[EXPIRY_URGENT] = { EVENT_CERTIFICATE_URGENT, "expires within days: renew it now" },
	[EXPIRY_SOON] = { EVENT_CERTIFICATE_SOON, "expires soon: it should have been renewed by now" },
};

struct review {
	struct coverage *coverage;
	time_t now;
	enum expiry stage;
	size_t named;   /* today, in this stage */
	size_t unnamed; /* now, in all stages */
};

static void warn(const struct review *review, const struct facts *info)
{
	char name[TEXT_SHOWN_SIZE], file[TEXT_SHOWN_SIZE], until[CLOCK_TEXT_SIZE];

	(void)text_escape(info->names.item[0], strlen(info->names.item[0]), name);
	(void)text_escape(info->file, strlen(info->file), file);
	log_event(events[review->stage].event, &(struct log_fields){ .domain = name, .file = info->file },
		  "%s, certificate %s (file: %s, valid until: %s, days left: %ld)", name,
		  events[review->stage].words, file, clock_text(info->not_after, until),
		  expiry_days_left(info->not_after, review->now));
}

static enum err review_pair(void *context, const struct facts *info, bool used)
{
	struct review *review = context;
	struct names *told = &review->coverage->warned;
	char *key = NULL;

	if (!used || expiry_stage(info->not_before, info->not_after, review->now) != review->stage)
		return ERR_OK;
	if (asprintf(&key, "%s %s", expiry_text(review->stage), info->file) < 0)
		return ERR_NO_MEMORY;
	if (!names_has(told, key)) {
		if (review->named < COVERAGE_WARNED && names_put(told, key) == ERR_OK) {
			review->named++;
			warn(review, info);
		} else {
			review->unnamed++;
		}
	}
	free(key);
	return ERR_OK;
}

static size_t count_told(const struct names *told, enum expiry stage)
{
	size_t len = strlen(expiry_text(stage)), count = 0;

	for (size_t i = 0; i < told->count; i++)
		count += strncmp(told->item[i], expiry_text(stage), len) == 0;
	return count;
}

static void begin_day(struct coverage *coverage, time_t now)
{
	if (now >= coverage->warned_since && now - coverage->warned_since < DAY)
		return;
	names_free(&coverage->warned);
	coverage->unnamed = 0;
	coverage->warned_since = now;
}

void coverage_review(struct coverage *coverage, const struct registry *registry, struct certs *certs)
{
	struct review review = { .coverage = coverage, .now = clock_now() };

	coverage_note(coverage, registry, certs);
	begin_day(coverage, review.now);
	for (unsigned stage = EXPIRY_COUNT; stage-- > EXPIRY_SOON;) {
		review.stage = (enum expiry)stage;
		review.named = count_told(&coverage->warned, review.stage);
		(void)certs_each(certs, review_pair, &review);
	}
	if (review.unnamed > coverage->unnamed)
		log_warning("certificates, more expire soon or have expired (%zu besides those named today)",
			    review.unnamed);
	coverage->unnamed = review.unnamed;
}

void coverage_note_fetch(struct coverage *coverage, struct certs *certs, const char *host, const char *why,
			 const char *config_path)
{
	struct complaints *unfetched = &coverage->unfetched;
	struct pair *pair = NULL;
	char value[HOST_SIZE + 128];

	if (why == NULL) {
		complaints_free(unfetched);
		return;
	}
	if (host[0] == '\0' || unfetched->count > 0)
		return;
	pair = certs_find(certs, host, KEY_ANY);
	(void)snprintf(value, sizeof(value), "%s: %s", host, why);
	complain(unfetched, SEVERITY_ERROR, pair != NULL ? pair_facts(pair)->file : config_path, 0,
		 "own fetch of a policy fails with this certificate", value,
		 "fetch it as senders do, with mta-stsctl check; if that fails too, replace the certificate");
	log_event_complaints(unfetched);
	pair_release(&pair);
}

void coverage_free(struct coverage *coverage)
{
	names_free(&coverage->uncovered);
	names_free(&coverage->warned);
	complaints_free(&coverage->unfetched);
	*coverage = (struct coverage){ .unnamed = 0 };
}
