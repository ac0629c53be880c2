/* SPDX-License-Identifier: ISC */
#include "http/places.h"

/* Who has taken nothing of his answer for so long may have to go. */
#define STALLED_MS 1000

/* Of bodies and answers of others, bytes, before somebody has to go for a new one. */
#define MEMORY_MAX ((size_t)64 << 20)

struct place *places_take(struct places *places, const struct place *newcomer)
{
	struct place *place = places->place;

	while (place->is_used)
		place++;
	*place = *newcomer;
	place->is_used = true;
	places->used++;
	return place;
}

void places_leave(struct places *places, struct place *place)
{
	loop_remove(places->loop, &place->watch);
	visit_close(&place->visit);
	place->is_used = false;
	places->used--;
}

void places_turn_away(struct places *places, struct visit *visit)
{
	if (visit->phase != VISIT_LINGER && log_allowed(&places->limit, places->now_ms))
		log_warning(
			"http, connection turned away (uid %lld: too many connections, or too much memory "
			"in use)",
			visit->peer.uid != (uid_t)-1 ? (long long)visit->peer.uid : -1);
	visit_turn_away(visit, places->tools);
}

static void turn_away(struct places *places, struct place *place)
{
	places_turn_away(places, &place->visit);
	places_leave(places, place);
}

/* Who has to share with whom: with the newcomer, or the one that needs more memory. */
typedef bool sharing(const struct place *place, const struct place *needy);

static bool is_anybody(const struct place *place, const struct place *needy)
{
	(void)place;
	(void)needy;
	return true;
}

static bool is_same_user(const struct place *place, const struct place *needy)
{
	return place->visit.peer.right == needy->visit.peer.right &&
	       place->visit.peer.uid == needy->visit.peer.uid;
}

static bool has_same_right(const struct place *place, const struct place *needy)
{
	return place->visit.peer.right == needy->visit.peer.right;
}

static bool has_no_more_right(const struct place *place, const struct place *needy)
{
	return place->visit.peer.right <= needy->visit.peer.right;
}

/* A head alone is not worth it, nor is it right to cut off the answer to an order. */
static bool has_memory_to_give(const struct place *place, const struct place *needy)
{
	return has_no_more_right(place, needy) && visit_memory(&place->visit) > HEAD_LIMIT &&
	       !visit_has_ordered(&place->visit);
}

/* What was asked may be an order: whoever waits for its answer gets it. */
static bool may_go(const struct places *places, const struct place *place)
{
	if (place->visit.phase == VISIT_ERRAND)
		return false;
	return place->visit.phase != VISIT_ANSWER || places->now_ms - place->moved_ms >= STALLED_MS;
}

static bool goes_before(const struct place *place, const struct place *other)
{
	if (place->visit.peer.right != other->visit.peer.right)
		return place->visit.peer.right < other->visit.peer.right;
	if (place->visit.phase != other->visit.phase)
		return place->visit.phase < other->visit.phase;
	return place->number < other->number;
}

/* The first of those who share that may have to go; NULL when there is none. */
static struct place *find_first(struct places *places, sharing *shares, const struct place *needy)
{
	struct place *first = NULL;

	for (struct place *place = places->place; place < places->place + PLACES_MAX; place++) {
		if (place->is_used && place != needy && shares(place, needy) && may_go(places, place) &&
		    (first == NULL || goes_before(place, first)))
			first = place;
	}
	return first;
}

static unsigned count(const struct places *places, sharing *shares, const struct place *needy)
{
	unsigned number = 0;

	for (size_t i = 0; i < PLACES_MAX; i++)
		number += places->place[i].is_used && shares(&places->place[i], needy);
	return number;
}

/* Whose places are counted together, how many they may be, and who may have to go where there are more. */
static const struct {
	sharing *counts;
	unsigned most[RIGHT_COUNT];
	sharing *goes;
} bounds[] = {
	{ is_same_user,
	  { [RIGHT_ANY] = 8,
	    [RIGHT_LOOK] = 16,
	    [RIGHT_CERTIFY] = 8,
	    [RIGHT_ORDER] = 48,
	    [RIGHT_OWNER] = PLACES_MAX },
	  is_same_user },
	{ has_same_right,
	  { [RIGHT_ANY] = 8,
	    [RIGHT_LOOK] = 32,
	    [RIGHT_CERTIFY] = 16,
	    [RIGHT_ORDER] = 64,
	    [RIGHT_OWNER] = PLACES_MAX },
	  has_same_right },
	{ is_anybody,
	  { PLACES_MAX, PLACES_MAX, PLACES_MAX, PLACES_MAX, PLACES_MAX, PLACES_MAX },
	  has_no_more_right },
};

bool places_make_room(struct places *places, const struct place *newcomer)
{
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		unsigned most = bounds[i].most[newcomer->visit.peer.right];

		most = most < places->most ? most : places->most;
		while (count(places, bounds[i].counts, newcomer) >= most) {
			struct place *first = find_first(places, bounds[i].goes, newcomer);

			if (first == NULL)
				return false;
			turn_away(places, first);
		}
	}
	return true;
}

static bool may_not_order(const struct place *place, const struct place *needy)
{
	(void)needy;
	return place->visit.peer.right < RIGHT_ORDER;
}

bool places_spare_descriptor(struct places *places)
{
	struct place *first = find_first(places, may_not_order, NULL);

	if (first != NULL)
		turn_away(places, first);
	return first != NULL;
}

static size_t memory_of_others(const struct places *places, const struct place *needy)
{
	size_t sum = 0;

	for (const struct place *place = places->place; place < places->place + PLACES_MAX; place++) {
		if (place->is_used && place != needy)
			sum += visit_memory(&place->visit);
	}
	return sum;
}

bool places_make_memory(struct places *places, const struct place *needy)
{
	if (visit_memory(&needy->visit) <= HEAD_LIMIT)
		return true;
	while (memory_of_others(places, needy) > MEMORY_MAX) {
		struct place *first = find_first(places, has_memory_to_give, needy);

		if (first == NULL)
			return needy->visit.peer.right == RIGHT_OWNER || visit_has_ordered(&needy->visit);
		turn_away(places, first);
	}
	return true;
}
