/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VALUE_H
#define CONTROL_VALUE_H

/**
 * Plain values as JSON.
 *
 * Each returns a new value, or NULL without memory.
 *
 * Threads: the main thread.
 */

#include "base/names.h"

#include <jansson.h>
#include <time.h>

/**
 * Append to an array.
 *
 * @param array  NULL is fine and stays
 * @param item  taken over
 * @return the array, or NULL when anything failed, and the array is gone then
 */
json_t *value_append(json_t *array, json_t *item);

/** A string; one that is no UTF-8, such as a path may be, is as text_show() shows it, and NULL becomes null.
 */
json_t *value_text(const char *text);

/** A list of strings, each as value_text() has it. */
json_t *value_names(const struct names *names);

/** A time in RFC 3339, UTC. */
json_t *value_time(time_t when);

/** The same; null for 0, a time that never came. */
json_t *value_time_or_null(time_t when);

#endif
