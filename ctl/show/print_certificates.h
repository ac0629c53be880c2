/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_PRINT_CERTIFICATES_H
#define CTL_SHOW_PRINT_CERTIFICATES_H

/**
 * The reply to "cert list".
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/cli/print.h"

#include <jansson.h>

/**
 * Print a table of the certificates, then the domains without one and how to get one.
 *
 * @return ERR_OK, ERR_SYNTAX (the reply is not what the API promises; nothing useful is printed),
 * ERR_NO_MEMORY
 */
enum err print_certificates(const struct print_view *view, json_t *reply);

#endif
