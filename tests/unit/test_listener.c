/* SPDX-License-Identifier: ISC */
#include "http/listener.h"

#include "base/sock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define BODY_LIMIT  1000
#define DEADLINE_MS 30000
#define LIMIT       64

/* More than there are places for them. */
#define STRANGERS       20
#define STRANGERS_LIMIT 8
#define ROUNDS_MAX      2000

int __real_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __real_epoll_wait(int fd, struct epoll_event *events, int max, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int max, int timeout);

struct MHD_Daemon;
int __real_MHD_add_connection(struct MHD_Daemon *daemon, int fd, const struct sockaddr *peer, socklen_t len);
int __wrap_MHD_add_connection(struct MHD_Daemon *daemon, int fd, const struct sockaddr *peer, socklen_t len);

static bool accept_fails;
static int loop_events; /* of the last round of the loop */

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	if (!accept_fails)
		return __real_accept4(fd, address, len, flags);
	errno = EMFILE;
	return -1;
}

/* Both ends live in this thread: what is not ready now will not be later. */
int __wrap_epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	(void)timeout;
	loop_events = __real_epoll_wait(fd, events, max, 0);
	return loop_events;
}

static sa_family_t peer_family; /* what the library is told of the last who connected */

int __wrap_MHD_add_connection(struct MHD_Daemon *daemon, int fd, const struct sockaddr *peer, socklen_t len)
{
	assert_true(len >= sizeof(peer->sa_family));
	peer_family = peer->sa_family;
	return __real_MHD_add_connection(daemon, fd, peer, len);
}

struct fixture {
	struct loop *loop;
	struct listener *listener;
	struct routes routes;
	int fd;
	char folder[32];
	char path[64];
	uint64_t now_ms;
	int64_t due_ms; /* what the last tick said */
	unsigned handled;
	bool strangers; /* whether everybody who connects is one */
	uid_t uid;
	char big[1 << 20];
};

static struct fixture fixture;

static void echo(void *context, const struct request *request, struct answer *answer)
{
	struct fixture *fix = context;
	struct sock_peer peer;

	fix->handled++;
	assert_int_equal(sock_peer(request->peer_fd, &peer), ERR_OK);
	fix->uid = peer.uid;
	assert_int_equal(request->body[request->body_len], '\0');
	answer->status = 200;
	answer->content_type = "text/plain";
	assert_int_equal(text_appendf(&answer->body, "%u %s [%s] [%s] [%s] %zu ", (unsigned)request->method,
				      request->target, request->rest, request->query, request->host,
				      request->body_len),
			 ERR_OK);
	assert_int_equal(text_append(&answer->body, request->body, request->body_len), ERR_OK);
}

static void serve_big(void *context, const struct request *request, struct answer *answer)
{
	struct fixture *fix = context;

	(void)request;
	answer->status = 200;
	answer->content_type = "text/plain";
	answer->lent = fix->big;
	answer->lent_len = sizeof(fix->big);
}

static void refuse_in_words(void *context, unsigned status, struct answer *answer)
{
	(void)context;
	answer->content_type = "application/json";
	assert_int_equal(text_appendf(&answer->body, "{\"status\":%u}", status), ERR_OK);
}

static bool admit(void *context, int fd)
{
	const struct fixture *fix = context;

	assert_true(fd >= 0);
	return !fix->strangers;
}

static const struct route table[] = {
	{ "/echo", METHOD_GET | METHOD_POST, true, echo },
	{ "/echo/*", METHOD_GET, true, echo },
	{ "/order", METHOD_POST, false, echo },
	{ "/big", METHOD_GET, false, serve_big },
	{ NULL, 0, false, NULL },
};

static int set_up(void **state)
{
	struct fixture *fix = &fixture;

	memset(fix, 0, sizeof(*fix));
	memset(fix->big, 'x', sizeof(fix->big));
	fix->now_ms = 1000000;
	fix->routes = (struct routes){
		.table = table,
		.context = fix,
		.refuse = refuse_in_words,
		.admit = admit,
		.body_limit = BODY_LIMIT,
	};
	(void)snprintf(fix->folder, sizeof(fix->folder), "/tmp/test_listener.XXXXXX");
	if (mkdtemp(fix->folder) == NULL)
		return -1;
	(void)snprintf(fix->path, sizeof(fix->path), "%.31s/socket", fix->folder);
	*state = fix;
	return sock_listen_unix(fix->path, 0600, (gid_t)-1, &fix->fd) == ERR_OK &&
			       loop_open(&fix->loop) == ERR_OK &&
			       listener_start(fix->fd, fix->loop, &fix->routes, &fix->listener) == ERR_OK
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	accept_fails = false;
	listener_stop(&fix->listener);
	listener_stop(&fix->listener);
	loop_close(&fix->loop);
	(void)close(fix->fd);
	(void)unlink(fix->path);
	(void)rmdir(fix->folder);
	return 0;
}

/* Go round until nothing is ready and nothing is due: where the real loop would fall asleep. */
static void settle(struct fixture *fix)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		fix->due_ms = listener_tick(fix->listener, fix->now_ms);
		loop_wait(fix->loop, 0);
		if (loop_events <= 0 && fix->due_ms != 0)
			return;
	}
	fail_msg("the loop never falls asleep");
}

static int dial(struct fixture *fix)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(un.sun_path, fix->path, strlen(fix->path) + 1);
	assert_int_equal(connect(fd, (const struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

static void say(int fd, const char *bytes)
{
	assert_int_equal(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL), (ssize_t)strlen(bytes));
}

/* What has come up to now; tells whether the other side has closed. */
static bool hear(int fd, char *out, size_t size)
{
	size_t used = 0;
	ssize_t got;

	while ((got = recv(fd, out + used, size - 1 - used, 0)) > 0)
		used += (size_t)got;
	out[used] = '\0';
	return got == 0 || errno == ECONNRESET;
}

/* One conversation while others stay connected. */
static const char *ask_beside(struct fixture *fix)
{
	static char answer[1024];
	int fd = dial(fix);

	say(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
	settle(fix);
	assert_true(hear(fd, answer, sizeof(answer)));
	(void)close(fd);
	return answer;
}

/* One whole conversation; the answer without its Date line. */
static const char *ask(struct fixture *fix, const char *request)
{
	static char answer[8192];
	int fd = dial(fix);
	char *date;

	say(fd, request);
	settle(fix);
	assert_true(hear(fd, answer, sizeof(answer)));
	(void)close(fd);
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 0);
	date = strstr(answer, "Date: ");
	if (date != NULL)
		memmove(date, strstr(date, "\r\n") + 2, strlen(strstr(date, "\r\n") + 2) + 1);
	return answer;
}

static void assert_answer(struct fixture *fix, const char *request, const char *status, const char *body)
{
	const char *answer = ask(fix, request);
	const char *end = strstr(answer, "\r\n\r\n");

	if (end == NULL || strncmp(answer, status, strlen(status)) != 0 || strcmp(end + 4, body) != 0)
		fail_msg("%.200s: %.400s", request, answer);
}

static void answer_is_whole_and_the_last(void **state)
{
	assert_string_equal(ask(*state, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"),
			    "HTTP/1.1 200 OK\r\n"
			    "Connection: close\r\n"
			    "Content-Type: text/plain\r\n"
			    "Cache-Control: no-store\r\n"
			    "Content-Length: 19\r\n"
			    "\r\n"
			    "1 /echo [] [] [] 0 ");
}

static void request_reaches_its_handler_as_it_came(void **state)
{
	struct fixture *fix = *state;

	assert_answer(fix, "GET /echo/a%20b%2f+c?d=%41&e&f=g=h?i HTTP/1.1\r\nHost: x\r\n\r\n",
		      "HTTP/1.1 200 ",
		      "1 /echo/a%20b%2f+c?d=%41&e&f=g=h?i [a%20b%2f+c] [d=%41&e&f=g=h?i] [] 0 ");
	assert_answer(fix, "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
		      "HTTP/1.1 200 ", "4 /order [] [] [] 5 hello");
	assert_answer(fix, "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 ",
		      "4 /order [] [] [] 0 ");
	assert_answer(fix,
		      "POST /order HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		      "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
		      "HTTP/1.1 200 ", "4 /order [] [] [] 5 hello");
	assert_answer(fix, "HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 ", "");
	assert_int_equal(fix->handled, 5);
	assert_int_equal(fix->uid, getuid());
}

static void wrong_target_or_method_is_refused_in_words(void **state)
{
	struct fixture *fix = *state;

	assert_answer(fix, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 ", "{\"status\":404}");
	assert_answer(fix, "GET /order HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 ", "{\"status\":405}");
	assert_non_null(strstr(ask(fix, "GET /order HTTP/1.1\r\nHost: x\r\n\r\n"), "Allow: POST\r\n"));
	assert_answer(fix, "DELETE /echo HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 ", "{\"status\":405}");
	assert_non_null(strstr(ask(fix, "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"),
			       "Allow: GET, HEAD, POST\r\n"));
	assert_int_equal(fix->handled, 0);
}

static void post_of(char *request, size_t size, size_t announced, size_t sent)
{
	int len = snprintf(request, size, "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
			   announced);

	memset(request + len, 'b', sent);
	request[(size_t)len + sent] = '\0';
}

static void body_may_be_as_long_as_the_routes_allow_and_no_longer(void **state)
{
	struct fixture *fix = *state;
	char request[4096];
	const char *answer;

	post_of(request, sizeof(request), BODY_LIMIT, BODY_LIMIT);
	answer = ask(fix, request);
	assert_non_null(strstr(answer, "4 /order [] [] [] 1000 bbbb"));

	post_of(request, sizeof(request), BODY_LIMIT + 1, BODY_LIMIT + 1);
	assert_answer(fix, request, "HTTP/1.1 413 ", "{\"status\":413}");
	assert_int_equal(fix->handled, 1);
}

static void body_announced_too_long_is_refused_before_it_comes(void **state)
{
	struct fixture *fix = *state;

	assert_answer(fix, "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413 ",
		      "{\"status\":413}");
	assert_answer(fix, "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775807\r\n\r\n",
		      "HTTP/1.1 413 ", "{\"status\":413}");
	assert_answer(
		fix,
		"POST /order HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n",
		"HTTP/1.1 413 ", "{\"status\":413}");
	assert_int_equal(fix->handled, 0);
}

static void chunked_body_that_grows_too_long_is_refused_at_its_end(void **state)
{
	struct fixture *fix = *state;
	char request[8192] = "POST /order HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
	size_t used = strlen(request);

	for (int i = 0; i < 40; i++)
		used += (size_t)snprintf(request + used, sizeof(request) - used, "32\r\n%050d\r\n", i);
	(void)snprintf(request + used, sizeof(request) - used, "0\r\n\r\n");

	assert_answer(fix, request, "HTTP/1.1 413 ", "{\"status\":413}");
	assert_int_equal(fix->handled, 0);
}

static void two_requests_at_once_get_one_answer(void **state)
{
	struct fixture *fix = *state;

	assert_answer(fix,
		      "GET /echo?1 HTTP/1.1\r\nHost: x\r\n\r\n"
		      "GET /echo?2 HTTP/1.1\r\nHost: x\r\n\r\n",
		      "HTTP/1.1 200 ", "1 /echo?1 [] [1] [] 0 ");
	assert_int_equal(fix->handled, 1);
}

static void request_in_pieces_is_put_together(void **state)
{
	static const char request[] = "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
	struct fixture *fix = *state;
	char answer[1024];
	int fd = dial(fix);

	for (size_t i = 0; i < sizeof(request) - 1; i++) {
		assert_int_equal(fix->handled, 0);
		assert_int_equal(send(fd, request + i, 1, MSG_NOSIGNAL), 1);
		settle(fix);
	}

	assert_true(hear(fd, answer, sizeof(answer)));
	assert_non_null(strstr(answer, "4 /order [] [] [] 5 hello"));
	(void)close(fd);
}

static void assert_cut_at_deadline(struct fixture *fix, int fd)
{
	char answer[1024];
	ssize_t got;

	fix->now_ms += DEADLINE_MS - 1;
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 1);
	assert_int_equal(fix->due_ms, 1);

	fix->now_ms += 1;
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 0);
	assert_int_equal(fix->due_ms, -1);
	do
		got = recv(fd, answer, sizeof(answer), 0);
	while (got > 0);
	assert_true(got == 0 || errno == ECONNRESET);
	(void)close(fd);
}

static void slow_client_is_cut_off(void **state)
{
	static const char *const beginnings[] = {
		"",
		"G",
		"GET /echo HTTP/1.1\r\nHost: x\r\n",
		"POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell",
		"POST /order HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
	};
	struct fixture *fix = *state;

	settle(fix);
	assert_int_equal(fix->due_ms, -1);
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
		int fd = dial(fix);

		say(fd, beginnings[i]);
		settle(fix);
		assert_int_equal(fix->due_ms, DEADLINE_MS);
		assert_cut_at_deadline(fix, fd);
	}
	assert_int_equal(fix->handled, 0);
}

static void dripping_client_gains_no_time(void **state)
{
	struct fixture *fix = *state;
	int fd = dial(fix);

	for (int i = 0; i < 29; i++) {
		say(fd, "G");
		settle(fix);
		assert_int_equal(fix->due_ms, DEADLINE_MS - i * 1000);
		fix->now_ms += 1000;
	}
	fix->now_ms += 1000;
	say(fd, "G");
	settle(fix);

	assert_int_equal(listener_connections(fix->listener), 0);
	(void)close(fd);
}

static void client_that_takes_no_answer_is_cut_off(void **state)
{
	struct fixture *fix = *state;
	int fd = dial(fix);

	say(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	settle(fix);

	assert_cut_at_deadline(fix, fd);
}

static void large_answer_arrives_whole(void **state)
{
	static char answer[1 << 21];
	struct fixture *fix = *state;
	int fd = dial(fix);
	size_t used = 0;
	bool closed = false;

	say(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 0; i < ROUNDS_MAX && !closed; i++) {
		settle(fix);
		closed = hear(fd, answer + used, sizeof(answer) - used);
		used += strlen(answer + used);
	}

	assert_true(closed);
	assert_int_equal(strlen(strstr(answer, "\r\n\r\n") + 4), sizeof(fix->big));
	(void)close(fd);
}

static void more_clients_than_allowed_wait_their_turn(void **state)
{
	struct fixture *fix = *state;
	int fds[LIMIT + 2];
	char answer[1024];

	for (int i = 0; i < LIMIT + 2; i++) {
		fds[i] = dial(fix);
		say(fds[i], i < LIMIT ? "GET" : "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), LIMIT);
	assert_int_equal(fix->handled, 0);

	/* One leaves, and both get their turn in its place. */
	(void)close(fds[10]);
	settle(fix);
	assert_int_equal(fix->handled, 2);
	assert_true(hear(fds[LIMIT], answer, sizeof(answer)));
	assert_true(hear(fds[LIMIT + 1], answer, sizeof(answer)));
	assert_int_equal(listener_connections(fix->listener), LIMIT - 1);

	fix->now_ms += DEADLINE_MS;
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 0);
	for (int i = 0; i < LIMIT + 2; i++)
		(void)close(i == 10 ? -1 : fds[i]);
}

/* Begin anew with other routes, or on another socket. */
static void start_anew(struct fixture *fix, int fd)
{
	listener_stop(&fix->listener);
	assert_int_equal(listener_start(fd, fix->loop, &fix->routes, &fix->listener), ERR_OK);
}

static void routes_may_leave_fewer_places(void **state)
{
	struct fixture *fix = *state;
	int fds[4];

	fix->routes.places = 3;
	start_anew(fix, fix->fd);
	for (int i = 0; i < 4; i++)
		fds[i] = dial(fix);
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 3);

	(void)close(fds[0]);
	say(fds[3], "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
	settle(fix);
	assert_int_equal(fix->handled, 1);
	for (int i = 1; i < 4; i++)
		(void)close(fds[i]);
}

static int start_on_tcp(struct fixture *fix, struct sock_address *address)
{
	int fd;

	assert_int_equal(sock_parse("127.0.0.1:0", address), ERR_OK);
	assert_int_equal(sock_listen_tcp(address, &fd), ERR_OK);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address->storage, &address->len), 0);
	start_anew(fix, fd);
	return fd;
}

static int dial_tcp(const struct sock_address *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&address->storage, address->len), 0);
	return fd;
}

static void tcp_is_served_as_unix_sockets_are(void **state)
{
	struct fixture *fix = *state;
	struct sock_address address;
	char answer[1024];
	int listening = start_on_tcp(fix, &address);
	int fd = dial_tcp(&address);

	say(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
	settle(fix);

	assert_int_equal(peer_family, AF_INET);
	assert_true(recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT) > 0);
	assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
	assert_int_equal(listener_connections(fix->listener), 0);
	listener_stop(&fix->listener);
	(void)close(fd);
	(void)close(listening);
}

static void nothing_spins_while_no_descriptor_is_to_be_had(void **state)
{
	struct fixture *fix = *state;
	char answer[1024];
	int fd = dial(fix);

	say(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
	accept_fails = true;
	settle(fix);
	assert_in_range(fix->due_ms, 1, 1000);

	fix->now_ms += (uint64_t)fix->due_ms;
	accept_fails = false;
	settle(fix);
	assert_int_equal(fix->handled, 1);
	assert_true(hear(fd, answer, sizeof(answer)));
	(void)close(fd);
}

static void quiesced_listener_finishes_what_runs_and_takes_no_more(void **state)
{
	struct fixture *fix = *state;
	char answer[1024];
	int early = dial(fix);
	int late;

	say(early, "GET /echo HTTP/1.1\r\n");
	settle(fix);
	listener_quiesce(fix->listener);
	late = dial(fix);
	say(late, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
	say(early, "Host: x\r\n\r\n");
	settle(fix);

	assert_true(hear(early, answer, sizeof(answer)));
	assert_non_null(strstr(answer, "HTTP/1.1 200 "));
	assert_int_equal(fix->handled, 1);
	assert_false(hear(late, answer, sizeof(answer)));
	assert_int_equal(listener_connections(fix->listener), 0);
	assert_int_equal(fix->due_ms, -1);
	(void)close(early);
	(void)close(late);
}

static void clients_that_leave_early_leave_nothing_behind(void **state)
{
	static const char *const beginnings[] = {
		"",
		"GET /echo HTTP/1.1\r\n",
		"GET /echo HTTP/1.1\r\nnonsense\r\n\r\n",
		"nonsense\r\n\r\n",
		"\x16\x03\x01",
		"POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe",
		"POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\nhe",
		"GET /big HTTP/1.1\r\nHost: x\r\n\r\n",
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
		int fd = dial(fix);

		say(fd, beginnings[i]);
		settle(fix);
		(void)close(fd);
		settle(fix);
		assert_int_equal(listener_connections(fix->listener), 0);
	}
	assert_int_equal(fix->handled, 0);
}

static void clients_that_left_before_they_were_taken_in_keep_no_place(void **state)
{
	struct fixture *fix = *state;
	struct sock_address address;
	int listening = start_on_tcp(fix, &address);

	for (int i = 0; i < 3 * LIMIT; i++) {
		int fd = dial_tcp(&address);

		say(fd, "GET /echo HTTP/1.1\r\n");
		(void)close(fd);
	}
	settle(fix);

	assert_int_equal(listener_connections(fix->listener), 0);
	listener_stop(&fix->listener);
	(void)close(listening);
}

static void who_has_said_all_and_ends_his_side_gets_the_whole_answer(void **state)
{
	static char answer[1 << 21];
	struct fixture *fix = *state;
	int fd = dial(fix);
	size_t used = 0;
	bool closed = false;

	say(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	for (int i = 0; i < ROUNDS_MAX && !closed; i++) {
		settle(fix);
		closed = hear(fd, answer + used, sizeof(answer) - used);
		used += strlen(answer + used);
	}

	assert_true(closed);
	assert_int_equal(strlen(strstr(answer, "\r\n\r\n") + 4), sizeof(fix->big));
	(void)close(fd);
}

static void stop_closes_what_is_open_but_not_the_listening_socket(void **state)
{
	struct fixture *fix = *state;
	char answer[64];
	int fd = dial(fix);

	say(fd, "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
	settle(fix);
	listener_stop(&fix->listener);

	assert_null(fix->listener);
	assert_true(hear(fd, answer, sizeof(answer)));
	assert_true(sock_is_listening(fix->fd, AF_UNIX));
	(void)close(fd);
}

static void a_stranger_is_refused_before_his_body_is_read(void **state)
{
	struct fixture *fix = *state;
	char answer[1024];
	int fd;

	fix->strangers = true;
	fd = dial(fix);
	say(fd, "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
	settle(fix);
	(void)hear(fd, answer, sizeof(answer));

	assert_non_null(strstr(answer, "403"));
	assert_non_null(strstr(answer, "{\"status\":403}"));
	assert_int_equal(fix->handled, 0);
	(void)close(fd);
}

static void strangers_have_few_places_and_little_time(void **state)
{
	struct fixture *fix = *state;
	int fds[STRANGERS];

	fix->strangers = true;
	for (size_t i = 0; i < STRANGERS; i++)
		fds[i] = dial(fix);
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), STRANGERS_LIMIT);

	/* Others find their places meanwhile, and the strangers are gone soon. */
	fix->strangers = false;
	assert_non_null(strstr(ask_beside(fix), "200"));
	fix->now_ms += 2000;
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 0);
	for (size_t i = 0; i < STRANGERS; i++)
		(void)close(fds[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answer_is_whole_and_the_last),
		TEST(request_reaches_its_handler_as_it_came),
		TEST(wrong_target_or_method_is_refused_in_words),
		TEST(body_may_be_as_long_as_the_routes_allow_and_no_longer),
		TEST(body_announced_too_long_is_refused_before_it_comes),
		TEST(chunked_body_that_grows_too_long_is_refused_at_its_end),
		TEST(two_requests_at_once_get_one_answer),
		TEST(request_in_pieces_is_put_together),
		TEST(slow_client_is_cut_off),
		TEST(a_stranger_is_refused_before_his_body_is_read),
		TEST(strangers_have_few_places_and_little_time),
		TEST(dripping_client_gains_no_time),
		TEST(client_that_takes_no_answer_is_cut_off),
		TEST(large_answer_arrives_whole),
		TEST(more_clients_than_allowed_wait_their_turn),
		TEST(routes_may_leave_fewer_places),
		TEST(tcp_is_served_as_unix_sockets_are),
		TEST(nothing_spins_while_no_descriptor_is_to_be_had),
		TEST(quiesced_listener_finishes_what_runs_and_takes_no_more),
		TEST(clients_that_leave_early_leave_nothing_behind),
		TEST(clients_that_left_before_they_were_taken_in_keep_no_place),
		TEST(who_has_said_all_and_ends_his_side_gets_the_whole_answer),
		TEST(stop_closes_what_is_open_but_not_the_listening_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
