/* SPDX-License-Identifier: ISC */
#include "serve/deadlines.h"

#include <stddef.h>

void deadlines_init(struct deadlines *deadlines, const uint64_t duration_ms[DEADLINE_COUNT])
{
	for (int kind = 0; kind < DEADLINE_COUNT; kind++) {
		TAILQ_INIT(&deadlines->queue[kind]);
		deadlines->duration_ms[kind] = duration_ms[kind];
	}
}

void deadlines_set(struct deadlines *deadlines, struct deadline *deadline, enum deadline_kind kind,
		   uint64_t now_ms)
{
	deadlines_clear(deadlines, deadline);
	deadline->due_ms = now_ms + deadlines->duration_ms[kind];
	deadline->kind = kind;
	deadline->is_set = true;
	TAILQ_INSERT_TAIL(&deadlines->queue[kind], deadline, link);
}

void deadlines_clear(struct deadlines *deadlines, struct deadline *deadline)
{
	if (!deadline->is_set)
		return;
	TAILQ_REMOVE(&deadlines->queue[deadline->kind], deadline, link);
	deadline->is_set = false;
}

struct deadline *deadlines_first(const struct deadlines *deadlines, enum deadline_kind kind)
{
	return TAILQ_FIRST(&deadlines->queue[kind]);
}

static void run_queue(struct deadlines *deadlines, enum deadline_kind kind, uint64_t now_ms)
{
	struct deadline *first;

	while ((first = deadlines_first(deadlines, kind)) != NULL && first->due_ms <= now_ms) {
		deadlines_clear(deadlines, first);
		first->passed(first);
	}
}

void deadlines_run(struct deadlines *deadlines, uint64_t now_ms)
{
	for (enum deadline_kind kind = 0; kind < DEADLINE_COUNT; kind++)
		run_queue(deadlines, kind, now_ms);
}

int64_t deadlines_timeout(const struct deadlines *deadlines, uint64_t now_ms)
{
	uint64_t earliest = UINT64_MAX;

	for (enum deadline_kind kind = 0; kind < DEADLINE_COUNT; kind++) {
		const struct deadline *first = deadlines_first(deadlines, kind);

		if (first != NULL && first->due_ms < earliest)
			earliest = first->due_ms;
	}
	if (earliest == UINT64_MAX)
		return -1;
	return earliest > now_ms ? (int64_t)(earliest - now_ms) : 0;
}
