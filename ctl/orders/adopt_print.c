/* SPDX-License-Identifier: ISC */
#include "ctl/orders/adopt_print.h"

#include "ctl/cli/print.h"
#include "ctl/cli/table.h"

static void print_row(struct table *table, const struct former *former)
{
	char max_age[24] = "-";
	const char *mode = former->policy != NULL ? mode_text(former->policy->mode) : "-";

	if (former->policy != NULL)
		(void)snprintf(max_age, sizeof(max_age), "%u", former->policy->max_age);
	table_put(table, (const char *const[]){ former->domain, former->id[0] != '\0' ? former->id : "-",
						mode, max_age,
						former->problem.len > 0                       ? "NOT POSSIBLE"
						: former->note.len > 0 || former->only_before ? "see below"
											      : "" });
}

static void print_below(FILE *out, const struct former *former)
{
	const char *what = former->problem.len > 0 ? former->problem.bytes : former->note.bytes;

	if (what == NULL)
		return;
	(void)fputc('\n', out);
	print_text(out, former->domain);
	(void)fputs(": ", out);
	print_text(out, what);
	(void)fputs("\n  ", out);
	(void)fputs(former->problem.len > 0 ? former->instead : former->note_instead, out);
	(void)fputc('\n', out);
}

static void print_past(FILE *out, const struct former *former)
{
	if (!former->only_before || former->problem.len > 0)
		return;
	(void)fputc('\n', out);
	print_text(out, former->domain);
	(void)fputs(
		": this host publishes another policy than that one, and goes on with it\n  that one counts "
		"when the domain is turned off; publish what this prints: mta-stsctl txt ",
		out);
	print_text(out, former->domain);
	(void)fputc('\n', out);
}

/* Of those that can be adopted and of those that cannot; seen counts both. */
static bool is_shown(const struct former *former, json_int_t seen[2])
{
	return seen[former->problem.len > 0]++ < PRINT_SOME;
}

enum err adopt_print_table(FILE *out, const struct former *items, size_t count)
{
	struct table table = { .columns = 5 };
	json_int_t seen[2] = { 0 }, again[2] = { 0 };
	enum err err;

	table_put(&table, (const char *const[]){ "DOMAIN", "ID", "MODE", "MAX_AGE", "" });
	for (size_t i = 0; i < count; i++) {
		if (is_shown(&items[i], seen))
			print_row(&table, &items[i]);
	}
	err = table_end(&table, "", out);
	print_rest(out, "", seen[0] - PRINT_SOME, "these can be adopted; --json shows them all");
	print_rest(out, "", seen[1] - PRINT_SOME, "these cannot be adopted; --json shows them all");
	for (size_t i = 0; i < count; i++) {
		if (!is_shown(&items[i], again))
			continue;
		print_below(out, &items[i]);
		print_past(out, &items[i]);
	}
	return err;
}

void adopt_print_done(FILE *out, const struct former *items, size_t count, bool files)
{
	json_int_t adopted = 0, past = 0;
	char number[PRINT_COUNT_SIZE];

	for (size_t i = 0; i < count; i++) {
		adopted += items[i].problem.len == 0 && !items[i].only_before;
		past += items[i].problem.len == 0 && items[i].only_before;
	}
	if (past > 0)
		(void)fprintf(out,
			      "\n%s: noted what senders may hold of the host before.\n"
			      "Nothing else was changed.\n",
			      print_count(past, "domain", number));
	if (adopted > 0)
		(void)fprintf(out,
			      "\n%s adopted: this host serves the same policy under the same id.\n"
			      "Nothing has to change in DNS but the addresses of the policy hosts.\n\n"
			      "Next: %sSee that each\n"
			      "domain has a certificate (mta-stsctl cert list), and let mta-sts.DOMAIN lead "
			      "here.\n",
			      print_count(adopted, "domain", number),
			      files ? "mta-stsctl reload, which reads the files that were written.  " : "");
}

static json_t *say(const struct former *former)
{
	bool problem = former->problem.len > 0;

	return json_pack("{s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:b}", "domain", former->domain, "id",
			 former->id[0] != '\0' ? former->id : NULL, "policy", former->text.bytes, "problem",
			 problem ? former->problem.bytes : NULL, "instead", problem ? former->instead : NULL,
			 "note", former->note.bytes, "only_before", former->only_before);
}

enum err adopt_print_json(FILE *out, const struct former *items, size_t count)
{
	json_t *rows = json_array();
	json_t *whole = json_pack("{s:o}", "domains", rows);
	enum err err = whole != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; err == ERR_OK && i < count; i++)
		err = json_array_append_new(rows, say(&items[i])) == 0 ? ERR_OK : ERR_NO_MEMORY;
	if (err == ERR_OK)
		err = print_json(out, whole);
	json_decref(whole);
	return err;
}
