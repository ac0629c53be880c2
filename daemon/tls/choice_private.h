/* SPDX-License-Identifier: ISC */
#ifndef TLS_CHOICE_PRIVATE_H
#define TLS_CHOICE_PRIVATE_H

/**
 * Which pair a handshake gets: by the server name the client asks for, and by the kinds of keys it takes; or,
 * if "acme-tls/1" was agreed on, the one that answers a challenge for that name, and never another.
 *
 * A handshake that gets none ends here, with its alert sent.  It also limits what a client may say in a
 * handshake: a ClientHello of CHOICE_HELLO_LIMIT bytes whatever chain it gets, and little after it.
 */

#include "certs/certs.h"
#include "certs/challenges.h"
#include "certs/warm.h"
#include "tls/failure.h"

#include <gnutls/gnutls.h>

/** Largest ClientHello taken, bytes without the header of its message. */
#define CHOICE_HELLO_LIMIT 16384

/** Zero-initialise, then set the first two. */
struct choice {
	struct certs *certs;
	struct challenges *challenges; /**< NULL: none is open, and "acme-tls/1" is not offered */
	struct pair *pair;             /**< from the choice to choice_free() */
	struct warm *warm;             /**< the same pair, ready; lent to the library */
	bool is_proof;                 /**< the pair answers a challenge */
	char host[HOST_SIZE];
	unsigned hellos;     /**< ClientHellos that have come as a whole */
	size_t hello_size;   /**< of the last one, bytes */
	bool answered;       /**< our ServerHello has gone out: there is no other ClientHello to come */
	unsigned suite_keys; /**< kinds of keys that the client's TLS 1.2 suites allow */
	enum failure kind;   /**< of the refusal, if there is one */
	char refusal[TEXT_SHOWN_SIZE + 64]; /**< "", or why there is none; then a fatal alert has been sent */
};

/** Let every handshake with these credentials choose. */
void choice_install(gnutls_certificate_credentials_t credentials);

/**
 * Let one session choose; takes the session's pointer, its hook, its limit of messages and its protocols.
 *
 * @return GNUTLS_E_SUCCESS, or what the library says
 */
int choice_attach(gnutls_session_t tls, struct choice *choice);

/** Give the pair back, if there is one, after the library's session is gone. */
void choice_free(struct choice *choice);

#endif
