/* SPDX-License-Identifier: ISC */
/* wrap: clock_now */
#include "base/clock.h"
#include "make_cert.h"
#include "tls/session.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST       "mta-sts.example.org"   /* ECDSA and RSA */
#define HOST_ECDSA "mta-sts.ecdsa.example" /* ECDSA only */
#define TLS_1_2    "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS_1_3    "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define ROUNDS     200
#define THREADS    3

/* Both ends of one connection, driven in turn by the test. */
struct fixture {
	int server_fd, client_fd;
	struct session *session;
	gnutls_session_t client;
	enum err server_result;
	int client_result;
};

static char *directory;
static struct certs *certs;
static gnutls_certificate_credentials_t anyone;

/* What the client has to say, when a test keeps it back. */
static struct {
	unsigned char bytes[4096];
	size_t len;
} kept;

__typeof__(clock_now) __wrap_clock_now;

time_t __wrap_clock_now(void)
{
	return MAKE_CERT_NOW;
}

static void load_certs(void)
{
	struct names roots = { 0 };
	struct complaints complaints = { 0 };

	assert_int_equal(names_put(&roots, directory), ERR_OK);
	assert_int_equal(certs_load(certs, &roots, &complaints), ERR_OK);
	assert_int_equal(complaints.count, 0);
	names_free(&roots);
}

static int set_up_group(void **state)
{
	(void)state;
	directory = make_cert_directory();
	make_cert(&(struct make_cert){ .names = { HOST }, .issuers = 1 }, directory, "e.crt", "e.key");
	make_cert(&(struct make_cert){ .names = { HOST }, .key = MAKE_CERT_RSA2048 }, directory, "r.crt",
		  "r.key");
	make_cert(&(struct make_cert){ .names = { HOST_ECDSA } }, directory, "o.crt", "o.key");
	assert_int_equal(certs_new(&certs), ERR_OK);
	load_certs();
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

static void open_server(struct fixture *fix)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	fix->server_fd = fds[0];
	fix->client_fd = fds[1];
	assert_int_equal(session_new(certs, NULL, fix->server_fd, NULL, 0, &fix->session), ERR_OK);
}

static void open_client(struct fixture *fix, const char *priority, const char *name)
{
	assert_int_equal(gnutls_init(&fix->client, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), 0);
	assert_int_equal(gnutls_priority_set_direct(fix->client, priority, NULL), 0);
	assert_int_equal(gnutls_credentials_set(fix->client, GNUTLS_CRD_CERTIFICATE, anyone), 0);
	if (name != NULL)
		assert_int_equal(gnutls_server_name_set(fix->client, GNUTLS_NAME_DNS, name, strlen(name)), 0);
	gnutls_transport_set_int(fix->client, fix->client_fd);
}

static void offer_protocol(struct fixture *fix, const char *first, const char *second)
{
	unsigned char text[2][16];
	gnutls_datum_t protocols[2] = { { text[0], (unsigned)strlen(first) }, { text[1], 0 } };

	memcpy(text[0], first, strlen(first));
	if (second != NULL) {
		memcpy(text[1], second, strlen(second));
		protocols[1].size = (unsigned)strlen(second);
	}
	assert_int_equal(gnutls_alpn_set_protocols(fix->client, protocols, second != NULL ? 2 : 1, 0), 0);
}

static void close_client(struct fixture *fix)
{
	if (fix->client != NULL)
		gnutls_deinit(fix->client);
	fix->client = NULL;
	if (fix->client_fd >= 0)
		(void)close(fix->client_fd);
	fix->client_fd = -1;
}

static void close_both(struct fixture *fix)
{
	close_client(fix);
	session_free(&fix->session);
	(void)close(fix->server_fd);
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .server_fd = -1 };
	memset(&kept, 0, sizeof(kept));
	open_server(&fixture);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	close_both(*state);
	return 0;
}

/* Drive both ends until neither has anything left to do. */
static void shake_hands(struct fixture *fix)
{
	fix->server_result = ERR_AGAIN;
	fix->client_result = GNUTLS_E_AGAIN;
	for (int i = 0; i < ROUNDS; i++) {
		if (fix->client_result < 0 && gnutls_error_is_fatal(fix->client_result) == 0)
			fix->client_result = gnutls_handshake(fix->client);
		if (fix->server_result == ERR_AGAIN)
			fix->server_result = session_handshake(fix->session);
	}
}

static void connect_both(struct fixture *fix, const char *priority, const char *name)
{
	open_client(fix, priority, name);
	shake_hands(fix);
	assert_int_equal(fix->client_result, 0);
	assert_int_equal(fix->server_result, ERR_OK);
	assert_string_equal(session_failure(fix->session), "");
}

static void assert_refused(struct fixture *fix, gnutls_alert_description_t alert, const char *failure)
{
	assert_int_equal(fix->server_result, ERR_CLOSED);
	assert_int_equal(fix->client_result, GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(gnutls_alert_get(fix->client), alert);
	assert_string_equal(session_failure(fix->session), failure);
}

/* One alert, and nothing behind it. */
static void assert_silence(struct fixture *fix)
{
	unsigned char byte;

	assert_int_equal(recv(fix->client_fd, &byte, 1, MSG_DONTWAIT), -1);
}

static void speaks_tls_1_2_and_1_3(void **state)
{
	static const struct {
		const char *priority;
		gnutls_protocol_t version;
	} good[] = {
		{ "NORMAL", GNUTLS_TLS1_3 },
		{ TLS_1_3, GNUTLS_TLS1_3 },
		{ TLS_1_2, GNUTLS_TLS1_2 },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		connect_both(fix, good[i].priority, HOST);
		assert_int_equal(gnutls_protocol_get_version(fix->client), good[i].version);
		assert_int_equal(gnutls_group_get(fix->client), GNUTLS_GROUP_X25519);
		assert_int_equal(gnutls_cipher_get(fix->client), GNUTLS_CIPHER_AES_128_GCM);
		assert_string_equal(session_host(fix->session), HOST);
		close_both(fix);
		open_server(fix);
	}
}

static void knows_a_name_in_capitals(void **state)
{
	struct fixture *fix = *state;

	connect_both(fix, "NORMAL", "MTA-STS.Example.ORG");
	assert_string_equal(session_host(fix->session), HOST);
}

static void asks_again_for_a_group_that_both_know(void **state)
{
	struct fixture *fix = *state;

	connect_both(fix, TLS_1_3 ":-GROUP-ALL:+GROUP-SECP521R1:+GROUP-SECP384R1", HOST);
	assert_int_equal(gnutls_group_get(fix->client), GNUTLS_GROUP_SECP384R1);
}

static void refuses_with_the_alert_that_says_why(void **state)
{
	static const struct {
		const char *priority, *name, *protocol;
		gnutls_alert_description_t alert;
		const char *failure;
	} bad[] = {
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.1", HOST, NULL, GNUTLS_A_PROTOCOL_VERSION,
		  "no common TLS version" },
		{ TLS_1_2 ":-CIPHER-ALL:+AES-256-CBC", HOST, NULL, GNUTLS_A_HANDSHAKE_FAILURE,
		  "no common cipher" },
		{ TLS_1_3 ":-CIPHER-ALL:+AES-128-CCM", HOST, NULL, GNUTLS_A_HANDSHAKE_FAILURE,
		  "no common cipher" },
		{ TLS_1_3 ":-GROUP-ALL:+GROUP-SECP521R1", HOST, NULL, GNUTLS_A_HANDSHAKE_FAILURE,
		  "no common key exchange" },
		{ TLS_1_2, "mta-sts.other.example", NULL, GNUTLS_A_UNRECOGNIZED_NAME,
		  "unknown server name (mta-sts.other.example)" },
		{ TLS_1_3, "mta-sts.other.example", NULL, GNUTLS_A_UNRECOGNIZED_NAME,
		  "unknown server name (mta-sts.other.example)" },
		{ TLS_1_2, NULL, NULL, GNUTLS_A_UNRECOGNIZED_NAME, "no server name" },
		{ TLS_1_3, NULL, NULL, GNUTLS_A_UNRECOGNIZED_NAME, "no server name" },
		{ TLS_1_3, "localhost", NULL, GNUTLS_A_UNRECOGNIZED_NAME, "unknown server name (localhost)" },
		{ TLS_1_2, HOST, "h2", GNUTLS_A_NO_APPLICATION_PROTOCOL, "no common application protocol" },
		{ TLS_1_3, HOST, "h2", GNUTLS_A_NO_APPLICATION_PROTOCOL, "no common application protocol" },
		{ TLS_1_2 ":-KX-ALL:+ECDHE-RSA", HOST_ECDSA, NULL, GNUTLS_A_HANDSHAKE_FAILURE,
		  "no certificate with a key the client takes (" HOST_ECDSA ")" },
		{ TLS_1_3 ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256", HOST_ECDSA, NULL,
		  GNUTLS_A_HANDSHAKE_FAILURE, "no certificate with a key the client takes (" HOST_ECDSA ")" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		open_client(fix, bad[i].priority, bad[i].name);
		if (bad[i].protocol != NULL)
			offer_protocol(fix, bad[i].protocol, NULL);
		shake_hands(fix);
		assert_refused(fix, bad[i].alert, bad[i].failure);
		assert_silence(fix);
		close_both(fix);
		open_server(fix);
	}
}

static void takes_http_1_1_from_a_longer_offer(void **state)
{
	struct fixture *fix = *state;
	gnutls_datum_t chosen;

	open_client(fix, "NORMAL", HOST);
	offer_protocol(fix, "h2", "http/1.1");
	shake_hands(fix);
	assert_int_equal(fix->server_result, ERR_OK);
	assert_int_equal(gnutls_alpn_get_selected_protocol(fix->client, &chosen), 0);
	assert_int_equal(chosen.size, 8);
	assert_memory_equal(chosen.data, "http/1.1", 8);
}

static gnutls_pk_algorithm_t leaf_algorithm(struct fixture *fix)
{
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(fix->client, &count);
	gnutls_x509_crt_t leaf;
	int algorithm;

	assert_non_null(chain);
	assert_int_equal(gnutls_x509_crt_init(&leaf), 0);
	assert_int_equal(gnutls_x509_crt_import(leaf, chain, GNUTLS_X509_FMT_DER), 0);
	algorithm = gnutls_x509_crt_get_pk_algorithm(leaf, NULL);
	gnutls_x509_crt_deinit(leaf);
	return (gnutls_pk_algorithm_t)algorithm;
}

static void chooses_the_key_that_the_client_takes(void **state)
{
	static const struct {
		const char *priority;
		gnutls_pk_algorithm_t algorithm;
	} good[] = {
		{ TLS_1_2, GNUTLS_PK_ECDSA },
		{ TLS_1_3, GNUTLS_PK_ECDSA },
		{ TLS_1_2 ":-KX-ALL:+ECDHE-RSA", GNUTLS_PK_RSA },
		{ TLS_1_2 ":-SIGN-ALL:+SIGN-RSA-SHA256", GNUTLS_PK_RSA },
		{ TLS_1_3 ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256", GNUTLS_PK_RSA },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		connect_both(fix, good[i].priority, HOST);
		assert_int_equal(leaf_algorithm(fix), good[i].algorithm);
		close_both(fix);
		open_server(fix);
	}
}

static void sends_the_whole_chain(void **state)
{
	struct fixture *fix = *state;
	unsigned count = 0;

	connect_both(fix, "NORMAL", HOST);
	(void)gnutls_certificate_get_peers(fix->client, &count);
	assert_int_equal(count, 2);
}

static ssize_t keep_bytes(gnutls_transport_ptr_t transport, const void *bytes, size_t len)
{
	(void)transport;
	assert_true(kept.len + len <= sizeof(kept.bytes));
	memcpy(kept.bytes + kept.len, bytes, len);
	kept.len += len;
	return (ssize_t)len;
}

/* Let the client write its first flight into our hands instead of the socket. */
static void keep_hello(struct fixture *fix, const char *name)
{
	open_client(fix, "NORMAL", name);
	gnutls_transport_set_push_function(fix->client, keep_bytes);
	assert_int_equal(gnutls_handshake(fix->client), GNUTLS_E_AGAIN);
	assert_true(kept.len > 100);
}

static void pass_on(struct fixture *fix, size_t from, size_t len)
{
	assert_int_equal(send(fix->client_fd, kept.bytes + from, len, 0), len);
}

static void takes_a_hello_that_comes_byte_by_byte(void **state)
{
	struct fixture *fix = *state;
	unsigned char first;

	keep_hello(fix, HOST);
	for (size_t i = 0; i < kept.len; i++) {
		assert_int_equal(recv(fix->client_fd, &first, 1, MSG_PEEK | MSG_DONTWAIT), -1);
		pass_on(fix, i, 1);
		assert_int_equal(session_handshake(fix->session), ERR_AGAIN);
	}
	/* The server's flight is there: a handshake record. */
	assert_int_equal(recv(fix->client_fd, &first, 1, MSG_PEEK | MSG_DONTWAIT), 1);
	assert_int_equal(first, 0x16);
}

/* The same hello with some bytes of its server name replaced on the way. */
static void refuses_hello_with(struct fixture *fix, const char *to, size_t len, const char *failure)
{
	const char from[] = "mta-sts.xxxx.example";
	unsigned char alert[7] = { 0 };
	unsigned char *at;

	keep_hello(fix, from);
	at = memmem(kept.bytes, kept.len, from, strlen(from));
	assert_non_null(at);
	memcpy(at, to, len);
	pass_on(fix, 0, kept.len);
	assert_int_equal(session_handshake(fix->session), ERR_CLOSED);
	assert_string_equal(session_failure(fix->session), failure);
	assert_int_equal(recv(fix->client_fd, alert, sizeof(alert), MSG_DONTWAIT), sizeof(alert));
	assert_int_equal(alert[0], 0x15);
	assert_int_equal(alert[5], GNUTLS_AL_FATAL);
	assert_int_equal(alert[6], GNUTLS_A_UNRECOGNIZED_NAME);
	assert_silence(fix);
	close_both(fix);
	open_server(fix);
	memset(&kept, 0, sizeof(kept));
}

static void refuses_server_names_that_are_none(void **state)
{
	struct fixture *fix = *state;

	refuses_hello_with(fix, "mta-sts.evil\0", 13, "malformed server name");
	refuses_hello_with(fix, "mta-sts.exam:443", 16, "malformed server name");
	refuses_hello_with(fix, "mta-sts.a\nb", 11, "malformed server name");
	refuses_hello_with(fix, "mta-sts..xxx", 12, "unknown server name (mta-sts..xxx.example)");
	refuses_hello_with(fix, "mta_sts", 7, "malformed server name");
	refuses_hello_with(fix, "*", 1, "malformed server name");
}

static void refuses_what_is_not_tls(void **state)
{
	static const char request[] = "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: " HOST "\r\n\r\n";
	struct fixture *fix = *state;
	unsigned char first;

	assert_int_equal(send(fix->client_fd, request, strlen(request), 0), strlen(request));
	assert_int_equal(session_handshake(fix->session), ERR_CLOSED);
	assert_true(strlen(session_failure(fix->session)) > 0);
	assert_int_equal(recv(fix->client_fd, &first, 1, MSG_DONTWAIT), 1);
	assert_int_equal(first, 0x15);
}

static void gives_no_tickets(void **state)
{
	struct fixture *fix = *state;
	char byte;

	connect_both(fix, TLS_1_3, HOST);
	assert_int_equal(session_finish(fix->session, "x", 1), ERR_OK);
	assert_int_equal(session_flush(fix->session), ERR_OK);
	assert_int_equal(gnutls_record_recv(fix->client, &byte, 1), 1);
	assert_int_equal(gnutls_session_get_flags(fix->client) & GNUTLS_SFLAGS_SESSION_TICKET, 0);
}

static void says_its_last_words_in_one_record_and_goodbye(void **state)
{
	static char answer[12288], got[16384];
	struct fixture *fix = *state;

	memset(answer, 'a', sizeof(answer));
	connect_both(fix, "NORMAL", HOST);
	assert_int_equal(session_finish(fix->session, answer, sizeof(answer)), ERR_OK);
	assert_int_equal(gnutls_record_recv(fix->client, got, sizeof(got)), GNUTLS_E_AGAIN);
	assert_int_equal(session_flush(fix->session), ERR_OK);
	assert_int_equal(shutdown(fix->server_fd, SHUT_WR), 0);

	/* The library hands out at most one record at a time. */
	assert_int_equal(gnutls_record_recv(fix->client, got, sizeof(got)), sizeof(answer));
	assert_memory_equal(got, answer, sizeof(answer));
	assert_int_equal(gnutls_record_recv(fix->client, got, sizeof(got)), 0);
	assert_string_equal(session_failure(fix->session), "");
}

static void resumes_sending_when_the_socket_was_full(void **state)
{
	static char answer[40000], got[40000];
	struct fixture *fix = *state;
	enum err err = ERR_AGAIN;
	unsigned full = 0;
	size_t len = 0;
	int small = 4608;

	for (size_t i = 0; i < sizeof(answer); i++)
		answer[i] = (char)('a' + i % 26);
	connect_both(fix, "NORMAL", HOST);
	assert_int_equal(setsockopt(fix->server_fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	assert_int_equal(session_finish(fix->session, answer, sizeof(answer)), ERR_OK);
	for (int i = 0; i < ROUNDS && len < sizeof(answer); i++) {
		ssize_t more;

		if (err == ERR_AGAIN)
			err = session_flush(fix->session);
		if (err == ERR_AGAIN)
			full++;
		assert_int_equal(session_wants_write(fix->session), err == ERR_AGAIN);
		more = gnutls_record_recv(fix->client, got + len, sizeof(got) - len);
		len += more > 0 ? (size_t)more : 0;
	}
	assert_int_equal(err, ERR_OK);
	assert_true(full > 0);
	assert_int_equal(len, sizeof(answer));
	assert_memory_equal(got, answer, sizeof(answer));
}

static void handshake_lasts_until_the_socket_has_taken_its_last_words(void **state)
{
	static char junk[4096];
	struct fixture *fix = *state;
	size_t filled = 0;
	ssize_t put;

	open_client(fix, TLS_1_2, HOST);
	assert_int_equal(gnutls_handshake(fix->client), GNUTLS_E_AGAIN);
	assert_int_equal(session_handshake(fix->session), ERR_AGAIN);
	assert_int_equal(gnutls_handshake(fix->client), GNUTLS_E_AGAIN);
	while ((put = send(fix->server_fd, junk, sizeof(junk), 0)) > 0)
		filled += (size_t)put;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(session_handshake(fix->session), ERR_AGAIN);
		assert_true(session_wants_write(fix->session));
	}

	while (filled > 0)
		filled -=
			(size_t)recv(fix->client_fd, junk, filled < sizeof(junk) ? filled : sizeof(junk), 0);
	assert_int_equal(session_handshake(fix->session), ERR_OK);
	assert_false(session_wants_write(fix->session));
	assert_int_equal(gnutls_handshake(fix->client), 0);
}

static void receives_what_the_client_says(void **state)
{
	struct fixture *fix = *state;
	char got[16];
	size_t len = 0;

	connect_both(fix, "NORMAL", HOST);
	assert_int_equal(session_receive(fix->session, got, sizeof(got), &len), ERR_AGAIN);
	assert_int_equal(gnutls_record_send(fix->client, "hello", 5), 5);
	assert_int_equal(session_receive(fix->session, got, sizeof(got), &len), ERR_OK);
	assert_int_equal(len, 5);
	assert_memory_equal(got, "hello", 5);

	assert_int_equal(gnutls_bye(fix->client, GNUTLS_SHUT_WR), 0);
	assert_int_equal(session_receive(fix->session, got, sizeof(got), &len), ERR_CLOSED);
	assert_string_equal(session_failure(fix->session), "");
}

static void notices_a_client_that_vanishes_without_a_word(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(session_handshake(fix->session), ERR_AGAIN);
	close_client(fix);
	assert_int_equal(session_handshake(fix->session), ERR_CLOSED);
	assert_string_equal(session_failure(fix->session), "client went away");
}

static void notices_a_client_that_vanishes_in_the_handshake(void **state)
{
	struct fixture *fix = *state;

	open_client(fix, "NORMAL", HOST);
	assert_int_equal(gnutls_handshake(fix->client), GNUTLS_E_AGAIN);
	assert_int_equal(session_handshake(fix->session), ERR_AGAIN);
	close_client(fix);
	assert_int_equal(session_handshake(fix->session), ERR_CLOSED);
	assert_string_equal(session_failure(fix->session), "connection lost");
}

static void notices_a_client_that_vanishes_in_its_hello(void **state)
{
	struct fixture *fix = *state;

	keep_hello(fix, HOST);
	pass_on(fix, 0, kept.len / 2);
	assert_int_equal(session_handshake(fix->session), ERR_AGAIN);
	close_client(fix);
	assert_int_equal(session_handshake(fix->session), ERR_CLOSED);
	assert_true(strlen(session_failure(fix->session)) > 0);
}

/* The signal would end the test program. */
static void survives_a_client_that_vanishes_before_the_answer(void **state)
{
	struct fixture *fix = *state;

	connect_both(fix, "NORMAL", HOST);
	close_client(fix);
	assert_int_equal(session_finish(fix->session, "x", 1), ERR_OK);
	assert_int_equal(session_flush(fix->session), ERR_CLOSED);
	assert_string_equal(session_failure(fix->session), "connection lost");
}

static void tells_which_alert_the_client_sent(void **state)
{
	struct fixture *fix = *state;

	open_client(fix, TLS_1_2, HOST);
	assert_int_equal(gnutls_handshake(fix->client), GNUTLS_E_AGAIN);
	assert_int_equal(session_handshake(fix->session), ERR_AGAIN);
	assert_int_equal(gnutls_alert_send(fix->client, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE), 0);
	assert_int_equal(session_handshake(fix->session), ERR_CLOSED);
	assert_string_equal(session_failure(fix->session), "client's alert: Certificate is bad");
}

static void declines_to_renegotiate(void **state)
{
	struct fixture *fix = *state;
	size_t len = 0;
	char got[16];

	connect_both(fix, TLS_1_2, HOST);
	assert_int_equal(gnutls_handshake(fix->client), GNUTLS_E_AGAIN);
	assert_int_equal(session_receive(fix->session, got, sizeof(got), &len), ERR_CLOSED);
	assert_string_equal(session_failure(fix->session), "renegotiation");
	assert_int_equal(gnutls_handshake(fix->client), GNUTLS_E_WARNING_ALERT_RECEIVED);
	assert_int_equal(gnutls_alert_get(fix->client), GNUTLS_A_NO_RENEGOTIATION);
}

static void keeps_its_pair_through_a_reload(void **state)
{
	struct fixture *fix = *state;

	open_client(fix, TLS_1_2, HOST_ECDSA);
	assert_int_equal(gnutls_handshake(fix->client), GNUTLS_E_AGAIN);
	assert_int_equal(session_handshake(fix->session), ERR_AGAIN);
	make_cert(&(struct make_cert){ .names = { HOST_ECDSA } }, directory, "o.crt", "o.key");
	load_certs();
	shake_hands(fix);
	assert_int_equal(fix->server_result, ERR_OK);
	assert_int_equal(fix->client_result, 0);
}

static void *connect_often(void *context)
{
	unsigned *done = context;

	for (unsigned i = 0; i < 10; i++) {
		struct fixture fixture = { .server_fd = -1 };

		open_server(&fixture);
		open_client(&fixture, i % 2 == 0 ? TLS_1_3 : TLS_1_2 ":-KX-ALL:+ECDHE-RSA", HOST);
		shake_hands(&fixture);
		if (fixture.server_result == ERR_OK && fixture.client_result == 0)
			(*done)++;
		close_both(&fixture);
	}
	return NULL;
}

static void serves_several_threads_at_once(void **state)
{
	pthread_t threads[THREADS];
	unsigned done[THREADS] = { 0 };

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, connect_often, &done[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(done[i], 10);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(speaks_tls_1_2_and_1_3),
		TEST(knows_a_name_in_capitals),
		TEST(asks_again_for_a_group_that_both_know),
		TEST(refuses_with_the_alert_that_says_why),
		TEST(takes_http_1_1_from_a_longer_offer),
		TEST(chooses_the_key_that_the_client_takes),
		TEST(sends_the_whole_chain),
		TEST(takes_a_hello_that_comes_byte_by_byte),
		TEST(refuses_server_names_that_are_none),
		TEST(refuses_what_is_not_tls),
		TEST(gives_no_tickets),
		TEST(says_its_last_words_in_one_record_and_goodbye),
		TEST(resumes_sending_when_the_socket_was_full),
		TEST(handshake_lasts_until_the_socket_has_taken_its_last_words),
		TEST(receives_what_the_client_says),
		TEST(notices_a_client_that_vanishes_without_a_word),
		TEST(notices_a_client_that_vanishes_in_the_handshake),
		TEST(notices_a_client_that_vanishes_in_its_hello),
		TEST(survives_a_client_that_vanishes_before_the_answer),
		TEST(tells_which_alert_the_client_sent),
		TEST(declines_to_renegotiate),
		TEST(keeps_its_pair_through_a_reload),
		cmocka_unit_test(serves_several_threads_at_once),
	};

	return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
