/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_PRINT_METRICS_H
#define CTL_SHOW_PRINT_METRICS_H

/**
 * The reply to "metrics".
 *
 * Threads: any.
 */

#include "ctl/cli/print.h"

#include <jansson.h>

/**
 * Print the lines as they came.
 *
 * @return ERR_OK, ERR_SYNTAX (it is no text, or not made of whole lines of visible ASCII)
 */
enum err print_metrics(const struct print_view *view, json_t *reply);

#endif
