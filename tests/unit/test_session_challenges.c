/* SPDX-License-Identifier: ISC */
/* wrap: clock_now */

/* Handshakes while challenges of a certificate authority are open (RFC 8737). */
#include "base/clock.h"
#include "make_cert.h"
#include "scratch.h"
#include "tls/session.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST       "mta-sts.example.org"   /* has a certificate */
#define NEW        "mta-sts.new.example"   /* has none yet */
#define OTHER      "mta-sts.other.example" /* has one, and never a challenge */
#define IDENTIFIER "1.3.6.1.5.5.7.1.31"
#define THUMBPRINT "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
#define ACME       "acme-tls/1"
#define HTTP       "http/1.1"
#define TLS_1_2    "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS_1_3    "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define ASK_AGAIN  ":-GROUP-ALL:+GROUP-SECP521R1:+GROUP-SECP384R1"
#define ROUNDS     50
#define THREADS    3
#define VISITS     30

/* Every way in which a handshake can go. */
static const char *const priorities[] = { TLS_1_2, TLS_1_3, TLS_1_3 ASK_AGAIN };
#define WAYS (sizeof(priorities) / sizeof(*priorities))

/* Both ends of one connection. */
struct fixture {
	int server_fd, client_fd;
	struct session *session;
	gnutls_session_t client;
	enum err server_result;
	int client_result;
	const char *later; /* the protocol of its second ClientHello, if it is another one */
};

static char *directory;
static struct certs *certs;
static struct challenges *challenges;
static gnutls_certificate_credentials_t anyone;
static _Atomic(time_t) now;

__typeof__(clock_now) __wrap_clock_now;

time_t __wrap_clock_now(void)
{
	return now;
}

static int set_up_group(void **state)
{
	struct names roots = { 0 };
	struct complaints complaints = { 0 };

	(void)state;
	now = MAKE_CERT_NOW;
	directory = make_cert_directory();
	make_cert(&(struct make_cert){ .names = { HOST } }, directory, "e.crt", "e.key");
	make_cert(&(struct make_cert){ .names = { HOST }, .key = MAKE_CERT_RSA2048 }, directory, "r.crt",
		  "r.key");
	make_cert(&(struct make_cert){ .names = { OTHER } }, directory, "o.crt", "o.key");
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

static int set_up(void **state)
{
	now = MAKE_CERT_NOW;
	if (scratch_setup(state) != 0)
		return -1;
	return challenges_new(((struct scratch *)*state)->folder, now, &challenges) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	challenges_free(&challenges);
	return scratch_teardown(state);
}

static void open_challenge(const char *host, const char *token)
{
	char authorization[CHALLENGE_AUTHORIZATION_SIZE];
	const struct challenge challenge = { CHALLENGE_TLS_ALPN, host, token, authorization, now + 60 };

	(void)snprintf(authorization, sizeof(authorization), "%s." THUMBPRINT, token);
	assert_int_equal(challenges_put(challenges, &challenge, now), ERR_OK);
}

static void end_challenge(const char *token)
{
	size_t removed;

	assert_int_equal(challenges_remove(challenges, token, now, &removed), ERR_OK);
	assert_int_equal(removed, 1);
}

static void open_server(struct fixture *fix)
{
	int fds[2];

	*fix = (struct fixture){ .server_fd = -1 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	fix->server_fd = fds[0];
	fix->client_fd = fds[1];
	assert_int_equal(session_new(certs, challenges, fix->server_fd, NULL, 0, &fix->session), ERR_OK);
}

/* Protocols with blanks between them; "": none. */
static void offer(gnutls_session_t client, const char *protocols)
{
	unsigned char text[64];
	gnutls_datum_t each[4];
	unsigned count = 0;
	char *rest = NULL;

	(void)snprintf((char *)text, sizeof(text), "%s", protocols);
	for (char *one = strtok_r((char *)text, " ", &rest); one != NULL; one = strtok_r(NULL, " ", &rest))
		each[count++] = (gnutls_datum_t){ (unsigned char *)one, (unsigned)strlen(one) };
	if (count > 0)
		assert_int_equal(gnutls_alpn_set_protocols(client, each, count, 0), 0);
}

static void open_client(struct fixture *fix, const char *priority, const char *name, const char *protocols)
{
	assert_int_equal(gnutls_init(&fix->client, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), 0);
	assert_int_equal(gnutls_priority_set_direct(fix->client, priority, NULL), 0);
	assert_int_equal(gnutls_credentials_set(fix->client, GNUTLS_CRD_CERTIFICATE, anyone), 0);
	if (name != NULL)
		assert_int_equal(gnutls_server_name_set(fix->client, GNUTLS_NAME_DNS, name, strlen(name)), 0);
	offer(fix->client, protocols);
	gnutls_session_set_ptr(fix->client, fix);
	gnutls_transport_set_int(fix->client, fix->client_fd);
}

static void close_both(struct fixture *fix)
{
	if (fix->client != NULL)
		gnutls_deinit(fix->client);
	session_free(&fix->session);
	(void)close(fix->client_fd);
	(void)close(fix->server_fd);
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

static void connect_both(struct fixture *fix, const char *priority, const char *name, const char *protocols)
{
	open_server(fix);
	open_client(fix, priority, name, protocols);
	shake_hands(fix);
}

/* The digest of the certificate that the client got, or "" of one that answers no challenge. */
static void read_proof(struct fixture *fix, char digest[64])
{
	unsigned count = 0, critical = 0;
	size_t size = 64;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(fix->client, &count);
	gnutls_x509_crt_t leaf;

	assert_non_null(chain);
	assert_int_equal(gnutls_x509_crt_init(&leaf), 0);
	assert_int_equal(gnutls_x509_crt_import(leaf, chain, GNUTLS_X509_FMT_DER), 0);
	if (gnutls_x509_crt_get_extension_by_oid(leaf, IDENTIFIER, 0, digest, &size, &critical) < 0) {
		digest[0] = '\0';
	} else {
		assert_int_equal(count, 1);
		assert_int_equal(critical, 1);
		assert_int_equal(size, 34);
	}
	gnutls_x509_crt_deinit(leaf);
}

static bool agreed_on(struct fixture *fix, const char *protocol)
{
	gnutls_datum_t agreed = { NULL, 0 };

	(void)gnutls_alpn_get_selected_protocol(fix->client, &agreed);
	return agreed.size == strlen(protocol) &&
	       (agreed.size == 0 || memcmp(agreed.data, protocol, agreed.size) == 0);
}

static void assert_proven(struct fixture *fix, const char *host)
{
	char digest[64];

	if (fix->server_result != ERR_OK || fix->client_result != 0)
		fail_msg("%s: %s", host, session_failure(fix->session));
	read_proof(fix, digest);
	assert_memory_equal(digest, "\x04\x20", 2);
	assert_true(agreed_on(fix, ACME));
	assert_true(session_is_challenge(fix->session));
	assert_string_equal(session_host(fix->session), host);
	close_both(fix);
}

static void assert_ordinary(struct fixture *fix, const char *protocol)
{
	char digest[64];

	if (fix->server_result != ERR_OK || fix->client_result != 0)
		fail_msg("%s: %s", protocol, session_failure(fix->session));
	read_proof(fix, digest);
	assert_string_equal(digest, "");
	assert_true(agreed_on(fix, protocol));
	assert_false(session_is_challenge(fix->session));
	close_both(fix);
}

static void assert_refused(struct fixture *fix, gnutls_alert_description_t alert, enum failure kind,
			   const char *failure)
{
	unsigned char byte;

	assert_int_equal(fix->server_result, ERR_CLOSED);
	assert_int_equal(fix->client_result, GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(gnutls_alert_get(fix->client), alert);
	assert_string_equal(session_failure(fix->session), failure);
	assert_int_equal(session_failure_kind(fix->session), kind);
	assert_int_equal(recv(fix->client_fd, &byte, 1, MSG_DONTWAIT), -1);
	close_both(fix);
}

static void assert_not_open(struct fixture *fix, const char *name)
{
	char failure[256];

	(void)snprintf(failure, sizeof(failure), "no challenge is open for the server name (%s)", name);
	assert_refused(fix, GNUTLS_A_UNRECOGNIZED_NAME, FAILURE_UNKNOWN_NAME, failure);
}

static void assert_no_protocol(struct fixture *fix)
{
	assert_refused(fix, GNUTLS_A_NO_APPLICATION_PROTOCOL, FAILURE_PROTOCOL,
		       "no common application protocol");
}

static void authority_gets_the_proof_of_the_host_it_asks_for(void **state)
{
	struct fixture fix;

	(void)state;
	open_challenge(HOST, "one");
	open_challenge(NEW, "two");
	for (size_t i = 0; i < WAYS; i++) {
		connect_both(&fix, priorities[i], HOST, ACME);
		assert_proven(&fix, HOST);
		connect_both(&fix, priorities[i], NEW, ACME);
		assert_proven(&fix, NEW);
		connect_both(&fix, priorities[i], "MTA-STS.Example.ORG", ACME);
		assert_proven(&fix, HOST);
	}
}

static void its_protocol_is_unknown_while_none_is_open(void **state)
{
	struct fixture fix;

	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		connect_both(&fix, priorities[i], HOST, ACME);
		assert_no_protocol(&fix);

		open_challenge(HOST, "one");
		end_challenge("one");
		connect_both(&fix, priorities[i], HOST, ACME);
		assert_no_protocol(&fix);

		open_challenge(HOST, "one");
		now += 60;
		connect_both(&fix, priorities[i], HOST, ACME);
		assert_no_protocol(&fix);
	}
}

static void host_without_a_challenge_is_refused_and_not_served_by_its_certificate(void **state)
{
	struct fixture fix;

	(void)state;
	open_challenge(HOST, "one");
	for (size_t i = 0; i < WAYS; i++) {
		connect_both(&fix, priorities[i], OTHER, ACME);
		assert_not_open(&fix, OTHER);
		connect_both(&fix, priorities[i], "mta-sts.unknown.example", ACME);
		assert_not_open(&fix, "mta-sts.unknown.example");
		connect_both(&fix, priorities[i], NULL, ACME);
		assert_refused(&fix, GNUTLS_A_UNRECOGNIZED_NAME, FAILURE_NO_NAME, "no server name");
		connect_both(&fix, priorities[i], "localhost", ACME);
		assert_refused(&fix, GNUTLS_A_UNRECOGNIZED_NAME, FAILURE_UNKNOWN_NAME,
			       "unknown server name (localhost)");
	}
}

/* What the client has to say, in place of sending it. */
static struct {
	unsigned char bytes[4096];
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

/* The library's client would not send one. */
static void address_in_place_of_a_name_is_refused(void **state)
{
	static const char name[] = "a.example", address[] = "192.0.2.1";
	unsigned char alert[7] = { 0 };
	struct fixture fix;

	(void)state;
	open_challenge(HOST, "one");
	for (size_t i = 0; i < WAYS; i++) {
		kept.len = 0;
		open_server(&fix);
		open_client(&fix, priorities[i], name, ACME);
		gnutls_transport_set_push_function(fix.client, keep_bytes);
		assert_int_equal(gnutls_handshake(fix.client), GNUTLS_E_AGAIN);
		memcpy(memmem(kept.bytes, kept.len, name, strlen(name)), address, strlen(address));
		assert_int_equal(send(fix.client_fd, kept.bytes, kept.len, 0), kept.len);

		assert_int_equal(session_handshake(fix.session), ERR_CLOSED);

		assert_int_equal(session_failure_kind(fix.session), FAILURE_UNKNOWN_NAME);
		assert_int_equal(recv(fix.client_fd, alert, sizeof(alert), MSG_DONTWAIT), sizeof(alert));
		assert_int_equal(alert[6], GNUTLS_A_UNRECOGNIZED_NAME);
		close_both(&fix);
	}
}

static void senders_get_what_they_always_got(void **state)
{
	static const struct {
		const char *offered, *agreed;
	} senders[] = {
		{ "", "" },
		{ HTTP, HTTP },
		{ "h2 " HTTP, HTTP },
		{ HTTP " " ACME, HTTP },
		{ ACME " " HTTP, HTTP },
		{ ACME " h2 " HTTP, HTTP },
	};
	struct fixture fix;

	(void)state;
	open_challenge(HOST, "one");
	open_challenge(NEW, "two");
	for (size_t i = 0; i < WAYS; i++) {
		for (size_t k = 0; k < sizeof(senders) / sizeof(*senders); k++) {
			connect_both(&fix, priorities[i], HOST, senders[k].offered);
			assert_ordinary(&fix, senders[k].agreed);
			connect_both(&fix, priorities[i], OTHER, senders[k].offered);
			assert_ordinary(&fix, senders[k].agreed);
			connect_both(&fix, priorities[i], NEW, senders[k].offered);
			assert_refused(&fix, GNUTLS_A_UNRECOGNIZED_NAME, FAILURE_UNKNOWN_NAME,
				       "unknown server name (" NEW ")");
		}
		connect_both(&fix, priorities[i], HOST, "h2");
		assert_no_protocol(&fix);
	}
}

static void authority_that_cannot_take_its_key_is_told_so(void **state)
{
	static const char *const rsa[] = { TLS_1_2 ":-KX-ALL:+ECDHE-RSA",
					   TLS_1_3 ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256" };
	struct fixture fix;

	(void)state;
	open_challenge(HOST, "one");
	for (size_t i = 0; i < sizeof(rsa) / sizeof(*rsa); i++) {
		connect_both(&fix, rsa[i], HOST, ACME);
		assert_refused(&fix, GNUTLS_A_HANDSHAKE_FAILURE, FAILURE_KEY,
			       "no certificate with a key the client takes (" HOST ")");
	}
	connect_both(&fix, "NORMAL:-VERS-ALL:+VERS-TLS1.1", HOST, ACME);
	assert_refused(&fix, GNUTLS_A_PROTOCOL_VERSION, FAILURE_VERSION, "no common TLS version");
}

static void challenge_that_ends_before_the_hello_is_read_is_refused(void **state)
{
	struct fixture fix;

	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		open_challenge(HOST, "one");
		open_server(&fix);
		end_challenge("one");
		open_client(&fix, priorities[i], HOST, ACME);
		shake_hands(&fix);
		assert_not_open(&fix, HOST);
	}
}

static void challenge_that_ends_in_the_handshake_is_answered(void **state)
{
	struct fixture fix;

	(void)state;
	open_challenge(HOST, "one");
	open_server(&fix);
	open_client(&fix, TLS_1_2, HOST, ACME);
	assert_int_equal(gnutls_handshake(fix.client), GNUTLS_E_AGAIN);
	assert_int_equal(session_handshake(fix.session), ERR_AGAIN);
	end_challenge("one");
	shake_hands(&fix);
	assert_proven(&fix, HOST);
}

static int change_protocol(gnutls_session_t client, unsigned type, unsigned when, unsigned incoming,
			   const gnutls_datum_t *message)
{
	struct fixture *fix = gnutls_session_get_ptr(client);

	(void)type;
	(void)when;
	(void)incoming;
	(void)message;
	if (fix->later != NULL)
		offer(client, fix->later);
	fix->later = NULL;
	return 0;
}

/* The library may keep the certificate of the first one. */
static void protocol_that_changes_with_the_second_hello_is_refused(void **state)
{
	struct fixture fix;

	(void)state;
	open_challenge(HOST, "one");
	open_server(&fix);
	open_client(&fix, TLS_1_3 ASK_AGAIN, HOST, "");
	fix.later = ACME;
	gnutls_handshake_set_hook_function(fix.client, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_POST,
					   change_protocol);
	shake_hands(&fix);
	assert_null(fix.later);
	assert_refused(&fix, GNUTLS_A_ILLEGAL_PARAMETER, FAILURE_MALFORMED,
		       "An illegal parameter has been received.");
}

/* In a thread of its own nothing may be asserted. */
static bool is_right(struct fixture *fix, bool is_sender)
{
	if (fix->server_result != ERR_OK)
		return !is_sender && fix->client_result == GNUTLS_E_FATAL_ALERT_RECEIVED;
	return fix->client_result == 0 && agreed_on(fix, is_sender ? HTTP : ACME) &&
	       session_is_challenge(fix->session) == !is_sender;
}

struct visitor {
	atomic_bool over;
	unsigned right;
};

static void *connect_often(void *context)
{
	struct visitor *visitor = context;
	struct fixture fix;

	for (unsigned i = 0; i < VISITS; i++) {
		bool is_sender = i % 3 == 0;

		connect_both(&fix, priorities[i % WAYS], i % 2 == 0 ? HOST : OTHER, is_sender ? HTTP : ACME);
		visitor->right += is_right(&fix, is_sender);
		close_both(&fix);
	}
	atomic_store(&visitor->over, true);
	return NULL;
}

static void challenges_come_and_go_while_others_shake_hands(void **state)
{
	pthread_t threads[THREADS];
	static struct visitor visitors[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, connect_often, &visitors[i]), 0);
	while (!atomic_load(&visitors[0].over) || !atomic_load(&visitors[1].over) ||
	       !atomic_load(&visitors[2].over)) {
		open_challenge(HOST, "one");
		open_challenge(HOST, "two");
		end_challenge("one");
		end_challenge("two");
	}
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(visitors[i].right, VISITS);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(authority_gets_the_proof_of_the_host_it_asks_for),
		TEST(its_protocol_is_unknown_while_none_is_open),
		TEST(host_without_a_challenge_is_refused_and_not_served_by_its_certificate),
		TEST(address_in_place_of_a_name_is_refused),
		TEST(senders_get_what_they_always_got),
		TEST(authority_that_cannot_take_its_key_is_told_so),
		TEST(challenge_that_ends_before_the_hello_is_read_is_refused),
		TEST(challenge_that_ends_in_the_handshake_is_answered),
		TEST(protocol_that_changes_with_the_second_hello_is_refused),
		TEST(challenges_come_and_go_while_others_shake_hands),
	};

	return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
