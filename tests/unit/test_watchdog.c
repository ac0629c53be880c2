/* SPDX-License-Identifier: ISC */
/* wrap: log_write loop_add notify_alive rehearsal_new socketpair */
#include "app/watchdog.h"

#include "app/notify.h"
#include "base/clock.h"
#include "base/loop.h"
#include "log/log.h"
#include "serving.h"
#include "tls/rehearsal.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define INTERVAL_MS 60000
#define GRACE_MS    60000

#define GET_WAIT                                                                                             \
	"GET /wait HTTP/1.1\r\n"                                                                             \
	"Host: " SERVING_HOST "\r\n\r\n"

struct fixture {
	struct serving *serving;
	struct loop *loop;
	bool stuck; /* the clerk is */
	struct watchdog *watchdog;
	uint64_t now_ms; /* as the watchdog is told */
};

static struct fixture fixture;
static unsigned fed;
static unsigned lines;
static char last_line[256];
static bool no_sockets;
static bool hang_up; /* the worker's end is closed at once */
static unsigned heard;
static char last_host[256];
static char last_why[256]; /* "": the policy came */

__typeof__(notify_alive) __wrap_notify_alive;
__typeof__(log_write) __wrap_log_write __attribute__((format(printf, 2, 3)));
int __wrap_socketpair(int family, int type, int protocol, int ends[2]);
int __real_socketpair(int family, int type, int protocol, int ends[2]);

void __wrap_notify_alive(void)
{
	fed++;
}

/* The workers have something to say, too, and this is about one thread's lines. */
void __wrap_log_write(enum log_level level, const char *format, ...)
{
	char line[sizeof(last_line)];
	va_list args;

	(void)level;
	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (strncmp(line, "watchdog", 8) != 0)
		return;
	lines++;
	memcpy(last_line, line, sizeof(line));
}

int __wrap_socketpair(int family, int type, int protocol, int ends[2])
{
	int result;

	if (!no_sockets) {
		result = __real_socketpair(family, type, protocol, ends);
		if (result == 0 && hang_up)
			(void)shutdown(ends[1], SHUT_RDWR);
		return result;
	}
	errno = EMFILE;
	return -1;
}

/* Why a fetch cannot begin once there are sockets: no memory, or no room in the loop. */
static bool no_rehearsal;
static bool no_watch;
static pthread_t main_thread;

__typeof__(rehearsal_new) __real_rehearsal_new;
__typeof__(rehearsal_new) __wrap_rehearsal_new;
__typeof__(loop_add) __real_loop_add;
__typeof__(loop_add) __wrap_loop_add;

enum err __wrap_rehearsal_new(int fd, const char *host, struct rehearsal **rehearsal)
{
	if (!no_rehearsal)
		return __real_rehearsal_new(fd, host, rehearsal);
	(void)close(fd);
	return ERR_NO_MEMORY;
}

/* The workers add what they are given all the same. */
enum err __wrap_loop_add(struct loop *loop, struct watch *watch, uint32_t events)
{
	return pthread_equal(pthread_self(), main_thread) && no_watch ? ERR_IO
								      : __real_loop_add(loop, watch, events);
}

static void hear(void *context, const char *host, const char *why)
{
	assert_ptr_equal(context, &fixture);
	heard++;
	(void)snprintf(last_host, sizeof(last_host), "%s", host);
	(void)snprintf(last_why, sizeof(last_why), "%s", why != NULL ? why : "");
}

static int setup(void **state)
{
	assert_int_equal(serving_setup(state), 0);
	fixture = (struct fixture){ .serving = *state, .now_ms = 1 };
	fed = 0;
	lines = 0;
	no_sockets = false;
	no_rehearsal = false;
	no_watch = false;
	hang_up = false;
	heard = 0;
	return 0;
}

static int teardown(void **state)
{
	watchdog_free(&fixture.watchdog);
	loop_close(&fixture.loop);
	return serving_teardown(state);
}

static void start(unsigned workers)
{
	fixture.serving->limits.workers = workers;
	serving_start(fixture.serving);
	assert_int_equal(loop_open(&fixture.loop), ERR_OK);
	assert_int_equal(watchdog_new(fixture.serving->pool, fixture.loop, INTERVAL_MS, hear, &fixture,
				      &fixture.watchdog),
			 ERR_OK);
}

static void begin_round(const char *host)
{
	assert_int_equal(watchdog_tick(fixture.watchdog, host, !fixture.stuck, fixture.now_ms), INTERVAL_MS);
	fixture.now_ms += INTERVAL_MS;
}

static void await(const unsigned *number, unsigned wanted)
{
	uint64_t end_ms = clock_ms() + GRACE_MS;

	while (*number < wanted && clock_ms() < end_ms)
		loop_wait(fixture.loop, 100);
	assert_int_equal(*number, wanted);
}

static void *fetch_wait(void *argument)
{
	static struct fetched fetched;

	(void)argument;
	tls_client_fetch(fixture.serving->port, SERVING_HOST, GET_WAIT, &fetched);
	return NULL;
}

static void it_is_fed_once_a_round_when_every_worker_answers(void **state)
{
	(void)state;
	start(3);

	for (unsigned round = 1; round <= 3; round++) {
		begin_round(SERVING_HOST);
		await(&fed, round);
		assert_int_equal(heard, round);
	}

	assert_int_equal(lines, 0);
	assert_string_equal(last_host, SERVING_HOST);
	assert_string_equal(last_why, "");
}

static void it_is_not_fed_while_the_clerk_stands_still(void **state)
{
	(void)state;
	start(1);
	fixture.stuck = true;
	begin_round(SERVING_HOST);
	await(&heard, 1);
	assert_int_equal(fed, 0);

	fixture.stuck = false;
	begin_round(SERVING_HOST);
	await(&fed, 1);
}

static void it_is_left_alone_until_a_round_is_due(void **state)
{
	(void)state;
	start(1);
	begin_round(SERVING_HOST);
	await(&fed, 1);

	assert_int_equal(watchdog_tick(fixture.watchdog, SERVING_HOST, true, fixture.now_ms - 10), 10);
	loop_wait(fixture.loop, 0);

	assert_int_equal(fed, 1);
}

static void without_a_host_it_is_fed_by_the_right_alert(void **state)
{
	(void)state;
	start(2);

	begin_round("");
	await(&fed, 1);

	assert_int_equal(lines, 0);
}

/* It proves workers, not certificates: whoever says no is there. */
static void an_alert_feeds_it_and_is_told(void **state)
{
	(void)state;
	start(2);

	begin_round("mta-sts.unknown.example");
	await(&fed, 1);

	assert_int_equal(lines, 0);
	assert_int_equal(heard, 1);
	assert_string_equal(last_host, "mta-sts.unknown.example");
	assert_string_equal(last_why, "no handshake, alert: The server name sent was not recognized");
}

static void an_answer_that_is_not_the_policy_feeds_it_and_is_told(void **state)
{
	(void)state;
	start(1);

	begin_round(SERVING_OTHER_HOST);
	await(&fed, 1);

	assert_string_equal(last_host, SERVING_OTHER_HOST);
	assert_string_equal(last_why, "another answer than 200");

	begin_round(SERVING_HOST);
	await(&fed, 2);
	assert_string_equal(last_why, "");
}

static void a_connection_that_ends_feeds_it_and_is_told(void **state)
{
	(void)state;
	hang_up = true;
	start(1);

	begin_round(SERVING_HOST);
	await(&fed, 1);

	assert_string_equal(last_why, "no handshake");
}

static void a_worker_that_is_stuck_starves_it_until_it_goes_on(void **state)
{
	pthread_t stuck;

	(void)state;
	start(1);
	begin_round(SERVING_HOST);
	await(&fed, 1);
	assert_int_equal(pthread_create(&stuck, NULL, fetch_wait, NULL), 0);
	serving_await_request();

	begin_round(SERVING_HOST);
	begin_round(SERVING_HOST);
	assert_string_equal(last_line, "watchdog, worker 0 does not answer (no handshake)");
	begin_round(SERVING_HOST);
	assert_int_equal(lines, 2);
	assert_int_equal(fed, 1);
	assert_int_equal(heard, 1);

	serving_release();
	await(&fed, 2);
	assert_int_equal(pthread_join(stuck, NULL), 0);
}

static void without_descriptors_it_is_enough_that_each_worker_goes_round(void **state)
{
	pthread_t stuck;

	(void)state;
	start(1);
	no_sockets = true;
	begin_round(SERVING_HOST);
	assert_int_equal(fed, 1);
	assert_int_equal(lines, 1);

	assert_int_equal(pthread_create(&stuck, NULL, fetch_wait, NULL), 0);
	no_sockets = false;
	serving_await_request();
	no_sockets = true;
	begin_round(SERVING_HOST);
	fed = 0;
	begin_round(SERVING_HOST);
	assert_int_equal(fed, 0);

	no_sockets = false;
	serving_release();
	assert_int_equal(pthread_join(stuck, NULL), 0);
}

/* As long as something is missing for a fetch, it is enough that each worker goes round. */
static void assert_says_nothing_against_a_worker(bool *missing)
{
	start(2);
	*missing = true;
	begin_round(SERVING_HOST);
	assert_int_equal(fed, 1);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(last_line, "no fetch of our own"));
	assert_int_equal(heard, 0);

	*missing = false;
	begin_round(SERVING_HOST);
	await(&fed, 2);
	assert_int_equal(heard, 1);
}

static void a_fetch_without_memory_says_nothing_against_a_worker(void **state)
{
	(void)state;
	assert_says_nothing_against_a_worker(&no_rehearsal);
}

static void a_fetch_that_cannot_be_watched_says_nothing_against_a_worker(void **state)
{
	(void)state;
	assert_says_nothing_against_a_worker(&no_watch);
}

static void who_has_no_room_for_strangers_has_room_for_its_fetches(void **state)
{
	struct fetched fetched = { 0 };

	(void)state;
	fixture.serving->limits.max_memory = 1;
	start(1);
	tls_client_fetch(fixture.serving->port, SERVING_HOST, SERVING_GET, &fetched);
	assert_false(serving_is_policy(&fetched));

	begin_round(SERVING_HOST);
	await(&fed, 1);

	assert_int_equal(lines, 0);
}

static void its_fetches_are_not_counted(void **state)
{
	struct pool_use use;

	(void)state;
	start(2);

	begin_round(SERVING_HOST);
	await(&fed, 1);
	serving_await_connections(fixture.serving, 0);

	pool_take_stock(fixture.serving->pool, &use);
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		assert_int_equal(use.counts[i], 0);
	assert_int_equal(use.memory, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_fed_once_a_round_when_every_worker_answers),
		TEST(it_is_not_fed_while_the_clerk_stands_still),
		TEST(it_is_left_alone_until_a_round_is_due),
		TEST(without_a_host_it_is_fed_by_the_right_alert),
		TEST(an_alert_feeds_it_and_is_told),
		TEST(an_answer_that_is_not_the_policy_feeds_it_and_is_told),
		TEST(a_connection_that_ends_feeds_it_and_is_told),
		TEST(a_worker_that_is_stuck_starves_it_until_it_goes_on),
		TEST(without_descriptors_it_is_enough_that_each_worker_goes_round),
		TEST(a_fetch_without_memory_says_nothing_against_a_worker),
		TEST(a_fetch_that_cannot_be_watched_says_nothing_against_a_worker),
		TEST(who_has_no_room_for_strangers_has_room_for_its_fetches),
		TEST(its_fetches_are_not_counted),
	};

	main_thread = pthread_self();
	return cmocka_run_group_tests(tests, serving_group_setup, serving_group_teardown);
}
