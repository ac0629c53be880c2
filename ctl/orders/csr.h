/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_CSR_H
#define CTL_ORDERS_CSR_H

/**
 * The command "cert request": a certificate request (PKCS#10) for a key that the daemon has and keeps.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/print.h"
#include "ctl/cli/view.h"

/** Print the request alone to standard output, and what it is for and what to do next to standard error. */
enum err csr_print(const struct print_view *view, json_t *reply);

#endif
