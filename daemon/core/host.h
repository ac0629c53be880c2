/* SPDX-License-Identifier: ISC */
#ifndef CORE_HOST_H
#define CORE_HOST_H

/**
 * The policy host: everything that lives from start to stop, and how the files get into it.
 *
 * Threads: the main thread; workers use only registry and certs.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "base/names.h"
#include "certs/certs.h"
#include "config/domains.h"
#include "config/settings.h"
#include "core/certificates.h"
#include "core/plan.h"
#include "core/registry.h"
#include "policy/domain.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/** How many of the policy hosts without a certificate are named. */
#define HOST_UNCOVERED_NAMED 10

struct host {
	char *config_path;
	struct settings *started; /**< as the process was started with */
	struct settings
		*settings; /**< as last loaded, started itself at first; a reload may change some of them */
	struct store *store;
	struct registry *registry;
	struct certs *certs;
	struct domains *domains;      /**< as last loaded; NULL when the directory could not be read yet */
	struct complaints complaints; /**< of the last load */
	struct complaints unfetched;  /**< what core/unfetched.h found since; at most one */
	struct names uncovered;       /**< some domains whose policy host has no valid certificate */
	size_t uncovered_count;       /**< how many there are in all */
	char covered[HOST_SIZE];      /**< a policy host that has a valid certificate, "" when none has */
	struct certificates_warned warned; /**< of certificates that expire */
	bool counts;                       /**< the store knows that this run counts fetches */
	size_t new_orphans;                /**< how many domains became orphans by the last load */
	time_t started_at;
	bool loaded;      /**< whether the last load was done, with or without complaints */
	time_t loaded_at; /**< when a load was last done; 0: never */
};

/** Who asks for a reload, and how. */
struct reload {
	bool force;      /**< accept that many domains become orphans at once */
	int64_t uid;     /**< -1: start or SIGHUP */
	const char *who; /**< in words */
};

/**
 * Open store, registry and an empty certificate index; nothing is loaded from files yet but the settings
 * given.
 *
 * @param settings  taken over on success
 * @param[out] host  freed with host_close()
 * @return ERR_OK, or what store_open() and registry_load() say
 */
enum err host_open(const char *config_path, struct settings **settings, struct host **host);

/** Close everything; NULL inside is fine. */
void host_close(struct host **host);

/**
 * Read all files again - settings, domains, certificates - and publish what changed, keeping what was good of
 * what is not any more.
 *
 * Complaints of the load replace those in host->complaints and are logged.  A domain whose file is refused,
 * whose id may not be used, or whose file is gone keeps its last revision.  Certificates are taken into use
 * whatever becomes of the rest.
 *
 * @param[out] plan  what changed, one entry a changed domain; freed with plan_free()
 * @return ERR_OK (with or without complaints), ERR_REFUSED (more than a tenth of all domains, and more than
 * ten, would become orphans, and it is not forced; complained about, neither domains nor settings changed),
 * ERR_STORE (the same), ERR_UNKNOWN (see registry_recover()), ERR_NO_MEMORY (neither domains nor settings
 * changed)
 */
enum err host_reload(struct host *host, const struct reload *reload, struct plan **plan);

/**
 * Write down the fetches that were counted in memory.  What a crash can lose is no more than what was counted
 * since the last time, and the next run knows that.
 */
void host_count_fetches(struct host *host);

/** Find out again which domains have no valid certificate, after domains or certificates came or went. */
void host_note_uncovered(struct host *host);

/**
 * Log which certificates expire soon or have expired, as certificates_review() does, and note the domains
 * that are uncovered by now.  To be called once an hour; a load does it, too.
 */
void host_review_certificates(struct host *host);

#endif
