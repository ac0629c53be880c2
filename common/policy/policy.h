/* SPDX-License-Identifier: ISC */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

/**
 * A policy: what RFC 8461, section 3.2, lets a domain say.
 *
 * Threads: any, one object a thread while it changes.
 */

#include "base/complaints.h"
#include "base/names.h"

/** Largest max_age, seconds: about one year (RFC 8461, section 3.2). */
#define POLICY_MAX_AGE_LIMIT 31557600

/** Largest policy file served or accepted, bytes: one real sender cuts at 10 KiB without a word. */
#define POLICY_TEXT_LIMIT 10240

/** A policy with more mx patterns cannot fit: none takes less than "mx: a.b" and its line end. */
#define POLICY_MX_MAX (POLICY_TEXT_LIMIT / 9)

/** What nobody has said, or what cannot be read, is MODE_UNKNOWN, and is never published. */
enum mode { MODE_UNKNOWN, MODE_NONE, MODE_TESTING, MODE_ENFORCE };

/** The size of a table that has a row for each. */
#define MODE_COUNT (MODE_ENFORCE + 1)

struct policy {
	enum mode mode;
	uint32_t max_age; /**< seconds, 0 .. POLICY_MAX_AGE_LIMIT */
	struct names mx;  /**< patterns in the form mx_normalise() returns, in the operator's order */
};

/** Tell whether a value is one of the three modes. */
bool mode_is_valid(enum mode mode);

/** The word of a mode as it stands in a policy file: "none", "testing" or "enforce"; "unknown" for what is no
 * mode. */
const char *mode_text(enum mode mode);

/**
 * Read the word of a mode, exactly as mode_text() writes it.
 *
 * @return ERR_OK, ERR_SYNTAX
 */
enum err mode_parse(const char *text, enum mode *mode);

/** What to write instead of a word that mode_parse() refuses, as a sentence for a complaint; never NULL. */
const char *mode_hint(const char *text);

/** What to write instead of a max_age out of range, as a sentence for a complaint. */
#define POLICY_MAX_AGE_HINT "write seconds from 0 to 31557600 (one year); 604800 is a week"

/** A max_age below this is a warning, seconds: senders are expected to keep a policy for weeks (section 3.2).
 */
#define POLICY_MAX_AGE_SHORT 86400

/** Warn of what is legal in a policy, and not meant: a max_age under POLICY_MAX_AGE_SHORT, unless the mode is
 * none. */
void policy_warn(const struct policy *policy, const char *file, unsigned line, struct complaints *complaints);

/**
 * Add an mx pattern to a policy, or complain with a hint that fits what is wrong: an A-label for a U-label,
 * say.
 *
 * A pattern that the policy has already is dropped with a warning.  Several in one, with blanks, commas or
 * semicolons between them, are taken with a warning, up to one more than POLICY_MX_MAX of them in all.
 *
 * @param pattern  as the operator wrote it
 * @return ERR_OK, ERR_SYNTAX (complained about), ERR_NO_MEMORY
 */
enum err policy_add_mx(struct policy *policy, const char *pattern, const char *file, unsigned line,
		       struct complaints *complaints);

/**
 * Copy a policy.
 *
 * @param[out] copy  freed with policy_free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err policy_copy(const struct policy *policy, struct policy **copy);

/** Free a policy; NULL inside is fine. */
void policy_free(struct policy **policy);

#endif
