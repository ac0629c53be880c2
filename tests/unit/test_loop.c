/* SPDX-License-Identifier: ISC */
/* wrap: epoll_create1 epoll_wait; memory */
#include "base/loop.h"

#include "memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

/* Someone who waits, counts, and may remove others. */
struct waiter {
	struct watch watch;
	struct loop *loop;
	struct waiter *victim;
	unsigned calls;
	uint32_t events;
};

static void ready(struct watch *watch, uint32_t events)
{
	struct waiter *waiter = (struct waiter *)watch;

	waiter->calls++;
	waiter->events = events;
	if (waiter->victim != NULL)
		loop_remove(waiter->loop, &waiter->victim->watch);
}

static struct loop *open_loop(void)
{
	struct loop *loop = NULL;

	assert_int_equal(loop_open(&loop), ERR_OK);
	return loop;
}

/* A waiter whose descriptor can be read at once. */
static struct waiter waiting(struct loop *loop)
{
	return (struct waiter){ .watch = { .ready = ready, .fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC) },
				.loop = loop };
}

static void who_waits_is_called_with_the_event(void **state)
{
	struct loop *loop = open_loop();
	struct waiter waiter = waiting(loop);

	(void)state;
	assert_int_equal(loop_add(loop, &waiter.watch, EPOLLIN), ERR_OK);
	loop_wait(loop, -1);
	assert_int_equal(waiter.calls, 1);
	assert_int_equal(waiter.events, EPOLLIN);
	(void)close(waiter.watch.fd);
	loop_close(&loop);
	assert_null(loop);
}

static void who_was_removed_is_not_called(void **state)
{
	struct loop *loop = open_loop();
	struct waiter waiter = waiting(loop);
	int fd = waiter.watch.fd;

	(void)state;
	assert_int_equal(loop_add(loop, &waiter.watch, EPOLLIN), ERR_OK);
	loop_remove(loop, &waiter.watch);
	assert_int_equal(waiter.watch.fd, -1);
	loop_remove(loop, &waiter.watch);
	loop_wait(loop, 0);
	assert_int_equal(waiter.calls, 0);
	(void)close(fd);
	loop_close(&loop);
}

static void who_is_removed_within_a_batch_is_not_called_any_more(void **state)
{
	struct loop *loop = open_loop();
	struct waiter a = waiting(loop);
	struct waiter b = waiting(loop);
	int a_fd = a.watch.fd;
	int b_fd = b.watch.fd;

	(void)state;
	a.victim = &b;
	b.victim = &a;
	assert_int_equal(loop_add(loop, &a.watch, EPOLLIN), ERR_OK);
	assert_int_equal(loop_add(loop, &b.watch, EPOLLIN), ERR_OK);
	loop_wait(loop, -1);
	assert_int_equal(a.calls + b.calls, 1);
	(void)close(a_fd);
	(void)close(b_fd);
	loop_close(&loop);
}

static void who_is_called_may_remove_itself(void **state)
{
	struct loop *loop = open_loop();
	struct waiter waiter = waiting(loop);
	int fd = waiter.watch.fd;

	(void)state;
	waiter.victim = &waiter;
	assert_int_equal(loop_add(loop, &waiter.watch, EPOLLIN), ERR_OK);
	loop_wait(loop, -1);
	loop_wait(loop, 0);
	assert_int_equal(waiter.calls, 1);
	(void)close(fd);
	loop_close(&loop);
}

static void a_wait_ends_when_its_time_is_over(void **state)
{
	struct loop *loop = open_loop();

	(void)state;
	loop_wait(loop, 0);
	loop_wait(loop, 1);
	loop_close(&loop);
}

static void a_wake_ends_a_wait_without_end(void **state)
{
	struct loop *loop = open_loop();

	(void)state;
	loop_wake(loop);
	loop_wake(loop);
	loop_wait(loop, -1);
	loop_close(&loop);
}

int __real_epoll_wait(int fd, struct epoll_event *events, int max, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int max, int timeout);
static int last_timeout;
static int last_count;
static int wait_error;
int __wrap_epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	last_timeout = timeout;
	if (wait_error != 0) {
		errno = wait_error;
		return -1;
	}
	last_count = __real_epoll_wait(fd, events, max, timeout > 1 ? 0 : timeout);
	return last_count;
}

static void a_wake_is_used_up_by_one_wait(void **state)
{
	struct loop *loop = open_loop();

	(void)state;
	loop_wake(loop);
	loop_wait(loop, 0);
	assert_int_equal(last_count, 1);
	loop_wait(loop, 0);
	assert_int_equal(last_count, 0);
	loop_close(&loop);
}

static void a_timeout_is_never_shortened_to_nothing_by_its_size(void **state)
{
	struct loop *loop = open_loop();

	(void)state;
	loop_wait(loop, (int64_t)1 << 32);
	assert_int_equal(last_timeout, INT32_MAX);
	loop_wake(loop);
	loop_wait(loop, INT64_MIN);
	assert_int_equal(last_timeout, -1);
	loop_close(&loop);
}

static void an_interrupted_wait_calls_nobody(void **state)
{
	struct loop *loop = open_loop();
	struct waiter waiter = waiting(loop);

	(void)state;
	assert_int_equal(loop_add(loop, &waiter.watch, EPOLLIN), ERR_OK);
	wait_error = EINTR;
	loop_wait(loop, -1);
	wait_error = 0;
	assert_int_equal(waiter.calls, 0);
	(void)close(waiter.watch.fd);
	loop_close(&loop);
}

static void a_descriptor_that_cannot_be_watched_is_an_error(void **state)
{
	struct loop *loop = open_loop();
	struct watch watch = { .ready = ready, .fd = -1 };

	(void)state;
	assert_int_equal(loop_add(loop, &watch, EPOLLIN), ERR_IO);
	loop_close(&loop);
}

static bool no_descriptors;
int __real_epoll_create1(int flags);
int __wrap_epoll_create1(int flags);
int __wrap_epoll_create1(int flags)
{
	return no_descriptors ? -1 : __real_epoll_create1(flags);
}

static void a_loop_without_memory_or_descriptors_does_not_open(void **state)
{
	struct loop *loop = NULL;

	(void)state;
	memory_fail_after(0);
	assert_int_equal(loop_open(&loop), ERR_NO_MEMORY);
	assert_true(memory_restore());
	no_descriptors = true;
	assert_int_equal(loop_open(&loop), ERR_IO);
	no_descriptors = false;
	assert_null(loop);
	loop_close(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_is_called_with_the_event),
		cmocka_unit_test(who_was_removed_is_not_called),
		cmocka_unit_test(who_is_removed_within_a_batch_is_not_called_any_more),
		cmocka_unit_test(who_is_called_may_remove_itself),
		cmocka_unit_test(a_wait_ends_when_its_time_is_over),
		cmocka_unit_test(a_wake_ends_a_wait_without_end),
		cmocka_unit_test(a_wake_is_used_up_by_one_wait),
		cmocka_unit_test(a_timeout_is_never_shortened_to_nothing_by_its_size),
		cmocka_unit_test(an_interrupted_wait_calls_nobody),
		cmocka_unit_test(a_descriptor_that_cannot_be_watched_is_an_error),
		cmocka_unit_test(a_loop_without_memory_or_descriptors_does_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
