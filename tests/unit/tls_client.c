/* SPDX-License-Identifier: ISC */
#include "tls_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int tls_client_connect(const char *address, in_port_t port)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool is_v4 = inet_pton(AF_INET, address, &in4.sin_addr) == 1;
	const struct timeval patience = { .tv_sec = TLS_CLIENT_PATIENCE_S };
	const struct sockaddr *to = is_v4 ? (const void *)&in4 : (const void *)&in6;
	int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)inet_pton(AF_INET6, address, &in6.sin6_addr);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
	    connect(fd, to, is_v4 ? sizeof(in4) : sizeof(in6)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

enum ending tls_client_await_end(int fd)
{
	char bytes[4096];
	ssize_t got;

	do {
		got = recv(fd, bytes, sizeof(bytes), 0);
	} while (got > 0);
	if (got == 0)
		return ENDING_EOF;
	return errno == EAGAIN || errno == EWOULDBLOCK ? ENDING_NONE : ENDING_RESET;
}

int tls_client_open(struct tls_client *client, int fd, const char *server_name, const char *priorities)
{
	return tls_client_open_for(client, fd, server_name, priorities, NULL);
}

int tls_client_open_for(struct tls_client *client, int fd, const char *server_name, const char *priorities,
			const char *protocol)
{
	unsigned char text[32];
	const gnutls_datum_t offered = { text, protocol != NULL ? (unsigned)strlen(protocol) : 0 };
	int result;

	*client = (struct tls_client){ .fd = fd };
	result = gnutls_certificate_allocate_credentials(&client->credentials);
	if (result == 0)
		result = gnutls_init(&client->session, GNUTLS_CLIENT);
	if (result != 0)
		return result;
	(void)gnutls_priority_set_direct(client->session, priorities != NULL ? priorities : "NORMAL", NULL);
	(void)gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, client->credentials);
	(void)gnutls_server_name_set(client->session, GNUTLS_NAME_DNS, server_name, strlen(server_name));
	if (protocol != NULL) {
		memcpy(text, protocol, offered.size);
		(void)gnutls_alpn_set_protocols(client->session, &offered, 1, 0);
	}
	gnutls_transport_set_int(client->session, fd);
	do {
		result = gnutls_handshake(client->session);
	} while (result == GNUTLS_E_INTERRUPTED);
	return result;
}

bool tls_client_send(struct tls_client *client, const char *text)
{
	size_t len = strlen(text);

	return gnutls_record_send(client->session, text, len) == (ssize_t)len;
}

static enum ending ending_of(ssize_t result)
{
	if (result == 0)
		return ENDING_NOTIFY;
	if (result == GNUTLS_E_PREMATURE_TERMINATION)
		return ENDING_EOF;
	return result == GNUTLS_E_AGAIN ? ENDING_NONE : ENDING_RESET;
}

void tls_client_receive(struct tls_client *client, struct fetched *fetched)
{
	ssize_t got;

	fetched->len = 0;
	for (;;) {
		got = gnutls_record_recv(client->session, fetched->bytes + fetched->len,
					 sizeof(fetched->bytes) - 1 - fetched->len);
		if (got <= 0)
			break;
		fetched->len += (size_t)got;
	}
	fetched->bytes[fetched->len] = '\0';
	fetched->ending = ending_of(got);

	/* Behind close_notify there is the end of the stream, and nothing else. */
	if (fetched->ending == ENDING_NOTIFY && tls_client_await_end(client->fd) != ENDING_EOF)
		fetched->ending = ENDING_RESET;
}

void tls_client_close(struct tls_client *client)
{
	if (client->session != NULL)
		gnutls_deinit(client->session);
	if (client->credentials != NULL)
		gnutls_certificate_free_credentials(client->credentials);
	(void)close(client->fd);
}

void tls_client_fetch(in_port_t port, const char *server_name, const char *request, struct fetched *fetched)
{
	int fd = tls_client_connect("127.0.0.1", port);
	struct tls_client client;

	*fetched = (struct fetched){ .handshake = GNUTLS_E_PUSH_ERROR };
	if (fd < 0)
		return;
	fetched->handshake = tls_client_open(&client, fd, server_name, NULL);
	if (fetched->handshake == 0 && tls_client_send(&client, request))
		tls_client_receive(&client, fetched);
	tls_client_close(&client);
}
