/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_BODY_H
#define CONTROL_BODY_H

/**
 * What a request says: its JSON body, and its query string.
 *
 * Threads: the clerk's.
 */

#include "api/shape.h"
#include "http/routes.h"

/**
 * Read the body as one JSON object whose members are fields of a shape: none unknown, none repeated, each of
 * its type.
 *
 * @param[out] root  the object, to be released in any case; NULL on error
 * @return false when the answer holds the error: which field, what is wrong, what to write instead
 */
bool body_read(const struct request *request, const struct shape *shape, struct answer *answer,
	       json_t **root);

/**
 * Check an object inside of a body in the same way.
 *
 * @return false when the answer holds the error
 */
bool body_check_object(json_t *object, const struct shape *shape, struct answer *answer);

/**
 * Undo the percent-encoding of a part of a URL.
 *
 * @param[out] out  size bytes at most
 * @return false when it is malformed, does not fit, or holds a NUL
 */
bool body_decode(const char *encoded, char *out, size_t size);

#endif
