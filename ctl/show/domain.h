/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_DOMAIN_H
#define CTL_SHOW_DOMAIN_H

/**
 * The command "show": one domain with all there is to say, what is published and why, what DNS shows, and its
 * revisions in time.
 *
 * Threads: any.
 */

#include "ctl/cli/view.h"

/** Print the reply of "show". */
enum err domain_print(const struct print_view *view, json_t *reply);

#endif
