/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_API_H
#define CONTROL_API_H

/**
 * What an operator may ask over the control socket: mta-stsd-api(7), version 1.
 *
 * Threads: the clerk's.
 */

#include "control/control.h"

/** The control routes; control is lent as long as they are used. */
struct routes api_routes(struct control *control);

#endif
