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

#include <stdbool.h>
#include <stdint.h>

/** The peer of a request. */
struct permit_peer {
	int64_t uid;
	char who[SWITCH_WHO_SIZE]; /**< "root (uid 0)" */
};

/**
 * Tell whether the peer may look: whoever may order, and the observer group.  When not, the answer is made
 * and logged.
 */
bool permit_look(const struct control *control, const struct request *request, struct answer *answer);

/**
 * Tell whether the peer may order: root, the service's own user, the operator group.  When not, the answer is
 * made and logged.
 *
 * @param[out] peer  who it is; written when true is returned
 */
bool permit_order(const struct control *control, const struct request *request, struct answer *answer,
		  struct permit_peer *peer);

/** Tell whether a peer may do anything at all; for struct routes, whose context is struct control. */
bool permit_connect(void *control, int fd);

#endif
