/* SPDX-License-Identifier: ISC */
#include "certs/issuer_private.h"

#include "base/text.h"

#include <gnutls/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_reads(const char *name, const char *wanted)
{
	gnutls_x509_crt_t certificate;
	char out[ISSUER_SIZE];

	assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
	assert_int_equal(gnutls_x509_crt_set_issuer_dn_by_oid(certificate, GNUTLS_OID_X520_ORGANIZATION_NAME,
							      0, name, (unsigned)strlen(name)),
			 0);
	assert_int_equal(issuer_write(certificate, out), ERR_OK);
	gnutls_x509_crt_deinit(certificate);
	assert_string_equal(out, wanted);
}

static void a_plain_name_stays_as_it_is(void **state)
{
	(void)state;
	assert_reads("Let's Encrypt", "O=Let's Encrypt");
	assert_reads("A, B", "O=A\\, B");
}

static void what_is_not_visible_is_escaped(void **state)
{
	(void)state;
	assert_reads("a\x1b[31m\nb", "O=a\\1B[31m\\0Ab");
	assert_reads("\xc3\xbc", "O=\\C3\\BC");
}

static void a_long_name_is_cut(void **state)
{
	gnutls_x509_crt_t certificate;
	char name[201], out[ISSUER_SIZE];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
	assert_int_equal(gnutls_x509_crt_set_issuer_dn_by_oid(certificate, GNUTLS_OID_X520_ORGANIZATION_NAME,
							      0, name, 200),
			 0);
	memset(name, '\n', 60);
	assert_int_equal(gnutls_x509_crt_set_issuer_dn_by_oid(
				 certificate, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME, 0, name, 60),
			 0);
	assert_int_equal(issuer_write(certificate, out), ERR_OK);
	gnutls_x509_crt_deinit(certificate);
	assert_true(strlen(out) < ISSUER_SIZE);
	assert_true(strlen(out) > ISSUER_SIZE - 8);
	assert_string_equal(out + strlen(out) - 3, "...");
}

static void no_name_is_an_empty_one(void **state)
{
	gnutls_x509_crt_t certificate;
	char out[ISSUER_SIZE] = "old";

	(void)state;
	assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
	assert_int_equal(issuer_write(certificate, out), ERR_OK);
	gnutls_x509_crt_deinit(certificate);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_name_stays_as_it_is),
		cmocka_unit_test(what_is_not_visible_is_escaped),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(no_name_is_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
