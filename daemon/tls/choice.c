/* SPDX-License-Identifier: ISC */
#include "tls/choice_private.h"

#include "tls/hello.h"

#include <gnutls/abstract.h>
#include <stdio.h>
#include <string.h>

/* More than the library lets through, so that every name fits. */
#define NAME_SIZE 512

/*
 * All messages of a handshake of either side but ClientHello and Certificate, with their headers, and those
 * of these two: some 1,200 bytes at most, with P-384 and a signature of RSA-4096.
 */
#define OTHER_MESSAGES 2048

static const struct {
	enum key_kind key;
	gnutls_pk_algorithm_t algorithm;
} key_algorithms[] = {
	{ KEY_ECDSA, GNUTLS_PK_ECDSA },
	{ KEY_RSA, GNUTLS_PK_RSA },
};

/*
 * In the order in which we prefer them: a sender that offers both has come for a policy.  An authority offers
 * the second one alone (RFC 8737, section 3).
 */
static unsigned char http[] = "http/1.1", acme[] = "acme-tls/1";
static const gnutls_datum_t protocols[] = { { http, sizeof(http) - 1 }, { acme, sizeof(acme) - 1 } };

enum refusal { REFUSAL_NO_NAME, REFUSAL_UNKNOWN_NAME, REFUSAL_NO_CHALLENGE, REFUSAL_KEY };

static const struct {
	enum failure kind;
	const char *what;
	gnutls_alert_description_t alert;
} refusals[] = {
	[REFUSAL_NO_NAME] = { FAILURE_NO_NAME, "no server name", GNUTLS_A_UNRECOGNIZED_NAME },
	[REFUSAL_UNKNOWN_NAME] = { FAILURE_UNKNOWN_NAME, "unknown server name", GNUTLS_A_UNRECOGNIZED_NAME },
	[REFUSAL_NO_CHALLENGE] = { FAILURE_UNKNOWN_NAME, "no challenge is open for the server name",
				   GNUTLS_A_UNRECOGNIZED_NAME },
	[REFUSAL_KEY] = { FAILURE_KEY, "no certificate with a key the client takes",
			  GNUTLS_A_HANDSHAKE_FAILURE },
};

static enum err refuse(gnutls_session_t tls, struct choice *choice, enum refusal refusal, const char *name,
		       size_t len)
{
	char shown[TEXT_SHOWN_SIZE];
	const char *what = refusals[refusal].what;

	choice->kind = refusals[refusal].kind;
	if (len == 0)
		(void)snprintf(choice->refusal, sizeof(choice->refusal), "%s", what);
	else
		(void)snprintf(choice->refusal, sizeof(choice->refusal), "%s (%s)", what,
			       text_escape(name, len, shown));
	(void)gnutls_alert_send(tls, GNUTLS_AL_FATAL, refusals[refusal].alert);
	return ERR_REFUSED;
}

/* The keys that the client can verify a signature of, and under TLS 1.2 has a suite for. */
static unsigned keys_taken(gnutls_session_t tls, const struct choice *choice)
{
	gnutls_sign_algorithm_t algorithm;
	unsigned keys = 0;

	for (size_t i = 0; gnutls_sign_algorithm_get_requested(tls, i, &algorithm) == 0; i++) {
		for (size_t k = 0; k < sizeof(key_algorithms) / sizeof(*key_algorithms); k++) {
			if (gnutls_sign_supports_pk_algorithm(algorithm, key_algorithms[k].algorithm) != 0)
				keys |= KEY_BIT(key_algorithms[k].key);
		}
	}
	return gnutls_protocol_get_version(tls) == GNUTLS_TLS1_2 ? keys & choice->suite_keys : keys;
}

/* What a host has for a client. */
struct found {
	struct pair *pair;
	struct warm *warm;
	enum refusal why; /* it has none; on ERR_NOT_FOUND */
};

/* One that was known and is not there any more is as if it had never been: another one may do. */
static enum err find_certificate(const struct choice *choice, unsigned keys, struct found *found)
{
	enum err err = ERR_REFUSED;

	while (err == ERR_REFUSED) {
		found->pair = certs_find(choice->certs, choice->host, keys);
		if (found->pair == NULL) {
			found->why =
				certs_cover(choice->certs, choice->host) ? REFUSAL_KEY : REFUSAL_UNKNOWN_NAME;
			return ERR_NOT_FOUND;
		}
		err = warm_get(found->pair, &found->warm);
		if (err != ERR_OK)
			pair_release(&found->pair);
	}
	return err;
}

static enum err find_proof(const struct choice *choice, unsigned keys, struct found *found)
{
	enum err err = ERR_NOT_FOUND;

	found->pair = challenges_find(choice->challenges, choice->host);
	if (found->pair == NULL)
		found->why = REFUSAL_NO_CHALLENGE;
	else if ((KEY_BIT(pair_facts(found->pair)->key) & keys) == 0)
		found->why = REFUSAL_KEY;
	else
		err = warm_get(found->pair, &found->warm);
	if (err != ERR_OK)
		pair_release(&found->pair);
	return err;
}

/* The library chooses among the protocols before it asks for a certificate. */
static bool is_for_challenge(gnutls_session_t tls, const struct choice *choice)
{
	gnutls_datum_t protocol;

	return choice->challenges != NULL && gnutls_alpn_get_selected_protocol(tls, &protocol) == 0 &&
	       protocol.size == sizeof(acme) - 1 && memcmp(protocol.data, acme, protocol.size) == 0;
}

static enum err choose(gnutls_session_t tls, struct choice *choice)
{
	char name[NAME_SIZE];
	size_t len = sizeof(name);
	unsigned type = GNUTLS_NAME_DNS;
	struct found found = { .pair = NULL };
	enum err err;

	if (gnutls_server_name_get(tls, name, &len, &type, 0) < 0 || type != GNUTLS_NAME_DNS)
		return refuse(tls, choice, REFUSAL_NO_NAME, NULL, 0);
	if (domain_normalise_host(name, len, choice->host, NULL) != ERR_OK)
		return refuse(tls, choice, REFUSAL_UNKNOWN_NAME, name, len);
	choice->is_proof = is_for_challenge(tls, choice);
	err = (choice->is_proof ? find_proof : find_certificate)(choice, keys_taken(tls, choice), &found);
	if (err == ERR_NOT_FOUND)
		return refuse(tls, choice, found.why, name, len);
	if (err != ERR_OK)
		return err;
	/* After a second ClientHello the library takes the new pair in place of the old one. */
	choice_free(choice);
	choice->pair = found.pair;
	choice->warm = found.warm;
	return ERR_OK;
}

static int retrieve(gnutls_session_t tls, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
		    unsigned *chain_len, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_len,
		    gnutls_privkey_t *key, unsigned *flags)
{
	struct choice *choice = gnutls_session_get_ptr(tls);

	(void)info;
	/* Under TLS 1.2 the library asks again for each cipher suite after a refusal. */
	if (choice->refusal[0] != '\0' || choose(tls, choice) != ERR_OK)
		return GNUTLS_E_USER_ERROR;
	warm_material(choice->warm, chain, chain_len, key);
	*ocsp = NULL;
	*ocsp_len = 0;
	*flags = 0; /* all of it stays ours */
	return GNUTLS_E_SUCCESS;
}

static size_t size_of_chain(struct warm *warm)
{
	gnutls_pcert_st *chain;
	unsigned len;
	gnutls_privkey_t key;
	size_t size = 0;

	warm_material(warm, &chain, &len, &key);
	for (unsigned i = 0; i < len; i++)
		size += chain[i].cert.size;
	return size;
}

/*
 * The library's limit is one for all that both sides have said so far, our chain included.  So it rises with
 * what is said, and leaves room for little else: a second ClientHello after we asked for it, then our flight
 * and what follows.
 */
static int note_message(gnutls_session_t tls, unsigned type, unsigned when, unsigned incoming,
			const gnutls_datum_t *message)
{
	struct choice *choice = gnutls_session_get_ptr(tls);
	size_t limit = CHOICE_HELLO_LIMIT;

	(void)when;
	(void)incoming;
	if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO) {
		if (message->size > CHOICE_HELLO_LIMIT)
			return GNUTLS_E_HANDSHAKE_TOO_LARGE;
		choice->hellos++;
		choice->hello_size = message->size;
		choice->suite_keys = hello_keys(message->data, message->size);
	} else if (type == GNUTLS_HANDSHAKE_SERVER_HELLO && choice->pair != NULL) {
		/* For a second ClientHello it chooses among the protocols again, and may not ask again. */
		if (is_for_challenge(tls, choice) != choice->is_proof)
			return GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER;
		choice->answered = true;
		limit = choice->hello_size + size_of_chain(choice->warm);
	} else {
		return GNUTLS_E_SUCCESS;
	}
	gnutls_handshake_set_max_packet_length(tls, limit + OTHER_MESSAGES);
	return GNUTLS_E_SUCCESS;
}

void choice_install(gnutls_certificate_credentials_t credentials)
{
	gnutls_certificate_set_retrieve_function3(credentials, retrieve);
}

int choice_attach(gnutls_session_t tls, struct choice *choice)
{
	const unsigned offered = choice->challenges != NULL ? 2 : 1;

	gnutls_session_set_ptr(tls, choice);
	gnutls_handshake_set_max_packet_length(tls, CHOICE_HELLO_LIMIT);
	gnutls_handshake_set_hook_function(tls, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, note_message);
	/* Mandatory: who asks for other protocols only is told so, and does not get HTTP/1.1 all the same. */
	return gnutls_alpn_set_protocols(tls, protocols, offered,
					 GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE);
}

void choice_free(struct choice *choice)
{
	warm_release(&choice->warm);
	pair_release(&choice->pair);
}
