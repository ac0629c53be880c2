/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <string.h>

time_t clock_now(void)
{
	return time(NULL);
}

static uint64_t read_ms(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct timespec clock_of_files(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

uint64_t clock_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

uint64_t clock_boot_ms(void)
{
	return read_ms(CLOCK_BOOTTIME);
}

const char *clock_text(time_t when, char out[CLOCK_TEXT_SIZE])
{
	struct tm parts;

	out[0] = '\0';
	if (gmtime_r(&when, &parts) != NULL)
		(void)strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
	return out;
}

enum err clock_parse(const char *text, time_t *when)
{
	char again[CLOCK_TEXT_SIZE];
	struct tm parts = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
	time_t read = timegm(&parts);

	/* What strptime() takes is more than what is written: blanks, short numbers, the 31st of February. */
	if (end == NULL || strlen(text) != strlen("YYYY-MM-DDThh:mm:ssZ") ||
	    strcmp(clock_text(read, again), text) != 0)
		return ERR_SYNTAX;
	*when = read;
	return ERR_OK;
}
