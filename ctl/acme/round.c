/* SPDX-License-Identifier: ISC */
#include "ctl/acme/round.h"

#include "base/allocation.h"
#include "base/clock.h"
#include "ctl/acme/booking.h"
#include "ctl/acme/bring.h"
#include "ctl/acme/forecast.h"
#include "ctl/acme/report.h"
#include "ctl/acme/round_private.h"
#include "ctl/acme/suggest.h"
#include "ctl/cli/command.h"
#include "ctl/cli/output.h"
#include "ctl/cli/print.h"
#include "policy/domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* After so many orders that failed without a problem that the authority named, the fault is not that of a
 * domain. */
#define UNHEARD_MOST 3
#define UNHEARD_WAIT ((time_t)15 * 60)

static enum err put(struct round *round, struct authority *at, const struct entry *entry)
{
	enum err err = ledger_file_put(&at->ledger, entry);

	round->is_unwritten = round->is_unwritten || err != ERR_OK;
	return err;
}

/* Others may go on; what could not be kept is found out again. */
static enum err give_up(struct round *round, struct authority *at)
{
	struct obtaining *obtaining = &round->obtaining;
	struct entry wait = { .what = ENTRY_WAIT, .when = clock_now() };
	enum err err;

	at->is_over = true;
	round->is_over = obtaining->authorities.count == 1;
	print_problem(
		obtaining->view->err,
		"%u orders in a row failed before the authority said why, or for a reason that is of all: "
		"nothing more is ordered %s%s%sfor a quarter of an hour",
		at->unheard, at->name[0] != '\0' ? "at " : "", at->name, at->name[0] != '\0' ? " " : "");
	wait.until = wait.when + UNHEARD_WAIT;
	err = put(round, at, &wait);
	if (err == ERR_OK && authorities_note_silence(&obtaining->authorities, round_index(round, at),
						      &obtaining->account, true) == ERR_NO_MEMORY)
		err = ERR_NO_MEMORY;
	return err;
}

/* Where each further order would go the same way, none is sent. */
static enum err consider_end(struct round *round, struct authority *at, const struct booked *booked,
			     const struct obtained *item)
{
	struct obtaining *obtaining = &round->obtaining;

	/* One that takes orders and does not end them is as good as silent. */
	if (booked->what == ENTRY_LOST && item->kept == NULL && obtaining->authorities.count > 1) {
		at->is_over = true;
		print_problem(obtaining->view->err,
			      "an order at %s did not end: nothing more is ordered there in this round",
			      at->name);
		return authorities_note_silence(&obtaining->authorities, round_index(round, at),
						&obtaining->account, true) == ERR_NO_MEMORY
			       ? ERR_NO_MEMORY
			       : ERR_OK;
	}
	if (booked->what == ENTRY_LOST || booked->what == 0) {
		round->is_over = true;
		print_problem(obtaining->view->err,
			      "a certificate %s that is not installed: nothing more is ordered in this "
			      "round",
			      booked->what == 0 ? "was made" : "may have been made");
		return ERR_OK;
	}
	at->unheard = booked->is_unheard ? at->unheard + 1 : 0;
	if (at->unheard >= UNHEARD_MOST)
		return give_up(round, at);
	if (at->unheard == 0 && authorities_note_answer(&obtaining->authorities, round_index(round, at),
							&obtaining->account, true) == ERR_NO_MEMORY)
		return ERR_NO_MEMORY;
	return ERR_OK;
}

static enum err note_end(struct round *round, struct authority *at, const struct entry *order,
			 const struct obtained *item)
{
	struct booked booked;
	enum err err = booking_end(&at->ledger, order, item, &booked);

	round->is_unwritten = round->is_unwritten || err != ERR_OK;
	return err == ERR_OK ? consider_end(round, at, &booked, item) : err;
}

static enum err turn(struct round *round, const struct authority *at, const char *domain, time_t now)
{
	const struct inventory_item *has = inventory_find(&round->inventory, domain);
	enum err err = authorities_turn(&round->obtaining.authorities, round_index(round, at), has, now);

	round->is_unwritten = round->is_unwritten || err != ERR_OK;
	return err;
}

/* Nothing was ordered where the daemon makes no request, and it would make none for the others. */
static enum err order(struct round *round, struct authority *at, const struct plan_item *due,
		      struct obtained *item)
{
	const struct entry entry = {
		.what = due->what, .when = clock_now(), .domain = due->domain, .host = due->host
	};
	enum err err = obtain_request(&round->obtaining, item), noted;

	round->is_over = item->requested == NULL;
	if (err != ERR_OK || item->requested == NULL)
		return err;
	err = turn(round, at, item->domain, entry.when);
	if (err == ERR_OK)
		err = put(round, at, &entry);
	if (err != ERR_OK)
		return err;
	err = obtain_order(&round->obtaining, at, item);
	noted = note_end(round, at, &entry, item);
	if (noted == ERR_OK)
		obtain_end(&round->obtaining, item);
	return err == ERR_OK ? noted : err;
}

static enum err take(struct round *round, struct authority *at, const struct plan_item *due)
{
	struct obtained item = round_begin_item(round, at, due);
	enum err err = order(round, at, due, &item);

	if (err == ERR_OK)
		err = round_put_item(round, &item);
	if (err != ERR_OK)
		obtained_free(&item);
	return err;
}

/* By the other clock: this one may be set. */
static void wait_for(const struct round *round, time_t when)
{
	const struct timespec second = { .tv_sec = 1 };
	time_t now = clock_now();
	uint64_t end_ms = clock_boot_ms() + (when > now ? (uint64_t)(when - now) * 1000 : 1000);

	while (clock_boot_ms() < end_ms && clock_boot_ms() < round->until_ms)
		(void)nanosleep(&second, NULL);
}

/* The authorities take turns.  ERR_AGAIN: wait until next; ERR_NOT_FOUND: nothing more is to be ordered. */
static enum err take_next(struct round *round, struct authority **at, struct plan_item *due, time_t *next)
{
	struct authorities *all = &round->obtaining.authorities;
	enum err result = ERR_NOT_FOUND;

	for (size_t step = 0; step < all->count; step++) {
		size_t index = (round->turn + step) % all->count;
		enum err taken;

		*at = &all->item[index];
		if ((*at)->is_over)
			continue;
		taken = plan_take(&(*at)->plan, &(*at)->ledger.budget, clock_now(), due);
		if (taken == ERR_OK) {
			round->turn = index + 1;
			return ERR_OK;
		}
		if (taken == ERR_AGAIN && (result != ERR_AGAIN || (*at)->plan.next < *next)) {
			*next = (*at)->plan.next;
			result = ERR_AGAIN;
		}
	}
	return result;
}

static enum err take_all(struct round *round)
{
	enum err err = ERR_OK;

	while (err == ERR_OK && !round->is_over && clock_boot_ms() < round->until_ms) {
		struct authority *at;
		struct plan_item due;
		time_t next = 0;
		enum err taken = take_next(round, &at, &due, &next);

		if (taken == ERR_OK && !vetting_has_passed(&at->vetting, due.host))
			err = round_look(round, at, &due);
		else if (taken == ERR_OK)
			err = take(round, at, &due);
		else if (taken == ERR_AGAIN)
			wait_for(round, next);
		else
			break;
	}
	if (round->left_back > 0)
		print_problem(round->obtaining.view->err,
			      "not looked at again, for want of time: %zu that were held back",
			      round->left_back);
	return err;
}

/* Whether what is due waits for one of them, one has a ledger that is of no use, or was agreed with in vain.
 */
static enum run_status conclude_authorities(const struct round *round)
{
	const struct authorities *all = &round->obtaining.authorities;
	bool agreed = options_has(round->obtaining.view->options, OPTION_AGREE),
	     is_whole = round->problem == 0;

	for (size_t i = 0; agreed && i < all->count; i++)
		is_whole = is_whole && all->item[i].problem == 0;
	is_whole = is_whole && !authorities_has_broken_ledger(all);
	return is_whole ? RUN_DONE : RUN_PARTLY;
}

/* What is wrong with a domain is not wrong with the round: the daemon tells of it, and the next one may be
 * as good as this. */
static enum run_status conclude(const struct round *round)
{
	enum run_status status = obtain_conclude(&round->obtaining, round->item, round->count);

	if (status == RUN_NOT_DONE && !round->is_over)
		status = RUN_PARTLY;
	return status == RUN_DONE ? conclude_authorities(round) : status;
}

/* The first thing that goes wrong is what is wrong with the round. */
static enum run_status blame(struct round *round, enum ordering_problem problem, enum run_status status)
{
	if (status != RUN_DONE && round->problem == 0)
		round->problem = problem;
	return status;
}

/* How the round ends does not depend on whether the daemon hears of it. */
static void report(const struct round *round)
{
	const struct report report = { .problem = round->problem,
				       .detail = round->why,
				       .next = round_next(round),
				       .inventory = &round->inventory,
				       .authorities = &round->obtaining.authorities,
				       .seed = manner_seed(&round->obtaining.manner),
				       .item = round->item,
				       .count = round->count };

	(void)report_send(round->obtaining.view, &report);
}

static enum run_status run(struct round *round)
{
	const struct run_view *view = round->obtaining.view;
	struct complaints none = { 0 };
	enum run_status status = round_offer(round);
	enum err err;

	if (status != RUN_DONE)
		return status;
	err = take_all(round);
	if (round->is_unwritten)
		return blame(round, ORDERING_LEDGER, booking_say(view, err, "written", &none));
	if (err == ERR_OK && round->looked != RUN_DONE)
		return round->looked;
	if (err != ERR_OK || round->told != ERR_OK)
		return output_end(view->err, err != ERR_OK ? err : round->told);
	if (round->count > 0 || options_has(view->options, OPTION_JSON))
		return conclude(round);
	outlook_print_next(view->out, round_next(round));
	return conclude_authorities(round);
}

static void free_round(struct round *round)
{
	for (size_t i = 0; i < round->count; i++)
		obtained_free(&round->item[i]);
	free(round->item);
	inventory_free(&round->inventory);
	obtain_close(&round->obtaining);
}

static enum run_status go_on(struct round *round)
{
	const struct run_view *view = round->obtaining.view;
	enum run_status status = bring_all(&round->obtaining, &round->item, &round->count);

	round->capacity = round->count;
	status = blame(round, ORDERING_OTHER, status);
	if (status == RUN_DONE)
		status = blame(round, ORDERING_LEDGER, obtain_open_ledgers(&round->obtaining));
	if (status == RUN_DONE)
		status = authorities_inventory(&round->obtaining.authorities, view, &round->inventory);
	if (status == RUN_DONE)
		status = suggest_read(view, round->obtaining.account.folder, &round->obtaining.authorities,
				      &round->inventory);
	return status == RUN_DONE ? run(round) : status;
}

static enum run_status run_orders(const struct run_view *view)
{
	struct round round = { .obtaining = { .view = view, .account = { .fd = -1, .lock = -1 } },
			       .until_ms = clock_boot_ms() + (uint64_t)ROUND_SECONDS * 1000,
			       .until = clock_now() + ROUND_SECONDS };
	enum run_status status = manner_ask(view, &round.obtaining.manner);
	enum err err;

	if (status != RUN_DONE)
		goto out;
	authorities_begin(&round.obtaining.authorities, &round.obtaining.manner.directories);
	err = obtain_prepare(&round.obtaining);
	/* Its orders are those that were to be sent now. */
	if (err == ERR_EXISTS)
		goto out;
	status = blame(&round, round.obtaining.uacme.path[0] != '\0' ? ORDERING_ACCOUNT : ORDERING_UACME,
		       output_end(view->err, err));
	if (status == RUN_DONE)
		status = go_on(&round);
	if (status == RUN_NOT_DONE)
		status = blame(&round, ORDERING_OTHER, status);
	report(&round);
	suggest_ask(&round.obtaining);
out:
	free_round(&round);
	return status;
}

enum run_status round_run(const struct run_view *view)
{
	if (command_check(view->command, view->options, view->err) != ERR_OK)
		return RUN_USAGE;
	return options_has(view->options, OPTION_DRY_RUN) ? forecast_run(view) : run_orders(view);
}
