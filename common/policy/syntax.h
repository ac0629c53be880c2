/* SPDX-License-Identifier: ISC */
#ifndef POLICY_SYNTAX_H
#define POLICY_SYNTAX_H

/**
 * A policy as text: read as other servers hold it, checked as a whole, and written as we publish it.
 *
 * Threads: any.
 */

#include "base/text.h"
#include "policy/policy.h"

/**
 * Largest file read, bytes: as much as senders read.  What is published of it is held to POLICY_TEXT_LIMIT.
 */
#define SYNTAX_BYTES_LIMIT 65536

/**
 * Read a policy file as the grammar of RFC 8461, section 3.2, has it.
 *
 * Lines end in LF or CRLF, fields stand in any order, blanks after the colon and at the end of a line are
 * fine.  What leaves no doubt is accepted with a warning, and not kept: blanks before a field or its colon,
 * empty lines, a field given twice, of which the first counts, and extension fields.  All that is wrong is
 * complained about in one pass, of lines that are no fields only the first few; what stands in a line that is
 * no field is not shown.
 *
 * @param bytes  len bytes of anything
 * @param file  name to complain under
 * @param[out] policy  freed with policy_free()
 * @return ERR_OK, ERR_SYNTAX (complained about), ERR_NO_MEMORY
 */
enum err syntax_parse(const char *bytes, size_t len, const char *file, struct complaints *complaints,
		      struct policy **policy);

/**
 * Check what only a whole policy can have wrong: that there is a mode, that mx lines are there if it needs
 * them, and that the text is not over POLICY_TEXT_LIMIT.
 *
 * @param line  where its mx is, or where the policy begins, for the complaint
 * @return ERR_OK, ERR_RANGE (complained about), ERR_NO_MEMORY
 */
enum err syntax_check(const struct policy *policy, const char *file, unsigned line,
		      struct complaints *complaints);

/**
 * Append the one form of a policy that every known sender reads: version, mode, mx lines, max_age; CRLF after
 * each line and nothing else (RFC 8461, section 3.2).
 *
 * The same policy always gives the same bytes.
 *
 * @return ERR_OK, ERR_SYNTAX (it has no mode), ERR_RANGE (over POLICY_TEXT_LIMIT), ERR_NO_MEMORY; on error
 * the text may hold a part of it
 */
enum err syntax_render(const struct policy *policy, struct text *out);

/**
 * Read mode and max_age of a text as syntax_render() writes it, at little cost.
 *
 * @return false: it is another one, for syntax_parse(); what was found then means nothing
 */
bool syntax_peek(const char *bytes, size_t len, enum mode *mode, uint32_t *max_age);

#endif
