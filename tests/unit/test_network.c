/* SPDX-License-Identifier: ISC */
#include "base/network.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* In the form of a network's address. */
static struct in6_addr address_of(const char *text)
{
	struct in6_addr address = { 0 };

	if (inet_pton(AF_INET, text, &address.s6_addr[12]) == 1)
		memset(&address.s6_addr[10], 0xff, 2);
	else
		assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

static void a_network_has_the_addresses_that_begin_as_it_does(void **state)
{
	static const struct {
		const char *network, *address;
		bool contains;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.0", false },
		{ "192.0.2.1/32", "192.0.2.1", true },
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "192.0.2.4/31", "192.0.2.5", true },
		{ "192.0.2.4/31", "192.0.2.6", false },
		{ "10.0.0.0/8", "10.255.255.255", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "128.0.0.0/1", "127.255.255.255", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::1", "::1", true },
		{ "::1", "::2", false },
		{ "2001:db8::/32", "2001:db8:ffff::1", true },
		{ "2001:db8::/32", "2001:db9::", false },
		{ "2001:DB8:0:8::/61", "2001:db8:0:f::", true },
		{ "2001:db8:0:8::/61", "2001:db8:0:10::", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.1", false },
		{ "2001:db8::1/128", "2001:db8::1", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct in6_addr address = address_of(cases[i].address);
		struct network network;

		assert_int_equal(network_parse(cases[i].network, &network), ERR_OK);
		if (network_contains(&network, &address) != cases[i].contains)
			fail_msg("%s and %s", cases[i].network, cases[i].address);
	}
}

static void what_leaves_a_doubt_is_no_network(void **state)
{
	static const struct {
		const char *text;
		enum err err;
	} cases[] = {
		{ "", ERR_SYNTAX },
		{ "/", ERR_SYNTAX },
		{ "/8", ERR_SYNTAX },
		{ "localhost", ERR_SYNTAX },
		{ "10", ERR_SYNTAX },
		{ "10.0.0", ERR_SYNTAX },
		{ "10.0.0.0/", ERR_SYNTAX },
		{ "10.0.0.0/33", ERR_SYNTAX },
		{ "10.0.0.0/08", ERR_SYNTAX },
		{ "10.0.0.0/-8", ERR_SYNTAX },
		{ "10.0.0.0/+8", ERR_SYNTAX },
		{ "10.0.0.0/8 ", ERR_SYNTAX },
		{ "10.0.0.0/8/8", ERR_SYNTAX },
		{ "10.0.0.0/255.0.0.0", ERR_SYNTAX },
		{ "10.0.0.0/4294967304", ERR_SYNTAX },
		{ " 10.0.0.0/8", ERR_SYNTAX },
		{ "010.0.0.0/8", ERR_SYNTAX },
		{ "10.0.0.1:443", ERR_SYNTAX },
		{ "[::1]", ERR_SYNTAX },
		{ "::/129", ERR_SYNTAX },
		{ "fe80::1%lo", ERR_SYNTAX },
		{ "::ffff:10.0.0.1", ERR_SYNTAX },
		{ "::ffff:0.0.0.0/96", ERR_SYNTAX },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/64", ERR_SYNTAX },
		{ "10.0.0.1/8", ERR_RANGE },
		{ "192.0.2.1/31", ERR_RANGE },
		{ "0.0.0.1/0", ERR_RANGE },
		{ "2001:db8::1/64", ERR_RANGE },
		{ "::1/127", ERR_RANGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct network network = { .bits = 77 };

		if (network_parse(cases[i].text, &network) != cases[i].err)
			fail_msg("\"%s\"", cases[i].text);
		assert_int_equal(network.bits, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_has_the_addresses_that_begin_as_it_does),
		cmocka_unit_test(what_leaves_a_doubt_is_no_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
