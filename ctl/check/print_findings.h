/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_PRINT_FINDINGS_H
#define CTL_CHECK_PRINT_FINDINGS_H

/**
 * What a check found, one line each and one line for all of it.
 *
 * Threads: any.
 */

#include "base/err.h"
#include "ctl/check/subject.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/**
 * Print the findings about one domain, and whether it is ready for mode enforce.
 *
 * @param utf8  whether the reader's terminal shows UTF-8: else the marks are ASCII
 */
void print_findings(FILE *out, const struct subject *subject, bool utf8);

/**
 * Make the same for programs: domain, errors, warnings, findings.
 *
 * @param[out] object  freed with json_decref()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err print_findings_json(const struct subject *subject, json_t **object);

#endif
