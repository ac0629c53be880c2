/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_CLIENT_H
#define CTL_CLI_CLIENT_H

/**
 * One question to the daemon over its control socket, and the reply.  The only module that speaks to it.
 *
 * Threads: the main thread only.
 */

#include "base/err.h"
#include "ctl/cli/request.h"

#include <jansson.h>
#include <stdio.h>

/** The one Content-Type of replies that are not JSON: the text format of Prometheus. */
#define CLIENT_METRICS "text/plain; version=0.0.4; charset=utf-8"

/** Zero-initialise. */
struct client_reply {
	long status;  /**< of HTTP */
	json_t *body; /**< any JSON value; CLIENT_METRICS become a string */
};

/**
 * Ask, and wait for the whole reply.
 *
 * @param socket  path of the control socket
 * @param timeout_ms  for everything together
 * @param err  gets the complaint
 * @param[out] reply  freed with client_free()
 * @return ERR_OK (whatever the status), ERR_CLOSED (nothing was sent), ERR_UNKNOWN (the request, or a part
 *         of it, was sent, and no whole reply came back), ERR_SYNTAX (the reply is neither JSON nor UTF-8
 * text of CLIENT_METRICS); all of them complained about
 */
enum err client_ask(const char *socket, const struct request *request, long timeout_ms, FILE *err,
		    struct client_reply *reply);

/** Free a reply and empty it. */
void client_free(struct client_reply *reply);

#endif
