/* SPDX-License-Identifier: ISC */
#include "ctl/acme/round_private.h"

#include "base/clock.h"
#include "ctl/cli/output.h"
#include "ctl/cli/print.h"

#include <string.h>

bool round_is_kept(const struct round *round, const char *domain)
{
	const struct obtained *item = obtained_find(round->item, round->count, domain);

	return item != NULL && obtained_is_kept(item);
}

static void note_next(struct round *round, time_t at, time_t now)
{
	if (at > now && (round->next == 0 || at < round->next))
		round->next = at;
}

time_t round_next(const struct round *round)
{
	time_t next = 0;

	for (size_t i = 0; i < round->obtaining.authorities.count; i++) {
		time_t at = round->obtaining.authorities.item[i].plan.next;

		if (at != 0 && (next == 0 || at < next))
			next = at;
	}
	return next != 0 ? next : round->next;
}

/* What is due waits for an authority that cannot be used: that is what is wrong with the round. */
static void note_problem(struct round *round, size_t index, time_t now)
{
	const struct authorities *all = &round->obtaining.authorities;
	const struct authority *authority = &all->item[index];

	if (round->problem == 0) {
		round->problem = authority->problem != 0 ? authority->problem : ORDERING_AUTHORITY_SILENT;
		round->why = authority->says.why[0] != '\0' ? authority->says.why : NULL;
	}
	note_next(round, silence_until(&all->silence[index]), now);
}

static enum err offer(struct round *round, const struct inventory_item *has, time_t now)
{
	struct authorities *all = &round->obtaining.authorities;
	const struct outlook outlook =
		authorities_outlook(all, has, now, manner_seed(&round->obtaining.manner));
	struct authority *authority = &all->item[outlook.authority];

	note_next(round, outlook.at, now);
	if (!authorities_is_open(all, outlook.authority, now)) {
		if (outlook.at <= now)
			note_problem(round, outlook.authority, now);
		return ERR_OK;
	}
	return plan_offer(&authority->plan, &outlook.item, &authority->ledger.budget, now);
}

static enum err offer_all(struct round *round)
{
	struct authorities *all = &round->obtaining.authorities;
	time_t now = clock_now();
	enum err err = ERR_OK;

	round->next = 0;
	round->problem = 0;
	for (size_t i = 0; i < all->count; i++) {
		plan_free(&all->item[i].plan);
		plan_begin(&all->item[i].plan, round->until);
		budget_forget(&all->item[i].ledger.budget, now);
	}
	for (size_t i = 0; err == ERR_OK && i < round->inventory.count; i++) {
		if (!round_is_kept(round, round->inventory.item[i].domain))
			err = offer(round, &round->inventory.item[i], now);
	}
	return err;
}

/* What is wrong with one is not wrong with the others, as long as there is memory. */
static enum run_status enrol(struct round *round, size_t index)
{
	struct authority *authority = &round->obtaining.authorities.item[index];

	return authority->is_asked ? RUN_DONE : obtain_enrol(&round->obtaining, index);
}

/* Ask those that are needed, until none is that was not asked; each is asked once at most. */
static enum run_status ask_those(struct round *round, bool all_of_them)
{
	struct authorities *all = &round->obtaining.authorities;
	enum run_status worst = RUN_DONE;

	for (size_t i = 0; i < all->count; i++) {
		enum run_status status = RUN_DONE;

		if (all_of_them || plan_count(&all->item[i].plan) > 0)
			status = enrol(round, i);
		if (status != RUN_DONE)
			worst = status;
	}
	return worst;
}

static bool has_ready(const struct authorities *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->item[i].is_asked && all->item[i].problem == 0)
			return true;
	return false;
}

/* Without a domain that is due nothing tells what is wrong. */
static void blame_first(struct round *round)
{
	const struct authorities *all = &round->obtaining.authorities;

	for (size_t i = 0; round->problem == 0 && i < all->count; i++) {
		round->problem = all->item[i].problem;
		round->why = all->item[i].says.why[0] != '\0' ? all->item[i].says.why : NULL;
	}
}

/* Nobody was asked, so nothing was said. */
static enum run_status say_silent(const struct round *round)
{
	const struct authorities *all = &round->obtaining.authorities;
	char since[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];

	for (size_t i = 0; i < all->count; i++)
		if (all->silence[i].since != 0)
			print_problem(round->obtaining.view->err,
				      "%s has not answered since %s and is asked again at %s",
				      all->item[i].url, clock_text(all->silence[i].since, since),
				      clock_text(silence_until(&all->silence[i]), until));
	return RUN_NOT_DONE;
}

enum run_status round_offer(struct round *round)
{
	const struct authorities *all = &round->obtaining.authorities;
	bool agreed = options_has(round->obtaining.view->options, OPTION_AGREE);
	enum run_status asked = agreed ? ask_those(round, true) : RUN_DONE, status;
	enum err err;

	do {
		err = offer_all(round);
		status = err == ERR_OK ? ask_those(round, false) : RUN_DONE;
		asked = status != RUN_DONE ? status : asked;
	} while (err == ERR_OK && status != RUN_DONE);
	if (err != ERR_OK)
		return output_end(round->obtaining.view->err, err);
	if (has_ready(all))
		return RUN_DONE;
	if (asked == RUN_DONE)
		return round->problem != 0 ? say_silent(round) : RUN_DONE;
	blame_first(round);
	return asked;
}

enum err round_pass_on(struct round *round, const char *domain, size_t from, bool *is_offered)
{
	struct authorities *all = &round->obtaining.authorities;
	const struct inventory_item *has = inventory_find(&round->inventory, domain);
	time_t now = clock_now();
	enum err err = ERR_OK;

	*is_offered = false;
	for (size_t step = 1; has != NULL && err == ERR_OK && !*is_offered && step < all->count; step++) {
		size_t index = (from + step) % all->count;
		struct authority *authority = &all->item[index];
		const struct outlook outlook =
			authorities_outlook_at(all, index, has, now, manner_seed(&round->obtaining.manner));

		if (outlook.at > now || names_has(&authority->forbidden, has->host) ||
		    (!authority->has_account && !authority->is_asked) ||
		    !authorities_is_open(all, index, now) || enrol(round, index) != RUN_DONE)
			continue;
		err = plan_offer(&authority->plan, &outlook.item, &authority->ledger.budget, now);
		*is_offered = err == ERR_OK;
	}
	return err;
}
