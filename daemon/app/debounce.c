/* SPDX-License-Identifier: ISC */
#include "app/debounce.h"

#include "base/allocation.h"

#include <stdlib.h>
#include <string.h>

void debounce_touch(struct debounce *debounce, uint64_t now_ms)
{
	if (!debounce->pending)
		debounce->first_ms = now_ms;
	debounce->pending = true;
	debounce->last_ms = now_ms;
}

/* As many as there are if it is none of them. */
static size_t find(const struct debounce *debounce, int place, const char *name)
{
	size_t i = 0;

	while (i < debounce->count &&
	       (debounce->written[i].place != place || strcmp(debounce->written[i].name, name) != 0))
		i++;
	return i;
}

static bool put(struct debounce *debounce, int place, const char *name)
{
	struct written *grown;
	char *copy;

	if (debounce->count == DEBOUNCE_WRITTEN_MOST)
		return false;
	grown = allocation_grow(debounce->written, debounce->count, &debounce->capacity, sizeof(*grown));
	if (grown == NULL)
		return false;
	debounce->written = grown;
	copy = strdup(name);
	if (copy == NULL)
		return false;
	debounce->written[debounce->count++] = (struct written){ place, copy };
	return true;
}

static void drop(struct debounce *debounce, size_t i)
{
	free(debounce->written[i].name);
	debounce->written[i] = debounce->written[--debounce->count];
}

void debounce_write(struct debounce *debounce, int place, const char *name, uint64_t now_ms)
{
	debounce_touch(debounce, now_ms);
	if (find(debounce, place, name) == debounce->count && !put(debounce, place, name))
		debounce->more = true;
}

bool debounce_written(struct debounce *debounce, int place, const char *name)
{
	size_t i = find(debounce, place, name);

	if (i == debounce->count)
		return false;
	drop(debounce, i);
	return true;
}

void debounce_forget(struct debounce *debounce, int place)
{
	for (size_t i = debounce->count; i-- > 0;) {
		if (debounce->written[i].place == place)
			drop(debounce, i);
	}
}

int64_t debounce_due(const struct debounce *debounce, uint64_t now_ms)
{
	uint64_t due = debounce->first_ms + DEBOUNCE_LONGEST_MS;

	if (!debounce->pending)
		return -1;
	if (debounce->count == 0 && !debounce->more && debounce->last_ms + DEBOUNCE_QUIET_MS < due)
		due = debounce->last_ms + DEBOUNCE_QUIET_MS;
	return due > now_ms ? (int64_t)(due - now_ms) : 0;
}

/*
 * Who still writes is heard of again: by the next byte, or when he is done.  Of some nothing more is heard,
 * since not every change has an end.
 */
void debounce_take(struct debounce *debounce)
{
	while (debounce->count > 0)
		drop(debounce, debounce->count - 1);
	free(debounce->written);
	*debounce = (struct debounce){ 0 };
}
