/* SPDX-License-Identifier: ISC */
#include "ctl/acme/forecast.h"

#include "base/clock.h"
#include "ctl/acme/authorities.h"
#include "ctl/acme/booking.h"
#include "ctl/acme/manner.h"
#include "ctl/acme/obtain_private.h"
#include "ctl/acme/suggest.h"
#include "ctl/cli/output.h"

#include <stdlib.h>

/* A name that is due waits for an authority that cannot be used now, unless it goes to another one. */
static struct outlook look_ahead(const struct authorities *all, const struct inventory_item *has, time_t now,
				 uint64_t seed)
{
	struct outlook outlook = authorities_outlook(all, has, now, seed);

	if (outlook.at > now)
		return outlook;
	outlook.barred = authorities_problem(all, outlook.authority, now);
	if (outlook.barred == ORDERING_AUTHORITY_SILENT)
		outlook.at = silence_until(&all->silence[outlook.authority]);
	return outlook;
}

static enum err print_outlook(const struct run_view *view, const struct inventory *inventory,
			      const struct authorities *authorities, uint64_t seed)
{
	struct outlook *all = calloc(inventory->count + 1, sizeof(*all));
	time_t now = clock_now();
	enum err err = all != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; err == ERR_OK && i < inventory->count; i++)
		all[i] = look_ahead(authorities, &inventory->item[i], now, seed);
	if (err == ERR_OK)
		outlook_sort(all, inventory->count);
	if (err == ERR_OK)
		err = options_has(view->options, OPTION_JSON)
			      ? outlook_print_json(view->out, all, inventory->count)
			      : outlook_print(view->out, all, inventory->count, now);
	free(all);
	return err;
}

static enum run_status read_ledgers(const struct run_view *view, struct authorities *authorities)
{
	const char *folder = obtain_folder(view->options);
	enum run_status status = RUN_DONE;
	bool worn;

	for (size_t i = 0; status == RUN_DONE && i < authorities->count; i++) {
		struct authority *authority = &authorities->item[i];
		struct complaints complaints = { 0 };

		status = booking_say(view,
				     ledger_file_read(folder, authority->url, clock_now(),
						      &authority->ledger.budget, &complaints, &worn),
				     "read", &complaints);
		status = authorities_note_ledger(authorities, i, status);
	}
	authorities_recall(authorities, folder, clock_now());
	return status;
}

enum run_status forecast_run(const struct run_view *view)
{
	struct manner manner = { .reply = NULL };
	struct inventory inventory = { 0 };
	struct authorities authorities = { .count = 0 };
	enum run_status status = manner_ask(view, &manner);

	if (status == RUN_DONE) {
		authorities_begin(&authorities, &manner.directories);
		status = read_ledgers(view, &authorities);
	}
	if (status == RUN_DONE)
		status = authorities_inventory(&authorities, view, &inventory);
	if (status == RUN_DONE)
		status = suggest_read(view, obtain_folder(view->options), &authorities, &inventory);
	if (status == RUN_DONE)
		status = output_end(view->err,
				    print_outlook(view, &inventory, &authorities, manner_seed(&manner)));
	if (status == RUN_DONE && authorities_has_broken_ledger(&authorities))
		status = RUN_PARTLY;
	authorities_end(&authorities);
	inventory_free(&inventory);
	manner_free(&manner);
	return status;
}
