/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_REPLY_H
#define CONTROL_REPLY_H

/**
 * Answers in JSON: plain values, and the words of every error of mta-stsd-api(7).
 *
 * Each value is new, or NULL without memory.
 *
 * Threads: the clerk's.
 */

#include "base/complaints.h"
#include "base/names.h"
#include "http/routes.h"

#include <jansson.h>

/** Every error code of the API. */
enum reply_error {
	REPLY_BAD_REQUEST,
	REPLY_FORBIDDEN,
	REPLY_UNKNOWN_ROUTE,
	REPLY_UNKNOWN_DOMAIN,
	REPLY_UNKNOWN_ENTRY,
	REPLY_WRONG_METHOD,
	REPLY_REFUSED,
	REPLY_TOO_LARGE,
	REPLY_PATH_TOO_LONG,
	REPLY_HEAD_TOO_LONG,
	REPLY_NOT_WRITTEN,
	REPLY_UNREADABLE,
	REPLY_UNKNOWN,
	REPLY_NO_MEMORY,
	REPLY_CODING,
	REPLY_BUSY,
	REPLY_STOPPED,
	REPLY_VERSION,
};

/** The size of a table that has a row for each. */
#define REPLY_ERRORS (REPLY_VERSION + 1)

/**
 * Answer 200 with a JSON value.
 *
 * @param json  taken over; NULL, or anything that cannot be written, is answered as REPLY_NO_MEMORY
 */
void reply_json(struct answer *answer, json_t *json);

/** The same, of an order that was carried out: without memory that is REPLY_UNKNOWN. */
void reply_done(struct answer *answer, json_t *json);

/**
 * Answer an error.
 *
 * @param message  a sentence that says what is wrong and what to do instead; NULL for the code's own
 * @param details  an array of strings, taken over, or NULL
 */
void reply_error(struct answer *answer, enum reply_error error, const char *message, json_t *details);

/** Answer what the routes refuse by themselves: the error of an HTTP status. */
void reply_status(struct answer *answer, unsigned status);

/** Answer what core/ said of an order or a reload that was not done, with its complaints as details. */
void reply_failure(struct answer *answer, enum err err, const struct complaints *complaints);

/**
 * Append to an array.
 *
 * @param array  NULL is fine and stays
 * @param item  taken over
 * @return the array, or NULL when anything failed, and the array is gone then
 */
json_t *reply_append(json_t *array, json_t *item);

/** A list of strings, each as shape_string() has it. */
json_t *reply_names(const struct names *names);

#endif
