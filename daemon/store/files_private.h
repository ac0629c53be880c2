/* SPDX-License-Identifier: ISC */
#ifndef STORE_FILES_PRIVATE_H
#define STORE_FILES_PRIVATE_H

/**
 * The files of the state directory, and whether they are still those that this process left
 * there.
 *
 * SQLite holds its files open, so a commit succeeds in a file that was deleted, moved or overwritten by
 * somebody else, and is lost at the next start.  What is remembered here tells that before anything is
 * acknowledged.
 *
 * Threads: the clerk's.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/** One file as it was left: st_ino is 0 when there was none. */
struct files_known {
	char *path;
	struct stat status;
};

/** The files of one state directory; zero-initialise. */
struct files {
	struct files_known directory;
	struct files_known database;
	struct files_known log;   /**< SQLite's write-ahead log */
	struct files_known index; /**< of the log; made anew whenever the database is opened */
	char *lock;
	char *reserve;
	int directory_fd;     /**< locked, so that the lock file may be lost without harm; -1: not open */
	int lock_fd;          /**< locked, too, for versions that know nothing else; -1: not open */
	time_t last_written;  /**< when the lock file was stamped last, before this process; 0: never */
	int64_t stamped;      /**< the generation in the lock file; -1: none */
	struct stat tried[2]; /**< database and log when files_are_new() was last asked */
};

/** What is wrong with one of them, for a complaint; both strings are lent. */
struct files_fault {
	const char *path;
	const char *what; /**< NULL: nothing */
};

/**
 * Lock a state directory, which must exist, for this process.
 *
 * @param files  closed with files_close(), also after an error
 * @return ERR_OK, ERR_EXISTS (another mta-stsd has it), ERR_STORE (it cannot be opened), ERR_NO_MEMORY; the
 * cause is logged
 */
enum err files_open(const char *directory, struct files *files);

/**
 * Read the generation that the lock file of a state directory tells, whoever has it locked.
 *
 * @param[out] generation  -1: none
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err files_stamped(const char *directory, int64_t *generation);

/**
 * Refuse a state directory in which a name of the database is a link, or anything but a file: the service's
 * user can make one, and root would read or write elsewhere.  Whoever opens them afterwards follows none,
 * either, see sql_open_in(); this tells why.
 *
 * @param doing  who refuses it, as messages begin
 * @return ERR_OK (some may be missing), ERR_REFUSED (logged)
 */
enum err files_check_owned(const char *doing, const char *directory, int directory_fd);

/**
 * Give an open file to the owner of the directory, when root makes it for the service's user.
 *
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err files_give_to_owner(const struct files *files, int fd);

/** Give the lock up and free; fine to repeat. */
void files_close(struct files *files);

/**
 * Tell whether a database may be made here: there is none, and no trace of one that was here before.
 *
 * @param[out] make  whether there is no database, and none is missed
 * @return ERR_OK, ERR_REFUSED (the database of a state that was in use is missing or empty; logged)
 */
enum err files_check_traces(const struct files *files, bool *make);

/** Take database, log and index for the files from now on, as they are. */
void files_adopt(struct files *files);

/** Remember what database and log look like after this process has written to them; others in their place do
 * not count. */
void files_note(struct files *files);

/** Tell whether the directory is the one that was locked. */
bool files_has_directory(const struct files *files);

/** Find out whether directory, database and log are the files that were noted, whatever they hold, and the
 * index, which is to have its length, too. */
struct files_fault files_misplaced(const struct files *files);

/** Tell whether it is the index alone that has a fault: opening the database again mends it. */
bool files_is_of_index(const struct files *files, struct files_fault fault);

/** Find out the same, and whether nobody else has written to database or log since. */
struct files_fault files_changed(const struct files *files);

/** Tell whether database or log are others, or hold something else, than when this was last asked. */
bool files_are_new(struct files *files);

/**
 * Write into the lock file how many transactions the database has seen, for the next start to compare; make
 * the lock file anew if it is gone.  Not synced: after a power cut it may tell of less, never of more.
 */
void files_stamp(struct files *files, int64_t generation);

/**
 * Set disk space aside, for the day on which the disk is full.
 *
 * @return whether it is there
 */
bool files_keep_reserve(const struct files *files);

/** Give that space up.  Returns whether there was any. */
bool files_give_up_reserve(const struct files *files);

#endif
