/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_LEDGER_LINE_H
#define CTL_ACME_LEDGER_LINE_H

/**
 * The line of one entry of a ledger: a time, a word, and what belongs to it, with one blank between them.
 *
 * Threads: any.
 */

#include "base/text.h"
#include "ctl/acme/budget.h"

/** Longest line, bytes, without its end: two names, three times and what is between them. */
#define LEDGER_LINE_MOST 640

/** Append the line of an entry.  Returns ERR_OK, ERR_NO_MEMORY (the text may have a part of the line). */
enum err ledger_line_write(const struct entry *entry, struct text *out);

/**
 * Read a line without its end.
 *
 * @param line  changed, and lent to the entry
 * @param[out] value  what is wrong there, or NULL
 * @return what is wrong, in a few words; NULL: nothing is
 */
const char *ledger_line_read(char *line, struct entry *entry, const char **value);

#endif
