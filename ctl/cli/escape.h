/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_ESCAPE_H
#define CTL_CLI_ESCAPE_H

/**
 * What the daemon says, made fit for a terminal, by the rule of text_is_plain(): all else becomes \xNN.
 *
 * Threads: any.
 */

#include <stddef.h>
#include <stdio.h>

/** Columns a string takes once escaped. */
size_t escape_width(const char *string);

/** Write len bytes of a string, escaped; errors are the stream's. */
void escape_print(FILE *out, const char *string, size_t len);

#endif
