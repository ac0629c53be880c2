/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_REFUSAL_H
#define CTL_ACME_REFUSAL_H

/**
 * What the words of an authority, by which it refused an order, mean for its budget.
 *
 * Pure functions: words in, entry out.  The words are a stranger's.
 *
 * Threads: any.
 */

#include "ctl/acme/budget.h"

/** How long to wait when an authority limits orders and does not say until when, seconds. */
#define REFUSAL_WAIT 3600

/**
 * Tell what a refusal means: which entry ends the order, and which one, if any, asks to wait.
 *
 * Types of problems are those of RFC 8555, section 6.7; the end of a wait is read where Let's Encrypt writes
 * it, "retry after 2026-12-01 00:00:00 UTC".
 *
 * @param words  all that is known of it, of any length
 * @param order  the entry of the order: its domain and host are lent to those below
 * @param now  when the words came
 * @param[out] result  ENTRY_FAILED (a validation failed) or ENTRY_REFUSED
 * @param[out] wait  its what is 0: it is not asked to wait
 */
void refusal_read(const char *words, const struct entry *order, time_t now, struct entry *result,
		  struct entry *wait);

#endif
