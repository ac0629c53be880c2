/* SPDX-License-Identifier: ISC */
#include "ctl/show/metrics.h"

#include "ctl/cli/run.h"

/* Who reads it is a program, so nothing may be escaped; and what a terminal obeys is refused. */
static bool is_plain(const char *lines, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (lines[i] != '\n' && (lines[i] < ' ' || lines[i] > '~'))
			return false;
	}
	return len > 0 && lines[len - 1] == '\n';
}

enum err metrics_print(const struct print_view *view, json_t *reply)
{
	const char *lines = json_string_value(reply);

	if (lines == NULL || !is_plain(lines, json_string_length(reply)))
		return ERR_SYNTAX;
	(void)fputs(lines, view->out);
	return ERR_OK;
}

enum run_status metrics_run(const struct run_view *view)
{
	if (!options_has(view->options, OPTION_JSON))
		return run_usual(view);
	print_problem(view->err, "--json cannot be used with metrics: limits and counters are in mta-stsctl "
				 "--json status, too");
	return RUN_USAGE;
}
