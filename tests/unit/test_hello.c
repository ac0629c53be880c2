/* SPDX-License-Identifier: ISC */
#include "certs/pair.h"
#include "tls/hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SESSION_ID 34

/* Version, random, a session id of two bytes, then what a test puts behind it. */
static size_t make_hello(unsigned char *hello, const char *suites, size_t len)
{
	memset(hello, 0, SESSION_ID);
	memcpy(hello + SESSION_ID, "\x02\xc0\x2b", 3);
	memcpy(hello + SESSION_ID + 3, suites, len);
	return SESSION_ID + 3 + len;
}

static unsigned keys(const char *suites, size_t len)
{
	unsigned char hello[128];

	return hello_keys(hello, make_hello(hello, suites, len));
}

static void reads_the_keys_of_suites(void **state)
{
	(void)state;
	assert_int_equal(keys("\x00\x02\xc0\x2b\x01\x00", 6), KEY_BIT(KEY_ECDSA));
	assert_int_equal(keys("\x00\x02\xcc\xa8\x01\x00", 6), KEY_BIT(KEY_RSA));
	assert_int_equal(keys("\x00\x06\xc0\x30\x13\x01\xc0\x2c\x01\x00", 10), KEY_ANY);
}

static void knows_no_keys_of_other_suites(void **state)
{
	(void)state;
	assert_int_equal(keys("\x00\x04\x13\x01\x00\x2f\x01\x00", 8), 0);
	assert_int_equal(keys("\x00\x00\x01\x00", 4), 0);
}

/* On the heap, so that the address sanitizer sees the first byte read too far. */
static void gives_nothing_for_a_hello_cut_anywhere(void **state)
{
	unsigned char whole[128];
	size_t len = make_hello(whole, "\x00\x04\xc0\x2b\xc0\x2f", 6);

	(void)state;
	assert_int_equal(hello_keys(whole, len), KEY_ANY);
	for (size_t cut = 0; cut < len; cut++) {
		unsigned char *part = malloc(cut > 0 ? cut : 1);

		assert_non_null(part);
		memcpy(part, whole, cut);
		assert_int_equal(hello_keys(part, cut), 0);
		free(part);
	}
}

static void ignores_half_a_suite(void **state)
{
	(void)state;
	assert_int_equal(keys("\x00\x03\xc0\x2b\xc0", 5), KEY_BIT(KEY_ECDSA));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_keys_of_suites),
		cmocka_unit_test(knows_no_keys_of_other_suites),
		cmocka_unit_test(gives_nothing_for_a_hello_cut_anywhere),
		cmocka_unit_test(ignores_half_a_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
