/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_INSTALL_H
#define CTL_ORDERS_INSTALL_H

/**
 * The command "cert install": a certificate and its key from files, or from an ACME client's hook.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/view.h"

/**
 * Read the files and hand them to the daemon, which checks them.
 *
 * A certificate of a hook that is for no policy host is passed over, which is said and is no failure.  What
 * the JSON library frees is overwritten from then on.
 *
 * @return RUN_DONE, RUN_NOT_DONE, RUN_USAGE, RUN_UNKNOWN
 */
enum run_status install_certificate(const struct run_view *view);

/** Print what was installed, what it is good for, what it replaced, and what to do next. */
enum err install_print(const struct print_view *view, json_t *reply);

#endif
