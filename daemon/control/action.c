/* SPDX-License-Identifier: ISC */
#include "control/action.h"

#include "api/shape_order.h"
#include "base/clock.h"
#include "base/sock.h"
#include "control/reply.h"
#include "evidence/tally.h"
#include "store/reading.h"

#include <fnmatch.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_SHOWN 32

/* Among the exceptions of a selection: each is tried on each domain. */
#define PATTERNS_MAX 10

struct action_peer action_peer(uid_t uid)
{
	struct action_peer peer = { .uid = uid };
	char buffer[4096], name[TEXT_SHOWN_SIZE];
	struct passwd entry;
	struct passwd *found = NULL;

	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) == 0 && found != NULL)
		(void)snprintf(peer.who, sizeof(peer.who), "%.*s (uid %u)", NAME_SHOWN,
			       text_escape(entry.pw_name, strlen(entry.pw_name), name), (unsigned)uid);
	else
		(void)snprintf(peer.who, sizeof(peer.who), "uid %u", (unsigned)uid);
	return peer;
}

static bool is_in(gid_t group, int fd)
{
	return group != (gid_t)-1 && sock_peer_in_group(fd, group);
}

void action_identify(void *context, int fd, struct peer *peer)
{
	const struct control *control = context;
	struct sock_peer credentials;

	if (sock_peer(fd, &credentials) != ERR_OK)
		return;
	peer->uid = credentials.uid;
	if (peer->uid == 0 || peer->uid == geteuid())
		peer->right = RIGHT_OWNER;
	else if (is_in(control->operators, fd))
		peer->right = RIGHT_ORDER;
	else if (is_in(control->certifiers, fd))
		peer->right = RIGHT_CERTIFY;
	else if (is_in(control->observers, fd))
		peer->right = RIGHT_LOOK;
}

void action_log_forbidden(void *context, const struct request *request)
{
	static struct log_limit limit;
	struct action_peer peer;
	char shown[TEXT_SHOWN_SIZE];

	(void)context;
	if (!log_allowed(&limit, clock_ms()))
		return;
	peer = action_peer(request->peer.uid);
	log_event(EVENT_REQUEST_REFUSED, &(struct log_fields){ .who = peer.who, .uid = &peer.uid },
		  "control, %s refused (%s is in no group that may)",
		  text_escape(request->target, strlen(request->target), shown), peer.who);
}

bool action_refuse(struct answer *answer, const char *message)
{
	reply_error(answer, REPLY_BAD_REQUEST, message, NULL);
	return false;
}

static bool check_reason(const json_t *reason, struct answer *answer)
{
	return json_string_length(reason) <= API_REASON_MAX ||
	       action_refuse(answer, "reason is longer than 500 bytes: shorten it");
}

void action_catch_up(const struct host *host)
{
	if (!reading_is_aside(host->store))
		tally_keep(host->tally, host->store, clock_now());
}

void action_handle(void *context, const struct request *request, struct answer *answer)
{
	const struct action *action = request->own;
	const struct action_peer peer = action_peer(request->peer.uid);
	json_t *body = NULL;
	const json_t *reason;

	if (!body_read(request, action->body, answer, &body))
		return;
	reason = json_object_get(body, "reason");
	if (check_reason(reason, answer)) {
		const struct order order = { .uid = peer.uid,
					     .who = peer.who,
					     .reason = reason != NULL ? json_string_value(reason) : "",
					     .dry_run = json_is_true(json_object_get(body, "dry_run")) };

		action->run(context, body, &order, answer);
	}
	json_decref(body);
}

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

static enum err match_all(const struct registry *registry, const char *match, struct names *names)
{
	struct filter filter = { .match = match, .names = names };

	return registry_each(registry, add_matching, &filter);
}

void action_refuse_unknown(struct answer *answer, bool unreadable, const char *message, json_t *details)
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
	const char *meant = domain_meant(name);
	char shown[TEXT_SHOWN_SIZE], meant_shown[TEXT_SHOWN_SIZE];
	char message[2 * TEXT_SHOWN_SIZE + 128];

	(void)text_escape(name, strlen(name), shown);
	if (meant != NULL)
		(void)snprintf(message, sizeof(message), "domain %s (%s): did you mean %s?", why, shown,
			       text_escape(meant, strlen(meant), meant_shown));
	else
		(void)snprintf(message, sizeof(message),
			       "domain %s (%s): write a policy domain such as example.org", why, shown);
	reply_error(answer, REPLY_BAD_REQUEST, message, NULL);
	return false;
}

static bool select_listed(struct registry *registry, const json_t *domains, struct answer *answer,
			  struct names *names)
{
	json_t *unknown = json_array();
	bool unreadable = false;
	size_t missing = 0; /* without memory they may not all be in the list */
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
			missing++;
			(void)json_array_append_new(unknown, json_string(domain));
			unreadable = unreadable || registry_is_unreadable(registry, domain);
		} else if (names_put(names, domain) != ERR_OK) {
			break;
		}
	}
	if (missing > 0) {
		action_refuse_unknown(answer, unreadable, NULL, unknown);
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
	if (match_all(registry, match, names) != ERR_OK) {
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return false;
	}
	if (names->count == 0) {
		action_refuse_unknown(
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
	return names_put(context, domain->name);
}

static bool select_retiring(const struct registry *registry, struct answer *answer, struct names *names)
{
	if (registry_each_marked(registry, MARK_NONE, add_retiring, names) == ERR_OK)
		return true;
	reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
	return false;
}

/* What is left out of a selection. */
struct exceptions {
	struct names domains; /* sorted */
	const char *pattern[PATTERNS_MAX];
	bool met[PATTERNS_MAX]; /* the pattern has matched something */
	size_t patterns;
};

static bool take_exception(const char *text, struct answer *answer, struct exceptions *exceptions)
{
	char domain[DOMAIN_SIZE];
	const char *why;

	if (strpbrk(text, "*?[") != NULL) {
		if (exceptions->patterns == PATTERNS_MAX)
			return action_refuse(answer, "except has more than 10 patterns: name the domains");
		exceptions->pattern[exceptions->patterns++] = text;
		return true;
	}
	if (domain_normalise(text, domain, &why) != ERR_OK)
		return refuse_name(answer, text, why);
	if (names_put(&exceptions->domains, domain) == ERR_OK)
		return true;
	reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
	return false;
}

static bool read_exceptions(const json_t *except, struct answer *answer, struct exceptions *exceptions)
{
	const json_t *item;
	size_t i;

	json_array_foreach(except, i, item)
	{
		if (!take_exception(json_string_value(item), answer, exceptions))
			return false;
	}
	names_sort(&exceptions->domains);
	return true;
}

/* Each pattern is tried, so that it is known of all whether they match anything. */
static bool is_excepted(const char *domain, struct exceptions *exceptions)
{
	bool excepted = names_has_sorted(&exceptions->domains, domain);

	for (size_t i = 0; i < exceptions->patterns; i++) {
		if (fnmatch(exceptions->pattern[i], domain, FNM_CASEFOLD) != 0)
			continue;
		exceptions->met[i] = true;
		excepted = true;
	}
	return excepted;
}

/* Takes them away; returns those exceptions that there was nothing to take away for. */
static json_t *take_away(struct exceptions *exceptions, struct names *names)
{
	json_t *idle = json_array();
	size_t kept = 0;

	names_sort(names);
	for (size_t i = 0; i < exceptions->domains.count; i++) {
		if (!names_has_sorted(names, exceptions->domains.item[i]))
			idle = reply_append(idle, json_string(exceptions->domains.item[i]));
	}
	for (size_t i = 0; i < names->count; i++) {
		if (is_excepted(names->item[i], exceptions))
			free(names->item[i]);
		else
			names->item[kept++] = names->item[i];
	}
	names->count = kept;
	for (size_t i = 0; i < exceptions->patterns; i++) {
		if (!exceptions->met[i])
			idle = reply_append(idle, json_string(exceptions->pattern[i]));
	}
	return idle;
}

static bool leave_out(const json_t *except, struct answer *answer, struct names *names)
{
	struct exceptions exceptions = { 0 };
	bool done = read_exceptions(except, answer, &exceptions);
	json_t *idle = NULL;

	if (done)
		idle = take_away(&exceptions, names);
	names_free(&exceptions.domains);
	if (!done)
		return false;
	if (idle == NULL) {
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return false;
	}
	if (json_array_size(idle) > 0) {
		reply_error(answer, REPLY_UNKNOWN_DOMAIN,
			    "an exception is none of the domains that were chosen: correct it, or leave it "
			    "out; mta-stsctl list has all names",
			    idle);
		return false;
	}
	json_decref(idle);
	return names->count > 0 || action_refuse(answer, "the exceptions leave no domain: leave some out");
}

static bool select_some(struct registry *registry, const json_t *body, struct answer *answer,
			struct names *names)
{
	const json_t *domains = json_object_get(body, "domains");
	const json_t *match = json_object_get(body, "match");
	bool retiring = json_is_true(json_object_get(body, "retiring"));
	int given =
		(domains != NULL) + (match != NULL) + retiring + json_is_true(json_object_get(body, "all"));

	if (given != 1 || (domains != NULL && json_array_size(domains) == 0)) {
		reply_error(
			answer, REPLY_BAD_REQUEST,
			"say which domains, in exactly one way: \"domains\": [\"example.org\"], \"match\":"
			" \"*.example.org\", \"all\": true, or \"retiring\": true",
			NULL);
		return false;
	}
	if (retiring)
		return select_retiring(registry, answer, names);
	if (domains == NULL)
		return select_filtered(registry, json_string_value(match), answer, names);
	if (!select_listed(registry, domains, answer, names))
		return false;
	names_sort(names);
	return true;
}

bool action_select(struct registry *registry, const json_t *body, struct answer *answer, struct names *names)
{
	const json_t *except = json_object_get(body, "except");

	return select_some(registry, body, answer, names) &&
	       (except == NULL || leave_out(except, answer, names));
}
