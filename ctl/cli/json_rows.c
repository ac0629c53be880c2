/* SPDX-License-Identifier: ISC */
#include "ctl/cli/json_rows.h"

#include <stdlib.h>
#include <string.h>

/* How far a row of an answer is indented. */
#define INDENT 4

/* An answer as it is printed, cut in two where its rows stand. */
struct halves {
	char *bytes;
	const char *before;
	int before_len;
	const char *behind;
};

static enum err print_whole(const json_t *answer, struct halves *halves)
{
	size_t len = 0;
	FILE *whole = open_memstream(&halves->bytes, &len);
	enum err err = whole != NULL ? print_json(whole, answer) : ERR_NO_MEMORY;

	if (whole != NULL && fclose(whole) != 0)
		err = ERR_NO_MEMORY;
	return err;
}

/* A string cannot look like the member: its quotes have a backslash before them. */
static enum err cut(const char *member, const json_t *answer, struct halves *halves)
{
	enum err err = print_whole(answer, halves);
	char *array = NULL;
	const char *at;

	if (err == ERR_OK && asprintf(&array, "\n  \"%s\": []", member) < 0)
		err = ERR_NO_MEMORY;
	if (err != ERR_OK)
		return err;
	at = strstr(halves->bytes, array);
	if (at != NULL) {
		halves->before = halves->bytes;
		halves->behind = at + strlen(array) - 1;
		halves->before_len = (int)(halves->behind - halves->bytes);
	}
	free(array);
	return at != NULL ? ERR_OK : ERR_SYNTAX;
}

enum err json_rows_begin(struct json_rows *rows, const json_t *head)
{
	struct halves halves = { 0 };
	enum err err = cut(rows->member, head, &halves);

	if (err == ERR_OK)
		(void)fprintf(rows->out, "%.*s", halves.before_len, halves.before);
	free(halves.bytes);
	return err;
}

enum err json_rows_put(struct json_rows *rows, const json_t *row)
{
	enum err err;

	(void)fprintf(rows->out, "%s\n%*s", rows->any ? "," : "", INDENT, "");
	rows->any = true;
	err = print_json_at(rows->out, row, INDENT);
	return err == ERR_OK && ferror(rows->out) ? ERR_IO : err;
}

enum err json_rows_end(struct json_rows *rows, const json_t *answer)
{
	struct halves halves = { 0 };
	enum err err = cut(rows->member, answer, &halves);

	if (err == ERR_OK)
		(void)fprintf(rows->out, "%s%s", rows->any ? "\n  " : "", halves.behind);
	free(halves.bytes);
	return err == ERR_OK && ferror(rows->out) ? ERR_IO : err;
}
