/* SPDX-License-Identifier: ISC */
#include "log/log_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CATALOG_SIZE 65536
#define ENTRY        "\n-- "
#define SUBJECT      "\nSubject: "

/* The catalog, from which journalctl -x explains the events. */
static char catalog[CATALOG_SIZE];

static int read_catalog(void **state)
{
	const char *top = getenv("srcdir");
	char path[4096];
	FILE *file;
	size_t len;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/systemd/mta-stsd.catalog", top != NULL ? top : ".");
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	len = fread(catalog, 1, sizeof(catalog) - 1, file);
	(void)fclose(file);
	return len < sizeof(catalog) - 1 ? 0 : -1;
}

static const struct event *row(unsigned event)
{
	return log_event_row((enum log_event)event);
}

/* The text from one entry to the next, or NULL. */
static char *copy_entry(const char *id)
{
	char head[64];
	const char *start, *end;

	(void)snprintf(head, sizeof(head), ENTRY "%s\n", id);
	start = strstr(catalog, head);
	if (start == NULL)
		return NULL;
	end = strstr(start + 1, ENTRY);
	return strndup(start, end != NULL ? (size_t)(end - start) : strlen(start));
}

static void every_event_has_a_row(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EVENT_COUNT; i++) {
		assert_non_null(row(i)->name);
		assert_non_null(row(i)->id);
		assert_in_range(row(i)->level, LOG_LEVEL_ERROR, LOG_LEVEL_NOTICE);
	}
}

static void every_id_is_128_bits_in_hexadecimal_digits(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EVENT_COUNT; i++) {
		assert_int_equal(strlen(row(i)->id), 32);
		assert_int_equal(strspn(row(i)->id, "0123456789abcdef"), 32);
	}
}

static void no_two_events_share_an_id_or_a_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EVENT_COUNT; i++) {
		for (unsigned k = 0; k < i; k++) {
			assert_string_not_equal(row(i)->id, row(k)->id);
			assert_string_not_equal(row(i)->name, row(k)->name);
		}
	}
}

static void the_catalog_explains_every_event(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EVENT_COUNT; i++) {
		char *entry = copy_entry(row(i)->id);
		const char *subject, *text;

		if (entry == NULL)
			fail_msg("%s has no entry", row(i)->name);
		subject = strstr(entry, SUBJECT);
		assert_non_null(subject);
		assert_true(strcspn(subject + strlen(SUBJECT), "\n") > 0);
		assert_non_null(strstr(entry, "\nDefined-By: mta-stsd\n"));
		assert_non_null(strstr(entry, "\nDocumentation: man:mta-stsd(8)\n"));
		text = strstr(entry, "\n\n");
		if (text == NULL || strlen(text) < 100)
			fail_msg("%s is not explained", row(i)->name);
		free(entry);
	}
}

static bool is_field(const char *at, size_t len)
{
	static const char *const fields[] = {
		"MTA_STS_DOMAIN", "MTA_STS_MODE", "MTA_STS_ID",  "MTA_STS_WHO",
		"MTA_STS_REASON", "MTA_STS_FILE", "MTA_STS_UID", "MTA_STS_LINE"
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (strlen(fields[i]) == len && strncmp(fields[i], at, len) == 0)
			return true;
	}
	return false;
}

static void the_catalog_explains_nothing_else(void **state)
{
	unsigned entries = 0;

	(void)state;
	for (const char *at = catalog; (at = strstr(at, ENTRY)) != NULL; at++)
		entries++;
	assert_int_equal(entries, EVENT_COUNT);
}

static void the_catalog_shows_fields_that_there_are(void **state)
{
	(void)state;
	for (const char *at = catalog; (at = strchr(at, '@')) != NULL; at++) {
		size_t len = strcspn(at + 1, "@");

		if (!is_field(at + 1, len))
			fail_msg("no field: %.40s", at);
		at += len + 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_has_a_row),
		cmocka_unit_test(every_id_is_128_bits_in_hexadecimal_digits),
		cmocka_unit_test(no_two_events_share_an_id_or_a_name),
		cmocka_unit_test(the_catalog_explains_every_event),
		cmocka_unit_test(the_catalog_explains_nothing_else),
		cmocka_unit_test(the_catalog_shows_fields_that_there_are),
	};

	return cmocka_run_group_tests(tests, read_catalog, NULL);
}
