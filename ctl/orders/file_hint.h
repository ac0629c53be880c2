/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_FILE_HINT_H
#define CTL_ORDERS_FILE_HINT_H

/**
 * What is said when an order holds a domain in another mode than its file says.
 *
 * Threads: any.
 */

#include "api/shape_order.h"

#include <stdio.h>

/** Such domains: the first of them, and how many there are.  Zero-initialise, freed with file_hint_free(). */
struct file_hint {
	json_int_t count;
	char *domain;
	char *file;
	json_int_t line;
	enum mode says;  /**< the mode in its file */
	enum mode after; /**< that of the order */
};

/** Look at one more change.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err file_hint_take(struct file_hint *hint, const struct api_change *change);

/** Name the first with its file, count the others, and say how order and files come to agree; nothing when
 * there is none. */
void file_hint_print(FILE *out, const struct file_hint *hint);

/** Free what it holds. */
void file_hint_free(struct file_hint *hint);

#endif
