/* SPDX-License-Identifier: ISC */
#include "ctl/acme/round.h"

#include "base/allocation.h"
#include "ctl/acme/booking.h"
#include "ctl/acme/bring.h"
#include "ctl/acme/forecast.h"
#include "ctl/acme/obtain_private.h"
#include "ctl/acme/outlook.h"
#include "ctl/acme/report.h"
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

/* So long those are looked at again that are held back, whose servers may let each look wait: a third of the
 * round. */
#define HELD_BACK_MS ((uint64_t)ROUND_SECONDS * 1000 / 3)

struct round {
	struct obtaining obtaining;
	struct inventory inventory;
	struct advice advice; /* whose windows are the inventory's */
	struct ledger_file ledger;
	struct plan plan;
	uint64_t until_ms;             /* by the clock that nobody sets: no order begins after that */
	uint64_t held_back_ms;         /* spent on looking at those that are held back */
	size_t left_back;              /* of those, how many were not looked at again */
	time_t next;                   /* when something is due that is not yet; 0: nothing is */
	unsigned unheard;              /* orders in a row that failed before the authority said why */
	bool is_over;                  /* no more is ordered, for a reason that was printed */
	bool is_unwritten;             /* nor since the ledger cannot be written */
	enum ordering_problem problem; /* why nothing can be ordered; 0: it can */
	enum run_status looked;        /* RUN_DONE, or looking before ordering failed, which was printed */
	enum err told;                 /* ERR_OK, or what happened to what is printed of an order */
	struct obtained *item;
	size_t count, capacity;
};

/* What was ordered is to be installed, and not to be ordered again. */
static bool is_kept(const struct round *round, const char *domain)
{
	const struct obtained *item = obtained_find(round->item, round->count, domain);

	return item != NULL && obtained_is_kept(item);
}

static enum err offer(struct round *round, const struct inventory_item *has, time_t now)
{
	const struct outlook outlook =
		outlook_of(has, &round->ledger.budget, now, manner_seed(&round->obtaining.manner));

	if (outlook.at > now && (round->next == 0 || outlook.at < round->next))
		round->next = outlook.at;
	return plan_offer(&round->plan, &outlook.item, &round->ledger.budget, now);
}

static enum err offer_all(struct round *round)
{
	time_t now = clock_now();
	enum err err = ERR_OK;

	budget_forget(&round->ledger.budget, now);
	for (size_t i = 0; err == ERR_OK && i < round->inventory.count; i++) {
		if (!is_kept(round, round->inventory.item[i].domain))
			err = offer(round, &round->inventory.item[i], now);
	}
	return err;
}

static enum err put(struct round *round, const struct entry *entry)
{
	enum err err = ledger_file_put(&round->ledger, entry);

	round->is_unwritten = round->is_unwritten || err != ERR_OK;
	return err;
}

/* Where each further order would go the same way, none is sent. */
static enum err consider_end(struct round *round, const struct booked *booked)
{
	FILE *err = round->obtaining.view->err;
	struct entry wait = { .what = ENTRY_WAIT, .when = clock_now() };

	if (booked->what == ENTRY_LOST || booked->what == 0) {
		round->is_over = true;
		print_problem(err,
			      "a certificate %s that is not installed: nothing more is ordered in this "
			      "round",
			      booked->what == 0 ? "was made" : "may have been made");
		return ERR_OK;
	}
	round->unheard = booked->is_unheard ? round->unheard + 1 : 0;
	if (round->unheard < UNHEARD_MOST)
		return ERR_OK;
	round->is_over = true;
	print_problem(err,
		      "%u orders in a row failed before the authority said why: nothing more is ordered "
		      "for a quarter of an hour",
		      round->unheard);
	wait.until = wait.when + UNHEARD_WAIT;
	return put(round, &wait);
}

static enum err note_end(struct round *round, const struct entry *order, const struct obtained *item)
{
	struct booked booked;
	enum err err = booking_end(&round->ledger, order, item, &booked);

	round->is_unwritten = round->is_unwritten || err != ERR_OK;
	return err == ERR_OK ? consider_end(round, &booked) : err;
}

/* Nothing was ordered where the daemon makes no request, and it would make none for the others. */
static enum err order(struct round *round, const struct plan_item *due, struct obtained *item)
{
	const struct entry entry = {
		.what = due->what, .when = clock_now(), .domain = due->domain, .host = due->host
	};
	enum err err = obtain_request(&round->obtaining, item), noted;

	round->is_over = item->requested == NULL;
	if (err != ERR_OK || item->requested == NULL)
		return err;
	err = put(round, &entry);
	if (err != ERR_OK)
		return err;
	err = obtain_order(&round->obtaining, item);
	noted = note_end(round, &entry, item);
	if (noted == ERR_OK)
		obtain_end(&round->obtaining, item);
	return err == ERR_OK ? noted : err;
}

/* What is taken over tells itself; orders do not depend on whether somebody can read what is said of them. */
static enum err put_item(struct round *round, const struct obtained *taken)
{
	struct obtained *item = allocation_grow(round->item, round->count, &round->capacity, sizeof(*item));

	if (item == NULL)
		return ERR_NO_MEMORY;
	round->item = item;
	item[round->count++] = *taken;
	if (round->told == ERR_OK)
		round->told = obtain_tell(&round->obtaining, taken);
	return ERR_OK;
}

static struct obtained begin_item(const struct plan_item *due)
{
	return (struct obtained){ .domain = due->host + strlen(DOMAIN_HOST_PREFIX) };
}

static enum err take(struct round *round, const struct plan_item *due)
{
	struct obtained item = begin_item(due);
	enum err err = order(round, due, &item);

	if (err == ERR_OK)
		err = put_item(round, &item);
	if (err != ERR_OK)
		obtained_free(&item);
	return err;
}

/* Whoever cannot succeed has had his turn, and of the budget nothing; the others come back for theirs. */
static enum err sort_out(struct round *round, const struct plan_item *due, struct obtained *item)
{
	if (item->held != 0)
		return put_item(round, item);
	inventory_find(&round->inventory, item->domain)->held = 0;
	return plan_offer(&round->plan, due, &round->ledger.budget, clock_now());
}

/* Look whether the order of the next one can succeed, and at the same time those of more. */
static enum err look_ahead(struct round *round, const struct plan_item *first)
{
	struct plan_item due[VETTING_BATCH] = { *first };
	struct obtained item[VETTING_BATCH] = { begin_item(first) };
	struct obtained *items[VETTING_BATCH] = { item };
	size_t count = 1, sorted = 0;
	enum err err = ERR_OK;

	while (count < VETTING_BATCH &&
	       plan_take(&round->plan, &round->ledger.budget, clock_now(), &due[count]) == ERR_OK) {
		item[count] = begin_item(&due[count]);
		items[count] = &item[count];
		count++;
	}
	round->looked = vetting_look(&round->obtaining.vetting, round->obtaining.view, items, count);
	round->is_over = round->is_over || round->looked != RUN_DONE;
	for (; round->looked == RUN_DONE && sorted < count && err == ERR_OK; sorted += err == ERR_OK)
		err = sort_out(round, &due[sorted], &item[sorted]);
	for (; sorted < count; sorted++)
		obtained_free(&item[sorted]);
	return err;
}

/* As long as many are held back, chance decides which of them are looked at again. */
static enum err look(struct round *round, const struct plan_item *due)
{
	bool again = due->due.turn == TURN_HELD_BACK;
	uint64_t begin_ms = clock_boot_ms();
	enum err err = ERR_OK;

	if (again && round->held_back_ms >= HELD_BACK_MS) {
		round->left_back++;
		return ERR_OK;
	}
	err = look_ahead(round, due);
	round->held_back_ms += again ? clock_boot_ms() - begin_ms : 0;
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

static enum err take_all(struct round *round)
{
	enum err err = ERR_OK;

	while (err == ERR_OK && !round->is_over && clock_boot_ms() < round->until_ms) {
		struct plan_item due;
		enum err taken = plan_take(&round->plan, &round->ledger.budget, clock_now(), &due);

		if (taken == ERR_OK && !vetting_has_passed(&round->obtaining.vetting, due.host))
			err = look(round, &due);
		else if (taken == ERR_OK)
			err = take(round, &due);
		else if (taken == ERR_AGAIN)
			wait_for(round, round->plan.next);
		else
			break;
	}
	if (round->left_back > 0)
		print_problem(round->obtaining.view->err,
			      "not looked at again, for want of time: %zu that were held back",
			      round->left_back);
	return err;
}

static time_t next_of(const struct round *round)
{
	return round->plan.next != 0 ? round->plan.next : round->next;
}

/* What is wrong with a domain is not wrong with the round: the daemon tells of it, and the next one may be
 * as good as this. */
static enum run_status conclude(const struct round *round)
{
	enum run_status status = obtain_conclude(&round->obtaining, round->item, round->count);

	return status == RUN_NOT_DONE && !round->is_over ? RUN_PARTLY : status;
}

/* The first thing that goes wrong is what is wrong with the round. */
static enum run_status blame(struct round *round, enum ordering_problem problem, enum run_status status)
{
	if (status != RUN_DONE && round->problem == 0)
		round->problem = problem;
	return status;
}

static enum run_status enrol(struct round *round)
{
	enum run_status status = obtain_enrol(&round->obtaining);
	bool agreed = options_has(round->obtaining.view->options, OPTION_AGREE);

	if (round->obtaining.authority.why[0] != '\0')
		return blame(round, ORDERING_AUTHORITY_SILENT, status);
	return blame(round, agreed ? ORDERING_OTHER : ORDERING_NO_ACCOUNT, status);
}

/* How the round ends does not depend on whether the daemon hears of it. */
static void report(const struct round *round)
{
	const char *why = round->obtaining.authority.why;
	const struct report report = { .problem = round->problem,
				       .detail = why[0] != '\0' ? why : NULL,
				       .next = next_of(round),
				       .inventory = &round->inventory,
				       .budget = &round->ledger.budget,
				       .seed = manner_seed(&round->obtaining.manner),
				       .item = round->item,
				       .count = round->count };

	(void)report_send(round->obtaining.view, &report);
}

static enum run_status run(struct round *round)
{
	const struct run_view *view = round->obtaining.view;
	struct complaints none = { 0 };
	enum run_status status = RUN_DONE;
	enum err err;

	if (plan_count(&round->plan) > 0 || options_has(view->options, OPTION_AGREE))
		status = enrol(round);
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
	outlook_print_next(view->out, next_of(round));
	return RUN_DONE;
}

static void free_round(struct round *round)
{
	for (size_t i = 0; i < round->count; i++)
		obtained_free(&round->item[i]);
	free(round->item);
	plan_free(&round->plan);
	ledger_file_close(&round->ledger);
	advice_free(&round->advice);
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
		status = blame(round, ORDERING_LEDGER,
			       booking_open(view, &round->obtaining.account, round->obtaining.uacme.directory,
					    &round->ledger));
	if (status == RUN_DONE)
		status = inventory_ask(view, &round->ledger.budget, &round->inventory);
	if (status == RUN_DONE)
		status = suggest_read(view, round->obtaining.account.folder, round->obtaining.uacme.directory,
				      &round->inventory, &round->advice);
	if (status == RUN_DONE)
		status = output_end(view->err, offer_all(round));
	return status == RUN_DONE ? run(round) : status;
}

static enum run_status run_orders(const struct run_view *view)
{
	struct round round = { .obtaining = { .view = view, .account = { .fd = -1, .lock = -1 } },
			       .ledger = { .fd = -1 },
			       .until_ms = clock_boot_ms() + (uint64_t)ROUND_SECONDS * 1000 };
	enum run_status status = manner_ask(view, &round.obtaining.manner);
	enum err err;

	if (status != RUN_DONE)
		goto out;
	budget_begin(&round.ledger.budget, round.obtaining.manner.directory);
	plan_begin(&round.plan, clock_now() + ROUND_SECONDS);
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
	suggest_ask(&round.obtaining, &round.advice);
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
