/* SPDX-License-Identifier: ISC */
#include "base/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG    4096
#define GROUPS_MAX 1024

static enum err parse_port(const char *text, in_port_t *port)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long value = 0;

	if (digits == 0 || digits > 5 || text[digits] != '\0')
		return ERR_SYNTAX;
	value = strtoul(text, NULL, 10);
	if (value > UINT16_MAX)
		return ERR_SYNTAX;
	*port = htons((uint16_t)value);
	return ERR_OK;
}

static enum err parse_host(const char *host, in_port_t port, struct sock_address *address)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = port };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = port };
	size_t len = strlen(host);
	char bare[INET6_ADDRSTRLEN];

	*address = (struct sock_address){ 0 };
	if (inet_pton(AF_INET, host, &in4.sin_addr) == 1) {
		memcpy(&address->storage, &in4, sizeof(in4));
		address->len = sizeof(in4);
		return ERR_OK;
	}
	if (len < 4 || len - 2 >= sizeof(bare) || host[0] != '[' || host[len - 1] != ']')
		return ERR_SYNTAX;
	memcpy(bare, host + 1, len - 2);
	bare[len - 2] = '\0';
	if (inet_pton(AF_INET6, bare, &in6.sin6_addr) != 1)
		return ERR_SYNTAX;
	memcpy(&address->storage, &in6, sizeof(in6));
	address->len = sizeof(in6);
	return ERR_OK;
}

enum err sock_parse(const char *text, struct sock_address *address)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	in_port_t port;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(host) || parse_port(colon + 1, &port) != ERR_OK)
		return ERR_SYNTAX;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	return parse_host(host, port, address);
}

const char *sock_text(const struct sock_address *address, char out[SOCK_TEXT_SIZE])
{
	char host[INET6_ADDRSTRLEN] = "?";
	const struct sockaddr_in *in4 = (const void *)&address->storage;
	const struct sockaddr_in6 *in6 = (const void *)&address->storage;
	const struct sockaddr_un *un = (const void *)&address->storage;

	switch (address->storage.ss_family) {
	case AF_INET:
		(void)inet_ntop(AF_INET, &in4->sin_addr, host, sizeof(host));
		(void)snprintf(out, SOCK_TEXT_SIZE, "%s:%u", host, (unsigned)ntohs(in4->sin_port));
		break;
	case AF_INET6:
		(void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		(void)snprintf(out, SOCK_TEXT_SIZE, "[%s]:%u", host, (unsigned)ntohs(in6->sin6_port));
		break;
	case AF_UNIX:
		(void)snprintf(out, SOCK_TEXT_SIZE, "%.107s", un->sun_path);
		break;
	default:
		(void)snprintf(out, SOCK_TEXT_SIZE, "?");
	}
	return out;
}

/* A datagram socket that is connected has sent nothing yet, but the kernel has looked for a route. */
bool sock_has_route(const struct sock_address *address)
{
	int fd = socket(address->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int failed = 0;

	if (fd < 0)
		return errno != EAFNOSUPPORT;
	if (connect(fd, (const struct sockaddr *)&address->storage, address->len) != 0)
		failed = errno;
	(void)close(fd);
	return failed != ENETUNREACH && failed != EADDRNOTAVAIL && failed != EAFNOSUPPORT;
}

static enum err close_with_error(int fd)
{
	int why = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = why;
	return ERR_IO;
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

enum err sock_listen_tcp(const struct sock_address *address, int *fd)
{
	const struct sockaddr_in6 *in6 = (const void *)&address->storage;
	int family = address->storage.ss_family;
	int sock = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (sock < 0 || set(sock, SOL_SOCKET, SO_REUSEADDR, 1) != 0)
		return close_with_error(sock);
	if (family == AF_INET6 &&
	    set(sock, IPPROTO_IPV6, IPV6_V6ONLY, !IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr)) != 0)
		return close_with_error(sock);
	if (bind(sock, (const struct sockaddr *)&address->storage, address->len) != 0 ||
	    listen(sock, BACKLOG) != 0)
		return close_with_error(sock);
	*fd = sock;
	return ERR_OK;
}

/* Only a socket that refuses connections is stale; whatever else stands at the path is somebody's. */
static enum err remove_stale(const struct sockaddr_un *un)
{
	struct stat status;
	int probe;
	bool refused;

	if (lstat(un->sun_path, &status) != 0)
		return errno == ENOENT ? ERR_OK : ERR_IO;
	if (!S_ISSOCK(status.st_mode))
		return ERR_EXISTS;
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return ERR_IO;
	refused = connect(probe, (const struct sockaddr *)un, sizeof(*un)) != 0 && errno == ECONNREFUSED;
	(void)close(probe);
	if (!refused)
		return ERR_EXISTS;
	return unlink(un->sun_path) == 0 ? ERR_OK : ERR_IO;
}

/* A sandbox may forbid chown(2) altogether, so what is right is left alone. */
static int give_to_group(const char *path, gid_t group)
{
	struct stat status;

	if (group == (gid_t)-1 || (stat(path, &status) == 0 && status.st_gid == group))
		return 0;
	return chown(path, (uid_t)-1, group);
}

enum err sock_listen_unix(const char *path, mode_t mode, gid_t group, int *fd)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	enum err err;
	mode_t before;
	int sock;
	int bound;

	if (strlen(path) >= sizeof(un.sun_path))
		return ERR_RANGE;
	memcpy(un.sun_path, path, strlen(path) + 1);
	err = remove_stale(&un);
	if (err != ERR_OK)
		return err;
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return ERR_IO;
	before = umask(0777 & ~mode);
	bound = bind(sock, (const struct sockaddr *)&un, sizeof(un));
	(void)umask(before);
	if (bound != 0)
		return close_with_error(sock);

	/* Nobody can connect before listen(), so the group may still change. */
	if (give_to_group(path, group) != 0 || listen(sock, BACKLOG) != 0) {
		(void)unlink(path);
		return close_with_error(sock);
	}
	*fd = sock;
	return ERR_OK;
}

enum err sock_peer(int fd, struct sock_peer *peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return ERR_IO;
	*peer = (struct sock_peer){ .uid = cred.uid, .gid = cred.gid, .pid = cred.pid };
	return ERR_OK;
}

bool sock_peer_in_group(int fd, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);
	struct sock_peer peer;

	if (sock_peer(fd, &peer) == ERR_OK && peer.gid == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0)
		return false;
	for (size_t i = 0; i < len / sizeof(*groups); i++) {
		if (groups[i] == group)
			return true;
	}
	return false;
}

bool sock_is_listening(int fd, int family)
{
	struct sockaddr_storage storage = { 0 };
	socklen_t len = sizeof(storage);
	int listening = 0;
	socklen_t flag_len = sizeof(listening);

	return getsockname(fd, (struct sockaddr *)&storage, &len) == 0 && storage.ss_family == family &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &flag_len) == 0 && listening != 0;
}
