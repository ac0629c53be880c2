/* SPDX-License-Identifier: ISC */
#include "tls/failure.h"

#include <gnutls/gnutls.h>
#include <stdio.h>

/* What happens every day, in words of our own; an alert stands where the library would choose another. */
struct cause {
	int result;
	enum failure kind;
	const char *words;
	gnutls_alert_level_t level; /* 0: the library's alert, or none for a client who has gone */
	gnutls_alert_description_t alert;
};

static const struct cause table[] = {
	{ GNUTLS_E_NO_CIPHER_SUITES, FAILURE_CIPHER, "no common cipher", 0, 0 },
	{ GNUTLS_E_NO_COMMON_KEY_SHARE, FAILURE_GROUP, "no common key exchange", 0, 0 },
	{ GNUTLS_E_UNSUPPORTED_VERSION_PACKET, FAILURE_VERSION, "no common TLS version", 0, 0 },
	{ GNUTLS_E_NO_APPLICATION_PROTOCOL, FAILURE_PROTOCOL, "no common application protocol", 0, 0 },
	{ GNUTLS_E_PREMATURE_TERMINATION, FAILURE_GONE, "client went away", 0, 0 },
	{ GNUTLS_E_SESSION_EOF, FAILURE_GONE, "client gave up", GNUTLS_AL_WARNING, GNUTLS_A_CLOSE_NOTIFY },
	{ GNUTLS_E_RECEIVED_ILLEGAL_EXTENSION, FAILURE_MALFORMED, "extension twice or out of place",
	  GNUTLS_AL_FATAL, GNUTLS_A_ILLEGAL_PARAMETER },
	{ GNUTLS_E_WARNING_ALERT_RECEIVED, FAILURE_MALFORMED, "too many warnings", GNUTLS_AL_FATAL,
	  GNUTLS_A_UNEXPECTED_MESSAGE },
	{ GNUTLS_E_TOO_MANY_EMPTY_PACKETS, FAILURE_MALFORMED, "too many records without content",
	  GNUTLS_AL_FATAL, GNUTLS_A_UNEXPECTED_MESSAGE },
	{ GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS, FAILURE_MALFORMED, "too many handshake messages",
	  GNUTLS_AL_FATAL, GNUTLS_A_UNEXPECTED_MESSAGE },
	{ GNUTLS_E_PULL_ERROR, FAILURE_GONE, "connection lost", 0, 0 },
	{ GNUTLS_E_PUSH_ERROR, FAILURE_GONE, "connection lost", 0, 0 },
	{ GNUTLS_E_RECEIVED_DISALLOWED_NAME, FAILURE_UNKNOWN_NAME, "malformed server name", GNUTLS_AL_FATAL,
	  GNUTLS_A_UNRECOGNIZED_NAME },
	{ GNUTLS_E_REHANDSHAKE, FAILURE_MALFORMED, "renegotiation", GNUTLS_AL_WARNING,
	  GNUTLS_A_NO_RENEGOTIATION },
};

static const struct cause *find(int result)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (table[i].result == result)
			return &table[i];
	}
	return NULL;
}

enum failure failure_kind(int result)
{
	const struct cause *cause = find(result);

	if (cause != NULL)
		return cause->kind;
	return result == GNUTLS_E_FATAL_ALERT_RECEIVED ? FAILURE_ALERT : FAILURE_MALFORMED;
}

bool failure_alert(int result, int *level, int *alert)
{
	const struct cause *cause = find(result);

	if (cause != NULL && cause->level != 0) {
		*level = (int)cause->level;
		*alert = (int)cause->alert;
		return true;
	}
	if (cause != NULL && cause->kind == FAILURE_GONE)
		return false;
	*level = GNUTLS_AL_FATAL;
	*alert = gnutls_error_to_alert(result, level);
	return true;
}

void failure_tell(int result, int alert, char out[FAILURE_SIZE])
{
	const struct cause *cause = find(result);
	const char *name = gnutls_alert_get_name((gnutls_alert_description_t)alert);

	if (result != GNUTLS_E_FATAL_ALERT_RECEIVED)
		(void)snprintf(out, FAILURE_SIZE, "%s", cause != NULL ? cause->words : gnutls_strerror(result));
	else if (name != NULL)
		(void)snprintf(out, FAILURE_SIZE, "client's alert: %s", name);
	else
		(void)snprintf(out, FAILURE_SIZE, "client's alert: number %u", (unsigned)alert);
}
