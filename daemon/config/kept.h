/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_KEPT_H
#define CONFIG_KEPT_H

/**
 * The settings that were good last, kept in the state directory: a start that finds mta-stsd.conf missing,
 * unreadable or wrong goes on with them, so that what is published is served.
 *
 * The directory is the one that systemd names (STATE_DIRECTORY, systemd.exec(5)), or else the default of the
 * setting state: without the settings nobody knows another one.
 *
 * Threads: the clerk's.
 */

#include "config/settings.h"

/** Name of the file there. */
#define KEPT_FILE "last-settings.conf"

/**
 * Keep settings that were loaded without a complaint, unless they are kept already.  What goes wrong is
 * logged, and what was kept before stays.
 */
void kept_write(const struct settings *settings);

/**
 * Load what is left where neither mta-stsd.conf nor what is kept can be used whole: what can be used of the
 * one that is kept or else of mta-stsd.conf, and defaults for everything else, but for domains and listen, as
 * settings_salvage() has it.  Only for a state that is
 * there: who has published nothing has nothing to lose.
 *
 * @param config  path of mta-stsd.conf
 * @param[out] settings  freed with settings_free()
 * @return ERR_OK, ERR_NOT_FOUND (there is no state where they say, nor where systemd says), ERR_NO_MEMORY
 */
enum err kept_salvage(const char *config, struct settings **settings);

/**
 * Tell whether a start without this settings file may go on with what is kept: whoever types a path that is
 * wrong does not mean the service of the machine.
 *
 * @return whether it is the usual path, or systemd has started us
 */
bool kept_is_meant(const char *config);

/**
 * Load those that are kept.
 *
 * @param[out] settings  freed with settings_free()
 * @return ERR_OK, ERR_NOT_FOUND (none are kept, or they cannot be used; logged), ERR_NO_MEMORY
 */
enum err kept_read(struct settings **settings);

#endif
