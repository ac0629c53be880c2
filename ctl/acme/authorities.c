/* SPDX-License-Identifier: ISC */
#include "ctl/acme/authorities.h"

#include "base/clock.h"
#include "ctl/acme/choice.h"

#include <stdlib.h>
#include <string.h>

#define HTTPS "https://"

/* So long before it is made a certificate's validity begins at most. */
#define BACKDATED ((time_t)3 * 3600)

static void write_name(const char *url, char out[TEXT_SHOWN_SIZE])
{
	if (strncmp(url, HTTPS, strlen(HTTPS)) == 0)
		url += strlen(HTTPS);
	text_escape(url, strcspn(url, "/"), out);
}

void authorities_begin(struct authorities *all, const struct names *urls)
{
	*all = (struct authorities){ .urls = urls, .count = urls->count };
	for (size_t i = 0; i < all->count; i++) {
		all->item[i].url = urls->item[i];
		if (all->count > 1)
			write_name(urls->item[i], all->item[i].name);
		all->item[i].ledger.fd = -1;
		budget_begin(&all->item[i].ledger.budget, urls->item[i]);
	}
}

void authorities_recall(struct authorities *all, const char *folder, time_t now)
{
	for (size_t i = 0; i < all->count; i++)
		all->item[i].has_account = account_is_known(folder, all->item[i].url);
	/* The only one is asked each time. */
	if (all->count > 1)
		silence_read(folder, all->urls, now, all->silence);
}

/* The first is asked even if nobody has said that there is an account. */
static bool is_usable(const struct authority *authority, size_t index)
{
	/* One that has an account is waited for. */
	bool is_off = authority->problem == ORDERING_OTHER && authority->has_account;
	bool refuses = authority->problem != 0 && authority->problem != ORDERING_AUTHORITY_SILENT && !is_off;

	return (index == 0 || authority->has_account) && !refuses;
}

static bool is_silent(const struct authorities *all, size_t index, time_t now)
{
	return all->item[index].problem == ORDERING_AUTHORITY_SILENT ||
	       (all->silence[index].since != 0 && now < silence_until(&all->silence[index]));
}

bool authorities_is_open(const struct authorities *all, size_t index, time_t now)
{
	const struct authority *authority = &all->item[index];

	return !authority->is_over && authority->problem == 0 && !is_silent(all, index, now);
}

enum ordering_problem authorities_problem(const struct authorities *all, size_t index, time_t now)
{
	if (all->item[index].problem != 0)
		return all->item[index].problem;
	return is_silent(all, index, now) ? ORDERING_AUTHORITY_SILENT : 0;
}

static size_t count_broken(const struct authorities *all)
{
	size_t broken = 0;

	for (size_t i = 0; i < all->count; i++)
		broken += all->item[i].problem == ORDERING_LEDGER;
	return broken;
}

enum run_status authorities_note_ledger(struct authorities *all, size_t index, enum run_status status)
{
	if (status != RUN_NOT_DONE)
		return status;
	all->item[index].problem = ORDERING_LEDGER;
	all->item[index].is_asked = true;
	return count_broken(all) < all->count ? RUN_DONE : status;
}

bool authorities_has_broken_ledger(const struct authorities *all)
{
	return count_broken(all) > 0;
}

enum err authorities_note_silence(struct authorities *all, size_t index, const struct account *account,
				  bool is_mute)
{
	if (all->count == 1)
		return ERR_OK;
	silence_note(&all->silence[index], clock_now(), is_mute);
	return silence_write(account, all->urls, all->silence);
}

enum err authorities_note_answer(struct authorities *all, size_t index, const struct account *account,
				 bool to_order)
{
	struct silence *silence = &all->silence[index];

	if (silence->since == 0 || (silence->is_mute && !to_order))
		return ERR_OK;
	*silence = (struct silence){ .since = 0 };
	return silence_write(account, all->urls, all->silence);
}

enum run_status authorities_inventory(const struct authorities *all, const struct run_view *view,
				      struct inventory *inventory)
{
	const struct budget *budgets[AUTHORITY_MOST];

	for (size_t i = 0; i < all->count; i++)
		budgets[i] = &all->item[i].ledger.budget;
	return inventory_ask(view, budgets, all->count, inventory);
}

/* When the certificate that it has was made at any other authority: what failed before counts no longer. */
static time_t made_elsewhere(const struct authorities *all, size_t index, const struct inventory_item *has)
{
	time_t made = has->not_before;

	for (size_t i = 0; has->not_after != 0 && i < all->count; i++) {
		time_t when = i != index ? budget_issued(&all->item[i].ledger.budget, has->host) : 0;

		if (when > made && when - has->not_before <= BACKDATED)
			made = when;
	}
	return made;
}

static struct inventory_item as_seen_by(const struct authorities *all, size_t index,
					const struct inventory_item *has)
{
	struct inventory_item seen = *has;

	seen.is_own = (has->own & (1U << index)) != 0;
	seen.made = made_elsewhere(all, index, has);
	return seen;
}

struct outlook authorities_outlook_at(const struct authorities *all, size_t index,
				      const struct inventory_item *has, time_t now, uint64_t seed)
{
	const struct inventory_item seen = as_seen_by(all, index, has);
	struct outlook outlook = outlook_of(&seen, &all->item[index].ledger.budget, now, seed);

	outlook.authority = index;
	outlook.where = all->item[index].name[0] != '\0' ? all->item[index].name : NULL;
	return outlook;
}

static struct choice_of facts_of(const struct authorities *all, size_t index,
				 const struct inventory_item *has, time_t now)
{
	const struct inventory_item seen = as_seen_by(all, index, has);
	const struct budget *budget = &all->item[index].ledger.budget;
	const struct due_name name = outlook_facts(&seen, budget, now);
	const struct key *key = budget_host(budget, has->host);

	return (struct choice_of){ .is_usable = is_usable(&all->item[index], index),
				   .silent = is_silent(all, index, now) ? all->silence[index].since : 0,
				   .wait_until = budget->wait_until,
				   .wait_since = budget->wait_since,
				   .barred_until = key != NULL ? key->wait_until : 0,
				   .tried = name.tried,
				   .failures = name.failures,
				   .first_tried = name.first_tried };
}

static void list_facts(const struct authorities *all, const struct inventory_item *has, time_t now,
		       struct choice_of of[AUTHORITY_MOST])
{
	for (size_t i = 0; i < all->count; i++)
		of[i] = facts_of(all, i, has, now);
}

struct outlook authorities_outlook(const struct authorities *all, const struct inventory_item *has,
				   time_t now, uint64_t seed)
{
	struct outlook outlook = authorities_outlook_at(all, 0, has, now, seed);
	struct choice_of of[AUTHORITY_MOST];
	size_t index;

	if (all->count == 1)
		return outlook;
	list_facts(all, has, now, of);
	index = choice_next(of, all->count, outlook.item.due.urgency, now);
	return index == 0 ? outlook : authorities_outlook_at(all, index, has, now, seed);
}

enum err authorities_turn(struct authorities *all, size_t index, const struct inventory_item *has, time_t now)
{
	const struct entry bar = {
		.what = ENTRY_WAIT_HOST, .when = now, .host = has->host, .until = now + CHOICE_STAY
	};
	struct choice_of of[AUTHORITY_MOST];
	enum err err = ERR_OK;

	list_facts(all, has, now, of);
	if (!choice_is_change(of, all->count, index))
		return ERR_OK;
	for (size_t i = 0; err == ERR_OK && i < all->count; i++)
		if (i != index && all->item[i].problem != ORDERING_LEDGER)
			err = ledger_file_put(&all->item[i].ledger, &bar);
	return err;
}

void authorities_end(struct authorities *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct authority *authority = &all->item[i];

		directory_free(&authority->says);
		ledger_file_close(&authority->ledger);
		advice_free(&authority->advice);
		vetting_end(&authority->vetting);
		names_free(&authority->forbidden);
		plan_free(&authority->plan);
	}
	*all = (struct authorities){ .count = 0 };
}
