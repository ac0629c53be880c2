/* SPDX-License-Identifier: ISC */
#include "core/reload.h"

#include "base/clock.h"
#include "certs/requests.h"
#include "config/kept.h"
#include "core/candidates.h"
#include "core/certificates.h"
#include "core/ids.h"
#include "core/registry_private.h"
#include "store/condition.h"
#include "store/reading.h"
#include "store/revisions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Files that are gone of more than a tenth of all domains, and more than ten, are taken for a mistake.  Those
 * that publish "none" are left out: whoever is retired loses its file because it should.
 */
#define ORPHANS_FEW   10
#define ORPHANS_SHARE 10

/* Of more new orphans than this none is named in the log. */
#define ORPHANS_LOGGED 20

/* One reload on its way: what was read, and what is to become of it. */
struct load {
	const struct host *host;
	const struct order *order;
	bool force;
	bool begun;                /* the state could be read */
	bool held;                 /* the files were not taken, since too many domains would be lost */
	struct settings *settings; /* NULL: refused, those of the load before go on */
	struct domains *domains;   /* NULL: the directory cannot be read, those of the load before go on */
	struct complaints complaints;
	struct candidates candidates;
	struct names told;   /* domains whose wish was complained about or refused, sorted */
	size_t worked_out;   /* domains whose wish was worked out */
	size_t orphans;      /* domains that become orphans */
	size_t missed;       /* domains whose file is gone, and nobody has said that this is right */
	size_t lost;         /* of them, those that publish something else than "none" */
	const char *example; /* one that is lost */
};

static const struct settings *settings_of(const struct load *load)
{
	return load->settings != NULL ? load->settings : load->host->files->settings;
}

static void finish_certificates(const struct host *host)
{
	char *installed = certificates_installed(host->files->started->state);
	char *requested = certificates_requested(host->files->started->state);

	if (installed != NULL)
		certificates_finish(host->store, installed);
	if (requested != NULL)
		requests_clean(requested, clock_now());
	free(installed);
	free(requested);
}

/* Files in a place that nobody chose may be anybody's. */
static enum err read_domains(struct load *load)
{
	const struct reload_files *files = load->host->files;
	const char *directory = settings_of(load)->domains;

	if (directory[0] != '\0')
		return domains_load(directory, files->domains, &load->complaints, &load->domains);
	complain(&load->complaints, SEVERITY_ERROR, files->config_path, 0,
		 "no domain file is read, since no settings that can be used say where they are: each domain "
		 "stays as it was published",
		 "domains",
		 "write domains = \"" SYSCONFDIR "/mta-stsd/domains.d\"; or wherever they are, correct the "
		 "rest, and run: mta-stsctl reload");
	return ERR_IO;
}

/*
 * Certificates depend on nothing else: a renewed one is taken into use whatever becomes of the rest, and a
 * start without memory for the rest needs them to serve what the store holds.
 */
static enum err read_files(struct load *load)
{
	const struct reload_files *files = load->host->files;
	enum err err, certificates;

	condition_check_custody(files->started->state, &load->complaints);
	err = settings_load(files->config_path, &load->complaints, &load->settings);
	if (err == ERR_SYNTAX && files->standby != NULL)
		complain(&load->complaints, SEVERITY_ERROR, files->config_path, 0, files->standby, NULL,
			 "correct it, or put it back, and run: mta-stsctl reload");
	if (err == ERR_OK) {
		settings_tell_passed(files->passed, load->settings, files->config_path, &load->complaints);
		settings_compare(files->started, files->passed, load->settings, files->config_path,
				 &load->complaints);
	}
	certificates = certificates_load(load->host->certs, settings_of(load), files->started->state,
					 &load->complaints);
	if (err == ERR_OK || err == ERR_SYNTAX)
		err = certificates;
	if (err == ERR_OK)
		err = read_domains(load);
	return err == ERR_IO ? ERR_OK : err;
}

/* A domain whose loss was accepted has no source any more, in the store either: a restart asks for no second
 * word. */
static bool is_missed(const struct load *load, const struct candidate *candidate, const struct domain *domain)
{
	return candidate->entry.said == NULL && domain->source[0] != '\0' &&
	       !domains_refuse(load->domains, domain->source);
}

static void count_missed(struct load *load, const struct candidate *candidate, const struct domain *domain)
{
	bool first = load->host->files->domains == NULL, missed = is_missed(load, candidate, domain);

	if (candidate->entry.said != NULL || domains_refuse(load->domains, domain->source))
		return;
	load->orphans += first ? missed : !registry_is_orphan(domain);
	load->missed += missed;
	if (missed && domain->published->mode != MODE_NONE && load->lost++ == 0)
		load->example = domain->name;
}

/*
 * Counted from what is stored and not from what the load before made of it: neither many small steps nor a
 * restart are an answer.
 */
static enum err guard(struct load *load)
{
	const struct registry *registry = load->host->registry;
	size_t live = registry_count(registry) - registry_marked(registry, MARK_NONE);
	char value[DOMAIN_SIZE + 64];

	for (size_t i = 0; i < load->candidates.count; i++) {
		const struct candidate *candidate = &load->candidates.item[i];
		const struct domain *domain = registry_domain(registry, candidate->name);

		if (domain != NULL)
			count_missed(load, candidate, domain);
	}
	if (load->force || load->lost <= ORPHANS_FEW || load->lost <= live / ORPHANS_SHARE)
		return ERR_OK;
	load->held = true;
	(void)snprintf(value, sizeof(value), "%zu of %zu, such as %s", load->lost, live, load->example);
	complain(&load->complaints, SEVERITY_ERROR, settings_of(load)->domains, 0, RELOAD_HELD, value,
		 "check whether the directory is mounted and complete, then run: mta-stsctl reload; if those "
		 "files are gone for good, run: mta-stsctl reload --force");
	return ERR_REFUSED;
}

static enum err add(struct load *load, struct candidate *candidate, struct changes *changes)
{
	const struct configured *configured = candidate->entry.said;
	const struct host *host = load->host;
	const struct domain *known = registry_domain(host->registry, configured->domain);
	const struct wish wish = { .configured = configured };
	size_t said = load->complaints.count + load->complaints.lost;
	enum err err = ERR_OK;

	load->worked_out++;
	if (known != NULL)
		err = ids_warn(host->store, known, configured, &load->complaints);
	if (err == ERR_OK)
		err = changes_add(changes, configured->domain, &wish, &load->complaints);
	candidate->refused = err == ERR_REFUSED;
	if (err != ERR_OK && err != ERR_REFUSED)
		return err;
	return candidate->refused || load->complaints.count + load->complaints.lost > said
		       ? names_put(&load->told, configured->domain)
		       : ERR_OK;
}

/* They come by name, and so do the changes, and those of them that are refused. */
static enum err add_all(struct load *load, struct changes *changes)
{
	const struct reload_files *files = load->host->files;
	enum err err = candidates_find(load->host->registry, files->domains, load->domains, &files->told,
				       &load->candidates);

	if (err == ERR_OK)
		err = guard(load);
	for (size_t i = 0; err == ERR_OK && i < load->candidates.count; i++) {
		if (load->candidates.item[i].again)
			err = add(load, &load->candidates.item[i], changes);
	}
	return err;
}

static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	struct load *load = context;
	enum err err;

	(void)entry;
	load->begun = true;
	finish_certificates(load->host);
	err = read_files(load);
	if (err != ERR_OK || load->domains == NULL)
		return err;
	reading_begin(load->host->store);
	err = add_all(load, changes);
	reading_end(load->host->store);
	return err;
}

static bool accepts(const void *context)
{
	const struct load *load = context;

	return load->force && load->missed > 0;
}

/* That nobody has to say it again. */
static enum err write_accepted(void *context, struct store_txn *txn, int64_t audit)
{
	const struct load *load = context;
	enum err err = ERR_OK;

	(void)audit;
	for (size_t i = 0; err == ERR_OK && accepts(load) && i < load->candidates.count; i++) {
		const struct candidate *candidate = &load->candidates.item[i];
		const struct domain *domain = registry_domain(load->host->registry, candidate->name);

		if (domain != NULL && is_missed(load, candidate, domain))
			err = revisions_put_source(txn, domain->name, "");
	}
	return err;
}

static void log_published(const void *context, const struct changes *changes)
{
	const struct load *load = context;

	order_announce(load->order, changes, "published", true);
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
		  "%s, orphaned (%s does not name it any more): its last revision stays in use", domain->name,
		  domain->source);
}

/* Join a published domain with what its file says now. */
static void attach(const struct load *load, const struct candidate *candidate, const struct domain *domain)
{
	const struct said_entry *entry = &candidate->entry;
	bool was_orphan = registry_is_orphan(domain);
	bool refused = entry->said != NULL ? entry->twice || candidate->refused
					   : domains_refuse(load->domains, domain->source);

	registry_attach(load->host->registry, domain->name, refused ? NULL : entry->said, refused);
	if (!was_orphan && registry_is_orphan(domain) && domain->source[0] != '\0' &&
	    load->orphans <= ORPHANS_LOGGED)
		log_orphan(domain);
	if (load->force && is_missed(load, candidate, domain))
		registry_clear_source(registry_known(load->host->registry, domain->name));
}

/* Whoever is no candidate is joined as before. */
static void attach_all(const struct load *load)
{
	for (size_t i = 0; i < load->candidates.count; i++) {
		const struct candidate *candidate = &load->candidates.item[i];
		const struct domain *domain = registry_domain(load->host->registry, candidate->name);

		if (domain != NULL)
			attach(load, candidate, domain);
	}
}

static void count_changed(void *context, const struct said *before, const struct said *now)
{
	(void)before;
	(void)now;
	(*(size_t *)context)++;
}

/* What was read is what counts from now on; nothing here can fail. */
static void adopt(struct load *load)
{
	struct reload_files *files = load->host->files;

	if (load->settings != NULL) {
		kept_write(load->settings);
		if (files->settings != files->started)
			settings_free(&files->settings);
		files->settings = load->settings;
		files->standby = NULL;
		load->settings = NULL;
	}
	files->files_changed = 0;
	if (load->domains != NULL) {
		if (files->domains != NULL)
			domains_compare(files->domains, load->domains, count_changed, &files->files_changed);
		attach_all(load);
		domains_free(&files->domains);
		names_free(&files->told);
		files->domains = load->domains;
		files->told = load->told;
		load->domains = NULL;
		load->told = (struct names){ 0 };
	}
	files->worked_out = load->worked_out;
	files->new_orphans = load->orphans;
	files->loaded_at = clock_now();
}

/* Nobody knows whether a file names it, so it is no orphan. */
static enum err attach_unread(void *context, const struct domain *domain)
{
	registry_attach(context, domain->name, NULL, true);
	return ERR_OK;
}

static void conclude(struct load *load, enum err err)
{
	struct reload_files *files = load->host->files;
	struct coverage *coverage = load->host->coverage;

	files->held = load->held;
	if (files->domains == NULL)
		(void)registry_each(load->host->registry, attach_unread, load->host->registry);
	log_event_complaints(&load->complaints);
	complaints_free(&files->complaints);
	complaints_move(&files->complaints, &load->complaints);
	complaints_free(&coverage->unfetched);
	coverage_review(coverage, load->host->registry, load->host->certs);
	settings_free(&load->settings);
	domains_free(&load->domains);
	names_free(&load->told);
	candidates_free(&load->candidates);
	if (err == ERR_NO_MEMORY || err == ERR_STORE)
		complain(&files->complaints, SEVERITY_ERROR, files->config_path, 0, "files are not loaded",
			 err_text(err), "check whether memory or disk is full, then run: mta-stsctl reload");
}

static const struct order_kind kind = {
	.command = "reload",
	.not_done = EVENT_RELOAD_NOT_DONE,
	.work_out = work_out,
	.matters = accepts,
	.write = write_accepted,
	.log_done = log_published,
};

static enum err run(struct load *load, struct changes **changes)
{
	const struct host *host = load->host;
	const struct order *order = load->order;
	enum err err = order_run(host->registry, host->store, order, &kind, load, changes);

	host->files->loaded = err == ERR_OK;
	if (err == ERR_OK)
		adopt(load);
	if (load->begun)
		conclude(load, err);
	if (err == ERR_OK && host->reload_ends != NULL)
		log_event(EVENT_RELOAD_DONE, &(struct log_fields){ .who = order->who, .uid = &order->uid },
			  "reload, done (domain files changed: %zu, certificates changed: %zu, published: "
			  "%zu, new "
			  "orphans: %zu)",
			  host->files->files_changed, certs_changed(host->certs), (*changes)->published,
			  host->files->new_orphans);
	return err;
}

enum err reload_run(const struct host *host, const struct order *order, bool force, struct changes **changes)
{
	struct load load = { .host = host, .order = order, .force = force };
	enum err err;

	/* A start says it in its own words. */
	if (host->reload_begins != NULL) {
		host->reload_begins(host->context);
		log_notice("reload, begun (by %s)", order->who);
	}
	err = run(&load, changes);
	if (host->reload_ends != NULL)
		host->reload_ends(host->context);
	return err;
}
