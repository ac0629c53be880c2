/* SPDX-License-Identifier: ISC */
#include "control/metrics.h"
#include "core/owner.h"

#define LABELS(labels) labels, sizeof(labels) / sizeof(*(labels))

struct walk {
	struct exposition *exposition;
	const struct host *host;
};

static enum err add_number(const struct walk *walk, const struct exposition_family *family,
			   const struct domain *domain, int64_t number)
{
	const struct exposition_label labels[] = { { "domain", domain->name } };

	exposition_add(walk->exposition, family, LABELS(labels), number);
	return walk->exposition->err;
}

static enum err add_info(void *context, const struct domain *domain)
{
	static const struct exposition_family family = {
		.name = "domain_info",
		.help = "Always 1; the labels tell what is published of a domain, and why.",
	};
	const struct walk *walk = context;
	const struct exposition_label labels[] = {
		{ "domain", domain->name },
		{ "mode", mode_text(domain->published->mode) },
		{ "id", owner_id(walk->host->registry, domain) },
		{ "standing", registry_standing_text(registry_standing(domain)) },
	};

	exposition_add(walk->exposition, &family, LABELS(labels), 1);
	return walk->exposition->err;
}

static enum err add_published(void *context, const struct domain *domain)
{
	static const struct exposition_family family = {
		.name = "domain_published_timestamp_seconds",
		.help = "When the policy of a domain was published, Unix time.",
	};

	return add_number(context, &family, domain, domain->published->published_at);
}

static enum err add_fetches(void *context, const struct domain *domain)
{
	static const struct exposition_family family = {
		.name = "domain_fetches_total",
		.kind = EXPOSITION_COUNTER,
		.help = "Fetches of the policy of a domain, whichever was published.",
	};
	const struct walk *walk = context;

	return add_number(walk, &family, domain, revision_fetched(domain->published));
}

/* Clients that take one kind of key only get another pair than the rest: the end of either is trouble. */
static time_t first_expiry(struct certs *certs, const char *policy_host)
{
	static const unsigned kinds[] = { KEY_BIT(KEY_ECDSA), KEY_BIT(KEY_RSA) };
	time_t first = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct pair *pair = certs_find(certs, policy_host, kinds[i]);

		if (pair != NULL && (first == 0 || pair_facts(pair)->not_after < first))
			first = pair_facts(pair)->not_after;
		pair_release(&pair);
	}
	return first;
}

static enum err add_expiry(void *context, const struct domain *domain)
{
	static const struct exposition_family family = {
		.name = "domain_certificate_expiry_timestamp_seconds",
		.help = "When the certificate of a domain's policy host expires, Unix time.",
	};
	const struct walk *walk = context;
	char policy_host[HOST_SIZE];
	time_t expiry = first_expiry(walk->host->certs, domain_host(domain->name, policy_host));

	return expiry != 0 ? add_number(walk, &family, domain, expiry) : ERR_OK;
}

void metrics_domains_add(struct exposition *exposition, const struct host *host)
{
	/* Samples of a family stand together, so there is a walk for each. */
	static enum err (*const families[])(void *context, const struct domain *domain) = {
		add_info,
		add_published,
		add_fetches,
		add_expiry,
	};
	struct walk walk = { exposition, host };

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		(void)registry_each(host->registry, families[i], &walk);
}
