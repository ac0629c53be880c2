/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_ROUNDS_H
#define CONTROL_ROUNDS_H

/**
 * What keeps certificates, as the program that orders them reports it round by round, and how it is shown.
 *
 * Threads: the clerk's.
 */

#include "api/shape_ordering.h"
#include "control/action.h"
#include "core/awaited.h"

/**
 * POST /v1/certificates/orders: take what keeps domains' certificates, and how a round went.
 *
 * Nothing is taken of a report with anything wrong in it.  When it tells of a round, and more or fewer
 * domains fail than when that was last logged, or another problem keeps all of them, that is logged.
 */
action_run rounds_take;

/** Fill in what is known of an order; its strings are lent. */
void rounds_show_order(const struct awaited_order *order, struct api_certificate_order *shown);

/** The same of a domain, or none of it. */
void rounds_show_domain(const struct host *host, const char *domain, struct api_certificate_order *shown);

/** Fill in the ordering as a whole, for the status; it has to be written, which takes its JSON. */
void rounds_show(const struct host *host, struct api_ordering *shown);

#endif
