/* SPDX-License-Identifier: ISC */
#include "ctl/acme/inventory.h"

#include "api/shape_certificate.h"
#include "api/shape_domain.h"
#include "base/allocation.h"
#include "base/clock.h"
#include "ctl/acme/maker.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"
#include "policy/domain.h"

#include <stdlib.h>
#include <string.h>

#define WILDCARD "*."

static enum err add(struct inventory *inventory, const struct api_row *row)
{
	struct inventory_item *item =
		allocation_grow(inventory->item, inventory->count, &inventory->capacity, sizeof(*item));
	char host[HOST_SIZE], *copy = NULL;

	if (strlen(row->domain) > DOMAIN_MAX)
		return ERR_SYNTAX;
	if (item != NULL) {
		inventory->item = item;
		copy = strdup(domain_host(row->domain, host));
	}
	if (copy == NULL)
		return ERR_NO_MEMORY;
	item[inventory->count++] = (struct inventory_item){ .host = copy,
							    .domain = copy + strlen(DOMAIN_HOST_PREFIX),
							    .mode = row->mode };
	return ERR_OK;
}

static enum err take_domain(void *rows, json_t *row)
{
	struct inventory *inventory = rows;
	struct api_row shown;

	inventory->err = shape_read(&shape_row, row, &shown);
	if (inventory->err == ERR_OK && !shown.tls_elsewhere)
		inventory->err = add(inventory, &shown);
	return inventory->err;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct inventory_item *)a)->domain, ((const struct inventory_item *)b)->domain);
}

struct inventory_item *inventory_find(const struct inventory *inventory, const char *domain)
{
	size_t first = 0, behind = inventory->count;

	while (first < behind) {
		size_t middle = first + (behind - first) / 2;
		int order = strcmp(inventory->item[middle].domain, domain);

		if (order == 0)
			return &inventory->item[middle];
		if (order < 0)
			first = middle + 1;
		else
			behind = middle;
	}
	return NULL;
}

/* The domain whose policy host a name of a certificate stands for, or NULL. */
static const char *domain_of(const char *name)
{
	bool is_wildcard = strncmp(name, WILDCARD, strlen(WILDCARD)) == 0;

	return is_wildcard ? name + strlen(WILDCARD) : domain_of_host(name);
}

static bool is_valid(const struct inventory_item *has, time_t now)
{
	return has->not_before <= now && has->not_after > now;
}

/* Of one that is not valid yet nothing is known that a name would not do better without. */
static bool is_better(const struct inventory_item *has, const struct inventory_item *than, time_t now)
{
	bool valid = is_valid(has, now);

	if (has->not_before > now || than->not_after == 0)
		return has->not_before <= now;
	if (valid != is_valid(than, now))
		return valid;
	if (has->is_foreign != than->is_foreign)
		return !has->is_foreign;
	return has->not_after > than->not_after;
}

static enum err note_id(struct inventory_item *item, const char *renewal_id)
{
	free(item->renewal_id);
	item->renewal_id = NULL;
	if (renewal_id == NULL || item->own == 0 || item->is_foreign)
		return ERR_OK;
	item->renewal_id = strdup(renewal_id);
	return item->renewal_id != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static enum err note(const struct inventory *inventory, const struct inventory_item *has,
		     const struct api_certificate *shown)
{
	const json_t *names = shown->names;
	enum err err = ERR_OK;
	const json_t *item;
	size_t i;

	json_array_foreach(names, i, item)
	{
		const char *name = json_string_value(item), *domain = domain_of(name);
		struct inventory_item *candidate = domain != NULL ? inventory_find(inventory, domain) : NULL;

		if (err != ERR_OK || candidate == NULL || !is_better(has, candidate, clock_now()))
			continue;
		candidate->not_before = has->not_before;
		candidate->not_after = has->not_after;
		candidate->is_foreign = has->is_foreign;
		candidate->own = has->own;
		candidate->is_own = has->is_own;
		candidate->is_alone = json_array_size(names) == 1 && domain_of_host(name) != NULL;
		err = note_id(candidate, shown->renewal_id);
	}
	return err;
}

/* One that is known to be another's is not made by an authority of which nothing is known. */
static unsigned owners_of(const struct inventory *inventory, const char *maker)
{
	unsigned known = 0, possible = 0;

	for (size_t i = 0; i < inventory->authorities; i++) {
		known |= budget_has_maker(inventory->budgets[i], maker) ? 1U << i : 0;
		possible |= budget_renews(inventory->budgets[i], maker) ? 1U << i : 0;
	}
	return known != 0 ? known : possible;
}

static bool is_known(const struct inventory *inventory, const char *maker)
{
	bool known = false;

	for (size_t i = 0; i < inventory->authorities; i++)
		known = known || budget_has_maker(inventory->budgets[i], maker);
	return known;
}

static enum err take_certificate(void *rows, json_t *row)
{
	struct inventory *inventory = rows;
	struct api_certificate shown;
	struct inventory_item has = { 0 };
	char maker[MAKER_SIZE];

	inventory->err = shape_read(&shape_certificate, row, &shown);
	if (inventory->err == ERR_OK)
		inventory->err = clock_parse(shown.not_before, &has.not_before);
	if (inventory->err == ERR_OK)
		inventory->err = clock_parse(shown.not_after, &has.not_after);
	if (inventory->err != ERR_OK)
		return inventory->err;
	has.is_foreign = strcmp(shown.source, "installed") != 0;
	(void)maker_of(shown.issuer, maker);
	has.own = owners_of(inventory, maker);
	has.is_own = (has.own & 1U) != 0;
	if (!has.is_foreign && maker_is_for_trials(maker) && !is_known(inventory, maker))
		return ERR_OK;
	/* One that others stand in for may be one of ours that a longer one will leave room for. */
	if (!shown.sound || (has.is_foreign && !shown.used))
		return ERR_OK;
	inventory->err = note(inventory, &has, &shown);
	return inventory->err;
}

/* What an older daemon does not tell, or this program does not know, keeps nobody. */
static enum err take_order(void *rows, json_t *row)
{
	const struct inventory *inventory = rows;
	const char *domain = json_string_value(json_object_get(row, "domain"));
	const char *text = json_string_value(json_object_get(row, "state"));
	struct inventory_item *has = domain != NULL ? inventory_find(inventory, domain) : NULL;
	enum ordering_state state;

	if (has != NULL && text != NULL && ordering_state_parse(text, &state) == ERR_OK &&
	    ordering_state_holds(state))
		has->held = state;
	return ERR_OK;
}

static enum run_status ask(const struct run_view *view, const char *path, struct client_request *request,
			   struct inventory *inventory)
{
	json_t *reply = NULL;
	enum run_status status;

	request->method = "GET";
	request->path = strdup(path);
	request->rows = inventory;
	status = request->path != NULL ? run_ask(view, request, false, &reply)
				       : output_end(view->err, ERR_NO_MEMORY);
	if (inventory->err != ERR_OK)
		status = output_end(view->err, inventory->err);
	client_request_free(request);
	json_decref(reply);
	return status;
}

enum run_status inventory_ask(const struct run_view *view, const struct budget *const budgets[],
			      size_t authorities, struct inventory *inventory)
{
	struct client_request domains = { .member = "domains", .row = take_domain };
	struct client_request certificates = { .member = "certificates",
					       .row = take_certificate,
					       .member_behind = "orders",
					       .row_behind = take_order };
	enum run_status status;

	inventory->budgets = budgets;
	inventory->authorities = authorities;
	status = ask(view, "/v1/domains", &domains, inventory);

	if (status == RUN_DONE && inventory->count > 0) {
		qsort(inventory->item, inventory->count, sizeof(*inventory->item), compare);
		status = ask(view, "/v1/certificates", &certificates, inventory);
	}
	inventory->budgets = NULL;
	return status;
}

void inventory_free(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		free(inventory->item[i].host);
		free(inventory->item[i].renewal_id);
	}
	free(inventory->item);
	*inventory = (struct inventory){ 0 };
}
