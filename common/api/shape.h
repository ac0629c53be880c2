/* SPDX-License-Identifier: ISC */
#ifndef API_SHAPE_H
#define API_SHAPE_H

/**
 * The shapes of the control API, mta-stsd-api(7): tables by which the daemon writes what a client reads into
 * the same structs, and by which the manual page is checked.  Bodies of requests are checked by them, too.
 *
 * A shape is read with what it has; what else an object holds, from a newer daemon, is passed over.
 *
 * Threads: any, one object a thread.
 */

#include "policy/policy.h"

#include <jansson.h>
#include <time.h>

/** Integers are within this on both sides of 0, which programs of every kind can hold (RFC 8259, section 6).
 */
#define SHAPE_INTEGER_MAX ((json_int_t)1 << 53)

/** Room for a time, "2026-12-01T04:10:00Z", and its end; "" is none. */
#define SHAPE_TIME_SIZE 21

/** What a field is in JSON, and in the struct; none of them is 0. */
enum shape_type {
	SHAPE_STRING = 1, /**< const char *; NULL is none */
	SHAPE_TIME,       /**< char[SHAPE_TIME_SIZE] */
	SHAPE_MODE,       /**< enum mode; MODE_UNKNOWN is none */
	SHAPE_INTEGER,    /**< json_int_t, at least as the row says; one less is none */
	SHAPE_BOOLEAN,    /**< bool; none is false, or true where least is 1 */
	SHAPE_OBJECT,     /**< a struct of another shape; it is none when its first field is */
	SHAPE_STRINGS,    /**< json_t *, an array; NULL is none */
	SHAPE_OBJECTS,    /**< the same, of objects of another shape */
	SHAPE_COUNTS,     /**< json_t *, an object of integers or of such objects */
};

/** What stands for none. */
enum shape_need {
	SHAPE_ALWAYS = 1,    /**< nothing: it is there */
	SHAPE_LATER,         /**< the same, but a daemon from before this field leaves it out */
	SHAPE_OR_NULL,       /**< null */
	SHAPE_OR_NULL_LATER, /**< null; a daemon from before this field leaves it out */
	SHAPE_MAY_MISS,      /**< the field is left out */
};

/** A row for one field; a table ends with one without a name. */
struct shape_field {
	enum shape_type type;
	enum shape_need need;
	const char *name;
	size_t offset; /**< in the struct; 0 where there is none, as of most requests */
	const struct shape
		*of;      /**< of an object, or of each of an array; NULL: its fields are told of in words */
	json_int_t least; /**< of an integer, and see SHAPE_BOOLEAN */
};

struct shape {
	const char *
		section; /**< of mta-stsd-api(7), where its fields are described: text behind .Ss or .It Li */
	const struct shape_field *field;
	enum err (*check)(const void *object); /**< ERR_SYNTAX when something in it cannot be; or NULL */
};

/** The place of a member that has to be of a type; one that is not does not compile. */
#define SHAPE_AT(type, object, member)                                                                       \
	(offsetof(struct object, member) + 0 * sizeof((__typeof__(type) *)0 == &((struct object *)0)->member))

/** A row: a member of "struct object", under its own name. */
#define SHAPE_ROW(kind, type, object, member, need, of, least)                                               \
	{                                                                                                    \
		kind, need, #member, SHAPE_AT(type, object, member), of, least                               \
	}

/** Rows of each type. */
#define SHAPE_ROW_STRING(object, member, need)                                                               \
	SHAPE_ROW(SHAPE_STRING, const char *, object, member, need, NULL, 0)
#define SHAPE_ROW_TIME(object, member, need)                                                                 \
	SHAPE_ROW(SHAPE_TIME, char[SHAPE_TIME_SIZE], object, member, need, NULL, 0)
#define SHAPE_ROW_MODE(object, member, need) SHAPE_ROW(SHAPE_MODE, enum mode, object, member, need, NULL, 0)
#define SHAPE_ROW_INTEGER(object, member, need, least)                                                       \
	SHAPE_ROW(SHAPE_INTEGER, json_int_t, object, member, need, NULL, least)
#define SHAPE_ROW_BOOLEAN(object, member, need)                                                              \
	SHAPE_ROW(SHAPE_BOOLEAN, bool, object, member, need, NULL, false)
#define SHAPE_ROW_BOOLEAN_OR_TRUE(object, member, need)                                                      \
	SHAPE_ROW(SHAPE_BOOLEAN, bool, object, member, need, NULL, true)
#define SHAPE_ROW_STRINGS(object, member, need)                                                              \
	SHAPE_ROW(SHAPE_STRINGS, json_t *, object, member, need, NULL, 0)
#define SHAPE_ROW_OBJECTS(object, member, need, of)                                                          \
	SHAPE_ROW(SHAPE_OBJECTS, json_t *, object, member, need, of, 0)
#define SHAPE_ROW_COUNTS(object, member, need)                                                               \
	SHAPE_ROW(SHAPE_COUNTS, json_t *, object, member, need, NULL, 0)
#define SHAPE_ROW_OBJECT(object, member, need, inner, of)                                                    \
	SHAPE_ROW(SHAPE_OBJECT, struct inner, object, member, need, of, 0)

/** A row of the body of a request, whose value is taken by its name. */
#define SHAPE_ROW_BODY(name, kind, need)                                                                     \
	{                                                                                                    \
		kind, need, name, 0, NULL, 0                                                                 \
	}

/** The end of a table. */
#define SHAPE_ROW_END SHAPE_ROW_BODY(NULL, SHAPE_STRING, SHAPE_ALWAYS)

/**
 * Make an object.  What is written can be read: an integer out of range, as damage may leave it, is written
 * as the nearest that is in it.
 *
 * @param from  the struct of the shape; its json_t * are taken over, whatever happens
 * @return a new value, or NULL without memory
 */
json_t *shape_write(const struct shape *shape, const void *from);

/**
 * Read an object.
 *
 * @param[out] into  the struct of the shape; its strings and json_t * belong to the object.  After an error
 *                   nothing in it means anything
 * @return ERR_OK, ERR_SYNTAX (a field is missing, of another type or out of range, or it is no object)
 */
enum err shape_read(const struct shape *shape, const json_t *object, void *into);

/** Tell whether a struct has nothing in the place of a field. */
bool shape_is_none(const struct shape_field *field, const void *from);

/** Tell whether a value has the type of a field; null has none. */
bool shape_fits(const struct shape_field *field, const json_t *value);

/** Tell whether null may stand for none. */
bool shape_may_be_null(const struct shape_field *field);

/** A string; one that is not UTF-8, as a path may be, is as text_append_shown() has it, and NULL becomes
 * null. NULL without memory. */
json_t *shape_string(const char *string);

/** Put down a time as SHAPE_TIME; one that clock_parse() would not read, as damage may leave it, is none. */
void shape_put_time(time_t when, char out[SHAPE_TIME_SIZE]);

/** The same; 0, a time that never came, is none, too. */
void shape_put_time_or_none(time_t when, char out[SHAPE_TIME_SIZE]);

#endif
