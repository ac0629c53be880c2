/* SPDX-License-Identifier: ISC */
#include "site/site.h"

#include "base/clock.h"
#include "certs/challenges.h"
#include "core/registry_load.h"
#include "evidence/tally.h"
#include "policy/domain.h"

#include <stdio.h>
#include <string.h>

static void release(void *owner)
{
	struct revision *revision = owner;

	revision_release(&revision);
}

static void serve_policy(void *context, const struct request *request, struct answer *answer)
{
	const struct site *site = context;
	const char *domain = domain_of_host(request->host);
	/* In this order: what comes between them is expected still. */
	bool is_expecting = registry_is_expecting(site->registry);
	struct revision *revision = domain != NULL ? registry_find(site->registry, domain) : NULL;

	if (revision == NULL) {
		answer->status =
			domain != NULL && (is_expecting || registry_is_unreadable(site->registry, domain))
				? 503
				: 404;
		return;
	}
	/* Who asks for the head alone has not got the policy. */
	if (request->method == METHOD_GET)
		tally_note(site->tally, revision, clock_now());
	answer->status = 200;
	(void)snprintf(answer->note, sizeof(answer->note), "%s", revision->id);
	answer->content_type = "text/plain; charset=utf-8";
	answer->lent = revision->text;
	answer->lent_len = revision_len(revision);
	answer->owner = revision;
	answer->release = release;
}

static const struct route table[] = {
	{ "/.well-known/mta-sts.txt", METHOD_GET, RIGHT_ANY, false, serve_policy, NULL },
	{ NULL, 0, RIGHT_UNSET, false, NULL, NULL },
};

struct routes site_routes(struct site *site)
{
	/* No refuse(): an error without a body can never be taken for a policy. */
	return (struct routes){ .table = table, .context = site };
}

static void serve_challenge(void *context, const struct request *request, struct answer *answer)
{
	char authorization[CHALLENGE_AUTHORIZATION_SIZE];

	answer->status = 404;
	if (challenges_tell(context, request->host, request->rest, authorization) != ERR_OK)
		return;
	if (text_append(&answer->body, authorization, strlen(authorization)) != ERR_OK) {
		answer->status = 503;
		return;
	}
	answer->status = 200;
	answer->content_type = "application/octet-stream";
}

static const struct route challenge_table[] = {
	{ "/.well-known/acme-challenge/*", METHOD_GET, RIGHT_ANY, false, serve_challenge, NULL },
	{ NULL, 0, RIGHT_UNSET, false, NULL, NULL },
};

struct routes site_challenge_routes(struct challenges *challenges)
{
	return (struct routes){ .table = challenge_table, .context = challenges };
}
