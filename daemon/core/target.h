/* SPDX-License-Identifier: ISC */
#ifndef CORE_TARGET_H
#define CORE_TARGET_H

/**
 * What a domain should publish: its file, overridden by its switch.
 *
 * Threads: any.
 */

#include "core/registry.h"

/** The max_age of a switch to none unless told otherwise, seconds: one day, as the field's recipe has it. */
#define TARGET_NONE_MAX_AGE 86400

/** What the operator wishes of one domain. */
struct wish {
	const struct configured *configured; /**< NULL: no file says anything that can be used */
	const struct switching *switching;   /**< its switch from now on; NULL: as it is */
	const struct policy *exact; /**< publish this, whatever file and switch say; NULL: what they say */
	const char *adopted; /**< under this id, which another host published it under; NULL: as usual */
};

/** The switch that a domain has when the wish is fulfilled; lent by either. */
const struct switching *target_switch(const struct domain *domain, const struct wish *wish);

/**
 * The policy that a wish comes to.
 *
 * A switch starts from the file, and from what is published when there is no file.  Without either switch or
 * file, what is published goes on.
 *
 * @param domain  for what is published now, and for its name in a complaint
 * @param[out] policy  freed with policy_free()
 * @return ERR_OK, ERR_REFUSED (a mode that needs mx lines and nothing says which, or too large; complained
 * about), ERR_NOT_FOUND (no file, nothing published), ERR_NO_MEMORY
 */
enum err target_policy(const struct domain *domain, const struct wish *wish, struct complaints *complaints,
		       struct policy **policy);

/** The path and line to complain under for a domain: its file, or else its name. */
void target_place(const struct domain *domain, const struct configured *configured, const char **file,
		  unsigned *line);

#endif
