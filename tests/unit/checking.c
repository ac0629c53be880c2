/* SPDX-License-Identifier: ISC */
#include "checking.h"

#include <arpa/nameser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINE_SIZE 512
#define HOPS_MAX  4

__typeof__(ask_all) __wrap_ask_all;

__typeof__(smtp_probe_all) __wrap_smtp_probe_all;

static const char *const *zone;
static atomic_size_t asked, probed;

static enum smtp_state ends = SMTP_SECURE, but_ends;
static const char *but_at = "";

static const struct {
	const char *word;
	int type;
} types[] = { { "A", ns_t_a },
	      { "AAAA", ns_t_aaaa },
	      { "CNAME", ns_t_cname },
	      { "MX", ns_t_mx },
	      { "TXT", ns_t_txt } };

static const struct {
	const char *word;
	enum ask_state state;
	const char *why;
} endings[] = { { "!failed", ASK_FAILED, "answered SERVFAIL" },
		{ "!silent", ASK_SILENT, "no answer in time" },
		{ "!deaf", ASK_SILENT, "the resolver does not answer" },
		{ "!no route", ASK_NO_ROUTE, "no route to it from here" } };

void checking_dns(const char *const *lines)
{
	zone = lines;
	asked = 0;
}

size_t checking_asked(void)
{
	return asked;
}

/* Split "NAME TYPE VALUE"; abort() because threads other than the test's get here, too. */
static int split(const char *line, char copy[LINE_SIZE], char **name, char **value)
{
	char *type;

	(void)snprintf(copy, LINE_SIZE, "%s", line);
	*name = copy;
	type = strchr(copy, ' ');
	*value = type != NULL ? strchr(type + 1, ' ') : NULL;
	if (*value == NULL)
		abort();
	*type++ = '\0';
	*(*value)++ = '\0';
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(types[i].word, type) == 0)
			return types[i].type;
	}
	abort();
}

static void end(struct ask *ask, const char *word)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		if (strcmp(endings[i].word, word) == 0) {
			ask->state = endings[i].state;
			ask->why = endings[i].why;
			ask->deaf = strcmp(word, "!deaf") == 0;
			return;
		}
	}
	abort();
}

static void put(struct ask *ask, int type, const char *owner, const char *value)
{
	ask->record = reallocarray(ask->record, ask->count + 1, sizeof(*ask->record));
	if (ask->record == NULL)
		abort();
	ask->record[ask->count++] =
		(struct ask_record){ .type = type,
				     .ttl = 300,
				     .owner = strdup(owner),
				     .text = strdup(strcmp(value, ".") == 0 ? "" : value) };
}

/* Answer what stands at one name; returns where a CNAME leads, in hop, or NULL. */
static const char *answer_at(struct ask *ask, const char *at, char hop[LINE_SIZE])
{
	const char *leads = NULL;

	ask->state = ASK_NO_NAME;
	for (const char *const *line = zone; *line != NULL; line++) {
		char copy[LINE_SIZE];
		char *name;
		char *value;
		int type = split(*line, copy, &name, &value);

		if (strcmp(name, at) != 0)
			continue;
		if (ask->state == ASK_NO_NAME)
			ask->state = ASK_NOTHING;
		if (type == ask->type && *value == '!') {
			end(ask, value);
		} else if (type == ask->type || type == ns_t_cname) {
			put(ask, type, name, value);
			ask->state = type == ask->type ? ASK_ANSWERED : ask->state;
		}
		if (type == ns_t_cname) {
			(void)snprintf(hop, LINE_SIZE, "%s", value);
			leads = hop;
		}
	}
	return leads;
}

void checking_smtp(enum smtp_state state, const char *but, enum smtp_state but_state)
{
	ends = state;
	but_at = but;
	but_ends = but_state;
	probed = 0;
}

size_t checking_probed(void)
{
	return probed;
}

enum err __wrap_smtp_probe_all(struct smtp_probe *probes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (probes[i].state != 0)
			continue;
		assert_int_equal(probes[i].port, 25);
		probed++;
		probes[i].state = strcmp(probes[i].address, but_at) == 0 ? but_ends : ends;
		probes[i].not_before = 1767225600; /* 2026-01-01T00:00:00Z */
		probes[i].not_after = 4102444800;  /* 2100-01-01T00:00:00Z */
	}
	return ERR_OK;
}

enum err __wrap_ask_all(const struct ask_way *way, struct ask *asks, size_t count)
{
	asked++;
	if (way->resolver != NULL && strcmp(way->resolver, "nonsense") == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < count; i++) {
		char hops[2][LINE_SIZE];
		const char *at = asks[i].name;

		for (size_t hop = 0; hop < HOPS_MAX && at != NULL; hop++)
			at = answer_at(&asks[i], at, hops[hop % 2]);
	}
	return ERR_OK;
}

void checking_assert_found(const struct findings *findings, size_t *next, enum finding_severity severity,
			   const char *about, const char *what, const char *instead)
{
	const struct finding *finding = &findings->item[*next];

	if (*next >= findings->count)
		fail_msg("not found: %s", what);
	++*next;
	assert_string_equal(finding->what, what);
	assert_string_equal(findings_severity_text(finding->severity), findings_severity_text(severity));
	assert_string_equal(finding->about, about);
	if (instead == NULL) {
		assert_null(finding->instead);
		return;
	}
	assert_non_null(finding->instead);
	if (strstr(finding->instead, instead) == NULL)
		fail_msg("'%s' is not in '%s'", instead, finding->instead);
}

void checking_assert_no_more(const struct findings *findings, size_t next)
{
	assert_false(findings->lost);
	if (next < findings->count)
		fail_msg("found, too: %s", findings->item[next].what);
}

void checking_assert_names(const struct names *names, const char *const *expected)
{
	size_t i = 0;

	for (; expected[i] != NULL; i++) {
		assert_true(i < names->count);
		assert_string_equal(names->item[i], expected[i]);
	}
	assert_int_equal(names->count, i);
}
