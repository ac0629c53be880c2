/* SPDX-License-Identifier: ISC */
/* wrap: clock_ms curl_easy_setopt malloc */
#include "client/client.h"

#include "base/allocation.h"
#include "base/clock.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define TIMEOUT_MS 20000

/* A daemon that takes one request, answers with fixed bytes, and closes. */
struct fixture {
	char folder[64];
	char path[96];
	int listener;
	const char *answer; /* NULL: nobody accepts */
	pthread_t thread;
	bool runs;
	char got[65536];
	struct client_reply reply;
	struct client_failure failure;
};

static size_t options_left = SIZE_MAX; /* that libcurl takes; the next one is refused */

CURLcode __real_curl_easy_setopt(CURL *curl, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...);

CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	va_list args;
	CURLcode code;

	if (options_left-- == 0)
		return CURLE_OUT_OF_MEMORY;
	va_start(args, option);
	code = __real_curl_easy_setopt(curl, option, va_arg(args, void *));
	va_end(args);
	return code;
}

static size_t allocations_left = SIZE_MAX; /* of those that jansson makes here */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	if (allocations_left == SIZE_MAX)
		return __real_malloc(size);
	return allocations_left-- > 0 ? __real_malloc(size) : NULL;
}

__typeof__(clock_ms) __wrap_clock_ms;

/* How much passes between two looks at the clock. */
static uint64_t step_ms, now_ms;

uint64_t __wrap_clock_ms(void)
{
	now_ms += step_ms;
	return now_ms;
}

static struct client_request look = { .method = "GET", .path = (char[]){ "/v1/status" } };
static struct client_request order = { .method = "POST",
				       .path = (char[]){ "/v1/reload" },
				       .body = (char[]){ "{\"force\":true}" } };

/* Bytes that belong to the request: its head, and as much behind it as Content-Length says. */
static size_t wanted(const char *got)
{
	const char *end = strstr(got, "\r\n\r\n");
	const char *length = strstr(got, "Content-Length: ");

	if (end == NULL)
		return SIZE_MAX;
	return (size_t)(end + 4 - got) +
	       (length != NULL ? (size_t)atol(length + strlen("Content-Length: ")) : 0);
}

static void *serve(void *context)
{
	struct fixture *fix = context;
	int fd = accept(fix->listener, NULL, NULL);
	size_t len = 0;
	ssize_t more = 1;

	while (fd >= 0 && more > 0 && len < wanted(fix->got) && len < sizeof(fix->got) - 1) {
		more = read(fd, fix->got + len, sizeof(fix->got) - 1 - len);
		len += more > 0 ? (size_t)more : 0;
	}
	if (fd >= 0 && send(fd, fix->answer, strlen(fix->answer), MSG_NOSIGNAL) < 0)
		fix->got[0] = '\0';
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

static int set_up(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*state = fix;
	if (fix == NULL)
		return -1;
	(void)snprintf(fix->folder, sizeof(fix->folder), "/tmp/test_client.XXXXXX");
	if (mkdtemp(fix->folder) == NULL)
		return -1;
	(void)snprintf(fix->path, sizeof(fix->path), "%s/socket", fix->folder);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", fix->path);
	fix->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fix->listener, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return -1;
	return listen(fix->listener, 4);
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	(void)close(fix->listener);
	(void)unlink(fix->path);
	(void)rmdir(fix->folder);
	client_reply_free(&fix->reply);
	free(fix);
	return 0;
}

static enum err ask(struct fixture *fix, const struct client_request *request, long timeout_ms,
		    const char *answer)
{
	enum err result;

	fix->answer = answer;
	if (answer != NULL)
		assert_int_equal(pthread_create(&fix->thread, NULL, serve, fix), 0);
	result = client_ask(fix->path, request, timeout_ms, &fix->reply, &fix->failure);
	if (answer != NULL)
		assert_int_equal(pthread_join(fix->thread, NULL), 0);
	return result;
}

static void an_option_that_libcurl_does_not_take_is_said_and_nothing_sent(void **state)
{
	struct fixture *fix = *state;
	bool refused = true;
	size_t taken = 0;

	for (; refused; taken++) {
		options_left = taken;
		fix->failure = (struct client_failure){ 0 };
		assert_int_not_equal(ask(fix, &order, 1, NULL), ERR_OK);
		refused = options_left == SIZE_MAX;
		assert_int_equal(fix->failure.fault == CLIENT_NOT_READY, refused);
	}
	assert_true(taken > 10);
	options_left = SIZE_MAX;
}

static void a_look_is_a_get_on_localhost(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(ask(fix, &look, TIMEOUT_MS, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}"),
			 ERR_OK);

	assert_ptr_equal(strstr(fix->got, "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n"), fix->got);
	assert_int_equal(fix->reply.status, 200);
	assert_int_equal(json_integer_value(json_object_get(fix->reply.body, "a")), 1);
}

static void a_reply_is_read_whole_or_not_at_all_when_memory_is_refused(void **state)
{
	static const char id[] = "2026112800000000000000000000001";
	struct fixture *fix = *state;
	enum err err = ERR_SYNTAX;
	size_t allocations = 0;

	json_set_alloc_funcs(allocation_make, free);
	for (; err != ERR_OK; allocations++) {
		allocations_left = allocations;
		err = ask(fix, &look, TIMEOUT_MS,
			  "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"
			  "{\"id\":\"2026112800000000000000000000001\"}");
		allocations_left = SIZE_MAX;
		if (err == ERR_OK)
			break;
		assert_int_equal(err, ERR_SYNTAX);
		assert_int_equal(fix->failure.fault, CLIENT_NO_MEMORY);
		assert_int_equal(fix->failure.status, 200);
		memset(fix->got, 0, sizeof(fix->got));
	}
	assert_true(allocations > 5);
	assert_string_equal(json_string_value(json_object_get(fix->reply.body, "id")), id);
}

static void what_memory_was_refused_for_is_not_asked(void **state)
{
	struct fixture *fix = *state;

	allocations_left = 0;
	assert_null(allocation_make(1));
	allocations_left = SIZE_MAX;
	assert_int_equal(ask(fix, &order, TIMEOUT_MS, NULL), ERR_CLOSED);
	assert_int_equal(fix->failure.fault, CLIENT_NOT_READY);
}

static void an_order_is_a_post_of_its_body(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(ask(fix, &order, TIMEOUT_MS, "HTTP/1.1 409 No\r\nContent-Length: 2\r\n\r\n{}"),
			 ERR_OK);

	assert_ptr_equal(strstr(fix->got, "POST /v1/reload HTTP/1.1\r\n"), fix->got);
	assert_non_null(strstr(fix->got, "\r\n\r\n{\"force\":true}"));
	assert_null(strstr(fix->got, "Expect:"));
	assert_int_equal(fix->reply.status, 409);
}

static void the_end_of_something_is_a_delete(void **state)
{
	struct client_request end = { .method = "DELETE", .path = (char[]){ "/v1/challenges/one" } };
	struct fixture *fix = *state;

	assert_int_equal(ask(fix, &end, TIMEOUT_MS, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
			 ERR_OK);
	assert_ptr_equal(strstr(fix->got, "DELETE /v1/challenges/one HTTP/1.1\r\n"), fix->got);
}

static void without_a_daemon_nothing_was_sent(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(close(fix->listener), 0);
	fix->listener = -1;

	assert_int_equal(ask(fix, &order, TIMEOUT_MS, NULL), ERR_CLOSED);
	assert_int_equal(fix->failure.fault, CLIENT_NO_CONNECTION);
	assert_int_equal(fix->failure.cause, ECONNREFUSED);
}

static void without_a_socket_nothing_was_sent(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(unlink(fix->path), 0);

	assert_int_equal(ask(fix, &order, TIMEOUT_MS, NULL), ERR_CLOSED);
	assert_int_equal(fix->failure.fault, CLIENT_NO_CONNECTION);
	assert_int_equal(fix->failure.cause, ENOENT);
}

static void a_path_too_long_for_a_socket_is_said(void **state)
{
	char path[200];
	struct client_failure failure = { 0 };
	struct client_reply reply = { 0 };

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(client_ask(path, &order, TIMEOUT_MS, &reply, &failure), ERR_CLOSED);
	assert_int_equal(failure.fault, CLIENT_NO_CONNECTION);
	assert_string_not_equal(failure.detail, "");
}

static void a_connection_that_breaks_leaves_it_unknown(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(ask(fix, &order, TIMEOUT_MS, ""), ERR_UNKNOWN);
	assert_int_equal(fix->failure.fault, CLIENT_CUT_OFF);
	assert_string_not_equal(fix->failure.detail, "");
	assert_null(fix->reply.body);
}

static void half_a_reply_leaves_it_unknown(void **state)
{
	assert_int_equal(ask(*state, &order, TIMEOUT_MS, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}"),
			 ERR_UNKNOWN);
}

static void a_daemon_that_never_answers_leaves_it_unknown(void **state)
{
	/* The kernel takes the connection and the request; nobody ever answers. */
	assert_int_equal(ask(*state, &order, 100, NULL), ERR_UNKNOWN);
}

static enum err take_row(void *rows, json_t *row)
{
	size_t *sum = rows;

	*sum += (size_t)json_integer_value(json_object_get(row, "a"));
	return *sum < 100 ? ERR_OK : ERR_IO;
}

static void rows_of_a_long_answer_are_taken_as_they_come(void **state)
{
	struct fixture *fix = *state;
	struct client_request listed = look;
	size_t sum = 0;

	listed.row = take_row;
	listed.member = "domains";
	listed.rows = &sum;
	assert_int_equal(ask(fix, &listed, TIMEOUT_MS,
			     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			     "15\r\n{\"domains\":[{\"a\":1},{\r\n12\r\n\"a\":20}],\"b\":[{}]}\r\n0\r\n\r\n"),
			 ERR_OK);
	assert_int_equal(sum, 21);
	assert_int_equal(json_array_size(json_object_get(fix->reply.body, "domains")), 0);
	assert_int_equal(json_array_size(json_object_get(fix->reply.body, "b")), 1);
	client_reply_free(&fix->reply);

	memset(fix->got, 0, sizeof(fix->got));
	assert_int_equal(ask(fix, &listed, TIMEOUT_MS,
			     "HTTP/1.1 404 No\r\nContent-Length: 17\r\n\r\n{\"error\":{\"a\":1}}"),
			 ERR_OK);
	assert_int_equal(fix->reply.status, 404);
	assert_non_null(json_object_get(fix->reply.body, "error"));
}

/* Whatever was taken before, there is no reply. */
static void rows_that_are_no_good_end_the_question(void **state)
{
	static const struct {
		const char *answer;
		enum err err;
		enum client_fault fault;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{\"domains\":[{\"a\":1},x", ERR_SYNTAX,
		  CLIENT_NO_JSON },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{\"domains\":[{\"a\":100},", ERR_IO,
		  CLIENT_NOT_TAKEN },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n{\"domains\":[{\"a\":1}\r\n",
		  ERR_UNKNOWN, CLIENT_CUT_OFF },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n13\r\n{\"domains\":[{\"a\":1}\r\n0\r\n\r\n",
		  ERR_SYNTAX, CLIENT_NO_JSON },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct client_request listed = look;
		size_t sum = 0;

		listed.row = take_row;
		listed.member = "domains";
		listed.rows = &sum;
		memset(fix->got, 0, sizeof(fix->got));
		assert_int_equal(ask(fix, &listed, TIMEOUT_MS, cases[i].answer), cases[i].err);
		assert_int_equal(fix->failure.fault, cases[i].fault);
		assert_null(fix->reply.body);
	}
}

/* It may be as long as it likes, but not silent. */
static void a_silence_ends_a_long_answer(void **state)
{
	struct client_request listed = look;
	size_t sum = 0;

	listed.row = take_row;
	listed.member = "domains";
	listed.rows = &sum;
	assert_int_equal(ask(*state, &listed, 100, NULL), ERR_UNKNOWN);
}

static void a_reply_that_is_no_json_is_said(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(ask(fix, &order, TIMEOUT_MS, "HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\n<p>\n"),
			 ERR_SYNTAX);
	assert_int_equal(fix->failure.fault, CLIENT_NO_JSON);
	assert_int_equal(fix->failure.status, 500);
}

static void an_empty_reply_is_no_json(void **state)
{
	assert_int_equal(ask(*state, &order, TIMEOUT_MS, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"),
			 ERR_SYNTAX);
}

static void a_repeated_member_is_no_json(void **state)
{
	assert_int_equal(ask(*state, &look, TIMEOUT_MS,
			     "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"a\":1,\"a\":2}"),
			 ERR_SYNTAX);
}

static void count(void *context)
{
	++*(size_t *)context;
}

static void a_long_silence_is_told_once_and_waited_through(void **state)
{
	struct fixture *fix = *state;
	struct client_request watched = look;
	size_t told = 0;

	watched.silent = count;
	watched.context = &told;
	step_ms = CLIENT_SILENT_MS;
	assert_int_equal(ask(fix, &watched, TIMEOUT_MS, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
			 ERR_OK);
	assert_int_equal(told, 1);
	assert_int_equal(ask(fix, &watched, 100, NULL), ERR_UNKNOWN);
	assert_int_equal(told, 2);
	step_ms = 0;
	assert_int_equal(ask(fix, &watched, 100, NULL), ERR_UNKNOWN);
	assert_int_equal(told, 2);
}

#define TEXT_REPLY(type, length, text)                                                                       \
	"HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nContent-Length: " length "\r\n\r\n" text

static void metrics_become_a_string(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(ask(fix, &look, TIMEOUT_MS, TEXT_REPLY(CLIENT_METRICS, "4", "a 1\n")), ERR_OK);
	assert_int_equal(fix->reply.status, 200);
	assert_string_equal(json_string_value(fix->reply.body), "a 1\n");
}

static void text_of_another_type_is_no_json(void **state)
{
	assert_int_equal(ask(*state, &look, TIMEOUT_MS, TEXT_REPLY("text/plain", "4", "a 1\n")), ERR_SYNTAX);
}

static void text_that_is_no_utf_8_is_refused(void **state)
{
	assert_int_equal(ask(*state, &look, TIMEOUT_MS, TEXT_REPLY(CLIENT_METRICS, "4", "a \xff\n")),
			 ERR_SYNTAX);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(a_look_is_a_get_on_localhost),
		UNIT(an_option_that_libcurl_does_not_take_is_said_and_nothing_sent),
		UNIT(a_reply_is_read_whole_or_not_at_all_when_memory_is_refused),
		UNIT(what_memory_was_refused_for_is_not_asked),
		UNIT(an_order_is_a_post_of_its_body),
		UNIT(the_end_of_something_is_a_delete),
		UNIT(without_a_daemon_nothing_was_sent),
		UNIT(without_a_socket_nothing_was_sent),
		UNIT(a_path_too_long_for_a_socket_is_said),
		UNIT(a_connection_that_breaks_leaves_it_unknown),
		UNIT(half_a_reply_leaves_it_unknown),
		UNIT(a_daemon_that_never_answers_leaves_it_unknown),
		UNIT(rows_of_a_long_answer_are_taken_as_they_come),
		UNIT(rows_that_are_no_good_end_the_question),
		UNIT(a_silence_ends_a_long_answer),
		UNIT(a_reply_that_is_no_json_is_said),
		UNIT(an_empty_reply_is_no_json),
		UNIT(a_repeated_member_is_no_json),
		UNIT(a_long_silence_is_told_once_and_waited_through),
		UNIT(metrics_become_a_string),
		UNIT(text_of_another_type_is_no_json),
		UNIT(text_that_is_no_utf_8_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
