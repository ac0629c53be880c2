/* SPDX-License-Identifier: ISC */
#include "policy/retire.h"

uint32_t retire_hold(enum mode mode, uint32_t max_age)
{
	static const uint32_t floors[MODE_COUNT] = {
		[MODE_TESTING] = 86400,
		[MODE_ENFORCE] = 7 * 86400,
	};

	if (mode == MODE_NONE)
		return 0;
	return max_age > floors[mode] ? max_age : floors[mode];
}
