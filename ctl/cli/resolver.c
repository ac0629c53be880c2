/* SPDX-License-Identifier: ISC */
#include "ctl/cli/resolver.h"

#include "ctl/cli/options.h"
#include "ctl/cli/problem.h"

/* For the first of two tries, and a resolver may have a long way to go. */
#define TIMEOUT_MS 3000

struct ask_way resolver_way(const struct run_view *view)
{
	return (struct ask_way){ .resolver = view->options->value[OPTION_RESOLVER],
				 .timeout_ms = TIMEOUT_MS };
}

enum run_status resolver_complain(const struct run_view *view)
{
	problem_print(view->err,
		      "--resolver '%s': write an address such as 192.0.2.53 or [2001:db8::53]:5353",
		      view->options->value[OPTION_RESOLVER]);
	return RUN_USAGE;
}
