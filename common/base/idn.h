/* SPDX-License-Identifier: ISC */
#ifndef BASE_IDN_H
#define BASE_IDN_H

/**
 * Internationalised names in the form DNS has them.  The only module that knows libidn2.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <stddef.h>

/**
 * Turn the U-labels of a UTF-8 name into A-labels (RFC 5891), with IDNA 2008's non-transitional mapping.
 *
 * Checks no more than libidn2 does: the result, and any name that was ASCII before, needs its own check.
 *
 * @param[out] ascii  size bytes at most, its end included
 * @return ERR_OK, ERR_SYNTAX (no such name can exist), ERR_RANGE (does not fit)
 */
enum err idn_to_ascii(const char *name, char *ascii, size_t size);

#endif
