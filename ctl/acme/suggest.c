/* SPDX-License-Identifier: ISC */
#include "ctl/acme/suggest.h"

#include "base/clock.h"
#include "ctl/acme/consult.h"
#include "ctl/cli/output.h"
#include "ctl/cli/print.h"

#include <errno.h>
#include <string.h>

/* One that is not there is tried again after an hour, and one that makes no suggestions after a day. */
#define SILENT_WAIT ((time_t)3600)

/* The first that may have made it. */
static bool is_by(const struct inventory_item *item, size_t authority)
{
	return item->renewal_id != NULL && (item->own & (0U - item->own)) == 1U << authority;
}

static enum err put_all(const struct inventory *inventory, size_t authority, struct advice *advice)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < inventory->count && err == ERR_OK; i++) {
		if (is_by(&inventory->item[i], authority))
			err = advice_put(advice, inventory->item[i].renewal_id, inventory->item[i].not_after);
	}
	return err;
}

static void hand_over(const struct advice *advice, size_t authority, struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct inventory_item *item = &inventory->item[i];
		const struct advice_item *found =
			is_by(item, authority) ? advice_find(advice, item->renewal_id) : NULL;

		if (is_by(item, authority))
			item->window = found != NULL && found->window.to != 0 ? &found->window : NULL;
	}
}

static enum run_status read_one(const struct run_view *view, const char *folder, struct authority *authority,
				size_t index, struct inventory *inventory)
{
	struct complaints complaints = { 0 };
	struct text line = { 0 };
	enum err err = put_all(inventory, index, &authority->advice);

	if (err == ERR_OK)
		err = advice_read(&authority->advice, folder, authority->url, clock_now(), &complaints);
	for (size_t i = 0; err == ERR_OK && i < complaints.count; i++) {
		line.len = 0;
		err = complaint_render(&complaints.item[i], &line);
		if (err == ERR_OK)
			print_problem(view->err, "%s", line.bytes);
	}
	if (err == ERR_OK)
		hand_over(&authority->advice, index, inventory);
	text_free(&line);
	complaints_free(&complaints);
	return output_end(view->err, err);
}

enum run_status suggest_read(const struct run_view *view, const char *folder, struct authorities *all,
			     struct inventory *inventory)
{
	enum run_status status = RUN_DONE;

	for (size_t i = 0; status == RUN_DONE && i < all->count; i++)
		status = read_one(view, folder, &all->item[i], i, inventory);
	return status;
}

static void print_consulted(const struct run_view *view, const struct consulted *consulted, const char *url)
{
	if (consulted->is_cut_off)
		print_problem(view->err,
			      "the authority does not tell when to renew certificates, which are renewed in "
			      "time without that: %s: %s",
			      url, consulted->why);
	else if (consulted->useless > 0)
		print_problem(
			view->err,
			"what the authority says of when to renew %zu of its certificates is of no use, "
			"and they are renewed in time without that: %s: %s",
			consulted->useless, url, consulted->why);
}

static enum err ask(const struct run_view *view, const struct directory *authority, struct advice *advice)
{
	struct consulted consulted;
	enum err err;

	if (authority->renewal_info == NULL) {
		advice->rest_until = clock_now() + ADVICE_REST_MOST;
		return ERR_OK;
	}
	err = consult_ask(authority->renewal_info, advice, &consulted);
	print_consulted(view, &consulted, authority->renewal_info);
	return err;
}

/* The orders of the round may have needed no directory. */
static enum err find_and_ask(const struct run_view *view, const char *url, struct advice *advice)
{
	struct directory directory = { 0 };
	enum err err = directory_fetch(url, &directory);

	if (err == ERR_OK)
		err = ask(view, &directory, advice);
	if (err == ERR_REFUSED) {
		print_problem(
			view->err,
			"the authority cannot be asked when to renew certificates, which are renewed in "
			"time without that: %s: %s",
			url, directory.why);
		advice->rest_until = clock_now() + SILENT_WAIT;
		err = ERR_OK;
	}
	directory_free(&directory);
	return err;
}

static void ask_one(const struct obtaining *obtaining, struct authority *authority)
{
	const struct run_view *view = obtaining->view;
	struct advice *advice = &authority->advice;
	enum err err;

	if (!advice_is_due(advice, clock_now()) || authority->says.why[0] != '\0' ||
	    !account_is_known(obtaining->account.folder, authority->url))
		return;
	err = authority->says.is_read ? ask(view, &authority->says, advice)
				      : find_and_ask(view, authority->url, advice);
	if (err == ERR_OK)
		err = advice_keep(advice, obtaining->account.fd, authority->url);
	if (err == ERR_IO)
		print_problem(view->err, "what the authority said of renewals cannot be kept (%s)",
			      strerror(errno));
	else
		(void)output_end(view->err, err);
}

void suggest_ask(struct obtaining *obtaining)
{
	struct authorities *all = &obtaining->authorities;

	for (size_t i = 0; i < all->count && obtaining->account.folder != NULL; i++)
		if (clock_now() >= silence_until(&all->silence[i]))
			ask_one(obtaining, &all->item[i]);
}
