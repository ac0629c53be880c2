/* SPDX-License-Identifier: ISC */
#include "ctl/acme/due.h"

#include "base/text.h"

#include <string.h>

#define MINUTE 60
#define HOUR   3600
#define DAY    86400

/* A certificate whose dates make no sense counts as one of an hour. */
#define SHORTEST HOUR

/* What is left of a lifetime when it is renewed at the latest, and when it expires soon; how much of it has
 * passed before even spreading has it renewed. */
#define PART_LEFT   3
#define PART_ENDING 9
#define PART_FRESH  6

/*
 * After how much of a lifetime a name's moment comes back, of 60 parts: two thirds are 40.  One less, since a
 * certificate is valid from an hour before it is made, and is made some time after its moment: else that
 * moment would be the last one before the next renewal.
 */
#define ROUND_PARTS 39
#define ROUND_OF    60

/* Delays after failures: the first one, and what doubling and a bad week lead to. */
#define DELAY_FIRST  (15 * MINUTE)
#define DELAY_MOST   DAY
#define DELAY_RARELY (7 * DAY)

/* So many failures may be by chance. */
#define BY_CHANCE 2

/* While a certificate expires soon, so many attempts fit into what is left of it at least. */
#define ATTEMPTS_WHILE_ENDING 24

/* So long those that are held back keep their order. */
#define AMONG_TIME (10 * MINUTE)

/* For what a name has numbers of chance. */
enum chance { CHANCE_MOMENT = 1, CHANCE_FRESH, CHANCE_DELAY, CHANCE_AMONG, CHANCE_WINDOW };

/* A number from 0 to below a limit, always the same for the same question. */
static uint64_t chance(const char *host, uint64_t seed, enum chance what, uint64_t which, uint64_t limit)
{
	const uint64_t question[] = { seed, what, which };
	uint64_t sum = text_sum(text_sum(TEXT_SUM_EMPTY, question, sizeof(question)), host, strlen(host));

	/* The sum's high bits hardly depend on its last bytes: stir, as splitmix64 does. */
	sum = (sum ^ (sum >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	sum = (sum ^ (sum >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (sum ^ (sum >> 31)) % limit;
}

static time_t earlier(time_t a, time_t b)
{
	return a < b ? a : b;
}

static time_t later(time_t a, time_t b)
{
	return a > b ? a : b;
}

/* In whole hours, since authorities leave a second out, and moments must not move with every certificate. */
static time_t lifetime_of(const struct due_name *name)
{
	time_t lifetime = name->not_after - name->not_before;

	return lifetime <= SHORTEST ? SHORTEST : (lifetime + HOUR / 2) / HOUR * HOUR;
}

time_t due_ending(const struct due_name *name)
{
	return name->not_after - lifetime_of(name) / PART_ENDING;
}

/* The last of a name's moments up to a time. */
static time_t moment_before(const struct due_name *name, time_t until, time_t round, uint64_t seed)
{
	time_t moment = (time_t)chance(name->host, seed, CHANCE_MOMENT, 0, (uint64_t)round);

	return until - ((until - moment) % round + round) % round;
}

/*
 * When the last moment comes so early that the certificate is hardly in use, anything between there and the
 * latest time is as even; from the next one on the moments fit.
 */
static time_t own_moment(const struct due_name *name, uint64_t seed)
{
	time_t lifetime = lifetime_of(name), latest = name->not_after - lifetime / PART_LEFT;
	time_t fresh = name->not_after - lifetime + lifetime / PART_FRESH;
	time_t moment = moment_before(name, latest, lifetime / ROUND_OF * ROUND_PARTS, seed);

	if (moment < fresh)
		moment = fresh + (time_t)chance(name->host, seed, CHANCE_FRESH, (uint64_t)name->not_after,
						(uint64_t)(latest - fresh) + 1);
	return moment;
}

/* In its window a name has the same place whenever the authority is asked. */
static time_t suggested_moment(const struct due_name *name, uint64_t seed)
{
	uint64_t span = (uint64_t)(name->window_to - name->window_from);

	return name->window_from + (time_t)chance(name->host, seed, CHANCE_WINDOW, 0, span + 1);
}

time_t due_renewal(const struct due_name *name, uint64_t seed)
{
	if (name->is_foreign)
		return due_ending(name);
	return name->window_to == 0 ? own_moment(name, seed)
				    : earlier(suggested_moment(name, seed), due_ending(name));
}

/* Doubled for each failure, and up to a quarter less, so that what failed together does not come together. */
static time_t delay_of(const struct due_name *name, time_t most, uint64_t seed)
{
	time_t delay = DELAY_FIRST;

	for (unsigned failures = name->failures; failures > 1 && delay < most; failures--)
		delay *= 2;
	delay = earlier(delay, most);
	return delay -
	       (time_t)chance(name->host, seed, CHANCE_DELAY, (uint64_t)name->tried, (uint64_t)delay / 4 + 1);
}

static bool failed_for_long(const struct due_name *name)
{
	return name->tried - name->first_tried >= DUE_LONG;
}

static time_t most_delay(const struct due_name *name, const struct due *due)
{
	if (due->urgency == URGENCY_ENDING)
		return later(DELAY_FIRST,
			     earlier(DELAY_MOST, lifetime_of(name) / PART_ENDING / ATTEMPTS_WHILE_ENDING));
	return DELAY_MOST;
}

/* A clock that was set back may say that the last attempt is still to come. */
static void put_off(const struct due_name *name, time_t now, uint64_t seed, struct due *due)
{
	time_t tried = earlier(name->tried, now);
	bool rarely = failed_for_long(name) && due->urgency != URGENCY_ENDING;
	time_t delay = rarely ? DELAY_RARELY : most_delay(name, due);

	delay = rarely ? delay - (time_t)chance(name->host, seed, CHANCE_DELAY, (uint64_t)name->tried, DAY)
		       : delay_of(name, delay, seed);
	if (tried + delay <= due->at)
		return;
	due->at = tried + delay;
	if (due->urgency != URGENCY_ENDING)
		due->why = rarely ? DUE_RARELY : DUE_AGAIN;
}

static struct due without(const struct due_name *name)
{
	return (struct due){
		.urgency = name->mode == MODE_ENFORCE ? URGENCY_REFUSED : URGENCY_BARE,
		.why = name->not_after == 0 ? DUE_NO_CERTIFICATE : DUE_EXPIRED,
	};
}

static struct due with(const struct due_name *name, time_t now, uint64_t seed)
{
	bool ending = now >= due_ending(name);
	time_t at = due_renewal(name, seed);
	bool suggested = name->window_to != 0 && !name->is_foreign && at < own_moment(name, seed);

	return (struct due){
		.at = at,
		.urgency = ending ? URGENCY_ENDING : URGENCY_ORDINARY,
		.why = ending      ? DUE_ENDING
		       : suggested ? DUE_SUGGESTED
				   : DUE_RENEWAL,
	};
}

static enum due_turn turn_of(const struct due_name *name)
{
	if (name->is_held_back)
		return TURN_HELD_BACK;
	return name->failures == 0 ? TURN_USUAL : name->failures <= BY_CHANCE ? TURN_AGAIN : TURN_LAST;
}

struct due due_next(const struct due_name *name, time_t now, uint64_t seed)
{
	struct due due = name->not_after <= now ? without(name) : with(name, now, seed);

	due.turn = turn_of(name);
	if (name->is_held_back)
		due.among = (uint32_t)chance(name->host, seed, CHANCE_AMONG, (uint64_t)(now / AMONG_TIME),
					     UINT32_MAX);
	if (name->failures > 0)
		put_off(name, now, seed, &due);
	return due;
}

/* The words of each reason, for people and for programs. */
static const struct {
	const char *text, *code;
} reasons[DUE_WHY_COUNT] = {
	[DUE_NO_CERTIFICATE] = { "no certificate", "no_certificate" },
	[DUE_EXPIRED] = { "certificate has expired", "expired" },
	[DUE_ENDING] = { "certificate expires soon", "ending" },
	[DUE_RENEWAL] = { "renewal", "renewal" },
	[DUE_SUGGESTED] = { "the authority asks for it", "suggested" },
	[DUE_AGAIN] = { "tried again after a failure", "again" },
	[DUE_RARELY] = { "failed for long, tried once a week", "rarely" },
};

const char *due_text(enum due_why why)
{
	return (unsigned)why < DUE_WHY_COUNT && reasons[why].text != NULL ? reasons[why].text : "unknown";
}

const char *due_code(enum due_why why)
{
	return (unsigned)why < DUE_WHY_COUNT && reasons[why].code != NULL ? reasons[why].code : "unknown";
}

const char *due_urgency_code(enum urgency urgency)
{
	static const char *const codes[URGENCY_COUNT] = {
		[URGENCY_REFUSED] = "refused",
		[URGENCY_BARE] = "bare",
		[URGENCY_ENDING] = "ending",
		[URGENCY_ORDINARY] = "ordinary",
	};

	return (unsigned)urgency < URGENCY_COUNT && codes[urgency] != NULL ? codes[urgency] : "unknown";
}
