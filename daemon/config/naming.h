/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_NAMING_H
#define CONFIG_NAMING_H

/**
 * A domain as an operator writes it, and what is wrong with it.
 *
 * Threads: any.
 */

#include "policy/domain.h"

/** What is wrong with a name that is no domain, and what to write instead. */
struct naming_fault {
	char what[160];
	char instead[2 * DOMAIN_SIZE + 80];
};

/**
 * Bring a name into the form of domain_normalise(); the names that are made from a domain are none.
 *
 * @param subject  what is complained about, such as "domain"
 * @param instead  what to write instead of a name that is no domain at all
 * @param[out] domain, fault  the one or the other
 */
bool naming_read(const char *subject, const char *name, const char *instead, char domain[DOMAIN_SIZE],
		 struct naming_fault *fault);

#endif
