/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_CONFIGURED_H
#define CONFIG_CONFIGURED_H

/**
 * What a domain file says about one domain.
 */

#include "policy/policy.h"
#include "policy/record.h"

#include <stdbool.h>

/** One configured domain. */
struct configured {
	const char *domain;          /**< normalised */
	const struct policy *policy; /**< may be shared with other domains of the same file */
	char id[ID_SIZE];            /**< the id that the operator set for this policy, or "" */
	const char *source;          /**< path of the domain file; domains of one file share the string */
	const char *file;            /**< path where it is named: the same, or one that is included */
	unsigned line;               /**< where the domain is named, or 0 when the file's name does it */
	bool refused; /**< named at two places: neither counts, and the last revision goes on */
};

#endif
