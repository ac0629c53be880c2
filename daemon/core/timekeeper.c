/* SPDX-License-Identifier: ISC */
#include "core/timekeeper.h"

#include "base/clock.h"
#include "log/log_event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK                                                                                                \
	"check the clock (timedatectl): new ids, and the times until which senders may hold a policy, go "   \
	"by it"

static bool is_behind(const struct timekeeper *timekeeper)
{
	return timekeeper->now + TIMEKEEPER_JUMP <= timekeeper->last_written;
}

static void tell(const char *what)
{
	log_event(EVENT_CLOCK_JUMPED, &(struct log_fields){ .reason = what }, "clock, %s: " CHECK, what);
}

static const char *describe(int64_t seconds, char out[64])
{
	(void)snprintf(out, 64, "%s by %" PRId64 " s", seconds < 0 ? "back" : "forward",
		       seconds < 0 ? -seconds : seconds);
	return out;
}

static const char *describe_behind(const struct timekeeper *timekeeper, char out[96])
{
	char now[CLOCK_TEXT_SIZE], written[CLOCK_TEXT_SIZE];

	(void)snprintf(out, 96, "now: %s, written: %s", clock_text(timekeeper->now, now),
		       clock_text(timekeeper->last_written, written));
	return out;
}

void timekeeper_begin(struct timekeeper *timekeeper, time_t last_written)
{
	char line[128], value[96];

	*timekeeper = (struct timekeeper){ .now = clock_now(),
					   .steady_ms = clock_boot_ms(),
					   .last_written = last_written };
	if (!is_behind(timekeeper))
		return;
	(void)snprintf(line, sizeof(line), "behind what was written last (%s)",
		       describe_behind(timekeeper, value));
	tell(line);
}

void timekeeper_look(struct timekeeper *timekeeper)
{
	time_t now = clock_now();
	uint64_t steady_ms = clock_boot_ms();
	int64_t passed = (int64_t)((steady_ms - timekeeper->steady_ms) / 1000);
	int64_t jumped = (int64_t)(now - timekeeper->now) - passed;
	char line[128], value[64];

	timekeeper->now = now;
	timekeeper->steady_ms = steady_ms;
	if (llabs(jumped) < TIMEKEEPER_JUMP)
		return;
	timekeeper->jumped += jumped;
	timekeeper->jumps++;
	timekeeper->jumped_ms = steady_ms;
	(void)snprintf(line, sizeof(line), "set %s", describe(jumped, value));
	tell(line);
}

void timekeeper_complain(const struct timekeeper *timekeeper, const char *path, struct complaints *complaints)
{
	uint64_t ago_ms = timekeeper->steady_ms - timekeeper->jumped_ms;
	char value[96];

	if (is_behind(timekeeper))
		complain(complaints, SEVERITY_WARNING, path, 0,
			 "the clock shows a time before the state was written",
			 describe_behind(timekeeper, value), CHECK);
	if (llabs(timekeeper->jumped) >= TIMEKEEPER_JUMP && ago_ms < (uint64_t)TIMEKEEPER_TELL * 1000)
		complain(complaints, SEVERITY_WARNING, path, 0, "the clock was set while mta-stsd ran",
			 describe(timekeeper->jumped, value), CHECK);
}
