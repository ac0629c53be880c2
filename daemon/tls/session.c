/* SPDX-License-Identifier: ISC */
#include "tls/session.h"

#include "log/log.h"
#include "tls/choice_private.h"
#include "tls/wire_private.h"

#include <stdlib.h>

#define LIBRARY_MINIMUM "3.7.9"

/* Warning alerts that a client may send before it is cut off. */
#define WARNINGS_LIMIT 4

/* Records without anything for us: a ClientHello in pieces, key updates, empty ones.  More are an attack. */
#define IDLE_LIMIT 1024

/*
 * Bytes in them since the last ClientHello: the library gathers a message of up to 16 MiB before it looks at
 * any limit.  As long as there may be a ClientHello, its largest size is allowed as well.
 */
#define IDLE_BYTES_LIMIT 8192

/* X25519 first saves a round trip with most clients, AES-128 first saves SHA-384. */
static const char priorities[] =
	"NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM"
	":+ECDHE-ECDSA:+ECDHE-RSA:+AEAD:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"
	":+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA256"
	":+SIGN-ECDSA-SHA384:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-RSAE-SHA384"
	":+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:+CTYPE-X509:+COMP-NULL:%SERVER_PRECEDENCE";

/* Changes in session_setup() and session_teardown() only. */
static struct {
	gnutls_priority_t priority;
	gnutls_certificate_credentials_t credentials;
} shared;

struct session {
	gnutls_session_t tls;
	struct choice choice;
	struct wire wire;
	bool established;    /* the handshake is over, but for what the socket has not taken yet */
	unsigned warnings;   /* received */
	unsigned idle;       /* records after which there was still nothing for us */
	uint64_t idle_bytes; /* in them */
	uint64_t taken;      /* bytes that the library had taken with the last whole record */
	unsigned hellos;     /* that had come by then */
	enum failure kind;   /* why the handshake failed, if it did */
	bool over;           /* a fatal alert was sent or received: nothing more may be said */
	gnutls_alert_description_t alert; /* the client's last */
	char failure[FAILURE_SIZE];       /* that of the choice comes before it */
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

static int prepare(struct session *session)
{
	gnutls_session_t tls;
	int result = gnutls_init(&session->tls,
				 GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS);

	if (result != GNUTLS_E_SUCCESS)
		return result;
	tls = session->tls;
	result = choice_attach(tls, &session->choice);
	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_priority_set(tls, shared.priority);
	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, shared.credentials);
	return result;
}

enum err session_new(struct certs *certs, struct challenges *challenges, int fd, const void *bytes,
		     size_t len, struct session **session)
{
	struct session *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->choice.certs = certs;
	if (challenges != NULL && challenges_are_open(challenges))
		new->choice.challenges = challenges;
	if (prepare(new) != GNUTLS_E_SUCCESS || wire_open(&new->wire, new->tls, fd, bytes, len) != ERR_OK) {
		session_free(&new);
		return ERR_NO_MEMORY;
	}
	*session = new;
	return ERR_OK;
}

static bool is_idle_too_long(const struct session *session)
{
	size_t limit = IDLE_BYTES_LIMIT + (session->choice.answered ? 0 : CHOICE_HELLO_LIMIT);
	uint64_t part = session->established ? 0 : session->wire.taken - session->taken;

	return session->idle > IDLE_LIMIT || session->idle_bytes + part > limit;
}

/* Without anything to read there may be a part of a record that is of use when the rest of it comes. */
static void note_progress(struct session *session, ssize_t result)
{
	const bool again = result == GNUTLS_E_AGAIN;

	if (session->hellos != session->choice.hellos) {
		session->hellos = session->choice.hellos;
		session->idle_bytes = 0;
	} else if (again && session->wire.drained) {
		return;
	} else if (again) {
		session->idle++;
		session->idle_bytes += session->wire.taken - session->taken;
	}
	session->taken = session->wire.taken;
}

/*
 * Tell whether a call is to be repeated after what it came back with.  The library says AGAIN after each
 * record that brings nothing for us, too; whoever waits for an edge of the socket then, while there is more
 * in it, waits for ever.
 */
static bool goes_on(struct session *session, ssize_t result)
{
	note_progress(session, result);
	if (result == GNUTLS_E_AGAIN)
		return !session->wire.drained && !is_idle_too_long(session);
	if (result == GNUTLS_E_WARNING_ALERT_RECEIVED)
		return ++session->warnings <= WARNINGS_LIMIT;
	return result == GNUTLS_E_INTERRUPTED;
}

/*
 * A client that refuses our certificate may have no keys to say so with; the library then takes its alert for
 * a broken record.  Anybody on the way could have sent it, so it does what a broken record does, and no more:
 * it ends the connection.
 */
static bool is_alert_in_clear(struct session *session, ssize_t result, gnutls_alert_level_t *level)
{
	return result < 0 && gnutls_error_is_fatal((int)result) != 0 && session->choice.answered &&
	       !session->established && session_is_tls_1_3(session) &&
	       wire_alert(&session->wire, level, &session->alert);
}

/* Keep the client's alert, and know one where the library does not. */
static ssize_t heed(struct session *session, ssize_t result)
{
	gnutls_alert_level_t level;

	if (result == GNUTLS_E_FATAL_ALERT_RECEIVED)
		session->alert = gnutls_alert_get(session->tls);
	else if (is_alert_in_clear(session, result, &level))
		result = level == GNUTLS_AL_WARNING && session->alert == GNUTLS_A_CLOSE_NOTIFY
				 ? GNUTLS_E_SESSION_EOF
				 : GNUTLS_E_FATAL_ALERT_RECEIVED;
	return result;
}

/* The first failure is the cause; what follows from it is not news. */
static void note_failure(struct session *session, int result)
{
	if (session->failure[0] != '\0')
		return;
	session->kind = failure_kind(result);
	failure_tell(result, (int)session->alert, session->failure);
}

static void send_alert(struct session *session, int result)
{
	int alert, level;

	if (result == GNUTLS_E_FATAL_ALERT_RECEIVED || session->choice.refusal[0] != '\0')
		session->over = true;
	if (session->over || !failure_alert(result, &level, &alert))
		return;
	(void)gnutls_alert_send(session->tls, (gnutls_alert_level_t)level, (gnutls_alert_description_t)alert);
	session->over = level == GNUTLS_AL_FATAL;
}

static enum err conclude(struct session *session, ssize_t result)
{
	if (result >= 0)
		return ERR_OK;
	if (result == GNUTLS_E_AGAIN && !is_idle_too_long(session))
		return ERR_AGAIN;
	if (result == GNUTLS_E_AGAIN)
		result = session->idle > IDLE_LIMIT || session->established ? GNUTLS_E_TOO_MANY_EMPTY_PACKETS
									    : GNUTLS_E_HANDSHAKE_TOO_LARGE;
	note_failure(session, (int)result);
	send_alert(session, (int)result);
	return ERR_CLOSED;
}

/* What was said on the way goes out, whatever the way came to; an ERR_OK lasts until it is with the kernel.
 */
static enum err flush_after(struct session *session, enum err err)
{
	enum err flushed = wire_flush(&session->wire, err == ERR_CLOSED);

	if (flushed == ERR_CLOSED && err != ERR_CLOSED) {
		note_failure(session, GNUTLS_E_PUSH_ERROR);
		return ERR_CLOSED;
	}
	return err == ERR_OK ? flushed : err;
}

enum err session_handshake(struct session *session)
{
	int result = GNUTLS_E_SUCCESS;
	enum err err;

	session->wire.drained = false;
	if (!session->established) {
		do
			result = (int)heed(session, gnutls_handshake(session->tls));
		while (goes_on(session, result));
	}
	err = conclude(session, result);
	session->established = err == ERR_OK;
	return flush_after(session, err);
}

bool session_is_challenge(const struct session *session)
{
	return session->choice.is_proof;
}

const char *session_host(const struct session *session)
{
	return session->choice.host;
}

enum err session_receive(struct session *session, void *bytes, size_t size, size_t *len)
{
	ssize_t result;
	enum err err;

	session->wire.drained = false;
	do
		result = heed(session, gnutls_record_recv(session->tls, bytes, size));
	while (goes_on(session, result));
	err = result == 0 ? ERR_CLOSED : conclude(session, result);
	if (err == ERR_OK)
		*len = (size_t)result;
	/* An answer to a key update may wait; what was read may not. */
	return flush_after(session, err) == ERR_CLOSED ? ERR_CLOSED : err;
}

static enum err say(struct session *session, const unsigned char *bytes, size_t len)
{
	ssize_t result;

	for (size_t said = 0; said < len; said += (size_t)result) {
		result = gnutls_record_send(session->tls, bytes + said, len - said);
		if (result < 0)
			return conclude(session, result);
	}
	return ERR_OK;
}

enum err session_finish(struct session *session, const void *bytes, size_t len)
{
	enum err err = say(session, bytes, len);

	/* Whoever has the whole answer can do without it. */
	if (!session->over)
		(void)gnutls_bye(session->tls, GNUTLS_SHUT_WR);
	return err;
}

enum err session_flush(struct session *session)
{
	enum err err = wire_flush(&session->wire, true);

	if (err == ERR_CLOSED)
		note_failure(session, GNUTLS_E_PUSH_ERROR);
	return err;
}

bool session_wants_write(const struct session *session)
{
	return wire_is_pending(&session->wire);
}

void session_traffic(const struct session *session, uint64_t *received, uint64_t *sent)
{
	*received = session->wire.received;
	*sent = session->wire.sent;
}

size_t session_memory(const struct session *session)
{
	return sizeof(*session) + wire_memory(&session->wire);
}

bool session_is_tls_1_3(const struct session *session)
{
	return gnutls_protocol_get_version(session->tls) == GNUTLS_TLS1_3;
}

enum failure session_failure_kind(const struct session *session)
{
	return session->choice.refusal[0] != '\0' ? session->choice.kind : session->kind;
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
	wire_close(&(*session)->wire);
	free(*session);
	*session = NULL;
}
