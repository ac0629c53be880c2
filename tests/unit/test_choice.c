/* SPDX-License-Identifier: ISC */
/* wrap: clock_now */

/* The limits of a handshake; which pair it gets is in test_session.c. */
#include "tls/choice_private.h"

#include "base/clock.h"
#include "certs/candidate_private.h"
#include "make_cert.h"
#include "tls/session.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST        "mta-sts.example.org" /* P-384 and RSA of 4096 bits, both with the largest chain */
#define ROUNDS      50
#define PADDING     64000 /* an extension that nobody knows */
#define SOME        1000
#define PIECE       1000 /* of a message, bytes in one record */
#define RECORD_SIZE 16000
#define TLS_1_2     "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS_1_3     "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define RSA_1_2     ":-KX-ALL:+ECDHE-RSA"
#define RSA_1_3     ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256"
#define ASK_AGAIN   ":-GROUP-ALL:+GROUP-SECP521R1:+GROUP-SECP384R1"

static char *directory;
static struct certs *certs;
static gnutls_certificate_credentials_t anyone;

/* One connection: what its client adds to its ClientHello, and how large that becomes at most. */
struct fixture {
	int server_fd, client_fd;
	struct session *session;
	gnutls_session_t client;
	size_t padding;
	size_t hello_size;
	unsigned hellos;
};

__typeof__(clock_now) __wrap_clock_now;

time_t __wrap_clock_now(void)
{
	return MAKE_CERT_NOW;
}

static int set_up_group(void **state)
{
	struct names roots = { 0 };
	struct complaints complaints = { 0 };

	(void)state;
	directory = make_cert_directory();
	make_cert(
		&(struct make_cert){ .names = { HOST }, .key = MAKE_CERT_P384, .size = CANDIDATE_CHAIN_SIZE },
		directory, "e.crt", "e.key");
	make_cert(&(struct make_cert){ .names = { HOST },
				       .key = MAKE_CERT_RSA4096,
				       .size = CANDIDATE_CHAIN_SIZE },
		  directory, "r.crt", "r.key");
	assert_int_equal(certs_new(&certs), ERR_OK);
	assert_int_equal(names_put(&roots, directory), ERR_OK);
	assert_int_equal(certs_load(certs, &roots, &complaints), ERR_OK);
	assert_int_equal(complaints.count, 0);
	names_free(&roots);
	assert_int_equal(gnutls_certificate_allocate_credentials(&anyone), 0);
	return session_setup() == ERR_OK ? 0 : -1;
}

static int tear_down_group(void **state)
{
	(void)state;
	session_teardown();
	gnutls_certificate_free_credentials(anyone);
	certs_free(&certs);
	make_cert_remove(&directory);
	return 0;
}

static int pad(gnutls_session_t tls, gnutls_buffer_t buffer)
{
	const struct fixture *fix = gnutls_session_get_ptr(tls);
	unsigned char *zeros = calloc(1, fix->padding);

	assert_non_null(zeros);
	assert_int_equal(gnutls_buffer_append_data(buffer, zeros, fix->padding), 0);
	free(zeros);
	return (int)fix->padding;
}

static int take_nothing(gnutls_session_t tls, const unsigned char *data, size_t len)
{
	(void)tls;
	(void)data;
	(void)len;
	return 0;
}

static int note_hello(gnutls_session_t tls, unsigned type, unsigned when, unsigned incoming,
		      const gnutls_datum_t *message)
{
	struct fixture *fix = gnutls_session_get_ptr(tls);

	(void)type;
	(void)when;
	(void)incoming;
	if (message->size > fix->hello_size)
		fix->hello_size = message->size;
	fix->hellos++;
	return 0;
}

static void open_both(struct fixture *fix, const char *priority, size_t padding)
{
	int fds[2];

	*fix = (struct fixture){ .padding = padding };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	fix->server_fd = fds[0];
	fix->client_fd = fds[1];
	assert_int_equal(session_new(certs, NULL, fix->server_fd, NULL, 0, &fix->session), ERR_OK);
	assert_int_equal(gnutls_init(&fix->client, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), 0);
	gnutls_session_set_ptr(fix->client, fix);
	assert_int_equal(gnutls_priority_set_direct(fix->client, priority, NULL), 0);
	assert_int_equal(gnutls_credentials_set(fix->client, GNUTLS_CRD_CERTIFICATE, anyone), 0);
	assert_int_equal(gnutls_server_name_set(fix->client, GNUTLS_NAME_DNS, HOST, strlen(HOST)), 0);
	assert_int_equal(gnutls_session_ext_register(fix->client, "padding", PADDING, GNUTLS_EXT_ANY,
						     take_nothing, pad, NULL, NULL, NULL,
						     GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_TLS),
			 0);
	gnutls_handshake_set_hook_function(fix->client, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE,
					   note_hello);
	gnutls_transport_set_int(fix->client, fix->client_fd);
}

static void close_both(struct fixture *fix)
{
	gnutls_deinit(fix->client);
	session_free(&fix->session);
	(void)close(fix->client_fd);
	(void)close(fix->server_fd);
}

/* Drive both ends until neither has anything left to do; what came of it for us. */
static enum err shake_hands(struct fixture *fix)
{
	int client = GNUTLS_E_AGAIN;
	enum err server = ERR_AGAIN;

	for (int i = 0; i < ROUNDS; i++) {
		if (client < 0 && gnutls_error_is_fatal(client) == 0)
			client = gnutls_handshake(fix->client);
		if (server == ERR_AGAIN)
			server = session_handshake(fix->session);
	}
	assert_int_equal(client == 0, server == ERR_OK);
	return server;
}

/* Open a connection whose ClientHello, the larger if there are two, has so many bytes. */
static void open_with_hello(struct fixture *fix, const char *priority, size_t size)
{
	size_t other;

	open_both(fix, priority, SOME);
	assert_int_equal(shake_hands(fix), ERR_OK);
	other = fix->hello_size - SOME;
	close_both(fix);
	open_both(fix, priority, size - other);
}

static const char *const priorities[] = {
	TLS_1_2, TLS_1_3, TLS_1_2 RSA_1_2, TLS_1_3 RSA_1_3, TLS_1_3 ASK_AGAIN, TLS_1_3 RSA_1_3 ASK_AGAIN,
};

static void largest_hello_and_largest_chain_make_a_handshake(void **state)
{
	struct fixture fix;

	(void)state;
	for (size_t i = 0; i < sizeof(priorities) / sizeof(*priorities); i++) {
		unsigned count = 0;
		const gnutls_datum_t *chain;

		open_with_hello(&fix, priorities[i], CHOICE_HELLO_LIMIT);
		if (shake_hands(&fix) != ERR_OK)
			fail_msg("%s: %s", priorities[i], session_failure(fix.session));

		assert_int_equal(fix.hello_size, CHOICE_HELLO_LIMIT);
		assert_int_equal(fix.hellos, strstr(priorities[i], ASK_AGAIN) != NULL ? 2 : 1);
		chain = gnutls_certificate_get_peers(fix.client, &count);
		assert_int_equal(count, 1);
		assert_int_equal(chain[0].size, CANDIDATE_CHAIN_SIZE);
		close_both(&fix);
	}
}

static void larger_hello_is_refused(void **state)
{
	struct fixture fix;

	(void)state;
	for (size_t i = 0; i < sizeof(priorities) / sizeof(*priorities); i++) {
		if (strstr(priorities[i], ASK_AGAIN) != NULL)
			continue;
		open_with_hello(&fix, priorities[i], CHOICE_HELLO_LIMIT + 1);

		assert_int_equal(shake_hands(&fix), ERR_CLOSED);

		assert_int_equal(fix.hello_size, CHOICE_HELLO_LIMIT + 1);
		assert_int_equal(session_failure_kind(fix.session), FAILURE_MALFORMED);
		close_both(&fix);
	}
}

/* A key exchange that would have us keep 4 KiB. */
static void little_is_taken_after_the_hello(void **state)
{
	static const unsigned char key_exchange[] = { 22, 3, 3, 0x0f, 0xff, 16, 0, 0x0f, 0xfb };
	static unsigned char rest[4096];
	struct fixture fix;

	(void)state;
	open_both(&fix, TLS_1_2, SOME);
	assert_int_equal(gnutls_handshake(fix.client), GNUTLS_E_AGAIN);
	assert_int_equal(session_handshake(fix.session), ERR_AGAIN);
	assert_int_equal(send(fix.client_fd, key_exchange, sizeof(key_exchange), 0), sizeof(key_exchange));
	assert_int_equal(send(fix.client_fd, rest, 4091, 0), 4091);

	assert_int_equal(session_handshake(fix.session), ERR_CLOSED);

	assert_string_equal(session_failure(fix.session), "The handshake data size is too large.");
	close_both(&fix);
}

/* The next of many records of one message that would have 16 MiB; whether it could be sent. */
static bool send_piece(struct fixture *fix, bool first)
{
	static unsigned char record[5 + PIECE] = { 22, 3, 3, PIECE >> 8, PIECE & 0xff };

	memcpy(record + 5, first ? "\1\xff\xff\xff" : "\0\0\0\0", 4);
	return send(fix->client_fd, record, sizeof(record), MSG_NOSIGNAL) == sizeof(record);
}

/* How many of these bytes are taken until the handshake is refused. */
static size_t taken_of_endless_message(struct fixture *fix)
{
	size_t taken = 0;
	enum err err = ERR_AGAIN;

	while (err == ERR_AGAIN && taken < (1 << 20)) {
		assert_true(send_piece(fix, taken == 0));
		err = session_handshake(fix->session);
		taken += PIECE;
	}
	assert_int_equal(err, ERR_CLOSED);
	assert_int_equal(session_failure_kind(fix->session), FAILURE_MALFORMED);
	return taken;
}

static void endless_hello_is_cut_off(void **state)
{
	struct fixture fix;

	(void)state;
	open_both(&fix, TLS_1_3, SOME);

	assert_in_range(taken_of_endless_message(&fix), CHOICE_HELLO_LIMIT, 2 * CHOICE_HELLO_LIMIT);
	close_both(&fix);
}

static void endless_message_after_the_hello_is_cut_off_sooner(void **state)
{
	struct fixture fix;

	(void)state;
	open_both(&fix, TLS_1_2, SOME);
	assert_int_equal(gnutls_handshake(fix.client), GNUTLS_E_AGAIN);
	assert_int_equal(session_handshake(fix.session), ERR_AGAIN);

	assert_in_range(taken_of_endless_message(&fix), PIECE, CHOICE_HELLO_LIMIT);
	close_both(&fix);
}

/* The keys with which the client seals under TLS 1.3, as a key log has them. */
static struct {
	unsigned char secret[32];
	uint64_t number; /* of the next record */
} seal;

static int keep_secret(gnutls_session_t tls, const char *label, const gnutls_datum_t *secret)
{
	(void)tls;
	if (strcmp(label, "CLIENT_TRAFFIC_SECRET_0") == 0) {
		assert_int_equal(secret->size, sizeof(seal.secret));
		memcpy(seal.secret, secret->data, secret->size);
	}
	return 0;
}

/* RFC 8446, section 7.1; the label with its length. */
static void expand(const char *label, unsigned char *out, size_t len)
{
	const gnutls_datum_t secret = { seal.secret, sizeof(seal.secret) };
	unsigned char bytes[32] = { 0, (unsigned char)len };
	gnutls_datum_t info = { bytes, (unsigned)(3 + strlen(label)) };

	memcpy(bytes + 2, label, strlen(label));
	assert_int_equal(gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &secret, &info, out, len), 0);
}

static size_t make_sealed(unsigned char *record, const unsigned char *bytes, size_t len)
{
	const size_t sealed = len + 1 + 16;
	const unsigned char header[] = { 23, 3, 3, (unsigned char)(sealed >> 8), (unsigned char)sealed };
	static unsigned char plain[RECORD_SIZE + 1];
	unsigned char key[16], nonce[12];
	const gnutls_datum_t key_datum = { key, sizeof(key) };
	gnutls_aead_cipher_hd_t cipher;
	size_t size = sealed;

	expand("\x09tls13 key", key, sizeof(key));
	expand("\x08tls13 iv", nonce, sizeof(nonce));
	for (size_t i = 0; i < 8; i++)
		nonce[11 - i] ^= (unsigned char)(seal.number >> (8 * i));
	seal.number++;
	memcpy(plain, bytes, len);
	plain[len] = 22;
	memcpy(record, header, sizeof(header));
	assert_int_equal(gnutls_aead_cipher_init(&cipher, GNUTLS_CIPHER_AES_128_GCM, &key_datum), 0);
	assert_int_equal(gnutls_aead_cipher_encrypt(cipher, nonce, sizeof(nonce), header, sizeof(header), 16,
						    plain, len + 1, record + sizeof(header), &size),
			 0);
	gnutls_aead_cipher_deinit(cipher);
	return sizeof(header) + size;
}

static void endless_message_within_a_session_is_cut_off(void **state)
{
	static unsigned char record[RECORD_SIZE + 64], bytes[RECORD_SIZE] = { 1, 0xff, 0xff, 0xff };
	struct fixture fix;
	enum err err = ERR_AGAIN;
	size_t taken = 0;

	(void)state;
	seal.number = 0;
	open_both(&fix, TLS_1_3 ":-CIPHER-ALL:+AES-128-GCM", SOME);
	gnutls_session_set_keylog_function(fix.client, keep_secret);
	assert_int_equal(shake_hands(&fix), ERR_OK);

	while (err == ERR_AGAIN && taken < (1 << 20)) {
		size_t size = make_sealed(record, bytes, sizeof(bytes));
		size_t len = 0;
		char got[64];

		assert_int_equal(send(fix.client_fd, record, size, 0), size);
		err = session_receive(fix.session, got, sizeof(got), &len);
		memset(bytes, 0, sizeof(bytes));
		taken += sizeof(bytes);
	}

	assert_int_equal(err, ERR_CLOSED);
	assert_in_range(taken, 1, 2 * RECORD_SIZE);
	assert_string_equal(session_failure(fix.session), "too many records without content");
	close_both(&fix);
}

/* What the client says, when a test keeps it back. */
static struct {
	unsigned char bytes[RECORD_SIZE + 64];
	size_t len;
} kept;

static ssize_t keep_bytes(gnutls_transport_ptr_t transport, const void *bytes, size_t len)
{
	(void)transport;
	assert_true(kept.len + len <= sizeof(kept.bytes));
	memcpy(kept.bytes + kept.len, bytes, len);
	kept.len += len;
	return (ssize_t)len;
}

/* As a request does whose record is larger than the segments of TCP. */
static void large_record_within_a_session_may_come_in_pieces(void **state)
{
	static char said[RECORD_SIZE], got[RECORD_SIZE];
	struct fixture fix;
	enum err err = ERR_AGAIN;
	size_t len = 0;

	(void)state;
	open_both(&fix, TLS_1_3, SOME);
	assert_int_equal(shake_hands(&fix), ERR_OK);
	kept.len = 0;
	gnutls_transport_set_push_function(fix.client, keep_bytes);
	assert_int_equal(gnutls_record_send(fix.client, said, sizeof(said)), sizeof(said));

	for (size_t at = 0; at < kept.len; at += SOME) {
		size_t size = kept.len - at < SOME ? kept.len - at : SOME;

		assert_int_equal(err, ERR_AGAIN);
		assert_int_equal(send(fix.client_fd, kept.bytes + at, size, 0), size);
		err = session_receive(fix.session, got, sizeof(got), &len);
	}

	assert_int_equal(err, ERR_OK);
	assert_int_equal(len, sizeof(said));
	close_both(&fix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(largest_hello_and_largest_chain_make_a_handshake),
		cmocka_unit_test(larger_hello_is_refused),
		cmocka_unit_test(little_is_taken_after_the_hello),
		cmocka_unit_test(endless_hello_is_cut_off),
		cmocka_unit_test(endless_message_after_the_hello_is_cut_off_sooner),
		cmocka_unit_test(endless_message_within_a_session_is_cut_off),
		cmocka_unit_test(large_record_within_a_session_may_come_in_pieces),
	};

	return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
