/* SPDX-License-Identifier: ISC */
#include "ctl/cli/print.h"

#include "api/shape_order.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define ESCAPED_WIDTH 4

size_t print_width(const char *string)
{
	size_t width = 0;

	for (; *string != '\0'; string++)
		width += text_is_plain(*string) ? 1 : ESCAPED_WIDTH;
	return width;
}

void print_escaped(FILE *out, const char *string, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text_is_plain(string[i]))
			(void)fputc(string[i], out);
		else
			(void)fprintf(out, "\\x%02x", (unsigned)(unsigned char)string[i]);
	}
}

void print_text(FILE *out, const char *string)
{
	print_escaped(out, string, strlen(string));
}

void print_problem(FILE *err, const char *format, ...)
{
	char *message = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&message, format, args);
	va_end(args);
	if (len < 0) {
		(void)fputs(PRINT_PROBLEM "out of memory\n", err);
		return;
	}
	(void)fputs(PRINT_PROBLEM, err);
	print_escaped(err, message, (size_t)len);
	(void)fputc('\n', err);
	free(message);
}

/* Room for the lowest number there is, grouped. */
#define GROUPED_SIZE 32

size_t print_columns(FILE *out)
{
	struct winsize size = { 0 };

	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* The program itself stays in the C locale, so that nothing else depends on the environment. */
bool print_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8;

	if (locale == (locale_t)0)
		return false;
	utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
	freelocale(locale);
	return utf8;
}

/* Groups of three, from the end on; size is enough for any number. */
static void group(json_int_t count, char out[GROUPED_SIZE])
{
	char digits[GROUPED_SIZE];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, count);
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
}

const char *print_count(json_int_t count, const char *noun, char out[PRINT_COUNT_SIZE])
{
	char grouped[GROUPED_SIZE];

	group(count, grouped);
	(void)snprintf(out, PRINT_COUNT_SIZE, "%s %s%s", grouped, noun, count == 1 ? "" : "s");
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

const char *print_time(const char when[SHAPE_TIME_SIZE], char out[PRINT_TIME_SIZE])
{
	static const char day[] = "2026-11-23T";

	if (*when == '\0')
		(void)snprintf(out, PRINT_TIME_SIZE, "unknown");
	else
		(void)snprintf(out, PRINT_TIME_SIZE, "%.10s %.5s", when, when + strlen(day));
	return out;
}

enum err print_join(const json_t *array, const char *separator, struct text *out)
{
	enum err err = ERR_OK;
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		if (err == ERR_OK)
			err = text_appendf(out, "%s%s", i > 0 ? separator : "", json_string_value(item));
	}
	return err;
}

void print_policy(FILE *out, const char *policy)
{
	while (*policy != '\0') {
		size_t len = strcspn(policy, "\r\n");

		(void)fputs("    ", out);
		print_escaped(out, policy, len);
		(void)fputc('\n', out);
		policy += len;
		policy += strncmp(policy, "\r\n", 2) == 0 ? 2 : *policy != '\0';
	}
}

void print_name(FILE *out, const char *begin, const char *name)
{
	(void)fprintf(out, "  %s", begin);
	print_text(out, name);
	(void)fputc('\n', out);
}

void print_rest(FILE *out, const char *before, json_int_t left, const char *how)
{
	if (left > 0)
		(void)fprintf(out, "%sand %" JSON_INTEGER_FORMAT " more: %s\n", before, left, how);
}

/* Those that are errors, or those that are not, as long as there is room. */
static enum err print_some(FILE *out, const json_t *complaints, bool errors, json_int_t *room)
{
	struct api_complaint complaint;
	json_t *item;
	size_t i;

	json_array_foreach(complaints, i, item)
	{
		if (shape_read(&shape_complaint, item, &complaint) != ERR_OK)
			return ERR_SYNTAX;
		if ((strcmp(complaint.severity, "error") == 0) == errors && (*room)-- > 0)
			print_name(out, "", complaint.text);
	}
	return ERR_OK;
}

enum err print_complaints(FILE *out, const json_t *complaints, const char *how)
{
	json_int_t room = PRINT_SOME;
	enum err err = print_some(out, complaints, true, &room);

	if (err == ERR_OK)
		err = print_some(out, complaints, false, &room);
	if (err == ERR_OK)
		print_rest(out, "  ", -room, how);
	return err;
}

enum err print_json_at(FILE *out, const json_t *json, int indent)
{
	char *dump = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII);

	if (dump == NULL)
		return ERR_NO_MEMORY;
	/* Jansson leaves one control character as it is. */
	for (const char *c = dump; *c != '\0'; c++) {
		if (*c == 0x7f)
			(void)fputs("\\u007f", out);
		else
			(void)fputc(*c, out);
		if (*c == '\n')
			(void)fprintf(out, "%*s", indent, "");
	}
	free(dump);
	return ERR_OK;
}

enum err print_json(FILE *out, const json_t *reply)
{
	enum err err = print_json_at(out, reply, 0);

	if (err == ERR_OK)
		(void)fputc('\n', out);
	return err;
}
