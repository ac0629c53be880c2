/* SPDX-License-Identifier: ISC */
/* wrap: session_handshake session_new */

/* Whose turn it is with a costly step; what else happens to connections is in the tests of their pool. */
#include "serve/connections.h"

#include "base/clock.h"
#include "tls/session.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MANY       10
#define LIMIT      100
#define TIMEOUT_MS 1000

/* Clients by their letters. */
#define ADDRESS_OF(letter) (0xc0000200 + (uint32_t)(letter))

__typeof__(session_new) __real_session_new;
__typeof__(session_new) __wrap_session_new;
__typeof__(session_handshake) __wrap_session_handshake;

/* Who is at the other side of each of our descriptors, and of each session. */
static char letter_of_fd[1024];
static struct {
	const struct session *session;
	char letter;
} sessions[LIMIT];
static size_t session_count;

/* What has been done in handshakes: a letter for each first step, a capital for each later one. */
static char done[LIMIT];

enum err __wrap_session_new(struct certs *certs, struct challenges *challenges, int fd, const void *bytes,
			    size_t len, struct session **session)
{
	enum err err = __real_session_new(certs, challenges, fd, bytes, len, session);

	assert_int_equal(err, ERR_OK);
	sessions[session_count].session = *session;
	sessions[session_count++].letter = letter_of_fd[fd];
	return err;
}

/* A step reads what is there, and waits for more. */
enum err __wrap_session_handshake(struct session *session)
{
	size_t i = session_count - 1;
	char *letter = &sessions[i].letter;

	while (sessions[i].session != session)
		letter = &sessions[--i].letter;
	done[strlen(done)] = *letter;
	*letter &= ~0x20;
	return ERR_AGAIN;
}

struct fixture {
	struct loop *loop;
	struct clients *clients;
	struct load load;
	struct counters counters;
	struct limits limits;
	struct connections connections;
	struct connection_tools rehearsal_tools;
};

static int set_up(void **state)
{
	static const uint64_t durations[DEADLINE_COUNT] = { TIMEOUT_MS, TIMEOUT_MS, TIMEOUT_MS, TIMEOUT_MS };
	static struct fixture fix;

	fix = (struct fixture){ 0 };
	memset(done, 0, sizeof(done));
	session_count = 0;
	assert_int_equal(session_setup(), ERR_OK);
	assert_int_equal(loop_open(&fix.loop), ERR_OK);
	assert_int_equal(clients_new(LIMIT, CONNECTIONS_QUEUES, &fix.clients), ERR_OK);
	fix.connections = (struct connections){
		.loop = fix.loop,
		.clients = fix.clients,
		.share = { .load = &fix.load, .max_open = LIMIT, .max_memory = UINT64_MAX, .least_open = 1 },
		.tools = { .counters = &fix.counters, .limits = &fix.limits },
	};
	fix.rehearsal_tools = fix.connections.tools;
	deadlines_init(&fix.connections.deadlines, durations);
	for (unsigned i = 0; i < CONNECTIONS_QUEUES; i++)
		queue_init(&fix.connections.queues[i]);
	*state = &fix;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	connections_close_all(&fix->connections);
	connections_bury(&fix->connections);
	assert_false(connections_are_waiting(&fix->connections));
	clients_free(&fix->clients);
	loop_close(&fix->loop);
	session_teardown();
	return 0;
}

/* Both ends of a connection of somebody; returns his. */
static int connect_pair(char letter, int *ours)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	assert_in_range(fds[0], 0, sizeof(letter_of_fd) - 1);
	letter_of_fd[fds[0]] = letter;
	*ours = fds[0];
	return fds[1];
}

/* Something that a session has to look at. */
static void say(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

static int open_client(struct fixture *fix, char letter)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(ADDRESS_OF(letter)) };
	struct sockaddr_storage peer = { 0 };
	int ours;
	int theirs = connect_pair(letter, &ours);

	memcpy(&peer, &in4, sizeof(in4));
	assert_int_equal(connections_open(&fix->connections, ours, &peer, ENTRANCE_HTTPS), ERR_OK);
	say(theirs);
	return theirs;
}

static void open_clients(struct fixture *fix, char letter, int count, int *fds)
{
	for (int i = 0; i < count; i++)
		fds[i] = open_client(fix, letter);
}

static void close_clients(const int *fds, int count)
{
	for (int i = 0; i < count; i++)
		(void)close(fds[i]);
}

/* So often what a worker does. */
static void go_round(struct fixture *fix, int times)
{
	for (int i = 0; i < times; i++) {
		loop_wait(fix->loop, 0);
		connections_take_turns(&fix->connections);
		connections_bury(&fix->connections);
	}
}

static void client_with_many_hellos_lets_anothers_pass_after_one(void **state)
{
	struct fixture *fix = *state;
	int a[MANY];
	int b[2];

	open_clients(fix, 'a', MANY, a);
	open_clients(fix, 'b', 2, b);

	go_round(fix, MANY + 2);

	assert_string_equal(done, "ababaaaaaaaa");
	assert_false(connections_are_waiting(&fix->connections));
	close_clients(a, MANY);
	close_clients(b, 2);
}

static void between_two_costly_steps_newcomers_are_heard(void **state)
{
	struct fixture *fix = *state;
	int a[MANY];
	int b;

	open_clients(fix, 'a', MANY, a);
	go_round(fix, 3);
	assert_string_equal(done, "aaa");

	b = open_client(fix, 'b');
	go_round(fix, 3);

	assert_string_equal(done, "aaaaba");
	close_clients(a, MANY);
	close_clients(&b, 1);
}

static void who_has_begun_does_not_wait_for_those_who_begin(void **state)
{
	struct fixture *fix = *state;
	int a[MANY];
	int b = open_client(fix, 'b');

	go_round(fix, 1);
	open_clients(fix, 'a', MANY, a);
	go_round(fix, 1);

	say(b);
	go_round(fix, 1);

	assert_string_equal(done, "baBa");
	close_clients(a, MANY);
	close_clients(&b, 1);
}

static void who_begins_does_not_wait_for_all_who_have_begun(void **state)
{
	struct fixture *fix = *state;
	int a[MANY];
	int b;

	open_clients(fix, 'a', MANY, a);
	go_round(fix, MANY);
	memset(done, 0, sizeof(done));
	for (int i = 0; i < MANY; i++)
		say(a[i]);
	b = open_client(fix, 'b');
	go_round(fix, 2);
	say(b);
	go_round(fix, 2);

	assert_string_equal(done, "AbAAB");
	close_clients(a, MANY);
	close_clients(&b, 1);
}

static void who_speaks_again_while_waiting_gets_one_turn(void **state)
{
	struct fixture *fix = *state;
	int a[2];

	open_clients(fix, 'a', 2, a);
	go_round(fix, 1);
	say(a[1]);
	go_round(fix, 3);

	assert_string_equal(done, "aa");
	close_clients(a, 2);
}

static void who_is_late_or_has_to_go_is_not_begun(void **state)
{
	struct fixture *fix = *state;
	int a[3];
	int b;

	open_clients(fix, 'a', 3, a);
	loop_wait(fix->loop, 0);
	fix->connections.share.max_open = 3;
	b = open_client(fix, 'b'); /* the first has to go */
	go_round(fix, 1);
	assert_string_equal(done, "a");
	assert_int_equal(fix->connections.share.open, 3);

	deadlines_run(&fix->connections.deadlines, clock_ms() + TIMEOUT_MS);
	go_round(fix, 2);

	assert_string_equal(done, "a");
	assert_int_equal(fix->connections.share.open, 0);
	assert_int_equal(fix->connections.share.memory, 0);
	close_clients(a, 3);
	close_clients(&b, 1);
}

static void who_waits_for_the_first_turn_holds_no_session(void **state)
{
	struct fixture *fix = *state;
	int a[2];
	uint64_t waiting;

	open_clients(fix, 'a', 2, a);
	loop_wait(fix->loop, 0);
	waiting = fix->connections.share.memory;
	assert_in_range(waiting, 2, 1 << 14);

	go_round(fix, 1);

	assert_int_equal(session_count, 1);
	assert_true(fix->connections.share.memory > waiting + (1 << 14));
	close_clients(a, 2);
}

static void fetch_of_our_own_waits_for_nobody(void **state)
{
	struct fixture *fix = *state;
	int a[MANY];
	int ours;
	int own = connect_pair('o', &ours);

	open_clients(fix, 'a', MANY, a);
	loop_wait(fix->loop, 0);
	assert_int_equal(connections_rehearse(&fix->connections, &fix->rehearsal_tools, ours), ERR_OK);
	say(own);
	loop_wait(fix->loop, 0);
	say(own);
	loop_wait(fix->loop, 0);

	assert_string_equal(done, "oO");
	close_clients(a, MANY);
	close_clients(&own, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(client_with_many_hellos_lets_anothers_pass_after_one),
		TEST(between_two_costly_steps_newcomers_are_heard),
		TEST(who_has_begun_does_not_wait_for_those_who_begin),
		TEST(who_begins_does_not_wait_for_all_who_have_begun),
		TEST(who_speaks_again_while_waiting_gets_one_turn),
		TEST(who_is_late_or_has_to_go_is_not_begun),
		TEST(who_waits_for_the_first_turn_holds_no_session),
		TEST(fetch_of_our_own_waits_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
