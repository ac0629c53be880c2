/* SPDX-License-Identifier: ISC */
#include "control/exposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "mta_stsd_"

/* Room for a blank, a number with a point, and the end of the line. */
#define NUMBER_SIZE 32

static const char *const kinds[] = {
	[EXPOSITION_GAUGE] = "gauge",
	[EXPOSITION_COUNTER] = "counter",
};

static void put_bytes(struct exposition *exposition, const char *bytes, size_t len)
{
	if (exposition->err == ERR_OK)
		exposition->err = text_append(&exposition->text, bytes, len);
}

static void put(struct exposition *exposition, const char *string)
{
	put_bytes(exposition, string, strlen(string));
}

/* The characters that would end a value are the only ones that the format escapes. */
static void put_escaped(struct exposition *exposition, const char *value)
{
	for (;;) {
		size_t plain = strcspn(value, "\n\\\"");

		put_bytes(exposition, value, plain);
		value += plain;
		if (*value == '\0')
			return;
		put(exposition, "\\");
		put_bytes(exposition, *value == '\n' ? "n" : value, 1);
		value++;
	}
}

static void put_name(struct exposition *exposition, const struct exposition_family *family)
{
	if (!family->of_processes)
		put(exposition, PREFIX);
	put(exposition, family->name);
}

static void begin(struct exposition *exposition, const struct exposition_family *family)
{
	if (exposition->family != NULL && strcmp(exposition->family, family->name) == 0)
		return;
	exposition->family = family->name;
	put(exposition, "# HELP ");
	put_name(exposition, family);
	put(exposition, " ");
	put(exposition, family->help);
	put(exposition, "\n# TYPE ");
	put_name(exposition, family);
	put(exposition, " ");
	put(exposition, kinds[family->kind]);
	put(exposition, "\n");
}

static void put_labels(struct exposition *exposition, const struct exposition_label *labels, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put(exposition, i == 0 ? "{" : ",");
		put(exposition, labels[i].name);
		put(exposition, "=\"");
		put_escaped(exposition, labels[i].value);
		put(exposition, "\"");
	}
	if (count > 0)
		put(exposition, "}");
}

static void put_number(struct exposition *exposition, unsigned decimals, int64_t number)
{
	char text[NUMBER_SIZE];
	int64_t unit = 1;

	for (unsigned i = 0; i < decimals; i++)
		unit *= 10;
	if (decimals == 0)
		(void)snprintf(text, sizeof(text), " %" PRId64 "\n", number);
	else
		(void)snprintf(text, sizeof(text), " %" PRId64 ".%0*" PRId64 "\n", number / unit,
			       (int)decimals, number % unit);
	put(exposition, text);
}

void exposition_add(struct exposition *exposition, const struct exposition_family *family,
		    const struct exposition_label *labels, size_t count, int64_t number)
{
	begin(exposition, family);
	put_name(exposition, family);
	put_labels(exposition, labels, count);
	put_number(exposition, family->decimals, number);
}
