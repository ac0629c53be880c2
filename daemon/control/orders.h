/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_ORDERS_H
#define CONTROL_ORDERS_H

/**
 * The routes that change domains; each is an action of a row of control/api.c.
 *
 * An answer of status 200 is an acknowledgement: what it says is on disk and is what every request gets that
 * begins later.  After any other status but 500 "unknown" nothing has changed.
 *
 * Threads: the clerk's.
 */

#include "control/action.h"

/** POST /v1/switch: switch domains to a mode. */
action_run orders_switch;

/** POST /v1/nothing-before: no other host ever published a policy of domains. */
action_run orders_nothing_before;

/** POST /v1/reset: let the files decide again. */
action_run orders_reset;

/** POST /v1/undo: take an order back. */
action_run orders_undo;

/** POST /v1/forget: serve domains no more. */
action_run orders_forget;

/** POST /v1/certificates: install a certificate with its key. */
action_run orders_install;

/** POST /v1/reload: read all files again. */
action_run orders_reload;

#endif
