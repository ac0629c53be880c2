/* SPDX-License-Identifier: ISC */
#include "base/loop.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BATCH 128

struct loop {
	int epoll_fd;
	struct watch wake;
	struct epoll_event batch[BATCH];
	int batch_count; /* events of the running batch */
	int batch_next;  /* the first of them not handed out yet */
};

static void drain_wake(struct watch *watch, uint32_t events)
{
	uint64_t count;

	(void)events;
	if (read(watch->fd, &count, sizeof(count)) < 0)
		return;
}

enum err loop_open(struct loop **loop)
{
	struct loop *new = calloc(1, sizeof(*new));
	enum err err = ERR_IO;

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	new->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	new->wake.ready = drain_wake;
	if (new->epoll_fd >= 0 && new->wake.fd >= 0)
		err = loop_add(new, &new->wake, EPOLLIN);
	if (err != ERR_OK) {
		loop_close(&new);
		return err;
	}
	*loop = new;
	return ERR_OK;
}

void loop_close(struct loop **loop)
{
	if (*loop == NULL)
		return;
	if ((*loop)->wake.fd >= 0)
		(void)close((*loop)->wake.fd);
	if ((*loop)->epoll_fd >= 0)
		(void)close((*loop)->epoll_fd);
	free(*loop);
	*loop = NULL;
}

enum err loop_add(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) == 0 ? ERR_OK : ERR_IO;
}

enum err loop_change(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event) == 0 ? ERR_OK : ERR_IO;
}

void loop_remove(struct loop *loop, struct watch *watch)
{
	if (watch->fd < 0)
		return;
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	loop_forget(loop, watch);
}

void loop_forget(struct loop *loop, struct watch *watch)
{
	watch->fd = -1;

	/* The kernel may have told us of it already: take it out of what is left of the batch. */
	for (int i = loop->batch_next; i < loop->batch_count; i++) {
		if (loop->batch[i].data.ptr == watch)
			loop->batch[i].data.ptr = NULL;
	}
}

void loop_wait(struct loop *loop, int64_t timeout_ms)
{
	int timeout = timeout_ms < 0 ? -1 : timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
	int count = epoll_wait(loop->epoll_fd, loop->batch, BATCH, timeout);

	loop->batch_count = count > 0 ? count : 0;
	for (loop->batch_next = 0; loop->batch_next < loop->batch_count;) {
		struct epoll_event *event = &loop->batch[loop->batch_next++];
		struct watch *watch = event->data.ptr;

		if (watch != NULL)
			watch->ready(watch, event->events);
	}
	loop->batch_count = 0;
}

int64_t loop_sooner(int64_t one_ms, int64_t other_ms)
{
	return one_ms < 0 || (other_ms >= 0 && other_ms < one_ms) ? other_ms : one_ms;
}

void loop_wake(struct loop *loop)
{
	uint64_t one = 1;

	if (write(loop->wake.fd, &one, sizeof(one)) < 0)
		return;
}
