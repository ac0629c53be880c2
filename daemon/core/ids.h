/* SPDX-License-Identifier: ISC */
#ifndef CORE_IDS_H
#define CORE_IDS_H

/**
 * Which id a new revision gets: one that neither its domain nor its record ever had.
 *
 * Threads: the clerk's.
 */

#include "core/owner.h"
#include "core/target.h"

/** The id that the domain's file sets, "" when it sets none or a switch overrides what the file says. */
const char *ids_wished(const struct domain *domain, const struct wish *wish);

/**
 * Choose the id of a domain's next revision: the one its file sets, or else the one that another domain of
 * its record gets by the same order, or else the next by time (policy/record.h).
 *
 * @param owner  where its record is; NULL: its own
 * @return ERR_OK, ERR_REFUSED (the file's id belongs to another revision; complained about), ERR_STORE (cause
 * logged)
 */
enum err ids_choose(struct store *store, const struct domain *domain, const struct owner *owner,
		    const struct wish *wish, time_t now, struct complaints *complaints, char id[ID_SIZE]);

/**
 * Find the id that a record has to have now that one of its domains changed or came there: the one that was
 * given out last, if the domain is right under it, or else a new one, which is stored.
 *
 * @param number  of what the domain publishes, or of the last revision that it must not be older than
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err ids_settle(struct store *store, struct store_txn *txn, const char *domain, int64_t number,
		    const char *owner, time_t now, char id[ID_SIZE]);

/**
 * Warn of an id in the file of a switched domain that would make its reset fail.
 *
 * @return ERR_OK (complained about or not), ERR_STORE (cause logged)
 */
enum err ids_warn(struct store *store, const struct domain *domain, const struct configured *configured,
		  struct complaints *complaints);

#endif
