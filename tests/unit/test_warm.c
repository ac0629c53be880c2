/* SPDX-License-Identifier: ISC */
/* wrap: gnutls_privkey_import_x509 */
#include "make_cert.h"

#include "certs/pair.h"
#include "certs/warm.h"

#include <gnutls/abstract.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PAIRS   4
#define THREADS 4
#define ROUNDS  400

struct fixture {
	char *directory;
	struct complaints complaints;
	struct pair *pair[PAIRS];
};

static atomic_uint made;

__typeof__(gnutls_privkey_import_x509) __wrap_gnutls_privkey_import_x509;
__typeof__(gnutls_privkey_import_x509) __real_gnutls_privkey_import_x509;

int __wrap_gnutls_privkey_import_x509(gnutls_privkey_t key, gnutls_x509_privkey_t from, unsigned flags)
{
	atomic_fetch_add(&made, 1);
	return __real_gnutls_privkey_import_x509(key, from, flags);
}

static int set_up(void **state)
{
	static const enum make_cert_key keys[PAIRS] = { MAKE_CERT_P256, MAKE_CERT_RSA2048, MAKE_CERT_P384,
							MAKE_CERT_P256 };
	static struct fixture fixture;

	fixture = (struct fixture){ .directory = make_cert_directory() };
	for (size_t i = 0; i < PAIRS; i++) {
		const char *path = make_cert_path(fixture.directory, "a.pem");

		make_cert(&(struct make_cert){ .names = { "a.example" },
					       .key = keys[i],
					       .issuers = (unsigned)i },
			  fixture.directory, "a.pem", "a.pem");
		if (pair_load(path, path, MAKE_CERT_NOW, &fixture.complaints, &fixture.pair[i]) != ERR_OK)
			return -1;
	}
	atomic_store(&made, 0);
	warm_limit(WARM_LIMIT);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	for (size_t i = 0; i < PAIRS; i++)
		pair_release(&fix->pair[i]);
	complaints_free(&fix->complaints);
	make_cert_remove(&fix->directory);
	return warm_count() == 0 ? 0 : -1; /* what nobody has any more is not kept either */
}

static struct warm *get(struct fixture *fix, size_t at)
{
	struct warm *warm = NULL;

	assert_int_equal(warm_get(fix->pair[at], &warm), ERR_OK);
	return warm;
}

static void use(struct fixture *fix, size_t at)
{
	struct warm *warm = get(fix, at);

	warm_release(&warm);
}

/* What a handshake does with it. */
static bool signs(struct warm *warm)
{
	static unsigned char words[] = "words";
	const gnutls_datum_t data = { words, sizeof(words) };
	gnutls_datum_t signature = { NULL, 0 };
	gnutls_pcert_st *chain;
	gnutls_x509_crt_t leaf = NULL;
	gnutls_pubkey_t key = NULL;
	gnutls_privkey_t private;
	gnutls_sign_algorithm_t algorithm;
	unsigned len;
	bool right;

	warm_material(warm, &chain, &len, &private);
	algorithm = gnutls_privkey_get_pk_algorithm(private, NULL) == GNUTLS_PK_RSA
			    ? GNUTLS_SIGN_RSA_SHA256
			    : GNUTLS_SIGN_ECDSA_SHA256;
	right = gnutls_x509_crt_init(&leaf) == 0 &&
		gnutls_x509_crt_import(leaf, &chain[0].cert, GNUTLS_X509_FMT_DER) == 0 &&
		gnutls_pubkey_init(&key) == 0 && gnutls_pubkey_import_x509(key, leaf, 0) == 0 &&
		gnutls_privkey_sign_data2(private, algorithm, 0, &data, &signature) == 0 &&
		gnutls_pubkey_verify_data2(key, algorithm, 0, &data, &signature) == 0 &&
		gnutls_pubkey_verify_data2(chain[0].pubkey, algorithm, 0, &data, &signature) == 0;
	gnutls_free(signature.data);
	if (key != NULL)
		gnutls_pubkey_deinit(key);
	if (leaf != NULL)
		gnutls_x509_crt_deinit(leaf);
	return right;
}

static void each_kind_of_key_signs_for_its_certificate(void **state)
{
	struct fixture *fix = *state;

	for (size_t i = 0; i < PAIRS; i++) {
		struct warm *warm = get(fix, i);
		gnutls_pcert_st *chain;
		gnutls_privkey_t key;
		unsigned len;

		warm_material(warm, &chain, &len, &key);
		assert_int_equal(len, i + 1);
		assert_true(signs(warm));
		warm_release(&warm);
		assert_null(warm);
	}
}

static void is_made_ready_once(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(warm_count(), 0);
	for (size_t i = 0; i < 3; i++)
		use(fix, 0);
	assert_int_equal(atomic_load(&made), 1);
	assert_int_equal(warm_count(), 1);
}

static void the_one_that_was_used_longest_ago_goes(void **state)
{
	struct fixture *fix = *state;

	warm_limit(2);
	use(fix, 0);
	use(fix, 1);
	use(fix, 0);
	use(fix, 2);
	assert_int_equal(warm_count(), 2);
	assert_int_equal(atomic_load(&made), 3);
	use(fix, 0);
	use(fix, 2);
	assert_int_equal(atomic_load(&made), 3);
	use(fix, 1);
	assert_int_equal(atomic_load(&made), 4);
}

static void a_lower_limit_is_come_down_to(void **state)
{
	struct fixture *fix = *state;

	for (size_t i = 0; i < 3; i++)
		use(fix, i);
	warm_limit(1);
	for (size_t i = 0; i < PAIRS; i++)
		use(fix, i);
	assert_int_equal(warm_count(), 1);
}

static void what_is_held_stays_good_when_it_goes(void **state)
{
	struct fixture *fix = *state;
	struct warm *held;

	warm_limit(1);
	held = get(fix, 0);
	use(fix, 1);
	assert_int_equal(warm_count(), 1);
	assert_true(signs(held));
	warm_release(&held);
}

static void *use_one(void *context)
{
	struct warm *warm = NULL;

	if (warm_get(context, &warm) != ERR_OK || !signs(warm))
		return context;
	warm_release(&warm);
	return NULL;
}

static void many_that_want_the_same_wait_for_one(void **state)
{
	struct fixture *fix = *state;
	pthread_t threads[THREADS];
	void *failed;

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_one, fix->pair[1]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(atomic_load(&made), 1);
}

/* Two kinds only, as signatures with RSA take long. */
static void *use_many(void *context)
{
	struct fixture *fix = context;

	for (size_t i = 0; i < ROUNDS; i++) {
		struct warm *warm = NULL;
		struct pair *pair = pair_retain(fix->pair[i % 2 == 0 ? 0 : 3]);

		if (warm_get(pair, &warm) != ERR_OK || (i % 16 == 0 && !signs(warm)))
			return context;
		warm_release(&warm);
		pair_release(&pair);
	}
	return NULL;
}

static void a_limit_of_one_serves_many_at_once(void **state)
{
	struct fixture *fix = *state;
	pthread_t threads[THREADS];
	void *failed;

	warm_limit(1);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_many, fix), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(warm_count(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_kind_of_key_signs_for_its_certificate, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(is_made_ready_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_one_that_was_used_longest_ago_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lower_limit_is_come_down_to, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_held_stays_good_when_it_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_that_want_the_same_wait_for_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_limit_of_one_serves_many_at_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
