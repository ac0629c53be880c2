/* SPDX-License-Identifier: ISC */
#include "ctl/acme/spent.h"

#include <stdlib.h>

#define CAPACITY_FIRST 64

static struct spent_item *at(const struct spent *spent, uint64_t number)
{
	return &spent->item[number & (spent->capacity - 1)];
}

static enum err grow(struct spent *spent)
{
	struct spent larger = { .capacity = spent->capacity > 0 ? 2 * spent->capacity : CAPACITY_FIRST,
				.begin = spent->begin,
				.end = spent->end };

	larger.item = calloc(larger.capacity, sizeof(*larger.item));
	if (larger.item == NULL)
		return ERR_NO_MEMORY;
	for (uint64_t number = spent->begin; number < spent->end; number++)
		*at(&larger, number) = *at(spent, number);
	free(spent->item);
	*spent = larger;
	return ERR_OK;
}

static void link_to(struct spent *spent, struct spent_chain *chain, uint64_t number)
{
	if (chain->count > 0)
		at(spent, chain->last)->next = number;
	else
		chain->first = number;
	chain->last = number;
	chain->count++;
}

enum err spent_add(struct spent *spent, struct spent_chain *chain, time_t when)
{
	enum err err = spent_count(spent) == spent->capacity ? grow(spent) : ERR_OK;

	if (err != ERR_OK)
		return err;
	if (spent->end > spent->begin && at(spent, spent->end - 1)->when > when)
		when = at(spent, spent->end - 1)->when;
	*at(spent, spent->end) = (struct spent_item){ .when = when, .chain = chain };
	if (chain != NULL)
		link_to(spent, chain, spent->end);
	spent->end++;
	return ERR_OK;
}

/* The oldest of all is the oldest of its key. */
void spent_forget(struct spent *spent, time_t before)
{
	for (; spent->begin < spent->end && at(spent, spent->begin)->when < before; spent->begin++) {
		const struct spent_item *item = at(spent, spent->begin);

		if (item->chain == NULL)
			continue;
		item->chain->first = item->next;
		item->chain->count--;
	}
}

size_t spent_count(const struct spent *spent)
{
	return (size_t)(spent->end - spent->begin);
}

const struct spent_item *spent_at(const struct spent *spent, size_t number)
{
	return at(spent, spent->begin + number);
}

time_t spent_next(const struct spent *spent, unsigned most, time_t seconds)
{
	return spent_count(spent) < most ? 0 : at(spent, spent->end - most)->when + seconds;
}

time_t spent_next_of(const struct spent *spent, const struct spent_chain *chain, unsigned most,
		     time_t seconds)
{
	uint64_t number = chain->first;

	if (chain->count < most)
		return 0;
	for (uint32_t more = chain->count; more > most; more--)
		number = at(spent, number)->next;
	return at(spent, number)->when + seconds;
}

void spent_free(struct spent *spent)
{
	free(spent->item);
	*spent = (struct spent){ 0 };
}
