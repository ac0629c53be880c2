/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_CAA_H
#define CTL_ACME_CAA_H

/**
 * What the CAA records at one name mean for an authority (RFC 8659, with the parameters of RFC 8657).
 *
 * Pure functions; the texts are a stranger's.
 *
 * Threads: any.
 */

#include "base/names.h"

/** Who would issue a certificate, for whom, and how the name would be proven. */
struct caa_issuer {
	const struct names *identities; /**< its names in CAA records; none: they are not known */
	const char *account;            /**< URI of the account; NULL: not known */
	const char *method;             /**< "tls-alpn-01" */
};

enum caa_verdict {
	CAA_NONE = 1, /**< there are no records: those of the name above count */
	CAA_ALLOWED,
	CAA_FORBIDDEN,
};

/**
 * Judge a set of records.
 *
 * What cannot be decided does not forbid: who the authority is where its identities are not known, and
 * whether an account is the right one where it is not known.
 *
 * @param records  as struct ask_record has them: "0 issue letsencrypt.org"
 * @param[out] which  on CAA_FORBIDDEN the record that is to blame: the critical one that nobody knows, or the
 *                    first that says who may issue
 */
enum caa_verdict caa_judge(const char *const records[], size_t count, const struct caa_issuer *issuer,
			   const char **which);

#endif
