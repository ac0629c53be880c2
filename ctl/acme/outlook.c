/* SPDX-License-Identifier: ISC */
#include "ctl/acme/outlook.h"

#include "base/clock.h"
#include "ctl/acme/registered.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"

#include <stdlib.h>
#include <string.h>

/* Without success so far, if there is anything to know.  An authority that suggests another one for each new
 * certificate is not followed. */
struct due_name outlook_facts(const struct inventory_item *has, const struct budget *budget, time_t now)
{
	const struct key *key = budget_host(budget, has->host);
	time_t made = has->made > has->not_before ? has->made : has->not_before;
	struct due_name name = { .host = has->host,
				 .mode = has->mode,
				 .not_before = has->not_before,
				 .not_after = has->not_after,
				 .is_foreign = has->is_foreign,
				 .is_held_back = has->held != 0 };

	if (has->window != NULL && !budget_is_busy(budget, key, now)) {
		name.window_from = has->window->from;
		name.window_to = has->window->to;
	}
	/* What came after the last success, and goes on: nobody waits weeks for another try. */
	if (key != NULL && key->tried > made && now - key->tried < DUE_LONG) {
		name.tried = key->tried;
		name.failures = key->tries;
		name.first_tried = key->first_tried;
	}
	return name;
}

enum entry_what outlook_what(const struct inventory_item *has)
{
	bool is_renewal = has->not_after != 0 && has->is_alone && has->is_own && !has->is_foreign;

	return is_renewal ? ENTRY_RENEWAL : ENTRY_NEW;
}

struct outlook outlook_of(const struct inventory_item *has, const struct budget *budget, time_t now,
			  uint64_t seed)
{
	struct due_name name = outlook_facts(has, budget, now);
	struct outlook outlook = {
		.item = { .due = due_next(&name, now, seed),
			  .what = outlook_what(has),
			  .domain = registered_of(has->host),
			  .host = has->host },
		.domain = has->domain,
		.held = has->held,
	};
	const struct entry order = { .what = outlook.item.what,
				     .when = outlook.item.due.at > now ? outlook.item.due.at : now,
				     .domain = outlook.item.domain,
				     .host = outlook.item.host };

	if (outlook.item.due.why == DUE_SUGGESTED)
		outlook.asked = has->window->why;
	outlook.at = budget_next(budget, &order, &outlook.limit);
	return outlook;
}

static int order_of(long long a, long long b)
{
	return a < b ? -1 : a > b;
}

static int compare(const void *a, const void *b)
{
	const struct outlook *one = a, *other = b;
	int order = order_of(one->at, other->at);

	if (order == 0)
		order = order_of(one->item.due.urgency, other->item.due.urgency);
	return order != 0 ? order : strcmp(one->domain, other->domain);
}

void outlook_sort(struct outlook *all, size_t count)
{
	if (count > 0)
		qsort(all, count, sizeof(*all), compare);
}

static const char *time_of(const struct outlook *outlook, time_t now, char at[CLOCK_TEXT_SIZE])
{
	if (outlook->at > now)
		return clock_text(outlook->at, at);
	return outlook->held != 0 || outlook->barred != 0 ? "held back" : "now";
}

static const char *limit_of(const struct outlook *outlook)
{
	if (outlook->barred != 0)
		return ordering_problem_words(outlook->barred);
	if (outlook->limit == LIMIT_NONE && outlook->held != 0)
		return ordering_state_words(outlook->held);
	return outlook->limit != LIMIT_NONE ? limits_text(outlook->limit) : "";
}

const char *outlook_why(const struct outlook *outlook, char out[OUTLOOK_WHY_SIZE])
{
	const char *text = due_text(outlook->item.due.why);

	if (outlook->asked == NULL)
		return text;
	(void)snprintf(out, OUTLOOK_WHY_SIZE, "%s: %s", text, outlook->asked);
	return out;
}

enum err outlook_print(FILE *out, const struct outlook *all, size_t count, time_t now)
{
	static const char *const titles[] = { "DOMAIN", "ORDER", "WHY", "HELD BY", "AUTHORITY" };
	size_t columns = sizeof(titles) / sizeof(*titles);
	struct table table = { .columns = count > 0 && all[0].where != NULL ? columns : columns - 1 };

	table_put(&table, titles);
	for (size_t i = 0; i < count; i++) {
		char at[CLOCK_TEXT_SIZE], why[OUTLOOK_WHY_SIZE];
		const char *const cell[] = { all[i].domain, time_of(&all[i], now, at),
					     outlook_why(&all[i], why), limit_of(&all[i]), all[i].where };

		table_put(&table, cell);
	}
	return table_end(&table, "", out);
}

void outlook_print_next(FILE *out, time_t next)
{
	char at[CLOCK_TEXT_SIZE];

	if (next != 0)
		(void)fprintf(out, "nothing is ordered now; the next order: %s\n", clock_text(next, at));
	else
		(void)fputs("nothing is ordered: there is no domain that needs a certificate here\n", out);
}

static json_t *row_of(const struct outlook *outlook)
{
	char at[CLOCK_TEXT_SIZE];

	return json_pack("{ss, ss, sb, ss, ss, ss?, ss?, ss?, ss?, ss?}", "domain", outlook->domain, "at",
			 clock_text(outlook->at, at), "renewal", outlook->item.what == ENTRY_RENEWAL,
			 "urgency", due_urgency_code(outlook->item.due.urgency), "why",
			 due_code(outlook->item.due.why), "limit",
			 outlook->limit != LIMIT_NONE ? limits_code(outlook->limit) : NULL, "held",
			 outlook->held != 0 ? ordering_state_text(outlook->held) : NULL, "explanation",
			 outlook->asked, "authority", outlook->where, "problem",
			 outlook->barred != 0 ? ordering_problem_text(outlook->barred) : NULL);
}

enum err outlook_print_json(FILE *out, const struct outlook *all, size_t count)
{
	json_t *rows = json_array(), *whole = NULL;
	enum err err = rows != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = json_array_append_new(rows, row_of(&all[i])) == 0 ? ERR_OK : ERR_NO_MEMORY;
	if (err == ERR_OK)
		whole = json_pack("{sO}", "domains", rows);
	if (err == ERR_OK)
		err = whole != NULL ? print_json(out, whole) : ERR_NO_MEMORY;
	json_decref(whole);
	json_decref(rows);
	return err;
}
