/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_STATUS_H
#define CTL_SHOW_STATUS_H

/**
 * The command "status": how the daemon is, and the one thing to do next.
 *
 * Threads: any.
 */

#include "api/shape_status.h"
#include "ctl/cli/view.h"

/** Print the reply of "status". */
enum err status_print(const struct print_view *view, json_t *reply);

/** Print up to three things that the status asks for, the most urgent first; nothing when there is none. */
void status_advise(FILE *out, const struct api_status *status);

#endif
