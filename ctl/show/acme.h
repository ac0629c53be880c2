/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_ACME_H
#define CTL_SHOW_ACME_H

/**
 * How to get a certificate for a policy host with the usual ACME clients, as lines for a shell.
 *
 * Threads: any.
 */

#include <stdio.h>

/**
 * Print how certbot, lego and uacme get the first certificate and hand it over; nothing for what is no
 * domain.
 *
 * @param domain  the policy domain
 */
void acme_print_first(FILE *out, const char *domain);

/** Print how they renew it; of a certificate whose host is a wildcard only what does not depend on it. */
void acme_print_renewal(FILE *out, const char *host);

#endif
