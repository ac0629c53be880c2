/* SPDX-License-Identifier: ISC */
#include "certs/expiry.h"

#define DAY ((time_t)86400)

static const char *const words[EXPIRY_COUNT] = {
	[EXPIRY_FINE] = "fine",
	[EXPIRY_SOON] = "soon",
	[EXPIRY_URGENT] = "urgent",
	[EXPIRY_EXPIRED] = "expired",
};

const char *expiry_text(enum expiry stage)
{
	return words[stage];
}

enum expiry expiry_stage(time_t not_before, time_t not_after, time_t now)
{
	if (now > not_after)
		return EXPIRY_EXPIRED;
	if (not_after - now > (not_after - not_before) / 3)
		return EXPIRY_FINE;
	return not_after - now > 3 * DAY ? EXPIRY_SOON : EXPIRY_URGENT;
}

long expiry_days_left(time_t not_after, time_t now)
{
	time_t left = not_after - now;

	return (long)(left >= 0 ? left / DAY : -((-left + DAY - 1) / DAY));
}
