/* SPDX-License-Identifier: ISC */
#include "core/registry.h"

#include "base/shared.h"
#include "core/registry_private.h"

#include <stdio.h>
#include <string.h>

static struct shared_set sources = SHARED_SET;
static struct shared_set switches = SHARED_SET;

/* The source of a domain that has none. */
static const char none[] = "";

const struct switching registry_unswitched = { .active = false };

const char *registry_hold_source(const char *path)
{
	return *path != '\0' ? shared_put(&sources, path, strlen(path), 0) : none;
}

void registry_drop_source(const char **source)
{
	if (*source != none)
		shared_drop(&sources, source);
	*source = NULL;
}

void registry_put_source(struct domain *domain, const char **source)
{
	registry_drop_source(&domain->source);
	domain->source = *source;
	*source = NULL;
}

void registry_clear_source(struct domain *domain)
{
	const char *nothing = none;

	registry_put_source(domain, &nothing);
}

const struct switching *registry_hold_switch(const struct switching *switching)
{
	struct switching same;

	if (!switching->active)
		return &registry_unswitched;
	/* What is the same has the same bytes, those that are between its members and behind the name, too.
	 */
	memset(&same, 0, sizeof(same));
	same.active = true;
	same.mode = switching->mode;
	same.max_age = switching->max_age;
	same.keep_mx = switching->keep_mx;
	same.since = switching->since;
	(void)snprintf(same.who, sizeof(same.who), "%s", switching->who);
	return (const struct switching *)(const void *)shared_put(&switches, &same, sizeof(same), 0);
}

void registry_drop_switch(const struct switching **switching)
{
	const char *held = (const char *)*switching;

	if (*switching != &registry_unswitched)
		shared_drop(&switches, &held);
	*switching = NULL;
}

void registry_put_switch(struct domain *domain, const struct switching *switching)
{
	const struct switching *before = domain->switching;

	if (switching != &registry_unswitched)
		(void)shared_hold((const char *)switching);
	domain->switching = switching;
	registry_drop_switch(&before);
}
