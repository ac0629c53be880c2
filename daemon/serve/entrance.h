/* SPDX-License-Identifier: ISC */
#ifndef SERVE_ENTRANCE_H
#define SERVE_ENTRANCE_H

/**
 * Where clients come in.
 */

#include "serve/proxies.h"

#include <stddef.h>

/** A listening stream socket, non-blocking. */
struct entrance {
	int fd;
	bool is_plain; /**< HTTP without TLS, for another server that has done with it; TCP or Unix */
};

/** All that there are, and who comes through them for others. */
struct entrances {
	const struct entrance *entrance;
	size_t count;
	const struct proxies *proxies; /**< NULL: nobody */
};

#endif
