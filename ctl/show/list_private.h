/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_LIST_PRIVATE_H
#define CTL_SHOW_LIST_PRIVATE_H

/**
 * Inside of "list": what a list of any length is made of.  list.c has a whole reply, and listing.c rows that
 * come one by one.
 *
 * Threads: any, one object a thread.
 */

#include "api/shape_status.h"
#include "ctl/cli/table.h"

/** Of the last two each is left out of a whole reply that has nothing to say there. */
enum { LIST_RETIREMENT = 5, LIST_COLUMNS = 7 };

extern const struct table_column list_columns[LIST_COLUMNS];

/** What was found in the rows so far.  Zero-initialise, freed with list_found_free(). */
struct list_found {
	bool retiring;
	bool noted;   /**< there is a note on some domain, retired or not */
	char *domain; /**< the first that waits for the operator; NULL: none does */
	char *next;
	size_t more; /**< others that wait for the operator */
};

/** Look at a row. @return ERR_OK, ERR_NO_MEMORY */
enum err list_find(struct list_found *found, const struct api_row *row);

/** Free what was found, and leave nothing. */
void list_found_free(struct list_found *found);

/** What comes behind the rows, and what to do next. */
void list_print_end(FILE *out, const struct api_list *list, const struct list_found *found);

#endif
