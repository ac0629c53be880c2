/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_DNS_H
#define CONTROL_DNS_H

/**
 * The route by which a program that looked into DNS tells what it saw; a handler of http/routes.h whose
 * context is struct control.
 *
 * Threads: the main thread.
 */

#include "http/routes.h"

/** POST /v1/dns: judge and store what was seen. */
void dns_report(void *context, const struct request *request, struct answer *answer);

#endif
