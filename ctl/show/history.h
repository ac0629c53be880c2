/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_HISTORY_H
#define CTL_SHOW_HISTORY_H

/**
 * The past: every policy a domain ever had, and who ordered what, when and why.
 *
 * Threads: any.
 */

#include "ctl/cli/view.h"

/** Print the reply of "history". */
enum err history_print(const struct print_view *view, json_t *reply);

/** Print the reply of "audit". */
enum err history_print_audit(const struct print_view *view, json_t *reply);

#endif
