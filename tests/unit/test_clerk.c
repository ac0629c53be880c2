/* SPDX-License-Identifier: ISC */
/* wrap: clock_ms pthread_create */
#include "base/clerk.h"

#include "base/clock.h"

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

__typeof__(clock_ms) __wrap_clock_ms;

static bool no_thread;
static _Atomic uint64_t passed_ms; /* of a clock that goes on only when it is told to */

uint64_t __wrap_clock_ms(void)
{
	return 1000 + passed_ms;
}

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
	unsigned turns; /* the clerk's */
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

/* How often jobs were let in aside, and whether they may be. */
static unsigned stepped, came_back, offered; /* the clerk's */
static bool may_step;

static bool step_aside(void *context)
{
	assert_ptr_equal(context, &gate);
	stepped += may_step;
	offered++;
	return may_step;
}

static void step_back(void *context)
{
	assert_ptr_equal(context, &gate);
	came_back++;
}

/* A long job: at each post of the gate it has others take their turn, until they had the time for all. */
static void work_long(struct job *job)
{
	const struct task *task = task_of(job);

	for (unsigned i = 0; i < task->number; i++) {
		(void)sem_wait(&gate);
		for (unsigned step = 0; step < 20; step++) {
			clerk_turn(clerk, step_aside, step_back, &gate);
			passed_ms++;
		}
	}
	ran[ran_count++] = task->number;
}

static void give_long(struct task task[JOBS], unsigned count, unsigned turns)
{
	fill(task);
	stepped = came_back = offered = 0;
	task[0].job.run = work_long;
	task[0].number = turns;
	for (unsigned i = 2; i < JOBS; i += 2)
		task[i].job.aside = true;
	for (unsigned i = 0; i < count; i++)
		clerk_give(clerk, &task[i].job);
}

static void hear_all(void)
{
	while (clerk_jobs(clerk) > 0)
		loop_wait(loop, -1);
}

static void what_may_be_done_aside_has_its_turn_within_a_long_job(void **state)
{
	struct task task[JOBS];

	(void)state;
	may_step = true;
	give_long(task, 5, 2);
	(void)sem_post(&gate);
	while (done_count < 2)
		loop_wait(loop, -1);
	assert_int_equal(clerk_jobs(clerk), 3);
	assert_int_not_equal(clerk_busy_since(clerk), 0);
	(void)sem_post(&gate);
	hear_all();
	assert_int_equal(ran_count, 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(ran[i], ((const unsigned[]){ 2, 4, 2, 1, 3 })[i]);
	assert_true(stepped > 0);
	assert_int_equal(stepped, came_back);
}

static void nothing_is_done_aside_where_it_cannot_be(void **state)
{
	struct task task[JOBS];

	(void)state;
	may_step = false;
	give_long(task, 3, 1);
	(void)sem_post(&gate);
	hear_all();
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ran[i], ((const unsigned[]){ 1, 1, 2 })[i]);
	assert_int_equal(came_back, 0);
	assert_int_equal(offered, 1); /* in twenty milliseconds */
}

/* Somebody's question, which takes three milliseconds. */
static void take_a_while(struct job *job)
{
	(void)job;
	passed_ms += 3;
}

/* Of two hundred milliseconds no more than half, and what one question takes, may go by aside. */
static void work_by_the_clock(struct job *job)
{
	struct task *task = task_of(job);
	uint64_t begin = clock_ms(), before;

	(void)sem_wait(&gate);
	while (clock_ms() - begin < 200) {
		before = clock_ms();
		clerk_turn(clerk, step_aside, step_back, &gate);
		task->turns += (unsigned)(clock_ms() - before);
		passed_ms++;
	}
}

static void who_asks_again_and_again_has_no_more_than_half_of_the_time(void **state)
{
	struct task task[JOBS];

	(void)state;
	may_step = true;
	fill(task);
	task[0].job.run = work_by_the_clock;
	clerk_give(clerk, &task[0].job);
	for (unsigned i = 1; i < JOBS; i++) {
		task[i].job = (struct job){ .run = take_a_while, .done = note_done, .aside = true };
		clerk_give(clerk, &task[i].job);
	}
	(void)sem_post(&gate);
	hear_all();
	assert_true(task[0].turns >= 50);
	assert_true(task[0].turns <= 103);
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
		TEST(what_may_be_done_aside_has_its_turn_within_a_long_job),
		TEST(nothing_is_done_aside_where_it_cannot_be),
		TEST(who_asks_again_and_again_has_no_more_than_half_of_the_time),
		TEST(without_a_thread_there_is_no_clerk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
