/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_FILE_HINT_H
#define CTL_ORDERS_FILE_HINT_H

/**
 * What is said when an order holds a domain in another mode than its file says.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <jansson.h>
#include <stdio.h>

/**
 * Name the first such domain with its file, count the others, and say how order and files come to agree;
 * nothing when there is none.
 *
 * @param changes  of the reply to an order
 * @return ERR_OK, ERR_SYNTAX (they are not what the API promises)
 */
enum err file_hint_print(FILE *out, const json_t *changes);

#endif
