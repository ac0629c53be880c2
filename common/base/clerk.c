/* SPDX-License-Identifier: ISC */
#include "base/clerk.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How long a job goes on at least between turns of others, and how long these take, milliseconds. */
#define TURN_MS 5

/* How long nobody asks again whether others may have their turn, when they may not, milliseconds. */
#define REFUSED_MS 1000

/* Jobs in the order in which they came. */
struct line {
	struct job *first;
	struct job **end;
};

struct clerk {
	struct loop *loop;
	struct watch heard; /* an eventfd: something is done */
	pthread_t thread;
	bool started;
	size_t jobs; /* this and the next are the loop's thread's */
	uint64_t served;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct line given; /* this and what follows under the lock */
	struct line done;
	uint64_t busy_since_ms;
	bool ending;
	atomic_size_t asides; /* how many of those given may be done aside */
	uint64_t turn_due_ms; /* the clerk's thread's */
	bool turning;         /* as well */
};

static void append(struct line *line, struct job *job)
{
	job->next = NULL;
	*line->end = job;
	line->end = &job->next;
}

static struct job *take(struct line *line)
{
	struct job *job = line->first;

	if (job == NULL)
		return NULL;
	line->first = job->next;
	if (line->first == NULL)
		line->end = &line->first;
	return job;
}

/* Take a job out of the middle: the first that may be done aside, or NULL. */
static struct job *take_aside(struct line *line)
{
	struct job **at = &line->first;
	struct job *job;

	while (*at != NULL && !(*at)->aside)
		at = &(*at)->next;
	job = *at;
	if (job == NULL)
		return NULL;
	*at = job->next;
	if (*at == NULL)
		line->end = at;
	return job;
}

/* The next job; NULL when there will be none. */
static struct job *wait_for_job(struct clerk *clerk)
{
	struct job *job = take(&clerk->given);

	while (job == NULL && !clerk->ending) {
		(void)pthread_cond_wait(&clerk->work, &clerk->lock);
		job = take(&clerk->given);
	}
	return job;
}

static void tell(const struct clerk *clerk)
{
	static const uint64_t one = 1;

	/* It fails only when it is told already. */
	if (write(clerk->heard.fd, &one, sizeof(one)) < 0)
		return;
}

/* Do a job that was taken, with the lock given up meanwhile. */
static void do_job(struct clerk *clerk, struct job *job)
{
	if (job->aside)
		(void)atomic_fetch_sub(&clerk->asides, 1);
	(void)pthread_mutex_unlock(&clerk->lock);
	job->run(job);
	(void)pthread_mutex_lock(&clerk->lock);
	append(&clerk->done, job);
	tell(clerk);
}

static void *run(void *context)
{
	struct clerk *clerk = context;
	struct job *job;

	(void)pthread_mutex_lock(&clerk->lock);
	while ((job = wait_for_job(clerk)) != NULL) {
		clerk->busy_since_ms = clock_ms();
		do_job(clerk, job);
		clerk->busy_since_ms = 0;
	}
	(void)pthread_mutex_unlock(&clerk->lock);
	return NULL;
}

static void do_asides(struct clerk *clerk, uint64_t end_ms)
{
	struct job *job;

	(void)pthread_mutex_lock(&clerk->lock);
	while (clock_ms() < end_ms && (job = take_aside(&clerk->given)) != NULL)
		do_job(clerk, job);
	(void)pthread_mutex_unlock(&clerk->lock);
}

/* Whoever asks again and again must not keep an order from its end: he gets half of the time. */
void clerk_turn(struct clerk *clerk, bool (*step_aside)(void *context), void (*step_back)(void *context),
		void *context)
{
	uint64_t begin_ms, spent_ms;

	if (clerk->turning || atomic_load_explicit(&clerk->asides, memory_order_relaxed) == 0)
		return;
	begin_ms = clock_ms();
	if (begin_ms < clerk->turn_due_ms)
		return;
	if (!step_aside(context)) {
		clerk->turn_due_ms = begin_ms + REFUSED_MS;
		return;
	}
	clerk->turning = true;
	do_asides(clerk, begin_ms + TURN_MS);
	clerk->turning = false;
	step_back(context);
	spent_ms = clock_ms() - begin_ms;
	clerk->turn_due_ms = begin_ms + spent_ms + (spent_ms > TURN_MS ? spent_ms : TURN_MS);
}

static void give_back(struct clerk *clerk, struct job *job)
{
	clerk->jobs--;
	clerk->served++;
	job->done(job);
}

static void hear(struct clerk *clerk)
{
	struct job *job;

	do {
		(void)pthread_mutex_lock(&clerk->lock);
		job = take(&clerk->done);
		(void)pthread_mutex_unlock(&clerk->lock);
		if (job != NULL)
			give_back(clerk, job);
	} while (job != NULL);
}

static void heard_ready(struct watch *watch, uint32_t events)
{
	struct clerk *clerk = (struct clerk *)((char *)watch - offsetof(struct clerk, heard));
	uint64_t count;

	(void)events;
	if (read(watch->fd, &count, sizeof(count)) < 0)
		return;
	hear(clerk);
}

/* What the thread does itself must reach whoever can go on after it; blocked, it ends the process. */
static void fill_blocked(sigset_t *set)
{
	static const int own[] = { SIGBUS, SIGFPE, SIGILL, SIGSEGV };

	(void)sigfillset(set);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		(void)sigdelset(set, own[i]);
}

static enum err start_thread(struct clerk *clerk)
{
	sigset_t blocked, before;
	int failed;

	fill_blocked(&blocked);
	(void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
	failed = pthread_create(&clerk->thread, NULL, run, clerk);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed != 0)
		return ERR_IO;
	clerk->started = true;
	(void)pthread_setname_np(clerk->thread, "clerk");
	return ERR_OK;
}

enum err clerk_new(struct loop *loop, struct clerk **clerk)
{
	struct clerk *new = calloc(1, sizeof(*new));
	enum err err;

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->loop = loop;
	new->given.end = &new->given.first;
	new->done.end = &new->done.first;
	(void)pthread_mutex_init(&new->lock, NULL);
	(void)pthread_cond_init(&new->work, NULL);
	new->heard = (struct watch){ .ready = heard_ready, .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	err = new->heard.fd >= 0 ? loop_add(loop, &new->heard, EPOLLIN) : ERR_IO;
	if (err == ERR_OK)
		err = start_thread(new);
	if (err != ERR_OK) {
		clerk_end(&new);
		return err;
	}
	*clerk = new;
	return ERR_OK;
}

void clerk_give(struct clerk *clerk, struct job *job)
{
	clerk->jobs++;
	if (job->aside)
		(void)atomic_fetch_add(&clerk->asides, 1);
	(void)pthread_mutex_lock(&clerk->lock);
	append(&clerk->given, job);
	(void)pthread_cond_signal(&clerk->work);
	(void)pthread_mutex_unlock(&clerk->lock);
}

size_t clerk_jobs(const struct clerk *clerk)
{
	return clerk->jobs;
}

uint64_t clerk_served(const struct clerk *clerk)
{
	return clerk->served;
}

uint64_t clerk_busy_since(struct clerk *clerk)
{
	uint64_t since;

	(void)pthread_mutex_lock(&clerk->lock);
	since = clerk->busy_since_ms;
	(void)pthread_mutex_unlock(&clerk->lock);
	return since;
}

static void end_thread(struct clerk *clerk)
{
	if (!clerk->started)
		return;
	(void)pthread_mutex_lock(&clerk->lock);
	clerk->ending = true;
	(void)pthread_cond_signal(&clerk->work);
	(void)pthread_mutex_unlock(&clerk->lock);
	(void)pthread_join(clerk->thread, NULL);
	clerk->started = false;
}

/* Who hears that his job is done may give another one. */
static void finish(struct clerk *clerk)
{
	struct job *job;

	hear(clerk);
	clerk->turning = true; /* there is time for all */
	while ((job = take(&clerk->given)) != NULL) {
		job->run(job);
		give_back(clerk, job);
	}
}

void clerk_end(struct clerk **clerk)
{
	struct clerk *old = *clerk;
	int fd;

	if (old == NULL)
		return;
	end_thread(old);
	finish(old);
	fd = old->heard.fd;
	if (fd >= 0) {
		loop_remove(old->loop, &old->heard);
		(void)close(fd);
	}
	(void)pthread_cond_destroy(&old->work);
	(void)pthread_mutex_destroy(&old->lock);
	free(old);
	*clerk = NULL;
}
