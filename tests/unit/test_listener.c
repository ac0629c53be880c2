/* SPDX-License-Identifier: ISC */
/* wrap: accept4 epoll_wait */
#include "http/listener.h"

#include "base/sock.h"

#include <errno.h>
#include <limits.h>
#include <semaphore.h>
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
#define LOOK_LIMIT  100
#define DEADLINE_MS 30000
#define ROUNDS_MAX  2000
#define MIB         ((size_t)1 << 20)

/* As http/listener.h has them. */
#define PLACES       128
#define PLACES_ANY   8
#define PLACES_LOOK  32
#define PLACES_ORDER 64
#define LOOK_OF_ONE  16
#define ORDER_OF_ONE 48
#define STALLED_MS   1000

/* More than anybody gets. */
#define CROWD 200

int __real_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __real_epoll_wait(int fd, struct epoll_event *events, int max, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int max, int timeout);

static unsigned accept_fails; /* so many times */
static int loop_events;       /* of the last round of the loop */

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	if (accept_fails == 0)
		return __real_accept4(fd, address, len, flags);
	accept_fails--;
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

struct fixture {
	struct loop *loop;
	struct clerk *clerk; /* NULL: handlers run in this thread */
	bool waits;          /* for what the clerk does, before the loop counts as asleep */
	sem_t gate;          /* what shut_in() waits for */
	struct listener *listener;
	struct routes routes;
	int fd;
	char folder[32];
	char path[64];
	uint64_t now_ms;
	int64_t due_ms; /* what the last tick said */
	unsigned handled;
	struct peer peer; /* whoever connects */
	uid_t uid;        /* who asked last */
	unsigned pieces;  /* of an answer that are still to come */
	unsigned fault;   /* so many pieces before its end the answer cannot go on; 0: never */
	size_t piece_len;
	size_t held; /* memory that each answer in pieces needs */
	unsigned released;
	char big[1 << 20];
};

static struct fixture fixture;

static void echo(void *context, const struct request *request, struct answer *answer)
{
	struct fixture *fix = context;

	fix->handled++;
	fix->uid = request->peer.uid;
	assert_int_equal(request->body[request->body_len], '\0');
	answer->status = 200;
	answer->content_type = "text/plain";
	assert_int_equal(text_appendf(&answer->body, "%u %s [%s] [%s] [%s] %zu ", (unsigned)request->method,
				      request->target, request->rest, request->query, request->host,
				      request->body_len),
			 ERR_OK);
	assert_int_equal(text_append(&answer->body, request->body, request->body_len), ERR_OK);
}

/* Is answered when the test says so. */
static void shut_in(void *context, const struct request *request, struct answer *answer)
{
	struct fixture *fix = context;

	(void)sem_wait(&fix->gate);
	echo(context, request, answer);
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

static enum err next_piece(void *owner, struct text *piece)
{
	struct fixture *fix = owner;

	if (fix->pieces == 0)
		return ERR_OK;
	if (fix->pieces == fix->fault)
		return ERR_NO_MEMORY;
	fix->pieces--;
	return text_append(piece, fix->big, fix->piece_len);
}

static void count_release(void *owner)
{
	((struct fixture *)owner)->released++;
}

static void serve_pieces(void *context, const struct request *request, struct answer *answer)
{
	(void)request;
	answer->status = 200;
	answer->content_type = "text/plain";
	answer->more = next_piece;
	answer->held = ((const struct fixture *)context)->held;
	answer->owner = context;
	answer->release = count_release;
}

static void refuse_in_words(void *context, unsigned status, struct answer *answer)
{
	(void)context;
	answer->content_type = "application/json";
	assert_int_equal(text_appendf(&answer->body, "{\"status\":%u}", status), ERR_OK);
}

static void identify(void *context, int fd, struct peer *peer)
{
	const struct fixture *fix = context;

	assert_true(fd >= 0);
	*peer = fix->peer;
}

static const struct route table[] = {
	{ "/echo", METHOD_GET | METHOD_POST, RIGHT_LOOK, true, echo, NULL },
	{ "/echo/*", METHOD_GET, RIGHT_LOOK, true, echo, NULL },
	{ "/order", METHOD_POST, RIGHT_ORDER, false, echo, NULL },
	{ "/gate", METHOD_POST, RIGHT_ORDER, false, shut_in, NULL },
	{ "/big", METHOD_GET, RIGHT_LOOK, false, serve_big, NULL },
	{ "/big", METHOD_POST, RIGHT_ORDER, false, serve_big, NULL },
	{ "/pieces", METHOD_GET | METHOD_POST, RIGHT_LOOK, false, serve_pieces, NULL },
	{ NULL, 0, RIGHT_UNSET, false, NULL, NULL },
};

static int set_up_with(void **state, bool clerk)
{
	struct fixture *fix = &fixture;

	memset(fix, 0, sizeof(*fix));
	fix->waits = true;
	(void)sem_init(&fix->gate, 0, 0);
	memset(fix->big, 'x', sizeof(fix->big));
	fix->now_ms = 1000000;
	fix->routes = (struct routes){
		.table = table,
		.context = fix,
		.refuse = refuse_in_words,
		.identify = identify,
		.least = RIGHT_LOOK,
		.body_limits = { [RIGHT_LOOK] = LOOK_LIMIT,
				 [RIGHT_ORDER] = BODY_LIMIT,
				 [RIGHT_OWNER] = BODY_LIMIT },
	};
	fix->peer = (struct peer){ .uid = 1000, .right = RIGHT_ORDER };
	(void)snprintf(fix->folder, sizeof(fix->folder), "/tmp/test_listener.XXXXXX");
	if (mkdtemp(fix->folder) == NULL)
		return -1;
	(void)snprintf(fix->path, sizeof(fix->path), "%.31s/socket", fix->folder);
	*state = fix;
	return sock_listen_unix(fix->path, 0600, (gid_t)-1, &fix->fd) == ERR_OK &&
			       loop_open(&fix->loop) == ERR_OK &&
			       (!clerk || clerk_new(fix->loop, &fix->clerk) == ERR_OK) &&
			       listener_start(fix->fd, fix->loop, fix->clerk, &fix->routes, &fix->listener) ==
				       ERR_OK
		       ? 0
		       : -1;
}

static int set_up(void **state)
{
	return set_up_with(state, false);
}

static int set_up_clerk(void **state)
{
	return set_up_with(state, true);
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	accept_fails = 0;
	listener_stop(&fix->listener);
	listener_stop(&fix->listener);
	clerk_end(&fix->clerk);
	(void)sem_destroy(&fix->gate);
	loop_close(&fix->loop);
	(void)close(fix->fd);
	(void)unlink(fix->path);
	(void)rmdir(fix->folder);
	return 0;
}

/* Until something has come back from it. */
static bool wait_for_clerk(const struct fixture *fix)
{
	size_t jobs = fix->clerk != NULL && fix->waits ? clerk_jobs(fix->clerk) : 0;

	while (jobs > 0 && clerk_jobs(fix->clerk) == jobs) {
		(void)usleep(20);
		loop_wait(fix->loop, 0);
	}
	return jobs > 0;
}

/* Go round until nothing is ready and nothing is due: where the real loop would fall asleep. */
static void settle(struct fixture *fix)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		fix->due_ms = listener_tick(fix->listener, fix->now_ms);
		loop_wait(fix->loop, 0);
		if (loop_events <= 0 && fix->due_ms != 0 && !wait_for_clerk(fix))
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
	static char answer[200000];
	int fd = dial(fix);
	size_t len = 0;
	bool closed = false;
	char *date;

	say(fd, request);
	for (int i = 0; !closed && i < ROUNDS_MAX; i++) {
		settle(fix);
		closed = hear(fd, answer + len, sizeof(answer) - len);
		len += strlen(answer + len);
	}
	assert_true(closed);
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
	assert_int_equal(fix->uid, 1000);
}

/* How many answers of these pieces end well, and leave nothing of the routes' behind. */
static void assert_pieces(struct fixture *fix, unsigned pieces, size_t len, const char *request,
			  const char *wanted)
{
	const char *answer;

	fix->pieces = pieces;
	fix->piece_len = len;
	fix->released = 0;
	answer = ask(fix, request);
	assert_string_equal(answer, wanted);
	assert_int_equal(fix->released, 1);
}

#define PIECES_HEAD                                                                                          \
	"HTTP/1.1 200 OK\r\n"                                                                                \
	"Connection: close\r\n"                                                                              \
	"Content-Type: text/plain\r\n"                                                                       \
	"Cache-Control: no-store\r\n"

#define GET_PIECES "GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n"
#define CHUNKED    PIECES_HEAD "Transfer-Encoding: chunked\r\n\r\n"

/* HTTP/1.0 knows no chunks (RFC 9112, section 6.1), and some clients do not, either. */
static void a_short_answer_in_pieces_is_a_whole_one(void **state)
{
	static const char *const requests[] = { GET_PIECES, "GET /pieces HTTP/1.0\r\n\r\n" };
	static const char *const heads[] = { "HEAD /pieces HTTP/1.1\r\nHost: x\r\n\r\n",
					     "HEAD /pieces HTTP/1.0\r\n\r\n" };

	for (int i = 0; i < 2; i++) {
		assert_pieces(*state, 2, 4, requests[i], PIECES_HEAD "Content-Length: 8\r\n\r\nxxxxxxxx");
		assert_pieces(*state, 2, 4, heads[i], PIECES_HEAD "Content-Length: 8\r\n\r\n");
	}
}

static void a_long_answer_comes_in_chunks(void **state)
{
	static char wanted[200000];
	struct fixture *fix = *state;
	int len = snprintf(wanted, sizeof(wanted), "%s13880\r\n", CHUNKED);

	/* The first two are sent together. */
	memset(wanted + len, 'x', 80000);
	(void)strcpy(wanted + len + 80000, "\r\n9c40\r\n");
	len = (int)strlen(wanted);
	memset(wanted + len, 'x', 40000);
	(void)strcpy(wanted + len + 40000, "\r\n0\r\n\r\n");
	assert_pieces(fix, 3, 40000, GET_PIECES, wanted);
	assert_pieces(fix, 3, 40000, "HEAD /pieces HTTP/1.1\r\nHost: x\r\n\r\n", CHUNKED);
	/* What the library says behind a head is not in the way of others. */
	assert_answer(fix, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 ", "1 /echo [] [] [] 0 ");

	len = snprintf(wanted, sizeof(wanted), "%sContent-Length: 120000\r\n\r\n", PIECES_HEAD);
	memset(wanted + len, 'x', 120000);
	wanted[len + 120000] = '\0';
	assert_pieces(fix, 3, 40000, "GET /pieces HTTP/1.0\r\n\r\n", wanted);
}

/* Each may have taken long to make, and others wait. */
static void many_small_pieces_come_in_chunks(void **state)
{
	const char *answer;

	((struct fixture *)*state)->pieces = 20;
	((struct fixture *)*state)->piece_len = 1;
	answer = ask(*state, GET_PIECES);
	assert_memory_equal(answer, CHUNKED "8\r\nxxxxxxxx\r\n1\r\nx\r\n",
			    sizeof(CHUNKED "8\r\nxxxxxxxx\r\n1\r\nx\r\n") - 1);
	assert_pieces(*state, 20, 1, "GET /pieces HTTP/1.0\r\n\r\n",
		      PIECES_HEAD "Content-Length: 20\r\n\r\nxxxxxxxxxxxxxxxxxxxx");
}

static void pieces_that_fail_end_the_answer_without_its_end(void **state)
{
	static char wanted[100000];
	struct fixture *fix = *state;
	int len = snprintf(wanted, sizeof(wanted), "%s11170\r\n", CHUNKED);

	fix->fault = 1;
	memset(wanted + len, 'x', 70000);
	(void)strcpy(wanted + len + 70000, "\r\n");
	assert_pieces(fix, 2, 70000, GET_PIECES, wanted);
	fix->pieces = 2;
	fix->piece_len = 10;
	assert_answer(fix, GET_PIECES, "HTTP/1.1 503 ", "{\"status\":503}");
	fix->pieces = 2;
	fix->piece_len = 70000;
	assert_answer(fix, "GET /pieces HTTP/1.0\r\n\r\n", "HTTP/1.1 503 ", "{\"status\":503}");
}

/* What has come up to now is thrown away; returns how much it was. */
static size_t drain(int fd)
{
	static char bytes[65536];
	size_t all = 0;
	ssize_t got;

	while ((got = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		all += (size_t)got;
	return all;
}

static void a_long_answer_lasts_as_long_as_it_is_taken(void **state)
{
	struct fixture *fix = *state;
	int fd = dial(fix);
	size_t all = 0;

	fix->pieces = 100;
	fix->piece_len = 60000;
	say(fd, GET_PIECES);
	for (int i = 0; i < 20; i++) {
		settle(fix);
		all += drain(fd);
		fix->now_ms += 29000;
	}
	assert_int_equal(listener_connections(fix->listener), 1);
	assert_true(all > 1000000);
	/* One piece at a time is there, and what the kernel holds. */
	assert_true(fix->pieces > 10);
	settle(fix);
	fix->now_ms += 31000;
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 0);
	assert_int_equal(fix->released, 1);
	(void)close(fd);
}

/* Whoever drips has the time of everybody else. */
static void a_long_answer_is_not_for_who_takes_a_little_now_and_then(void **state)
{
	struct fixture *fix = *state;
	int fd = dial(fix);
	char some[10000];

	fix->pieces = 3;
	fix->piece_len = sizeof(fix->big);
	say(fd, GET_PIECES);
	for (int i = 0; i < 40; i++) {
		settle(fix);
		(void)recv(fd, some, sizeof(some), MSG_DONTWAIT);
		fix->now_ms += 800;
	}
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 0);
	(void)close(fd);
}

/* A status line in the middle of an answer would be taken for a part of it. */
static void nothing_is_put_into_an_answer_that_is_cut_off(void **state)
{
	static char rest[1 << 21];
	struct fixture *fix = *state;
	int others[20];
	int fd = dial(fix);

	fix->peer.right = RIGHT_LOOK;
	fix->pieces = 5000;
	fix->piece_len = 1000;
	say(fd, GET_PIECES);
	settle(fix);
	fix->now_ms += STALLED_MS;
	for (int i = 0; i < 20; i++) {
		others[i] = dial(fix);
		say(others[i], "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
		settle(fix);
	}
	assert_true(hear(fd, rest, sizeof(rest)));
	assert_null(strstr(rest, "503"));
	assert_int_equal(fix->released, 1);
	(void)close(fd);
	for (int i = 0; i < 20; i++)
		(void)close(others[i]);
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

static void chunked_body_that_grows_too_long_is_refused(void **state)
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

/* Begin anew with other routes, or on another socket. */
static void start_anew(struct fixture *fix, int fd)
{
	listener_stop(&fix->listener);
	assert_int_equal(listener_start(fd, fix->loop, fix->clerk, &fix->routes, &fix->listener), ERR_OK);
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
	accept_fails = UINT_MAX;
	settle(fix);
	assert_in_range(fix->due_ms, 1, 1000);

	fix->now_ms += (uint64_t)fix->due_ms;
	accept_fails = 0;
	settle(fix);
	assert_int_equal(fix->handled, 1);
	assert_true(hear(fd, answer, sizeof(answer)));
	(void)close(fd);
}

static void who_may_less_goes_where_there_is_no_descriptor_for_a_newcomer(void **state)
{
	struct fixture *fix = *state;
	char answer[1024];
	int fds[3];

	for (int i = 0; i < 3; i++) {
		fix->peer = (struct peer){ .uid = 1, .right = i == 1 ? RIGHT_LOOK : RIGHT_ORDER };
		fds[i] = dial(fix);
		settle(fix);
	}
	accept_fails = 1;
	assert_non_null(strstr(ask_beside(fix), " 200 "));
	assert_int_equal(listener_connections(fix->listener), 2);
	assert_true(hear(fds[1], answer, sizeof(answer)));
	assert_memory_equal(answer, "HTTP/1.1 503 ", 13);

	/* Operators do not go for others. */
	accept_fails = 1;
	(void)close(fds[1]);
	fds[1] = dial(fix);
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 2);
	assert_false(hear(fds[0], answer, sizeof(answer)));
	for (int i = 0; i < 3; i++)
		(void)close(fds[i]);
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

	for (int i = 0; i < 3 * PLACES; i++) {
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

static void become(struct fixture *fix, enum right right, uid_t uid)
{
	fix->peer = (struct peer){ .uid = uid, .right = right };
}

static void a_stranger_is_refused_whatever_he_asks_for(void **state)
{
	static const char *const requests[] = {
		"POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n",
	};
	struct fixture *fix = *state;

	become(fix, RIGHT_ANY, 1);
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		assert_answer(fix, requests[i], "HTTP/1.1 403 ", "{\"status\":403}");
	assert_int_equal(fix->handled, 0);
}

static void who_may_only_look_is_refused_an_order_before_its_body_comes(void **state)
{
	struct fixture *fix = *state;

	become(fix, RIGHT_LOOK, 1);
	assert_answer(fix, "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 403 ",
		      "{\"status\":403}");
	assert_answer(fix, "POST /order HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		      "HTTP/1.1 403 ", "{\"status\":403}");
	assert_answer(fix,
		      "POST /order HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n",
		      "HTTP/1.1 403 ", "{\"status\":403}");
	assert_int_equal(fix->handled, 0);
}

static void who_may_only_look_may_send_a_small_body(void **state)
{
	struct fixture *fix = *state;

	become(fix, RIGHT_LOOK, 1);
	assert_answer(fix, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", "HTTP/1.1 413 ",
		      "{\"status\":413}");
	assert_answer(fix, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n",
		      "HTTP/1.1 413 ", "{\"status\":413}");
	assert_answer(fix, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
		      "HTTP/1.1 200 ", "4 /echo [] [] [] 5 hello");
}

static void go_ahead_comes_before_the_body_and_only_to_who_waits_for_it(void **state)
{
	struct fixture *fix = *state;
	char answer[1024];
	int fd = dial(fix);

	say(fd, "POST /order HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
	settle(fix);
	assert_false(hear(fd, answer, sizeof(answer)));
	assert_string_equal(answer, "HTTP/1.1 100 Continue\r\n\r\n");
	say(fd, "hello");
	settle(fix);
	assert_true(hear(fd, answer, sizeof(answer)));
	assert_non_null(strstr(answer, "4 /order [] [] [] 5 hello"));
	(void)close(fd);

	fd = dial(fix);
	say(fd, "POST /order HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhe");
	settle(fix);
	assert_false(hear(fd, answer, sizeof(answer)));
	assert_string_equal(answer, "");
	(void)close(fd);
	settle(fix);

	assert_answer(
		fix,
		"POST /order HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 ", "4 /order [] [] [] 5 hello");
	assert_answer(
		fix,
		"POST /order HTTP/1.0\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 ", "4 /order [] [] [] 5 hello");
}

static void refused_body_is_thrown_away_so_that_the_answer_is_not_lost(void **state)
{
	struct fixture *fix = *state;
	char answer[1024];
	int fd = dial(fix);

	say(fd, "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
	for (int i = 0; i < 50; i++) {
		settle(fix);
		assert_int_equal(send(fd, fix->big, 65536, MSG_NOSIGNAL), 65536);
	}
	assert_true(hear(fd, answer, sizeof(answer)));
	assert_memory_equal(answer, "HTTP/1.1 413 ", 13);
	assert_int_equal(listener_connections(fix->listener), 1);

	fix->now_ms += 2000;
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 0);
	(void)close(fd);
}

/* Many who connect, say something, and say no more. */
static void crowd(struct fixture *fix, int fds[CROWD], const char *bytes)
{
	for (size_t i = 0; i < CROWD; i++) {
		fds[i] = dial(fix);
		say(fds[i], bytes);
		settle(fix);
	}
}

static void disperse(struct fixture *fix, const int fds[CROWD])
{
	for (size_t i = 0; i < CROWD; i++)
		(void)close(fds[i]);
	settle(fix);
}

static void nobody_keeps_others_out_by_saying_nothing(void **state)
{
	static const struct {
		enum right right;
		uid_t uid;
		unsigned held; /* by all, when his crowd is there */
	} crowds[] = {
		{ RIGHT_ANY, 1, PLACES_ANY },
		{ RIGHT_ANY, 2, PLACES_ANY },
		{ RIGHT_LOOK, 3, PLACES_ANY + LOOK_OF_ONE },
		{ RIGHT_LOOK, 4, PLACES_ANY + PLACES_LOOK },
		{ RIGHT_LOOK, 5, PLACES_ANY + PLACES_LOOK },
		{ RIGHT_ORDER, 6, PLACES_ANY + PLACES_LOOK + ORDER_OF_ONE },
		{ RIGHT_ORDER, 7, PLACES_ANY + PLACES_LOOK + PLACES_ORDER },
		{ RIGHT_ORDER, 8, PLACES_ANY + PLACES_LOOK + PLACES_ORDER },
		{ RIGHT_OWNER, 0, PLACES },
	};
	static const char *const beginnings[] = {
		"",
		"GET /echo HTTP/1.1\r\n",
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell",
	};
	static int fds[sizeof(crowds) / sizeof(*crowds)][CROWD];
	struct fixture *fix = *state;

	for (size_t b = 0; b < sizeof(beginnings) / sizeof(*beginnings); b++) {
		for (size_t i = 0; i < sizeof(crowds) / sizeof(*crowds); i++) {
			become(fix, crowds[i].right, crowds[i].uid);
			crowd(fix, fds[i], beginnings[b]);
			if (b < 2 || i > 1) /* a stranger is answered at once */
				assert_int_equal(listener_connections(fix->listener), crowds[i].held);
		}
		/* Others of each kind, and one of the crowd itself, are answered at once. */
		for (uid_t uid = 0; uid < 100; uid += 99) {
			become(fix, RIGHT_OWNER, uid);
			assert_non_null(strstr(ask_beside(fix), " 200 "));
			become(fix, RIGHT_ORDER, 8 + uid);
			assert_non_null(strstr(ask_beside(fix), " 200 "));
			become(fix, RIGHT_LOOK, 5 + uid);
			assert_non_null(strstr(ask_beside(fix), " 200 "));
			become(fix, RIGHT_ANY, 2 + uid);
			assert_non_null(strstr(ask_beside(fix), " 403 "));
		}
		for (size_t i = 0; i < sizeof(crowds) / sizeof(*crowds); i++)
			disperse(fix, fds[i]);
		assert_int_equal(listener_connections(fix->listener), 0);
	}
}

static void the_oldest_who_has_not_asked_yet_is_told_that_it_is_too_much(void **state)
{
	static int fds[CROWD];
	struct fixture *fix = *state;
	char answer[1024];

	become(fix, RIGHT_LOOK, 1);
	crowd(fix, fds, "POST /echo HTTP/1.1\r\n");
	for (size_t i = 0; i < CROWD; i++) {
		bool turned_away = i < CROWD - LOOK_OF_ONE;

		assert_int_equal(hear(fds[i], answer, sizeof(answer)), turned_away);
		assert_int_equal(strstr(answer, " 503 ") != NULL, turned_away);
		assert_int_equal(strstr(answer, "{\"status\":503}") != NULL, turned_away);
	}
	assert_int_equal(fix->handled, 0);
	disperse(fix, fds);
}

static void who_takes_nothing_of_his_answer_goes_for_others_after_a_second(void **state)
{
	static int fds[CROWD];
	struct fixture *fix = *state;

	become(fix, RIGHT_LOOK, 1);
	crowd(fix, fds, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(listener_connections(fix->listener), LOOK_OF_ONE);
	assert_non_null(strstr(ask_beside(fix), " 503 "));
	become(fix, RIGHT_LOOK, 2);
	assert_non_null(strstr(ask_beside(fix), " 200 "));

	become(fix, RIGHT_LOOK, 1);
	fix->now_ms += STALLED_MS;
	assert_non_null(strstr(ask_beside(fix), " 200 "));
	disperse(fix, fds);
}

static void where_nobody_can_be_told_from_others_the_oldest_who_is_silent_goes(void **state)
{
	struct fixture *fix = *state;
	struct sock_address address;
	char answer[1024];
	int listening;
	int fds[4];

	fix->routes.identify = NULL;
	fix->routes.least = RIGHT_UNSET;
	fix->routes.places = 3;
	listening = start_on_tcp(fix, &address);
	for (int i = 0; i < 4; i++) {
		fds[i] = dial_tcp(&address);
		settle(fix);
	}
	assert_int_equal(listener_connections(fix->listener), 3);
	assert_true(recv(fds[0], answer, sizeof(answer), MSG_DONTWAIT) > 0);
	assert_memory_equal(answer, "HTTP/1.1 503 ", 13);
	say(fds[3], "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
	settle(fix);
	assert_true(recv(fds[3], answer, sizeof(answer), MSG_DONTWAIT) > 0);
	assert_memory_equal(answer, "HTTP/1.1 404 ", 13);
	listener_stop(&fix->listener);
	for (int i = 0; i < 4; i++)
		(void)close(fds[i]);
	(void)close(listening);
}

/* A request whose body is too long for one read, up to its last byte. */
static int send_most(struct fixture *fix, size_t len)
{
	char head[128];
	int fd = dial(fix);
	size_t sent = 1;

	(void)snprintf(head, sizeof(head), "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
		       len);
	say(fd, head);
	while (sent < len) {
		size_t part = len - sent < 65536 ? len - sent : 65536;

		settle(fix);
		if (send(fd, fix->big, part, MSG_NOSIGNAL) < 0)
			break;
		sent += part;
	}
	settle(fix);
	return fd;
}

static void bodies_of_all_together_are_bounded(void **state)
{
	struct fixture *fix = *state;
	char answer[1024];
	int fds[10];

	fix->routes.body_limits[RIGHT_ORDER] = fix->routes.body_limits[RIGHT_OWNER] = 16 * MIB;
	start_anew(fix, fix->fd);
	for (uid_t i = 0; i < 10; i++) {
		become(fix, RIGHT_ORDER, 10 + i);
		fds[i] = send_most(fix, 15 * MIB);
	}
	assert_int_equal(listener_connections(fix->listener), 5);
	assert_true(hear(fds[0], answer, sizeof(answer)));
	assert_memory_equal(answer, "HTTP/1.1 503 ", 13);

	/* The newest is served, and so is who may more. */
	say(fds[9], "x");
	settle(fix);
	assert_int_equal(fix->handled, 1);
	become(fix, RIGHT_OWNER, 0);
	(void)close(fds[0]);
	fds[0] = send_most(fix, 15 * MIB);
	say(fds[0], "x");
	settle(fix);
	assert_int_equal(fix->handled, 2);
	for (int i = 0; i < 10; i++)
		(void)close(fds[i]);
}

static void body_of_who_may_less_makes_room_first(void **state)
{
	struct fixture *fix = *state;
	char answer[1024];
	int fds[6];

	fix->routes.body_limits[RIGHT_ORDER] = fix->routes.body_limits[RIGHT_OWNER] = 16 * MIB;
	start_anew(fix, fix->fd);
	for (int i = 0; i < 6; i++) {
		become(fix, i == 0 || i == 5 ? RIGHT_OWNER : RIGHT_ORDER, 10);
		fds[i] = send_most(fix, 15 * MIB);
	}
	assert_false(hear(fds[0], answer, sizeof(answer)));
	assert_true(hear(fds[1], answer, sizeof(answer)));
	assert_memory_equal(answer, "HTTP/1.1 503 ", 13);
	for (int i = 0; i < 6; i++)
		(void)close(fds[i]);
}

static void an_answer_to_an_order_is_never_cut_for_another(void **state)
{
	static int fds[CROWD];
	struct fixture *fix = *state;

	become(fix, RIGHT_OWNER, 0);
	for (size_t i = 0; i < 70; i++) {
		fds[i] = dial(fix);
		say(fds[i], "POST /big HTTP/1.1\r\nHost: x\r\n\r\n");
		settle(fix);
	}
	fix->now_ms += STALLED_MS;
	fds[70] = dial(fix);
	say(fds[70], "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 71);
	for (size_t i = 0; i < 71; i++)
		(void)close(fds[i]);
}

/* No order is answered in pieces, so that one who asks by POST keeps nobody's memory for it. */
static void what_an_answer_in_pieces_needs_is_bounded(void **state)
{
	struct fixture *fix = *state;
	int fds[8];

	fix->pieces = 100000;
	fix->piece_len = 40000;
	fix->held = 15 * MIB;
	for (uid_t i = 0; i < 8; i++) {
		become(fix, RIGHT_ORDER, 10 + i);
		fds[i] = dial(fix);
		say(fds[i], "POST /pieces HTTP/1.1\r\nHost: x\r\n\r\n");
		settle(fix);
		fix->now_ms += STALLED_MS;
	}
	assert_int_equal(listener_connections(fix->listener), 5);
	assert_int_equal(fix->released, 3);
	for (int i = 0; i < 8; i++)
		(void)close(fds[i]);
}

static void answers_to_who_may_only_look_are_bounded_and_those_to_orders_are_sent(void **state)
{
	static int fds[CROWD];
	struct fixture *fix = *state;
	size_t used = 0;

	/* An answer has a MiB; those of four observers fit into the bound, and no more. */
	for (uid_t i = 0; i < 2; i++) {
		become(fix, RIGHT_LOOK, 10 + i);
		while (used < LOOK_OF_ONE * (i + 1)) {
			fds[used] = dial(fix);
			say(fds[used++], "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
			settle(fix);
		}
	}
	become(fix, RIGHT_ORDER, 20);
	while (used < LOOK_OF_ONE * 2 + ORDER_OF_ONE) {
		fds[used] = dial(fix);
		say(fds[used++], "POST /big HTTP/1.1\r\nHost: x\r\n\r\n");
		settle(fix);
	}
	assert_int_equal(listener_connections(fix->listener), LOOK_OF_ONE * 2 + ORDER_OF_ONE);

	/* The others hold 80 MiB, none of them for long. */
	become(fix, RIGHT_ORDER, 21);
	assert_non_null(strstr(ask_beside(fix), " 200 "));
	fds[used] = dial(fix);
	say(fds[used++], "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	settle(fix);
	{
		char answer[1024];

		assert_true(hear(fds[used - 1], answer, sizeof(answer)));
		assert_memory_equal(answer, "HTTP/1.1 503 ", 13);
	}

	/* When they have stalled the answers of observers go, and not those to orders. */
	fix->now_ms += STALLED_MS;
	fds[used] = dial(fix);
	say(fds[used++], "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	settle(fix);
	assert_int_equal(listener_connections(fix->listener), 64 + 1);
	while (used-- > 0)
		(void)close(fds[used]);
}

/* Somebody's order, which the clerk does not come to the end of before the test says so. */
static int order_behind_the_gate(struct fixture *fix, size_t number)
{
	int fd = dial(fix);

	fix->waits = false;
	say(fd, "POST /gate HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nall");
	settle(fix);
	assert_int_equal(clerk_jobs(fix->clerk), number);
	return fd;
}

static void open_gate(struct fixture *fix)
{
	fix->waits = true;
	(void)sem_post(&fix->gate);
	settle(fix);
}

static void who_asks_for_nothing_that_takes_long_is_answered_meanwhile(void **state)
{
	struct fixture *fix = *state;
	char answer[1024];
	int order = order_behind_the_gate(fix, 1), stranger = dial(fix);

	say(stranger, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
	settle(fix);
	assert_true(hear(stranger, answer, sizeof(answer)));
	assert_memory_equal(answer, "HTTP/1.1 404 ", 13);
	assert_false(hear(order, answer, sizeof(answer)));

	open_gate(fix);
	assert_true(hear(order, answer, sizeof(answer)));
	assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
	(void)close(stranger);
	(void)close(order);
}

static void however_long_an_answer_takes_its_client_gets_it(void **state)
{
	static int fds[ORDER_OF_ONE];
	struct fixture *fix = *state;
	char answer[1024];
	int late;

	for (size_t i = 0; i < ORDER_OF_ONE; i++)
		fds[i] = order_behind_the_gate(fix, i + 1);
	fix->now_ms += 100 * (uint64_t)DEADLINE_MS;
	late = dial(fix);
	settle(fix);
	assert_int_equal(fix->due_ms, -1);
	assert_true(hear(late, answer, sizeof(answer)));
	assert_memory_equal(answer, "HTTP/1.1 503 ", 13);

	for (size_t i = 1; i < ORDER_OF_ONE; i++)
		(void)sem_post(&fix->gate);
	open_gate(fix);
	for (size_t i = 0; i < ORDER_OF_ONE; i++) {
		assert_true(hear(fds[i], answer, sizeof(answer)));
		assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
		(void)close(fds[i]);
	}
	(void)close(late);
}

static void an_order_whose_client_leaves_is_done(void **state)
{
	struct fixture *fix = *state;
	int order = order_behind_the_gate(fix, 1);

	(void)close(order);
	settle(fix);
	open_gate(fix);
	assert_int_equal(fix->handled, 1);
	assert_int_equal(listener_connections(fix->listener), 0);
}

static void a_stop_leaves_an_order_to_its_end(void **state)
{
	struct fixture *fix = *state;
	int order = order_behind_the_gate(fix, 1), second = dial(fix);

	say(second, "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none");
	settle(fix);
	listener_stop(&fix->listener);
	(void)sem_post(&fix->gate);
	clerk_end(&fix->clerk);
	assert_int_equal(fix->handled, 2);
	(void)close(order);
	(void)close(second);
}

/* Each with the handlers in this thread, and with a clerk who runs them. */
#define TEST(name)                                                                                           \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down),                                            \
	{                                                                                                    \
#name " (clerk)", name, set_up_clerk, tear_down, NULL                                        \
	}
#define TEST_CLERK(name) cmocka_unit_test_setup_teardown(name, set_up_clerk, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answer_is_whole_and_the_last),
		TEST(request_reaches_its_handler_as_it_came),
		TEST(a_short_answer_in_pieces_is_a_whole_one),
		TEST(a_long_answer_comes_in_chunks),
		TEST(many_small_pieces_come_in_chunks),
		TEST(pieces_that_fail_end_the_answer_without_its_end),
		TEST(a_long_answer_lasts_as_long_as_it_is_taken),
		TEST(a_long_answer_is_not_for_who_takes_a_little_now_and_then),
		TEST(nothing_is_put_into_an_answer_that_is_cut_off),
		TEST(wrong_target_or_method_is_refused_in_words),
		TEST(body_may_be_as_long_as_the_routes_allow_and_no_longer),
		TEST(body_announced_too_long_is_refused_before_it_comes),
		TEST(chunked_body_that_grows_too_long_is_refused),
		TEST(two_requests_at_once_get_one_answer),
		TEST(request_in_pieces_is_put_together),
		TEST(slow_client_is_cut_off),
		TEST(a_stranger_is_refused_whatever_he_asks_for),
		TEST(who_may_only_look_is_refused_an_order_before_its_body_comes),
		TEST(who_may_only_look_may_send_a_small_body),
		TEST(go_ahead_comes_before_the_body_and_only_to_who_waits_for_it),
		TEST(refused_body_is_thrown_away_so_that_the_answer_is_not_lost),
		TEST(nobody_keeps_others_out_by_saying_nothing),
		TEST(the_oldest_who_has_not_asked_yet_is_told_that_it_is_too_much),
		TEST(who_takes_nothing_of_his_answer_goes_for_others_after_a_second),
		TEST(where_nobody_can_be_told_from_others_the_oldest_who_is_silent_goes),
		TEST(bodies_of_all_together_are_bounded),
		TEST(body_of_who_may_less_makes_room_first),
		TEST(an_answer_to_an_order_is_never_cut_for_another),
		TEST(what_an_answer_in_pieces_needs_is_bounded),
		TEST(answers_to_who_may_only_look_are_bounded_and_those_to_orders_are_sent),
		TEST(dripping_client_gains_no_time),
		TEST(client_that_takes_no_answer_is_cut_off),
		TEST(large_answer_arrives_whole),
		TEST(tcp_is_served_as_unix_sockets_are),
		TEST(nothing_spins_while_no_descriptor_is_to_be_had),
		TEST(who_may_less_goes_where_there_is_no_descriptor_for_a_newcomer),
		TEST(quiesced_listener_finishes_what_runs_and_takes_no_more),
		TEST(clients_that_leave_early_leave_nothing_behind),
		TEST(clients_that_left_before_they_were_taken_in_keep_no_place),
		TEST(who_has_said_all_and_ends_his_side_gets_the_whole_answer),
		TEST(stop_closes_what_is_open_but_not_the_listening_socket),
		TEST_CLERK(who_asks_for_nothing_that_takes_long_is_answered_meanwhile),
		TEST_CLERK(however_long_an_answer_takes_its_client_gets_it),
		TEST_CLERK(an_order_whose_client_leaves_is_done),
		TEST_CLERK(a_stop_leaves_an_order_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
