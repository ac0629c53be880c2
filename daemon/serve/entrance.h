/* SPDX-License-Identifier: ISC */
#ifndef SERVE_ENTRANCE_H
#define SERVE_ENTRANCE_H

/**
 * Where clients come in.
 */

#include "http/routes.h"
#include "serve/proxies.h"

#include <stddef.h>

/** What is spoken at an entrance; zero is none. */
enum entrance_kind {
	ENTRANCE_HTTPS = 1,
	ENTRANCE_PLAIN,     /**< HTTP without TLS, for another server that has done with it; TCP or Unix */
	ENTRANCE_CHALLENGE, /**< HTTP without TLS, for authorities that look at challenges, and nothing else;
			       TCP */
};

/** A listening stream socket, non-blocking. */
struct entrance {
	int fd;
	enum entrance_kind kind;
};

/** All that there are, who comes through them for others, and what there is for authorities. */
struct entrances {
	const struct entrance *entrance;
	size_t count;
	const struct proxies *proxies;   /**< NULL: nobody */
	const struct routes *challenges; /**< NULL: there is no ENTRANCE_CHALLENGE */
};

#endif
