/* SPDX-License-Identifier: ISC */
#ifndef API_SHAPE_TEXT_H
#define API_SHAPE_TEXT_H

/**
 * Objects of the control API written as text, without a tree of values in between: for answers of very many
 * rows.
 *
 * Threads: any, one object a thread.
 */

#include "api/shape.h"
#include "base/text.h"

/**
 * Append an object as Jansson writes that of shape_write(), with JSON_COMPACT, byte for byte.
 *
 * @param from  the struct of the shape; its json_t * are taken over, whatever happens
 * @return ERR_OK, ERR_NO_MEMORY (what is behind the former end of the text means nothing)
 */
enum err shape_append(const struct shape *shape, const void *from, struct text *text);

/**
 * Append any value in the same way.
 *
 * @param json  taken over; NULL: there was no memory for it
 */
enum err shape_append_json(json_t *json, struct text *text);

#endif
