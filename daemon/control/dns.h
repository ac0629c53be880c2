/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_DNS_H
#define CONTROL_DNS_H

/**
 * The route by which a program that looked into DNS tells what it saw; an action of a row of
 * control/api.c.
 *
 * Threads: the clerk's.
 */

#include "control/action.h"

/** POST /v1/dns: judge and store what was seen. */
action_run dns_take;

#endif
