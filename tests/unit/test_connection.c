/* SPDX-License-Identifier: ISC */
/* wrap: exchange_run session_new */
#include "serve/connection.h"
#include "serving.h"
#include "tls/session.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ALERT_RECORD 21
#define FATAL        2
#define SHORT_MS     100

static struct fetched fetched;

static const char *fetch(const struct serving *serving, const char *request)
{
	tls_client_fetch(serving->port, SERVING_HOST, request, &fetched);
	assert_int_equal(fetched.handshake, 0);
	assert_int_equal(fetched.ending, ENDING_NOTIFY);
	return fetched.bytes;
}

__typeof__(session_new) __real_session_new;
__typeof__(session_new) __wrap_session_new;

__typeof__(exchange_run) __real_exchange_run;
__typeof__(exchange_run) __wrap_exchange_run;

static atomic_uint sessions;

/* The next one fails. */
static atomic_bool fail_session;
static atomic_bool fail_exchange;

enum err __wrap_exchange_run(struct exchange *exchange, const char *bytes, size_t len,
			     const struct head *head, char answer[EXCHANGE_ANSWER_SIZE],
			     struct exchange_result *result)
{
	if (atomic_exchange(&fail_exchange, false))
		return ERR_IO;
	return __real_exchange_run(exchange, bytes, len, head, answer, result);
}

enum err __wrap_session_new(struct certs *certs, struct challenges *challenges, int fd, const void *bytes,
			    size_t len, struct session **session)
{
	(void)atomic_fetch_add(&sessions, 1);
	if (atomic_exchange(&fail_session, false))
		return ERR_NO_MEMORY;
	return __real_session_new(certs, challenges, fd, bytes, len, session);
}

static int occurrences(const char *text, const char *of)
{
	int count = 0;

	for (const char *at = text; (at = strstr(at, of)) != NULL; at++)
		count++;
	return count;
}

static int connect_to(const struct serving *serving)
{
	int fd = tls_client_connect("127.0.0.1", serving->port);

	assert_true(fd >= 0);
	return fd;
}

static void open_client(const struct serving *serving, struct tls_client *client)
{
	assert_int_equal(tls_client_open(client, connect_to(serving), SERVING_HOST, NULL), 0);
}

/* Send as many bytes, slowly, as the other side takes; true when it has had enough before we have. */
static bool drip(int fd, struct tls_client *client)
{
	for (int i = 0; i < 4000; i++) {
		struct pollfd ended = { .fd = fd, .events = POLLIN };
		ssize_t sent =
			client != NULL ? gnutls_record_send(client->session, "a", 1) : write(fd, "a", 1);

		if (sent != 1 || poll(&ended, 1, 5) != 0)
			return true;
	}
	return false;
}

static void fetch_gets_the_whole_policy_and_a_clean_end(void **state)
{
	struct serving *serving = *state;

	serving_start(serving);

	serving_assert_serves(serving);
	serving_await_connections(serving, 0);
}

static void fetch_works_over_ipv6(void **state)
{
	struct serving *serving = *state;
	struct tls_client client;

	serving_start(serving);
	assert_int_equal(
		tls_client_open(&client, tls_client_connect("::1", serving->port), SERVING_HOST, NULL), 0);
	assert_true(tls_client_send(&client, SERVING_GET));
	tls_client_receive(&client, &fetched);

	fetched.handshake = 0;
	assert_true(serving_is_policy(&fetched));
	tls_client_close(&client);
}

static void fetch_works_with_tls_1_2(void **state)
{
	struct serving *serving = *state;
	struct tls_client client;

	serving_start(serving);
	assert_int_equal(tls_client_open(&client, connect_to(serving), SERVING_HOST, TLS_CLIENT_1_2), 0);
	assert_true(tls_client_send(&client, SERVING_GET));
	tls_client_receive(&client, &fetched);

	fetched.handshake = 0;
	assert_true(serving_is_policy(&fetched));
	tls_client_close(&client);
}

static void head_gets_the_length_and_no_body(void **state)
{
	struct serving *serving = *state;
	const char *answer;

	serving_start(serving);

	answer = fetch(serving, "HEAD /policy HTTP/1.1\r\nHost: " SERVING_HOST "\r\n\r\n");

	assert_int_equal(strncmp(answer, "HTTP/1.1 200 ", 13), 0);
	assert_non_null(strstr(answer, "Content-Length: 10240\r\n"));
	assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}

static void refusals_have_their_status(void **state)
{
	static const struct {
		const char *request, *status;
	} cases[] = {
		{ "GET /policy HTTP/1.1\r\nHost: " SERVING_OTHER_HOST "\r\n\r\n", "HTTP/1.1 421 " },
		{ "GET /policy HTTP/1.1\r\nHost: mta-sts.unknown.example\r\n\r\n", "HTTP/1.1 421 " },
		{ "GET /policy HTTP/1.1\r\n\r\n", "HTTP/1.1 400 " },
		{ "GET /policy HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n", "HTTP/1.1 400 " },
		{ "GET /else HTTP/1.1\r\nHost: " SERVING_HOST "\r\n\r\n", "HTTP/1.1 404 " },
		{ "POST /policy HTTP/1.1\r\nHost: " SERVING_HOST "\r\n\r\n", "HTTP/1.1 405 " },
		{ "nonsense\r\n\r\n", "HTTP/1.1 400 " },
	};
	struct serving *serving = *state;

	serving_start(serving);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(strncmp(fetch(serving, cases[i].request), cases[i].status, 13), 0);
}

static void host_is_compared_in_its_one_form(void **state)
{
	struct serving *serving = *state;

	serving_start(serving);
	assert_int_equal(
		strncmp(fetch(serving, "GET /policy HTTP/1.1\r\nHost: MTA-STS.One.Example:443\r\n\r\n"),
			"HTTP/1.1 200 ", 13),
		0);
}

static void head_over_the_limit_gets_431(void **state)
{
	static char request[HEAD_LIMIT + 1000];
	struct serving *serving = *state;
	int len = snprintf(request, sizeof(request),
			   "GET /policy HTTP/1.1\r\nHost: " SERVING_HOST "\r\nX-Long: ");

	memset(request + len, 'a', sizeof(request) - 1 - (size_t)len);
	serving_start(serving);

	assert_int_equal(strncmp(fetch(serving, request), "HTTP/1.1 431 ", 13), 0);
}

static void request_may_come_in_pieces(void **state)
{
	struct serving *serving = *state;
	struct tls_client client;
	char byte[2] = "";

	serving_start(serving);
	open_client(serving, &client);
	for (const char *at = SERVING_GET; *at != '\0'; at++) {
		byte[0] = *at;
		assert_true(tls_client_send(&client, byte));
	}
	tls_client_receive(&client, &fetched);

	fetched.handshake = 0;
	assert_true(serving_is_policy(&fetched));
	tls_client_close(&client);
}

static void second_request_is_never_answered(void **state)
{
	struct serving *serving = *state;
	struct tls_client client;

	serving_start(serving);

	/* In one record ... */
	assert_int_equal(occurrences(fetch(serving, SERVING_GET SERVING_GET), "HTTP/1.1 "), 1);

	/* ... and in several. */
	open_client(serving, &client);
	for (int i = 0; i < 3; i++)
		assert_true(tls_client_send(&client, SERVING_GET));
	tls_client_receive(&client, &fetched);
	assert_int_equal(occurrences(fetched.bytes, "HTTP/1.1 "), 1);
	fetched.handshake = 0;
	assert_true(serving_is_policy(&fetched));
	tls_client_close(&client);
}

static void unknown_server_name_gets_an_alert(void **state)
{
	struct serving *serving = *state;
	struct tls_client client;

	serving_start(serving);

	assert_int_equal(tls_client_open(&client, connect_to(serving), "mta-sts.unknown.example", NULL),
			 GNUTLS_E_FATAL_ALERT_RECEIVED);

	assert_int_equal(gnutls_alert_get(client.session), GNUTLS_A_UNRECOGNIZED_NAME);
	assert_int_equal(tls_client_await_end(client.fd), ENDING_EOF);
	tls_client_close(&client);
}

/*
 * Send something that is no TLS, and all at once; the alert and the end of the stream must come, and no
 * reset.
 */
static void assert_alert_for(const struct serving *serving, const void *bytes, size_t len)
{
	int fd = connect_to(serving);
	unsigned char alert[7];

	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(recv(fd, alert, sizeof(alert), MSG_WAITALL), sizeof(alert));
	assert_int_equal(alert[0], ALERT_RECORD);
	assert_int_equal(alert[5], FATAL);
	assert_int_equal(tls_client_await_end(fd), ENDING_EOF);
	assert_int_equal(close(fd), 0);
}

static void what_is_no_tls_gets_an_alert_and_no_reset(void **state)
{
	static const char http[] = "GET /policy HTTP/1.1\r\nHost: " SERVING_HOST "\r\n\r\n";
	static const unsigned char empty_record[] = { 22, 3, 1, 0, 0 };
	static const unsigned char huge_record[] = { 22, 3, 1, 0xff, 0xff, 1, 2, 3 };
	static const unsigned char application_data[] = { 23, 3, 3, 0, 1, 0 };
	static char garbage[30000];
	struct serving *serving = *state;

	memset(garbage, 0xa5, sizeof(garbage));
	serving_start(serving);
	assert_alert_for(serving, http, sizeof(http) - 1);
	assert_alert_for(serving, huge_record, sizeof(huge_record));
	assert_alert_for(serving, application_data, sizeof(application_data));
	assert_alert_for(serving, garbage, sizeof(garbage));
	assert_alert_for(serving, empty_record, sizeof(empty_record));
	serving_assert_serves(serving);
}

static void client_that_goes_away_frees_its_place(void **state)
{
	static const char half_a_hello[] = { 22, 3, 1, 1, 0, 1, 0, 0 };
	struct serving *serving = *state;
	struct tls_client client;
	int silent;
	int half;

	serving_start(serving);
	silent = connect_to(serving);
	half = connect_to(serving);
	assert_int_equal(write(half, half_a_hello, sizeof(half_a_hello)), sizeof(half_a_hello));
	open_client(serving, &client);
	serving_await_connections(serving, 3);

	assert_int_equal(close(silent), 0);
	assert_int_equal(close(half), 0);
	tls_client_close(&client);

	serving_await_connections(serving, 0);
}

static void there_is_no_session_before_a_whole_record(void **state)
{
	static const char record[] = { 22, 3, 1, 0, 4, 1, 0, 0, 0 };
	struct serving *serving = *state;
	int fd;

	serving_start(serving);
	atomic_store(&sessions, 0);
	fd = connect_to(serving);
	for (size_t i = 0; i < sizeof(record) - 1; i++)
		assert_int_equal(write(fd, record + i, 1), 1);
	serving_assert_serves(serving);
	assert_int_equal(atomic_load(&sessions), 1); /* of that fetch */

	assert_int_equal(write(fd, record + sizeof(record) - 1, 1), 1);
	serving_assert_serves(serving);
	assert_int_equal(atomic_load(&sessions), 3);
	assert_int_equal(close(fd), 0);
}

static void silent_client_is_closed_by_the_handshake_deadline(void **state)
{
	struct serving *serving = *state;
	int fd;

	serving->limits.handshake_timeout_ms = SHORT_MS;
	serving_start(serving);
	fd = connect_to(serving);

	assert_int_equal(tls_client_await_end(fd), ENDING_EOF);

	serving_await_connections(serving, 0);
	assert_int_equal(close(fd), 0);
}

static void dripped_hello_does_not_put_off_the_deadline(void **state)
{
	static const char hello[] = { 22, 3, 1, 0x40, 0 };
	struct serving *serving = *state;
	int fd;

	serving->limits.handshake_timeout_ms = SHORT_MS;
	serving_start(serving);
	fd = connect_to(serving);
	assert_int_equal(write(fd, hello, sizeof(hello)), sizeof(hello));

	assert_true(drip(fd, NULL));

	serving_await_connections(serving, 0);
	assert_int_equal(close(fd), 0);
}

static void client_without_a_request_is_closed_by_the_request_deadline(void **state)
{
	struct serving *serving = *state;
	struct tls_client client;

	serving->limits.request_timeout_ms = SHORT_MS;
	serving_start(serving);
	open_client(serving, &client);

	assert_int_not_equal(tls_client_await_end(client.fd), ENDING_NONE);

	serving_await_connections(serving, 0);
	tls_client_close(&client);
}

static void dripped_request_does_not_put_off_the_deadline(void **state)
{
	struct serving *serving = *state;
	struct tls_client client;

	serving->limits.request_timeout_ms = SHORT_MS;
	serving_start(serving);
	open_client(serving, &client);
	assert_true(tls_client_send(&client, "GET /policy HTTP/1.1\r\nX: "));

	assert_true(drip(client.fd, &client));

	tls_client_receive(&client, &fetched);
	assert_int_equal(fetched.len, 0);
	serving_await_connections(serving, 0);
	tls_client_close(&client);
}

/*
 * A way so narrow that the answer does not fit: small segments, and the least of buffers at both of its ends.
 */
static int connect_narrow(const struct serving *serving)
{
	const int least = 1;
	const int segment = 536;
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(serving->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(setsockopt(serving->fds[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)), 0);
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment)), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&in4, sizeof(in4)), 0);
	return fd;
}

static void reader_that_never_reads_is_closed_by_the_response_deadline(void **state)
{
	struct serving *serving = *state;
	struct tls_client client;

	serving->limits.response_timeout_ms = SHORT_MS;
	serving_start(serving);
	assert_int_equal(tls_client_open(&client, connect_narrow(serving), SERVING_HOST, NULL), 0);
	assert_true(tls_client_send(&client, SERVING_GET));

	serving_await_connections(serving, 0);

	tls_client_receive(&client, &fetched);
	assert_int_not_equal(fetched.ending, ENDING_NOTIFY);
	tls_client_close(&client);
}

static void answer_may_be_taken_in_pieces(void **state)
{
	struct serving *serving = *state;
	struct tls_client client;

	serving_start(serving);
	assert_int_equal(tls_client_open(&client, connect_narrow(serving), SERVING_HOST, NULL), 0);
	assert_true(tls_client_send(&client, SERVING_GET));
	tls_client_receive(&client, &fetched);

	fetched.handshake = 0;
	assert_true(serving_is_policy(&fetched));
	tls_client_close(&client);
}

static void client_that_does_not_close_is_not_waited_for(void **state)
{
	struct serving *serving = *state;
	struct tls_client client;

	serving_start(serving);
	open_client(serving, &client);
	assert_true(tls_client_send(&client, SERVING_GET));
	tls_client_receive(&client, &fetched);

	serving_await_connections(serving, 0);
	tls_client_close(&client);
}

static void client_that_sends_without_end_is_cut_off(void **state)
{
	static char garbage[4096];
	struct serving *serving = *state;
	int fd;
	int sent = 0;

	memset(garbage, 0xa5, sizeof(garbage));
	serving_start(serving);
	fd = connect_to(serving);

	/* More than all buffers between us hold. */
	while (sent < 20000 && send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL) > 0)
		sent++;

	assert_true(sent < 20000);
	serving_await_connections(serving, 0);
	assert_int_equal(close(fd), 0);
}

static void connection_ends_when_no_session_can_be_had(void **state)
{
	struct serving *serving = *state;

	serving_start(serving);
	atomic_store(&fail_session, true);

	tls_client_fetch(serving->port, SERVING_HOST, SERVING_GET, &fetched);

	assert_int_not_equal(fetched.handshake, 0);
	assert_int_not_equal(fetched.handshake, GNUTLS_E_AGAIN); /* our patience ended first */
	serving_await_connections(serving, 0);
	serving_assert_serves(serving);
}

static void connection_ends_without_an_answer_when_there_is_none(void **state)
{
	struct serving *serving = *state;

	serving_start(serving);
	atomic_store(&fail_exchange, true);

	tls_client_fetch(serving->port, SERVING_HOST, SERVING_GET, &fetched);

	assert_int_equal(fetched.handshake, 0);
	assert_int_equal(fetched.len, 0);
	assert_int_equal(fetched.ending, ENDING_NOTIFY);
	serving_await_connections(serving, 0);
	serving_assert_serves(serving);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, serving_setup, serving_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fetch_gets_the_whole_policy_and_a_clean_end),
		TEST(fetch_works_over_ipv6),
		TEST(fetch_works_with_tls_1_2),
		TEST(head_gets_the_length_and_no_body),
		TEST(refusals_have_their_status),
		TEST(host_is_compared_in_its_one_form),
		TEST(head_over_the_limit_gets_431),
		TEST(request_may_come_in_pieces),
		TEST(second_request_is_never_answered),
		TEST(unknown_server_name_gets_an_alert),
		TEST(what_is_no_tls_gets_an_alert_and_no_reset),
		TEST(client_that_goes_away_frees_its_place),
		TEST(there_is_no_session_before_a_whole_record),
		TEST(silent_client_is_closed_by_the_handshake_deadline),
		TEST(dripped_hello_does_not_put_off_the_deadline),
		TEST(client_without_a_request_is_closed_by_the_request_deadline),
		TEST(dripped_request_does_not_put_off_the_deadline),
		TEST(reader_that_never_reads_is_closed_by_the_response_deadline),
		TEST(answer_may_be_taken_in_pieces),
		TEST(client_that_does_not_close_is_not_waited_for),
		TEST(client_that_sends_without_end_is_cut_off),
		TEST(connection_ends_when_no_session_can_be_had),
		TEST(connection_ends_without_an_answer_when_there_is_none),
	};

	return cmocka_run_group_tests(tests, serving_group_setup, serving_group_teardown);
}
