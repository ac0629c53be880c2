/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_FAILURE_H
#define CTL_CLI_FAILURE_H

/**
 * How a command ends that cannot go on, in words.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/view.h"

#include <stdio.h>

/**
 * Complain of ERR_SYNTAX (the daemon's reply is not what the API promises), ERR_IO (the output cannot be
 * written; errno tells why) or ERR_NO_MEMORY.
 *
 * @return RUN_NOT_DONE
 */
enum run_status failure_print(FILE *err, enum err what);

#endif
