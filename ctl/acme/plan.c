/* SPDX-License-Identifier: ISC */
#include "ctl/acme/plan.h"

#include "base/allocation.h"

#include <stdlib.h>

/* In the end those come first that became due first. */
static bool is_before(const struct plan_item *a, const struct plan_item *b)
{
	if (a->due.urgency != b->due.urgency)
		return a->due.urgency < b->due.urgency;
	if (a->due.turn != b->due.turn)
		return a->due.turn < b->due.turn;
	return a->due.among != b->due.among ? a->due.among < b->due.among : a->due.at < b->due.at;
}

static void swap(struct plan_heap *heap, size_t a, size_t b)
{
	struct plan_item item = heap->item[a];

	heap->item[a] = heap->item[b];
	heap->item[b] = item;
}

static enum err put(struct plan_heap *heap, const struct plan_item *item)
{
	struct plan_item *items = allocation_grow(heap->item, heap->count, &heap->capacity, sizeof(*items));
	size_t at = heap->count;

	if (items == NULL)
		return ERR_NO_MEMORY;
	heap->item = items;
	heap->item[heap->count++] = *item;
	for (; at > 0 && is_before(&heap->item[at], &heap->item[(at - 1) / 2]); at = (at - 1) / 2)
		swap(heap, at, (at - 1) / 2);
	return ERR_OK;
}

static struct plan_item take(struct plan_heap *heap)
{
	struct plan_item taken = heap->item[0];
	size_t at, first = 0;

	heap->item[0] = heap->item[--heap->count];
	do {
		at = first;
		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap->count; child++)
			if (is_before(&heap->item[child], &heap->item[first]))
				first = child;
		swap(heap, at, first);
	} while (first != at);
	return taken;
}

void plan_begin(struct plan *plan, time_t until)
{
	*plan = (struct plan){ .until = until };
}

static void note(struct plan *plan, time_t at)
{
	if (plan->next == 0 || at < plan->next)
		plan->next = at;
}

static time_t allowed(const struct plan_item *item, const struct budget *budget, time_t now)
{
	const struct entry order = {
		.what = item->what, .when = now, .domain = item->domain, .host = item->host
	};

	return budget_next(budget, &order, NULL);
}

/* As far as the account is concerned. */
static time_t account_allows(enum entry_what what, const struct budget *budget, time_t now)
{
	const struct entry order = { .what = what, .when = now };

	return budget_next(budget, &order, NULL);
}

enum err plan_offer(struct plan *plan, const struct plan_item *item, const struct budget *budget, time_t now)
{
	time_t at = item->due.at > now ? item->due.at : allowed(item, budget, now);

	if (at > now &&
	    (item->due.at > now || at > plan->until || at > account_allows(item->what, budget, now))) {
		note(plan, at);
		return ERR_OK;
	}
	return put(item->what == ENTRY_NEW ? &plan->fresh : &plan->renewals, item);
}

/* Have a heap begin with a name that may be ordered now; false: it has none. */
static bool make_ready(struct plan *plan, struct plan_heap *heap, const struct budget *budget, time_t now)
{
	time_t at = heap->count > 0 ? account_allows(heap->item[0].what, budget, now) : now;

	if (at > now) {
		note(plan, at);
		return false;
	}
	while (heap->count > 0 && (at = allowed(&heap->item[0], budget, now)) > now) {
		(void)take(heap);
		note(plan, at);
	}
	return heap->count > 0;
}

enum err plan_take(struct plan *plan, const struct budget *budget, time_t now, struct plan_item *item)
{
	bool fresh, renewals;

	/* What was noted for a time that has come is held, or was waited for long enough. */
	if (plan->next <= now)
		plan->next = 0;
	fresh = make_ready(plan, &plan->fresh, budget, now);
	renewals = make_ready(plan, &plan->renewals, budget, now);
	if (!fresh && !renewals)
		return plan_count(plan) > 0 ? ERR_AGAIN : ERR_NOT_FOUND;
	if (fresh && renewals)
		fresh = is_before(&plan->fresh.item[0], &plan->renewals.item[0]);
	*item = take(fresh ? &plan->fresh : &plan->renewals);
	return ERR_OK;
}

size_t plan_count(const struct plan *plan)
{
	return plan->fresh.count + plan->renewals.count;
}

void plan_free(struct plan *plan)
{
	free(plan->fresh.item);
	free(plan->renewals.item);
	*plan = (struct plan){ 0 };
}
