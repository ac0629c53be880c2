/* SPDX-License-Identifier: ISC */
#ifndef POLICY_PARSE_H
#define POLICY_PARSE_H

/**
 * Policy files as other servers hold them, and the texts we have published ourselves.
 *
 * Threads: any.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "policy/policy.h"

/**
 * Largest file read, bytes: as much as senders read.  What is published of it is held to POLICY_TEXT_LIMIT.
 */
#define PARSE_BYTES_LIMIT 65536

/**
 * Read a policy file as the grammar of RFC 8461, section 3.2, has it.
 *
 * Lines end in LF or CRLF, fields stand in any order, blanks after the colon and at the end of a line are
 * fine; of a field given twice the first counts (complained about as a warning), extension fields are
 * accepted with a warning and not kept.  All that is wrong is complained about in one pass, of lines that are
 * no fields only the first few; what stands in a line that is no field is not shown.
 *
 * @param bytes  len bytes of anything
 * @param file  name to complain under
 * @param[out] policy  freed with policy_free()
 * @return ERR_OK, ERR_SYNTAX (complained about), ERR_NO_MEMORY
 */
enum err parse_policy(const char *bytes, size_t len, const char *file, struct complaints *complaints,
		      struct policy **policy);

#endif
