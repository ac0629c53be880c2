/* SPDX-License-Identifier: ISC */
/* wrap: clock_now file_write */
#include "scratch.h"

#include "base/clock.h"
#include "base/file.h"
#include "certs/challenges.h"
#include "certs/warm.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST       "mta-sts.example.org"
#define OTHER      "mta-sts.example.net"
#define THUMBPRINT "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
#define NOW        1795996800

static time_t now;
static bool disk_is_full;

__typeof__(clock_now) __wrap_clock_now;
__typeof__(file_write) __real_file_write;
__typeof__(file_write) __wrap_file_write;

time_t __wrap_clock_now(void)
{
	return now;
}

enum err __wrap_file_write(int fd, const struct text *text)
{
	return disk_is_full ? ERR_IO : __real_file_write(fd, text);
}

static struct challenges *challenges;

static void open_them(const struct scratch *scratch)
{
	challenges_free(&challenges);
	assert_int_equal(challenges_new(scratch->folder, now, &challenges), ERR_OK);
}

static int setup(void **state)
{
	now = NOW;
	disk_is_full = false;
	if (scratch_setup(state) != 0)
		return -1;
	open_them(*state);
	return 0;
}

static int teardown(void **state)
{
	challenges_free(&challenges);
	return scratch_teardown(state);
}

static enum err put_of(enum challenge_type type, const char *host, const char *token, time_t until)
{
	char authorization[CHALLENGE_AUTHORIZATION_SIZE];
	const struct challenge challenge = { type, host, token, authorization, until };

	(void)snprintf(authorization, sizeof(authorization), "%s." THUMBPRINT, token);
	return challenges_put(challenges, &challenge, now);
}

static enum err put(const char *host, const char *token, time_t until)
{
	return put_of(CHALLENGE_TLS_ALPN, host, token, until);
}

static void assert_told(const char *host, const char *token, bool wanted)
{
	char told[CHALLENGE_AUTHORIZATION_SIZE] = "", authorization[CHALLENGE_AUTHORIZATION_SIZE] = "";

	if (wanted)
		(void)snprintf(authorization, sizeof(authorization), "%s." THUMBPRINT, token);
	assert_int_equal(challenges_tell(challenges, host, token, told), wanted ? ERR_OK : ERR_NOT_FOUND);
	assert_string_equal(told, authorization);
}

static enum err list_one(void *context, const struct challenge *challenge)
{
	struct text *text = context;

	return text_appendf(text, "%s %s %lld\n", challenge->host, challenge->token,
			    (long long)(challenge->until - NOW));
}

static void assert_listed(const char *wanted)
{
	struct text text = { 0 };

	assert_int_equal(challenges_each(challenges, now, list_one, &text), ERR_OK);
	assert_string_equal(text.bytes != NULL ? text.bytes : "", wanted);
	text_free(&text);
}

static bool is_answered(const char *host)
{
	struct pair *pair = challenges_find(challenges, host);
	bool found = pair != NULL;

	pair_release(&pair);
	return found;
}

/* What the certificate that answers says in its extension. */
static void read_digest(const char *host, unsigned char digest[64])
{
	struct pair *pair = challenges_find(challenges, host);
	struct warm *warm = NULL;
	gnutls_pcert_st *chain;
	gnutls_privkey_t key;
	gnutls_x509_crt_t certificate;
	unsigned len, critical = 0;
	char name[HOST_SIZE];
	size_t size = 64, name_size = sizeof(name);

	assert_non_null(pair);
	assert_int_equal(warm_get(pair, &warm), ERR_OK);
	warm_material(warm, &chain, &len, &key);
	assert_int_equal(len, 1);
	assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
	assert_int_equal(gnutls_x509_crt_import(certificate, &chain[0].cert, GNUTLS_X509_FMT_DER), 0);
	assert_int_equal(gnutls_x509_crt_get_subject_alt_name(certificate, 0, name, &name_size, NULL),
			 GNUTLS_SAN_DNSNAME);
	assert_string_equal(name, host);
	name_size = sizeof(name);
	assert_int_equal(gnutls_x509_crt_get_subject_alt_name(certificate, 1, name, &name_size, NULL),
			 GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
	assert_int_equal(gnutls_x509_crt_get_extension_by_oid(certificate, "1.3.6.1.5.5.7.1.31", 0, digest,
							      &size, &critical),
			 0);
	assert_int_equal(size, 34);
	assert_int_equal(critical, 1);
	assert_int_equal(gnutls_x509_crt_check_issuer(certificate, certificate), 1);
	gnutls_x509_crt_deinit(certificate);
	warm_release(&warm);
	pair_release(&pair);
}

static void its_certificate_carries_the_digest_of_the_authorization(void **state)
{
	unsigned char authorization[] = "one." THUMBPRINT;
	const gnutls_datum_t said = { authorization, sizeof(authorization) - 1 };
	unsigned char wanted[34] = { 0x04, 0x20 }, digest[64];
	size_t size = 32;

	(void)state;
	assert_int_equal(gnutls_fingerprint(GNUTLS_DIG_SHA256, &said, wanted + 2, &size), 0);
	assert_int_equal(put(HOST, "one", NOW + 60), ERR_OK);
	read_digest(HOST, digest);
	assert_memory_equal(digest, wanted, sizeof(wanted));
}

/* uacme tells its hook no more of it. */
static void the_digest_alone_will_do_for_the_authorization(void **state)
{
	unsigned char bytes[34] = { 0x04, 0x20 }, digest[64];
	const gnutls_datum_t data = { bytes + 2, 32 };
	struct challenge challenge = { CHALLENGE_TLS_ALPN, HOST, "one", NULL, NOW + 60 };
	gnutls_datum_t letters = { NULL, 0 };

	(void)state;
	for (unsigned i = 0; i < 32; i++)
		bytes[2 + i] = (unsigned char)(255 - 7 * i);
	assert_int_equal(gnutls_base64_encode2(&data, &letters), 0);
	for (unsigned char *at = letters.data; at < letters.data + letters.size; at++)
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at == '=' ? '\0' : *at;
	challenge.authorization = (const char *)letters.data;
	assert_true(challenge_is_authorization(CHALLENGE_TLS_ALPN, challenge.authorization, "one"));
	assert_int_equal(challenges_put(challenges, &challenge, now), ERR_OK);
	read_digest(HOST, digest);
	assert_memory_equal(digest, bytes, sizeof(bytes));
	gnutls_free(letters.data);
}

static void only_its_host_is_answered_and_only_while_it_lives(void **state)
{
	size_t removed = 99;

	(void)state;
	assert_false(challenges_are_open(challenges));
	assert_int_equal(put(HOST, "one", NOW + 60), ERR_OK);
	assert_true(challenges_are_open(challenges));
	assert_true(is_answered(HOST));
	assert_false(is_answered(OTHER));
	assert_listed(HOST " one 60\n");

	now = NOW + 60;
	assert_false(challenges_are_open(challenges));
	assert_false(is_answered(HOST));
	assert_listed("");
	assert_int_equal(challenges_remove(challenges, "one", now, &removed), ERR_OK);
	assert_int_equal(removed, 0);
}

static void the_newest_of_a_host_is_answered(void **state)
{
	unsigned char one[64], two[64], again[64];

	(void)state;
	assert_int_equal(put(HOST, "one", NOW + 60), ERR_OK);
	read_digest(HOST, one);
	assert_int_equal(put(HOST, "two", NOW + 60), ERR_OK);
	read_digest(HOST, two);
	assert_memory_not_equal(one, two, 34);
	assert_int_equal(put(HOST, "one", NOW + 90), ERR_OK);
	read_digest(HOST, again);
	assert_memory_equal(one, again, 34);
	assert_listed(HOST " two 60\n" HOST " one 90\n");
}

static void a_token_that_is_removed_is_answered_no_more(void **state)
{
	size_t removed = 99;

	(void)state;
	assert_int_equal(put(HOST, "one", NOW + 60), ERR_OK);
	assert_int_equal(put(OTHER, "one", NOW + 60), ERR_OK);
	assert_int_equal(put(OTHER, "two", NOW + 60), ERR_OK);
	assert_int_equal(challenges_remove(challenges, "one", now, &removed), ERR_OK);
	assert_int_equal(removed, 2);
	assert_false(is_answered(HOST));
	assert_listed(OTHER " two 60\n");
	assert_int_equal(challenges_remove(challenges, "one", now, &removed), ERR_OK);
	assert_int_equal(removed, 0);
}

static void one_of_http_is_told_by_its_token_and_shown_to_no_handshake(void **state)
{
	size_t removed = 0;

	(void)state;
	assert_int_equal(put_of(CHALLENGE_HTTP, HOST, "one", NOW + 60), ERR_OK);
	assert_int_equal(put_of(CHALLENGE_HTTP, HOST, "two", NOW + 30), ERR_OK);
	assert_false(challenges_are_open(challenges));
	assert_false(is_answered(HOST));
	assert_told(HOST, "one", true);
	assert_told(HOST, "two", true);
	assert_told(HOST, "three", false);
	assert_told(HOST, "", false);
	assert_told(OTHER, "one", false);

	now = NOW + 30;
	assert_told(HOST, "two", false);
	assert_int_equal(challenges_remove(challenges, "one", now, &removed), ERR_OK);
	assert_int_equal(removed, 1);
	assert_told(HOST, "one", false);
}

static void both_types_may_have_one_token(void **state)
{
	assert_int_equal(put_of(CHALLENGE_HTTP, HOST, "one", NOW + 60), ERR_OK);
	assert_told(HOST, "one", true);
	assert_int_equal(put(HOST, "one", NOW + 60), ERR_OK);
	assert_int_equal(put_of(CHALLENGE_HTTP, HOST, "one", NOW + 90), ERR_OK);
	for (int i = 0; i < 2; i++) {
		assert_listed(HOST " one 60\n" HOST " one 90\n");
		assert_told(HOST, "one", true);
		assert_true(is_answered(HOST));
		open_them(*state);
	}
	now = NOW + 60;
	assert_told(HOST, "one", true);
	assert_false(is_answered(HOST));
	assert_false(challenges_are_open(challenges));
}

static void they_survive_a_restart_within_their_lifetime(void **state)
{
	unsigned char before[64], after[64];

	assert_int_equal(put(HOST, "one", NOW + 60), ERR_OK);
	assert_int_equal(put(HOST, "two", NOW + 30), ERR_OK);
	assert_int_equal(put(OTHER, "three", NOW + 30), ERR_OK);
	read_digest(HOST, before);
	open_them(*state);
	read_digest(HOST, after);
	assert_memory_equal(before, after, 34);

	now = NOW + 30;
	open_them(*state);
	assert_listed(HOST " one 60\n");
}

static void one_that_was_removed_does_not_come_back(void **state)
{
	size_t removed;

	assert_int_equal(put(HOST, "one", NOW + 60), ERR_OK);
	assert_int_equal(challenges_remove(challenges, "one", now, &removed), ERR_OK);
	open_them(*state);
	assert_listed("");
}

static void after_a_clock_that_was_set_back_none_lives_longer_than_the_longest(void **state)
{
	assert_int_equal(put(HOST, "one", NOW + 60), ERR_OK);
	now = NOW - CHALLENGE_LIFETIME_MAX;
	open_them(*state);
	assert_listed("");
}

static void what_cannot_be_written_changes_nothing(void **state)
{
	size_t removed;

	assert_int_equal(put(HOST, "one", NOW + 60), ERR_OK);
	disk_is_full = true;
	assert_int_equal(put(OTHER, "two", NOW + 60), ERR_STORE);
	assert_int_equal(put(HOST, "one", NOW + 90), ERR_STORE);
	assert_int_equal(challenges_remove(challenges, "one", now, &removed), ERR_STORE);
	assert_listed(HOST " one 60\n");
	assert_true(is_answered(HOST));
	open_them(*state);
	assert_listed(HOST " one 60\n");
}

static void no_more_are_open_than_the_limit(void **state)
{
	char token[16];

	(void)state;
	for (int i = 0; i < CHALLENGES_LIMIT; i++) {
		(void)snprintf(token, sizeof(token), "t%d", i);
		assert_int_equal(put(HOST, token, NOW + 60 + i % 2), ERR_OK);
	}
	assert_int_equal(put(OTHER, "more", NOW + 60), ERR_RANGE);
	assert_int_equal(put(HOST, "t7", NOW + 61), ERR_OK);
	now = NOW + 60;
	assert_int_equal(put(OTHER, "more", NOW + 90), ERR_OK);
	open_them(*state);
	assert_true(is_answered(OTHER));
}

static void a_file_that_is_none_of_ours_is_as_if_there_were_none(void **state)
{
	static const char *const files[] = {
		"x",
		HOST " one one." THUMBPRINT "\n",
		HOST " one two." THUMBPRINT " 1795996860\n",
		HOST " on/e on/e." THUMBPRINT " 1795996860\n",
		HOST " one one." THUMBPRINT "x 1795996860\n",
		HOST " one one." THUMBPRINT " 1795996860x\n",
		HOST " one one." THUMBPRINT " 1795996860 dns-01\n",
		HOST " one " THUMBPRINT " 1795996860 http-01\n",
		"bad_host one one." THUMBPRINT " 1795996860\n",
		HOST " one one." THUMBPRINT " 1795996860\n\n \nmore",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		(void)scratch_write(*state, "challenges", files[i]);
		open_them(*state);
		assert_listed("");
	}
	(void)scratch_write(*state, "challenges", HOST " one one." THUMBPRINT " 1795996860\n");
	open_them(*state);
	assert_listed(HOST " one 60\n");
	assert_true(is_answered(HOST)); /* that is what there was before there were types */
	(void)scratch_write(*state, "challenges", HOST " one one." THUMBPRINT " 1795996860 http-01\n");
	open_them(*state);
	assert_told(HOST, "one", true);
}

static void a_token_is_base64url(void **state)
{
	char longest[CHALLENGE_TOKEN_SIZE + 1];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[CHALLENGE_TOKEN_MAX] = '\0';
	assert_true(challenge_is_token(longest));
	assert_true(challenge_is_token("Az09-_"));
	longest[CHALLENGE_TOKEN_MAX] = 'a';
	longest[CHALLENGE_TOKEN_MAX + 1] = '\0';
	assert_false(challenge_is_token(longest));
	assert_false(challenge_is_token(""));
	assert_false(challenge_is_token("a="));
	assert_false(challenge_is_token("a b"));
	assert_false(challenge_is_token("../x"));
	assert_true(challenge_is_authorization(CHALLENGE_TLS_ALPN, "one." THUMBPRINT, "one"));
	assert_false(challenge_is_authorization(CHALLENGE_TLS_ALPN, "one." THUMBPRINT, "on"));
	assert_false(challenge_is_authorization(CHALLENGE_TLS_ALPN, "one", "one"));
	assert_true(challenge_is_authorization(CHALLENGE_TLS_ALPN, THUMBPRINT, "one"));
	assert_false(challenge_is_authorization(CHALLENGE_TLS_ALPN, THUMBPRINT "x", "one"));
	assert_false(challenge_is_authorization(CHALLENGE_TLS_ALPN, &THUMBPRINT[1], "one"));
	assert_false(challenge_is_authorization(CHALLENGE_TLS_ALPN, "one." THUMBPRINT "=", "one"));
	assert_false(challenge_is_authorization(CHALLENGE_TLS_ALPN, "one.short", "one"));
	assert_true(challenge_is_authorization(CHALLENGE_HTTP, "one." THUMBPRINT, "one"));
	assert_false(challenge_is_authorization(CHALLENGE_HTTP, THUMBPRINT, "one"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_certificate_carries_the_digest_of_the_authorization),
		TEST(the_digest_alone_will_do_for_the_authorization),
		TEST(only_its_host_is_answered_and_only_while_it_lives),
		TEST(the_newest_of_a_host_is_answered),
		TEST(a_token_that_is_removed_is_answered_no_more),
		TEST(one_of_http_is_told_by_its_token_and_shown_to_no_handshake),
		TEST(both_types_may_have_one_token),
		TEST(they_survive_a_restart_within_their_lifetime),
		TEST(one_that_was_removed_does_not_come_back),
		TEST(after_a_clock_that_was_set_back_none_lives_longer_than_the_longest),
		TEST(what_cannot_be_written_changes_nothing),
		TEST(no_more_are_open_than_the_limit),
		TEST(a_file_that_is_none_of_ours_is_as_if_there_were_none),
		TEST(a_token_is_base64url),
	};

	return cmocka_run_group_tests_name("challenges", tests, NULL, NULL);
}
