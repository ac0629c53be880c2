/* SPDX-License-Identifier: ISC */
#include "certs/renewal_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Those of the example in RFC 9773, section 4.1. */
static const unsigned char key[] = { 0x69, 0x88, 0x5b, 0x6b, 0x87, 0x46, 0x40, 0x41, 0xe1, 0xb3,
				     0x7b, 0x84, 0x7b, 0xa0, 0xae, 0x2c, 0xde, 0x01, 0xc8, 0xd4 };
static const unsigned char serial[] = { 0x00, 0x87, 0x65, 0x43, 0x21 };

static void assert_writes(const void *key_id, size_t key_len, const void *number, size_t len,
			  const char *wanted)
{
	gnutls_x509_crt_t certificate;
	char out[RENEWAL_SIZE] = "old";

	assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
	if (key_len > 0)
		assert_int_equal(gnutls_x509_crt_set_authority_key_id(certificate, key_id, key_len), 0);
	if (len > 0)
		assert_int_equal(gnutls_x509_crt_set_serial(certificate, number, len), 0);
	assert_int_equal(renewal_write(certificate, out), ERR_OK);
	gnutls_x509_crt_deinit(certificate);
	assert_string_equal(out, wanted);
}

static void the_example_of_the_rfc_is_written_as_there(void **state)
{
	(void)state;
	assert_writes(key, sizeof(key), serial, sizeof(serial), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
}

static void every_length_is_written_without_padding(void **state)
{
	(void)state;
	assert_writes("\xfb\xff\xbf", 1, "\x01\x02\x03\x04", 2, "-w.AQI");
	assert_writes("\xfb\xff\xbf", 2, "\x01\x02\x03\x04", 3, "-_8.AQID");
	assert_writes("\xfb\xff\xbf", 3, "\x01\x02\x03\x04", 4, "-_-_.AQIDBA");
}

static void a_certificate_that_does_not_name_its_issuers_key_has_none(void **state)
{
	(void)state;
	assert_writes(NULL, 0, serial, sizeof(serial), "");
}

static void what_is_too_long_to_be_one_is_none(void **state)
{
	static const unsigned char much[RENEWAL_PART_MAX + 1] = { 1, 2, 3 };

	(void)state;
	assert_writes(much, sizeof(much), serial, sizeof(serial), "");
	assert_writes(key, sizeof(key), much, sizeof(much), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_rfc_is_written_as_there),
		cmocka_unit_test(every_length_is_written_without_padding),
		cmocka_unit_test(a_certificate_that_does_not_name_its_issuers_key_has_none),
		cmocka_unit_test(what_is_too_long_to_be_one_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
