/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_BUDGET_H
#define CTL_ACME_BUDGET_H

/**
 * What a certificate authority allows one account, what of it has been spent, and when the next order may be
 * sent.
 *
 * What happens is told by entries, each of them one line of a ledger (ctl/acme/ledger.h): the same entries
 * taken again, after a restart, make the same budget.  An entry is to be on disk before the order that it
 * tells of is sent.  An order has one policy host, and one certificate.
 *
 * No clock and no file: the time is told.  Threads: any, one object a thread.
 */

#include "base/names.h"
#include "ctl/acme/keys.h"
#include "ctl/acme/limits.h"

/** No time that an authority asked for is waited for longer, seconds: no limit of one asks for more. */
#define BUDGET_WAIT_MOST ((time_t)(8 * 86400))

/** What an entry tells of; the words stand in ctl/acme/ledger.c. */
enum entry_what {
	ENTRY_NEW = 1,     /**< a first certificate is ordered: domain, host */
	ENTRY_RENEWAL,     /**< one for the same name as before is ordered: domain, host */
	ENTRY_ISSUED,      /**< it was made, and is in use: host */
	ENTRY_LOST,        /**< it was made, and could not be put into use: host */
	ENTRY_FAILED,      /**< the authority's validation failed: host */
	ENTRY_REFUSED,     /**< there is no certificate for another reason: host */
	ENTRY_WAIT,        /**< the authority asked to wait with everything: until */
	ENTRY_WAIT_DOMAIN, /**< or with a registered domain: domain, until */
	ENTRY_WAIT_HOST,   /**< or with a name: host, until */
	/* What is left of those above when a ledger is written anew: */
	ENTRY_WAS_NEW,     /**< domain */
	ENTRY_WAS_RENEWAL, /**< of any host */
	ENTRY_WAS_ISSUED,  /**< or lost: host */
	ENTRY_WAS_FAILED,  /**< host */
	ENTRY_TRIED,       /**< orders without success so far, the last one at when: host, tries, since */
	ENTRY_OPEN,        /**< the same, and the last one has no result: host, tries, since */
	/* What is never over: */
	ENTRY_MAKER, /**< the authority's certificates are issued by: maker */
};

/** The size of a table that has a row for each. */
#define ENTRY_COUNT (ENTRY_MAKER + 1)

/** What happened.  Strings are lent; members that what does not name are not looked at. */
struct entry {
	enum entry_what what;
	time_t when;
	const char *domain; /**< the registered domain of the host */
	const char *host;
	const char *maker; /**< as ctl/acme/maker.h has it */
	time_t until, since;
	unsigned tries;
};

TAILQ_HEAD(keys_open, key);

/** What was spent.  Begin with budget_begin(), end with budget_free(). */
struct budget {
	const struct limits *limits;
	struct keys domains, hosts;
	struct spent orders, renewals, issued, failed;
	struct keys_open open; /* hosts whose order has no result, the oldest first */
	struct names makers;
	time_t wait_until; /* of the authority as a whole */
	time_t wait_since; /**< since when it has asked for that again and again, and made none; 0: it has not
			    */
};

/** Begin with nothing spent. */
void budget_begin(struct budget *budget, const char *directory);

/**
 * Take an entry, as it happens or as a ledger tells it.
 *
 * @return ERR_OK, ERR_NO_MEMORY (it may have been taken in part: begin anew with the ledger)
 */
enum err budget_take(struct budget *budget, const struct entry *entry);

/**
 * When an order may be sent.
 *
 * @param order  ENTRY_NEW or ENTRY_RENEWAL, its domain and host, and now as when; without domain and host:
 * when any order of the kind may be sent, as far as the account is concerned
 * @param[out] limit  the one that asks for the longest wait; LIMIT_NONE: it may be sent at once; may be NULL
 * @return when, or now
 */
time_t budget_next(const struct budget *budget, const struct entry *order, enum limit *limit);

/** What is remembered of a host, to be handed to ctl/acme/due.h; NULL: nothing. */
const struct key *budget_host(const struct budget *budget, const char *host);

/** Tell whether so many certificates of a host were made within a day that another one has to wait for a
 * better reason than that the authority suggests it: two.  Nothing is known of one that is NULL. */
bool budget_is_busy(const struct budget *budget, const struct key *host, time_t now);

/** When a certificate of a host was made last, within a week or so; 0: it is not known, or was not. */
time_t budget_issued(const struct budget *budget, const char *host);

/** Tell whether it is known that the authority's certificates are made by this one. */
bool budget_has_maker(const struct budget *budget, const char *maker);

/**
 * Tell whether the order of a certificate in the place of one that was made by this one is a renewal for the
 * authority.  As long as nothing is known of an authority's own ones, it is.
 */
bool budget_renews(const struct budget *budget, const char *maker);

/** Forget what no limit asks for any longer. */
void budget_forget(struct budget *budget, time_t now);

/** Free what it holds. */
void budget_free(struct budget *budget);

#endif
