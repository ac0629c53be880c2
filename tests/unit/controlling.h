/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_CONTROLLING_H
#define TESTS_UNIT_CONTROLLING_H

/**
 * A host with two domains, a.example.org in enforce and b.example.org in testing, and its control routes,
 * asked without a socket; for the tests of control/.
 *
 * Link with the wraps of clock_now, pool_take_stock, pool_limits, sock_peer, sock_peer_in_group and
 * store_commit.
 */

#include "hosting.h"

#include "control/control.h"
#include "core/reload.h"
#include "core/timekeeper.h"
#include "http/routes.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

/** The numbers that the kernel would give for our peer: root, unless a test sets others. */
extern uid_t controlling_uid;
extern gid_t controlling_group;

/** What the workers do, and may do. */
extern struct pool_use controlling_use;
extern struct limits controlling_limits;

/** What the next commits end in; ERR_OK: they are really made. */
extern enum err controlling_fault;

/** The test's state. */
struct controlling {
	struct hosting *hosting;
	struct settings settings;
	struct reload_files files;
	struct coverage coverage;
	struct host host;
	struct timekeeper timekeeper;
	struct names listen;
	struct names listen_challenge; /**< empty unless a test fills it */
	struct control control;
	struct routes routes;
	bool reloaded;
	bool forced;
	enum err reload_err;
};

/** cmocka fixtures. */
int controlling_setup(void **state);
int controlling_teardown(void **state);

/** Ask; the answer is to be freed. */
void controlling_answer(struct controlling *fix, enum method method, const char *target, const char *body,
			struct answer *answer);

/** Ask, assert the status, and return the JSON of the answer. */
json_t *controlling_ask(struct controlling *fix, enum method method, const char *target, const char *body,
			unsigned status);

/** Ask, and assert an error of this status and code, with a message. */
void controlling_assert_error(struct controlling *fix, enum method method, const char *target,
			      const char *body, unsigned status, const char *code);

#endif
