/* SPDX-License-Identifier: ISC */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/**
 * The two clocks: the time of day for what is written down, and a steady one for deadlines.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** Room for "2026-12-01 04:10:00 UTC" and its end. */
#define CLOCK_TEXT_SIZE 32

/** Seconds since 1970-01-01 00:00 UTC; may jump when the administrator sets the clock. */
time_t clock_now(void);

/** The same to the nanosecond, to compare with the times of files. */
struct timespec clock_of_files(void);

/** Milliseconds of a clock that never goes back; its zero means nothing. */
uint64_t clock_ms(void);

/** Milliseconds of a clock that never goes back, and that goes on while the machine sleeps. */
uint64_t clock_boot_ms(void);

/** Write a time of clock_now() as RFC 3339 does, "2026-12-01T04:10:00Z"; returns out. */
const char *clock_text(time_t when, char out[CLOCK_TEXT_SIZE]);

/** Read a time exactly as clock_text() writes it.  Returns ERR_OK, ERR_SYNTAX. */
enum err clock_parse(const char *text, time_t *when);

#endif
