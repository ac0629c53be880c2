/* SPDX-License-Identifier: ISC */
#include "site/site.h"

#include "base/clock.h"
#include "core/registry.h"
#include "policy/domain.h"

#include <string.h>

static void release(void *owner)
{
	struct revision *revision = owner;

	revision_release(&revision);
}

static void serve_policy(void *context, const struct request *request, struct answer *answer)
{
	const char *domain = domain_of_host(request->host);
	struct revision *revision = domain != NULL ? registry_find(context, domain) : NULL;

	if (revision == NULL) {
		answer->status = domain != NULL && registry_is_unreadable(context, domain) ? 503 : 404;
		return;
	}
	/* Who asks for the head alone has not got the policy. */
	if (request->method == METHOD_GET)
		tally_note(registry_tally(context), revision, clock_now());
	answer->status = 200;
	memcpy(answer->id, revision->id, sizeof(answer->id));
	answer->content_type = "text/plain; charset=utf-8";
	answer->lent = revision->text;
	answer->lent_len = revision->len;
	answer->owner = revision;
	answer->release = release;
}

static const struct route table[] = {
	{ "/.well-known/mta-sts.txt", METHOD_GET, RIGHT_ANY, false, serve_policy },
	{ NULL, 0, RIGHT_UNSET, false, NULL },
};

struct routes site_routes(struct registry *registry)
{
	/* No refuse(): an error without a body can never be taken for a policy. */
	return (struct routes){ .table = table, .context = registry };
}
