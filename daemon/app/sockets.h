/* SPDX-License-Identifier: ISC */
#ifndef APP_SOCKETS_H
#define APP_SOCKETS_H

/**
 * The listening sockets: those that the service manager passes, by name, and our own for what it does not
 * pass.
 *
 * Threads: the main thread, before there are others.
 */

#include "config/settings.h"
#include "serve/entrance.h"

#include <sys/types.h>

/** Everything we listen on. */
struct sockets {
	struct entrance
		*entrances; /**< HTTPS, HTTP for another server that has done with TLS, and for challenges */
	size_t entrance_count;
	bool listen_is_ours;    /**< whether the setting listen is used */
	struct names listen;    /**< the addresses of those for HTTPS */
	struct names plain;     /**< the addresses of the others: they are there only when they are passed */
	bool challenge_is_ours; /**< whether the setting listen_challenge is used */
	struct names challenge; /**< the addresses of those for challenges of type http-01 */
	int control;            /**< -1 while there is none */
	char *control_path;     /**< shown to people; never NULL after sockets_open() */
	bool control_is_ours;   /**< whether to remove it from the file system at the end */
	int metrics;            /**< -1 while there is none: it is there only when it is passed */
	char *metrics_text;     /**< its address; NULL without */
};

/** None yet. */
#define SOCKETS_NONE ((struct sockets){ .control = -1, .metrics = -1 })

/**
 * Take over or open all sockets.
 *
 * Sockets named "https" replace the setting listen, those named "challenge" the setting listen_challenge, one
 * named "control" the setting control (sd_listen_fds(3)).  Whoever reaches one named "metrics" reads them: a
 * warning says so when that may be others than this machine.  One named "http" is without TLS, and refused
 * unless only this machine reaches it.  An address of listen_challenge that cannot be had is logged and left
 * out: policies are served without.
 *
 * @param operators  group of a control socket that we make, or (gid_t)-1
 * @param others  whether other groups may ask something; then a control socket that we make is open to all,
 * and the peer's credentials alone decide
 * @param[out] sockets  closed with sockets_close(), also after an error
 * @return ERR_OK, ERR_REFUSED (a passed socket is not what its name says), ERR_SYNTAX (none is passed, and
 * there is no listen), ERR_EXISTS (somebody else listens), ERR_IO, ERR_NO_MEMORY; the cause is logged
 */
enum err sockets_open(const struct settings *settings, gid_t operators, bool others, struct sockets *sockets);

/**
 * Close all connections that wait at the sockets that were passed, because the start has failed: systemd
 * would start the service again for each of them, at once and for ever.
 *
 * @param count  as sd_listen_fds() told before sockets_open(); the descriptors are still open
 */
void sockets_turn_away(int count);

/** Close the control socket, and remove it if we made it, before the others. */
void sockets_close_control(struct sockets *sockets);

/** Close what is open and remove the control socket if we made it. */
void sockets_close(struct sockets *sockets);

#endif
