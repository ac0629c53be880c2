/* SPDX-License-Identifier: ISC */
#ifndef EVIDENCE_UNSEEN_H
#define EVIDENCE_UNSEEN_H

/**
 * Whether anybody knows that senders find what a domain publishes, while it is not being retired.
 *
 * Threads: the clerk's.
 */

#include "core/registry.h"

/**
 * Find out whether a domain that publishes testing or enforce still has to be looked at in DNS.
 *
 * It has to until a look finds its record right everywhere.  Where nobody looked since the published revision
 * is there, a fetch that came a day later or more is enough: those of the first day are of whoever set it up.
 *
 * @param[out] unseen  false for "none", which has a retirement
 * @return ERR_OK, ERR_STORE (cause logged), ERR_NO_MEMORY
 */
enum err unseen_of(struct store *store, const struct domain *domain, bool *unseen);

#endif
