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
	struct obtained *item;
	size_t brought; /* so many of them, the first, were kept by runs before */
	size_t count;
	bool is_unwritten; /* a ledger cannot be written */
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
		       limit == LIMIT_ASKED
			       ? "not ordered before %s: %s"
			       : "not ordered: the authority would refuse it before %s, by its limit of %s",
		       clock_text(at, when), limits_text(limit));
	return obtained_fail(item, RUN_NOT_DONE, problem, NULL);
}

/* As the daemon tells of it; one of which it does not tell has nothing. */
static struct inventory_item stock_of(const struct named *named, const char *domain, char host[HOST_SIZE])
{
	const struct inventory_item *has = inventory_find(&named->inventory, domain);
	const struct inventory_item none = { .host = host, .domain = domain, .mode = MODE_NONE };

	(void)domain_host(domain, host);
	return has != NULL ? *has : none;
}

static enum err send(struct named *named, struct authority *at, const struct entry *entry,
		     const struct inventory_item *has, struct obtained *item)
{
	struct booked booked;
	enum err err = authorities_turn(&named->obtaining.authorities, item->authority, has, entry->when);
	enum err noted;

	if (err == ERR_OK)
		err = ledger_file_put(&at->ledger, entry);
	named->is_unwritten = err != ERR_OK;
	if (err != ERR_OK)
		return err;
	err = obtain_order(&named->obtaining, at, item);
	noted = booking_end(&at->ledger, entry, item, &booked);
	named->is_unwritten = noted != ERR_OK;
	if (noted == ERR_OK)
		obtain_end(&named->obtaining, item);
	return err == ERR_OK ? noted : err;
}

static enum err order(struct named *named, struct obtained *item)
{
	struct authorities *all = &named->obtaining.authorities;
	struct authority *at = &all->item[item->authority];
	char host[HOST_SIZE];
	const struct inventory_item has = stock_of(named, item->domain, host);
	time_t now = clock_now(), may;
	const struct outlook outlook = authorities_outlook_at(all, item->authority, &has, now,
							      manner_seed(&named->obtaining.manner));
	const struct entry entry = {
		.what = outlook.item.what, .when = now, .domain = registered_of(has.host), .host = has.host
	};
	enum limit limit;

	may = budget_next(&at->ledger.budget, &entry, &limit);
	return may > now ? refuse(item, may, limit) : send(named, at, &entry, &has, item);
}

static enum run_status obtain_all(struct named *named)
{
	const struct obtaining *obtaining = &named->obtaining;
	struct complaints none = { 0 };
	enum err err = ERR_OK;

	for (size_t i = named->brought; i < named->count && err == ERR_OK; i++) {
		struct obtained *item = &named->item[i];

		if (item->requested != NULL && item->held == 0 && item->status == RUN_DONE)
			err = order(named, item);
		if (err == ERR_OK)
			err = obtain_tell(obtaining, item);
	}
	if (named->is_unwritten)
		return booking_say(obtaining->view, err, "written", &none);
	return err == ERR_OK ? obtain_conclude(obtaining, named->item, named->count)
			     : output_end(obtaining->view->err, err);
}

/* What has been spent, and which certificates are there already. */
static enum run_status take_stock(struct named *named)
{
	enum run_status status = obtain_open_ledgers(&named->obtaining);

	return status == RUN_DONE ? authorities_inventory(&named->obtaining.authorities,
							  named->obtaining.view, &named->inventory)
				  : status;
}

static void turn_to(const struct named *named, struct obtained *item, size_t authority)
{
	const struct authority *at = &named->obtaining.authorities.item[authority];

	item->authority = authority;
	item->where = at->name[0] != '\0' ? at->name : NULL;
}

static void choose(const struct named *named, struct obtained *item)
{
	char host[HOST_SIZE];
	const struct inventory_item has = stock_of(named, item->domain, host);

	turn_to(named, item,
		authorities_outlook(&named->obtaining.authorities, &has, clock_now(),
				    manner_seed(&named->obtaining.manner))
			.authority);
}

/* Whose domains cannot be ordered there; the first time only, what the authority is to blame for is said. */
static enum err refuse_all(struct named *named, size_t authority)
{
	enum err err = ERR_OK;

	for (size_t i = named->brought; err == ERR_OK && i < named->count; i++) {
		struct obtained *item = &named->item[i];

		if (item->requested != NULL && item->held == 0 && item->authority == authority)
			err = obtained_fail(item, RUN_NOT_DONE,
					    "not ordered: no order can be sent there now, see above; "
					    "--directory names another authority",
					    NULL);
	}
	return err;
}

/* Of CAA each authority has its own view, so the next one that has an account may have another. */
static enum err pass_on(struct named *named, size_t authority)
{
	struct authorities *all = &named->obtaining.authorities;
	size_t next = authority + 1;
	enum err err = ERR_OK;

	while (next < all->count && !all->item[next].has_account)
		next++;
	for (size_t i = named->brought; err == ERR_OK && i < named->count; i++) {
		struct obtained *item = &named->item[i];

		if (item->held == 0 || item->authority != authority)
			continue;
		if (item->held != ORDERING_FORBIDDEN) {
			item->where = NULL;
		} else if (next < all->count) {
			const char *domain = item->domain;
			json_t *requested = item->requested;

			item->requested = NULL;
			obtained_free(item);
			*item = (struct obtained){ .domain = domain, .requested = requested };
			turn_to(named, item, next);
		}
	}
	return err;
}

static bool is_wanted(const struct named *named, size_t authority)
{
	for (size_t i = named->brought; i < named->count; i++)
		if (named->item[i].requested != NULL && named->item[i].authority == authority)
			return true;
	return false;
}

/* Ask an authority for which there are domains, and look whether they can be ordered there. */
static enum run_status ask(struct named *named, size_t authority)
{
	struct obtaining *obtaining = &named->obtaining;
	enum run_status status;

	if (!is_wanted(named, authority) && !options_has(obtaining->view->options, OPTION_AGREE))
		return RUN_DONE;
	status = obtaining->authorities.item[authority].problem == ORDERING_LEDGER
			 ? RUN_NOT_DONE
			 : obtain_enrol(obtaining, authority);
	if (status != RUN_DONE)
		return obtaining->authorities.count == 1
			       ? status
			       : output_end(obtaining->view->err, refuse_all(named, authority));
	status = vetting_look_all(&obtaining->authorities.item[authority].vetting, obtaining->view,
				  named->item + named->brought, named->count - named->brought, authority);
	return status == RUN_DONE ? output_end(obtaining->view->err, pass_on(named, authority)) : status;
}

static enum run_status run(struct named *named)
{
	enum run_status status;
	bool any = false;

	status = request_all(named, &any);
	if (status == RUN_DONE && any)
		status = take_stock(named);
	for (size_t i = named->brought; status == RUN_DONE && any && i < named->count; i++)
		choose(named, &named->item[i]);
	for (size_t i = 0; status == RUN_DONE && any && i < named->obtaining.authorities.count; i++)
		status = ask(named, i);
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
	struct named named = { .obtaining = { .view = view, .account = { .fd = -1, .lock = -1 } } };
	struct obtaining *obtaining = &named.obtaining;
	struct client_request request = { 0 };
	enum run_status status = run_request(view, &request);

	if (status != RUN_DONE)
		goto out;
	named.body = json_loads(request.body, 0, NULL);
	status = named.body != NULL ? manner_ask(view, &obtaining->manner)
				    : output_end(view->err, ERR_NO_MEMORY);
	if (status == RUN_DONE) {
		authorities_begin(&obtaining->authorities, &obtaining->manner.directories);
		status = prepare(obtaining);
	}
	if (status == RUN_DONE)
		status = take_items(&named);
	if (status == RUN_DONE)
		status = run(&named);
out:
	for (size_t i = 0; named.item != NULL && i < named.count; i++)
		obtained_free(&named.item[i]);
	free(named.item);
	inventory_free(&named.inventory);
	obtain_close(obtaining);
	json_decref(named.body);
	client_request_free(&request);
	return status;
}
