/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_BODY_H
#define CONTROL_BODY_H

/**
 * What a request says: its JSON body, and its query string.
 *
 * Threads: the main thread.
 */

#include "http/routes.h"

#include <jansson.h>

/** Types of fields, with their own words in complaints. */
enum body_type { BODY_STRING, BODY_INTEGER, BODY_BOOLEAN, BODY_STRINGS, BODY_OBJECTS, BODY_TYPES };

/** One field that a body may have. */
struct body_field {
	const char *name; /**< NULL: the table ends */
	enum body_type type;
	bool required;
};

/**
 * Read the body as one JSON object whose members are fields of a table: none unknown, none repeated, each of
 * its type.
 *
 * @param[out] root  the object, to be released in any case; NULL on error
 * @return false when the answer holds the error: which field, what is wrong, what to write instead
 */
bool body_read(const struct request *request, const struct body_field fields[], struct answer *answer,
	       json_t **root);

/**
 * Check an object inside of a body in the same way.
 *
 * @return false when the answer holds the error
 */
bool body_check_object(json_t *object, const struct body_field fields[], struct answer *answer);

/**
 * Undo the percent-encoding of a part of a URL.
 *
 * @param[out] out  size bytes at most
 * @return false when it is malformed, does not fit, or holds a NUL
 */
bool body_decode(const char *encoded, char *out, size_t size);

#endif
