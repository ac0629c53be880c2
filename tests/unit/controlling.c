/* SPDX-License-Identifier: ISC */
/* wrap: pool_limits pool_take_stock reload_run sock_peer sock_peer_in_group store_commit */
#include "controlling.h"

#include "base/sock.h"
#include "certs/challenges.h"
#include "control/api.h"
#include "evidence/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

uid_t controlling_uid;
gid_t controlling_group;
enum err controlling_fault;
struct pool_use controlling_use;
struct limits controlling_limits;

__typeof__(sock_peer) __wrap_sock_peer;
__typeof__(sock_peer_in_group) __wrap_sock_peer_in_group;
__typeof__(pool_take_stock) __wrap_pool_take_stock;
__typeof__(pool_limits) __wrap_pool_limits;
__typeof__(reload_run) __wrap_reload_run;
__typeof__(store_commit) __wrap_store_commit;
__typeof__(store_commit) __real_store_commit;

enum err __wrap_sock_peer(int fd, struct sock_peer *peer)
{
	(void)fd;
	*peer = (struct sock_peer){ .uid = controlling_uid };
	return ERR_OK;
}

bool __wrap_sock_peer_in_group(int fd, gid_t group)
{
	(void)fd;
	return group == controlling_group;
}

void __wrap_pool_take_stock(struct pool *pool, struct pool_use *use)
{
	(void)pool;
	*use = controlling_use;
}

const struct limits *__wrap_pool_limits(const struct pool *pool)
{
	(void)pool;
	return &controlling_limits;
}

enum err __wrap_store_commit(struct store_txn **txn)
{
	if (controlling_fault == ERR_OK)
		return __real_store_commit(txn);
	store_rollback(txn);
	return controlling_fault;
}

static struct controlling *current;

enum err __wrap_reload_run(const struct host *host, const struct order *order, bool force,
			   struct changes **changes)
{
	(void)order;
	current->reloaded = true;
	current->forced = force;
	if (current->reload_err != ERR_OK)
		return current->reload_err;
	return changes_new(host->registry, host->store, HOSTING_NOW, false, changes);
}

int controlling_setup(void **state)
{
	static char key[] = "ecdsa";
	struct controlling *fix = calloc(1, sizeof(*fix));
	void *hosting = NULL;

	if (fix == NULL || hosting_setup(&hosting) != 0)
		return -1;
	controlling_fault = ERR_OK;
	controlling_uid = 0;
	controlling_group = 7;
	controlling_use = (struct pool_use){ .connections = 3 };
	controlling_limits = (struct limits){ .max_connections = 100 };
	fix->hosting = hosting;
	fix->settings.state = fix->hosting->scratch->folder;
	assert_int_equal(names_put(&fix->settings.acme_directories, "letsencrypt"), ERR_OK);
	fix->settings.acme_key = key;
	fix->host.files = &fix->files;
	fix->host.coverage = &fix->coverage;
	fix->host.timekeeper = &fix->timekeeper;
	timekeeper_begin(fix->host.timekeeper, 0);
	fix->host.tally = fix->hosting->tally;
	fix->files.settings = fix->files.started = &fix->settings;
	fix->host.store = fix->hosting->store;
	fix->host.registry = fix->hosting->registry;
	fix->files.config_path = (char *)(uintptr_t) "/etc/mta-stsd.conf";
	assert_int_equal(certs_new(&fix->host.certs), ERR_OK);
	assert_int_equal(challenges_new(fix->settings.state, HOSTING_NOW, &fix->host.challenges), ERR_OK);
	assert_int_equal(names_put(&fix->listen, "127.0.0.1:443"), ERR_OK);
	fix->control = (struct control){ .host = &fix->host,
					 .listen = &fix->listen,
					 .listen_challenge = &fix->listen_challenge,
					 .operators = 100,
					 .certifiers = 150,
					 .observers = 200 };
	current = fix;
	fix->routes = api_routes(&fix->control);
	assert_int_equal(hosting_publish(hosting, hosting_configured("a.example.org", MODE_ENFORCE,
								     "mx.example.org", "")),
			 ERR_OK);
	assert_int_equal(hosting_publish(hosting, hosting_configured("b.example.org", MODE_TESTING,
								     "mx.example.org", "")),
			 ERR_OK);
	*state = fix;
	return 0;
}

int controlling_teardown(void **state)
{
	struct controlling *fix = *state;
	void *hosting = fix->hosting;

	challenges_free(&fix->host.challenges);
	certs_free(&fix->host.certs);
	complaints_free(&fix->files.complaints);
	coverage_free(&fix->coverage);
	names_free(&fix->listen);
	names_free(&fix->settings.acme_directories);
	free(fix);
	return hosting_teardown(&hosting);
}

void controlling_answer(struct controlling *fix, enum method method, const char *target, const char *body,
			struct answer *answer)
{
	struct request request = { .method = method, .target = target, .host = "", .body = body };

	request.body_len = strlen(body);
	request.peer = (struct peer){ .uid = (uid_t)-1, .right = RIGHT_ANY };
	if (fix->routes.identify != NULL)
		fix->routes.identify(fix->routes.context, 0, &request.peer);
	routes_answer(&fix->routes, &request, answer);
	assert_int_equal(answer_gather(answer, SIZE_MAX, SIZE_MAX), ERR_OK);
}

json_t *controlling_ask(struct controlling *fix, enum method method, const char *target, const char *body,
			unsigned status)
{
	struct answer answer = { 0 };
	json_t *json;

	controlling_answer(fix, method, target, body, &answer);
	assert_int_equal(answer.status, status);
	assert_string_equal(answer.content_type, "application/json");
	json = json_loadb(answer.body.bytes, answer.body.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	answer_free(&answer);
	return json;
}

void controlling_assert_error(struct controlling *fix, enum method method, const char *target,
			      const char *body, unsigned status, const char *code)
{
	json_t *json = controlling_ask(fix, method, target, body, status);
	const char *got = NULL;
	const char *message = NULL;

	assert_int_equal(json_unpack(json, "{s: {s: s, s: s}}", "error", "code", &got, "message", &message),
			 0);
	assert_string_equal(got, code);
	assert_true(strlen(message) > 20);
	json_decref(json);
}
