/* SPDX-License-Identifier: ISC */
#include "policy/policy.h"

#include "base/text.h"
#include "policy/mx.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const modes[MODE_COUNT] = {
	[MODE_NONE] = "none",
	[MODE_TESTING] = "testing",
	[MODE_ENFORCE] = "enforce",
};

bool mode_is_valid(enum mode mode)
{
	return mode >= MODE_NONE && mode < MODE_COUNT;
}

const char *mode_text(enum mode mode)
{
	return mode_is_valid(mode) ? modes[mode] : "unknown";
}

enum err mode_parse(const char *text, enum mode *mode)
{
	for (int i = MODE_NONE; i < MODE_COUNT; i++) {
		if (strcmp(text, modes[i]) == 0) {
			*mode = (enum mode)i;
			return ERR_OK;
		}
	}
	return ERR_SYNTAX;
}

const char *mode_hint(const char *text)
{
	/* Beginnings of what people write instead; "enforced" even stands on a large provider's help page. */
	static const struct {
		const char *begins;
		const char *hint;
	} meant[] = {
		{ "enf", "write enforce" }, { "test", "write testing" }, { "report", "write testing" },
		{ "no", "write none" },     { "off", "write none" },     { "disable", "write none" },
	};

	for (size_t i = 0; i < sizeof(meant) / sizeof(*meant); i++) {
		if (strncasecmp(text, meant[i].begins, strlen(meant[i].begins)) == 0)
			return meant[i].hint;
	}
	return "write enforce, testing or none";
}

/* What to write instead of a pattern that is refused; the buffer holds a sentence that has to be made. */
static const char *mx_hint(const char *pattern, char *buffer, size_t size)
{
	size_t wildcard = strncmp(pattern, "*.", 2) == 0 ? 2 : 0;
	char ascii[HOST_SIZE];

	if (!text_is_visible_ascii(pattern) &&
	    text_to_ascii(pattern + wildcard, ascii, sizeof(ascii)) == ERR_OK &&
	    text_is_visible_ascii(ascii)) {
		(void)snprintf(buffer, size, "write its A-label form, %.*s%s", (int)wildcard, pattern, ascii);
		return buffer;
	}
	if (pattern[0] == '.' && pattern[1] != '\0' && text_is_visible_ascii(pattern)) {
		(void)snprintf(buffer, size, "write *%.*s for the hosts one label below it", (int)HOST_SIZE,
			       pattern);
		return buffer;
	}
	if (strchr(pattern, '*') != NULL)
		return "write *.example.org: the wildcard replaces exactly the left-most label";
	return "write the host name of the MX as it stands in DNS, such as mail.example.org or *.example.org";
}

static enum err add_mx(struct policy *policy, const char *pattern, const char *file, unsigned line,
		       struct complaints *complaints)
{
	char buffer[HOST_SIZE + 64];
	char mx[MX_SIZE];
	char what[128];
	const char *why;

	if (mx_normalise(pattern, mx, &why) != ERR_OK) {
		(void)snprintf(what, sizeof(what), "mx %s", why);
		complain(complaints, SEVERITY_ERROR, file, line, what, pattern,
			 mx_hint(pattern, buffer, sizeof(buffer)));
		return ERR_SYNTAX;
	}
	if (names_has(&policy->mx, mx)) {
		complain(complaints, SEVERITY_WARNING, file, line, "mx is given twice", pattern,
			 "remove the repetition");
		return ERR_OK;
	}
	return names_put(&policy->mx, mx);
}

#define BETWEEN_HOSTS " \t,;"

static void complain_of_more(const char *pattern, size_t first, const char *file, unsigned line,
			     struct complaints *complaints)
{
	size_t end = first + strcspn(pattern + first, BETWEEN_HOSTS);
	bool one = pattern[end + strspn(pattern + end, BETWEEN_HOSTS)] == '\0';

	complain(complaints, SEVERITY_WARNING, file, line,
		 one ? "mx has more than a name" : "mx names several hosts", pattern,
		 one ? "write the name alone, without blanks, commas or semicolons"
		     : "write each of them by itself: mx takes one name");
}

enum err policy_add_mx(struct policy *policy, const char *pattern, const char *file, unsigned line,
		       struct complaints *complaints)
{
	size_t first = strspn(pattern, BETWEEN_HOSTS);
	enum err worst = ERR_OK;
	char *copy, *rest, *host;

	/* No host at all is as wrong as a name that is none, and so is more than any policy holds. */
	if (strpbrk(pattern, BETWEEN_HOSTS) == NULL || pattern[first] == '\0' ||
	    strlen(pattern) > POLICY_TEXT_LIMIT)
		return add_mx(policy, pattern, file, line, complaints);
	copy = rest = strdup(pattern);
	if (copy == NULL)
		return ERR_NO_MEMORY;
	complain_of_more(pattern, first, file, line, complaints);
	while (policy->mx.count <= POLICY_MX_MAX && (host = strsep(&rest, BETWEEN_HOSTS)) != NULL) {
		enum err err = *host != '\0' ? add_mx(policy, host, file, line, complaints) : ERR_OK;

		if (err == ERR_NO_MEMORY || worst == ERR_OK)
			worst = err;
	}
	free(copy);
	return worst;
}

void policy_warn(const struct policy *policy, const char *file, unsigned line, struct complaints *complaints)
{
	char value[16];

	if (policy->mode == MODE_NONE || policy->max_age >= POLICY_MAX_AGE_SHORT)
		return;
	(void)snprintf(value, sizeof(value), "%" PRIu32, policy->max_age);
	complain(complaints, SEVERITY_WARNING, file, line,
		 policy->max_age == 0 ? "max_age is 0: no sender keeps the policy, so it protects nothing"
				      : "max_age is less than a day",
		 value,
		 "write weeks, as RFC 8461 expects: 604800 is one; an attacker waits until it is over");
}

enum err policy_copy(const struct policy *policy, struct policy **copy)
{
	struct policy *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->mode = policy->mode;
	new->max_age = policy->max_age;
	for (size_t i = 0; i < policy->mx.count; i++) {
		if (names_put(&new->mx, policy->mx.item[i]) != ERR_OK) {
			policy_free(&new);
			return ERR_NO_MEMORY;
		}
	}
	*copy = new;
	return ERR_OK;
}

void policy_free(struct policy **policy)
{
	if (*policy == NULL)
		return;
	names_free(&(*policy)->mx);
	free(*policy);
	*policy = NULL;
}
