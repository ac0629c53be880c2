/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_CLIENTS_H
#define CTL_SHOW_CLIENTS_H

/**
 * How certificates are got, by cert obtain and by the usual ACME clients, as lines for a shell.
 *
 * Threads: any.
 */

#include <stdbool.h>
#include <stdio.h>

/** How an authority is agreed to, once, and all certificates that are missing ordered; the domain comes
 * behind it. */
#define CLIENTS_AGREE "mta-stsctl cert obtain --agree --email postmaster@"

/** Tell whether it is a domain and nothing else, which may be put into a line for a shell. */
bool clients_is_domain(const char *domain);

/**
 * Print how the first certificates are obtained, and how another ACME client does it; nothing for what is no
 * domain.
 *
 * @param domain  the policy domain
 */
void clients_print_first(FILE *out, const char *domain);

/** Print how they renew it; of a certificate whose host is a wildcard only what does not depend on it. */
void clients_print_renewal(FILE *out, const char *host);

#endif
