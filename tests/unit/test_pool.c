/* SPDX-License-Identifier: ISC */
/* wrap: clients_new exchange_new loop_add loop_open pthread_create remarks_new */
#include "serve/pool.h"

#include "base/clock.h"
#include "base/loop.h"
#include "http/exchange.h"
#include "serve/clients.h"
#include "serve/remarks.h"
#include "serving.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FETCHERS 50
#define FETCHES  4
#define HELLOS   20
#define GRACE_MS 60000

#define GET_WAIT                                                                                             \
	"GET /wait HTTP/1.1\r\n"                                                                             \
	"Host: " SERVING_HOST "\r\n\r\n"

/* How many parts of a pool can be made yet, by the main thread; negative: all. */
static int parts = -1;
static pthread_t main_thread;

__typeof__(loop_open) __real_loop_open;
__typeof__(loop_add) __real_loop_add;
__typeof__(exchange_new) __real_exchange_new;
__typeof__(clients_new) __real_clients_new;
__typeof__(remarks_new) __real_remarks_new;
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *context);
__typeof__(loop_open) __wrap_loop_open;
__typeof__(loop_add) __wrap_loop_add;
__typeof__(exchange_new) __wrap_exchange_new;
__typeof__(clients_new) __wrap_clients_new;
__typeof__(remarks_new) __wrap_remarks_new;
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *context);

static bool is_out_of_parts(void)
{
	if (!pthread_equal(pthread_self(), main_thread) || parts < 0 || parts-- > 0)
		return false;
	errno = EMFILE;
	return true;
}

enum err __wrap_loop_open(struct loop **loop)
{
	return is_out_of_parts() ? ERR_IO : __real_loop_open(loop);
}

enum err __wrap_loop_add(struct loop *loop, struct watch *watch, uint32_t events)
{
	return is_out_of_parts() ? ERR_IO : __real_loop_add(loop, watch, events);
}

enum err __wrap_exchange_new(const struct routes *routes, struct exchange **exchange)
{
	return is_out_of_parts() ? ERR_IO : __real_exchange_new(routes, exchange);
}

enum err __wrap_clients_new(unsigned limit, unsigned queues, struct clients **clients)
{
	return is_out_of_parts() ? ERR_NO_MEMORY : __real_clients_new(limit, queues, clients);
}

enum err __wrap_remarks_new(unsigned max_lines, struct remarks **remarks)
{
	return is_out_of_parts() ? ERR_NO_MEMORY : __real_remarks_new(max_lines, remarks);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *context)
{
	return is_out_of_parts() ? EAGAIN : __real_pthread_create(thread, attributes, run, context);
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

static int open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	assert_int_equal(closedir(folder), 0);
	return count;
}

static void await_life(struct pool *pool)
{
	for (int i = 0; i < 20000; i++) {
		if (pool_is_alive(pool))
			return;
		(void)poll(NULL, 0, 1);
	}
	fail_msg("the workers do not answer");
}

struct fetcher {
	pthread_t thread;
	in_port_t port;
	int served;
	struct fetched fetched;
};

static void *fetch_policy(void *argument)
{
	struct fetcher *fetcher = argument;

	for (int i = 0; i < FETCHES; i++) {
		tls_client_fetch(fetcher->port, SERVING_HOST, SERVING_GET, &fetcher->fetched);
		fetcher->served += serving_is_policy(&fetcher->fetched);
	}
	return NULL;
}

static void *fetch_wait(void *argument)
{
	struct fetcher *fetcher = argument;

	tls_client_fetch(fetcher->port, SERVING_HOST, GET_WAIT, &fetcher->fetched);
	return NULL;
}

static void many_fetches_at_once_are_all_served(void **state)
{
	struct serving *serving = *state;
	struct fetcher *fetchers = calloc(FETCHERS, sizeof(*fetchers));
	int served = 0;

	assert_non_null(fetchers);
	serving->limits.workers = 2;
	serving_start(serving);
	for (int i = 0; i < FETCHERS; i++) {
		fetchers[i].port = serving->port;
		assert_int_equal(pthread_create(&fetchers[i].thread, NULL, fetch_policy, &fetchers[i]), 0);
	}
	for (int i = 0; i < FETCHERS; i++) {
		assert_int_equal(pthread_join(fetchers[i].thread, NULL), 0);
		served += fetchers[i].served;
	}

	assert_int_equal(served, FETCHERS * FETCHES);
	serving_await_connections(serving, 0);
	free(fetchers);
}

/* Begin a handshake, and wait for nothing. */
static void begin_client(const struct serving *serving, struct tls_client *client)
{
	*client = (struct tls_client){ .fd = connect_to(serving) };
	assert_int_equal(gnutls_certificate_allocate_credentials(&client->credentials), 0);
	assert_int_equal(gnutls_init(&client->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
	assert_int_equal(gnutls_set_default_priority(client->session), 0);
	assert_int_equal(gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, client->credentials),
			 0);
	assert_int_equal(
		gnutls_server_name_set(client->session, GNUTLS_NAME_DNS, SERVING_HOST, strlen(SERVING_HOST)),
		0);
	gnutls_transport_set_int(client->session, client->fd);
	assert_int_equal(fcntl(client->fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(gnutls_handshake(client->session), GNUTLS_E_AGAIN);
}

static void hellos_that_come_at_once_are_answered_without_anything_more(void **state)
{
	struct serving *serving = *state;
	struct fetcher fetcher = { .port = serving->port };
	struct tls_client clients[HELLOS];

	serving_start(serving);
	assert_int_equal(pthread_create(&fetcher.thread, NULL, fetch_wait, &fetcher), 0);
	serving_await_request();
	for (int i = 0; i < HELLOS; i++)
		begin_client(serving, &clients[i]);

	serving_release();

	for (int i = 0; i < HELLOS; i++) {
		struct pollfd answered = { .fd = clients[i].fd, .events = POLLIN };

		assert_int_equal(poll(&answered, 1, TLS_CLIENT_PATIENCE_S * 1000), 1);
	}
	for (int i = 0; i < HELLOS; i++)
		tls_client_close(&clients[i]);
	assert_int_equal(pthread_join(fetcher.thread, NULL), 0);
}

static void pool_is_alive_until_a_worker_is_stuck(void **state)
{
	struct serving *serving = *state;
	struct fetcher fetcher = { .port = serving->port };

	serving_start(serving);
	assert_true(pool_is_alive(serving->pool));
	await_life(serving->pool);

	assert_int_equal(pthread_create(&fetcher.thread, NULL, fetch_wait, &fetcher), 0);
	serving_await_request();
	(void)pool_is_alive(serving->pool);
	assert_false(pool_is_alive(serving->pool));
	assert_false(pool_is_alive(serving->pool));

	serving_release();
	await_life(serving->pool);
	assert_int_equal(pthread_join(fetcher.thread, NULL), 0);
	assert_int_equal(strncmp(fetcher.fetched.bytes, "HTTP/1.1 204 ", 13), 0);
}

static void drain_closes_the_silent_and_finishes_what_runs(void **state)
{
	static struct fetched fetched;
	static const char half_a_hello[] = { 22, 3, 1, 1, 0, 1, 0, 0 };
	struct serving *serving = *state;
	uint64_t before_ms = clock_ms();
	struct tls_client running;
	int silent;
	int half;

	serving->limits.handshake_timeout_ms = 500;
	serving_start(serving);
	open_client(serving, &running);
	silent = connect_to(serving);
	half = connect_to(serving);
	assert_int_equal(write(half, half_a_hello, sizeof(half_a_hello)), sizeof(half_a_hello));
	serving_await_connections(serving, 3);

	pool_drain(serving->pool);

	assert_int_equal(tls_client_await_end(silent), ENDING_EOF);
	assert_int_not_equal(tls_client_await_end(half), ENDING_NONE);
	assert_true(tls_client_send(&running, SERVING_GET));
	tls_client_receive(&running, &fetched);
	fetched.handshake = 0;
	assert_true(serving_is_policy(&fetched));
	tls_client_close(&running);

	pool_stop(&serving->pool, GRACE_MS);
	assert_null(serving->pool);
	assert_true(clock_ms() - before_ms < GRACE_MS);
	assert_int_equal(close(silent), 0);
	assert_int_equal(close(half), 0);
}

static void who_was_accepted_just_before_a_drain_is_answered(void **state)
{
	static struct fetched fetched;
	struct serving *serving = *state;
	struct tls_client late;
	int fd;

	serving_start(serving);
	fd = connect_to(serving);
	serving_await_connections(serving, 1);
	pool_drain(serving->pool);
	await_life(serving->pool);
	await_life(serving->pool);

	assert_int_equal(tls_client_open(&late, fd, SERVING_HOST, TLS_CLIENT_1_2), 0);
	assert_true(tls_client_send(&late, SERVING_GET));
	tls_client_receive(&late, &fetched);

	fetched.handshake = 0;
	assert_true(serving_is_policy(&fetched));
	tls_client_close(&late);
}

static void drained_pool_accepts_nobody(void **state)
{
	struct serving *serving = *state;
	struct tls_client running;
	struct pollfd later = { .events = POLLIN };
	int silent;

	serving_start(serving);
	open_client(serving, &running);
	silent = connect_to(serving);
	serving_await_connections(serving, 2);
	pool_drain(serving->pool);
	assert_int_equal(tls_client_await_end(silent), ENDING_EOF);

	later.fd = connect_to(serving);
	await_life(serving->pool);
	await_life(serving->pool);

	serving_await_connections(serving, 1);
	assert_int_equal(poll(&later, 1, 0), 0);
	tls_client_close(&running);
	assert_int_equal(close(silent), 0);
	assert_int_equal(close(later.fd), 0);
}

static void who_comes_before_it_serves_waits(void **state)
{
	static struct fetched fetched;
	struct serving *serving = *state;
	struct tls_client early;
	int fd;

	serving->waits = true;
	serving_start(serving);
	fd = connect_to(serving);
	await_life(serving->pool);
	await_life(serving->pool);
	serving_await_connections(serving, 0);

	pool_serve(serving->pool);
	assert_int_equal(tls_client_open(&early, fd, SERVING_HOST, TLS_CLIENT_1_2), 0);
	assert_true(tls_client_send(&early, SERVING_GET));
	tls_client_receive(&early, &fetched);
	fetched.handshake = 0;
	assert_true(serving_is_policy(&fetched));
	tls_client_close(&early);
}

static void a_pool_that_never_served_ends(void **state)
{
	struct serving *serving = *state;

	serving->waits = true;
	serving_start(serving);
	pool_stop(&serving->pool, GRACE_MS);
	assert_null(serving->pool);
}

static void stop_closes_what_is_left_after_its_grace(void **state)
{
	struct serving *serving = *state;
	struct tls_client running;

	serving_start(serving);
	open_client(serving, &running);

	pool_stop(&serving->pool, 50);

	assert_null(serving->pool);
	assert_int_not_equal(tls_client_await_end(running.fd), ENDING_NONE);
	tls_client_close(&running);
	pool_stop(&serving->pool, 50);
}

static void *stop_with_grace(void *argument)
{
	struct serving *serving = argument;

	pool_stop(&serving->pool, GRACE_MS);
	return NULL;
}

static void stop_lets_finish_what_runs_within_its_grace(void **state)
{
	static struct fetched fetched;
	struct serving *serving = *state;
	struct tls_client running;
	pthread_t thread;
	char byte[2] = "";
	int silent;

	serving_start(serving);
	open_client(serving, &running);
	silent = connect_to(serving);
	serving_await_connections(serving, 2);
	assert_int_equal(pthread_create(&thread, NULL, stop_with_grace, serving), 0);
	assert_int_equal(tls_client_await_end(silent), ENDING_EOF);

	/* Now it is stopping, and we take our time. */
	for (const char *at = SERVING_GET; *at != '\0'; at++) {
		byte[0] = *at;
		assert_true(tls_client_send(&running, byte));
		(void)poll(NULL, 0, 1);
	}
	tls_client_receive(&running, &fetched);

	fetched.handshake = 0;
	assert_true(serving_is_policy(&fetched));
	tls_client_close(&running);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(close(silent), 0);
}

static void nothing_stays_open_behind_a_pool(void **state)
{
	static struct fetched fetched;
	struct serving *serving = *state;
	int before = open_descriptors();

	serving->limits.workers = 3;
	for (int i = 0; i < 10; i++) {
		struct tls_client client;
		int silent;

		serving_start(serving);
		serving_assert_serves(serving);
		tls_client_fetch(serving->port, "mta-sts.unknown.example", SERVING_GET, &fetched);
		open_client(serving, &client);
		silent = connect_to(serving);
		pool_stop(&serving->pool, 0);
		tls_client_close(&client);
		assert_int_equal(close(silent), 0);
	}

	assert_int_equal(open_descriptors(), before);
}

static void a_pool_that_cannot_be_whole_leaves_nothing_behind(void **state)
{
	struct serving *serving = *state;
	int before = open_descriptors();
	enum err err = ERR_IO;
	int tries;

	serving->limits.workers = 2;
	for (tries = 0; err != ERR_OK; tries++) {
		parts = tries;
		err = serving_try_start(serving);
		parts = -1;
		if (err == ERR_OK)
			break;
		assert_null(serving->pool);
		assert_int_equal(open_descriptors(), before);
	}
	assert_true(tries > 6);
	serving_assert_serves(serving);
}

/* The mask of blocked signals of the thread with a name, or 0 when there is none. */
static unsigned long long blocked_in(const char *name)
{
	unsigned long long mask = 0;
	char path[280];
	char comm[32];
	struct dirent *task;
	DIR *tasks = opendir("/proc/self/task");

	assert_non_null(tasks);
	while (mask == 0 && (task = readdir(tasks)) != NULL) {
		char line[128];
		FILE *status;

		(void)snprintf(path, sizeof(path), "/proc/self/task/%s/status", task->d_name);
		status = fopen(path, "re");
		if (status == NULL)
			continue;
		comm[0] = '\0';
		while (fgets(line, sizeof(line), status) != NULL) {
			(void)sscanf(line, "Name: %31[^\n]", comm);
			if (strcmp(comm, name) == 0)
				(void)sscanf(line, "SigBlk: %llx", &mask);
		}
		(void)fclose(status);
	}
	(void)closedir(tasks);
	return mask;
}

static void signals_go_to_the_main_thread(void **state)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGUSR1 };
	struct serving *serving = *state;
	sigset_t after;

	serving->limits.workers = 2;
	serving_start(serving);

	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		assert_int_equal(sigismember(&after, signals[i]), 0);
		assert_true((blocked_in("worker 0") >> (signals[i] - 1) & 1) != 0);
		assert_true((blocked_in("worker 1") >> (signals[i] - 1) & 1) != 0);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, serving_setup, serving_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(many_fetches_at_once_are_all_served),
		TEST(hellos_that_come_at_once_are_answered_without_anything_more),
		TEST(pool_is_alive_until_a_worker_is_stuck),
		TEST(drain_closes_the_silent_and_finishes_what_runs),
		TEST(who_was_accepted_just_before_a_drain_is_answered),
		TEST(drained_pool_accepts_nobody),
		TEST(who_comes_before_it_serves_waits),
		TEST(a_pool_that_never_served_ends),
		TEST(stop_closes_what_is_left_after_its_grace),
		TEST(stop_lets_finish_what_runs_within_its_grace),
		TEST(nothing_stays_open_behind_a_pool),
		TEST(a_pool_that_cannot_be_whole_leaves_nothing_behind),
		TEST(signals_go_to_the_main_thread),
	};

	main_thread = pthread_self();
	return cmocka_run_group_tests(tests, serving_group_setup, serving_group_teardown);
}
