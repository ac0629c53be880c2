/* SPDX-License-Identifier: ISC */
#include "ctl/show/run_metrics.h"

#include "ctl/cli/options.h"
#include "ctl/cli/problem.h"
#include "ctl/cli/run.h"

enum run_status run_metrics(const struct run_view *view)
{
	if (!options_has(view->options, OPTION_JSON))
		return run_usual(view);
	problem_print(view->err, "--json does not go with metrics: limits and counters are in mta-stsctl "
				 "--json status, too");
	return RUN_USAGE;
}
