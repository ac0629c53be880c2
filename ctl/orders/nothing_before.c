/* SPDX-License-Identifier: ISC */
#include "ctl/orders/nothing_before.h"

#include "api/shape_order.h"
#include "ctl/cli/command.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"

static enum err print_table(FILE *out, const json_t *changes)
{
	struct table table = { .columns = 3 };
	size_t count = json_array_size(changes);
	char duration[PRINT_DURATION_SIZE];
	enum err err;

	table_put(&table, (const char *const[]){ "DOMAIN", "MODE", "TIME TO WAIT ONCE IT IS TURNED OFF" });
	for (size_t i = 0; i < count && i < PRINT_SOME; i++) {
		struct api_change change;

		if (shape_read(&shape_change, json_array_get(changes, i), &change) != ERR_OK) {
			table_fail(&table, ERR_SYNTAX);
			break;
		}
		table_put(&table, (const char *const[]){ change.domain, mode_text(change.after.mode),
							 print_duration(change.wait, duration) });
	}
	err = table_end(&table, "", out);
	if (err == ERR_OK)
		print_rest(out, "", (json_int_t)count - PRINT_SOME, "--json shows them all");
	return err;
}

static enum err print(const struct print_view *view, json_t *reply)
{
	struct api_changes order;
	char count[PRINT_COUNT_SIZE];
	enum err err = shape_read(&shape_changes, reply, &order);

	if (err == ERR_OK)
		err = print_table(view->notes, order.changes);
	if (err != ERR_OK || view->preview)
		return err;
	(void)print_count((json_int_t)json_array_size(order.changes), "domain", count);
	if (order.dry_run)
		(void)fprintf(view->notes,
			      "\ndry run: nothing was changed; it would be noted that no other host ever "
			      "published a\npolicy of %s, and the times become those of this host's alone\n",
			      count);
	else if (order.audit == 0)
		(void)fputs("\nnothing was changed: what was before is known already\n", view->notes);
	else
		(void)fprintf(
			view->notes,
			"\nnoted as your word, in entry %" JSON_INTEGER_FORMAT
			" of the audit trail: no other host ever published a\npolicy of %s.  Should one turn "
			"up after all: mta-stsctl adopt DOMAIN\n",
			order.audit, count);
	return ERR_OK;
}

/* A domain that moves here is named, since the daemon need not know it. */
enum run_status nothing_before_check(const struct run_view *view)
{
	static const enum option_index others[] = { OPTION_ALL, OPTION_MATCH, OPTION_EXCEPT, OPTION_YES };

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (!options_has(view->options, others[i]))
			continue;
		print_problem(
			view->err,
			"--%s goes with --nothing-before only: name the domains, or give --file or --files",
			options_table[others[i]].name);
		return RUN_USAGE;
	}
	return RUN_DONE;
}

enum run_status nothing_before_run(const struct run_view *view)
{
	const struct command command = { .name = "adopt --nothing-before",
					 .options = NOTHING_BEFORE_OPTIONS,
					 .operands = OPERANDS_MANY,
					 .method = "POST",
					 .path = "/v1/nothing-before",
					 .orders = true,
					 .print = print };
	struct run_view own = *view;

	own.command = &command;
	return run_usual(&own);
}
