/* SPDX-License-Identifier: ISC */
#include "core/coverage.h"

#include "base/clock.h"
#include "core/registry_private.h"
#include "log/log_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY ((time_t)86400)

/* One look at domains. */
struct walk {
	struct registry *registry;
	struct certs *certs;
	size_t looked;
};

static enum err look_at(void *context, const struct domain *domain)
{
	struct walk *walk = context;
	struct domain *known = registry_known(walk->registry, domain->name);
	char policy_host[HOST_SIZE];
	bool covered = certs_serve(walk->certs, domain_host(domain->name, policy_host));

	/* Its first certificate is there; what keeps the next one is still known. */
	if (covered && !known->covered)
		awaited_forget(walk->registry->awaited, known->name);
	walk->registry->bared += !covered && (known->covered || !known->looked_at);
	known->covered = covered;
	known->looked_at = true;
	registry_note(walk->registry, known);
	walk->looked++;
	return ERR_OK;
}

/* A wildcard covers one left-most label (RFC 6125, section 6.4.3): of policy hosts, one. */
const struct domain *coverage_of_name(const struct registry *registry, const char *name)
{
	const char *domain = strncmp(name, "*.", 2) == 0 ? name + 2 : domain_of_host(name);

	return domain != NULL ? registry_domain(registry, domain) : NULL;
}

static void look_at_names(void *context, const struct facts *facts)
{
	struct walk *walk = context;

	for (size_t i = 0; i < facts->names.count; i++) {
		const struct domain *domain = coverage_of_name(walk->registry, facts->names.item[i]);

		if (domain != NULL)
			(void)look_at(walk, domain);
	}
}

size_t coverage_look(struct registry *registry, struct certs *certs)
{
	struct walk walk = { registry, certs, 0 };

	if (certs_each_changed(certs, look_at_names, &walk))
		(void)registry_each_marked(registry, MARK_UNLOOKED, look_at, &walk);
	else
		(void)registry_each(registry, look_at, &walk);
	return walk.looked;
}

/* Without memory it is counted, if not named. */
static enum err name_uncovered(void *context, const struct domain *domain)
{
	struct names *names = context;

	(void)names_put(names, domain->name);
	return names->count < COVERAGE_NAMED ? ERR_OK : ERR_CLOSED;
}

static enum err choose_covered(void *context, const struct domain *domain)
{
	(void)domain_host(domain->name, context);
	return ERR_CLOSED;
}

static bool is_covered(const struct registry *registry, const char *host)
{
	const struct domain *domain = host[0] != '\0' ? coverage_of_name(registry, host) : NULL;

	return domain != NULL && domain->covered;
}

void coverage_note(struct coverage *coverage, struct registry *registry, struct certs *certs)
{
	names_free(&coverage->uncovered);
	coverage->uncovered_count = 0;
	(void)coverage_look(registry, certs);
	if (!coverage->tls_elsewhere) {
		coverage->uncovered_count = registry_marked(registry, MARK_UNCOVERED);
		(void)registry_each_marked(registry, MARK_UNCOVERED, name_uncovered, &coverage->uncovered);
		if (registry->bared > 0)
			wanted_tell(&coverage->wanted, coverage->uncovered_count);
	}
	registry->bared = 0;
	if (is_covered(registry, coverage->covered))
		return;
	coverage->covered[0] = '\0';
	(void)registry_each_marked(registry, MARK_COVERED, choose_covered, coverage->covered);
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

void coverage_review(struct coverage *coverage, struct registry *registry, struct certs *certs)
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
