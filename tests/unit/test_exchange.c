/* SPDX-License-Identifier: ISC */
/* wrap: MHD_add_connection MHD_create_response_from_buffer
   MHD_create_response_from_buffer_with_free_callback_cls MHD_queue_response socketpair */
#include "http/exchange.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <microhttpd.h>

#define HOST   "Host: mta-sts.example.org\r\n"
#define POLICY "version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 604800\r\n"

int __real_socketpair(int domain, int type, int protocol, int ends[2]);
int __wrap_socketpair(int domain, int type, int protocol, int ends[2]);
enum MHD_Result __real_MHD_add_connection(struct MHD_Daemon *daemon, int fd, const struct sockaddr *address,
					  socklen_t len);
enum MHD_Result __wrap_MHD_add_connection(struct MHD_Daemon *daemon, int fd, const struct sockaddr *address,
					  socklen_t len);
enum MHD_Result __real_MHD_queue_response(struct MHD_Connection *connection, unsigned status,
					  struct MHD_Response *response);
enum MHD_Result __wrap_MHD_queue_response(struct MHD_Connection *connection, unsigned status,
					  struct MHD_Response *response);

struct MHD_Response *__real_MHD_create_response_from_buffer(size_t size, void *buffer,
							    enum MHD_ResponseMemoryMode mode);
struct MHD_Response *__wrap_MHD_create_response_from_buffer(size_t size, void *buffer,
							    enum MHD_ResponseMemoryMode mode);
struct MHD_Response *
__real_MHD_create_response_from_buffer_with_free_callback_cls(size_t size, void *buffer,
							      MHD_ContentReaderFreeCallback done, void *cls);
struct MHD_Response *
__wrap_MHD_create_response_from_buffer_with_free_callback_cls(size_t size, void *buffer,
							      MHD_ContentReaderFreeCallback done, void *cls);

static bool socketpair_fails;
static bool add_fails;
static bool queue_fails;
static bool create_fails;

int __wrap_socketpair(int domain, int type, int protocol, int ends[2])
{
	if (!socketpair_fails)
		return __real_socketpair(domain, type, protocol, ends);
	errno = EMFILE;
	return -1;
}

enum MHD_Result __wrap_MHD_add_connection(struct MHD_Daemon *daemon, int fd, const struct sockaddr *address,
					  socklen_t len)
{
	if (!add_fails)
		return __real_MHD_add_connection(daemon, fd, address, len);
	(void)close(fd);
	errno = ENOMEM;
	return MHD_NO;
}

enum MHD_Result __wrap_MHD_queue_response(struct MHD_Connection *connection, unsigned status,
					  struct MHD_Response *response)
{
	return queue_fails ? MHD_NO : __real_MHD_queue_response(connection, status, response);
}

struct MHD_Response *__wrap_MHD_create_response_from_buffer(size_t size, void *buffer,
							    enum MHD_ResponseMemoryMode mode)
{
	return create_fails ? NULL : __real_MHD_create_response_from_buffer(size, buffer, mode);
}

struct MHD_Response *
__wrap_MHD_create_response_from_buffer_with_free_callback_cls(size_t size, void *buffer,
							      MHD_ContentReaderFreeCallback done, void *cls)
{
	return create_fails ? NULL
			    : __real_MHD_create_response_from_buffer_with_free_callback_cls(size, buffer,
											    done, cls);
}

struct fixture {
	struct exchange *exchange;
	struct routes routes;
	unsigned handled;
	unsigned lent; /* answers that were not given back */
	char host[HOST_SIZE];
	char big[1 << 20];
	size_t big_len;
	char answer[EXCHANGE_ANSWER_SIZE + 1];
};

static struct fixture fixture;

static void give_back(void *owner)
{
	struct fixture *fix = owner;

	fix->lent--;
}

static void lend(struct fixture *fix, const char *bytes, size_t len, struct answer *answer)
{
	answer->status = 200;
	answer->content_type = "text/plain; charset=utf-8";
	answer->lent = bytes;
	answer->lent_len = len;
	answer->owner = fix;
	answer->release = give_back;
	fix->lent++;
	fix->handled++;
}

static void serve_policy(void *context, const struct request *request, struct answer *answer)
{
	struct fixture *fix = context;

	assert_int_equal(request->body_len, 0);
	assert_string_equal(request->body, "");
	assert_int_equal(request->peer.right, RIGHT_ANY);
	(void)snprintf(fix->host, sizeof(fix->host), "%s", request->host);
	lend(fix, POLICY, sizeof(POLICY) - 1, answer);
}

static void serve_big(void *context, const struct request *request, struct answer *answer)
{
	struct fixture *fix = context;

	(void)request;
	lend(fix, fix->big, fix->big_len, answer);
}

static void serve_own(void *context, const struct request *request, struct answer *answer)
{
	struct fixture *fix = context;

	fix->handled++;
	answer->status = 200;
	answer->content_type = "text/x-own";
	assert_int_equal(text_appendf(&answer->body, "%s", request->target), ERR_OK);
}

static const struct route table[] = {
	{ "/policy", METHOD_GET, RIGHT_ANY, false, serve_policy, NULL },
	{ "/big", METHOD_GET, RIGHT_ANY, false, serve_big, NULL },
	{ "/own/*", METHOD_GET, RIGHT_ANY, true, serve_own, NULL },
	{ NULL, 0, RIGHT_UNSET, false, NULL, NULL },
};

static int set_up(void **state)
{
	memset(&fixture, 0, sizeof(fixture));
	memset(fixture.big, 'x', sizeof(fixture.big));
	fixture.routes = (struct routes){ .table = table, .context = &fixture };
	*state = &fixture;
	return exchange_new(&fixture.routes, &fixture.exchange) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	exchange_free(&fix->exchange);
	exchange_free(&fix->exchange);
	return fix->lent == 0 ? 0 : -1;
}

static enum err ask(struct fixture *fix, const char *bytes)
{
	struct head head;
	struct exchange_result result = { 0 };
	enum err err;

	assert_int_equal(head_check(bytes, strlen(bytes), &head), 0);
	err = exchange_run(fix->exchange, bytes, strlen(bytes), &head, fix->answer, &result);
	fix->answer[result.len] = '\0';
	return err;
}

static enum err refuse(struct fixture *fix, unsigned status)
{
	struct exchange_result result = { 0 };
	enum err err = exchange_refuse(fix->exchange, status, fix->answer, &result);

	fix->answer[result.len] = '\0';
	return err;
}

/* The answer without the one line that changes from second to second. */
static const char *without_date(struct fixture *fix)
{
	char *date = strstr(fix->answer, "Date: ");
	char *next;

	assert_non_null(date);
	next = strstr(date, "\r\n") + 2;
	memmove(date, next, strlen(next) + 1);
	return fix->answer;
}

static void assert_status(struct fixture *fix, const char *head, const char *status)
{
	assert_int_equal(ask(fix, head), ERR_OK);
	if (strncmp(fix->answer, status, strlen(status)) != 0)
		fail_msg("%.40s: %.40s", head, fix->answer);
}

static void policy_is_answered_byte_for_byte(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(ask(fix, "GET /policy HTTP/1.1\r\n" HOST "\r\n"), ERR_OK);

	assert_string_equal(without_date(fix), "HTTP/1.1 200 OK\r\n"
					       "Connection: close\r\n"
					       "Content-Type: text/plain; charset=utf-8\r\n"
					       "Cache-Control: no-store\r\n"
					       "Content-Length: 68\r\n"
					       "\r\n" POLICY);
	assert_int_equal(sizeof(POLICY) - 1, 68);
	assert_string_equal(fix->host, "mta-sts.example.org");
	assert_int_equal(fix->lent, 0);
}

static void head_is_answered_as_get_without_the_body(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(ask(fix, "HEAD /policy HTTP/1.1\r\n" HOST "\r\n"), ERR_OK);

	assert_string_equal(without_date(fix), "HTTP/1.1 200 OK\r\n"
					       "Connection: close\r\n"
					       "Content-Type: text/plain; charset=utf-8\r\n"
					       "Cache-Control: no-store\r\n"
					       "Content-Length: 68\r\n"
					       "\r\n");
	assert_int_equal(fix->lent, 0);
}

static void wrong_method_is_told_the_right_ones(void **state)
{
	static const char *const methods[] = { "POST", "PUT", "TRACE", "OPTIONS", "CONNECT", "get", "X" };
	struct fixture *fix = *state;
	char head[256];

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		(void)snprintf(head, sizeof(head), "%s /policy HTTP/1.1\r\n" HOST "\r\n", methods[i]);
		assert_int_equal(ask(fix, head), ERR_OK);
		assert_string_equal(without_date(fix), "HTTP/1.1 405 Method Not Allowed\r\n"
						       "Connection: close\r\n"
						       "Cache-Control: no-store\r\n"
						       "Allow: GET, HEAD\r\n"
						       "Content-Length: 0\r\n"
						       "\r\n");
	}
	assert_int_equal(fix->handled, 0);
}

static void target_is_compared_as_it_came(void **state)
{
	static const char *const targets[] = {
		"/",          "/policy?",   "/policy?x=1",  "/policy/",
		"//policy",   "/./policy",  "/x/../policy", "/%70olicy",
		"/policy%00", "/policy%20", "/policy#x",    "http://mta-sts.example.org/policy",
		"*",          "policy",     "/POLICY",
	};
	struct fixture *fix = *state;
	char head[256];

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		(void)snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\n" HOST "\r\n", targets[i]);
		assert_int_equal(ask(fix, head), ERR_OK);
		assert_string_equal(without_date(fix), "HTTP/1.1 404 Not Found\r\n"
						       "Connection: close\r\n"
						       "Cache-Control: no-store\r\n"
						       "Content-Length: 0\r\n"
						       "\r\n");
	}
	assert_int_equal(fix->handled, 0);
}

static void body_that_a_handler_made_is_answered_too(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(ask(fix, "GET /own/%41+b?c=%20&d HTTP/1.1\r\n" HOST "\r\n"), ERR_OK);

	assert_string_equal(without_date(fix), "HTTP/1.1 200 OK\r\n"
					       "Connection: close\r\n"
					       "Content-Type: text/x-own\r\n"
					       "Cache-Control: no-store\r\n"
					       "Content-Length: 18\r\n"
					       "\r\n"
					       "/own/%41+b?c=%20&d");
}

static void refusal_is_a_header_once_and_nothing_else(void **state)
{
	static const struct {
		unsigned status;
		const char *line;
	} cases[] = {
		{ 400, "400 Bad Request" },
		{ 404, "404 Not Found" },
		{ 414, "414 URI Too Long" },
		{ 421, "421 Misdirected Request" },
		{ 431, "431 Request Header Fields Too Large" },
		{ 501, "501 Not Implemented" },
		{ 505, "505 HTTP Version Not Supported" },
	};
	struct fixture *fix = *state;
	char expected[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(refuse(fix, cases[i].status), ERR_OK);
		(void)snprintf(expected, sizeof(expected),
			       "HTTP/1.1 %s\r\n"
			       "Connection: close\r\n"
			       "Cache-Control: no-store\r\n"
			       "Content-Length: 0\r\n"
			       "\r\n",
			       cases[i].line);
		assert_string_equal(without_date(fix), expected);
	}
	assert_int_equal(fix->handled, 0);
}

static void no_field_changes_the_answer(void **state)
{
	static const char *const fields[] = {
		"",
		"Connection: keep-alive\r\n",
		"Expect: 100-continue\r\n",
		"Connection: Upgrade\r\nUpgrade: h2c\r\n",
		"Range: bytes=0-1\r\n",
		"If-None-Match: *\r\n",
		"Accept-Encoding: gzip\r\n",
		"Accept: application/json\r\n",
		"Content-Length: 0\r\n",
		"Cookie: a=b; c=\"\r\n",
		"Authorization: Basic !!\r\n",
	};
	struct fixture *fix = *state;
	char head[512];
	char first[EXCHANGE_ANSWER_SIZE];

	assert_int_equal(ask(fix, "GET /policy HTTP/1.1\r\n" HOST "\r\n"), ERR_OK);
	(void)snprintf(first, sizeof(first), "%s", without_date(fix));
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		(void)snprintf(head, sizeof(head), "GET /policy HTTP/1.1\r\n%s" HOST "\r\n", fields[i]);
		assert_int_equal(ask(fix, head), ERR_OK);
		assert_string_equal(without_date(fix), first);
	}
}

static void body_that_is_announced_is_not_waited_for(void **state)
{
	struct fixture *fix = *state;

	assert_status(fix, "POST /policy HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\n", "HTTP/1.1 405 ");
	assert_status(fix, "POST /x HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999\r\n\r\n",
		      "HTTP/1.1 404 ");
	assert_status(fix,
		      "POST /policy HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n" HOST "\r\n",
		      "HTTP/1.1 405 ");
}

static void older_http_is_answered_too(void **state)
{
	struct fixture *fix = *state;

	assert_status(fix, "GET /policy HTTP/1.0\r\n" HOST "\r\n", "HTTP/1.1 200 ");
	assert_non_null(strstr(fix->answer, "Connection: close\r\n"));
	assert_status(fix, "GET /policy HTTP/1.0\r\nConnection: keep-alive\r\n" HOST "\r\n", "HTTP/1.1 200 ");
	assert_non_null(strstr(fix->answer, "Connection: close\r\n"));
}

/* Fill a head with copies of a unit, up to the limit. */
static void fill(char head[HEAD_LIMIT + 1], const char *before, const char *unit, const char *after)
{
	size_t used = strlen(before);

	memcpy(head, before, used);
	while (used + strlen(unit) + strlen(after) <= HEAD_LIMIT) {
		memcpy(head + used, unit, strlen(unit));
		used += strlen(unit);
	}
	memcpy(head + used, after, strlen(after) + 1);
}

static void largest_heads_do_not_exhaust_the_library(void **state)
{
	struct fixture *fix = *state;
	char head[HEAD_LIMIT + 1];
	char target[HEAD_TARGET_LIMIT + 1];

	fill(head, "GET /policy HTTP/1.1\r\n" HOST, "a:\r\n", "\r\n");
	assert_status(fix, head, "HTTP/1.1 200 ");
	fill(head, "GET /policy HTTP/1.1\r\n" HOST "Cookie: ", "a=b;", "\r\n\r\n");
	assert_status(fix, head, "HTTP/1.1 200 ");
	fill(head, "GET /policy HTTP/1.1\r\nA: ", "a", "\r\n" HOST "\r\n");
	assert_status(fix, head, "HTTP/1.1 200 ");
	fill(head, "", "A", " /policy HTTP/1.1\r\n" HOST "\r\n");
	assert_status(fix, head, "HTTP/1.1 405 ");

	memset(target, '&', sizeof(target));
	target[0] = '?';
	target[HEAD_TARGET_LIMIT] = '\0';
	(void)snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\n" HOST "\r\n", target);
	assert_status(fix, head, "HTTP/1.1 404 ");
	memcpy(target, "/own/x?", 7);
	(void)snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\n" HOST "\r\n", target);
	assert_status(fix, head, "HTTP/1.1 200 ");
	assert_string_equal(strstr(fix->answer, "\r\n\r\n") + 4, target);
}

static void largest_policy_fits(void **state)
{
	struct fixture *fix = *state;
	const char *body;

	fix->big_len = 10240;
	assert_int_equal(ask(fix, "GET /big HTTP/1.1\r\n" HOST "\r\n"), ERR_OK);

	body = strstr(fix->answer, "\r\n\r\n") + 4;
	assert_int_equal(strlen(body), 10240);
	assert_memory_equal(body, fix->big, 10240);
}

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count;
}

static void answer_that_does_not_fit_is_none_and_leaves_no_trace(void **state)
{
	static const size_t sizes[] = { EXCHANGE_ANSWER_SIZE, sizeof(fixture.big) };
	struct fixture *fix = *state;
	size_t before = open_descriptors();

	/* The second is more than a socket holds: the library is still busy with it. */
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		fix->big_len = sizes[i];
		assert_int_equal(ask(fix, "GET /big HTTP/1.1\r\n" HOST "\r\n"), ERR_IO);
		assert_int_equal(fix->lent, 0);
		assert_int_equal(open_descriptors(), before - 2);
	}

	assert_status(fix, "GET /own/next HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 ");
	assert_int_equal(open_descriptors(), before);
	assert_string_equal(strstr(fix->answer, "\r\n\r\n") + 4, "/own/next");
}

/* The next request has to make a new socket pair. */
static void break_way(struct fixture *fix)
{
	fix->big_len = EXCHANGE_ANSWER_SIZE;
	assert_int_equal(ask(fix, "GET /big HTTP/1.1\r\n" HOST "\r\n"), ERR_IO);
}

static void request_fails_alone_when_the_system_is_out_of_something(void **state)
{
	static bool *const faults[] = { &socketpair_fails, &add_fails, &queue_fails, &create_fails };
	struct fixture *fix = *state;
	size_t before = open_descriptors();

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		break_way(fix);
		*faults[i] = true;
		assert_int_equal(ask(fix, "GET /policy HTTP/1.1\r\n" HOST "\r\n"), ERR_IO);
		assert_int_equal(ask(fix, "GET /own/x HTTP/1.1\r\n" HOST "\r\n"), ERR_IO);
		assert_int_equal(refuse(fix, 400), ERR_IO);
		*faults[i] = false;

		assert_int_equal(fix->lent, 0);
		assert_int_equal(open_descriptors(), before - 2);
		assert_status(fix, "GET /policy HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 ");
		assert_int_equal(open_descriptors(), before);
	}
}

static void thousand_requests_leave_no_descriptor_behind(void **state)
{
	struct fixture *fix = *state;
	size_t before = open_descriptors();

	for (int i = 0; i < 1000; i++) {
		assert_status(fix, "GET /policy HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 ");
		assert_int_equal(refuse(fix, 421), ERR_OK);
		assert_int_equal(fix->lent, 0);
	}
	assert_int_equal(fix->handled, 1000);
	assert_int_equal(open_descriptors(), before);
}

static void head_is_written_for_an_answer_that_others_send(void **state)
{
	struct fixture *fix = *state;
	const struct answer lent = {
		.status = 200, .content_type = "text/plain", .lent = fix->big, .lent_len = 1 << 20
	};
	const struct answer none = { .status = 405, .allow = METHOD_POST };
	size_t len = 0;

	assert_int_equal(exchange_announce(fix->exchange, &lent, fix->answer, &len), ERR_OK);
	fix->answer[len] = '\0';
	assert_memory_equal(fix->answer, "HTTP/1.1 200 OK\r\nConnection: close\r\n", 36);
	assert_non_null(strstr(fix->answer, "\r\nContent-Length: 1048576\r\n"));
	assert_non_null(strstr(fix->answer, "\r\nContent-Type: text/plain\r\n"));
	assert_string_equal(strstr(fix->answer, "\r\n\r\n"), "\r\n\r\n");

	assert_int_equal(exchange_announce(fix->exchange, &none, fix->answer, &len), ERR_OK);
	fix->answer[len] = '\0';
	assert_memory_equal(fix->answer, "HTTP/1.1 405 ", 13);
	assert_non_null(strstr(fix->answer, "\r\nContent-Length: 0\r\n"));
	assert_non_null(strstr(fix->answer, "\r\nAllow: POST\r\n"));
	assert_null(strstr(fix->answer, "Content-Type"));
	assert_int_equal(fix->handled, 0);

	queue_fails = true;
	assert_int_equal(exchange_announce(fix->exchange, &none, fix->answer, &len), ERR_IO);
	queue_fails = false;
	assert_status(fix, "GET /policy HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(policy_is_answered_byte_for_byte),
		TEST(head_is_answered_as_get_without_the_body),
		TEST(wrong_method_is_told_the_right_ones),
		TEST(target_is_compared_as_it_came),
		TEST(body_that_a_handler_made_is_answered_too),
		TEST(refusal_is_a_header_once_and_nothing_else),
		TEST(no_field_changes_the_answer),
		TEST(body_that_is_announced_is_not_waited_for),
		TEST(older_http_is_answered_too),
		TEST(largest_heads_do_not_exhaust_the_library),
		TEST(largest_policy_fits),
		TEST(answer_that_does_not_fit_is_none_and_leaves_no_trace),
		TEST(request_fails_alone_when_the_system_is_out_of_something),
		TEST(head_is_written_for_an_answer_that_others_send),
		TEST(thousand_requests_leave_no_descriptor_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
