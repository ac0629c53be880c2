/* SPDX-License-Identifier: ISC */
/* wrap: accept4 clients_enter loop_add session_new */
#include "serve/acceptor.h"

#include "base/clock.h"
#include "base/loop.h"
#include "serving.h"
#include "tls/session.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

int __real_accept4(int fd, struct sockaddr *peer, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *peer, socklen_t *len, int flags);

__typeof__(clients_enter) __real_clients_enter;
__typeof__(clients_enter) __wrap_clients_enter;

/* The next one fails. */
static atomic_bool fail_enter;

enum err __wrap_clients_enter(struct clients *clients, const struct in6_addr *address, struct client **client)
{
	if (atomic_exchange(&fail_enter, false))
		return ERR_NO_MEMORY;
	return __real_clients_enter(clients, address, client);
}

/* So many times no connection can be accepted, for this reason. */
static atomic_uint failures;
static atomic_int reason;
static atomic_uint_fast64_t failed_first_ms;

/* How many sockets were accepted that send at once, and that wait for more to send. */
static atomic_uint prompt;
static atomic_uint delaying;

static void note_delay(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	if (fd >= 0 && getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len) == 0)
		(void)atomic_fetch_add(value != 0 ? &prompt : &delaying, 1);
}

int __wrap_accept4(int fd, struct sockaddr *peer, socklen_t *len, int flags)
{
	if (atomic_load(&failures) == 0) {
		int accepted = __real_accept4(fd, peer, len, flags);

		note_delay(accepted);
		return accepted;
	}
	if (atomic_load(&failed_first_ms) == 0)
		atomic_store(&failed_first_ms, clock_ms());
	(void)atomic_fetch_sub(&failures, 1);
	errno = atomic_load(&reason);
	return -1;
}

/* How long it takes to serve somebody from the first failure on. */
static uint64_t serve_after(const struct serving *serving, unsigned count, int why)
{
	atomic_store(&failed_first_ms, 0);
	atomic_store(&reason, why);
	atomic_store(&failures, count);
	serving_assert_serves(serving);
	assert_int_equal(atomic_load(&failures), 0);
	return clock_ms() - atomic_load(&failed_first_ms);
}

/* So many times nothing can be watched. */
static atomic_uint unwatched;

__typeof__(loop_add) __real_loop_add;
__typeof__(loop_add) __wrap_loop_add;

enum err __wrap_loop_add(struct loop *loop, struct watch *watch, uint32_t events)
{
	if (atomic_load(&unwatched) == 0)
		return __real_loop_add(loop, watch, events);
	(void)atomic_fetch_sub(&unwatched, 1);
	errno = ENOSPC;
	return ERR_IO;
}

static int connect_to(const struct serving *serving)
{
	int fd = tls_client_connect("127.0.0.1", serving->port);

	assert_true(fd >= 0);
	return fd;
}

static void open_client(const struct serving *serving, struct tls_client *client)
{
	assert_int_equal(tls_client_open(client, connect_to(serving), SERVING_HOST, TLS_CLIENT_1_2), 0);
}

static bool is_open(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void client_over_its_limit_is_refused_until_one_closes(void **state)
{
	struct serving *serving = *state;
	int first;
	int second;
	int third;

	serving->limits.max_connections_per_client = 2;
	serving_start(serving);
	first = connect_to(serving);
	second = connect_to(serving);
	serving_await_connections(serving, 2);

	third = connect_to(serving);
	assert_int_equal(tls_client_await_end(third), ENDING_EOF);
	assert_true(is_open(first) && is_open(second));

	assert_int_equal(close(first), 0);
	serving_await_connections(serving, 1);
	serving_assert_serves(serving);
	assert_true(is_open(second));
	assert_int_equal(close(second), 0);
	assert_int_equal(close(third), 0);
}

__typeof__(session_new) __real_session_new;
__typeof__(session_new) __wrap_session_new;

/* The last bytes of the addresses whose handshakes have begun, in their order. */
static unsigned char begun[64];
static atomic_uint begun_count;

enum err __wrap_session_new(struct certs *certs, struct challenges *challenges, int fd, const void *bytes,
			    size_t len, struct session **session)
{
	struct sockaddr_in peer = { 0 };
	socklen_t size = sizeof(peer);
	unsigned number = atomic_load(&begun_count);

	(void)getpeername(fd, (struct sockaddr *)&peer, &size);
	if (number < sizeof(begun))
		begun[number] = ntohl(peer.sin_addr.s_addr) & 0xff;
	atomic_store(&begun_count, number + 1);
	return __real_session_new(certs, challenges, fd, bytes, len, session);
}

/* A connection from 127.0.0.LAST with a whole record that is not a ClientHello. */
static int knock(const struct serving *serving, unsigned last)
{
	static const char record[] = { 22, 3, 1, 0, 4, 2, 0, 0, 0 };
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000 + last) };
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(serving->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(write(fd, record, sizeof(record)), sizeof(record));
	return fd;
}

static void *fetch_wait(void *argument)
{
	static struct fetched fetched;
	const struct serving *serving = argument;

	tls_client_fetch(serving->port, SERVING_HOST, "GET /wait HTTP/1.1\r\nHost: " SERVING_HOST "\r\n\r\n",
			 &fetched);
	return NULL;
}

/* While the worker is busy a client comes ten times and takes its places, and 200 times more; then comes
 * another. */
static void those_who_are_turned_away_do_not_hold_up_those_behind_them(void **state)
{
	struct serving *serving = *state;
	pthread_t thread;
	int fd[211];

	serving->limits.max_connections_per_client = 10;
	serving_start(serving);
	assert_int_equal(pthread_create(&thread, NULL, fetch_wait, serving), 0);
	serving_await_request();
	atomic_store(&begun_count, 0);
	for (int i = 0; i < 210; i++)
		fd[i] = knock(serving, 9);
	fd[210] = knock(serving, 10);
	serving_release();
	assert_int_equal(tls_client_await_end(fd[210]), ENDING_EOF);

	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(begun[0], 9);
	assert_int_equal(begun[1], 10);
	for (int i = 0; i < 211; i++)
		assert_int_equal(close(fd[i]), 0);
}

static void clients_are_counted_over_all_workers(void **state)
{
	struct serving *serving = *state;
	int fd[21];
	int refusals = 0;

	serving->limits.workers = 4;
	serving->limits.max_connections_per_client = 20;
	serving_start(serving);
	for (int i = 0; i < 20; i++)
		fd[i] = connect_to(serving);
	serving_await_connections(serving, 20);

	fd[20] = connect_to(serving);
	assert_int_equal(tls_client_await_end(fd[20]), ENDING_EOF);

	for (int i = 0; i < 20; i++)
		refusals += !is_open(fd[i]);
	assert_int_equal(refusals, 0);
	for (int i = 0; i < 21; i++)
		assert_int_equal(close(fd[i]), 0);
}

static void one_worker_may_take_all_places(void **state)
{
	struct serving *serving = *state;
	int fd[20];
	int gone = 0;

	serving->limits.workers = 10;
	serving->limits.max_connections = 20;
	serving_start(serving);
	for (int i = 0; i < 20; i++) {
		fd[i] = connect_to(serving);
		serving_await_connections(serving, (unsigned)i + 1);
	}

	for (int i = 0; i < 20; i++) {
		gone += !is_open(fd[i]);
		assert_int_equal(close(fd[i]), 0);
	}
	assert_int_equal(gone, 0);
}

static void oldest_handshake_makes_room_and_the_established_stay(void **state)
{
	static struct fetched fetched;
	struct serving *serving = *state;
	struct tls_client established;
	int oldest;
	int younger;

	serving->limits.max_connections = 3;
	serving_start(serving);
	open_client(serving, &established);
	serving_assert_serves(serving);
	serving_await_connections(serving, 1);
	oldest = connect_to(serving);
	serving_await_connections(serving, 2);
	younger = connect_to(serving);
	serving_await_connections(serving, 3);

	serving_assert_serves(serving);

	assert_int_equal(tls_client_await_end(oldest), ENDING_EOF);
	assert_true(is_open(younger));
	assert_true(tls_client_send(&established, SERVING_GET));
	tls_client_receive(&established, &fetched);
	fetched.handshake = 0;
	assert_true(serving_is_policy(&fetched));
	tls_client_close(&established);
	assert_int_equal(close(oldest), 0);
	assert_int_equal(close(younger), 0);
}

static void oldest_handshake_goes_when_the_memory_is_taken(void **state)
{
	struct serving *serving = *state;
	int oldest;
	int younger;
	int youngest;

	serving->limits.max_memory = 3 << 10; /* what silent clients count for, and no session */
	serving_start(serving);
	oldest = connect_to(serving);
	serving_await_connections(serving, 1);
	younger = connect_to(serving);
	serving_await_connections(serving, 2);

	youngest = connect_to(serving);

	assert_int_equal(tls_client_await_end(oldest), ENDING_EOF);
	assert_true(is_open(younger));
	assert_true(is_open(youngest));
	assert_int_equal(serving_count(serving, COUNTER_CROWDED_MEMORY), 1);
	assert_int_equal(close(youngest), 0);
	assert_int_equal(close(oldest), 0);
	assert_int_equal(close(younger), 0);
}

static void newest_is_refused_when_all_are_established(void **state)
{
	struct serving *serving = *state;
	struct tls_client established;
	int fd;

	serving->limits.max_connections = 1;
	serving_start(serving);
	open_client(serving, &established);

	fd = connect_to(serving);

	assert_int_equal(tls_client_await_end(fd), ENDING_EOF);
	assert_true(is_open(established.fd));
	tls_client_close(&established);
	assert_int_equal(close(fd), 0);
}

static void shortage_is_waited_out_without_spinning(void **state)
{
	static const int shortages[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM };
	struct serving *serving = *state;

	serving_start(serving);
	for (size_t i = 0; i < sizeof(shortages) / sizeof(*shortages); i++)
		assert_true(serve_after(serving, 3, shortages[i]) >= 3 * ACCEPTOR_PAUSE_MS);
}

/* Nobody is waited for in vain when the loop has no room after a pause. */
static void what_cannot_be_watched_after_a_pause_is_watched_after_another(void **state)
{
	struct serving *serving = *state;

	serving_start(serving);
	serving_assert_serves(serving);
	atomic_store(&unwatched, 2);
	assert_true(serve_after(serving, 1, EMFILE) >= 3 * ACCEPTOR_PAUSE_MS);
	assert_int_equal(atomic_load(&unwatched), 0);
}

static void what_cannot_be_watched_at_first_is_watched_after_a_pause(void **state)
{
	struct serving *serving = *state;

	atomic_store(&unwatched, 1);
	serving_start(serving);
	serving_assert_serves(serving);
	assert_int_equal(atomic_load(&unwatched), 0);
}

static void one_aborted_connection_does_not_hold_up_others(void **state)
{
	struct serving *serving = *state;

	serving_start(serving);
	for (int i = 0; i < 20 && serve_after(serving, 3, ECONNABORTED) >= ACCEPTOR_PAUSE_MS; i++)
		assert_int_not_equal(i, 19);
}

static void accepted_sockets_send_at_once(void **state)
{
	struct serving *serving = *state;

	serving_start(serving);
	atomic_store(&prompt, 0);
	atomic_store(&delaying, 0);

	serving_assert_serves(serving);

	assert_int_equal(atomic_load(&prompt), 1);
	assert_int_equal(atomic_load(&delaying), 0);
}

static void connection_that_cannot_be_counted_is_closed(void **state)
{
	struct serving *serving = *state;
	int fd;

	serving_start(serving);
	atomic_store(&fail_enter, true);
	fd = connect_to(serving);

	assert_int_equal(tls_client_await_end(fd), ENDING_EOF);

	serving_await_connections(serving, 0);
	serving_assert_serves(serving);
	assert_int_equal(close(fd), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, serving_setup, serving_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(client_over_its_limit_is_refused_until_one_closes),
		TEST(those_who_are_turned_away_do_not_hold_up_those_behind_them),
		TEST(clients_are_counted_over_all_workers),
		TEST(one_worker_may_take_all_places),
		TEST(oldest_handshake_makes_room_and_the_established_stay),
		TEST(oldest_handshake_goes_when_the_memory_is_taken),
		TEST(newest_is_refused_when_all_are_established),
		TEST(shortage_is_waited_out_without_spinning),
		TEST(what_cannot_be_watched_after_a_pause_is_watched_after_another),
		TEST(what_cannot_be_watched_at_first_is_watched_after_a_pause),
		TEST(one_aborted_connection_does_not_hold_up_others),
		TEST(accepted_sockets_send_at_once),
		TEST(connection_that_cannot_be_counted_is_closed),
	};

	return cmocka_run_group_tests(tests, serving_group_setup, serving_group_teardown);
}
