/* SPDX-License-Identifier: ISC */
#include "serve/queue.h"

#include <stddef.h>

void queue_init(struct queue *queue)
{
	TAILQ_INIT(&queue->lines);
}

bool queue_is_empty(const struct queue *queue)
{
	return TAILQ_EMPTY(&queue->lines);
}

void queue_put(struct queue *queue, struct line *line, struct turn *turn)
{
	if (turn->line != NULL)
		return;
	if (TAILQ_EMPTY(&line->turns)) {
		line->queue = queue;
		TAILQ_INIT(&line->turns);
		TAILQ_INSERT_TAIL(&queue->lines, line, link);
	}
	TAILQ_INSERT_TAIL(&line->turns, turn, link);
	turn->line = line;
}

void queue_remove(struct turn *turn)
{
	struct line *line = turn->line;

	if (line == NULL)
		return;
	TAILQ_REMOVE(&line->turns, turn, link);
	turn->line = NULL;
	if (TAILQ_EMPTY(&line->turns))
		TAILQ_REMOVE(&line->queue->lines, line, link);
}

struct turn *queue_next(struct queue *queue)
{
	struct line *line = TAILQ_FIRST(&queue->lines);
	struct turn *turn;

	if (line == NULL)
		return NULL;
	turn = TAILQ_FIRST(&line->turns);
	TAILQ_REMOVE(&queue->lines, line, link);
	TAILQ_INSERT_TAIL(&queue->lines, line, link);
	queue_remove(turn);
	return turn;
}
