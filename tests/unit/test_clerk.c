/* SPDX-License-Identifier: ISC */
/* wrap: pthread_create */
#include "base/clerk.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define JOBS 100

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *context);

static bool no_thread;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *context)
{
	return no_thread ? EAGAIN : __real_pthread_create(thread, attributes, run, context);
}

struct task {
	struct job job;
	unsigned number;
	unsigned again; /* how often it is given once more */
	bool elsewhere; /* it ran on another thread than this one */
	bool signals;   /* it could be interrupted there */
	bool own;       /* what it causes itself would be heard of */
};

static struct loop *loop;
static struct clerk *clerk;
static pthread_t here;
static unsigned ran[JOBS], ran_count; /* the clerk's */
static unsigned done[JOBS], done_count;
static sem_t gate;

static struct task *task_of(struct job *job)
{
	return (struct task *)job;
}

static void run(struct job *job)
{
	struct task *task = task_of(job);
	sigset_t set;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &set);
	task->signals = sigismember(&set, SIGTERM) == 0;
	task->own = sigismember(&set, SIGBUS) == 0;
	task->elsewhere = !pthread_equal(here, pthread_self());
	ran[ran_count++] = task->number;
}

static void wait_at_gate(struct job *job)
{
	(void)sem_wait(&gate);
	run(job);
}

static void note_done(struct job *job)
{
	struct task *task = task_of(job);

	assert_true(pthread_equal(here, pthread_self()));
	done[done_count++] = task->number;
	if (task->again > 0) {
		task->again--;
		clerk_give(clerk, job);
	}
}

static void fill(struct task task[JOBS])
{
	memset(task, 0, JOBS * sizeof(*task));
	for (unsigned i = 0; i < JOBS; i++) {
		task[i].job = (struct job){ .run = run, .done = note_done };
		task[i].number = i;
	}
}

static int set_up(void **state)
{
	(void)state;
	here = pthread_self();
	ran_count = done_count = 0;
	(void)sem_init(&gate, 0, 0);
	return loop_open(&loop) == ERR_OK && clerk_new(loop, &clerk) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_end(&clerk);
	clerk_end(&clerk);
	loop_close(&loop);
	(void)sem_destroy(&gate);
	return 0;
}

static void jobs_are_done_in_their_order_and_elsewhere(void **state)
{
	struct task task[JOBS];

	(void)state;
	fill(task);
	for (unsigned i = 0; i < JOBS; i++)
		clerk_give(clerk, &task[i].job);
	assert_int_equal(clerk_jobs(clerk), JOBS);
	while (clerk_jobs(clerk) > 0)
		loop_wait(loop, -1);
	assert_int_equal(clerk_served(clerk), JOBS);
	for (unsigned i = 0; i < JOBS; i++) {
		assert_int_equal(ran[i], i);
		assert_int_equal(done[i], i);
		assert_true(task[i].elsewhere);
		assert_false(task[i].signals);
		assert_true(task[i].own);
	}
}

static void it_is_known_since_when_a_job_runs(void **state)
{
	struct task task[JOBS];

	(void)state;
	fill(task);
	assert_int_equal(clerk_busy_since(clerk), 0);
	task[0].job.run = wait_at_gate;
	clerk_give(clerk, &task[0].job);
	while (clerk_busy_since(clerk) == 0)
		loop_wait(loop, 1);
	assert_int_equal(done_count, 0);
	(void)sem_post(&gate);
	while (clerk_jobs(clerk) > 0)
		loop_wait(loop, -1);
	assert_int_equal(clerk_busy_since(clerk), 0);
}

static void all_that_was_given_is_done_before_the_end(void **state)
{
	struct task task[JOBS];

	(void)state;
	fill(task);
	task[0].job.run = wait_at_gate;
	task[2].again = 2;
	for (unsigned i = 0; i < 3; i++)
		clerk_give(clerk, &task[i].job);
	(void)sem_post(&gate);
	clerk_end(&clerk);
	assert_int_equal(ran_count, 5);
	assert_int_equal(done_count, 5);
	assert_int_equal(done[4], 2);
}

static void without_a_thread_there_is_no_clerk(void **state)
{
	struct clerk *none = NULL;

	(void)state;
	no_thread = true;
	assert_int_equal(clerk_new(loop, &none), ERR_IO);
	no_thread = false;
	assert_null(none);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(jobs_are_done_in_their_order_and_elsewhere),
		TEST(it_is_known_since_when_a_job_runs),
		TEST(all_that_was_given_is_done_before_the_end),
		TEST(without_a_thread_there_is_no_clerk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
