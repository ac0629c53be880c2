/* SPDX-License-Identifier: ISC */
#ifndef STORE_OBSERVATIONS_H
#define STORE_OBSERVATIONS_H

/**
 * What DNS showed of a domain's TXT record when somebody looked: the last look as a whole, and of each
 * revision since when its id is right everywhere.
 *
 * Besides, the foreign ids: those that stood in DNS and that this host never published, of a host that had
 * the domain before, of another machine, of a time that a restored copy of the store does not know, or a slip
 * of the pen.  Of each domain the last one counts for the time that senders may hold something, and all of
 * them, up to a thousand, for what may never be an id of it.
 *
 * Threads: the clerk's.
 */

#include "policy/policy.h"
#include "policy/record.h"
#include "store/store.h"

/** What one address of one server said; strings are lent. */
struct observed_answer {
	const char *server;
	const char *address;
	enum verdict verdict; /**< VERDICT_UNKNOWN: the stored one is damaged */
	uint32_t ttl;         /**< seconds; 0 when nothing stands there */
	/**
	 * Of every record that stands there, alone or beside something else: the id of the domain's revision
	 * that it stands for, or else the id itself.
	 */
	const char (*id)[ID_SIZE];
	size_t id_count;
	const char *said;        /**< what stands there, or why nothing was heard; escaped */
	const char *beside;      /**< another text beside that, or a second record; escaped; "": none */
	const char *other_id;    /**< the id that stands there, when it is not the published one; or "" */
	enum record_named named; /**< RECORD_NAMED_UNKNOWN when the stored one is damaged */
};

/** One look; strings are lent. */
struct observation {
	time_t at;
	const char *id; /**< that was published then */
	enum verdict verdict;
	const char *error; /**< why no server could be asked, or "" */
	bool keeps;        /**< when put, not right: what was seen before stands all the same */
	time_t right_at;   /**< when read: the last look that was right, as long as it stands; 0: none */
	const struct observed_answer *server;
	size_t server_count;
};

/**
 * Store a look, in place of the one before.
 *
 * When the id is right everywhere it counts as seen, from the first such look on.  Any other look ends that,
 * unless it keeps what was seen: the published id has to be seen anew.  An older id at any server ends it for
 * every id that is younger.
 *
 * @param domain  normalised; published
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err observations_put(struct store_txn *txn, const char *domain, const struct observation *observation);

/**
 * Call with the last look at a domain, without its servers; not at all when there was none.
 *
 * @return what the call returned, ERR_OK without one, ERR_STORE (cause logged), or ERR_NO_MEMORY
 */
enum err observations_last(struct store *store, const char *domain,
			   enum err (*call)(void *context, const struct observation *observation),
			   void *context);

/**
 * Call with each server of the last look, in its order, until it returns something else than ERR_OK; without
 * their ids.
 *
 * @return what the last call returned, or ERR_STORE (cause logged)
 */
enum err observations_each_server(struct store *store, const char *domain,
				  enum err (*each)(void *context, const struct observed_answer *server),
				  void *context);

/** Forget the last look at a domain.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err observations_remove(struct store_txn *txn, const char *domain);

/** The last foreign id of a domain of which nobody told what was served under it. */
struct foreign {
	char id[ID_SIZE]; /**< "": there never was one, and the rest does not count */
	time_t last_at;   /**< when any such id was last seen */
	uint32_t ttl;     /**< longest TTL that one was seen with, seconds */
};

/**
 * Store an id that stands in DNS, unless the domain has published it.
 *
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err observations_put_foreign(struct store_txn *txn, const char *domain, const char *id, time_t now,
				  uint32_t ttl);

/** Tell whether there is one of a domain, told of or not.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err observations_has_foreign(struct store *store, const char *domain, bool *any);

/** The last one of a domain.  Returns ERR_OK, ERR_STORE (cause logged). */
enum err observations_last_foreign(struct store *store, const char *domain, struct foreign *foreign);

/** A foreign id, and what another host served under it. */
struct foreign_told {
	const char *id; /**< lent */
	time_t last_at; /**< when it was last seen, or told of */
	uint32_t ttl;   /**< as of struct foreign */
	enum mode mode; /**< MODE_UNKNOWN: what is stored is damaged */
	uint32_t max_age;
};

/**
 * Store what another host served under an id, seen or not: that counts then, instead of a year of enforce. If
 * something else was told of it before, the longer of both counts.
 *
 * @param id  that the domain never published
 * @return ERR_OK, ERR_STORE (cause logged)
 */
enum err observations_tell_foreign(struct store_txn *txn, const char *domain,
				   const struct foreign_told *told);

/**
 * Call with each foreign id of which it was told, until it returns something else than ERR_OK.
 *
 * @return what the last call returned, or ERR_STORE (cause logged)
 */
enum err observations_each_told(struct store *store, const char *domain,
				enum err (*each)(void *context, const struct foreign_told *told),
				void *context);

/** Tell whether it was told what another host served under an id.  Returns ERR_OK, ERR_STORE (cause logged).
 */
enum err observations_is_told(struct store *store, const char *domain, const char *id, bool *told);

/** Tell whether an id ever stood in DNS that the domain had not published.  Returns ERR_OK, ERR_STORE (cause
 * logged). */
enum err observations_is_foreign(struct store *store, const char *domain, const char *id, bool *seen);

#endif
