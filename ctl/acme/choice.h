/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_CHOICE_H
#define CTL_ACME_CHOICE_H

/**
 * At which of several authorities a name is ordered: at the first, unless that keeps failing.
 *
 * Pure functions: what time it is is told to them.
 *
 * A name goes to the next authority when its orders at the one before fail on and on; and, unless it can
 * wait, when that one is silent, or wants everything to wait, for hours.  It changes no more than once a day.
 * Once it has a certificate, nothing of that counts any longer: the next time the first authority is asked
 * first.
 *
 * Threads: any.
 */

#include "ctl/acme/due.h"

#include <stddef.h>

/** What is known of one authority, for one name; times that never came are 0. */
struct choice_of {
	bool is_usable;      /**< orders can be sent there: there is an account */
	time_t silent;       /**< since when it has not answered; 0: it does, or it is time to ask again */
	time_t wait_until;   /**< it asked to wait with everything */
	time_t wait_since;   /**< since when it has asked for that again and again */
	time_t barred_until; /**< it asked to wait with the name, or the name has changed to another one */
	time_t tried;        /**< when the name was last ordered there without success */
	unsigned failures;   /**< how often in a row */
	time_t first_tried;  /**< the first time of these */
};

/**
 * Choose.
 *
 * @param all  in order of preference
 * @param count  1 ...
 * @return an index; that of one that is not usable only if none is
 */
size_t choice_next(const struct choice_of all[], size_t count, enum urgency urgency, time_t now);

/** A name that changes is barred from all others for so long, seconds. */
#define CHOICE_STAY ((time_t)86400)

/** Tell whether a name changes when it is ordered at one of them. */
bool choice_is_change(const struct choice_of all[], size_t count, size_t to);

#endif
