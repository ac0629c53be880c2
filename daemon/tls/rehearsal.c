/* SPDX-License-Identifier: ISC */
#include "tls/rehearsal.h"

#include "policy/domain.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Never a domain (RFC 6761, section 6.4), so no certificate can be for it. */
#define NOBODY DOMAIN_HOST_PREFIX "invalid"

static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
static const char right[] = "HTTP/1.1 200 ";

struct rehearsal {
	int fd;
	bool nobody;
	enum { HANDSHAKE, REQUEST, ANSWER } phase;
	gnutls_session_t tls;
	gnutls_certificate_credentials_t credentials;
	char request[HOST_SIZE + 64];
	char answer[1024];
	size_t len;
	int alert; /* that came, or -1 */
};

static int set_up(struct rehearsal *new, const char *name)
{
	int result = gnutls_init(&new->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);

	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_certificate_allocate_credentials(&new->credentials);
	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_credentials_set(new->tls, GNUTLS_CRD_CERTIFICATE, new->credentials);
	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_priority_set_direct(new->tls, priorities, NULL);
	if (result == GNUTLS_E_SUCCESS)
		result = gnutls_server_name_set(new->tls, GNUTLS_NAME_DNS, name, strlen(name));
	if (result == GNUTLS_E_SUCCESS)
		gnutls_transport_set_int(new->tls, new->fd);
	return result;
}

enum err rehearsal_new(int fd, const char *host, struct rehearsal **rehearsal)
{
	struct rehearsal *new = calloc(1, sizeof(*new));
	const char *name = host[0] != '\0' ? host : NOBODY;

	if (new == NULL) {
		(void)close(fd);
		return ERR_NO_MEMORY;
	}
	new->fd = fd;
	new->alert = -1;
	new->nobody = host[0] == '\0';
	(void)snprintf(new->request, sizeof(new->request),
		       "HEAD /.well-known/mta-sts.txt HTTP/1.1\r\nHost: %s\r\n\r\n", name);
	if (set_up(new, name) != GNUTLS_E_SUCCESS) {
		rehearsal_free(&new);
		return ERR_NO_MEMORY;
	}
	*rehearsal = new;
	return ERR_OK;
}

/* Whoever says no, or hangs up, is there; only silence says nothing. */
static enum err judge_failure(struct rehearsal *rehearsal, ssize_t result)
{
	if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED)
		return ERR_AGAIN;
	if (result == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	if (result == GNUTLS_E_FATAL_ALERT_RECEIVED)
		rehearsal->alert = (int)gnutls_alert_get(rehearsal->tls);
	return rehearsal->nobody && rehearsal->alert == GNUTLS_A_UNRECOGNIZED_NAME ? ERR_OK : ERR_REFUSED;
}

static enum err receive(struct rehearsal *rehearsal)
{
	ssize_t got;

	do {
		got = gnutls_record_recv(rehearsal->tls, rehearsal->answer + rehearsal->len,
					 sizeof(rehearsal->answer) - rehearsal->len);
		if (got < 0)
			return judge_failure(rehearsal, got);
		rehearsal->len += (size_t)got;
	} while (got > 0 && rehearsal->len < sizeof(rehearsal->answer));
	return rehearsal->len >= sizeof(right) - 1 && memcmp(rehearsal->answer, right, sizeof(right) - 1) == 0
		       ? ERR_OK
		       : ERR_REFUSED;
}

enum err rehearsal_go_on(struct rehearsal *rehearsal)
{
	ssize_t result = GNUTLS_E_SUCCESS;

	if (rehearsal->phase == HANDSHAKE) {
		result = gnutls_handshake(rehearsal->tls);
		if (result < 0)
			return judge_failure(rehearsal, result);
		rehearsal->phase = REQUEST;
	}
	if (rehearsal->phase == REQUEST) {
		result = gnutls_record_send(rehearsal->tls, rehearsal->request, strlen(rehearsal->request));
		if (result < 0)
			return judge_failure(rehearsal, result);
		rehearsal->phase = ANSWER;
	}
	return receive(rehearsal);
}

const char *rehearsal_text(const struct rehearsal *rehearsal, char out[REHEARSAL_TEXT_SIZE])
{
	const char *alert = rehearsal->alert >= 0
				    ? gnutls_alert_get_name((gnutls_alert_description_t)rehearsal->alert)
				    : NULL;
	const char *got = "another answer than 200";

	if (rehearsal->phase == HANDSHAKE)
		got = "no handshake";
	else if (rehearsal->phase == REQUEST || rehearsal->len == 0)
		got = "no answer";
	(void)snprintf(out, REHEARSAL_TEXT_SIZE, "%s%s%s", got, alert != NULL ? ", alert: " : "",
		       alert != NULL ? alert : "");
	return out;
}

void rehearsal_free(struct rehearsal **rehearsal)
{
	struct rehearsal *old = *rehearsal;

	if (old == NULL)
		return;
	if (old->tls != NULL)
		gnutls_deinit(old->tls);
	if (old->credentials != NULL)
		gnutls_certificate_free_credentials(old->credentials);
	(void)close(old->fd);
	free(old);
	*rehearsal = NULL;
}
