/* SPDX-License-Identifier: ISC */
#include "ctl/acme/named.h"

#include "base/clock.h"
#include "ctl/acme/booking.h"
#include "ctl/acme/bring.h"
#include "ctl/acme/outlook.h"
#include "ctl/acme/registered.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"
#include "policy/domain.h"

#include <stdlib.h>
#include <string.h>

/* Domains that the command line names. */
struct named {
	struct obtaining obtaining;
	json_t *body; /* of a request for all of them */
	struct inventory inventory;
	struct ledger_file ledger;
	struct obtained *item;
	size_t brought; /* so many of them, the first, were kept by runs before */
	size_t count;
	bool is_unwritten; /* the ledger cannot be written */
};

/* None has a request: then nobody else needs to be asked. */
static enum run_status request_all(struct named *named, bool *any)
{
	enum err err = ERR_OK;

	*any = false;
	for (size_t i = named->brought; i < named->count && err == ERR_OK; i++) {
		err = obtain_request(&named->obtaining, &named->item[i]);
		*any = *any || named->item[i].requested != NULL;
	}
	return output_end(named->obtaining.view->err, err);
}

/* An order that the authority would refuse costs more than the wait for its limit. */
static enum err refuse(struct obtained *item, time_t at, enum limit limit)
{
	char when[CLOCK_TEXT_SIZE], problem[256];

	(void)snprintf(problem, sizeof(problem),
		       "not ordered: the authority would refuse it before %s, by its limit of %s",
		       clock_text(at, when), limits_text(limit));
	return obtained_fail(item, RUN_NOT_DONE, problem, NULL);
}

static struct entry entry_of(const struct named *named, const struct obtained *item, char host[HOST_SIZE])
{
	const struct inventory_item none = { .host = host, .domain = item->domain, .mode = MODE_NONE };
	const struct inventory_item *has = inventory_find(&named->inventory, item->domain);

	(void)domain_host(item->domain, host);
	return (struct entry){ .what = outlook_what(has != NULL ? has : &none),
			       .when = clock_now(),
			       .domain = registered_of(host),
			       .host = host };
}

static enum err order(struct named *named, struct obtained *item)
{
	char host[HOST_SIZE];
	const struct entry entry = entry_of(named, item, host);
	struct booked booked;
	enum limit limit;
	time_t at = budget_next(&named->ledger.budget, &entry, &limit);
	enum err err, noted;

	if (at > entry.when)
		return refuse(item, at, limit);
	err = ledger_file_put(&named->ledger, &entry);
	named->is_unwritten = err != ERR_OK;
	if (err != ERR_OK)
		return err;
	err = obtain_order(&named->obtaining, item);
	noted = booking_end(&named->ledger, &entry, item, &booked);
	named->is_unwritten = noted != ERR_OK;
	if (noted == ERR_OK)
		obtain_end(&named->obtaining, item);
	return err == ERR_OK ? noted : err;
}

static enum run_status obtain_all(struct named *named)
{
	const struct obtaining *obtaining = &named->obtaining;
	struct complaints none = { 0 };
	enum err err = ERR_OK;

	for (size_t i = named->brought; i < named->count && err == ERR_OK; i++) {
		if (named->item[i].requested != NULL && named->item[i].held == 0)
			err = order(named, &named->item[i]);
		if (err == ERR_OK)
			err = obtain_tell(obtaining, &named->item[i]);
	}
	if (named->is_unwritten)
		return booking_say(obtaining->view, err, "written", &none);
	return err == ERR_OK ? obtain_conclude(obtaining, named->item, named->count)
			     : output_end(obtaining->view->err, err);
}

/* What has been spent, and which certificates are there already. */
static enum run_status open_ledger(struct named *named)
{
	const struct obtaining *obtaining = &named->obtaining;
	enum run_status status = booking_open(obtaining->view, &obtaining->account,
					      obtaining->uacme.directory, &named->ledger);

	return status == RUN_DONE ? inventory_ask(obtaining->view, &named->ledger.budget, &named->inventory)
				  : status;
}

static enum run_status run(struct named *named)
{
	enum run_status status;
	bool any = false;

	status = request_all(named, &any);
	if (status == RUN_DONE && any)
		status = obtain_enrol(&named->obtaining);
	if (status == RUN_DONE && any)
		status = vetting_look_all(&named->obtaining.vetting, named->obtaining.view,
					  named->item + named->brought, named->count - named->brought);
	if (status == RUN_DONE && any)
		status = open_ledger(named);
	return status == RUN_DONE ? obtain_all(named) : status;
}

/* Whether what is wanted was brought just now, or is kept and could not be. */
static bool is_there(const struct named *named, const char *domain)
{
	for (size_t i = 0; i < named->brought; i++)
		if (strcmp(named->item[i].domain, domain) == 0 && !named->item[i].is_refused &&
		    strcmp(named->obtaining.chain[i].key, named->obtaining.manner.key) == 0)
			return true;
	return false;
}

static enum run_status take_items(struct named *named)
{
	const json_t *domains = json_object_get(named->body, "domains");
	struct obtained *before = NULL;
	enum run_status status = bring_all(&named->obtaining, &before, &named->brought);

	named->count = named->brought;
	named->item = realloc(before, (named->count + json_array_size(domains) + 1) * sizeof(*before));
	if (named->item == NULL) {
		named->item = before;
		return output_end(named->obtaining.view->err, ERR_NO_MEMORY);
	}
	for (size_t i = 0; status == RUN_DONE && i < json_array_size(domains); i++) {
		const char *domain = json_string_value(json_array_get(domains, i));

		if (!is_there(named, domain))
			named->item[named->count++] = (struct obtained){ .domain = domain };
	}
	return status;
}

/* Who names domains wants them ordered, and not another run to go on. */
static enum run_status prepare(struct obtaining *obtaining)
{
	enum err err = obtain_prepare(obtaining);

	return output_end(obtaining->view->err, err == ERR_EXISTS ? ERR_REFUSED : err);
}

enum run_status named_run(const struct run_view *view)
{
	struct named named = { .obtaining = { .view = view, .account = { .fd = -1, .lock = -1 } },
			       .ledger = { .fd = -1 } };
	struct obtaining *obtaining = &named.obtaining;
	struct client_request request = { 0 };
	enum run_status status = run_request(view, &request);

	if (status != RUN_DONE)
		goto out;
	named.body = json_loads(request.body, 0, NULL);
	status = named.body != NULL ? manner_ask(view, &obtaining->manner)
				    : output_end(view->err, ERR_NO_MEMORY);
	if (status == RUN_DONE)
		status = prepare(obtaining);
	if (status == RUN_DONE)
		status = take_items(&named);
	if (status == RUN_DONE)
		status = run(&named);
out:
	for (size_t i = 0; named.item != NULL && i < named.count; i++)
		obtained_free(&named.item[i]);
	free(named.item);
	inventory_free(&named.inventory);
	ledger_file_close(&named.ledger);
	obtain_close(obtaining);
	json_decref(named.body);
	client_request_free(&request);
	return status;
}
