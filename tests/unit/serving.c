/* SPDX-License-Identifier: ISC */
#include "serving.h"

#include "base/clock.h"
#include "base/sock.h"
#include "make_cert.h"
#include "policy/domain.h"
#include "tls/session.h"

#include <arpa/inet.h>
#include <poll.h>
#include <semaphore.h>
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

#define ROUNDS 20000 /* of a millisecond each, at most, until what we wait for must be there */

static char *directory;
static struct certs *certs;
static sem_t waiting;
static sem_t released;

/* 0, or -1 when our patience has ended. */
static int await(sem_t *semaphore)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TLS_CLIENT_PATIENCE_S;
	return sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
}

static void handle_policy(void *context, const struct request *request, struct answer *answer)
{
	(void)context;
	(void)request;
	answer->status = 200;
	answer->content_type = "text/plain";
	for (int i = 0; i < SERVING_POLICY_LEN / 16; i++)
		(void)text_appendf(&answer->body, "mx: line %05d\r\n", i);
}

/* As if the other host's domain had been forgotten. */
static void handle_well_known(void *context, const struct request *request, struct answer *answer)
{
	if (strcmp(request->host, SERVING_OTHER_HOST) == 0)
		answer->status = 404;
	else
		handle_policy(context, request, answer);
}

static void handle_wait(void *context, const struct request *request, struct answer *answer)
{
	(void)context;
	(void)request;
	answer->status = 204;
	(void)sem_post(&waiting);
	(void)await(&released);
}

static const struct route table[] = {
	{ "/policy", METHOD_GET, RIGHT_ANY, false, handle_policy, NULL },
	{ "/.well-known/mta-sts.txt", METHOD_GET, RIGHT_ANY, false, handle_well_known, NULL },
	{ "/wait", METHOD_GET, RIGHT_ANY, false, handle_wait, NULL },
	{ NULL, 0, RIGHT_UNSET, false, NULL, NULL },
};

static const struct routes routes = { .table = table };

/* Valid now: the workers ask the real clock. */
static void make_pair(const char *host)
{
	const struct make_cert what = {
		.names = { host },
		.not_before = clock_now() - MAKE_CERT_DAY,
		.not_after = clock_now() + MAKE_CERT_DAY,
	};
	char chain[HOST_SIZE + 8];
	char key[HOST_SIZE + 8];

	(void)snprintf(chain, sizeof(chain), "%s.crt", host);
	(void)snprintf(key, sizeof(key), "%s.key", host);
	make_cert(&what, directory, chain, key);
}

int serving_group_setup(void **state)
{
	struct names directories = { 0 };
	struct complaints complaints = { 0 };

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(sem_init(&waiting, 0, 0), 0);
	assert_int_equal(sem_init(&released, 0, 0), 0);
	directory = make_cert_directory();
	make_pair(SERVING_HOST);
	make_pair(SERVING_OTHER_HOST);
	assert_int_equal(session_setup(), ERR_OK);
	assert_int_equal(certs_new(&certs), ERR_OK);
	assert_int_equal(names_put(&directories, directory), ERR_OK);
	assert_int_equal(certs_load(certs, &directories, &complaints), ERR_OK);
	assert_int_equal(complaints.count, 0);
	names_free(&directories);
	return 0;
}

int serving_group_teardown(void **state)
{
	(void)state;
	certs_free(&certs);
	session_teardown();
	make_cert_remove(&directory);
	return 0;
}

static int listen_at(const char *address, in_port_t port)
{
	char text[SOCK_TEXT_SIZE];
	struct sock_address parsed;
	int fd = -1;

	(void)snprintf(text, sizeof(text), "%s:%u", address, (unsigned)port);
	assert_int_equal(sock_parse(text, &parsed), ERR_OK);
	return sock_listen_tcp(&parsed, &fd) == ERR_OK ? fd : -1;
}

static in_port_t port_of(int fd)
{
	struct sockaddr_in in4;
	socklen_t len = sizeof(in4);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&in4, &len), 0);
	return ntohs(in4.sin_port);
}

in_port_t serving_listen_plain(struct serving *serving)
{
	serving->plain = listen_at("127.0.0.1", 0);
	assert_true(serving->plain >= 0);
	return port_of(serving->plain);
}

void serving_trust(struct serving *serving, const char *proxy)
{
	struct names names = { 0 };

	assert_int_equal(names_put(&names, proxy), ERR_OK);
	proxies_free(&serving->proxies);
	assert_int_equal(proxies_new(&names, &serving->proxies), ERR_OK);
	names_free(&names);
}

/* A port that is free at 127.0.0.1 may be taken at ::1: then try another. */
static void listen_at_both(struct serving *serving)
{
	for (int i = 0; i < 100; i++) {
		serving->fds[0] = listen_at("127.0.0.1", 0);
		assert_true(serving->fds[0] >= 0);
		serving->port = port_of(serving->fds[0]);
		serving->fds[1] = listen_at("[::1]", serving->port);
		if (serving->fds[1] >= 0)
			return;
		(void)close(serving->fds[0]);
	}
	fail_msg("no port is free at both addresses");
}

int serving_setup(void **state)
{
	struct serving *serving = calloc(1, sizeof(*serving));

	assert_non_null(serving);
	serving->certs = certs;
	serving->limits = (struct limits){
		.workers = 1,
		.max_connections = 1000,
		.max_connections_per_client = 1000,
		.max_memory = UINT64_MAX,
		.max_log_lines = 5,
		.handshake_timeout_ms = 60000,
		.request_timeout_ms = 60000,
		.response_timeout_ms = 60000,
	};
	listen_at_both(serving);
	serving->plain = -1;
	*state = serving;
	return 0;
}

int serving_teardown(void **state)
{
	struct serving *serving = *state;

	pool_stop(&serving->pool, 0);
	(void)close(serving->fds[0]);
	(void)close(serving->fds[1]);
	if (serving->plain >= 0)
		(void)close(serving->plain);
	proxies_free(&serving->proxies);
	free(serving);
	return 0;
}

enum err serving_try_start(struct serving *serving)
{
	const struct entrance all[] = { { serving->fds[0], ENTRANCE_HTTPS },
					{ serving->fds[1], ENTRANCE_HTTPS },
					{ serving->plain, ENTRANCE_PLAIN } };
	const struct entrances entrances = { all, serving->plain >= 0 ? 3 : 2, serving->proxies, NULL };
	enum err err;

	err = pool_start(&serving->limits, &entrances, serving->certs, serving->challenges, &routes,
			 &serving->pool);
	if (err == ERR_OK && !serving->waits)
		pool_serve(serving->pool);
	return err;
}

void serving_start(struct serving *serving)
{
	assert_int_equal(serving_try_start(serving), ERR_OK);
}

void serving_await_connections(const struct serving *serving, unsigned count)
{
	struct pool_use use;

	for (int i = 0; i < ROUNDS; i++) {
		pool_take_stock(serving->pool, &use);
		if (use.connections == count)
			return;
		(void)poll(NULL, 0, 1);
	}
	fail_msg("%u connections are open, not %u", use.connections, count);
}

uint64_t serving_count(const struct serving *serving, enum counter counter)
{
	struct pool_use use;

	pool_take_stock(serving->pool, &use);
	return use.counts[counter];
}

void serving_await_request(void)
{
	assert_int_equal(await(&waiting), 0);
}

void serving_release(void)
{
	(void)sem_post(&released);
}

bool serving_is_policy(const struct fetched *fetched)
{
	const char *body = strstr(fetched->bytes, "\r\n\r\n");

	return fetched->handshake == 0 && fetched->ending == ENDING_NOTIFY &&
	       strncmp(fetched->bytes, "HTTP/1.1 200 ", 13) == 0 && body != NULL &&
	       strlen(body + 4) == SERVING_POLICY_LEN && strncmp(body + 4, "mx: line 00000\r\n", 16) == 0 &&
	       strcmp(body + 4 + SERVING_POLICY_LEN - 16, "mx: line 00639\r\n") == 0;
}

void serving_assert_serves(const struct serving *serving)
{
	static struct fetched fetched;

	tls_client_fetch(serving->port, SERVING_HOST, SERVING_GET, &fetched);
	if (!serving_is_policy(&fetched))
		fail_msg("handshake %d, ending %d, %zu bytes: %.200s", fetched.handshake, (int)fetched.ending,
			 fetched.len, fetched.bytes);
}
