/* SPDX-License-Identifier: ISC */
#include "control/exposition.h"

#include <inttypes.h>
#include <string.h>

#define PREFIX "mta_stsd_"

static const char *const kinds[] = {
	[EXPOSITION_GAUGE] = "gauge",
	[EXPOSITION_COUNTER] = "counter",
};

static void keep(struct exposition *exposition, enum err err)
{
	if (exposition->err == ERR_OK)
		exposition->err = err;
}

static void put(struct exposition *exposition, const char *string)
{
	keep(exposition, text_append(&exposition->text, string, strlen(string)));
}

/* The characters that would end a value are the only ones that the format escapes. */
static void put_escaped(struct exposition *exposition, const char *value)
{
	for (; *value != '\0'; value++) {
		switch (*value) {
		case '\n':
			put(exposition, "\\n");
			break;
		case '\\':
		case '"':
			keep(exposition, text_appendf(&exposition->text, "\\%c", *value));
			break;
		default:
			keep(exposition, text_append(&exposition->text, value, 1));
		}
	}
}

static void begin(struct exposition *exposition, const struct exposition_family *family)
{
	if (exposition->family != NULL && strcmp(exposition->family, family->name) == 0)
		return;
	exposition->family = family->name;
	keep(exposition, text_appendf(&exposition->text, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n",
				      family->name, family->help, family->name, kinds[family->kind]));
}

void exposition_add(struct exposition *exposition, const struct exposition_family *family, const char *label,
		    const char *value, int64_t number)
{
	if (exposition->err != ERR_OK)
		return;
	begin(exposition, family);
	put(exposition, PREFIX);
	put(exposition, family->name);
	if (label != NULL) {
		keep(exposition, text_appendf(&exposition->text, "{%s=\"", label));
		put_escaped(exposition, value);
		put(exposition, "\"}");
	}
	keep(exposition, text_appendf(&exposition->text, " %" PRId64 "\n", number));
}
