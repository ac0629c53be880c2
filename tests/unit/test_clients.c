/* SPDX-License-Identifier: ISC */
/* wrap: tsearch; memory */
#include "memory.h"

#include "serve/clients.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <search.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 4
#define QUEUES  2
#define ROUNDS  2000

/* Whether the tree has no memory. */
static bool tree_is_full;

/* The names are the linker's. */
void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));
void *__real_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));

void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *))
{
	return tree_is_full ? NULL : __real_tsearch(key, root, compare);
}

/* An address in the form clients count, from text as the kernel would report it. */
static struct in6_addr from(const char *text)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_storage peer = { 0 };

	if (inet_pton(AF_INET, text, &in4.sin_addr) == 1) {
		memcpy(&peer, &in4, sizeof(in4));
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
		memcpy(&peer, &in6, sizeof(in6));
	}
	return clients_address(&peer);
}

static enum err enter(struct clients *clients, const char *text, struct client **client)
{
	struct in6_addr address = from(text);

	return clients_enter(clients, &address, client);
}

static void a_client_may_have_so_many_and_no_more(void **state)
{
	struct clients *clients = NULL;
	struct client *client[4] = { NULL };

	(void)state;
	assert_int_equal(clients_new(2, QUEUES, &clients), ERR_OK);
	assert_int_equal(enter(clients, "192.0.2.1", &client[0]), ERR_OK);
	assert_int_equal(enter(clients, "192.0.2.1", &client[1]), ERR_OK);

	assert_int_equal(enter(clients, "192.0.2.1", &client[2]), ERR_REFUSED);
	assert_null(client[2]);
	assert_int_equal(enter(clients, "192.0.2.2", &client[3]), ERR_OK);

	clients_leave(clients, &client[0]);
	assert_null(client[0]);
	assert_int_equal(enter(clients, "192.0.2.1", &client[2]), ERR_OK);
	assert_int_equal(enter(clients, "192.0.2.1", &client[0]), ERR_REFUSED);
	clients_free(&clients);
	assert_null(clients);
}

static void who_is_not_limited_is_counted_all_the_same(void **state)
{
	const struct in6_addr address = from("192.0.2.1");
	struct clients *clients = NULL;
	struct client *client[4] = { NULL };
	unsigned count;
	unsigned largest;

	(void)state;
	assert_int_equal(clients_new(1, QUEUES, &clients), ERR_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(clients_enter_unlimited(clients, &address, &client[i]), ERR_OK);
	assert_int_equal(enter(clients, "192.0.2.1", &client[3]), ERR_REFUSED);
	clients_take_stock(clients, &count, &largest);
	assert_int_equal(count, 1);
	assert_int_equal(largest, 3);
	assert_ptr_equal(clients_line(client[0], 0), clients_line(client[2], 0));
	for (int i = 0; i < 3; i++)
		clients_leave(clients, &client[i]);
	assert_int_equal(enter(clients, "192.0.2.1", &client[3]), ERR_OK);
	clients_free(&clients);
}

static void who_cannot_be_counted_does_not_enter(void **state)
{
	struct clients *clients = NULL;
	struct client *client = NULL;
	unsigned count = 1;
	unsigned largest = 1;

	(void)state;
	memory_fail_after(0);
	assert_int_equal(clients_new(1, QUEUES, &clients), ERR_NO_MEMORY);
	assert_true(memory_restore());
	assert_null(clients);
	assert_int_equal(clients_new(1, QUEUES, &clients), ERR_OK);

	memory_fail_after(0);
	assert_int_equal(enter(clients, "192.0.2.1", &client), ERR_NO_MEMORY);
	assert_true(memory_restore());
	tree_is_full = true;
	assert_int_equal(enter(clients, "192.0.2.1", &client), ERR_NO_MEMORY);
	tree_is_full = false;
	assert_null(client);
	clients_take_stock(clients, &count, &largest);
	assert_int_equal(count, 0);
	assert_int_equal(largest, 0);

	assert_int_equal(enter(clients, "192.0.2.1", &client), ERR_OK);
	clients_leave(clients, &client);
	clients_free(&clients);
}

static void which_addresses_are_one_client(void **state)
{
	static const struct {
		const char *a, *b;
		enum err second;
	} cases[] = {
		{ "192.0.2.1", "::ffff:192.0.2.1", ERR_REFUSED },
		{ "::ffff:192.0.2.1", "192.0.2.1", ERR_REFUSED },
		{ "192.0.2.1", "192.0.2.2", ERR_OK },
		{ "192.0.2.1", "::", ERR_OK },
		{ "::1", "0.0.0.0", ERR_OK },
		{ "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", ERR_REFUSED },
		{ "2001:db8::1", "2001:db8:0:1::1", ERR_OK },
		{ "2001:db8::1", "2001:db9::1", ERR_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct clients *clients = NULL;
		struct client *a = NULL;
		struct client *b = NULL;

		assert_int_equal(clients_new(1, QUEUES, &clients), ERR_OK);
		assert_int_equal(enter(clients, cases[i].a, &a), ERR_OK);
		assert_int_equal(enter(clients, cases[i].b, &b), cases[i].second);
		clients_free(&clients);
	}
}

static void addresses_are_shown_as_operators_know_them(void **state)
{
	static const char *const cases[] = { "192.0.2.1", "2001:db8::1", "::1", "fe80::ffff:1" };
	char text[INET6_ADDRSTRLEN];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct in6_addr address = from(cases[i]);

		assert_string_equal(clients_text(&address, text), cases[i]);
	}
	assert_string_equal(clients_text(&(struct in6_addr){ 0 }, text), "unix");
}

static void an_unknown_family_has_an_address_too(void **state)
{
	struct sockaddr_storage peer = { .ss_family = AF_UNIX };
	struct in6_addr address;

	(void)state;
	memset((char *)&peer + sizeof(peer.ss_family), 0x55, sizeof(peer) - sizeof(peer.ss_family));

	address = clients_address(&peer);

	assert_true(IN6_IS_ADDR_UNSPECIFIED(&address));
}

static atomic_uint failures;

static void *enter_and_leave(void *argument)
{
	struct clients *clients = argument;
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_storage peer = { 0 };

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct client *client = NULL;
		struct in6_addr address;

		in4.sin_addr.s_addr = htonl(i % 7);
		memcpy(&peer, &in4, sizeof(in4));
		address = clients_address(&peer);
		if (clients_enter(clients, &address, &client) != ERR_OK)
			(void)atomic_fetch_add(&failures, 1);
		clients_leave(clients, &client);
	}
	return NULL;
}

static void threads_share_one_count(void **state)
{
	struct clients *clients = NULL;
	struct client *client[THREADS + 1] = { NULL };
	pthread_t thread[THREADS];

	(void)state;
	assert_int_equal(clients_new(THREADS, QUEUES, &clients), ERR_OK);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, enter_and_leave, clients), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_int_equal(atomic_load(&failures), 0);

	/* All have left: the whole limit is there again. */
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(enter(clients, "0.0.0.3", &client[i]), ERR_OK);
	assert_int_equal(enter(clients, "0.0.0.3", &client[THREADS]), ERR_REFUSED);
	clients_free(&clients);
}

static void stock_tells_how_many_there_are_and_who_has_most(void **state)
{
	struct clients *clients = NULL;
	struct client *held[6] = { NULL };
	static const char *const from_where[] = { "192.0.2.1", "2001:db8::1", "2001:db8::2",
						  "192.0.2.1", "2001:db8::3", "192.0.2.2" };
	unsigned count;
	unsigned largest;

	(void)state;
	assert_int_equal(clients_new(10, QUEUES, &clients), ERR_OK);
	clients_take_stock(clients, &count, &largest);
	assert_int_equal(count, 0);
	assert_int_equal(largest, 0);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(enter(clients, from_where[i], &held[i]), ERR_OK);

	clients_take_stock(clients, &count, &largest);

	assert_int_equal(count, 3);
	assert_int_equal(largest, 3);
	for (size_t i = 0; i < 6; i++)
		clients_leave(clients, &held[i]);
	clients_free(&clients);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_may_have_so_many_and_no_more),
		cmocka_unit_test(who_is_not_limited_is_counted_all_the_same),
		cmocka_unit_test(who_cannot_be_counted_does_not_enter),
		cmocka_unit_test(which_addresses_are_one_client),
		cmocka_unit_test(addresses_are_shown_as_operators_know_them),
		cmocka_unit_test(an_unknown_family_has_an_address_too),
		cmocka_unit_test(threads_share_one_count),
		cmocka_unit_test(stock_tells_how_many_there_are_and_who_has_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
