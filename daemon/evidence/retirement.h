/* SPDX-License-Identifier: ISC */
#ifndef EVIDENCE_RETIREMENT_H
#define EVIDENCE_RETIREMENT_H

/**
 * Where a domain stands on its way from enforce to nothing, from what was published, what was fetched, and
 * what DNS showed.
 *
 * Threads: the clerk's.
 */

#include "core/registry.h"

enum retirement_state {
	RETIREMENT_OFF = 1,    /**< the published mode is not none: nothing is being retired */
	RETIREMENT_PUBLISHING, /**< nobody looked into DNS since the published revision is there */
	RETIREMENT_WAITING,    /**< its id is not, or no longer, right at every server */
	RETIREMENT_DRAINING,   /**< senders may hold an older revision until safe_at */
	RETIREMENT_CONFIRMING, /**< safe_at is over: one more right look at DNS, by this run of the daemon, is
				  missing */
	RETIREMENT_SAFE,       /**< nobody holds anything: record, host and certificate may go */
};

/** The size of a table that has a row for each. */
#define RETIREMENT_STATES (RETIREMENT_SAFE + 1)

/** The last look into DNS since the published revision is there. */
struct retirement_look {
	time_t at; /**< 0: there was none, and the rest does not count */
	enum verdict verdict;
	bool asked;      /**< whether any name server was */
	time_t right_at; /**< the last one that was right; 0: none, or what it saw stands no more */
};

/** The older revision that senders may hold longest. */
struct retirement_held {
	char id[ID_SIZE];      /**< "": not known, or there is none */
	enum mode mode;        /**< MODE_UNKNOWN: there is none, and the rest does not count */
	uint32_t max_age;      /**< seconds */
	time_t last_served_at; /**< 0: it never was */
	bool foreign; /**< DNS showed its id, and this host never published it: taken for a year of enforce */
	bool elsewhere;      /**< another host served it, as adopt was told */
	bool unknown_before; /**< what another host may have had before nobody knows: taken for the same */
};

struct retirement {
	enum retirement_state state;
	time_t safe_at;      /**< 0: not known before the published id was seen everywhere */
	time_t else_safe_at; /**< the same, if held is foreign and was only a typo, or nothing was before */
	uint32_t wait;       /**< seconds, as in struct retire */
	time_t seen_at;      /**< since when the published id is right everywhere; 0: it is not */
	struct retirement_look look;
	struct retirement_held held;
};

/** One state in a word for JSON: "publishing", ...; NULL for RETIREMENT_OFF. */
const char *retirement_text(enum retirement_state state);

/**
 * Find out where a published domain stands.
 *
 * A look into DNS counts as the last confirmation only when this run of the daemon took it: the state may
 * have been restored from a copy, that does not know what was published since.
 *
 * @param since  when this run began
 * @return ERR_OK, ERR_STORE (cause logged), ERR_NO_MEMORY
 */
enum err retirement_of(struct store *store, const struct domain *domain, time_t now, time_t since,
		       struct retirement *retirement);

/**
 * Find out the state alone, as retirement_of() does, but at little cost while nobody has looked: of a domain
 * whose history is damaged that may not be noticed before.
 */
enum err retirement_state(struct store *store, const struct domain *domain, time_t now, time_t since,
			  enum retirement_state *state);

/**
 * How long everything has to stay in place after a domain's record became visible everywhere and the old
 * record's TTL is over.
 *
 * @param replaced  whether what is published now is about to be replaced by a revision that nobody saw yet
 * @param[out] wait  seconds; 0: nobody can hold anything older
 * @return ERR_OK, ERR_STORE (cause logged), ERR_NO_MEMORY
 */
enum err retirement_wait(struct store *store, const char *domain, time_t now, bool replaced, uint32_t *wait);

#endif
