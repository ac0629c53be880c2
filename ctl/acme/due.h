/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_DUE_H
#define CTL_ACME_DUE_H

/**
 * When the certificate of one policy host may be ordered next, and how urgent that is.
 *
 * Pure functions: what time it is, and a seed, are told to them.  The limits of an authority are the
 * business of ctl/acme/budget.h.
 *
 * A renewal is due when a third of the certificate's lifetime is left, or earlier: each name has its moment,
 * which comes back a little sooner than every two thirds of a lifetime, and is renewed at the last of these
 * moments before the third begins.  So renewals are even over time, also when all certificates were made at
 * once; those are spread over half a lifetime.
 *
 * Where the authority suggests a window (RFC 9773, section 4.2), the name's moment is one in there instead;
 * but whatever it suggests, a certificate is renewed when it expires soon.
 *
 * Threads: any.
 */

#include "policy/policy.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** What is known of one name; times that never came are 0. */
struct due_name {
	const char *host; /**< the policy host: it decides the moment */
	enum mode mode;   /**< of its published policy */
	time_t not_before;
	time_t not_after;   /**< of the certificate that it has; 0: it has none */
	bool is_foreign;    /**< another program renews that one: we do when it expires soon */
	time_t window_from; /**< the authority suggests to renew it from then ... */
	time_t window_to;   /**< ... to then; 0: it suggests nothing */
	time_t tried;       /**< when it was last ordered without success */
	unsigned failures;  /**< how often in a row; 0: the last order succeeded, or there was none */
	time_t first_tried; /**< the first time of these */
	bool is_held_back;  /**< the last look before ordering found that an order cannot succeed */
};

/** The most urgent first. */
enum urgency {
	URGENCY_REFUSED = 1, /**< no valid certificate, and senders that enforce refuse to deliver */
	URGENCY_BARE,        /**< no valid certificate */
	URGENCY_ENDING,      /**< it expires soon */
	URGENCY_ORDINARY,    /**< a renewal in time, or nothing to do */
};

/** The size of a table that has a row for each. */
#define URGENCY_COUNT (URGENCY_ORDINARY + 1)

/** Why a name is due when it is. */
enum due_why {
	DUE_NO_CERTIFICATE = 1, /**< it has none */
	DUE_EXPIRED,            /**< it has one that has expired */
	DUE_ENDING,             /**< the certificate expires soon: it is asked for often */
	DUE_RENEWAL,            /**< the renewal of a valid certificate */
	DUE_SUGGESTED,          /**< the same, earlier than by itself, since the authority asks for it */
	DUE_AGAIN,              /**< the last order failed: tried again, at growing intervals */
	DUE_RARELY,             /**< every order has failed for long: tried once a week */
};

/** The size of a table that has a row for each. */
#define DUE_WHY_COUNT (DUE_RARELY + 1)

/**
 * Who comes first among those that are equally urgent: what was tried once or twice comes back soon, and
 * what fails on and on does not take the room of names that have not been tried, nor does what is held back
 * take the time of looking at others.
 */
enum due_turn { TURN_AGAIN = 1, TURN_USUAL, TURN_LAST, TURN_HELD_BACK };

struct due {
	time_t at; /**< not to be ordered before; 0: at once */
	enum urgency urgency;
	enum due_turn turn;
	enum due_why why;
	uint32_t among; /**< who comes first where many are held back: anew every ten minutes */
};

/** Failures in a row take this long until a name is tried once a week, seconds. */
#define DUE_LONG (14 * 86400)

/**
 * Tell when a name may be ordered next.
 *
 * @param seed  the same at every call of one installation, so that names keep their moments
 */
struct due due_next(const struct due_name *name, time_t now, uint64_t seed);

/** When a certificate that was made without trouble is renewed; at its expiry at the latest. */
time_t due_renewal(const struct due_name *name, uint64_t seed);

/** From when on a certificate counts as one that expires soon: a ninth of its lifetime is left. */
time_t due_ending(const struct due_name *name);

/** A reason in words, such as "certificate has expired"; never NULL. */
const char *due_text(enum due_why why);

/** The same as a code for programs, mta-stsctl(1); never NULL. */
const char *due_code(enum due_why why);

/** An urgency as such a code; never NULL. */
const char *due_urgency_code(enum urgency urgency);

#endif
