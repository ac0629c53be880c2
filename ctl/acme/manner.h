/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_MANNER_H
#define CTL_ACME_MANNER_H

/**
 * With what certificates are ordered: what the command line says, else the settings of the daemon, else the
 * defaults.
 *
 * Threads: the main thread only.
 */

#include "base/names.h"
#include "ctl/cli/view.h"

/** Begin with { .reply = NULL }; freed with manner_free(). */
struct manner {
	json_t *reply;            /* of the daemon; owner of the strings */
	struct names directories; /**< URLs of the authorities' directories, in order of preference */
	const char *key;          /**< "ecdsa" or "rsa" */
	bool http;                /**< whether the daemon has a socket for challenges of type http-01 */
	struct names addresses;   /**< by which the world reaches this host, as far as they are written */
};

/**
 * Ask the daemon for its settings; one of a version without them counts as one with the defaults.
 *
 * @return RUN_DONE, RUN_NOT_DONE (said why); manner_free() in any case
 */
enum run_status manner_ask(const struct run_view *view, struct manner *manner);

/** What ctl/acme/due.h takes for a seed: names keep their moments as long as the authority is the same. */
uint64_t manner_seed(const struct manner *manner);

/** Free what it holds. */
void manner_free(struct manner *manner);

#endif
