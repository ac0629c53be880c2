/* SPDX-License-Identifier: ISC */
#ifndef CORE_IDS_H
#define CORE_IDS_H

/**
 * Which id a new revision gets: one that its domain never had.
 *
 * Threads: the main thread.
 */

#include "core/target.h"

/** The id that the domain's file sets, "" when it sets none or a switch overrides what the file says. */
const char *ids_wished(const struct domain *domain, const struct wish *wish);

/**
 * Choose the id of a domain's next revision: the one its file sets, or else the next by time
 * (policy/record.h).
 *
 * @return ERR_OK, ERR_REFUSED (the file's id belongs to another revision; complained about), ERR_STORE (cause
 * logged)
 */
enum err ids_choose(struct store *store, const struct domain *domain, const struct wish *wish, time_t now,
		    struct complaints *complaints, char id[ID_SIZE]);

/**
 * Warn of an id in the file of a switched domain that would make its reset fail.
 *
 * @return ERR_OK (complained about or not), ERR_STORE (cause logged)
 */
enum err ids_warn(struct store *store, const struct domain *domain, const struct configured *configured,
		  struct complaints *complaints);

#endif
