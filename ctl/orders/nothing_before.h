/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_NOTHING_BEFORE_H
#define CTL_ORDERS_NOTHING_BEFORE_H

/**
 * adopt --nothing-before: the operator's word that no other host ever published a policy of some domains.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/run.h"

/** The options that go with it. */
#define NOTHING_BEFORE_OPTIONS                                                                               \
	(OPTION_BIT(OPTION_NOTHING_BEFORE) | OPTION_BIT(OPTION_FILE) | OPTION_BIT(OPTION_MATCH) |            \
	 OPTION_BIT(OPTION_ALL) | OPTION_BIT(OPTION_EXCEPT) | OPTION_BIT(OPTION_YES) |                       \
	 OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_REASON))

/** Complain about options of adopt that go with it alone, where it is not given.  Returns RUN_DONE,
 * RUN_USAGE. */
enum run_status nothing_before_check(const struct run_view *view);

/** Give it, once --nothing-before is among the options of adopt. */
enum run_status nothing_before_run(const struct run_view *view);

#endif
