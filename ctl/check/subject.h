/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_SUBJECT_H
#define CTL_CHECK_SUBJECT_H

/**
 * One domain that is checked: what the daemon publishes of it, and what was found.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"
#include "base/names.h"
#include "ctl/check/finding.h"
#include "policy/policy.h"

#include <jansson.h>
#include <stdbool.h>

/** Zero-initialise; freed with subject_free(). */
struct subject {
	json_t *reply; /* owner of the strings */
	const char *domain;
	enum mode mode;
	const char *id;
	const char *policy; /**< the policy file as it is served */
	struct names mx;    /**< its patterns */
	bool certificate;   /**< one of the daemon's names the policy host */
	struct findings findings;
	enum err err; /**< why there are no findings, or not all of them */
};

/**
 * Read what GET /v1/domains/NAME replied.
 *
 * @param reply  taken over, whatever is returned
 * @param[out] subject  without findings yet
 * @return ERR_OK, ERR_SYNTAX (not what the API promises), ERR_NO_MEMORY
 */
enum err subject_load(json_t *reply, struct subject *subject);

/** Free everything and empty it. */
void subject_free(struct subject *subject);

#endif
