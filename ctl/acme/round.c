/* SPDX-License-Identifier: ISC */
#include "ctl/acme/round.h"

#include "base/allocation.h"
#include "ctl/acme/ledger_file.h"
#include "ctl/acme/obtain_private.h"
#include "ctl/acme/outlook.h"
#include "ctl/acme/refusal.h"
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

struct round {
	struct obtaining obtaining;
	struct inventory inventory;
	struct ledger_file ledger;
	struct plan plan;
	uint64_t until_ms; /* by the clock that nobody sets: no order begins after that */
	time_t next;       /* when something is due that is not yet; 0: nothing is */
	unsigned unheard;  /* orders in a row that failed before the authority said why */
	bool is_over;      /* no more is ordered, for a reason that was printed */
	bool is_unwritten; /* nor since the ledger cannot be written */
	enum err told;     /* ERR_OK, or what happened to what is printed of an order */
	struct obtained *item;
	size_t count, capacity;
};

/* Names keep their moments as long as the authority is the same. */
static uint64_t seed_of(const struct options *options)
{
	const char *directory = obtain_directory(options);

	return text_sum(TEXT_SUM_EMPTY, directory, strlen(directory));
}

static enum err print_complaint(const struct run_view *view, const struct complaint *complaint)
{
	struct text line = { 0 };
	enum err err = complaint_render(complaint, &line);

	if (err == ERR_OK)
		print_problem(view->err, "%s", line.bytes);
	text_free(&line);
	return err;
}

static enum run_status end_ledger(const struct run_view *view, enum err err, const char *doing,
				  struct complaints *complaints)
{
	int cause = errno;

	for (size_t i = 0; err != ERR_NO_MEMORY && i < complaints->count; i++) {
		if (print_complaint(view, &complaints->item[i]) != ERR_OK)
			err = ERR_NO_MEMORY;
	}
	complaints_free(complaints);
	if (err == ERR_IO)
		print_problem(view->err, "the ledger of orders cannot be %s (%s): nothing more is ordered",
			      doing, strerror(cause));
	return err == ERR_IO || err == ERR_SYNTAX ? RUN_NOT_DONE : output_end(view->err, err);
}

static enum err offer(struct round *round, const struct inventory_item *has, time_t now)
{
	const struct outlook outlook =
		outlook_of(has, &round->ledger.budget, now, seed_of(round->obtaining.view->options));

	if (outlook.at > now && (round->next == 0 || outlook.at < round->next))
		round->next = outlook.at;
	return plan_offer(&round->plan, &outlook.item, &round->ledger.budget, now);
}

static enum err offer_all(struct round *round)
{
	time_t now = clock_now();
	enum err err = ERR_OK;

	budget_forget(&round->ledger.budget, now);
	for (size_t i = 0; err == ERR_OK && i < round->inventory.count; i++)
		err = offer(round, &round->inventory.item[i], now);
	return err;
}

/* What an order came to; words are the uacme's, or the authority's. */
static enum err read_words(const struct obtained *item, struct text *words)
{
	const json_t *line;
	size_t i;
	enum err err = item->problem != NULL ? text_appendf(words, "%s\n", item->problem) : ERR_OK;

	json_array_foreach(item->details, i, line)
	{
		if (err == ERR_OK)
			err = text_appendf(words, "%s\n", json_string_value(line));
	}
	return err == ERR_OK ? text_append(words, "", 0) : err;
}

static enum err put(struct round *round, const struct entry *entry)
{
	enum err err = ledger_file_put(&round->ledger, entry);

	round->is_unwritten = round->is_unwritten || err != ERR_OK;
	return err;
}

/* Where each further order would go the same way, none is sent. */
static enum err consider_end(struct round *round, const struct entry *result, const char *words)
{
	FILE *err = round->obtaining.view->err;
	struct entry wait = { .what = ENTRY_WAIT,
			      .when = result->when,
			      .until = result->when + UNHEARD_WAIT };

	if (result->what == ENTRY_LOST) {
		round->is_over = true;
		print_problem(err, "a certificate may have been made that is not installed: nothing more is "
				   "ordered in this round");
		return ERR_OK;
	}
	round->unheard = words != NULL && strstr(words, UACME_PROBLEM) == NULL ? round->unheard + 1 : 0;
	if (round->unheard < UNHEARD_MOST)
		return ERR_OK;
	round->is_over = true;
	print_problem(err,
		      "%u orders in a row failed before the authority said why: nothing more is ordered "
		      "for a quarter of an hour",
		      round->unheard);
	return put(round, &wait);
}

static enum err note_end(struct round *round, const struct entry *order, const struct obtained *item)
{
	struct entry result = { .what = ENTRY_ISSUED, .when = clock_now(), .host = order->host };
	struct entry wait = { .what = 0 };
	struct text words = { 0 };
	enum err err = ERR_OK;

	if (item->installed == NULL && item->may_be_issued)
		result.what = ENTRY_LOST;
	else if (item->installed == NULL)
		err = read_words(item, &words);
	if (err == ERR_OK && words.bytes != NULL)
		refusal_read(words.bytes, order, result.when, &result, &wait);
	if (err == ERR_OK)
		err = put(round, &result);
	if (err == ERR_OK && wait.what != 0)
		err = put(round, &wait);
	if (err == ERR_OK)
		err = consider_end(round, &result, words.bytes);
	text_free(&words);
	return err;
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
	return err == ERR_OK ? noted : err;
}

static enum err take(struct round *round, const struct plan_item *due)
{
	struct obtained *item = allocation_grow(round->item, round->count, &round->capacity, sizeof(*item));
	enum err err;

	if (item == NULL)
		return ERR_NO_MEMORY;
	round->item = item;
	item += round->count++;
	*item = (struct obtained){ .domain = due->host + strlen(DOMAIN_HOST_PREFIX) };
	err = order(round, due, item);
	/* Orders do not depend on whether somebody can read what is said of them. */
	if (err == ERR_OK && round->told == ERR_OK)
		round->told = obtain_tell(&round->obtaining, item);
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

		if (taken == ERR_OK)
			err = take(round, &due);
		else if (taken == ERR_AGAIN)
			wait_for(round, round->plan.next);
		else
			break;
	}
	return err;
}

static void tell_nothing(const struct round *round)
{
	char at[CLOCK_TEXT_SIZE];
	time_t next = round->plan.next != 0 ? round->plan.next : round->next;

	if (next != 0)
		(void)fprintf(round->obtaining.view->out, "nothing is ordered now; the next order: %s\n",
			      clock_text(next, at));
	else
		(void)fputs("nothing is ordered: there is no domain that needs a certificate here\n",
			    round->obtaining.view->out);
}

static enum run_status run(struct round *round)
{
	const struct run_view *view = round->obtaining.view;
	struct complaints none = { 0 };
	enum run_status status = RUN_DONE;
	enum err err;

	if (plan_count(&round->plan) > 0)
		status = obtain_enrol(&round->obtaining);
	if (status != RUN_DONE)
		return status;
	err = take_all(round);
	if (round->is_unwritten)
		return end_ledger(view, err, "written", &none);
	if (err != ERR_OK || round->told != ERR_OK)
		return output_end(view->err, err != ERR_OK ? err : round->told);
	if (round->count > 0 || options_has(view->options, OPTION_JSON))
		return obtain_conclude(&round->obtaining, round->item, round->count);
	tell_nothing(round);
	return RUN_DONE;
}

static enum run_status open_ledger(struct round *round)
{
	const struct obtaining *obtaining = &round->obtaining;
	struct complaints complaints = { 0 };
	enum err err = ledger_file_open(obtaining->account.folder, obtaining->account.fd,
					obtaining->uacme.directory, clock_now(), &complaints, &round->ledger);

	return end_ledger(obtaining->view, err, "written", &complaints);
}

static void free_round(struct round *round)
{
	for (size_t i = 0; i < round->count; i++)
		obtained_free(&round->item[i]);
	free(round->item);
	plan_free(&round->plan);
	ledger_file_close(&round->ledger);
	inventory_free(&round->inventory);
	account_close(&round->obtaining.account);
	json_decref(round->obtaining.body);
}

static enum run_status run_orders(const struct run_view *view)
{
	struct round round = {
		.obtaining = { .view = view, .body = json_object(), .account = { .fd = -1, .lock = -1 } },
		.ledger = { .fd = -1 },
		.until_ms = clock_boot_ms() + (uint64_t)ROUND_SECONDS * 1000
	};
	enum run_status status = RUN_DONE;
	enum err err;

	budget_begin(&round.ledger.budget, obtain_directory(view->options));
	plan_begin(&round.plan, clock_now() + ROUND_SECONDS);
	err = obtain_prepare(&round.obtaining);
	/* Its orders are those that were to be sent now. */
	if (err == ERR_EXISTS)
		goto out;
	status = output_end(view->err, err);
	if (status == RUN_DONE)
		status = inventory_ask(view, &round.inventory);
	if (status == RUN_DONE)
		status = open_ledger(&round);
	if (status == RUN_DONE)
		status = output_end(view->err, offer_all(&round));
	if (status == RUN_DONE)
		status = run(&round);
out:
	free_round(&round);
	return status;
}

static enum err print_outlook(const struct run_view *view, const struct inventory *inventory,
			      const struct budget *budget)
{
	struct outlook *all = calloc(inventory->count + 1, sizeof(*all));
	time_t now = clock_now();
	enum err err = all != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; err == ERR_OK && i < inventory->count; i++)
		all[i] = outlook_of(&inventory->item[i], budget, now, seed_of(view->options));
	if (err == ERR_OK)
		outlook_sort(all, inventory->count);
	if (err == ERR_OK)
		err = options_has(view->options, OPTION_JSON)
			      ? outlook_print_json(view->out, all, inventory->count)
			      : outlook_print(view->out, all, inventory->count, now);
	free(all);
	return err;
}

static enum run_status run_dry(const struct run_view *view)
{
	const char *directory = obtain_directory(view->options);
	struct inventory inventory = { 0 };
	struct complaints complaints = { 0 };
	struct budget budget;
	bool worn;
	enum err err = ledger_file_read(obtain_folder(view->options), directory, clock_now(), &budget,
					&complaints, &worn);
	enum run_status status = end_ledger(view, err, "read", &complaints);

	if (status == RUN_DONE)
		status = inventory_ask(view, &inventory);
	if (status == RUN_DONE)
		status = output_end(view->err, print_outlook(view, &inventory, &budget));
	budget_free(&budget);
	inventory_free(&inventory);
	return status;
}

enum run_status round_run(const struct run_view *view)
{
	if (command_check(view->command, view->options, view->err) != ERR_OK)
		return RUN_USAGE;
	return options_has(view->options, OPTION_DRY_RUN) ? run_dry(view) : run_orders(view);
}
