/* SPDX-License-Identifier: ISC */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/**
 * Bytes that grow, bytes made fit to show or to be a name in DNS, and sums of bytes.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for a value shown in a log line or a complaint: longer ones are cut and end in "...". */
#define TEXT_SHOWN_SIZE 128

/** A growing buffer; zero-initialise.  bytes is always followed by a NUL once anything was appended. */
struct text {
	char *bytes;
	size_t len;
	size_t capacity;
};

/**
 * Append bytes.
 *
 * @return ERR_OK, ERR_NO_MEMORY (the text is as before)
 */
enum err text_append(struct text *text, const void *bytes, size_t len);

/**
 * Append printf-style.
 *
 * @return ERR_OK, ERR_NO_MEMORY (the text is as before)
 */
enum err text_appendf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Free the bytes and leave an empty text. */
void text_free(struct text *text);

/**
 * Tell whether a byte may stand in a line that people read: visible ASCII and the blank.
 *
 * The one rule for log lines, fields of the journal, complaints and tables.  All else is shown as \xNN:
 * control characters, what a terminal obeys or turns around (C1 and the marks of writing direction, U+0080 to
 * U+009F, U+200E, U+202E and others), bytes that are no UTF-8, and letters beyond ASCII, too, which are not
 * worth a list of those that are harmless.
 */
bool text_is_plain(char c);

/**
 * Write a string as one line by that rule.
 *
 * @param size  of out, at least 1; what does not fit is cut off
 * @return out, always terminated
 */
const char *text_show(const char *string, char *out, size_t size);

/**
 * Append a string as a part of one line by that rule, whole.
 *
 * @return ERR_OK, ERR_NO_MEMORY (the text is as before)
 */
enum err text_append_shown(struct text *text, const char *string);

/**
 * Write foreign bytes as visible ASCII: control, quote and non-ASCII bytes become \xNN.
 *
 * A value that does not fit is cut and ends in "...".
 *
 * @param len  bytes to read; they may contain NUL
 * @return out, always terminated
 */
const char *text_escape(const void *bytes, size_t len, char out[TEXT_SHOWN_SIZE]);

/** Tell whether a string consists of visible ASCII and nothing else (not even blanks); true when empty. */
bool text_is_visible_ascii(const char *string);

/**
 * Turn the U-labels of a UTF-8 name into A-labels (RFC 5891), with IDNA 2008's non-transitional mapping.
 *
 * Checks no more than libidn2 does: the result, and any name that was ASCII before, needs its own check.
 *
 * @param[out] ascii  size bytes at most, its end included
 * @return ERR_OK, ERR_SYNTAX (no such name can exist), ERR_RANGE (does not fit)
 */
enum err text_to_ascii(const char *name, char *ascii, size_t size);

/** The sum of nothing. */
#define TEXT_SUM_EMPTY UINT64_C(14695981039346656037)

/**
 * The 64-bit FNV-1a sum of what was summed before and of more bytes, to tell bytes that changed by accident:
 * any one changed byte changes it.  It is no protection against anybody.
 */
uint64_t text_sum(uint64_t sum, const void *bytes, size_t len);

#endif
