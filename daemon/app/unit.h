/* SPDX-License-Identifier: ISC */
#ifndef APP_UNIT_H
#define APP_UNIT_H

/**
 * The service as systemd runs it: as which user, and what it sees of the file system.
 *
 * For root, who reads everything, and so cannot tell by reading what the service can read.  The truth is
 * what systemd says of the unit, drop-ins included.
 *
 * Threads: before there are any.
 */

#include "base/err.h"
#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>

/** The name of the unit that is asked for. */
#define UNIT_NAME "mta-stsd.service"

/** What the service has at a path instead of what is there; of several with one path the first kind counts.
 */
enum unit_place_kind {
	UNIT_HIDES, /**< nothing that can be looked at, nor below it */
	UNIT_SHOWS, /**< what another path leads to, or this one */
	UNIT_CLEARS /**< an empty directory */
};

struct unit_place {
	enum unit_place_kind kind;
	char *path;    /**< as the service has it */
	char *from;    /**< of what is shown: where that is outside */
	bool may_miss; /**< the service starts without it */
};

/** What of a unit decides what it can read. */
struct unit {
	char *user;
	char *group;   /**< "": that of the user */
	char **groups; /**< supplementary ones, the last one NULL */
	char *config;  /**< path of the settings that it reads, as it has it */
	struct unit_place *place;
	size_t count;
	bool confined;          /**< it sees nothing but what is shown */
	struct settings passed; /**< what its sockets that are open listen on; see settings_tell_passed() */
};

/**
 * Ask systemd for the unit.
 *
 * @param[out] why  set when it is not known, or cannot be imitated: in a few words, lent until the next call
 * here
 * @return ERR_OK, ERR_NOT_FOUND (there is no systemd, or no such unit), ERR_REFUSED (it is run in a way that
 * only systemd can bring about), ERR_IO (not to be found out), ERR_NO_MEMORY
 */
enum err unit_ask(struct unit *unit, const char **why);

/** Tell whether these are the settings that the unit reads. */
bool unit_uses(const struct unit *unit, const char *config);

/**
 * Become what the service is, for good: with nothing but what the service sees, as its user and with its
 * groups.
 *
 * @param unit  of its places those stay that are there
 * @param[out] why  set on failure: in a few words, lent until the next call here
 * @return ERR_OK, ERR_NOT_FOUND (no such user or group here, or a place without which it does not start),
 * ERR_IO (then it is half done)
 */
enum err unit_become(struct unit *unit, const char **why);

/**
 * The part of it that is about places: a file system as the service has it.  Returns as unit_become().
 */
enum err unit_view_take(struct unit *unit, const char **why);

struct sd_bus;

/** The part of unit_ask() that asks for the sockets; what is not to be found out stays empty.  NULL is fine.
 */
void unit_ask_sockets(struct sd_bus *bus, struct settings *passed);

/** Free what unit_ask_sockets() found; zero-initialised is fine. */
void unit_forget_sockets(struct settings *passed);

/** Free what it holds; zero-initialised is fine. */
void unit_free(struct unit *unit);

#endif
