/* SPDX-License-Identifier: ISC */
#include "serve/clients.h"
#include "serve/proxies.h"
#include "serve/proxy.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOBODY "" /* no client is named */

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define LOCAL     SIGNATURE "\x20"
#define PROXY     SIGNATURE "\x21"
#define TCP4      "\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01\xbb"

/* 192.0.2.1 to 192.0.2.2, with len bytes in all behind the fixed part. */
#define TCP4_OF(len) "\x11\0" len "\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01\xbb"

#define TCP6_SOURCE      "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define TCP6_DESTINATION "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define PORTS            "\xdc\x04\x01\xbb"
#define ZEROS_36         "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ZEROS_216        ZEROS_36 ZEROS_36 ZEROS_36 ZEROS_36 ZEROS_36 ZEROS_36

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *bytes;
	size_t len;
	const char *client;
} good[] = {
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"), "192.0.2.1" },
	{ BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), "255.255.255.255" },
	{ BYTES("PROXY TCP4 192.0.2.1 0.0.0.0 0 0\r\n"), "192.0.2.1" },
	{ BYTES("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"), "2001:db8::1" },
	{ BYTES("PROXY TCP6 2001:DB8:0:0:0:0:0:1 ::1 1 443\r\n"), "2001:db8::1" },
	/* What nginx and HAProxy make of an IPv4 client at a socket for both. */
	{ BYTES("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 56324 443\r\n"), "192.0.2.1" },
	{ BYTES("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		"65535 65535\r\n"),
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ BYTES("PROXY UNKNOWN\r\n"), NOBODY },
	{ BYTES("PROXY UNKNOWN what may be here is ignored\r\n"), NOBODY },
	{ BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
	  NOBODY },
	{ BYTES(PROXY TCP4), "192.0.2.1" },
	{ BYTES(PROXY "\x21\0\x24" TCP6_SOURCE TCP6_DESTINATION PORTS), "2001:db8::1" },
	{ BYTES(PROXY "\x21\0\x24\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01" TCP6_DESTINATION PORTS),
	  "192.0.2.1" },
	/* A NOOP of no bytes, the server name, a unique id. */
	{ BYTES(PROXY TCP4_OF("\x0f") "\x04\0\0"), "192.0.2.1" },
	{ BYTES(PROXY TCP4_OF("\x1b") "\x02\0\x05"
				      "a.tld"
				      "\x05\0\x04"
				      "\0\0\0\0"),
	  "192.0.2.1" },
	{ BYTES(PROXY TCP4_OF("\x13") "\x03\0\x04\xd6\xc8\xc7\x5f"), "192.0.2.1" },
	{ BYTES(LOCAL "\0\0\0"), NOBODY },
	{ BYTES(LOCAL TCP4), NOBODY },
	{ BYTES(LOCAL "\xff\0\x01x"), NOBODY },
	{ BYTES(PROXY "\0\0\0"), NOBODY },
	{ BYTES(PROXY "\0\0\x03xyz"), NOBODY },
	{ BYTES(PROXY "\x12\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01\xbb"), NOBODY },
	{ BYTES(PROXY "\x22\0\x24" TCP6_SOURCE TCP6_DESTINATION PORTS), NOBODY },
	{ BYTES(PROXY "\x31\0\xd8" ZEROS_216), NOBODY },
	{ BYTES(PROXY "\x32\0\xd8" ZEROS_216), NOBODY },
};

#define GOOD (sizeof(good) / sizeof(*good))

/* Whatever may come behind them. */
static const struct {
	const char *bytes;
	size_t len;
} bad[] = {
	{ BYTES("G") },
	{ BYTES("\x16\x03\x01") },
	{ BYTES("\0") },
	{ BYTES("proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY\r\n") },
	{ BYTES("PROXY\tTCP4 192.0.2.1 192.0.2.2 1 2\r\n") },
	{ BYTES(" PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY \r\n") },
	{ BYTES("PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP4\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 \r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2  1 2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rx") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1\r2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\0\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 02\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 0x1 2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 4294967297\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1. 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2 1 2\r\n") },
	{ BYTES("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n") },
	{ BYTES("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP6 2001:db8::1 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP6 [2001:db8::1] 2001:db8::2 1 2\r\n") },
	{ BYTES("PROXY TCP6 2001:db8::1%eth0 2001:db8::2 1 2\r\n") },
	{ BYTES("PROXY TCP6 2001::db8::1 2001:db8::2 1 2\r\n") },
	{ BYTES("PROXY TCP6 2001:db8:0:0:0:0:1 2001:db8::2 1 2\r\n") },
	{ BYTES("PROXY TCP6 2001:db8::00001 2001:db8::2 1 2\r\n") },
	{ BYTES("PROXY TCP4 0.0.0.0 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY TCP6 :: 2001:db8::2 1 2\r\n") },
	{ BYTES("PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n") },
	{ BYTES("PROXY UNKNOWNS\r\n") },
	{ BYTES("PROXY unknown\r\n") },
	{ BYTES("PROXY UNKNOWN \n\r\n") },
	/* 108 bytes, and 107 whose last is half of the end. */
	{ BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535 \r\n") },
	{ BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 655351\r") },
	{ BYTES("\r\n\r\n\0\r\nQUIT\r") },
	{ BYTES("\r\n\r\nPROXY") },
	{ BYTES(SIGNATURE "\x11" TCP4) }, /* version 1 */
	{ BYTES(SIGNATURE "\x31" TCP4) },
	{ BYTES(SIGNATURE "\x22" TCP4) }, /* neither LOCAL nor PROXY */
	{ BYTES(SIGNATURE "\x2f" TCP4) },
	{ BYTES(PROXY "\x01") }, /* families and transports that are none, or only half of one */
	{ BYTES(PROXY "\x10") },
	{ BYTES(PROXY "\x13") },
	{ BYTES(PROXY "\x20") },
	{ BYTES(PROXY "\x30") },
	{ BYTES(PROXY "\x41") },
	{ BYTES(PROXY
		"\x11\0\x0b\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01") }, /* shorter than its addresses */
	{ BYTES(PROXY "\x12\0\x0b\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01") },
	{ BYTES(PROXY "\x21\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01\xbb") },
	{ BYTES(PROXY "\x31\0\0") },
	{ BYTES(PROXY "\x11\0\0") },
	{ BYTES(PROXY "\x11\x07\xf1") }, /* 2049 bytes in all */
	{ BYTES(LOCAL "\0\xff\xff") },
	{ BYTES(PROXY "\x11\0\x0c\0\0\0\0\xc0\0\x02\x02\xdc\x04\x01\xbb") }, /* nobody */
	{ BYTES(PROXY "\x21\0\x24" ZEROS_36) },
	{ BYTES(PROXY "\x21\0\x24\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0\0" TCP6_DESTINATION PORTS) },
	{ BYTES(PROXY TCP4_OF("\x0d") "\x04") }, /* TLVs that end too early, or too late */
	{ BYTES(PROXY TCP4_OF("\x0e") "\x04\0") },
	{ BYTES(PROXY TCP4_OF("\x0f") "\x04\0\x01") },
	{ BYTES(PROXY TCP4_OF("\x11") "\x04\xff\xffxx") },
	{ BYTES(PROXY TCP4_OF("\x10") "\x04\0\0\x04") },
	{ BYTES(PROXY TCP4_OF("\x13") "\x03\0\x04\xd6\xc8\xc7\x5e") }, /* checksums that are not right */
	{ BYTES(PROXY TCP4_OF("\x13") "\x03\0\x04\0\0\0\0") },
	{ BYTES(PROXY TCP4_OF("\x12") "\x03\0\x03\xd6\xc8\xc7") },
	{ BYTES(PROXY TCP4_OF("\x1a") "\x03\0\x04\xd6\xc8\xc7\x5f\x03\0\x04\xd6\xc8\xc7\x5f") },
};

#define BAD (sizeof(bad) / sizeof(*bad))

static void assert_says(size_t i, size_t len, const char *bytes)
{
	struct proxy_header header = { 0 };
	char text[INET6_ADDRSTRLEN];

	if (proxy_parse(bytes, len, &header) != ERR_OK)
		fail_msg("good %zu with %zu bytes is refused", i, len);
	assert_int_equal(header.len, good[i].len);
	assert_int_equal(header.names_client, good[i].client[0] != '\0');
	if (header.names_client)
		assert_string_equal(clients_text(&header.client, text), good[i].client);
}

static void headers_say_who_the_client_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOOD; i++)
		assert_says(i, good[i].len, good[i].bytes);
}

static void what_the_client_sends_behind_a_header_is_left_alone(void **state)
{
	char bytes[PROXY_LIMIT];

	(void)state;
	for (size_t i = 0; i < GOOD; i++) {
		memset(bytes, '\r', sizeof(bytes));
		memcpy(bytes, good[i].bytes, good[i].len);
		assert_says(i, sizeof(bytes), bytes);
	}
}

/* In memory of its own, so that a sanitizer sees a byte too far. */
static enum err parse_copy(const char *bytes, size_t len)
{
	char copy[PROXY_LIMIT + 1];
	struct proxy_header header = { .len = 77 };
	enum err err;

	memset(copy, 0x5a, sizeof(copy));
	memcpy(copy, bytes, len);
	err = proxy_parse(copy, len, &header);
	if (err != ERR_OK)
		assert_int_equal(header.len, 77);
	return err;
}

static void a_header_that_ends_at_any_byte_may_still_become_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOOD; i++) {
		for (size_t len = 0; len < good[i].len; len++) {
			if (parse_copy(good[i].bytes, len) != ERR_AGAIN)
				fail_msg("good %zu with %zu bytes", i, len);
		}
	}
}

static void what_is_not_a_header_never_becomes_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < BAD; i++) {
		if (parse_copy(bad[i].bytes, bad[i].len) != ERR_SYNTAX)
			fail_msg("bad %zu", i);
		for (size_t len = 0; len < bad[i].len; len++) {
			if (parse_copy(bad[i].bytes, len) == ERR_OK)
				fail_msg("bad %zu with %zu bytes", i, len);
		}
	}
}

/* But for what a header ignores. */
static void another_byte_makes_another_header_or_none(void **state)
{
	(void)state;
	for (size_t at = 0; at < sizeof(PROXY) - 1; at++) {
		for (int bit = 0; bit < 8; bit++) {
			char bytes[sizeof(PROXY TCP4)];

			memcpy(bytes, PROXY TCP4, sizeof(bytes));
			bytes[at] = (char)(bytes[at] ^ 1 << bit);
			if (at == 12 && bit == 0) /* LOCAL */
				continue;
			assert_int_equal(parse_copy(bytes, sizeof(bytes) - 1), ERR_SYNTAX);
		}
	}
}

static void the_longest_header_has_as_many_bytes_as_may_be_kept(void **state)
{
	char bytes[PROXY_LIMIT] =
		PROXY "\x11\x07\xf0\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01\xbb\x04\x07\xe1";

	(void)state;
	assert_int_equal(parse_copy(bytes, sizeof(bytes) - 1), ERR_AGAIN);
	assert_int_equal(parse_copy(bytes, sizeof(bytes)), ERR_OK);
}

static struct sockaddr_storage peer_of(const char *text)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_storage peer = { .ss_family = AF_UNIX };

	if (inet_pton(AF_INET, text, &in4.sin_addr) == 1)
		memcpy(&peer, &in4, sizeof(in4));
	else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		memcpy(&peer, &in6, sizeof(in6));
	return peer;
}

static void assert_includes(const struct proxies *proxies, const char *text, bool included)
{
	const struct sockaddr_storage peer = peer_of(text);

	assert_int_equal(proxies_include(proxies, &peer), included);
}

static void proxies_are_those_that_are_named_and_nobody_else(void **state)
{
	struct names names = { 0 };
	struct proxies *proxies = NULL;

	(void)state;
	assert_includes(NULL, "127.0.0.1", false);
	assert_int_equal(proxies_new(&names, &proxies), ERR_OK);
	assert_includes(proxies, "127.0.0.1", false);
	assert_includes(proxies, "unix", false);
	proxies_free(&proxies);

	assert_int_equal(names_put(&names, "127.0.0.1"), ERR_OK);
	assert_int_equal(names_put(&names, "2001:db8::/32"), ERR_OK);
	assert_int_equal(proxies_new(&names, &proxies), ERR_OK);
	assert_includes(proxies, "127.0.0.1", true);
	assert_includes(proxies, "::ffff:127.0.0.1", true);
	assert_includes(proxies, "127.0.0.2", false);
	assert_includes(proxies, "2001:db8::1", true);
	assert_includes(proxies, "::1", false);
	assert_includes(proxies, "unix", false);
	proxies_free(&proxies);

	assert_int_equal(names_put(&names, "unix"), ERR_OK);
	assert_int_equal(proxies_new(&names, &proxies), ERR_OK);
	assert_includes(proxies, "unix", true);
	assert_includes(proxies, "127.0.0.1", true);
	proxies_free(&proxies);

	assert_int_equal(names_put(&names, "localhost"), ERR_OK);
	assert_int_equal(proxies_new(&names, &proxies), ERR_SYNTAX);
	assert_null(proxies);
	names_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_say_who_the_client_is),
		cmocka_unit_test(what_the_client_sends_behind_a_header_is_left_alone),
		cmocka_unit_test(a_header_that_ends_at_any_byte_may_still_become_one),
		cmocka_unit_test(what_is_not_a_header_never_becomes_one),
		cmocka_unit_test(another_byte_makes_another_header_or_none),
		cmocka_unit_test(the_longest_header_has_as_many_bytes_as_may_be_kept),
		cmocka_unit_test(proxies_are_those_that_are_named_and_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
