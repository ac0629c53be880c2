/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_ADOPT_PRINT_H
#define CTL_ORDERS_ADOPT_PRINT_H

/**
 * What was seen of domains that are to be adopted, for people and for programs.
 *
 * Threads: any.
 */

#include "ctl/check/former.h"

#include <jansson.h>
#include <stdio.h>

/** Print a table of all, and below it what is wrong with some.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err adopt_print_table(FILE *out, const struct former *items, size_t count);

/** Say that those that could be adopted were, and what is next.  @param files  whether files were written */
void adopt_print_done(FILE *out, const struct former *items, size_t count, bool files);

/** Print them for programs.  Returns ERR_OK, ERR_IO, ERR_NO_MEMORY. */
enum err adopt_print_json(FILE *out, const struct former *items, size_t count);

#endif
