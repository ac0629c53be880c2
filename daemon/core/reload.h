/* SPDX-License-Identifier: ISC */
#ifndef CORE_RELOAD_H
#define CORE_RELOAD_H

/**
 * The order that reads all files again, what they said, and the host as a whole.
 *
 * Threads: the clerk's.
 */

#include "config/settings.h"
#include "core/coverage.h"
#include "core/order.h"

/** What is complained about while a load is held. */
#define RELOAD_HELD "no file is loaded, since too many domains have lost theirs"

/** What the files said when they were last loaded, and how that went. */
struct reload_files {
	char *config_path;
	struct settings *started;      /**< as the process was started with */
	const struct settings *passed; /**< see settings_tell_passed(); lent by app/ */
	const char *standby; /**< what they are instead, while the file could not be used since the start; or
				NULL */
	struct settings *settings; /**< as last loaded, started itself at first; some may differ */
	bool held; /**< the last load was refused because too many domains had lost their files */
	struct domains *domains; /**< as last loaded; NULL: the directory could not be read yet, or nobody
				  * has chosen one */
	struct names told;       /**< domains whose wishes were complained about or refused then, sorted */
	struct complaints complaints; /**< of the last load */
	size_t files_changed;         /**< domain files that were new, different or gone at the last load */
	size_t worked_out;            /**< domains whose wishes were worked out by it */
	size_t new_orphans;           /**< how many domains became orphans by the last load */
	bool loaded;                  /**< whether the last load was done, with or without complaints */
	time_t loaded_at;             /**< when a load was last done; 0: never */
};

/**
 * Begin with the settings of a start; nothing else is loaded yet.
 *
 * @param settings  taken over on success
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err reload_open_files(const char *config_path, struct settings **settings, struct reload_files *files);

/** Free what they hold; zero-initialised is fine. */
void reload_close_files(struct reload_files *files);

struct challenges;
struct tally;
struct timekeeper;

/**
 * The policy host: what lives from start to stop, lent by app/ to what looks at all of it.  An order takes
 * only what it needs.  Workers use only registry, certs and challenges.
 */
struct host {
	struct store *store;
	struct registry *registry;
	struct certs *certs;
	struct challenges *challenges; /**< certs/challenges.h */
	struct reload_files *files;
	struct coverage *coverage;
	struct tally *tally;           /**< evidence/tally.h */
	struct timekeeper *timekeeper; /**< core/timekeeper.h */
	time_t started_at;
	void (*reload_begins)(
		void *context);             /**< called before a reload reads anything; NULL: nobody hears */
	void (*reload_ends)(void *context); /**< called when it is over, whatever became of it */
	void *context;                      /**< of both */
};

/**
 * Read all files again - settings, domains, certificates - and publish what changed, as order_run() does,
 * keeping what was good of what is not any more.
 *
 * Complaints of the load replace those in files->complaints and are logged.  A domain whose file is refused,
 * whose id may not be used, or whose file is gone keeps its last revision.  Certificates are taken into use
 * whatever becomes of the rest.  Until a load was done all domains count as refused, since nobody knows what
 * the files say.
 *
 * @param force  accept, for good, that domains have lost their files and are orphans
 * @param[out] changes  what changed, one entry per changed domain; freed with changes_free()
 * @return as order_run(), with or without complaints, and ERR_REFUSED (more than a tenth of all domains, and
 * more than ten, not counting those that publish "none", have lost their files, it is not forced, and no load
 * that was forced has accepted it; complained about).  After an error neither domains nor settings have
 * changed.
 */
enum err reload_run(const struct host *host, const struct order *order, bool force, struct changes **changes);

#endif
