/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_JSON_ROWS_H
#define CTL_CLI_JSON_ROWS_H

/**
 * Prints an answer with very many rows as JSON while they come: the same bytes as print_json() makes of all
 * of it.
 *
 * Threads: any, one object a thread.
 */

#include "ctl/cli/print.h"

/** Zero-initialise, and set out and member. */
struct json_rows {
	FILE *out;
	const char *member; /**< the array of the answer that has the rows */
	bool any;           /**< something was printed */
};

/**
 * Print what stands before the first row.
 *
 * @param head  the answer up to its rows, with an empty array of them
 * @return ERR_OK, ERR_SYNTAX (there is no such array), ERR_NO_MEMORY
 */
enum err json_rows_begin(struct json_rows *rows, const json_t *head);

/** Print the next row.  Returns ERR_OK, ERR_NO_MEMORY, ERR_IO (errno tells why). */
enum err json_rows_put(struct json_rows *rows, const json_t *row);

/**
 * Print what stands behind the last row.
 *
 * @param answer  all of it, with an empty array in the place of the rows
 * @return ERR_OK, ERR_SYNTAX (there is no such array), ERR_NO_MEMORY, ERR_IO (errno tells why)
 */
enum err json_rows_end(struct json_rows *rows, const json_t *answer);

#endif
