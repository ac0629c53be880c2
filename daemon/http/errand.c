/* SPDX-License-Identifier: ISC */
#include "http/errand.h"

#include <stdlib.h>
#include <string.h>

struct errand {
	struct job job;
	struct clerk *clerk;
	errand_heard *heard;
	void *context;
	bool under_way;
	bool left; /* nobody waits for it any more */
	size_t memory;
	/* The clerk's, while it is under way: */
	struct routes routes;
	struct request request;
	char *target;
	struct text body;
	bool in_pieces;
	struct answer answer;
	enum err err;
};

static struct errand *errand_of(struct job *job)
{
	return (struct errand *)((char *)job - offsetof(struct errand, job));
}

static void begin(struct job *job)
{
	struct errand *errand = errand_of(job);
	bool pieces = errand->in_pieces;

	routes_answer(&errand->routes, &errand->request, &errand->answer);
	text_free(&errand->body);
	errand->err = answer_gather(&errand->answer, pieces ? ERRAND_WHOLE_SIZE : SIZE_MAX,
				    pieces ? ERRAND_WHOLE_PIECES : SIZE_MAX);
}

static void go_on(struct job *job)
{
	struct errand *errand = errand_of(job);
	struct answer *answer = &errand->answer;

	answer->body.len = 0;
	errand->err = answer->more(answer->owner, &answer->body);
	if (answer->body.len == 0)
		answer->more = NULL;
}

static void end(struct job *job)
{
	answer_free(&errand_of(job)->answer);
}

static void bury(struct job *job)
{
	struct errand *errand = errand_of(job);

	text_free(&errand->body);
	free(errand->target);
	free(errand);
}

static void give(struct errand *errand, void (*run)(struct job *job), void (*done)(struct job *job))
{
	errand->job.run = run;
	errand->job.done = done;
	if (errand->clerk != NULL) {
		clerk_give(errand->clerk, &errand->job);
		return;
	}
	run(&errand->job);
	done(&errand->job);
}

static void come_back(struct job *job)
{
	struct errand *errand = errand_of(job);
	const struct answer *answer = &errand->answer;

	errand->under_way = false;
	errand->memory = errand->body.capacity + answer->body.capacity + answer->lent_len + answer->held;
	if (errand->left)
		give(errand, end, bury);
	else if (errand->clerk != NULL)
		errand->heard(errand->context);
}

enum err errand_new(const struct errand_tools *tools, const struct request *request, struct text *body,
		    bool in_pieces, void *context, struct errand **errand)
{
	struct errand *new = calloc(1, sizeof(*new));
	char *target = strdup(request->target);

	if (new == NULL || target == NULL) {
		free(new);
		free(target);
		return ERR_NO_MEMORY;
	}
	*new = (struct errand){ .job = { .aside = routes_only_looks(tools->routes, request) },
				.clerk = tools->clerk,
				.heard = tools->heard,
				.routes = *tools->routes,
				.context = context,
				.under_way = true,
				.memory = body->capacity,
				.request = *request,
				.target = target,
				.body = *body,
				.in_pieces = in_pieces };
	*body = (struct text){ 0 };
	new->request.target = target;
	new->request.body = new->body.len > 0 ? new->body.bytes : "";
	new->request.body_len = new->body.len;
	*errand = new;
	give(new, begin, come_back);
	return ERR_OK;
}

bool errand_is_under_way(const struct errand *errand)
{
	return errand->under_way;
}

struct answer *errand_answer(struct errand *errand)
{
	return errand->err == ERR_OK ? &errand->answer : NULL;
}

bool errand_was_done(const struct errand *errand)
{
	return errand->err != ERR_OK && errand->answer.done;
}

void errand_go_on(struct errand *errand)
{
	errand->under_way = true;
	give(errand, go_on, come_back);
}

size_t errand_memory(const struct errand *errand)
{
	return errand->memory;
}

void errand_leave(struct errand **errand)
{
	struct errand *old = *errand;

	if (old == NULL)
		return;
	*errand = NULL;
	old->left = true;
	if (!old->under_way)
		give(old, end, bury);
}
