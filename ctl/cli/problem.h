/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_PROBLEM_H
#define CTL_CLI_PROBLEM_H

/**
 * What went wrong, told to the operator.
 *
 * Threads: any.
 */

#include <stdio.h>

/** Write "mta-stsctl: ", a message made printf-style, escaped, and the end of the line. */
void problem_print(FILE *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
