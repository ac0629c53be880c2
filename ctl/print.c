/* SPDX-License-Identifier: ISC */
#include "ctl/print.h"

#include "ctl/escape.h"

#include <stdlib.h>
#include <string.h>

const char *print_count(json_int_t count, const char *noun, char out[PRINT_COUNT_SIZE])
{
	(void)snprintf(out, PRINT_COUNT_SIZE, "%" JSON_INTEGER_FORMAT " %s%s", count, noun,
		       count == 1 ? "" : "s");
	return out;
}

const char *print_duration(json_int_t seconds, char out[PRINT_DURATION_SIZE])
{
	static const struct {
		json_int_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
	char part[PRINT_COUNT_SIZE];
	size_t used = 0;

	(void)snprintf(out, PRINT_DURATION_SIZE, "0 seconds");
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		json_int_t count = seconds / units[i].seconds;

		seconds %= units[i].seconds;
		if (count > 0)
			used += (size_t)snprintf(out + used, PRINT_DURATION_SIZE - used, "%s%s",
						 used > 0 ? " " : "",
						 print_count(count, units[i].name, part));
	}
	return out;
}

void print_name(FILE *out, const char *begin, const char *name)
{
	(void)fprintf(out, "  %s", begin);
	escape_print(out, name, strlen(name));
	(void)fputc('\n', out);
}

enum err print_complaints(FILE *out, const json_t *complaints)
{
	json_t *complaint;
	size_t i;

	if (!json_is_array(complaints))
		return ERR_SYNTAX;
	json_array_foreach(complaints, i, complaint)
	{
		const char *text = json_string_value(json_object_get(complaint, "text"));

		if (text == NULL)
			return ERR_SYNTAX;
		print_name(out, "", text);
	}
	return ERR_OK;
}

enum err print_json(FILE *out, const json_t *reply)
{
	char *dump = json_dumps(reply, JSON_INDENT(2) | JSON_ENSURE_ASCII);

	if (dump == NULL)
		return ERR_NO_MEMORY;
	/* Jansson leaves one control character as it is. */
	for (const char *c = dump; *c != '\0'; c++) {
		if (*c == 0x7f)
			(void)fputs("\\u007f", out);
		else
			(void)fputc(*c, out);
	}
	(void)fputc('\n', out);
	free(dump);
	return ERR_OK;
}
