/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_PRINT_H
#define CTL_CLI_PRINT_H

/**
 * Words, numbers and times for people, and text of strangers made fit for a terminal.
 *
 * What is escaped is so by the rule of text_is_plain(): all else becomes \xNN.  Errors are the stream's.
 *
 * Threads: any.
 */

#include "api/shape.h"
#include "base/text.h"

#include <stdio.h>

/** Columns a string takes once escaped. */
size_t print_width(const char *string);

/** Write len bytes, escaped. */
void print_escaped(FILE *out, const char *string, size_t len);

/** Write a string, escaped. */
void print_text(FILE *out, const char *string);

/** What goes before a complaint. */
#define PRINT_PROBLEM "mta-stsctl: "

/** Write PRINT_PROBLEM, a message made printf-style, escaped, and the end of the line. */
void print_problem(FILE *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** How many columns the terminal behind a stream has; 0: there is none, or it does not tell. */
size_t print_columns(FILE *out);

/** Tell whether the environment's locale shows more than ASCII: UTF-8. */
bool print_is_utf8(void);

/** Room for a year in days, hours, minutes and seconds. */
#define PRINT_DURATION_SIZE 96

/** Room for a number and its noun. */
#define PRINT_COUNT_SIZE 48

/** Room for "2026-11-23 16:00" and its end. */
#define PRINT_TIME_SIZE 17

/** Write a number with its noun in the right form, "1 pair", "4,213 pairs"; returns out. */
const char *print_count(json_int_t count, const char *noun, char out[PRINT_COUNT_SIZE]);

/** Write a span in words without rounding it, "1 day 1 hour"; returns out. */
const char *print_duration(json_int_t seconds, char out[PRINT_DURATION_SIZE]);

/** Write a time of the API for a table, without its seconds, "2026-11-23 16:00"; returns out. */
const char *print_time(const char when[SHAPE_TIME_SIZE], char out[PRINT_TIME_SIZE]);

/** Append the strings of an array with a separator between them.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err print_join(const json_t *array, const char *separator, struct text *out);

/** Write each line of a policy behind four blanks, escaped. */
void print_policy(FILE *out, const char *policy);

/** Write one indented line, begin and name behind each other. */
void print_name(FILE *out, const char *begin, const char *name);

/** So much of a list is printed where it stands between other things. */
#define PRINT_SOME 10

/** Write "and 5 more: HOW" behind what goes before it, when any are left; how says where all of them are. */
void print_rest(FILE *out, const char *before, json_int_t left, const char *how);

/**
 * Write one line for each of the first PRINT_SOME complaints, errors before warnings, indented.
 *
 * @param how  as of print_rest()
 * @return ERR_OK, ERR_SYNTAX (they are not what the API promises)
 */
enum err print_complaints(FILE *out, const json_t *complaints, const char *how);

/**
 * Print the daemon's reply as it is, indented, in ASCII without control characters.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err print_json(FILE *out, const json_t *reply);

/** The same of a part of a reply: all its lines but the first begin with so many blanks more, and none ends
 * it. */
enum err print_json_at(FILE *out, const json_t *json, int indent);

#endif
