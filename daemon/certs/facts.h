/* SPDX-License-Identifier: ISC */
#ifndef CERTS_FACTS_H
#define CERTS_FACTS_H

/**
 * What is known of a certificate and its key without their material: files, names, dates, kind, and whether
 * senders can use it.  No library is needed to keep facts, or to choose by them.
 *
 * Threads: any; facts of a pair in use never change.
 */

#include "base/complaints.h"
#include "base/names.h"

#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

/** The kinds of private keys that a certificate may have here, in the order in which we like to use them. */
enum key_kind { KEY_ECDSA = 1, KEY_RSA };

/** The size of a table that has a row for each. */
#define KEY_KINDS (KEY_RSA + 1)

/** The word of a kind, "ecdsa", as the API and file names have it. */
const char *key_kind_text(enum key_kind kind);

/** Sets of kinds: one bit each. */
#define KEY_BIT(kind) (1u << (kind))
#define KEY_ANY       (KEY_BIT(KEY_ECDSA) | KEY_BIT(KEY_RSA))

/** The size of a digest of what two files hold. */
#define FACTS_DIGEST_SIZE 32

/** The facts of one pair; lent by the pair, or by whoever gathers them. */
struct facts {
	const char *file;       /**< path of the certificate chain */
	const char *key_file;   /**< the same pointer when one file holds both */
	struct names names;     /**< DNS names of the leaf, normalised, sorted; "*." at most in front */
	const char *issuer;     /**< who issued the leaf (RFC 4514), visible ASCII and blanks */
	const char *renewal_id; /**< of the leaf (RFC 9773, section 4.1); NULL: it has none */
	enum key_kind key;
	bool doubted;    /**< whatever the date, some senders refuse it; facts_review() says why */
	bool disordered; /**< the file's chain is out of order */
	bool young; /**< a file had just been written when it was read: its stamp may be another's, too */
	time_t not_before, not_after;
	time_t issuers_not_before, issuers_not_after; /**< what the issuers leave of these dates */
	struct complaints doubts;                     /**< what makes some senders refuse it: warnings */
	uint64_t stamp, key_stamp;                    /**< of the files as they were read */
	uint8_t digest[FACTS_DIGEST_SIZE];            /**< of certificates and key, in DER */
};

/** A sum of what a stat tells: another for a file that was written, replaced, or given other rights. */
uint64_t facts_stamp(const struct stat *status);

/** Tell whether a file was written so shortly before it is read that its stamp may not change when it is
 * written again. */
bool facts_is_young(const struct stat *status, time_t now);

/** Tell whether one of the names is that of a host, or a wildcard that covers it. */
bool facts_cover(const struct facts *facts, const char *host);

/** Tell whether now lies between the leaf's dates. */
bool facts_are_valid(const struct facts *facts, time_t now);

/**
 * Tell whether nothing makes senders refuse it, as far as that can be seen from here: neither a doubt nor the
 * dates of its issuers.
 */
bool facts_are_sound(const struct facts *facts, time_t now);

/** Tell whether both files have the stamps of those that were read. */
bool facts_are_current(const struct facts *facts);

/** Warn about what is doubtful of a pair in use: dates, order of the chain, what some senders refuse. */
void facts_review(const struct facts *facts, time_t now, struct complaints *complaints);

/** Warn that a chain is out of order. */
void facts_warn_of_disorder(const char *path, struct complaints *complaints);

/** How near the expiry of a certificate is. */
enum expiry {
	EXPIRY_FINE = 1,
	EXPIRY_SOON,   /**< a third of the lifetime or less is left: renewal should have been done */
	EXPIRY_URGENT, /**< soon, and three days or less are left: somebody has to act */
	EXPIRY_EXPIRED,
};

/** The size of a table that has a row for each. */
#define EXPIRY_COUNT (EXPIRY_EXPIRED + 1)

/** The word of a stage, "soon", as the API and the metrics have it. */
const char *expiry_text(enum expiry stage);

/**
 * The stage of a certificate.
 *
 * @param not_before, not_after  its dates; it is valid at both
 */
enum expiry expiry_stage(time_t not_before, time_t not_after, time_t now);

/** Whole days that are left, rounded down; negative when it is over. */
long expiry_days_left(time_t not_after, time_t now);

#endif
