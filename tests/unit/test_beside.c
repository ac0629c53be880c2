/* SPDX-License-Identifier: ISC */
/* wrap: clients_enter remarks_answer */
/* Beside another server: connections of proxies, and those without TLS. */
#include "base/sock.h"
#include "serve/clients.h"
#include "serve/connection.h"
#include "serving.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define SHORT_MS 100
#define ONE      "PROXY TCP4 198.51.100.1 192.0.2.2 56324 443\r\n"
#define OTHER    "PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"

static const char local[] = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
static const char binary[] =
	"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0f\xc6\x33\x64\x07\xc0\0\x02\x02\xdc\x04\x01\xbb\x04\0\0";

static struct fetched fetched;

__typeof__(remarks_answer) __wrap_remarks_answer;

__typeof__(clients_enter) __real_clients_enter;
__typeof__(clients_enter) __wrap_clients_enter;

static atomic_bool fail_enter;

enum err __wrap_clients_enter(struct clients *clients, const struct in6_addr *address, struct client **client)
{
	return atomic_load(&fail_enter) ? ERR_NO_MEMORY : __real_clients_enter(clients, address, client);
}

/* The last answer, as the access log would have it. */
static char access_line[512];

void __wrap_remarks_answer(const struct remarks_access *access, bool whole)
{
	char text[INET6_ADDRSTRLEN];

	assert_false(whole);
	(void)snprintf(access_line, sizeof(access_line), "%s %u %s %s", access->host, access->status,
		       access->tls, clients_text(access->address, text));
}

static int connect_to(in_port_t port)
{
	int fd = tls_client_connect("127.0.0.1", port);

	assert_true(fd >= 0);
	return fd;
}

static void say(int fd, const void *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static int connect_with(in_port_t port, const char *header)
{
	int fd = connect_to(port);

	say(fd, header, strlen(header));
	return fd;
}

/* A fetch over a connection that has begun. */
static void fetch_over(int fd)
{
	struct tls_client client;

	fetched.handshake = tls_client_open(&client, fd, SERVING_HOST, NULL);
	if (fetched.handshake == 0) {
		assert_true(tls_client_send(&client, SERVING_GET));
		tls_client_receive(&client, &fetched);
	}
	tls_client_close(&client);
}

/* What comes without TLS, until the end of the stream. */
static const char *read_all(int fd)
{
	ssize_t got;

	fetched.len = 0;
	while ((got = recv(fd, fetched.bytes + fetched.len, sizeof(fetched.bytes) - 1 - fetched.len, 0)) > 0)
		fetched.len += (size_t)got;
	fetched.bytes[fetched.len] = '\0';
	fetched.handshake = 0;
	fetched.ending = got == 0 ? ENDING_NOTIFY : ENDING_RESET;
	(void)close(fd);
	return fetched.bytes;
}

static const char *ask_plainly(in_port_t port, const char *request)
{
	return read_all(connect_with(port, request));
}

static void await_count(const struct serving *serving, enum counter counter, uint64_t count)
{
	for (int i = 0; i < 20000 && serving_count(serving, counter) < count; i++)
		(void)usleep(1000);
	assert_int_equal(serving_count(serving, counter), count);
}

static void client_is_whom_the_header_names(void **state)
{
	static const struct {
		const char *header;
		size_t len;
		const char *client;
	} cases[] = {
		{ ONE, sizeof(ONE) - 1, "198.51.100.1" },       { OTHER, sizeof(OTHER) - 1, "2001:db8::1" },
		{ binary, sizeof(binary) - 1, "198.51.100.7" }, { local, sizeof(local) - 1, "127.0.0.1" },
		{ "PROXY UNKNOWN\r\n", 15, "127.0.0.1" },
	};
	struct serving *serving = *state;
	char wanted[128];

	serving->limits.log_answers = true;
	serving_trust(serving, "127.0.0.0/8");
	serving_start(serving);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int fd = connect_to(serving->port);

		say(fd, cases[i].header, cases[i].len);
		fetch_over(fd);
		assert_true(serving_is_policy(&fetched));
		serving_await_connections(serving, 0);
		(void)snprintf(wanted, sizeof(wanted), SERVING_HOST " 200 1.3 %s", cases[i].client);
		assert_string_equal(access_line, wanted);
	}
	assert_int_equal(serving_count(serving, COUNTER_PROXY_CLIENT), 3);
	assert_int_equal(serving_count(serving, COUNTER_PROXY_NONE), 2);
	assert_int_equal(serving_count(serving, COUNTER_PROXY_MALFORMED), 0);
}

static void header_may_come_in_pieces_and_with_what_follows(void **state)
{
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);
	int fd;

	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	fd = connect_to(serving->port);
	for (size_t i = 0; i < sizeof(binary) - 1; i++)
		say(fd, binary + i, 1);
	fetch_over(fd);
	assert_true(serving_is_policy(&fetched));

	assert_non_null(strstr(ask_plainly(plain, ONE SERVING_GET), "HTTP/1.1 200 "));
	assert_true(serving_is_policy(&fetched));
}

static void proxy_without_a_header_is_closed_at_once(void **state)
{
	static const char *const cases[] = { "\x16\x03\x01", "GET / HTTP/1.1\r\n\r\n",
					     "PROXY TCP4 1.2.3.4\r\n",
					     "PROXY TCP4 0.0.0.0 192.0.2.2 56324 443\r\n" };
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);

	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(strlen(ask_plainly(serving->port, cases[i])), 0);
		assert_int_equal(strlen(ask_plainly(plain, cases[i])), 0);
	}
	assert_int_equal(serving_count(serving, COUNTER_PROXY_MALFORMED), 8);
	serving_await_connections(serving, 0);
}

static void client_that_cannot_be_counted_is_not_served(void **state)
{
	struct serving *serving = *state;

	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	atomic_store(&fail_enter, true);
	assert_int_equal(strlen(ask_plainly(serving->port, ONE)), 0);
	atomic_store(&fail_enter, false);
	await_count(serving, COUNTER_REFUSED_SYSTEM, 1);
	fetch_over(connect_with(serving->port, ONE));
	assert_true(serving_is_policy(&fetched));
}

static void header_of_anybody_else_is_an_error_like_any_other(void **state)
{
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);

	serving_trust(serving, "127.0.0.2");
	serving_start(serving);
	fetch_over(connect_with(serving->port, ONE));
	assert_int_not_equal(fetched.handshake, 0);
	assert_non_null(strstr(ask_plainly(plain, ONE SERVING_GET), "HTTP/1.1 400 "));
	assert_int_equal(serving_count(serving, counters_failure(FAILURE_MALFORMED)), 1);
	assert_int_equal(serving_count(serving, COUNTER_PROXY_CLIENT), 0);
	serving_assert_serves(serving);
}

static void dripped_header_does_not_put_off_the_deadline(void **state)
{
	struct serving *serving = *state;
	int fd;

	serving->limits.handshake_timeout_ms = SHORT_MS;
	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	fd = connect_with(serving->port, "PROXY UNKNOWN ");
	for (int i = 0; i < 2000 && serving_count(serving, COUNTER_LATE_PROXY) == 0; i++) {
		if (i < 90) /* with more it would be too long for a header */
			(void)send(fd, "x", 1, MSG_NOSIGNAL);
		(void)usleep(10000);
	}
	assert_int_equal(serving_count(serving, COUNTER_LATE_PROXY), 1);
	assert_int_equal(serving_count(serving, COUNTER_PROXY_MALFORMED), 0);
	assert_int_equal(close(fd), 0);
}

static void header_and_handshake_have_one_deadline(void **state)
{
	struct serving *serving = *state;
	int fd;

	serving->limits.handshake_timeout_ms = SHORT_MS;
	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	fd = connect_with(serving->port, ONE);
	assert_int_equal(tls_client_await_end(fd), ENDING_EOF);
	assert_int_equal(serving_count(serving, COUNTER_LATE_HELLO), 1);
	assert_int_equal(close(fd), 0);
}

static void limit_of_a_client_holds_for_whom_the_header_names(void **state)
{
	struct serving *serving = *state;
	struct pool_use use;
	int one[2];
	int fd;

	serving->limits.max_connections_per_client = 2;
	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	for (int i = 0; i < 2; i++)
		one[i] = connect_with(serving->port, ONE);
	await_count(serving, COUNTER_PROXY_CLIENT, 2);

	fd = connect_with(serving->port, ONE);
	assert_int_equal(tls_client_await_end(fd), ENDING_EOF);
	assert_int_equal(close(fd), 0);
	assert_int_equal(serving_count(serving, COUNTER_REFUSED_CLIENT), 1);
	serving_await_connections(serving, 2);
	pool_take_stock(serving->pool, &use);
	assert_int_equal(use.clients, 1);
	assert_int_equal(use.largest_client, 2);

	fetch_over(connect_with(serving->port, OTHER));
	assert_true(serving_is_policy(&fetched));

	assert_int_equal(close(one[0]), 0);
	serving_await_connections(serving, 1);
	fetch_over(connect_with(serving->port, ONE));
	assert_true(serving_is_policy(&fetched));
	assert_int_equal(close(one[1]), 0);
	serving_await_connections(serving, 0);
	pool_take_stock(serving->pool, &use);
	assert_int_equal(use.clients, 0);
}

/* Neither before it has named somebody, nor with health checks, nor without TLS. */
static void proxy_itself_is_not_limited_as_a_client(void **state)
{
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);
	int silent[4];
	int checks[4];
	int plainly[4];

	serving->limits.max_connections_per_client = 1;
	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	for (int i = 0; i < 4; i++) {
		silent[i] = connect_to(serving->port);
		checks[i] = connect_with(serving->port, "PROXY UNKNOWN\r\n");
		plainly[i] = connect_with(plain, "PROXY UNKNOWN\r\nGET ");
	}
	await_count(serving, COUNTER_PROXY_NONE, 8);
	serving_await_connections(serving, 12);
	for (int i = 0; i < 4; i++) {
		fetch_over(checks[i]);
		assert_true(serving_is_policy(&fetched));
		assert_int_equal(close(silent[i]), 0);
		assert_int_equal(close(plainly[i]), 0);
	}
	serving_await_connections(serving, 0);
	assert_int_equal(serving_count(serving, COUNTER_REFUSED_CLIENT), 0);
}

static void who_has_not_named_a_client_goes_first_when_all_places_are_taken(void **state)
{
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);
	int silent[8];
	int plainly[8];

	serving->limits.max_connections = 16;
	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	for (int i = 0; i < 8; i++) {
		silent[i] = connect_to(serving->port);
		serving_await_connections(serving, (unsigned)(2 * i + 1));
		plainly[i] = connect_with(plain, "PROXY UNKNOWN\r\nGET ");
		serving_await_connections(serving, (unsigned)(2 * i + 2));
	}
	fetch_over(connect_with(serving->port, ONE));
	assert_true(serving_is_policy(&fetched));
	assert_int_equal(tls_client_await_end(silent[0]), ENDING_EOF);
	serving_await_connections(serving, 15);
	for (int i = 0; i < 2; i++) {
		int fd = connect_to(serving->port);

		await_count(serving, COUNTER_ACCEPTED, (uint64_t)(18 + i));
		assert_int_equal(close(fd), 0);
		serving_await_connections(serving, 15);
	}
	assert_int_equal(serving_count(serving, COUNTER_CROWDED_CONNECTIONS), 1);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(close(silent[i]), 0);
		assert_int_equal(close(plainly[i]), 0);
	}
}

/* Sixteen clients in their handshakes, each named by its header. */
static void fill(struct serving *serving, int fds[16])
{
	for (int i = 0; i < 16; i++) {
		char header[96];

		(void)snprintf(header, sizeof(header), "PROXY TCP4 198.51.100.%d 192.0.2.2 56324 443\r\n",
			       10 + i / 2);
		fds[i] = connect_with(serving->port, header);
		say(fds[i], "\x16\x03\x01", 3);
		serving_await_connections(serving, (unsigned)(i + 1));
	}
}

/* Who has too many must not push others out, whatever way he comes. */
static void client_over_its_limit_pushes_nobody_out(void **state)
{
	struct serving *serving = *state;
	int fds[16];

	serving->limits.workers = 1;
	serving->limits.max_connections = 16;
	serving->limits.max_connections_per_client = 2;
	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	fill(serving, fds);
	for (unsigned i = 1; i <= 8; i++) {
		int fd = connect_with(serving->port, "PROXY TCP4 198.51.100.10 192.0.2.2 56324 443\r\n");

		/* Its header may come a moment later: then there is no place for somebody who is not known.
		 */
		(void)tls_client_await_end(fd);
		assert_int_equal(close(fd), 0);
	}
	assert_int_equal(serving_count(serving, COUNTER_CROWDED_CONNECTIONS), 0);
	serving_await_connections(serving, 16);
	for (int i = 0; i < 16; i++)
		assert_int_equal(close(fds[i]), 0);
}

/* Nor must somebody whom no limit concerns. */
static void who_is_nobodys_takes_no_place_of_a_client(void **state)
{
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);
	int fds[16];

	serving->limits.workers = 1;
	serving->limits.max_connections = 16;
	serving->limits.max_connections_per_client = 2;
	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	fill(serving, fds);
	for (int i = 0; i < 4; i++) {
		int fd = connect_to(i % 2 == 0 ? plain : serving->port);

		assert_int_not_equal(tls_client_await_end(fd), ENDING_NOTIFY);
		assert_int_equal(close(fd), 0);
	}
	assert_int_equal(serving_count(serving, COUNTER_CROWDED_CONNECTIONS), 0);
	assert_int_equal(serving_count(serving, COUNTER_REFUSED_CONNECTIONS), 4);
	for (int i = 0; i < 16; i++)
		assert_int_equal(close(fds[i]), 0);
}

/* But for the second of their dates. */
static void drop_date(char *answer)
{
	char *date = strstr(answer, "\r\nDate: ");

	assert_non_null(date);
	memset(date + 2, 'x', strcspn(date + 2, "\r"));
}

static void answers_without_tls_are_those_with_it_byte_for_byte(void **state)
{
	static const char *const requests[] = {
		SERVING_GET,
		"HEAD /policy HTTP/1.1\r\nHost: " SERVING_HOST "\r\n\r\n",
		"GET /policy HTTP/1.0\r\nHost: MTA-STS.One.Example.:443\r\n\r\n",
		"GET /else HTTP/1.1\r\nHost: " SERVING_HOST "\r\n\r\n",
		"POST /policy HTTP/1.1\r\nHost: " SERVING_HOST "\r\nContent-Length: 5\r\n\r\nabcde",
		"GET /policy HTTP/1.1\r\n\r\n",
		"GET /policy HTTP/2.0\r\nHost: " SERVING_HOST "\r\n\r\n",
		"GET /policy HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n",
		"nonsense\r\n\r\n",
		SERVING_GET SERVING_GET,
	};
	static struct fetched with_tls;
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);

	serving_start(serving);
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		tls_client_fetch(serving->port, SERVING_HOST, requests[i], &with_tls);
		(void)ask_plainly(plain, requests[i]);
		assert_int_equal(fetched.ending, ENDING_NOTIFY);
		drop_date(with_tls.bytes);
		drop_date(fetched.bytes);
		assert_string_equal(fetched.bytes, with_tls.bytes);
	}
	assert_int_equal(serving_count(serving, COUNTER_PLAIN), sizeof(requests) / sizeof(*requests));
}

static void head_over_the_limit_gets_431_without_tls_too(void **state)
{
	static char request[9000];
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);
	int len = snprintf(request, sizeof(request),
			   "GET /policy HTTP/1.1\r\nHost: " SERVING_HOST "\r\nX-Long: ");

	memset(request + len, 'a', sizeof(request) - 1 - (size_t)len);
	serving_start(serving);
	assert_non_null(strstr(ask_plainly(plain, request), "HTTP/1.1 431 "));
}

static void host_field_says_whose_policy_it_is_without_tls(void **state)
{
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);

	serving->limits.log_answers = true;
	serving_start(serving);
	(void)ask_plainly(plain,
			  "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: " SERVING_OTHER_HOST "\r\n\r\n");
	assert_non_null(strstr(fetched.bytes, "HTTP/1.1 404 "));
	serving_await_connections(serving, 0);
	assert_string_equal(access_line, SERVING_OTHER_HOST " 404 - 127.0.0.1");
	(void)ask_plainly(plain, "nonsense\r\n\r\n");
	serving_await_connections(serving, 0);
	assert_string_equal(access_line, " 400 - 127.0.0.1");
}

static void tls_where_there_is_none_is_refused_at_once(void **state)
{
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);

	serving_start(serving);
	assert_non_null(strstr(ask_plainly(plain, "\x16\x03\x01\x02\x03\x01"), "HTTP/1.1 400 "));
	serving_await_connections(serving, 0);
}

static void silent_or_slow_request_without_tls_is_closed_by_the_first_deadline(void **state)
{
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);
	int fds[2];

	serving->limits.handshake_timeout_ms = SHORT_MS;
	serving_start(serving);
	fds[0] = connect_to(plain);
	fds[1] = connect_with(plain, "GET /policy HTTP/1.1\r\nHost:");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tls_client_await_end(fds[i]), ENDING_EOF);
		assert_int_equal(close(fds[i]), 0);
	}
	assert_int_equal(serving_count(serving, COUNTER_LATE_REQUEST), 2);
}

/* Only a little fits into both sockets at a time. */
static int connect_narrow(const struct serving *serving, in_port_t port)
{
	const int least = 1;
	const int segment = 100;
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(setsockopt(serving->plain, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)), 0);
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment)), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&in4, sizeof(in4)), 0);
	return fd;
}

static void answer_without_tls_may_be_taken_in_pieces_or_not_in_time(void **state)
{
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);
	int fds[2];

	serving->limits.response_timeout_ms = 1000;
	serving_start(serving);
	for (int i = 0; i < 2; i++) {
		fds[i] = connect_narrow(serving, plain);
		say(fds[i], SERVING_GET, sizeof(SERVING_GET) - 1);
	}
	(void)read_all(fds[0]);
	assert_true(serving_is_policy(&fetched));
	await_count(serving, COUNTER_LATE_ANSWER, 1);
	(void)read_all(fds[1]);
	assert_false(serving_is_policy(&fetched));
	serving_await_connections(serving, 0);
}

static int connect_unix(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	assert_int_equal(connect(fd, (const struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

static void ask_at_unix(struct serving *serving, const char *path, const char *header)
{
	int fd;

	assert_int_equal(sock_listen_unix(path, 0600, (gid_t)-1, &serving->plain), ERR_OK);
	serving_start(serving);
	fd = connect_unix(path);
	say(fd, header, strlen(header));
	say(fd, SERVING_GET, sizeof(SERVING_GET) - 1);
	(void)read_all(fd);
	serving_await_connections(serving, 0);
	assert_int_equal(unlink(path), 0);
}

static void client_at_a_unix_socket_is_unix_unless_it_is_named(void **state)
{
	struct serving *serving = *state;
	char path[] = "/tmp/test_beside.XXXXXX";

	assert_true(mkstemp(path) >= 0);
	assert_int_equal(unlink(path), 0);
	serving->limits.log_answers = true;
	ask_at_unix(serving, path, "");
	assert_true(serving_is_policy(&fetched));
	assert_string_equal(access_line, SERVING_HOST " 200 - unix");

	pool_stop(&serving->pool, 0);
	assert_int_equal(close(serving->plain), 0);
	serving_trust(serving, "unix");
	ask_at_unix(serving, path, ONE);
	assert_true(serving_is_policy(&fetched));
	assert_string_equal(access_line, SERVING_HOST " 200 - 198.51.100.1");
}

static void drain_waits_for_nobody_who_has_not_spoken(void **state)
{
	struct serving *serving = *state;
	in_port_t plain = serving_listen_plain(serving);
	int fds[3];

	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	fds[0] = connect_to(serving->port);
	fds[1] = connect_to(plain);
	fds[2] = connect_with(serving->port, ONE);
	await_count(serving, COUNTER_PROXY_CLIENT, 1);
	serving_await_connections(serving, 3);
	pool_drain(serving->pool);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(tls_client_await_end(fds[i]), ENDING_EOF);
		assert_int_equal(close(fds[i]), 0);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, serving_setup, serving_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(client_is_whom_the_header_names),
		TEST(header_may_come_in_pieces_and_with_what_follows),
		TEST(proxy_without_a_header_is_closed_at_once),
		TEST(client_that_cannot_be_counted_is_not_served),
		TEST(header_of_anybody_else_is_an_error_like_any_other),
		TEST(dripped_header_does_not_put_off_the_deadline),
		TEST(header_and_handshake_have_one_deadline),
		TEST(limit_of_a_client_holds_for_whom_the_header_names),
		TEST(proxy_itself_is_not_limited_as_a_client),
		TEST(who_has_not_named_a_client_goes_first_when_all_places_are_taken),
		TEST(client_over_its_limit_pushes_nobody_out),
		TEST(who_is_nobodys_takes_no_place_of_a_client),
		TEST(answers_without_tls_are_those_with_it_byte_for_byte),
		TEST(head_over_the_limit_gets_431_without_tls_too),
		TEST(host_field_says_whose_policy_it_is_without_tls),
		TEST(tls_where_there_is_none_is_refused_at_once),
		TEST(silent_or_slow_request_without_tls_is_closed_by_the_first_deadline),
		TEST(answer_without_tls_may_be_taken_in_pieces_or_not_in_time),
		TEST(client_at_a_unix_socket_is_unix_unless_it_is_named),
		TEST(drain_waits_for_nobody_who_has_not_spoken),
	};

	return cmocka_run_group_tests(tests, serving_group_setup, serving_group_teardown);
}
