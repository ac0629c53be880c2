/* SPDX-License-Identifier: ISC */
#include "core/install.h"

#include "base/clock.h"
#include "certs/installed.h"
#include "certs/requests.h"
#include "core/awaited.h"
#include "core/certificates.h"
#include "core/coverage.h"
#include "policy/domain.h"

#include <stdlib.h>
#include <string.h>

/* One pair on its way. */
struct way {
	struct registry *registry;
	struct store *store;
	struct certs *certs;
	const struct order *order;
	const struct install *install;
	struct complaints *complaints;
	time_t now;
	struct text reason; /* what was installed, before the operator's words */
	char *directory;
	char *waiting; /* file of the key that waits for it, or NULL */
	char *path;
	struct text key; /* that was found for a chain without one */
	struct text pem;
	struct names touched; /* domains whose policy hosts the pair or one that it replaces names, sorted */
	struct certs *draft;  /* the certificates with the new pair */
	bool there;           /* exactly this pair is in its file already */
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
static bool is_superseded(const struct way *way, const struct facts *old)
{
	const struct facts *info = pair_facts(way->done.pair);

	return facts_are_valid(pair_facts(way->done.pair), way->now) &&
	       (old->doubted || facts_are_sound(pair_facts(way->done.pair), way->now)) &&
	       old->key == info->key && old->not_after <= info->not_after &&
	       has_all_names(&info->names, &old->names);
}

static enum err find_superseded(void *context, const struct facts *old)
{
	struct way *way = context;

	if (!installed_has(way->directory, old->file) || !is_superseded(way, old))
		return ERR_OK;
	return names_put(&way->done.replaced, old->file);
}

/* Whoever has not even one of the names is of use. */
static enum err sort_out(struct way *way)
{
	const struct names *names = &pair_facts(way->done.pair)->names;
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < names->count; i++)
		err = certs_each_named(way->certs, names->item[i], find_superseded, way);
	names_sort(&way->done.replaced);
	return err;
}

static bool is_occupied(const struct way *way)
{
	return certs_of_file(way->certs, way->path) != NULL &&
	       !names_has_sorted(&way->done.replaced, way->path);
}

/* The first name for its file under which no other pair lies that somebody needs. */
static enum err find_place(struct way *way)
{
	const struct facts *info = pair_facts(way->done.pair);

	for (unsigned number = 1; number <= INSTALLED_ALIKE_LIMIT; number++) {
		free(way->path);
		way->path = installed_path(way->directory, info, number);
		if (way->path == NULL)
			return ERR_NO_MEMORY;
		way->there = installed_holds(way->path, &way->pem);
		if (way->there || !is_occupied(way))
			return pair_settle(way->done.pair, way->path);
	}
	complain(way->complaints, SEVERITY_ERROR, way->path, 0, "too many pairs begin with the same name",
		 info->names.item[0], "remove files there that nobody needs, and run mta-stsctl reload");
	return ERR_REFUSED;
}

/* One that was made here waits for its certificate, or has one already, and that is brought once more. */
static enum err find_key(struct way *way, struct pair_texts *texts)
{
	char *directory = certificates_requested(way->install->state);
	enum err err = directory != NULL ? requests_find(directory, texts->chain, &way->waiting, &way->key)
					 : ERR_NO_MEMORY;
	char *file = NULL;

	if (err == ERR_NOT_FOUND)
		err = requests_find(way->directory, texts->chain, &file, &way->key);
	free(file);
	free(directory);
	texts->key = way->key.bytes;
	if (err != ERR_NOT_FOUND)
		return err;
	complain(way->complaints, SEVERITY_ERROR, "certificate", 0, "no key waits for it here", NULL,
		 "send the key along, or order one for a request of mta-stsctl cert request DOMAIN");
	return ERR_REFUSED;
}

static enum err draft(struct way *way)
{
	struct pair_texts texts = way->install->texts;
	enum err err = texts.key == NULL ? find_key(way, &texts) : ERR_OK;

	if (err == ERR_OK)
		err = pair_parse(&texts, way->now, way->complaints, &way->done.pair, &way->pem);
	if (err == ERR_OK)
		err = sort_out(way);
	if (err == ERR_OK)
		err = find_place(way);
	if (way->there)
		names_free(&way->done.replaced);
	if (err == ERR_OK)
		err = certs_draft(way->certs, way->done.pair, &way->done.replaced, &way->draft);
	return err;
}

static enum err list_touched(struct way *way, const struct facts *facts)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && facts != NULL && i < facts->names.count; i++) {
		const struct domain *domain = coverage_of_name(way->registry, facts->names.item[i]);

		if (domain != NULL)
			err = names_put(&way->touched, domain->name);
	}
	return err;
}

static enum err look_at_domain(struct way *way, const char *name)
{
	struct install_done *done = &way->done;
	const struct domain *domain = registry_domain(way->registry, name);
	char policy_host[HOST_SIZE];

	done->uncovered -= !domain->covered;
	done->uncovered += !certs_serve(way->draft, domain_host(name, policy_host));
	if (!facts_cover(pair_facts(done->pair), policy_host))
		return ERR_OK;
	if (done->covers_count++ >= INSTALL_COVERED_NAMED)
		return ERR_OK;
	return names_put(&done->covers, name);
}

/* What is so of all others is known. */
static enum err look_at_domains(struct way *way)
{
	const struct install_done *done = &way->done;
	const struct facts *there = certs_of_file(way->certs, way->path);
	enum err err = list_touched(way, pair_facts(done->pair));

	(void)coverage_look(way->registry, way->certs);
	if (err == ERR_OK)
		err = list_touched(way, there);
	for (size_t i = 0; err == ERR_OK && i < done->replaced.count; i++)
		err = list_touched(way, certs_of_file(way->certs, done->replaced.item[i]));
	names_sort(&way->touched);
	way->done.uncovered = registry_marked(way->registry, MARK_UNCOVERED);
	for (size_t i = 0; err == ERR_OK && i < way->touched.count; i++)
		err = look_at_domain(way, way->touched.item[i]);
	return err;
}

/* What becomes of it, before anything is done. */
static enum err look_ahead(struct way *way)
{
	const char *name = pair_facts(way->done.pair)->names.item[0];
	enum err err = look_at_domains(way);

	if (err != ERR_OK)
		return err;
	way->done.used = certs_use(way->draft);
	facts_review(pair_facts(way->done.pair), way->now, way->complaints);
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

static enum err describe(struct way *way, struct audit_entry *entry)
{
	const struct install *install = way->install;
	const struct facts *info = pair_facts(way->done.pair);
	const char *words = entry->reason;
	char until[CLOCK_TEXT_SIZE];
	enum err err =
		text_appendf(&way->reason, "%s until %s%s%s%s%s", info->names.item[0],
			     clock_text(info->not_after, until), install->from[0] != '\0' ? ", from " : "",
			     install->from, words[0] != '\0' ? ": " : "", words);

	entry->reason = way->reason.bytes;
	entry->file = strrchr(way->path, '/') + 1;
	entry->file_sum = text_sum(TEXT_SUM_EMPTY, way->pem.bytes, way->pem.len);
	return err;
}

static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	struct way *way = context;
	enum err err = ERR_NO_MEMORY;

	(void)changes;
	way->now = entry->at;
	way->directory = certificates_installed(way->install->state);
	if (way->directory != NULL)
		err = draft(way);
	if (err == ERR_OK)
		err = look_ahead(way);
	return err == ERR_OK ? describe(way, entry) : err;
}

static bool matters(const void *context)
{
	return !((const struct way *)context)->there;
}

static enum err prepare(void *context)
{
	struct way *way = context;

	certificates_finish(way->store, way->directory);
	return installed_write(way->directory, &way->pem);
}

static void give_up(void *context)
{
	installed_clean(((const struct way *)context)->directory);
}

static void end_waiting(const struct way *way)
{
	if (way->waiting != NULL)
		requests_end(way->waiting);
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

/* A certificate that came is awaited no more, the first of its domain or not. */
static void end_awaiting(const struct way *way)
{
	const struct facts *facts = pair_facts(way->done.pair);
	char policy_host[HOST_SIZE];

	if (!facts_are_valid(facts, way->now))
		return;
	for (size_t i = 0; i < way->touched.count; i++) {
		if (facts_cover(facts, domain_host(way->touched.item[i], policy_host)))
			awaited_forget(registry_awaited(way->registry), way->touched.item[i]);
	}
}

/* There is an entry: what cannot be put into its place now, the next start puts there. */
static enum err publish(void *context)
{
	struct way *way = context;
	enum err err = installed_put(way->directory, way->path);

	if (err == ERR_OK) {
		remove_replaced(way);
		end_waiting(way);
	}
	if (err == ERR_OK || err == ERR_UNKNOWN) {
		certs_replace(way->certs, &way->draft);
		end_awaiting(way);
	}
	return err == ERR_OK ? ERR_OK : ERR_UNKNOWN;
}

static void log_done(const void *context, const struct changes *changes)
{
	const struct way *way = context;
	const struct order *order = way->order;
	const struct facts *info = pair_facts(way->done.pair);
	const struct log_fields fields = {
		.domain = info->names.item[0],
		.who = order->who,
		.uid = &order->uid,
		.reason = order->reason,
		.file = info->file,
	};
	char until[CLOCK_TEXT_SIZE];

	(void)changes;
	if (way->there)
		return;
	log_event(EVENT_CERTIFICATE_INSTALLED, &fields,
		  "%s, certificate installed by %s (file: %s, valid until: %s, domains: %zu)",
		  info->names.item[0], order->who, info->file, clock_text(info->not_after, until),
		  way->done.covers_count);
}

static void free_secret(struct text *text)
{
	if (text->bytes != NULL)
		explicit_bzero(text->bytes, text->len);
	text_free(text);
}

static void free_way(struct way *way)
{
	free_secret(&way->pem);
	free_secret(&way->key);
	free(way->waiting);
	text_free(&way->reason);
	names_free(&way->touched);
	certs_free(&way->draft);
	install_done_free(&way->done);
	free(way->directory);
	free(way->path);
}

static const struct order_kind kind = {
	.command = "cert install",
	.not_done = EVENT_CERTIFICATE_NOT_INSTALLED,
	.work_out = work_out,
	.log_done = log_done,
	.matters = matters,
	.prepare = prepare,
	.give_up = give_up,
	.publish = publish,
};

enum err install_run(struct registry *registry, struct store *store, struct certs *certs,
		     const struct order *order, const struct install *install, struct complaints *complaints,
		     struct install_done *done)
{
	struct way way = { .registry = registry,
			   .store = store,
			   .certs = certs,
			   .order = order,
			   .install = install,
			   .complaints = complaints };
	struct changes *changes = NULL;
	enum err err = order_run(registry, store, order, &kind, &way, &changes);

	/* The same pair again: it is on disk, and in use from now on if it was not. */
	if (err == ERR_OK && way.there && !order->dry_run) {
		certs_replace(certs, &way.draft);
		end_waiting(&way);
		end_awaiting(&way);
	}
	if (err == ERR_OK) {
		*done = way.done;
		done->audit = changes->audit;
		way.done = (struct install_done){ 0 };
	}
	changes_free(&changes);
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
