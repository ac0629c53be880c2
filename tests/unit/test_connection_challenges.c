/* SPDX-License-Identifier: ISC */
/* wrap: exchange_run log_write */

/* Connections of a certificate authority that has come for the answer to its challenge. */
#include "base/clock.h"
#include "http/exchange.h"
#include "log/log.h"
#include "scratch.h"
#include "serving.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define NEW_HOST   "mta-sts.new.example" /* without a certificate */
#define TOKEN      "one"
#define THUMBPRINT "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
#define ACME       "acme-tls/1"

static struct fetched fetched;
static struct scratch *scratch;
static atomic_uint requests;

/* What the access log says, a line behind the other. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char lines[4096];

__typeof__(exchange_run) __real_exchange_run;
__typeof__(exchange_run) __wrap_exchange_run;
__typeof__(log_write) __wrap_log_write __attribute__((format(printf, 2, 3)));

enum err __wrap_exchange_run(struct exchange *exchange, const char *bytes, size_t len,
			     const struct head *head, char answer[EXCHANGE_ANSWER_SIZE],
			     struct exchange_result *result)
{
	(void)atomic_fetch_add(&requests, 1);
	return __real_exchange_run(exchange, bytes, len, head, answer, result);
}

void __wrap_log_write(enum log_level level, const char *format, ...)
{
	char line[512];
	va_list args;

	(void)level;
	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	(void)pthread_mutex_lock(&lock);
	if (strstr(line, ", answered ") != NULL) {
		(void)strncat(lines, line, sizeof(lines) - strlen(lines) - 1);
		(void)strncat(lines, "\n", sizeof(lines) - strlen(lines) - 1);
	}
	(void)pthread_mutex_unlock(&lock);
}

static void open_challenge(struct serving *serving, const char *host)
{
	const time_t now = clock_now();
	const struct challenge challenge = { CHALLENGE_TLS_ALPN, host, TOKEN, TOKEN "." THUMBPRINT,
					     now + 600 };

	assert_int_equal(challenges_put(serving->challenges, &challenge, now), ERR_OK);
}

static int set_up(void **state)
{
	struct serving *serving;

	if (scratch_setup((void **)&scratch) != 0 || serving_setup(state) != 0)
		return -1;
	serving = *state;
	lines[0] = '\0';
	atomic_store(&requests, 0);
	return challenges_new(scratch->folder, clock_now(), &serving->challenges) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	struct challenges *challenges = ((struct serving *)*state)->challenges;
	int failed = serving_teardown(state);

	challenges_free(&challenges);
	return scratch_teardown((void **)&scratch) != 0 || failed != 0 ? -1 : 0;
}

static int connect_to(const struct serving *serving)
{
	int fd = tls_client_connect("127.0.0.1", serving->port);

	assert_true(fd >= 0);
	return fd;
}

/* As an authority does it: shake hands, and go. */
static int validate(const struct serving *serving, const char *host, const char *priorities)
{
	struct tls_client client;
	int result = tls_client_open_for(&client, connect_to(serving), host, priorities, ACME);

	tls_client_close(&client);
	return result;
}

static void authority_gets_goodbye_as_soon_as_hands_are_shaken(void **state)
{
	static const char *const versions[] = { TLS_CLIENT_1_2, "NORMAL:-VERS-ALL:+VERS-TLS1.3" };
	struct serving *serving = *state;
	struct tls_client client;

	open_challenge(serving, NEW_HOST);
	serving_start(serving);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
			tls_client_open_for(&client, connect_to(serving), NEW_HOST, versions[i], ACME), 0);
		tls_client_receive(&client, &fetched);
		assert_int_equal(fetched.len, 0);
		assert_int_equal(fetched.ending, ENDING_NOTIFY);
		serving_await_connections(serving, 0); /* without waiting for the client to close */
		tls_client_close(&client);
	}
	assert_int_equal(serving_count(serving, COUNTER_CHALLENGE), 2);
	assert_int_equal(serving_count(serving, COUNTER_TLS_1_2), 1);
	assert_int_equal(serving_count(serving, COUNTER_TLS_1_3), 1);
	assert_string_equal(lines, ""); /* nobody has asked for an access log */
}

static void request_behind_a_challenge_is_not_read(void **state)
{
	struct serving *serving = *state;
	struct tls_client client;

	open_challenge(serving, SERVING_HOST);
	serving_start(serving);
	assert_int_equal(
		tls_client_open_for(&client, connect_to(serving), SERVING_HOST, TLS_CLIENT_1_2, ACME), 0);
	(void)tls_client_send(&client, SERVING_GET);
	tls_client_receive(&client, &fetched);
	serving_await_connections(serving, 0);
	tls_client_close(&client);

	assert_int_equal(fetched.len, 0);
	assert_int_equal(atomic_load(&requests), 0);
	assert_int_equal(serving_count(serving, COUNTER_STATUS_200), 0);
	assert_int_equal(serving_count(serving, COUNTER_CHALLENGE), 1);
}

static void policy_is_served_beside_an_open_challenge(void **state)
{
	struct serving *serving = *state;

	open_challenge(serving, SERVING_HOST);
	serving_start(serving);
	serving_assert_serves(serving);
	assert_int_equal(validate(serving, SERVING_HOST, TLS_CLIENT_1_2), 0);
	serving_assert_serves(serving);
	serving_await_connections(serving, 0);
	assert_int_equal(serving_count(serving, COUNTER_CHALLENGE), 1);
	assert_int_equal(serving_count(serving, COUNTER_STATUS_200), 2);
}

static void challenge_that_is_not_open_counts_as_a_failure(void **state)
{
	struct serving *serving = *state;

	serving_start(serving);
	assert_int_equal(validate(serving, SERVING_HOST, NULL), GNUTLS_E_FATAL_ALERT_RECEIVED);
	open_challenge(serving, NEW_HOST);
	assert_int_equal(validate(serving, SERVING_HOST, NULL), GNUTLS_E_FATAL_ALERT_RECEIVED);
	serving_await_connections(serving, 0);
	assert_int_equal(serving_count(serving, COUNTER_CHALLENGE), 0);
	assert_int_equal(serving_count(serving, counters_failure(FAILURE_PROTOCOL)), 1);
	assert_int_equal(serving_count(serving, counters_failure(FAILURE_UNKNOWN_NAME)), 1);
}

static void authority_that_comes_through_a_proxy_is_not_logged_as_a_fetch(void **state)
{
	static const char header[] = "PROXY TCP4 192.0.2.9 192.0.2.1 50000 443\r\n";
	struct serving *serving = *state;
	struct tls_client client;
	int fd;

	open_challenge(serving, NEW_HOST);
	serving->limits.log_answers = true;
	serving_trust(serving, "127.0.0.1");
	serving_start(serving);
	fd = connect_to(serving);
	assert_int_equal(write(fd, header, strlen(header)), strlen(header));
	assert_int_equal(tls_client_open_for(&client, fd, NEW_HOST, TLS_CLIENT_1_2, ACME), 0);
	tls_client_receive(&client, &fetched);
	tls_client_close(&client);
	serving_await_connections(serving, 0);

	assert_string_equal(lines, "challenge, answered (domain=new.example tls=1.2 client=192.0.2.0/24)\n");
}

static void authorities_are_limited_as_everybody_is(void **state)
{
	struct serving *serving = *state;
	struct tls_client held[2];

	open_challenge(serving, NEW_HOST);
	serving->limits.max_connections_per_client = 2;
	serving_start(serving);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(tls_client_open(&held[i], connect_to(serving), SERVING_HOST, NULL), 0);
	assert_int_not_equal(validate(serving, NEW_HOST, NULL), 0);
	assert_int_equal(serving_count(serving, COUNTER_REFUSED_CLIENT), 1);

	tls_client_close(&held[0]);
	tls_client_close(&held[1]);
	serving_await_connections(serving, 0);
	assert_int_equal(validate(serving, NEW_HOST, TLS_CLIENT_1_2), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(authority_gets_goodbye_as_soon_as_hands_are_shaken),
		TEST(request_behind_a_challenge_is_not_read),
		TEST(policy_is_served_beside_an_open_challenge),
		TEST(challenge_that_is_not_open_counts_as_a_failure),
		TEST(authority_that_comes_through_a_proxy_is_not_logged_as_a_fetch),
		TEST(authorities_are_limited_as_everybody_is),
	};

	return cmocka_run_group_tests(tests, serving_group_setup, serving_group_teardown);
}
