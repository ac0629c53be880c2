/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_LEDGER_H
#define CTL_ACME_LEDGER_H

/**
 * The ledger of a budget as text: one line per entry, the oldest first, so that a program that is killed
 * at any moment has told of every order that it sent.
 *
 *     ledger 1 https://acme-v02.api.letsencrypt.org/directory
 *     2026-11-30T20:00:00Z new example.org mta-sts.example.org
 *     2026-11-30T20:00:04Z maker O=Let's%20Encrypt
 *     2026-11-30T20:00:04Z issued mta-sts.example.org
 *
 * A line is appended, and written to disk, before what it tells of is done.  A ledger that is worn is written
 * anew by ledger_write().  These functions read and write no file; ctl/acme/ledger_file.h does.
 *
 * Threads: any, one object a thread.
 */

#include "base/complaints.h"
#include "ctl/acme/ledger_line.h"

/** Longest ledger that is read, bytes: more than a week of a million names that are renewed every four days.
 */
#define LEDGER_MOST ((size_t)256 << 20)

/**
 * Read a ledger into a budget.
 *
 * What stands behind the last line's end was being written when a program died, before what it tells of was
 * done: it is passed over.  A time that is still to come, by more than an hour, is refused, since the clock
 * is wrong or was: by a wrong one nothing is to be ordered, nor to be forgotten.
 *
 * @param directory  URL of the authority's directory; the ledger must be of the same
 * @param budget  begun, with nothing spent
 * @param path  for complaints
 * @param[out] worn  on ERR_OK: whether it is to be written anew, because most of its lines are over, or it
 * has none; not when all are, which a clock that is far ahead makes so
 * @return ERR_OK, ERR_SYNTAX (complained about, with the line; free the budget), ERR_NO_MEMORY (the same)
 */
enum err ledger_read(const char *bytes, size_t len, const char *directory, time_t now, struct budget *budget,
		     const char *path, struct complaints *complaints, bool *worn);

/** Write the ledger that makes this budget.  Returns ERR_OK, ERR_NO_MEMORY (the text may have a part). */
enum err ledger_write(const struct budget *budget, const char *directory, time_t now, struct text *out);

#endif
