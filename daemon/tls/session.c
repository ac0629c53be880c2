/* SPDX-License-Identifier: ISC */
#include "tls/session.h"

#include "base/log.h"
#include "base/text.h"
#include "tls/choice.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define LIBRARY_MINIMUM "3.7.9"

/* A ClientHello takes a few kilobytes at most; the library alone would gather 128 KiB for each connection. */
#define MESSAGE_LIMIT 16384

/* Warning alerts that a client may send before it is cut off. */
#define WARNINGS_LIMIT 4

/* Records without anything for us: a ClientHello in pieces, key updates, empty ones.  More are an attack. */
#define IDLE_LIMIT 1024

/* X25519 first saves a round trip with most clients, AES-128 first saves SHA-384. */
static const char priorities[] =
	"NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM"
	":+ECDHE-ECDSA:+ECDHE-RSA:+AEAD:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"
	":+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA256"
	":+SIGN-ECDSA-SHA384:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-RSAE-SHA384"
	":+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:+CTYPE-X509:+COMP-NULL:%SERVER_PRECEDENCE";

/* What happens every day, in words of our own; an alert stands where the library would choose another. */
struct failure {
	int result;
	const char *words;
	gnutls_alert_level_t level; /* 0: no alert of our own */
	gnutls_alert_description_t alert;
};

static const struct failure failures[] = {
	{ GNUTLS_E_NO_CIPHER_SUITES, "no common cipher", 0, 0 },
	{ GNUTLS_E_NO_COMMON_KEY_SHARE, "no common key exchange", 0, 0 },
	{ GNUTLS_E_UNSUPPORTED_VERSION_PACKET, "no common TLS version", 0, 0 },
	{ GNUTLS_E_NO_APPLICATION_PROTOCOL, "no common application protocol", 0, 0 },
	{ GNUTLS_E_PREMATURE_TERMINATION, "client went away", 0, 0 },
	{ GNUTLS_E_TOO_MANY_EMPTY_PACKETS, "too many records without content", GNUTLS_AL_FATAL,
	  GNUTLS_A_UNEXPECTED_MESSAGE },
	{ GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS, "too many handshake messages", GNUTLS_AL_FATAL,
	  GNUTLS_A_UNEXPECTED_MESSAGE },
	{ GNUTLS_E_PULL_ERROR, "connection lost", 0, 0 },
	{ GNUTLS_E_PUSH_ERROR, "connection lost", 0, 0 },
	{ GNUTLS_E_RECEIVED_DISALLOWED_NAME, "malformed server name", GNUTLS_AL_FATAL,
	  GNUTLS_A_UNRECOGNIZED_NAME },
	{ GNUTLS_E_REHANDSHAKE, "renegotiation", GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION },
};

/* Changes in session_setup() and session_teardown() only. */
static struct {
	gnutls_priority_t priority;
	gnutls_certificate_credentials_t credentials;
} shared;

struct session {
	gnutls_session_t tls;
	struct choice choice;
	unsigned warnings;                  /* received */
	unsigned idle;                      /* records after which there was still nothing for us */
	size_t sent;                        /* bytes of the text that session_send() is busy with */
	bool alerted;                       /* a fatal alert has been sent, and there must be no second */
	char failure[TEXT_SHOWN_SIZE + 64]; /* that of the choice comes before it */
};

enum err session_setup(void)
{
	int result = GNUTLS_E_SUCCESS;

	if (gnutls_check_version(LIBRARY_MINIMUM) == NULL) {
		log_error("gnutls, refused (version %s, needed %s)", gnutls_check_version(NULL),
			  LIBRARY_MINIMUM);
		return ERR_REFUSED;
	}
	result = gnutls_priority_init(&shared.priority, priorities, NULL);
	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_certificate_allocate_credentials(&shared.credentials);
	if (result == GNUTLS_E_SUCCESS) {
		choice_install(shared.credentials);
		return ERR_OK;
	}
	session_teardown();
	if (result == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	log_error("gnutls, priorities refused (%s)", gnutls_strerror(result));
	return ERR_REFUSED;
}

void session_teardown(void)
{
	if (shared.priority != NULL)
		gnutls_priority_deinit(shared.priority);
	if (shared.credentials != NULL)
		gnutls_certificate_free_credentials(shared.credentials);
	shared.priority = NULL;
	shared.credentials = NULL;
}

static int prepare(struct session *session, int fd)
{
	static unsigned char http_1_1[] = { 'h', 't', 't', 'p', '/', '1', '.', '1' };
	const gnutls_datum_t protocol = { http_1_1, sizeof(http_1_1) };
	gnutls_session_t tls;
	int result = gnutls_init(&session->tls,
				 GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS);

	if (result != GNUTLS_E_SUCCESS)
		return result;
	tls = session->tls;
	choice_attach(tls, &session->choice);
	gnutls_transport_set_int(tls, fd);
	gnutls_handshake_set_max_packet_length(tls, MESSAGE_LIMIT);
	result = gnutls_priority_set(tls, shared.priority);
	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, shared.credentials);
	/* Mandatory: who asks for other protocols only is told so, and does not get HTTP/1.1 all the same. */
	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_alpn_set_protocols(tls, &protocol, 1, GNUTLS_ALPN_MANDATORY);
	return result;
}

enum err session_new(struct certs *certs, int fd, struct session **session)
{
	struct session *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->choice.certs = certs;
	if (prepare(new, fd) != GNUTLS_E_SUCCESS) {
		session_free(&new);
		return ERR_NO_MEMORY;
	}
	*session = new;
	return ERR_OK;
}

/* Tell whether there is something to read, be it the end. */
static bool has_input(const struct session *session)
{
	char byte;

	return recv(gnutls_transport_get_int(session->tls), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	       errno != EAGAIN;
}

static bool wants_write(const struct session *session)
{
	return gnutls_record_get_direction(session->tls) == 1;
}

/*
 * Tell whether a call is to be repeated after what it came back with.  The library says AGAIN after each
 * record that brings nothing for us, too; whoever waits for an edge of the socket then, while there is more
 * in it, waits for ever.
 */
static bool goes_on(struct session *session, ssize_t result)
{
	if (result == GNUTLS_E_AGAIN && session->idle <= IDLE_LIMIT && !wants_write(session) &&
	    has_input(session)) {
		session->idle++;
		return true;
	}
	if (result == GNUTLS_E_WARNING_ALERT_RECEIVED)
		return ++session->warnings <= WARNINGS_LIMIT;
	return result == GNUTLS_E_INTERRUPTED;
}

static const struct failure *find_failure(int result)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		if (failures[i].result == result)
			return &failures[i];
	}
	return NULL;
}

/* The first failure is the cause; what follows from it is not news. */
static void note_failure(struct session *session, int result)
{
	const struct failure *failure = find_failure(result);
	const char *words = failure != NULL ? failure->words : gnutls_strerror(result);
	const char *name = gnutls_alert_get_name(gnutls_alert_get(session->tls));

	if (session->failure[0] != '\0')
		return;
	if (result == GNUTLS_E_FATAL_ALERT_RECEIVED)
		(void)snprintf(session->failure, sizeof(session->failure), "client's alert: %s",
			       name != NULL ? name : "unknown");
	else
		(void)snprintf(session->failure, sizeof(session->failure), "%s", words);
}

static void send_alert(struct session *session, int result)
{
	const struct failure *failure = find_failure(result);

	if (session->alerted || session->choice.refusal[0] != '\0')
		return;
	session->alerted = true;
	/* Nobody is there to read it, or whoever is has ended the connection himself. */
	if (result == GNUTLS_E_FATAL_ALERT_RECEIVED || result == GNUTLS_E_PREMATURE_TERMINATION)
		return;
	if (failure != NULL && failure->level != 0)
		(void)gnutls_alert_send(session->tls, failure->level, failure->alert);
	else
		(void)gnutls_alert_send_appropriate(session->tls, result);
}

static enum err conclude(struct session *session, ssize_t result)
{
	if (result >= 0)
		return ERR_OK;
	if (result == GNUTLS_E_AGAIN && session->idle <= IDLE_LIMIT)
		return ERR_AGAIN;
	if (result == GNUTLS_E_AGAIN)
		result = GNUTLS_E_TOO_MANY_EMPTY_PACKETS;
	note_failure(session, (int)result);
	send_alert(session, (int)result);
	return ERR_CLOSED;
}

enum err session_handshake(struct session *session)
{
	int result;

	do
		result = gnutls_handshake(session->tls);
	while (goes_on(session, result));
	return conclude(session, result);
}

const char *session_host(const struct session *session)
{
	return session->choice.host;
}

enum err session_receive(struct session *session, void *bytes, size_t size, size_t *len)
{
	ssize_t result;

	do
		result = gnutls_record_recv(session->tls, bytes, size);
	while (goes_on(session, result));
	if (result == 0)
		return ERR_CLOSED;
	if (result > 0)
		*len = (size_t)result;
	return conclude(session, result);
}

enum err session_send(struct session *session, const void *bytes, size_t len)
{
	const unsigned char *rest = bytes;

	while (session->sent < len) {
		ssize_t result = gnutls_record_send(session->tls, rest + session->sent, len - session->sent);

		if (goes_on(session, result))
			continue;
		if (result < 0)
			return conclude(session, result);
		session->sent += (size_t)result;
	}
	session->sent = 0;
	return ERR_OK;
}

enum err session_finish(struct session *session)
{
	int result;

	do
		result = gnutls_bye(session->tls, GNUTLS_SHUT_WR);
	while (goes_on(session, result));
	return conclude(session, result);
}

const char *session_failure(const struct session *session)
{
	return session->choice.refusal[0] != '\0' ? session->choice.refusal : session->failure;
}

void session_free(struct session **session)
{
	if (*session == NULL)
		return;
	if ((*session)->tls != NULL)
		gnutls_deinit((*session)->tls);
	choice_free(&(*session)->choice);
	free(*session);
	*session = NULL;
}
