/* SPDX-License-Identifier: ISC */
#include "ctl/acme/forecast.h"

#include "base/clock.h"
#include "ctl/acme/booking.h"
#include "ctl/acme/manner.h"
#include "ctl/acme/obtain_private.h"
#include "ctl/acme/outlook.h"
#include "ctl/acme/suggest.h"
#include "ctl/cli/output.h"

#include <stdlib.h>

static enum err print_outlook(const struct run_view *view, const struct inventory *inventory,
			      const struct budget *budget, uint64_t seed)
{
	struct outlook *all = calloc(inventory->count + 1, sizeof(*all));
	time_t now = clock_now();
	enum err err = all != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; err == ERR_OK && i < inventory->count; i++)
		all[i] = outlook_of(&inventory->item[i], budget, now, seed);
	if (err == ERR_OK)
		outlook_sort(all, inventory->count);
	if (err == ERR_OK)
		err = options_has(view->options, OPTION_JSON)
			      ? outlook_print_json(view->out, all, inventory->count)
			      : outlook_print(view->out, all, inventory->count, now);
	free(all);
	return err;
}

enum run_status forecast_run(const struct run_view *view)
{
	struct manner manner = { .reply = NULL };
	struct inventory inventory = { 0 };
	struct advice advice = { 0 };
	struct complaints complaints = { 0 };
	struct budget budget = { 0 };
	bool worn;
	enum run_status status = manner_ask(view, &manner);

	if (status == RUN_DONE)
		status = booking_say(view,
				     ledger_file_read(obtain_folder(view->options), manner.directory,
						      clock_now(), &budget, &complaints, &worn),
				     "read", &complaints);
	if (status == RUN_DONE)
		status = inventory_ask(view, &budget, &inventory);
	if (status == RUN_DONE)
		status = suggest_read(view, obtain_folder(view->options), manner.directory, &inventory,
				      &advice);
	if (status == RUN_DONE)
		status =
			output_end(view->err, print_outlook(view, &inventory, &budget, manner_seed(&manner)));
	budget_free(&budget);
	advice_free(&advice);
	inventory_free(&inventory);
	manner_free(&manner);
	return status;
}
