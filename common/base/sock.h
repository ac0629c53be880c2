/* SPDX-License-Identifier: ISC */
#ifndef BASE_SOCK_H
#define BASE_SOCK_H

/**
 * Addresses and sockets.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/** Room for "[2001:db8::1]:443" and a path of a Unix socket. */
#define SOCK_TEXT_SIZE 128

/** An address of any family. */
struct sock_address {
	struct sockaddr_storage storage;
	socklen_t len;
};

/** Who is at the other end of a Unix socket, as the kernel vouches. */
struct sock_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

/**
 * Read "192.0.2.1:443", "[2001:db8::1]:443" or "[::]:443"; the port must be given, 0 asks for any free one.
 *
 * @return ERR_OK, ERR_SYNTAX
 */
enum err sock_parse(const char *text, struct sock_address *address);

/** Write an address the way sock_parse() reads it; a Unix socket as its path.  Returns out. */
const char *sock_text(const struct sock_address *address, char out[SOCK_TEXT_SIZE]);

/**
 * Tell whether this machine has a way to an address; nothing is sent.
 *
 * False only when the kernel says that it has none: no route, no address of its own in that family, or not
 * the family.  Whatever else may be wrong with an address shows when it is used.
 */
bool sock_has_route(const struct sock_address *address);

/**
 * Open a listening TCP socket: non-blocking, close-on-exec, address reusable.
 *
 * An IPv6 socket takes IPv6 only, except for "[::]", which takes IPv4 as well.
 *
 * @param[out] fd  to be closed by the caller
 * @return ERR_OK, ERR_IO (errno tells why)
 */
enum err sock_listen_tcp(const struct sock_address *address, int *fd);

/**
 * Open a listening Unix socket at a path.
 *
 * Its mode is right from the first instant.  A stale socket nobody listens on is replaced; a living one is
 * not.  Other kinds of files at the path are left alone.  Call before there are threads: the process's umask
 * changes for a moment.
 *
 * @param mode  permission bits, such as 0660
 * @param group  group to own it, or (gid_t)-1 for the process's own
 * @param[out] fd  to be closed by the caller, who also unlinks the path
 * @return ERR_OK, ERR_EXISTS (somebody listens there, or the path is no socket), ERR_RANGE (path over 107
 * bytes), ERR_IO (errno tells why)
 */
enum err sock_listen_unix(const char *path, mode_t mode, gid_t group, int *fd);

/**
 * Ask the kernel who connected to a Unix socket.
 *
 * @return ERR_OK, ERR_IO
 */
enum err sock_peer(int fd, struct sock_peer *peer);

/**
 * Tell whether the process at the other end belongs to a group, by its primary or a supplementary one at the
 * time it connected.  False when the kernel does not say.
 */
bool sock_peer_in_group(int fd, gid_t group);

/**
 * Tell whether a descriptor is a listening stream socket of a family, for descriptors that systemd passes.
 */
bool sock_is_listening(int fd, int family);

#endif
