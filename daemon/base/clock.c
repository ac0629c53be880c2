/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

time_t clock_now(void)
{
	return time(NULL);
}

uint64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const char *clock_text(time_t when, char out[CLOCK_TEXT_SIZE])
{
	struct tm parts;

	out[0] = '\0';
	if (gmtime_r(&when, &parts) != NULL)
		(void)strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
	return out;
}
