/* SPDX-License-Identifier: ISC */
#include "core/awaited.h"

#include "base/ordered.h"
#include "base/shared.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A row stands among the others by its name, and by when it came. */
struct row {
	struct row *older, *newer;
	const char *detail; /* of details, or NULL */
	time_t came, at;
	uint16_t marks; /* the state alone */
	char domain[];
};

struct awaited {
	struct ordered rows;
	struct row *oldest, *newest;
	struct awaited_round round;
	uint64_t told;
};

static struct shared_set details = SHARED_SET;

enum err awaited_new(struct awaited **awaited)
{
	struct awaited *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->rows.name_at = offsetof(struct row, domain);
	new->rows.marks_at = offsetof(struct row, marks);
	new->rows.marked = true;
	*awaited = new;
	return ERR_OK;
}

static void free_row(void *object)
{
	struct row *row = object;

	shared_drop(&details, &row->detail);
	free(row);
}

void awaited_free(struct awaited **awaited)
{
	if (*awaited == NULL)
		return;
	ordered_clear(&(*awaited)->rows, free_row);
	shared_drop(&details, &(*awaited)->round.detail);
	free(*awaited);
	*awaited = NULL;
}

static void take_out(struct awaited *awaited, struct row *row)
{
	*(row->older != NULL ? &row->older->newer : &awaited->oldest) = row->newer;
	*(row->newer != NULL ? &row->newer->older : &awaited->newest) = row->older;
	row->older = row->newer = NULL;
}

static void put_last(struct awaited *awaited, struct row *row)
{
	row->older = awaited->newest;
	*(row->older != NULL ? &row->older->newer : &awaited->oldest) = row;
	awaited->newest = row;
}

static void forget(struct awaited *awaited, struct row *row)
{
	take_out(awaited, row);
	(void)ordered_remove(&awaited->rows, row->domain);
	free_row(row);
}

/* One that came later than now is of a time that the clock was taken back from. */
static bool is_over(time_t came, time_t now)
{
	return came > now || now - came >= AWAITED_LIFETIME;
}

static void forget_old(struct awaited *awaited, time_t now)
{
	while (awaited->oldest != NULL && is_over(awaited->oldest->came, now))
		forget(awaited, awaited->oldest);
}

/* What is said of very many domains is mostly the same. */
static const char *keep(const char *detail)
{
	size_t len = detail != NULL ? strlen(detail) : 0;
	const char *kept = len > 0 ? shared_find(&details, detail, len) : NULL;

	if (kept != NULL || len == 0 || len + shared_bytes(&details) > AWAITED_DETAILS_MAX)
		return kept;
	return shared_put(&details, detail, len, 0);
}

/* In no place by when it came, until put_last(). */
static struct row *make(struct awaited *awaited, const char *domain)
{
	size_t size = strlen(domain) + 1;
	struct row *row = calloc(1, offsetof(struct row, domain) + size);

	if (row == NULL)
		return NULL;
	memcpy(row->domain, domain, size);
	if (ordered_add(&awaited->rows, row) == ERR_OK)
		return row;
	free(row);
	return NULL;
}

enum err awaited_put(struct awaited *awaited, const struct awaited_order *order, time_t now)
{
	struct row *row = ordered_find(&awaited->rows, order->domain);
	bool is_same = row != NULL && row->marks == 1U << order->state;
	bool is_told = order->detail != NULL && order->detail[0] != '\0';

	assert(order->state > 0 && order->state < AWAITED_STATES);
	if (row != NULL)
		take_out(awaited, row);
	else
		row = make(awaited, order->domain);
	if (row == NULL)
		return ERR_NO_MEMORY;
	if (is_told || !is_same) {
		shared_drop(&details, &row->detail);
		row->detail = keep(order->detail);
	}
	row->came = now;
	row->at = order->at;
	ordered_mark(&awaited->rows, row, (uint16_t)(1U << order->state));
	put_last(awaited, row);
	return ERR_OK;
}

void awaited_forget(struct awaited *awaited, const char *domain)
{
	struct row *row = ordered_find(&awaited->rows, domain);

	if (row != NULL)
		forget(awaited, row);
}

static bool show(const struct row *row, struct awaited_order *order)
{
	unsigned state = 1;

	if (row == NULL)
		return false;
	while (row->marks != 1U << state)
		state++;
	*order = (struct awaited_order){ row->domain, state, row->at, row->detail };
	return true;
}

bool awaited_find(struct awaited *awaited, const char *domain, time_t now, struct awaited_order *order)
{
	forget_old(awaited, now);
	return show(ordered_find(&awaited->rows, domain), order);
}

bool awaited_after(struct awaited *awaited, const char *name, time_t now, struct awaited_order *order)
{
	forget_old(awaited, now);
	return show(ordered_after(&awaited->rows, name), order);
}

bool awaited_after_in(struct awaited *awaited, const char *name, unsigned state, time_t now,
		      struct awaited_order *order)
{
	forget_old(awaited, now);
	return show(ordered_after_marked(&awaited->rows, name, state), order);
}

size_t awaited_count(struct awaited *awaited, unsigned state, time_t now)
{
	assert(state < AWAITED_STATES);
	forget_old(awaited, now);
	return awaited->rows.bear[state];
}

void awaited_put_round(struct awaited *awaited, const struct awaited_round *round)
{
	shared_drop(&details, &awaited->round.detail);
	awaited->round = *round;
	awaited->round.detail = keep(round->detail);
}

struct awaited_round awaited_last_round(const struct awaited *awaited, time_t now)
{
	const struct awaited_round *last = &awaited->round;

	return is_over(last->reported, now) ? (struct awaited_round){ .reported = last->reported } : *last;
}

uint64_t *awaited_told(struct awaited *awaited)
{
	return &awaited->told;
}

size_t awaited_details(const struct awaited *awaited)
{
	(void)awaited;
	return shared_bytes(&details);
}
