/* SPDX-License-Identifier: ISC */
#include "ctl/acme/booking.h"

#include "api/shape_certificate.h"
#include "base/clock.h"
#include "ctl/acme/maker.h"
#include "ctl/acme/refusal.h"
#include "ctl/acme/uacme.h"
#include "ctl/cli/output.h"
#include "ctl/cli/print.h"

#include <errno.h>
#include <string.h>

static enum err print_complaint(const struct run_view *view, const struct complaint *complaint)
{
	struct text line = { 0 };
	enum err err = complaint_render(complaint, &line);

	if (err == ERR_OK)
		print_problem(view->err, "%s", line.bytes);
	text_free(&line);
	return err;
}

enum run_status booking_say(const struct run_view *view, enum err err, const char *doing,
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

enum run_status booking_open(const struct run_view *view, const struct account *account,
			     const char *directory, struct ledger_file *file)
{
	struct complaints complaints = { 0 };
	enum err err =
		ledger_file_open(account->folder, account->fd, directory, clock_now(), &complaints, file);

	return booking_say(view, err, "written", &complaints);
}

/* What an order came to; words are uacme's, or the authority's. */
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

/* What says nothing of the name, but of the account, or of the authority as a whole. */
static bool is_of_all(const char *words)
{
	static const char *const problems[] = { "accountDoesNotExist", "serverInternal", "userActionRequired",
						"externalAccountRequired" };

	for (size_t i = 0; i < sizeof(problems) / sizeof(*problems); i++) {
		char problem[64];

		(void)snprintf(problem, sizeof(problem), UACME_PROBLEM "%s", problems[i]);
		if (strstr(words, problem) != NULL)
			return true;
	}
	return false;
}

static enum err put_refusal(struct ledger_file *file, const struct entry *order, const struct obtained *item,
			    struct booked *booked)
{
	struct entry result, wait;
	struct text words = { 0 };
	enum err err = read_words(item, &words);

	if (err == ERR_OK) {
		refusal_read(words.bytes, order, clock_now(), &result, &wait);
		booked->what = result.what;
		booked->is_unheard = strstr(words.bytes, UACME_PROBLEM) == NULL || is_of_all(words.bytes);
		err = ledger_file_put(file, &result);
	}
	if (err == ERR_OK && wait.what != 0)
		err = ledger_file_put(file, &wait);
	text_free(&words);
	return err;
}

/* By whom it was made is known before it is told that it was. */
static enum err put_maker(struct ledger_file *file, const struct obtained *item, time_t now)
{
	struct api_installed installed;
	char maker[MAKER_SIZE];
	const struct entry entry = { .what = ENTRY_MAKER, .when = now, .maker = maker };
	enum err err = shape_read(&shape_installed, item->installed, &installed);

	if (err != ERR_OK)
		return err;
	(void)maker_of(installed.certificate.issuer, maker);
	return maker[0] == '\0' || budget_has_maker(&file->budget, maker) ? ERR_OK
									  : ledger_file_put(file, &entry);
}

enum err booking_end(struct ledger_file *file, const struct entry *order, const struct obtained *item,
		     struct booked *booked)
{
	struct entry result = { .what = ENTRY_ISSUED, .when = clock_now(), .host = order->host };
	enum err err = ERR_OK;

	*booked = (struct booked){ .what = 0 };
	if (obtained_is_kept(item))
		return ERR_OK;
	if (item->installed == NULL && !item->may_be_issued)
		return put_refusal(file, order, item, booked);
	if (item->installed == NULL)
		result.what = ENTRY_LOST;
	booked->what = result.what;
	if (item->installed != NULL)
		err = put_maker(file, item, result.when);
	return err == ERR_OK ? ledger_file_put(file, &result) : err;
}
