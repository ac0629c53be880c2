/* SPDX-License-Identifier: ISC */
#include "ctl/dns/heard.h"

#include "base/clock.h"

#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One question, and what was said. */
struct question {
	char *key;
	struct ask said;
	bool asking;      /* by some thread, which tells of it */
	uint64_t told_ms; /* when it was said; 0: it was not */
};

struct heard {
	pthread_mutex_t mutex;
	pthread_cond_t told;
	void *tree; /* tsearch() tree of questions */
	size_t count;
};

/* The questions of one call. */
struct call {
	const struct ask_way *way;
	struct heard *heard;
	struct ask *asks;
	size_t count;
	struct question **question; /* for each; NULL: there is no room for it */
	bool *mine;                 /* which of them are asked here */
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct question *)a)->key, ((const struct question *)b)->key);
}

static void free_question(void *item)
{
	struct question *question = item;

	ask_free(&question->said, 1);
	free(question->key);
	free(question);
}

enum err heard_new(struct heard **heard)
{
	struct heard *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	(void)pthread_mutex_init(&new->mutex, NULL);
	(void)pthread_cond_init(&new->told, NULL);
	*heard = new;
	return ERR_OK;
}

void heard_free(struct heard **heard)
{
	struct heard *old = *heard;

	if (old == NULL)
		return;
	tdestroy(old->tree, free_question);
	(void)pthread_cond_destroy(&old->told);
	(void)pthread_mutex_destroy(&old->mutex);
	free(old);
	*heard = NULL;
}

static enum err make_question(struct heard *heard, const struct ask *ask, struct question **made)
{
	struct question *question = calloc(1, sizeof(*question));
	struct question **found = NULL;
	int len = -1;

	if (question != NULL)
		len = asprintf(&question->key, "%d %d %s %s", ask->type, ask->referral,
			       ask->server != NULL ? ask->server : "", ask->name);
	if (len >= 0)
		found = tsearch(question, &heard->tree, by_key);
	if (found != NULL && *found == question)
		heard->count++;
	else if (len >= 0)
		free_question(question);
	else
		free(question);
	if (found == NULL)
		return ERR_NO_MEMORY;
	*made = *found;
	return ERR_OK;
}

static bool is_fresh(const struct question *question)
{
	return question->told_ms != 0 && clock_ms() - question->told_ms < HEARD_MS;
}

/* Take over what nobody has asked, or not lately. */
static enum err claim(struct call *call)
{
	enum err err = ERR_OK;

	(void)pthread_mutex_lock(&call->heard->mutex);
	for (size_t i = 0; err == ERR_OK && i < call->count; i++) {
		struct question *question = NULL;

		if (call->heard->count < HEARD_MAX)
			err = make_question(call->heard, &call->asks[i], &question);
		call->question[i] = question;
		call->mine[i] =
			err == ERR_OK && (question == NULL || (!question->asking && !is_fresh(question)));
		if (call->mine[i] && question != NULL)
			question->asking = true;
	}
	(void)pthread_mutex_unlock(&call->heard->mutex);
	return err;
}

static enum err copy(const struct ask *from, struct ask *to)
{
	to->state = from->state;
	to->authoritative = from->authoritative;
	to->why = from->why;
	to->deaf = from->deaf;
	to->record = from->count > 0 ? calloc(from->count, sizeof(*to->record)) : NULL;
	if (from->count > 0 && to->record == NULL)
		return ERR_NO_MEMORY;
	for (; to->count < from->count; to->count++) {
		struct ask_record *record = &to->record[to->count];

		*record = from->record[to->count];
		record->owner = strdup(record->owner);
		record->text = strdup(record->text);
		if (record->owner == NULL || record->text == NULL) {
			free(record->owner);
			free(record->text);
			return ERR_NO_MEMORY;
		}
	}
	return ERR_OK;
}

/* Without memory for it the next one asks again. */
static void tell(struct question *question, const struct ask *said, enum err asked)
{
	ask_free(&question->said, 1);
	question->asking = false;
	question->told_ms = 0;
	if (asked == ERR_OK && copy(said, &question->said) == ERR_OK)
		question->told_ms = clock_ms();
}

static enum err ask_mine(struct call *call)
{
	struct ask *asked = calloc(call->count + 1, sizeof(*asked));
	enum err err = asked != NULL ? ERR_OK : ERR_NO_MEMORY;
	size_t count = 0;

	for (size_t i = 0; err == ERR_OK && i < call->count; i++) {
		if (call->mine[i])
			asked[count++] = call->asks[i];
	}
	if (err == ERR_OK)
		err = ask_all(call->way, asked, count);
	count = 0;
	(void)pthread_mutex_lock(&call->heard->mutex);
	for (size_t i = 0; i < call->count; i++) {
		if (!call->mine[i])
			continue;
		if (asked != NULL)
			call->asks[i] = asked[count++];
		if (call->question[i] != NULL)
			tell(call->question[i], &call->asks[i], err);
	}
	(void)pthread_cond_broadcast(&call->heard->told);
	(void)pthread_mutex_unlock(&call->heard->mutex);
	free(asked);
	return err;
}

/* What another thread asked; where that came to nothing, the question is asked here after all. */
static enum err take_others(struct call *call)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < call->count; i++) {
		struct question *question = call->question[i];
		bool told;

		if (call->mine[i])
			continue;
		(void)pthread_mutex_lock(&call->heard->mutex);
		while (question->asking)
			(void)pthread_cond_wait(&call->heard->told, &call->heard->mutex);
		told = question->told_ms != 0;
		if (told)
			err = copy(&question->said, &call->asks[i]);
		(void)pthread_mutex_unlock(&call->heard->mutex);
		if (!told)
			err = ask_all(call->way, &call->asks[i], 1);
	}
	return err;
}

/* Who claimed something and cannot ask it must not keep others waiting. */
static void give_back(struct call *call)
{
	(void)pthread_mutex_lock(&call->heard->mutex);
	for (size_t i = 0; i < call->count; i++) {
		if (call->mine[i] && call->question[i] != NULL)
			call->question[i]->asking = false;
	}
	(void)pthread_cond_broadcast(&call->heard->told);
	(void)pthread_mutex_unlock(&call->heard->mutex);
}

enum err heard_ask(const struct ask_way *way, struct ask *asks, size_t count)
{
	struct call call = { .way = way, .heard = way->heard, .asks = asks, .count = count };
	enum err err = ERR_NO_MEMORY;

	if (way->heard == NULL)
		return ask_all(way, asks, count);
	call.question = calloc(count + 1, sizeof(*call.question));
	call.mine = calloc(count + 1, sizeof(*call.mine));
	if (call.question == NULL || call.mine == NULL)
		goto out;
	err = claim(&call);
	if (err == ERR_OK)
		err = ask_mine(&call);
	else
		give_back(&call);
	if (err == ERR_OK)
		err = take_others(&call);
out:
	free(call.mine);
	free(call.question);
	return err;
}
