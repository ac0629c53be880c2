/* SPDX-License-Identifier: ISC */
/* wrap: file_read file_write */
#include "scratch.h"

#include "base/file.h"
#include "base/folder.h"
#include "certs/requests.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1795996800

static bool disk_is_full, cannot_be_read;

__typeof__(file_read) __real_file_read;
__typeof__(file_read) __wrap_file_read;

enum err __wrap_file_read(const char *path, size_t limit, struct file *file, const char **why)
{
	if (!cannot_be_read)
		return __real_file_read(path, limit, file, why);
	*why = "cannot be read";
	return ERR_IO;
}

__typeof__(file_write) __real_file_write;
__typeof__(file_write) __wrap_file_write;

enum err __wrap_file_write(int fd, const struct text *text)
{
	return disk_is_full ? ERR_IO : __real_file_write(fd, text);
}

static int setup(void **state)
{
	disk_is_full = cannot_be_read = false;
	return scratch_setup(state);
}

static const char *directory(void **state)
{
	return scratch_path(*state, "requests");
}

static enum err make(void **state, const char *name, const char *other, enum key_kind kind, struct text *pem)
{
	struct request_made made = { .pem = { 0 } };
	struct names names = { 0 };
	enum err err;

	assert_int_equal(names_put(&names, name), ERR_OK);
	if (other != NULL)
		assert_int_equal(names_put(&names, other), ERR_OK);
	err = requests_make(directory(state), &names, kind, NOW, &made);
	*pem = made.pem;
	names_free(&names);
	return err;
}

/* A certificate that an authority makes of a request, with names of its own choice. */
static char *sign(const struct text *pem, const char *name, const char *other)
{
	const gnutls_datum_t in = { (unsigned char *)pem->bytes, (unsigned)pem->len };
	gnutls_datum_t out;
	gnutls_x509_crq_t request;
	gnutls_x509_crt_t certificate, issuer;
	gnutls_x509_privkey_t key;
	char *text;

	assert_int_equal(gnutls_x509_crq_init(&request), 0);
	assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
	assert_int_equal(gnutls_x509_crt_init(&issuer), 0);
	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, 256, 0), 0);
	assert_int_equal(gnutls_x509_crt_set_key(issuer, key), 0);
	assert_int_equal(gnutls_x509_crq_import(request, &in, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(gnutls_x509_crq_verify(request, 0), 0);
	assert_int_equal(gnutls_x509_crt_set_crq(certificate, request), 0);
	assert_int_equal(gnutls_x509_crt_set_version(certificate, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(certificate, "1", 1), 0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(certificate, NOW), 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(certificate, NOW + 86400), 0);
	assert_int_equal(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name,
							      (unsigned)strlen(name), GNUTLS_FSAN_SET),
			 0);
	if (other != NULL)
		assert_int_equal(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, other,
								      (unsigned)strlen(other),
								      GNUTLS_FSAN_APPEND),
				 0);
	assert_int_equal(gnutls_x509_crt_sign2(certificate, issuer, key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &out), 0);
	text = strndup((char *)out.data, out.size);
	assert_non_null(text);
	gnutls_free(out.data);
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_crt_deinit(issuer);
	gnutls_x509_crq_deinit(request);
	return text;
}

/* The file of the key that a chain finds, without its directory; NULL: none. */
static const char *find(void **state, const char *chain)
{
	static char name[300];
	struct text key = { 0 };
	char *path = NULL;
	enum err err = requests_find(directory(state), chain, &path, &key);

	if (err == ERR_OK) {
		(void)strncpy(name, strrchr(path, '/') + 1, sizeof(name) - 1);
		assert_non_null(strstr(key.bytes, "PRIVATE KEY-----"));
	} else {
		assert_int_equal(err, ERR_NOT_FOUND);
		assert_null(path);
	}
	text_free(&key);
	free(path);
	return err == ERR_OK ? name : NULL;
}

static void a_chain_finds_its_key_by_any_of_its_names(void **state)
{
	struct text pem;
	char *chain;

	assert_int_equal(make(state, "mta-sts.a.test", "mta-sts.b.test", KEY_ECDSA, &pem), ERR_OK);
	chain = sign(&pem, "mta-sts.b.test", "MTA-STS.A.test");
	assert_string_equal(find(state, chain), "mta-sts.a.test-ecdsa.pem");
	free(chain);
	chain = sign(&pem, "mta-sts.b.test", NULL);
	assert_null(find(state, chain));
	free(chain);
	text_free(&pem);
}

static void a_chain_finds_no_key_but_its_own(void **state)
{
	struct text one, two;
	char *chain;

	assert_int_equal(make(state, "mta-sts.a.test", NULL, KEY_ECDSA, &one), ERR_OK);
	assert_int_equal(make(state, "mta-sts.b.test", NULL, KEY_ECDSA, &two), ERR_OK);
	chain = sign(&two, "mta-sts.a.test", NULL);
	assert_null(find(state, chain));
	free(chain);
	assert_null(find(state, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
	assert_null(find(state, ""));
	text_free(&one);
	text_free(&two);
}

static void both_kinds_wait_side_by_side(void **state)
{
	struct text ecdsa, rsa;
	char *chain;

	assert_int_equal(make(state, "mta-sts.a.test", NULL, KEY_ECDSA, &ecdsa), ERR_OK);
	assert_int_equal(make(state, "mta-sts.a.test", NULL, KEY_RSA, &rsa), ERR_OK);
	chain = sign(&rsa, "mta-sts.a.test", NULL);
	assert_string_equal(find(state, chain), "mta-sts.a.test-rsa.pem");
	free(chain);
	chain = sign(&ecdsa, "mta-sts.a.test", NULL);
	assert_string_equal(find(state, chain), "mta-sts.a.test-ecdsa.pem");
	free(chain);
	text_free(&ecdsa);
	text_free(&rsa);
}

static void a_name_that_is_a_path_leads_nowhere(void **state)
{
	struct text pem;
	char *chain;

	(void)scratch_write(*state, "x-ecdsa.pem", "");
	assert_int_equal(make(state, "mta-sts.a.test", NULL, KEY_ECDSA, &pem), ERR_OK);
	chain = sign(&pem, "../x", "/etc/passwd");
	assert_null(find(state, chain));
	free(chain);
	text_free(&pem);
}

static void a_key_that_cannot_be_kept_is_not_asked_for(void **state)
{
	struct names files = { 0 };
	struct text pem;

	disk_is_full = true;
	assert_int_equal(make(state, "mta-sts.a.test", NULL, KEY_ECDSA, &pem), ERR_STORE);
	assert_null(pem.bytes);
	assert_int_equal(folder_list(directory(state), &files), ERR_OK);
	assert_int_equal(files.count, 0);
	names_free(&files);
}

static void a_key_that_cannot_be_read_at_the_moment_is_not_replaced(void **state)
{
	struct text before, after;
	char *chain, *path = NULL;

	assert_int_equal(make(state, "mta-sts.a.test", NULL, KEY_ECDSA, &before), ERR_OK);
	chain = sign(&before, "mta-sts.a.test", NULL);
	cannot_be_read = true;
	assert_int_equal(make(state, "mta-sts.a.test", NULL, KEY_ECDSA, &after), ERR_STORE);
	assert_int_equal(requests_find(directory(state), chain, &path, &after), ERR_STORE);
	cannot_be_read = false;
	assert_non_null(find(state, chain));
	free(chain);
	text_free(&before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_chain_finds_its_key_by_any_of_its_names),
		TEST(a_chain_finds_no_key_but_its_own),
		TEST(both_kinds_wait_side_by_side),
		TEST(a_name_that_is_a_path_leads_nowhere),
		TEST(a_key_that_cannot_be_kept_is_not_asked_for),
		TEST(a_key_that_cannot_be_read_at_the_moment_is_not_replaced),
	};

	return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
