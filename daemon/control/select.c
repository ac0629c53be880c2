/* SPDX-License-Identifier: ISC */
#include "control/select.h"

#include "base/text.h"
#include "control/reply.h"
#include "policy/domain.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

struct filter {
	const char *match;
	struct names *names;
};

static enum err add_matching(void *context, const struct domain *domain)
{
	struct filter *filter = context;

	if (filter->match != NULL && fnmatch(filter->match, domain->name, FNM_CASEFOLD) != 0)
		return ERR_OK;
	return names_put(filter->names, domain->name);
}

enum err select_matching(const struct registry *registry, const char *match, struct names *names)
{
	struct filter filter = { .match = match, .names = names };

	return registry_each(registry, add_matching, &filter);
}

void select_refuse_unknown(struct answer *answer, bool unreadable, const char *message, json_t *details)
{
	if (unreadable)
		reply_error(answer, REPLY_UNREADABLE,
			    "its stored data is damaged, or the state as a whole: see mta-stsctl status",
			    details);
	else
		reply_error(answer, REPLY_UNKNOWN_DOMAIN, message, details);
}

static bool refuse_name(struct answer *answer, const char *name, const char *why)
{
	char shown[TEXT_SHOWN_SIZE];
	char message[TEXT_SHOWN_SIZE + 128];

	(void)snprintf(message, sizeof(message), "domain %s (%s): write a policy domain such as example.org",
		       why, text_escape(name, strlen(name), shown));
	reply_error(answer, REPLY_BAD_REQUEST, message, NULL);
	return false;
}

static bool select_listed(struct registry *registry, const json_t *domains, struct answer *answer,
			  struct names *names)
{
	json_t *unknown = json_array();
	bool unreadable = false;
	const json_t *item;
	size_t i;

	json_array_foreach(domains, i, item)
	{
		const char *name = json_string_value(item);
		char domain[DOMAIN_SIZE];
		const char *why;

		if (domain_normalise(name, domain, &why) != ERR_OK) {
			json_decref(unknown);
			return refuse_name(answer, name, why);
		}
		if (registry_domain(registry, domain) == NULL) {
			(void)json_array_append_new(unknown, json_string(domain));
			unreadable = unreadable || registry_is_unreadable(registry, domain);
		} else if (names_put(names, domain) != ERR_OK) {
			break;
		}
	}
	if (json_array_size(unknown) > 0) {
		select_refuse_unknown(answer, unreadable, NULL, unknown);
		return false;
	}
	json_decref(unknown);
	if (i < json_array_size(domains)) {
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return false;
	}
	return true;
}

static bool select_filtered(struct registry *registry, const char *match, struct answer *answer,
			    struct names *names)
{
	if (select_matching(registry, match, names) != ERR_OK) {
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return false;
	}
	if (names->count == 0) {
		select_refuse_unknown(
			answer, registry_is_partial(registry),
			match != NULL ? "the pattern matches no domain of this host: see mta-stsctl list"
				      : "this host has no domains yet: write a domain file and reload",
			NULL);
		return false;
	}
	return true;
}

static enum err add_retiring(void *context, const struct domain *domain)
{
	return domain->published->mode == MODE_NONE ? names_put(context, domain->name) : ERR_OK;
}

static bool select_retiring(const struct registry *registry, struct answer *answer, struct names *names)
{
	if (registry_each(registry, add_retiring, names) == ERR_OK)
		return true;
	reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
	return false;
}

bool select_domains(struct registry *registry, const struct selection *selection, struct answer *answer,
		    struct names *names)
{
	int given = (selection->domains != NULL) + (selection->match != NULL) + json_is_true(selection->all) +
		    json_is_true(selection->retiring);

	if (given != 1 || (selection->domains != NULL && json_array_size(selection->domains) == 0)) {
		reply_error(
			answer, REPLY_BAD_REQUEST,
			"say which domains, in exactly one way: \"domains\": [\"example.org\"], \"match\":"
			" \"*.example.org\", \"all\": true, or \"retiring\": true",
			NULL);
		return false;
	}
	if (json_is_true(selection->retiring))
		return select_retiring(registry, answer, names);
	if (selection->domains == NULL)
		return select_filtered(registry, json_string_value(selection->match), answer, names);
	if (!select_listed(registry, selection->domains, answer, names))
		return false;
	names_sort(names);
	return true;
}
