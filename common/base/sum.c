/* SPDX-License-Identifier: ISC */
#include "base/sum.h"

#define PRIME UINT64_C(1099511628211)

uint64_t sum_add(uint64_t sum, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ byte[i]) * PRIME;
	return sum;
}
