/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_LEDGER_FILE_H
#define CTL_ACME_LEDGER_FILE_H

/**
 * The ledger of one authority on disk, in the directory of the account.
 *
 * Whoever writes has the account's lock.  What is told is on disk before it is done; a ledger that is worn is
 * written anew beside the old one, which stays, until the next time, under a name that ends in ".old".
 *
 * Threads: any, one object a thread.
 */

#include "ctl/acme/ledger.h"

/** Room for the name of a ledger's file, which follows from the authority's directory, and its end. */
#define LEDGER_FILE_SIZE 32

/** Begin with { .fd = -1 }; closed with ledger_file_close(). */
struct ledger_file {
	int fd;
	struct budget budget; /**< what the ledger tells; ask it, and change it by ledger_file_put() alone */
};

/** Write the name of the file; returns name. */
const char *ledger_file_name(const char *directory, char name[LEDGER_FILE_SIZE]);

/**
 * Read what a ledger tells, and change nothing; fine when there is none.
 *
 * @param folder  of the account; fine when there is none
 * @param directory  URL of the authority's
 * @param[out] budget  begun in any case: freed with budget_free()
 * @param[out] worn  on ERR_OK: whether it is to be written anew
 * @return ERR_OK, ERR_SYNTAX (it cannot be read, or not understood; complained about), ERR_NO_MEMORY
 */
enum err ledger_file_read(const char *folder, const char *directory, time_t now, struct budget *budget,
			  struct complaints *complaints, bool *worn);

/**
 * Read it, write it anew where that is needed, cut off what was never a whole line, and open it to be written
 * to.
 *
 * @param parent  descriptor of the folder
 * @param[out] file  closed with ledger_file_close() in any case
 * @return as above, and ERR_IO (it cannot be written; errno tells why)
 */
enum err ledger_file_open(const char *folder, int parent, const char *directory, time_t now,
			  struct complaints *complaints, struct ledger_file *file);

/**
 * Tell the ledger, and its budget.
 *
 * @return ERR_OK (it is on disk), ERR_IO (nothing may be done that the entry tells of; errno tells why),
 *         ERR_NO_MEMORY (the same)
 */
enum err ledger_file_put(struct ledger_file *file, const struct entry *entry);

/** Close it, and free its budget. */
void ledger_file_close(struct ledger_file *file);

#endif
