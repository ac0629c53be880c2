/* SPDX-License-Identifier: ISC */
#include "ctl/acme/round_private.h"

#include "base/allocation.h"
#include "base/clock.h"
#include "ctl/acme/round.h"
#include "policy/domain.h"

#include <string.h>

/* So long those are looked at again that are held back, whose servers may let each look wait: a third of the
 * round. */
#define HELD_BACK_MS ((uint64_t)ROUND_SECONDS * 1000 / 3)

size_t round_index(const struct round *round, const struct authority *at)
{
	return (size_t)(at - round->obtaining.authorities.item);
}

struct obtained round_begin_item(const struct round *round, const struct authority *at,
				 const struct plan_item *due)
{
	return (struct obtained){ .domain = due->host + strlen(DOMAIN_HOST_PREFIX),
				  .authority = round_index(round, at),
				  .where = at->name[0] != '\0' ? at->name : NULL };
}

/* What is taken over tells itself; orders do not depend on whether somebody can read what is said of them. */
enum err round_put_item(struct round *round, const struct obtained *taken)
{
	struct obtained *item = allocation_grow(round->item, round->count, &round->capacity, sizeof(*item));

	if (item == NULL)
		return ERR_NO_MEMORY;
	round->item = item;
	item[round->count++] = *taken;
	if (round->told == ERR_OK)
		round->told = obtain_tell(&round->obtaining, taken);
	return ERR_OK;
}

/* Of CAA each authority has its own view. */
static enum err sort_out_held(struct round *round, struct authority *at, struct obtained *item)
{
	char host[HOST_SIZE];
	bool is_offered = false;
	enum err err = ERR_OK;

	if (item->held == ORDERING_FORBIDDEN) {
		err = names_put(&at->forbidden, domain_host(item->domain, host));
		if (err == ERR_OK)
			err = round_pass_on(round, item->domain, item->authority, &is_offered);
	} else {
		item->where = NULL;
	}
	if (err == ERR_OK && is_offered)
		obtained_free(item);
	else if (err == ERR_OK)
		err = round_put_item(round, item);
	return err;
}

/* Whoever cannot succeed has had his turn, and of the budget nothing; the others come back for theirs. */
static enum err sort_out(struct round *round, struct authority *at, const struct plan_item *due,
			 struct obtained *item)
{
	if (item->held != 0)
		return sort_out_held(round, at, item);
	inventory_find(&round->inventory, item->domain)->held = 0;
	return plan_offer(&at->plan, due, &at->ledger.budget, clock_now());
}

/* Look at the next one, and at the same time at more. */
static enum err look_ahead(struct round *round, struct authority *at, const struct plan_item *first)
{
	struct plan_item due[VETTING_BATCH] = { *first };
	struct obtained item[VETTING_BATCH] = { round_begin_item(round, at, first) };
	struct obtained *items[VETTING_BATCH] = { item };
	size_t count = 1, sorted = 0;
	enum err err = ERR_OK;

	while (count < VETTING_BATCH &&
	       plan_take(&at->plan, &at->ledger.budget, clock_now(), &due[count]) == ERR_OK) {
		item[count] = round_begin_item(round, at, &due[count]);
		items[count] = &item[count];
		count++;
	}
	round->looked = vetting_look(&at->vetting, round->obtaining.view, items, count);
	round->is_over = round->is_over || round->looked != RUN_DONE;
	for (; round->looked == RUN_DONE && sorted < count && err == ERR_OK; sorted += err == ERR_OK)
		err = sort_out(round, at, &due[sorted], &item[sorted]);
	for (; sorted < count; sorted++)
		obtained_free(&item[sorted]);
	return err;
}

enum err round_look(struct round *round, struct authority *at, const struct plan_item *first)
{
	bool again = first->due.turn == TURN_HELD_BACK;
	uint64_t begin_ms = clock_boot_ms();
	enum err err;

	if (again && round->held_back_ms >= HELD_BACK_MS) {
		round->left_back++;
		return ERR_OK;
	}
	err = look_ahead(round, at, first);
	round->held_back_ms += again ? clock_boot_ms() - begin_ms : 0;
	return err;
}
