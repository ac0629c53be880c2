/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_LIST_H
#define CTL_SHOW_LIST_H

/**
 * Domains as they are published: in a table, and as TXT records in a form to hand to DNS.
 *
 * Threads: any.
 */

#include "api/shape_domain.h"
#include "ctl/cli/view.h"

/** TTL that is proposed for the records, seconds: short, so that the next change is seen soon. */
#define LIST_TXT_TTL 300

/** Records that are printed one after the other. */
struct list_records {
	FILE *out;
	enum options_format format;
	bool only_would_be; /**< write every line as a comment, which neither a zone nor nsupdate(1) acts upon
			     */
	size_t most;        /**< so many are written, and the others only counted; 0: all */
	size_t count;       /**< of both */
	json_t *printed;    /**< an object with the names of those that serve several domains */
};

/**
 * Write one record as a line of a zone, or as commands for nsupdate(1) that replace what is there; nothing
 * when it was written for another of its domains.
 *
 * Each record is an update of its own: domains live in different zones.
 *
 * @param domains  how many it serves; 0: not known
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err list_print_record(struct list_records *records, const struct api_txt *txt, json_int_t domains);

/** Print the reply of "txt": nothing but records, and a note aside when there are none. */
enum err list_print_txt(const struct print_view *view, json_t *reply);

/** Do the same as the rows come, without holding them: all records are printed, or none. */
enum run_status list_run_txt(const struct run_view *view);

/** Print the reply of "list". */
enum err list_print(const struct print_view *view, json_t *reply);

/**
 * List.  A list of no more than a thousand domains is printed whole or not at all; a longer one as it comes,
 * in little memory, under columns that only grow.  Where it is cut off that is said behind it.
 */
enum run_status list_run(const struct run_view *view);

#endif
