/* SPDX-License-Identifier: ISC */
#include "ctl/acme/lead.h"

#include "base/clock.h"
#include "base/sock.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROTOCOL   "acme-tls/1"
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* id-pe-acmeIdentifier, and the head of the OCTET STRING that is its value (RFC 8737, section 3). */
#define EXTENSION    "1.3.6.1.5.5.7.1.31"
#define OCTET_STRING 0x04
#define VALUE_SIZE   (2 + LEAD_DIGEST_SIZE)

/* How a record of TLS begins that a server may begin with. */
#define TLS_ALERT     21
#define TLS_HANDSHAKE 22

#define NO_CONNECTION "does not answer at port 443"

/* One connection under way; fd is -1 when there is none, or no more. */
struct attempt {
	struct lead *lead;
	int fd;
	gnutls_session_t session; /* NULL: not connected yet */
	short wanted;             /* what to wait for */
	size_t got;               /* bytes */
	unsigned char first;
};

static void end(struct attempt *attempt, enum lead_state state, const char *why)
{
	attempt->lead->state = state;
	attempt->lead->why = why;
	if (attempt->session != NULL)
		gnutls_deinit(attempt->session);
	attempt->session = NULL;
	if (attempt->fd >= 0)
		(void)close(attempt->fd);
	attempt->fd = -1;
}

static void end_unconnected(struct attempt *attempt, int cause)
{
	if (cause == ENETUNREACH || cause == EAFNOSUPPORT || cause == EADDRNOTAVAIL)
		end(attempt, LEAD_NO_ROUTE, "cannot be tried from this machine");
	else
		end(attempt, LEAD_NO_CONNECTION,
		    cause == ECONNREFUSED ? "refuses connections to port 443" : NO_CONNECTION);
}

/* A server that says too much is as one that says nonsense. */
static ssize_t pull(gnutls_transport_ptr_t context, void *bytes, size_t size)
{
	struct attempt *attempt = context;
	ssize_t got = attempt->got < LEAD_BYTES_MAX ? recv(attempt->fd, bytes, size, 0) : 0;

	if (got > 0 && attempt->got == 0)
		attempt->first = *(unsigned char *)bytes;
	if (got > 0)
		attempt->got += (size_t)got;
	return got;
}

static bool set_up(struct attempt *attempt, const struct lead_trial *trial,
		   gnutls_certificate_credentials_t credentials)
{
	static unsigned char name[] = PROTOCOL;
	const gnutls_datum_t protocol = { name, sizeof(name) - 1 };
	gnutls_session_t session = NULL;

	if (gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) != GNUTLS_E_SUCCESS)
		return false;
	attempt->session = session;
	gnutls_transport_set_ptr2(session, attempt, (gnutls_transport_ptr_t)(intptr_t)attempt->fd);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_handshake_set_max_packet_length(session, LEAD_BYTES_MAX);
	return gnutls_priority_set_direct(session, PRIORITIES, NULL) == GNUTLS_E_SUCCESS &&
	       gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) == GNUTLS_E_SUCCESS &&
	       gnutls_server_name_set(session, GNUTLS_NAME_DNS, trial->host, strlen(trial->host)) ==
		       GNUTLS_E_SUCCESS &&
	       gnutls_alpn_set_protocols(session, &protocol, 1, 0) == GNUTLS_E_SUCCESS;
}

static bool has_digest(gnutls_x509_crt_t certificate, const unsigned char *digest)
{
	unsigned char value[VALUE_SIZE];
	size_t size = sizeof(value);

	return gnutls_x509_crt_get_extension_by_oid(certificate, EXTENSION, 0, value, &size, NULL) ==
		       GNUTLS_E_SUCCESS &&
	       size == VALUE_SIZE && value[0] == OCTET_STRING && value[1] == LEAD_DIGEST_SIZE &&
	       memcmp(value + 2, digest, LEAD_DIGEST_SIZE) == 0;
}

static bool is_ours(gnutls_session_t session, const unsigned char *digest)
{
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	gnutls_x509_crt_t certificate = NULL;
	bool ours;

	if (chain == NULL || count == 0 || gnutls_x509_crt_init(&certificate) != GNUTLS_E_SUCCESS)
		return false;
	ours = gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS &&
	       has_digest(certificate, digest);
	gnutls_x509_crt_deinit(certificate);
	return ours;
}

static void judge(struct attempt *attempt, const unsigned char *digest)
{
	gnutls_datum_t chosen = { .size = 0 };

	if (gnutls_alpn_get_selected_protocol(attempt->session, &chosen) != GNUTLS_E_SUCCESS ||
	    chosen.size != strlen(PROTOCOL) || memcmp(chosen.data, PROTOCOL, chosen.size) != 0)
		end(attempt, LEAD_ELSEWHERE, "leads to another server, which knows nothing of the challenge");
	else if (is_ours(attempt->session, digest))
		end(attempt, LEAD_HERE, NULL);
	else
		end(attempt, LEAD_ELSEWHERE, "leads to another server, which answers other challenges");
}

/* Without a byte it may be anything on the way that keeps us from this daemon. */
static void end_failed(struct attempt *attempt)
{
	if (attempt->got == 0)
		end(attempt, LEAD_NO_CONNECTION, "closes connections to port 443 without an answer");
	else if (attempt->first != TLS_ALERT && attempt->first != TLS_HANDSHAKE)
		end(attempt, LEAD_ELSEWHERE, "leads to another server, which does not speak TLS at port 443");
	else
		end(attempt, LEAD_ELSEWHERE, "leads to another server, which refuses TLS for this name");
}

static void shake_hands(struct attempt *attempt, const unsigned char *digest)
{
	int result;

	do
		result = gnutls_handshake(attempt->session);
	while (result < 0 && result != GNUTLS_E_AGAIN && gnutls_error_is_fatal(result) == 0);
	attempt->wanted = POLLIN;
	if (result == GNUTLS_E_SUCCESS)
		judge(attempt, digest);
	else if (result != GNUTLS_E_AGAIN)
		end_failed(attempt);
	else if (gnutls_record_get_direction(attempt->session) != 0)
		attempt->wanted = POLLOUT;
}

static enum err go_on(struct attempt *attempt, const struct lead_trial *trial,
		      gnutls_certificate_credentials_t credentials)
{
	socklen_t len = sizeof(int);
	int cause = 0;

	if (attempt->session == NULL) {
		if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &cause, &len) != 0 || cause != 0) {
			end_unconnected(attempt, cause);
			return ERR_OK;
		}
		if (!set_up(attempt, trial, credentials))
			return ERR_NO_MEMORY;
	}
	shake_hands(attempt, trial->digest);
	return ERR_OK;
}

static void begin(struct attempt *attempt, in_port_t port)
{
	const char *address = attempt->lead->address;
	bool is_v6 = strchr(address, ':') != NULL;
	struct sock_address to = { .len = 0 };
	char text[SOCK_TEXT_SIZE];

	attempt->fd = -1;
	attempt->wanted = POLLOUT;
	(void)snprintf(text, sizeof(text), "%s%s%s:%u", is_v6 ? "[" : "", address, is_v6 ? "]" : "",
		       (unsigned)port);
	if (sock_parse(text, &to) != ERR_OK) {
		end(attempt, LEAD_ELSEWHERE, "is no address that anybody can connect to");
		return;
	}
	attempt->fd = socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (attempt->fd < 0 ||
	    (connect(attempt->fd, (struct sockaddr *)&to.storage, to.len) != 0 && errno != EINPROGRESS))
		end_unconnected(attempt, errno);
}

static void end_late(struct attempt *attempt)
{
	if (attempt->got > 0)
		end(attempt, LEAD_ELSEWHERE, "leads to another server, which comes to no end with TLS");
	else
		end(attempt, LEAD_NO_CONNECTION, NO_CONNECTION);
}

/* Wait once; false: the time is over, or nothing is under way. */
static bool wait_for_some(const struct attempt *attempts, size_t count, struct pollfd *ready,
			  uint64_t until_ms)
{
	uint64_t now_ms = clock_ms();
	size_t open = 0;

	for (size_t i = 0; i < count; i++) {
		ready[i] = (struct pollfd){ .fd = attempts[i].fd, .events = attempts[i].wanted };
		open += attempts[i].fd >= 0;
	}
	return open > 0 && now_ms < until_ms &&
	       (poll(ready, (nfds_t)count, (int)(until_ms - now_ms)) >= 0 || errno == EINTR);
}

static enum err run(struct attempt *attempts, struct pollfd *ready, size_t count,
		    const struct lead_trial *trial, gnutls_certificate_credentials_t credentials)
{
	uint64_t until_ms = clock_ms() + (uint64_t)trial->timeout_ms;
	enum err err = ERR_OK;

	while (err == ERR_OK && wait_for_some(attempts, count, ready, until_ms)) {
		for (size_t i = 0; i < count && err == ERR_OK; i++) {
			if (attempts[i].fd >= 0 && ready[i].revents != 0)
				err = go_on(&attempts[i], trial, credentials);
		}
	}
	return err;
}

enum err lead_try(const struct lead_trial *trial, struct lead *leads, size_t count)
{
	struct attempt *attempts = calloc(count + 1, sizeof(*attempts));
	struct pollfd *ready = calloc(count + 1, sizeof(*ready));
	gnutls_certificate_credentials_t credentials = NULL;
	enum err err = ERR_NO_MEMORY;

	if (attempts == NULL || ready == NULL ||
	    gnutls_certificate_allocate_credentials(&credentials) != GNUTLS_E_SUCCESS)
		goto out;
	for (size_t i = 0; i < count; i++) {
		attempts[i].lead = &leads[i];
		begin(&attempts[i], trial->port);
	}
	err = run(attempts, ready, count, trial, credentials);
	for (size_t i = 0; i < count; i++) {
		if (attempts[i].fd >= 0)
			end_late(&attempts[i]);
	}
out:
	if (credentials != NULL)
		gnutls_certificate_free_credentials(credentials);
	free(attempts);
	free(ready);
	return err;
}
