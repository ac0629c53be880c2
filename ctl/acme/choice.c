/* SPDX-License-Identifier: ISC */
#include "ctl/acme/choice.h"

#define HOUR 3600

/* An authority that wants one to wait for less is waited for. */
#define WAIT_MOST (2 * HOUR)

/* So many failures in a row, over so long, are the authority's; a single one may be by chance. */
#define FAILURES 3

/* How long a name bears failures, and silence; 0: for ever. */
static const struct patience {
	time_t failing, silent;
} patience[URGENCY_COUNT] = {
	[URGENCY_REFUSED] = { HOUR, 2 * HOUR },
	[URGENCY_BARE] = { HOUR, 2 * HOUR },
	[URGENCY_ENDING] = { HOUR, 2 * HOUR },
	[URGENCY_ORDINARY] = { 12 * HOUR, 0 },
};

static bool has_failed(const struct choice_of *of, enum urgency urgency, time_t now)
{
	return of->failures >= FAILURES && now - of->first_tried >= patience[urgency].failing;
}

/* What asks a name to wait at the one where it is, keeps it from going to another one. */
static bool is_barred(const struct choice_of *of, bool is_current, time_t now)
{
	return of->barred_until - now >= (is_current ? WAIT_MOST : 1);
}

/* For long, or for an hour each hour. */
static bool keeps_waiting(const struct choice_of *of, time_t most, time_t now)
{
	return of->wait_until - now >= WAIT_MOST ||
	       (of->wait_until > now && of->wait_since != 0 && now - of->wait_since >= most);
}

static bool is_fit(const struct choice_of *of, bool is_current, enum urgency urgency, time_t now)
{
	time_t most = patience[urgency].silent;

	if (!of->is_usable || has_failed(of, urgency, now) || is_barred(of, is_current, now))
		return false;
	return most == 0 || ((of->silent == 0 || now - of->silent < most) && !keeps_waiting(of, most, now));
}

/* Where it was ordered last; count: nowhere. */
static size_t find_current(const struct choice_of all[], size_t count)
{
	size_t current = count;

	for (size_t i = 0; i < count; i++)
		if (all[i].tried != 0 && (current == count || all[i].tried > all[current].tried))
			current = i;
	return current;
}

/* Of those where it cannot be expected to succeed: not the silent ones, and where it was not tried for the
 * longest time. */
static bool is_less_bad(const struct choice_of *of, const struct choice_of *than)
{
	if ((of->silent == 0) != (than->silent == 0))
		return of->silent == 0;
	return of->tried < than->tried;
}

size_t choice_next(const struct choice_of all[], size_t count, enum urgency urgency, time_t now)
{
	size_t current = find_current(all, count), best = count;

	for (size_t i = 0; i < count; i++)
		if (is_fit(&all[i], i == current, urgency, now))
			return i;
	for (size_t i = 0; i < count; i++)
		if (all[i].is_usable && !is_barred(&all[i], i == current, now) &&
		    (best == count || is_less_bad(&all[i], &all[best])))
			best = i;
	if (best == count)
		best = current;
	return best < count ? best : 0;
}

bool choice_is_change(const struct choice_of all[], size_t count, size_t to)
{
	size_t current = find_current(all, count);

	return current == count ? to != 0 : to != current;
}
