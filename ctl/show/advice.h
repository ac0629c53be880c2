/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_ADVICE_H
#define CTL_SHOW_ADVICE_H

/**
 * The one thing to do next.
 *
 * Threads: any.
 */

#include "api/shape_status.h"

#include <stdio.h>

/** Print the most urgent thing that the status asks for; nothing when there is none. */
void advice_print(FILE *out, const struct api_status *status);

#endif
