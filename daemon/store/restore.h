/* SPDX-License-Identifier: ISC */
#ifndef STORE_RESTORE_H
#define STORE_RESTORE_H

/**
 * Put a copy of the state back in the place of what is there.
 *
 * A copy of the database alone must never lie beside the log of another: SQLite would join them.  So the copy
 * is made and checked aside, and put into place by steps that the next start finishes if they are
 * interrupted.  What was there before is kept as before-restore.db, and with certificates that come along as
 * before-restore.certificates; what a restore before that kept gets a number, before-restore.1.db.
 *
 * Threads: the clerk's.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/** A domain that is published otherwise than the copy has it; strings are lent. */
struct restore_change {
	const char *domain;
	const char *before; /**< text as it was published until now, NULL: it was not */
	const char *after;  /**< as the copy has it, NULL: not at all */
};

/** Who asks for it, and who is told. */
struct restore {
	const char *from; /**< path of the copy, a database as mta-stsd writes it */
	int64_t uid;
	const char *who;
	void (*each)(void *context,
		     const struct restore_change *change); /**< called for each domain that differs */
	void *context;
	/** Writes the certificates that come with the copy aside, see core/restoring.h; NULL: there are none.
	 */
	enum err (*certificates)(void *context, int directory_fd, const char *name);
	void *certificates_context;
};

/**
 * Restore a copy; the daemon must not run.
 *
 * The copy may be of an older version, and its indexes may be damaged: they are made anew.  It is noted in
 * its audit trail, and what was fetched since the copy was made counts as not known.
 *
 * @param directory  the state directory
 * @param[out] compared  whether what was there could be believed, and is history now
 * @return ERR_OK (done, and durable), ERR_EXISTS (mta-stsd runs), ERR_REFUSED (the copy is none, is a link,
 * is damaged, or of a newer version; or too much is kept of earlier restores), ERR_STORE (nothing has
 * changed, or the next start finishes it: see the log), ERR_NO_MEMORY; the cause is logged
 */
enum err restore_run(const char *directory, const struct restore *restore, bool *compared);

#endif
