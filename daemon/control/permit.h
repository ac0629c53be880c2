/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_PERMIT_H
#define CONTROL_PERMIT_H

/**
 * Who may do what over the control socket, by the credentials the kernel gives.
 *
 * Threads: the main thread.
 */

#include "control/control.h"
#include "http/routes.h"
#include "store/switches.h"

#include <stdint.h>

/** The peer of a request. */
struct permit_peer {
	int64_t uid;
	char who[SWITCH_WHO_SIZE]; /**< "root (uid 0)" */
};

/** Describe a user for log and audit trail. */
struct permit_peer permit_describe(uid_t uid);

/**
 * Find out what who connected may do, by the credentials of that moment; for struct routes, whose context is
 * struct control.
 *
 * Root and the service's own user are owners, the operator group may order, the observer group may look.
 *
 * @param[in,out] peer  left alone when the kernel does not say
 */
void permit_identify(void *control, int fd, struct peer *peer);

/** Log a request that its peer may not make, rate-limited; for struct routes. */
void permit_log_forbidden(void *control, const struct request *request);

#endif
