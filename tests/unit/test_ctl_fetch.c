/* SPDX-License-Identifier: ISC */
/* wrap: connect curl_easy_setopt */
#include "base/clock.h"
#include "ctl/check/fetch.h"
#include "make_cert.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST       "mta-sts.one.example"
#define OTHER      "mta-sts.two.example"
#define POLICY     "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"
#define HEAD       "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
#define ANSWER     HEAD "Content-Length: 44\r\n\r\n" POLICY
#define PATIENCE_S 20
#define ROOM       4096

/* What the server does, and what it was asked; the thread has it until the server is stopped. */
struct server {
	int fds[2]; /* listening on 127.0.0.1 and on ::1, at the same port */
	int stop[2];
	in_port_t port;
	pthread_t thread;
	gnutls_certificate_credentials_t credentials;
	const char *priorities;
	const char *answer;
	size_t answer_len;
	bool plain;  /* no TLS */
	bool silent; /* no answer */
	unsigned connections;
	char name[256];
	char request[ROOM];
};

static char *directory;
static bool no_ipv6;
static long timeout_ms;
static size_t options_left; /* that libcurl takes; the next one is refused */

int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
CURLcode __real_curl_easy_setopt(CURL *curl, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...);

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
	if (no_ipv6 && address->sa_family == AF_INET6) {
		errno = ENETUNREACH;
		return -1;
	}
	return __real_connect(fd, address, len);
}

CURLcode __wrap_curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	va_list args;
	CURLcode code;

	if (options_left-- == 0)
		return CURLE_OUT_OF_MEMORY;
	va_start(args, option);
	if (option == CURLOPT_TIMEOUT_MS)
		code = __real_curl_easy_setopt(curl, option, timeout_ms);
	else
		code = __real_curl_easy_setopt(curl, option, va_arg(args, void *));
	va_end(args);
	return code;
}

static void talk(struct server *server, gnutls_session_t session)
{
	size_t len = sizeof(server->name);
	unsigned type;
	ssize_t got;

	if (gnutls_handshake(session) != 0)
		return;
	(void)gnutls_server_name_get(session, server->name, &len, &type, 0);
	got = gnutls_record_recv(session, server->request, sizeof(server->request) - 1);
	if (got <= 0)
		return;
	server->request[got] = '\0';
	for (size_t sent = 0; sent < server->answer_len && !server->silent; sent += (size_t)got) {
		got = gnutls_record_send(session, server->answer + sent, server->answer_len - sent);
		if (got <= 0)
			return;
	}
	if (!server->silent)
		(void)gnutls_bye(session, GNUTLS_SHUT_WR);
	/* Until the client has had enough. */
	(void)gnutls_record_recv(session, server->request + ROOM / 2, 1);
}

static void serve(struct server *server, int fd)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	gnutls_session_t session;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	server->connections++;
	if (server->plain) {
		(void)send(fd, ANSWER, strlen(ANSWER), MSG_NOSIGNAL);
	} else if (gnutls_init(&session, GNUTLS_SERVER) == 0) {
		(void)gnutls_priority_set_direct(session, server->priorities, NULL);
		(void)gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, server->credentials);
		gnutls_transport_set_int(session, fd);
		talk(server, session);
		gnutls_deinit(session);
	}
	(void)close(fd);
}

static void *run(void *argument)
{
	struct server *server = argument;
	struct pollfd fds[] = { { .fd = server->fds[0], .events = POLLIN },
				{ .fd = server->fds[1], .events = POLLIN },
				{ .fd = server->stop[0], .events = POLLIN } };

	while (poll(fds, 3, -1) > 0 && fds[2].revents == 0) {
		for (size_t i = 0; i < 2; i++) {
			int fd = fds[i].revents != 0 ? accept(fds[i].fd, NULL, NULL) : -1;

			if (fd >= 0)
				serve(server, fd);
		}
	}
	return NULL;
}

static int listen_v4(in_port_t *port)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in4);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in4, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in4, &len), 0);
	*port = ntohs(in4.sin_port);
	return fd;
}

static int listen_v6(in_port_t port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&in6, sizeof(in6)) == 0 && listen(fd, 8) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* A port that is free at 127.0.0.1 may be taken at ::1: then try another. */
static void listen_at_both(struct server *server)
{
	for (int i = 0; i < 100; i++) {
		server->fds[0] = listen_v4(&server->port);
		server->fds[1] = listen_v6(server->port);
		if (server->fds[1] >= 0)
			return;
		(void)close(server->fds[0]);
	}
	fail_msg("no port is free at both addresses");
}

static int set_up(void **state)
{
	struct server *server = calloc(1, sizeof(*server));

	assert_non_null(server);
	no_ipv6 = false;
	timeout_ms = PATIENCE_S * 1000;
	options_left = SIZE_MAX;
	server->priorities = "NORMAL";
	server->answer = ANSWER;
	server->answer_len = strlen(ANSWER);
	listen_at_both(server);
	assert_int_equal(pipe(server->stop), 0);
	*state = server;
	return 0;
}

/* Begin to serve with a certificate that make_certs() has made. */
static void start(struct server *server, const char *name)
{
	char chain[64];
	char key[64];

	(void)snprintf(chain, sizeof(chain), "%s.crt", name);
	(void)snprintf(key, sizeof(key), "%s.key", name);
	assert_int_equal(gnutls_certificate_allocate_credentials(&server->credentials), 0);
	assert_int_equal(
		gnutls_certificate_set_x509_key_file(server->credentials, make_cert_path(directory, chain),
						     make_cert_path(directory, key), GNUTLS_X509_FMT_PEM),
		0);
	assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
}

static void stop(struct server *server)
{
	if (server->credentials == NULL)
		return;
	assert_int_equal(write(server->stop[1], "x", 1), 1);
	assert_int_equal(pthread_join(server->thread, NULL), 0);
	gnutls_certificate_free_credentials(server->credentials);
	server->credentials = NULL;
}

static int tear_down(void **state)
{
	struct server *server = *state;

	stop(server);
	for (size_t i = 0; i < 2; i++) {
		(void)close(server->fds[i]);
		(void)close(server->stop[i]);
	}
	free(server);
	return 0;
}

static struct fetch to(const struct server *server, const char *address, const char *ca)
{
	return (struct fetch){
		.host = HOST,
		.address = address,
		.port = server->port,
		.ca = ca != NULL ? make_cert_path(directory, ca) : NULL,
	};
}

static void assert_ends(struct server *server, enum fetch_state state, const char *ca)
{
	struct fetch fetch = to(server, "127.0.0.1", ca);

	assert_int_equal(fetch_all(&fetch, 1), ERR_OK);
	if (fetch.state != state)
		fail_msg("state %d, not %d: %s", (int)fetch.state, (int)state, fetch.detail);
	fetch_free(&fetch, 1);
}

static void a_fetch_brings_the_whole_answer(void **state)
{
	struct server *server = *state;
	struct fetch fetch = to(server, "127.0.0.1", "good.crt");

	start(server, "good");
	assert_int_equal(fetch_all(&fetch, 1), ERR_OK);
	assert_int_equal(fetch.state, FETCH_ANSWERED);
	assert_int_equal(fetch.status, 200);
	assert_string_equal(fetch.type, "text/plain; charset=utf-8");
	assert_string_equal(fetch.location, "");
	assert_int_equal(fetch.body.len, strlen(POLICY));
	assert_memory_equal(fetch.body.bytes, POLICY, strlen(POLICY));
	assert_in_range(fetch.took_ms, 0, PATIENCE_S * 1000);
	assert_true(fetch.not_before < clock_now());
	assert_int_equal(fetch.not_after - fetch.not_before, 3 * MAKE_CERT_DAY);
	fetch_free(&fetch, 1);
}

static void it_is_asked_for_as_a_sender_asks(void **state)
{
	struct server *server = *state;

	start(server, "good");
	assert_ends(server, FETCH_ANSWERED, "good.crt");
	stop(server);
	assert_string_equal(server->name, HOST);
	assert_int_equal(strncmp(server->request, "GET /.well-known/mta-sts.txt HTTP/1.1\r\n", 39), 0);
	assert_non_null(strstr(server->request, "\r\nHost: " HOST "\r\n"));
}

static void all_addresses_are_fetched_from_at_once(void **state)
{
	struct server *server = *state;
	struct fetch fetches[] = { to(server, "127.0.0.1", "good.crt"), to(server, "::1", "good.crt") };

	start(server, "good");
	assert_int_equal(fetch_all(fetches, 2), ERR_OK);
	stop(server);
	assert_int_equal(server->connections, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(fetches[i].state, FETCH_ANSWERED);
		assert_int_equal(fetches[i].body.len, strlen(POLICY));
	}
	fetch_free(fetches, 2);
}

static void no_addresses_are_fetched_from_in_no_time(void **state)
{
	(void)state;
	assert_int_equal(fetch_all(NULL, 0), ERR_OK);
}

static void a_redirect_is_told_and_not_followed(void **state)
{
	struct server *server = *state;
	struct fetch fetch = to(server, "127.0.0.1", "good.crt");

	server->answer = "HTTP/1.1 302 Found\r\nLocation: https://" HOST "/else\r\nContent-Length: 0\r\n\r\n";
	server->answer_len = strlen(server->answer);
	start(server, "good");
	assert_int_equal(fetch_all(&fetch, 1), ERR_OK);
	stop(server);
	assert_int_equal(fetch.state, FETCH_ANSWERED);
	assert_int_equal(fetch.status, 302);
	assert_string_equal(fetch.location, "https://" HOST "/else");
	assert_string_equal(fetch.type, "");
	assert_int_equal(server->connections, 1);
	fetch_free(&fetch, 1);
}

/* An answer of so many bytes, its end told by the end of the connection. */
static void answer_with(struct server *server, char *answer, size_t room, size_t body)
{
	memset(answer, 'x', room);
	memcpy(answer, HEAD "\r\n", strlen(HEAD "\r\n"));
	server->answer = answer;
	server->answer_len = strlen(HEAD "\r\n") + body;
}

static void more_than_64_kib_are_not_taken(void **state)
{
	static char answer[FETCH_BYTES_MAX + 1000];
	struct server *server = *state;
	struct fetch fetch = to(server, "127.0.0.1", "good.crt");

	answer_with(server, answer, sizeof(answer), FETCH_BYTES_MAX);
	start(server, "good");
	assert_int_equal(fetch_all(&fetch, 1), ERR_OK);
	assert_int_equal(fetch.state, FETCH_ANSWERED);
	assert_int_equal(fetch.body.len, FETCH_BYTES_MAX);
	fetch_free(&fetch, 1);
	stop(server);

	answer_with(server, answer, sizeof(answer), FETCH_BYTES_MAX + 1);
	assert_int_equal(read(server->stop[0], answer + sizeof(answer) - 1, 1), 1);
	start(server, "good");
	assert_ends(server, FETCH_TOO_LARGE, "good.crt");
}

static void a_certificate_of_another_name_is_told_apart(void **state)
{
	struct server *server = *state;

	start(server, "other");
	assert_ends(server, FETCH_WRONG_NAME, "other.crt");
}

static void an_expired_certificate_is_told_apart_and_when(void **state)
{
	struct server *server = *state;
	struct fetch fetch = to(server, "127.0.0.1", "expired.crt");

	start(server, "expired");
	assert_int_equal(fetch_all(&fetch, 1), ERR_OK);
	assert_int_equal(fetch.state, FETCH_WRONG_TIME);
	assert_in_range(clock_now() - fetch.not_after, MAKE_CERT_DAY, MAKE_CERT_DAY + 1000);
	fetch_free(&fetch, 1);
}

static void a_certificate_of_the_future_is_told_apart(void **state)
{
	struct server *server = *state;

	start(server, "future");
	assert_ends(server, FETCH_WRONG_TIME, "future.crt");
}

static void a_certificate_that_leads_nowhere_is_not_trusted(void **state)
{
	struct server *server = *state;

	start(server, "good");
	assert_ends(server, FETCH_UNTRUSTED, "other.crt");
}

static void less_than_tls_1_2_is_no_tls(void **state)
{
	struct server *server = *state;

	server->priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.1";
	start(server, "good");
	assert_ends(server, FETCH_NO_TLS, "good.crt");
}

static void tls_1_2_is_enough(void **state)
{
	struct server *server = *state;

	server->priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
	start(server, "good");
	assert_ends(server, FETCH_ANSWERED, "good.crt");
}

static void http_without_tls_is_no_tls(void **state)
{
	struct server *server = *state;

	server->plain = true;
	start(server, "good");
	assert_ends(server, FETCH_NO_TLS, "good.crt");
}

static void nobody_listening_is_no_connection(void **state)
{
	struct server *server = *state;

	(void)close(server->fds[0]);
	server->fds[0] = -1;
	assert_ends(server, FETCH_NO_CONNECTION, "good.crt");
}

static void an_answer_cut_short_or_no_http_is_broken(void **state)
{
	static const char *const answers[] = { HEAD "Content-Length: 45\r\n\r\n" POLICY, "hello\n", "" };
	struct server *server = *state;

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		char byte;

		server->answer = answers[i];
		server->answer_len = strlen(answers[i]);
		start(server, "good");
		assert_ends(server, FETCH_BROKEN, "good.crt");
		stop(server);
		assert_int_equal(read(server->stop[0], &byte, 1), 1);
	}
}

static void a_server_that_says_nothing_is_slow(void **state)
{
	struct server *server = *state;

	server->silent = true;
	timeout_ms = 50;
	start(server, "good");
	assert_ends(server, FETCH_SLOW, "good.crt");
}

static void an_option_that_libcurl_does_not_take_ends_it(void **state)
{
	struct server *server = *state;
	enum err err = ERR_NO_MEMORY;
	size_t taken = 0;

	timeout_ms = 1;
	for (; err == ERR_NO_MEMORY; taken++) {
		struct fetch fetch = {
			.host = HOST, .address = "127.0.0.1", .port = server->port, .ca = "ca.pem"
		};

		options_left = taken;
		err = fetch_all(&fetch, 1);
		fetch_free(&fetch, 1);
	}
	assert_int_equal(err, ERR_OK);
	assert_true(taken > 10);
	options_left = SIZE_MAX;
}

static void a_family_without_route_is_not_tried_and_the_other_is(void **state)
{
	struct server *server = *state;
	struct fetch fetches[] = { to(server, "::1", "good.crt"), to(server, "127.0.0.1", "good.crt") };

	no_ipv6 = true;
	start(server, "good");
	assert_int_equal(fetch_all(fetches, 2), ERR_OK);
	stop(server);
	assert_int_equal(server->connections, 1);
	assert_int_equal(fetches[0].state, FETCH_NO_ROUTE);
	assert_int_equal(fetches[1].state, FETCH_ANSWERED);
	fetch_free(fetches, 2);
}

static void a_proxy_of_the_environment_is_left_out(void **state)
{
	struct server *server = *state;

	assert_int_equal(setenv("https_proxy", "http://127.0.0.1:1", 1), 0);
	start(server, "good");
	assert_ends(server, FETCH_ANSWERED, "good.crt");
	assert_int_equal(unsetenv("https_proxy"), 0);
}

static void odd_bytes_of_a_header_are_escaped(void **state)
{
	struct server *server = *state;
	struct fetch fetch = to(server, "127.0.0.1", "good.crt");

	server->answer = "HTTP/1.1 200 OK\r\nContent-Type: a\x1b[31m\xff\r\nContent-Length: 0\r\n\r\n";
	server->answer_len = strlen(server->answer);
	start(server, "good");
	assert_int_equal(fetch_all(&fetch, 1), ERR_OK);
	assert_int_equal(fetch.state, FETCH_ANSWERED);
	assert_string_equal(fetch.type, "a\\x1b[31m\\xff");
	fetch_free(&fetch, 1);
}

static void make_one(const char *name, const char *host, int from_days, int days)
{
	const struct make_cert what = {
		.names = { host },
		.not_before = clock_now() + from_days * MAKE_CERT_DAY,
		.not_after = clock_now() + (from_days + days) * MAKE_CERT_DAY,
	};
	char chain[64];
	char key[64];

	(void)snprintf(chain, sizeof(chain), "%s.crt", name);
	(void)snprintf(key, sizeof(key), "%s.key", name);
	make_cert(&what, directory, chain, key);
}

/* A leaf that is trusted itself needs no CA. */
static int make_certs(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	directory = make_cert_directory();
	make_one("good", HOST, -1, 3);
	make_one("other", OTHER, -1, 3);
	make_one("expired", HOST, -3, 2);
	make_one("future", HOST, 1, 2);
	return 0;
}

static int remove_certs(void **state)
{
	(void)state;
	make_cert_remove(&directory);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_fetch_brings_the_whole_answer),
		TEST(it_is_asked_for_as_a_sender_asks),
		TEST(all_addresses_are_fetched_from_at_once),
		TEST(no_addresses_are_fetched_from_in_no_time),
		TEST(a_redirect_is_told_and_not_followed),
		TEST(more_than_64_kib_are_not_taken),
		TEST(a_certificate_of_another_name_is_told_apart),
		TEST(an_expired_certificate_is_told_apart_and_when),
		TEST(a_certificate_of_the_future_is_told_apart),
		TEST(a_certificate_that_leads_nowhere_is_not_trusted),
		TEST(less_than_tls_1_2_is_no_tls),
		TEST(tls_1_2_is_enough),
		TEST(http_without_tls_is_no_tls),
		TEST(nobody_listening_is_no_connection),
		TEST(an_answer_cut_short_or_no_http_is_broken),
		TEST(a_server_that_says_nothing_is_slow),
		TEST(an_option_that_libcurl_does_not_take_ends_it),
		TEST(a_family_without_route_is_not_tried_and_the_other_is),
		TEST(a_proxy_of_the_environment_is_left_out),
		TEST(odd_bytes_of_a_header_are_escaped),
	};

	return cmocka_run_group_tests(tests, make_certs, remove_certs);
}
