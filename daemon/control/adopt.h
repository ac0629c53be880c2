/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_ADOPT_H
#define CONTROL_ADOPT_H

/**
 * The route by which a client hands over what another host serves of domains.
 *
 * Threads: the clerk's.
 */

#include "control/action.h"

/** POST /v1/adopt: go on with policies of another host, under their ids. */
action_run adopt_take;

#endif
