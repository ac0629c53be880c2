/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_METRICS_DOMAINS_H
#define CONTROL_METRICS_DOMAINS_H

/**
 * The numbers of each single domain, as Prometheus reads them.
 *
 * Threads: the main thread.
 */

#include "control/exposition.h"
#include "core/reload.h"

/** Append the samples of every published domain; what fails shows in the exposition. */
void metrics_domains_add(struct exposition *exposition, const struct host *host);

#endif
