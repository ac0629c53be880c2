/* SPDX-License-Identifier: ISC */
#include "core/install.h"

#include "base/clock.h"
#include "base/sum.h"
#include "base/text.h"
#include "certs/installed.h"
#include "core/certificates.h"
#include "core/registry_load.h"
#include "log/log_event.h"
#include "policy/domain.h"
#include "store/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One pair on its way. */
struct way {
	struct host *host;
	const struct install *install;
	struct complaints *complaints;
	time_t now;
	char *directory;
	char *path;
	struct text pem;
	struct names occupied; /* files of installed pairs that stay, sorted */
	struct certs *draft;   /* the certificates with the new pair */
	bool there;            /* exactly this pair is in its file already */
	bool placed;           /* it is now */
	struct install_done done;
};

static bool has_all_names(const struct names *names, const struct names *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		if (!names_has_sorted(names, wanted->item[i]))
			return false;
	}
	return true;
}

/* Whether an installed pair is of no use any more, once the new one is there; one that is refused by some
 * senders takes no place of one that is not. */
static bool is_superseded(const struct way *way, const struct pair_info *old)
{
	const struct pair_info *info = pair_info(way->done.pair);

	return pair_is_valid(way->done.pair, way->now) &&
	       (old->doubted || pair_is_sound(way->done.pair, way->now)) && old->key == info->key &&
	       old->not_after <= info->not_after && has_all_names(info->names, old->names);
}

static enum err sort_out(void *context, const struct pair_info *old, bool used)
{
	struct way *way = context;

	(void)used;
	if (!installed_has(way->directory, old->file))
		return ERR_OK;
	return names_put(is_superseded(way, old) ? &way->done.replaced : &way->occupied, old->file);
}

/* The first name for its file under which no other pair lies that somebody needs. */
static enum err find_place(struct way *way)
{
	const struct pair_info *info = pair_info(way->done.pair);

	for (unsigned number = 1; number <= INSTALLED_ALIKE_LIMIT; number++) {
		free(way->path);
		way->path = installed_path(way->directory, info, number);
		if (way->path == NULL)
			return ERR_NO_MEMORY;
		way->there = installed_holds(way->path, &way->pem);
		if (way->there || !names_has_sorted(&way->occupied, way->path))
			return pair_settle(way->done.pair, way->path);
	}
	complain(way->complaints, SEVERITY_ERROR, way->path, 0, "too many pairs begin with the same name",
		 info->names->item[0], "remove files there that nobody needs, and run mta-stsctl reload");
	return ERR_REFUSED;
}

static enum err prepare(struct way *way)
{
	enum err err =
		pair_parse(&way->install->texts, way->now, way->complaints, &way->done.pair, &way->pem);

	if (err == ERR_OK)
		err = certs_each(way->host->certs, sort_out, way);
	names_sort(&way->occupied);
	names_sort(&way->done.replaced);
	if (err == ERR_OK)
		err = find_place(way);
	if (way->there)
		names_free(&way->done.replaced);
	if (err == ERR_OK)
		err = certs_draft(way->host->certs, way->done.pair, &way->done.replaced, &way->draft);
	return err;
}

static enum err look_at_domain(void *context, const struct domain *domain)
{
	struct way *way = context;
	struct install_done *done = &way->done;
	char policy_host[HOST_SIZE];

	(void)snprintf(policy_host, sizeof(policy_host), DOMAIN_HOST_PREFIX "%s", domain->name);
	done->uncovered += !certs_serve(way->draft, policy_host);
	if (!pair_names(done->pair, policy_host))
		return ERR_OK;
	if (done->covers_count++ >= INSTALL_COVERED_NAMED)
		return ERR_OK;
	return names_put(&done->covers, domain->name);
}

static enum err look_at_pair(void *context, const struct pair_info *info, bool used)
{
	struct way *way = context;

	if (strcmp(info->file, way->path) == 0)
		way->done.used = used;
	return ERR_OK;
}

/* What becomes of it, before anything is done. */
static enum err look_ahead(struct way *way)
{
	const char *name = pair_info(way->done.pair)->names->item[0];
	enum err err = registry_each(way->host->registry, look_at_domain, way);

	if (err != ERR_OK)
		return err;
	(void)certs_each(way->draft, look_at_pair, way);
	pair_review(way->done.pair, way->now, way->complaints);
	if (!way->done.used)
		complain(way->complaints, SEVERITY_WARNING, way->path, 0,
			 "a better certificate is there for each of its names, which stays in use", name,
			 "see mta-stsctl cert list, and whether this is the newest one");
	if (way->done.covers_count == 0)
		complain(way->complaints, SEVERITY_WARNING, way->path, 0,
			 "certificate is for the policy host of no domain that is served", name,
			 "order one for mta-sts.DOMAIN, or add the domain");
	return ERR_OK;
}

/* The entry tells what was installed, before the operator's words. */
static enum err write_entry(struct way *way, const char *reason)
{
	const struct audit_entry entry = { .at = way->now,
					   .uid = way->install->uid,
					   .who = way->install->who,
					   .command = "cert install",
					   .reason = reason,
					   .file = strrchr(way->path, '/') + 1,
					   .file_sum = sum_add(SUM_EMPTY, way->pem.bytes, way->pem.len) };
	struct store_txn *txn = NULL;
	int64_t number = 0;
	enum err err = store_begin(way->host->store, &txn);

	if (err == ERR_OK)
		err = audit_put(txn, &entry, &number);
	if (err == ERR_OK)
		err = store_commit(&txn);
	store_rollback(&txn);
	if (err == ERR_OK)
		way->done.audit = number;
	return err;
}

static enum err audit(struct way *way)
{
	const struct install *install = way->install;
	char until[CLOCK_TEXT_SIZE];
	struct text reason = { 0 };
	enum err err;

	err = text_appendf(&reason, "%s until %s%s%s%s%s", pair_info(way->done.pair)->names->item[0],
			   clock_text(pair_info(way->done.pair)->not_after, until),
			   install->from[0] != '\0' ? ", from " : "", install->from,
			   install->reason[0] != '\0' ? ": " : "", install->reason);
	if (err == ERR_OK)
		err = write_entry(way, reason.bytes);
	if (err == ERR_STORE && store_made_room(way->host->store))
		err = write_entry(way, reason.bytes);
	text_free(&reason);
	return err;
}

static void remove_replaced(const struct way *way)
{
	struct names others = { 0 };

	for (size_t i = 0; i < way->done.replaced.count; i++) {
		if (strcmp(way->done.replaced.item[i], way->path) != 0)
			(void)names_put(&others, way->done.replaced.item[i]); /* else it stays */
	}
	installed_remove(way->directory, &others);
	names_free(&others);
}

static enum err write_down(struct way *way)
{
	enum err err;

	certificates_finish(way->host->store, way->directory);
	err = installed_write(way->directory, &way->pem);
	if (err == ERR_OK)
		err = audit(way);
	if (err == ERR_STORE || err == ERR_NO_MEMORY)
		installed_clean(way->directory);
	if (err == ERR_OK) {
		err = installed_put(way->directory, way->path);
		way->placed = err == ERR_OK || err == ERR_UNKNOWN;
		err = way->placed ? err : ERR_UNKNOWN; /* there is an entry: the next start puts it there */
	}
	if (err == ERR_OK)
		remove_replaced(way);
	return err;
}

static void log_installed(const struct way *way)
{
	const struct install *install = way->install;
	const struct pair_info *info = pair_info(way->done.pair);
	const struct log_fields fields = {
		.domain = info->names->item[0],
		.who = install->who,
		.uid = &install->uid,
		.reason = install->reason,
		.file = info->file,
	};
	char until[CLOCK_TEXT_SIZE];

	log_event(EVENT_CERTIFICATE_INSTALLED, &fields,
		  "%s, certificate installed by %s (file: %s, valid until: %s, domains: %zu)",
		  info->names->item[0], install->who, info->file, clock_text(info->not_after, until),
		  way->done.covers_count);
}

/* Nothing here can fail. */
static void take_into_use(struct way *way)
{
	certs_replace(way->host->certs, &way->draft);
	host_note_uncovered(way->host);
	if (way->placed)
		log_installed(way);
}

static void free_way(struct way *way)
{
	if (way->pem.bytes != NULL)
		explicit_bzero(way->pem.bytes, way->pem.len);
	text_free(&way->pem);
	names_free(&way->occupied);
	certs_free(&way->draft);
	install_done_free(&way->done);
	free(way->directory);
	free(way->path);
}

enum err install_run(struct host *host, const struct install *install, struct complaints *complaints,
		     struct install_done *done)
{
	struct way way = { .host = host, .install = install, .complaints = complaints, .now = clock_now() };
	enum err err = registry_recover(host->registry, host->store);

	way.directory = certificates_installed(host->started->state);
	if (way.directory == NULL)
		err = ERR_NO_MEMORY;
	if (err == ERR_OK)
		err = prepare(&way);
	if (err == ERR_OK)
		err = look_ahead(&way);
	if (err == ERR_OK && !install->dry_run && !way.there)
		err = write_down(&way);
	if (way.placed || (err == ERR_OK && way.there && !install->dry_run))
		take_into_use(&way);
	if (err == ERR_OK) {
		*done = way.done;
		way.done = (struct install_done){ 0 };
	} else {
		log_event(EVENT_CERTIFICATE_NOT_INSTALLED,
			  &(struct log_fields){
				  .who = install->who, .uid = &install->uid, .reason = err_text(err) },
			  "cert install, by %s not done (%s)", install->who, err_text(err));
	}
	free_way(&way);
	return err;
}

void install_done_free(struct install_done *done)
{
	pair_release(&done->pair);
	names_free(&done->replaced);
	names_free(&done->covers);
	*done = (struct install_done){ 0 };
}
