/* SPDX-License-Identifier: ISC */
#include "policy/retire.h"

#define FLOOR (7 * 86400)

uint32_t retire_hold(enum mode mode, uint32_t max_age)
{
	if (mode == MODE_NONE)
		return 0;
	return max_age > FLOOR ? max_age : FLOOR;
}

static time_t later(time_t a, time_t b)
{
	return a > b ? a : b;
}

static uint32_t longer(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* A clock that was set back may say that an id was seen before it was published. */
static void cover(struct retire *retire, const struct retire_revision *revision)
{
	time_t seen_at = later(revision->seen_at, revision->published_at);

	if (revision->seen_at != 0 && (retire->covered_at == 0 || seen_at < retire->covered_at))
		retire->covered_at = seen_at;
	retire->ttl = longer(retire->ttl, revision->ttl);
}

void retire_begin(struct retire *retire, const struct retire_revision *published, time_t now)
{
	*retire = (struct retire){ .now = now, .started = published->seen_at != 0 };
	cover(retire, published);
	retire->safe_at = retire->covered_at;
}

/*
 * When the last sender lets go of a policy.  As long as no newer id was visible everywhere, that runs from
 * now at the earliest.  Whatever the clock said, nothing newer was visible before the policy itself was
 * published, and superseded.
 */
static time_t end_of(const struct retire *retire, const struct retire_revision *older, uint32_t hold)
{
	uint32_t ttl = longer(retire->ttl, older->ttl != 0 ? older->ttl : RETIRE_TTL_UNKNOWN);
	time_t covered_at = retire->covered_at != 0 ? retire->covered_at : retire->now;

	covered_at = later(covered_at, later(older->published_at, older->superseded_at));
	return later(covered_at + (time_t)ttl, older->last_served_at) + (time_t)hold + RETIRE_MARGIN;
}

bool retire_add(struct retire *retire, const struct retire_revision *older)
{
	uint32_t hold = retire_hold(older->mode, older->max_age);
	time_t end = end_of(retire, older, hold);
	bool may_be_held = hold > 0 && end > retire->now;
	bool longest = may_be_held && end > retire->end;

	if (longest)
		retire->end = end;
	if (may_be_held && hold + RETIRE_MARGIN > retire->wait)
		retire->wait = hold + RETIRE_MARGIN;
	if (retire->started && hold > 0)
		retire->safe_at = later(retire->safe_at, end);
	cover(retire, older);
	return longest;
}
