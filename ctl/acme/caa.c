/* SPDX-License-Identifier: ISC */
#include "ctl/acme/caa.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whoever does not understand a property with this flag must not issue (RFC 8659, section 4.1). */
#define CRITICAL 128

/* Properties that authorities understand. */
static const char *const known[] = { "issue",    "issuewild",    "iodef",       "issuemail",
				     "issuevmc", "contactemail", "contactphone" };

/* A part of a text. */
struct part {
	const char *at;
	size_t len;
};

static bool is_tag(const char *record, const char *tag)
{
	size_t len = strlen(tag);

	record += strcspn(record, " ");
	return *record == ' ' && strncmp(record + 1, tag, len) == 0 && record[1 + len] == ' ';
}

static bool is_critical(const char *record)
{
	return (strtoul(record, NULL, 10) & CRITICAL) != 0;
}

static bool is_known(const char *record)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (is_tag(record, known[i]))
			return true;
	}
	return false;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void skip_blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

/* label = (ALPHA / DIGIT) *( *("-") (ALPHA / DIGIT)), and a parameter's tag is the same. */
static bool take_label(const char **at)
{
	const char *start = *at;

	while (is_alnum(**at) || (**at == '-' && *at > start))
		++*at;
	return *at > start && (*at)[-1] != '-';
}

/* The name of an issuer; false when it is none.  An empty one is nobody's. */
static bool take_domain(const char **at, struct part *domain)
{
	*domain = (struct part){ .at = *at };
	while (**at != '\0' && strchr("; \t", **at) == NULL) {
		if (!take_label(at) || (**at != '.' && **at != '\0' && strchr("; \t", **at) == NULL))
			return false;
		if (**at == '.' && !is_alnum(*++*at))
			return false;
	}
	domain->len = (size_t)(*at - domain->at);
	return true;
}

/* tag *WSP "=" *WSP value, and the blanks and the semicolon behind it. */
static bool take_parameter(const char **at, struct part *tag, struct part *value)
{
	tag->at = *at;
	if (!take_label(at))
		return false;
	tag->len = (size_t)(*at - tag->at);
	skip_blanks(at);
	if (**at != '=')
		return false;
	++*at;
	skip_blanks(at);
	value->at = *at;
	while (**at > ' ' && **at < 0x7f && **at != ';')
		++*at;
	value->len = (size_t)(*at - value->at);
	skip_blanks(at);
	if (**at == '\0')
		return true;
	if (**at != ';')
		return false;
	++*at;
	skip_blanks(at);
	return **at != '\0';
}

static bool is_part(const struct part *part, const char *text)
{
	return strlen(text) == part->len && strncmp(part->at, text, part->len) == 0;
}

static bool is_name(const struct part *part, const char *text)
{
	return strlen(text) == part->len && strncasecmp(part->at, text, part->len) == 0;
}

/* Labels with commas between them (RFC 8657, section 4). */
static bool has_method(const struct part *list, const char *method)
{
	const char *end = list->at + list->len;
	bool found = false;

	for (const char *at = list->at; at < end; at++) {
		struct part one = { .at = at };

		if (!take_label(&at))
			return false;
		one.len = (size_t)(at - one.at);
		found = found || is_part(&one, method);
		if (at < end && (*at != ',' || at + 1 == end))
			return false;
	}
	return found;
}

/* What the parameters allow; one of ours that stands there twice cannot be satisfied (RFC 8657, section 3).
 */
static bool fits(const char *at, const struct caa_issuer *issuer)
{
	unsigned accounts = 0, methods = 0;
	bool fit = true;

	while (*at != '\0' && fit) {
		struct part tag, value;

		if (!take_parameter(&at, &tag, &value))
			return false;
		if (is_name(&tag, "accounturi"))
			fit = ++accounts == 1 &&
			      (issuer->account == NULL || is_part(&value, issuer->account));
		else if (is_name(&tag, "validationmethods"))
			fit = ++methods == 1 && has_method(&value, issuer->method);
	}
	return fit;
}

static bool is_issuer(const struct part *domain, const struct names *identities)
{
	for (size_t i = 0; i < identities->count; i++) {
		if (is_name(domain, identities->item[i]))
			return true;
	}
	return identities->count == 0 && domain->len > 0;
}

/* Tell whether a property allows it; one that cannot be read allows nothing. */
static bool allows(const char *record, const struct caa_issuer *issuer)
{
	const char *at = record + strcspn(record, " ");
	struct part domain;

	at += strcspn(at + 1, " ") + 2;
	skip_blanks(&at);
	if (!take_domain(&at, &domain))
		return false;
	skip_blanks(&at);
	if (*at != '\0' && *at != ';')
		return false;
	if (!is_issuer(&domain, issuer->identities))
		return false;
	/* Whose parameters these are is not known. */
	if (issuer->identities->count == 0 || *at == '\0')
		return true;
	at++;
	skip_blanks(&at);
	return fits(at, issuer);
}

enum caa_verdict caa_judge(const char *const records[], size_t count, const struct caa_issuer *issuer,
			   const char **which)
{
	const char *first = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!is_critical(records[i]) || is_known(records[i]))
			continue;
		*which = records[i];
		return CAA_FORBIDDEN;
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_tag(records[i], "issue"))
			continue;
		if (allows(records[i], issuer))
			return CAA_ALLOWED;
		first = first != NULL ? first : records[i];
	}
	if (count == 0)
		return CAA_NONE;
	if (first == NULL)
		return CAA_ALLOWED;
	*which = first;
	return CAA_FORBIDDEN;
}
