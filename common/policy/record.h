/* SPDX-License-Identifier: ISC */
#ifndef POLICY_RECORD_H
#define POLICY_RECORD_H

/**
 * The TXT record of a domain (RFC 8461, section 3.1): where it is, and what it says as a name server tells
 * it.
 *
 * Threads: any.
 */

#include "policy/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** Longest owner name of a record, bytes (RFC 1035, section 2.3.4), and the room for it and its end. */
#define OWNER_MAX  253
#define OWNER_SIZE (OWNER_MAX + 1)

/** Label that makes the owner name of a domain's own record (RFC 8461, section 3.1). */
#define OWNER_PREFIX "_mta-sts."

/** Write the owner name of a domain's own record; returns owner. */
const char *record_owner(const char *domain, char owner[OWNER_SIZE]);

/**
 * Bring the owner name of a record into its one form: lower case, no trailing dot.
 *
 * Labels of 1 .. 63 letters, digits, hyphens and underscores, at least two: what can stand in a zone or a
 * script without any quoting.
 *
 * @return ERR_OK, ERR_SYNTAX
 */
enum err record_owner_normalise(const char *name, char owner[OWNER_SIZE]);

/** What stands at the name, compared with the id that is published; from the best to the worst. */
enum verdict {
	VERDICT_UNKNOWN,     /**< none was given, or it cannot be read */
	VERDICT_RIGHT,       /**< one record, and it has the published id */
	VERDICT_UNREACHABLE, /**< nobody said anything */
	VERDICT_MISSING,     /**< nothing stands there */
	VERDICT_MALFORMED,   /**< a text that is meant to be a record and is none, and no other record */
	VERDICT_OTHER_TEXT,  /**< nothing that is meant to be a record, but something else */
	VERDICT_TWO_RECORDS, /**< more than one record: senders take none of them */
	VERDICT_OLD_ID,      /**< one record with another id */
	VERDICT_SKIPPED,     /**< nobody was asked: this machine has no way to that address */
};

/** The size of a table that has a row for each. */
#define VERDICT_COUNT (VERDICT_SKIPPED + 1)

/** Most TXT records at one server that are looked at. */
#define RECORD_TEXTS_MAX 16

/** Most servers of one domain. */
#define RECORD_SERVERS_MAX 64

/** Where a zone's name server is named (RFC 1034, section 4.2.1): senders may go by either list. */
enum record_named {
	RECORD_NAMED_UNKNOWN, /**< one of the two lists could not be had */
	RECORD_NAMED_BOTH,
	RECORD_NAMED_ZONE,  /**< by the zone itself, and not by the zone above */
	RECORD_NAMED_ABOVE, /**< by the zone above, and not by the zone */
};

/** The size of a table that has a row for each. */
#define RECORD_NAMED_COUNT (RECORD_NAMED_ABOVE + 1)

/** One place in a word for JSON and the store: "both", "zone", "zone_above"; "" for one that is unknown. */
const char *record_named_text(enum record_named named);

/** Find a place by its word: ERR_OK, ERR_SYNTAX. */
enum err record_named_parse(const char *text, enum record_named *named);

/** What one address of one server answered when it was asked for the record; strings are lent. */
struct record_answer {
	const char *server;                  /**< its name; or that whose zone no server is known of */
	const char *address;                 /**< "" when it has none */
	const char *texts[RECORD_TEXTS_MAX]; /**< the TXT records; none when nothing stands there */
	size_t text_count;
	uint32_t ttl;      /**< longest of the TXT records and of the CNAMEs that led there, seconds */
	const char *error; /**< why it said nothing that can be used, or NULL */
	bool skipped;      /**< who asked has no way to that address family */
	enum record_named named;
};

/** One verdict in a word for JSON and the store: "right", "old_id", ...; "unknown" for what is none. */
const char *verdict_text(enum verdict verdict);

/** Find a verdict by its word: ERR_OK, ERR_SYNTAX. */
enum err verdict_parse(const char *text, enum verdict *verdict);

/**
 * Read one TXT record.
 *
 * @param text  all strings of the record, joined
 * @param[out] id  its id
 * @return ERR_OK, ERR_SYNTAX (meant to be a record, and malformed), ERR_NOT_FOUND (something else)
 */
enum err record_parse(const char *text, char id[ID_SIZE]);

/** What is wrong with a text that record_parse() refuses as malformed, "has no id"; static, NULL for any
 * other text. */
const char *record_fault(const char *text);

/** What stands at the name on one server, read as senders do. */
struct record_reading {
	enum verdict verdict;
	const char *record; /**< the text that counts, or is meant to; of two records the first; NULL: there
			       is none */
	const char *beside; /**< of two records the second; else another text, which senders discard; NULL:
			       none */
};

/** Sort texts: name servers tell them in any order, and people should not see them change places. */
void record_sort(const char *texts[], size_t count);

/**
 * Judge what one server has at the name.
 *
 * Senders discard every record that does not begin with "v=STSv1;", and take none when more than one is left
 * (RFC 8461, section 3.1).
 *
 * @param texts  every TXT record there
 * @param published  the id that should be there
 */
struct record_reading record_read(const char *const texts[], size_t count, const char *published);

#endif
