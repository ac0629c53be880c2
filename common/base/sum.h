/* SPDX-License-Identifier: ISC */
#ifndef BASE_SUM_H
#define BASE_SUM_H

/**
 * A 64-bit FNV-1a sum, to tell bytes that changed by accident.  Any one changed byte changes it; it is no
 * protection against anybody.
 *
 * Threads: any.
 */

#include <stddef.h>
#include <stdint.h>

/** The sum of nothing. */
#define SUM_EMPTY UINT64_C(14695981039346656037)

/** The sum of what was summed before and of more bytes. */
uint64_t sum_add(uint64_t sum, const void *bytes, size_t len);

#endif
