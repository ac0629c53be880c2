/* SPDX-License-Identifier: ISC */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

/**
 * An answer as libmicrohttpd takes it.
 *
 * Threads: that of the library's instance.
 */

#include "http/routes.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * Hand an answer to the library, with "Cache-Control: no-store".
 *
 * The answer is emptied: what it owned or borrowed is freed or given back when the library has sent it, or at
 * once on failure.
 *
 * @return false when the library would not have it (no memory): close without an answer
 */
bool reply_queue(struct MHD_Connection *connection, struct answer *answer);

/** Leave a target as it came, as MHD_OPTION_UNESCAPE_CALLBACK. */
size_t reply_keep_escapes(void *nothing, struct MHD_Connection *connection, char *string);

#endif
