/* SPDX-License-Identifier: ISC */
#ifndef CORE_FORGET_H
#define CORE_FORGET_H

/**
 * The end of a retirement: stop serving domains that nobody needs any more.
 *
 * Their history stays in the store, so no id is ever used twice, even if a domain comes back.
 *
 * Threads: the main thread.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "base/names.h"
#include "core/host.h"
#include "core/retirement.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct forget {
	bool force;         /**< also what senders may hold still */
	bool dry_run;       /**< only work out what would be forgotten */
	int64_t uid;        /**< who orders it */
	const char *who;    /**< the same in words */
	const char *reason; /**< the operator's words, or "" */
};

/** One domain that was forgotten. */
struct forgotten {
	char *name;
	struct revision *published; /**< until then; held */
	struct retirement retirement;
	bool forced; /**< it was not safe */
};

struct forgotten_list {
	struct forgotten *item;
	size_t count;
	size_t forced;
	int64_t audit; /**< number of the audit entry, 0 for a dry run */
};

/**
 * Forget domains, durably and at once: all of them or none.
 *
 * Refused, unless forced, for a domain that is not safe to remove.  Refused in any case for a domain that a
 * file still names, and while the files were never read: the next reload would bring it back.
 *
 * @param domains  normalised, each once, known
 * @param complaints  why it is refused
 * @param[out] list  freed with forget_free()
 * @return ERR_OK, ERR_REFUSED (complained about; all of the domains are tried), ERR_STORE (nothing changed),
 * ERR_UNKNOWN (disk failed in between), ERR_NO_MEMORY
 */
enum err forget_run(struct host *host, const struct names *domains, const struct forget *forget,
		    struct complaints *complaints, struct forgotten_list *list);

/** Free a list and leave it empty. */
void forget_free(struct forgotten_list *list);

#endif
