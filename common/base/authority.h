/* SPDX-License-Identifier: ISC */
#ifndef BASE_AUTHORITY_H
#define BASE_AUTHORITY_H

/**
 * The words for certificate authorities, as settings and options have them.
 *
 * Threads: any.
 */

#include <stdbool.h>

/** The authority that is asked unless the settings name another. */
#define AUTHORITY_LETSENCRYPT "https://acme-v02.api.letsencrypt.org/directory"

/** So many may be listed, in order of preference. */
#define AUTHORITY_MOST 4

/** The URL of the directory that a word stands for, "letsencrypt" or "staging"; what is neither is one. */
const char *authority_url(const char *word);

/** Tell whether a word or URL is known to be for trials: nobody trusts the certificates. */
bool authority_is_for_trials(const char *word);

#endif
