/* SPDX-License-Identifier: ISC */
#ifndef TLS_CLIENT_H
#define TLS_CLIENT_H

/**
 * A client for tests: blocking, and nothing it does lasts longer than TLS_CLIENT_PATIENCE_S.
 *
 * It makes no assertions, so that it may run in any thread.
 */

#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define TLS_CLIENT_PATIENCE_S 20
#define TLS_CLIENT_ROOM       32768

/** How the other side went silent. */
enum ending {
	ENDING_NONE,   /**< it has not, for as long as our patience lasts */
	ENDING_NOTIFY, /**< close_notify */
	ENDING_EOF,    /**< end of the stream without it */
	ENDING_RESET,  /**< connection reset, or any other error */
};

struct tls_client {
	int fd;
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
};

/** What a fetch brought. */
struct fetched {
	int handshake; /**< GNUTLS_E_* */
	enum ending ending;
	size_t len;
	char bytes[TLS_CLIENT_ROOM]; /**< NUL-terminated */
};

/** Connect a blocking socket to "127.0.0.1" or "::1"; -1 on failure. */
int tls_client_connect(const char *address, in_port_t port);

/** Read and throw away until the stream ends (ENDING_EOF, ENDING_RESET) or patience does (ENDING_NONE). */
enum ending tls_client_await_end(int fd);

/** Priorities of a client whose handshake is over for the server, too, when it is over for the client. */
#define TLS_CLIENT_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"

/**
 * Shake hands over a connected socket, which is taken over; returns GNUTLS_E_*.  NULL for the library's
 * priorities.
 */
int tls_client_open(struct tls_client *client, int fd, const char *server_name, const char *priorities);

/** The same for a client that offers one protocol (ALPN); NULL: none. */
int tls_client_open_for(struct tls_client *client, int fd, const char *server_name, const char *priorities,
			const char *protocol);

/** Send text; returns whether all of it was taken. */
bool tls_client_send(struct tls_client *client, const char *text);

/** Read until the stream ends. */
void tls_client_receive(struct tls_client *client, struct fetched *fetched);

/** Close the socket without a word, and free. */
void tls_client_close(struct tls_client *client);

/** All of it: connect to 127.0.0.1, shake hands, send a request, read its answer, close. */
void tls_client_fetch(in_port_t port, const char *server_name, const char *request, struct fetched *fetched);

#endif
