/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_AWAITING_H
#define CTL_SHOW_AWAITING_H

/**
 * Certificates that are awaited, in words: what keeps each, how the ordering goes as a whole, and what to do.
 *
 * Threads: any.
 */

#include "api/ordering.h"
#include "api/shape_status.h"
#include "ctl/cli/table.h"

/** Its state; 0: one of a newer daemon, which is not known here. */
enum ordering_state awaiting_state(const struct api_certificate_order *order);

/** The words of its state, or what stands for it in the API. */
const char *awaiting_words(const struct api_certificate_order *order);

/** Append what keeps a certificate, "the last order failed, next try 2026-12-01T04:10:00Z: HTTP 500". Returns
 * ERR_OK, ERR_NO_MEMORY. */
enum err awaiting_say(const struct api_certificate_order *order, struct text *out);

/** Put the line about the ordering as a whole; none where nothing was reported and nothing is missing, or the
 * daemon does not know of it. */
void awaiting_put(struct table *table, const struct api_covering *all);

/** Tell whether awaiting_advise() has something to say. */
bool awaiting_has_advice(const struct api_covering *all);

/** Print what to do about the ordering as a whole, or else about the domain that is worst off. */
void awaiting_advise(FILE *out, const struct api_covering *all);

/** The same about one domain. */
void awaiting_advise_on(FILE *out, const struct api_certificate_order *order);

/**
 * Print the domains without a certificate with what keeps each, the worst first, then the renewals that are
 * kept, of both no more than PRINT_SOME; and what to do next.
 *
 * @return ERR_OK, ERR_SYNTAX, ERR_NO_MEMORY
 */
enum err awaiting_print(FILE *out, const json_t *uncovered, const json_t *orders);

#endif
