/* SPDX-License-Identifier: ISC */
#include "core/host.h"

#include "base/clock.h"
#include "core/announce.h"
#include "core/custody.h"
#include "core/ids.h"
#include "core/registry_load.h"
#include "log/log_event.h"
#include "policy/domain.h"
#include "store/fetches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A reload that would orphan more than a tenth of all domains, and more than ten, is taken for a mistake. */
#define ORPHANS_FEW   10
#define ORPHANS_SHARE 10

/* Of more new orphans than this none is named in the log. */
#define ORPHANS_LOGGED 20

static enum err note_run(struct store *store, enum err (*note)(struct store_txn *txn, time_t now))
{
	struct store_txn *txn = NULL;
	enum err err = store_begin_modest(store, &txn);

	if (err == ERR_OK)
		err = note(txn, clock_now());
	if (err == ERR_OK)
		err = store_commit(&txn);
	store_rollback(&txn);
	return err;
}

/* Evidence must not keep a host from serving: what cannot be written now is tried again. */
void host_count_fetches(struct host *host)
{
	if (!host->counts)
		host->counts = note_run(host->store, fetches_begin) == ERR_OK;
	if (host->counts)
		(void)tally_write(registry_tally(host->registry), host->store, clock_now());
}

static void end_counting(struct host *host)
{
	if (host->counts && tally_write(registry_tally(host->registry), host->store, clock_now()) == ERR_OK)
		(void)note_run(host->store, fetches_end);
}

/* Only now that the state is known to be ours alone. */
static void finish_installed(const struct host *host, const struct settings *settings)
{
	char *directory = certificates_installed(settings->state);

	if (directory != NULL)
		certificates_finish(host->store, directory);
	free(directory);
}

enum err host_open(const char *config_path, struct settings **settings, struct host **host)
{
	struct host *new = calloc(1, sizeof(*new));
	enum err err = ERR_NO_MEMORY;

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->started_at = clock_now();
	new->config_path = strdup(config_path);
	if (new->config_path != NULL)
		err = registry_new(&new->registry);
	if (err == ERR_OK)
		err = certs_new(&new->certs);
	if (err == ERR_OK)
		err = store_open((*settings)->state, &new->store);
	if (err == ERR_OK)
		err = registry_load(new->registry, new->store);
	if (err != ERR_OK) {
		host_close(&new);
		return err;
	}
	finish_installed(new, *settings);
	host_count_fetches(new);
	new->started = *settings;
	new->settings = *settings;
	*settings = NULL;
	*host = new;
	return ERR_OK;
}

void host_close(struct host **host)
{
	struct host *old = *host;

	if (old == NULL)
		return;
	end_counting(old);
	names_free(&old->uncovered);
	certificates_warned_free(&old->warned);
	complaints_free(&old->complaints);
	complaints_free(&old->unfetched);
	domains_free(&old->domains);
	registry_free(&old->registry);
	certs_free(&old->certs);
	store_close(&old->store);
	if (old->settings != old->started)
		settings_free(&old->settings);
	settings_free(&old->started);
	free(old->config_path);
	free(old);
	*host = NULL;
}

/* One reload on its way: what was read, and what is to become of it. */
struct load {
	struct host *host;
	struct settings *settings; /* NULL: refused, those of the load before go on */
	struct domains *domains;   /* NULL: the directory cannot be read, those of the load before go on */
	struct complaints complaints;
	struct names refused; /* domains whose wish the plan refused, sorted */
	struct plan *plan;
	size_t orphans; /* domains that become orphans */
};

static const struct settings *settings_of(const struct load *load)
{
	return load->settings != NULL ? load->settings : load->host->settings;
}

/*
 * Certificates depend on nothing else: a renewed one is taken into use whatever becomes of the rest, and a
 * start without memory for the rest needs them to serve what the store holds.
 */
static enum err read_files(struct load *load)
{
	struct host *host = load->host;
	enum err err, certificates;

	custody_check(host->started->state, &load->complaints);
	err = settings_load(host->config_path, &load->complaints, &load->settings);
	if (err == ERR_OK)
		settings_compare(host->started, load->settings, host->config_path, &load->complaints);
	certificates =
		certificates_load(host->certs, settings_of(load), host->started->state, &load->complaints);
	if (err == ERR_OK || err == ERR_SYNTAX)
		err = certificates;
	if (err == ERR_OK)
		err = domains_load(settings_of(load)->domains, &load->complaints, &load->domains);
	return err == ERR_IO ? ERR_OK : err;
}

/* Tell whether the file that a domain last came from is there, but refused. */
static bool comes_from_refused(const struct domain *domain, const struct domains *domains)
{
	return names_has_sorted(&domains->refused_files, domain->source);
}

static enum err count_orphan(void *context, const struct domain *domain)
{
	struct load *load = context;
	bool first = load->host->domains == NULL;

	if ((first || !registry_is_orphan(domain)) && domains_find(load->domains, domain->name) == NULL &&
	    !comes_from_refused(domain, load->domains))
		load->orphans++;
	return ERR_OK;
}

/*
 * At start there is nothing to refuse: what is published is served in any case, and only said to be
 * suspicious.
 */
static enum err guard(struct load *load, bool force)
{
	const struct host *host = load->host;
	size_t count = registry_count(host->registry);
	bool first = host->domains == NULL;
	char value[64];

	(void)registry_each(host->registry, count_orphan, load);
	if (force || load->orphans <= ORPHANS_FEW || load->orphans <= count / ORPHANS_SHARE)
		return ERR_OK;
	(void)snprintf(value, sizeof(value), "%zu of %zu", load->orphans, count);
	complain(&load->complaints, first ? SEVERITY_WARNING : SEVERITY_ERROR, settings_of(load)->domains, 0,
		 "too many domains have lost their file", value,
		 "see whether the directory is mounted and complete; mta-stsctl reload --force orphans them");
	return first ? ERR_OK : ERR_REFUSED;
}

static enum err plan_domain(struct load *load, const struct configured *configured)
{
	struct host *host = load->host;
	const struct domain *known = registry_domain(host->registry, configured->domain);
	const struct wish wish = { .configured = configured };
	enum err err = ERR_OK;

	if (configured->refused)
		return ERR_OK;
	if (known != NULL)
		err = ids_warn(host->store, known, configured, &load->complaints);
	if (err == ERR_OK)
		err = plan_add(load->plan, configured->domain, &wish, &load->complaints);
	return err == ERR_REFUSED ? names_put(&load->refused, configured->domain) : err;
}

static enum err plan_all(struct load *load)
{
	struct host *host = load->host;
	size_t count = load->domains != NULL ? load->domains->count : 0;
	enum err err = plan_new(host->registry, host->store, clock_now(), false, &load->plan);

	/* The domains come sorted, and so do those among them that are refused. */
	for (size_t i = 0; err == ERR_OK && i < count; i++)
		err = plan_domain(load, &load->domains->item[i]);
	return err;
}

static void log_orphan(const struct domain *domain)
{
	const struct log_fields fields = {
		.domain = domain->name,
		.mode = mode_text(domain->published->mode),
		.id = domain->published->id,
		.file = domain->source,
	};

	log_event(EVENT_DOMAIN_ORPHANED, &fields,
		  "%s, orphaned (%s does not name it any more): its last revision goes on", domain->name,
		  domain->source);
}

/* Join a published domain with what its file says now. */
static enum err attach(void *context, const struct domain *domain)
{
	struct load *load = context;
	const struct configured *configured = domains_find(load->domains, domain->name);
	bool was_orphan = registry_is_orphan(domain);
	bool refused = configured != NULL
			       ? configured->refused || names_has_sorted(&load->refused, domain->name)
			       : comes_from_refused(domain, load->domains);

	registry_attach(load->host->registry, domain->name, refused ? NULL : configured, refused);
	if (!was_orphan && registry_is_orphan(domain) && load->orphans <= ORPHANS_LOGGED)
		log_orphan(domain);
	return ERR_OK;
}

static enum err find_uncovered(void *context, const struct domain *domain)
{
	struct host *host = context;
	char policy_host[HOST_SIZE];

	(void)snprintf(policy_host, sizeof(policy_host), DOMAIN_HOST_PREFIX "%s", domain->name);
	if (certs_serve(host->certs, policy_host)) {
		memcpy(host->covered, policy_host, sizeof(host->covered));
		return ERR_OK;
	}
	host->uncovered_count++;
	if (host->uncovered.count < HOST_UNCOVERED_NAMED)
		(void)names_put(&host->uncovered,
				domain->name); /* without memory it is counted, if not named */
	return ERR_OK;
}

/* After the commit, and nothing here can fail. */
static void adopt(struct load *load)
{
	struct host *host = load->host;

	if (load->settings != NULL) {
		if (host->settings != host->started)
			settings_free(&host->settings);
		host->settings = load->settings;
		load->settings = NULL;
	}
	if (load->domains != NULL) {
		(void)registry_each(host->registry, attach, load);
		domains_free(&host->domains);
		host->domains = load->domains;
		load->domains = NULL;
	}
	host->new_orphans = load->orphans;
	host->loaded = true;
	host->loaded_at = clock_now();
}

void host_note_uncovered(struct host *host)
{
	names_free(&host->uncovered);
	host->uncovered_count = 0;
	host->covered[0] = '\0';
	(void)registry_each(host->registry, find_uncovered, host);
}

void host_review_certificates(struct host *host)
{
	host_note_uncovered(host);
	certificates_review(host->certs, &host->warned);
}

static void conclude(struct load *load, enum err err)
{
	struct host *host = load->host;

	log_event_complaints(&load->complaints);
	complaints_free(&host->complaints);
	complaints_move(&host->complaints, &load->complaints);
	complaints_free(&host->unfetched);
	host_review_certificates(host);
	plan_free(&load->plan);
	settings_free(&load->settings);
	domains_free(&load->domains);
	names_free(&load->refused);
	if (err == ERR_NO_MEMORY || err == ERR_STORE)
		complain(&host->complaints, SEVERITY_ERROR, host->config_path, 0, "files are not loaded",
			 err_text(err), "see whether memory or disk is full, then run: mta-stsctl reload");
}

enum err host_reload(struct host *host, const struct reload *reload, struct plan **plan)
{
	const struct audit_entry entry = {
		.uid = reload->uid, .who = reload->who, .command = "reload", .reason = ""
	};
	const struct announce announce = {
		.what = "published", .who = reload->who, .uid = reload->uid, .only_published = true
	};
	struct load load = { .host = host };
	enum err err = registry_recover(host->registry, host->store);

	host->loaded = false;
	if (err != ERR_OK)
		return err;
	finish_installed(host, host->started);
	err = read_files(&load);
	if (err == ERR_OK && load.domains != NULL)
		err = guard(&load, reload->force);
	if (err == ERR_OK)
		err = plan_all(&load);
	if (err == ERR_OK)
		err = plan_commit(load.plan, &entry);
	if (err == ERR_OK) {
		announce_changes(load.plan, &announce);
		adopt(&load);
		*plan = load.plan;
		load.plan = NULL;
	}
	conclude(&load, err);
	return err;
}
