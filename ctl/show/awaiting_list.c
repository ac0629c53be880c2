/* SPDX-License-Identifier: ISC */
#include "ctl/cli/print.h"
#include "ctl/show/awaiting.h"
#include "ctl/show/clients.h"

#include <string.h>

/* Rows of a table, and the first of them. */
struct list {
	struct table table;
	json_int_t rows;
	struct api_certificate_order worst;
};

static void put_titles(struct table *table)
{
	table_put(table, (const char *const[]){ "DOMAIN", "STATE", "NEXT", "WHY" });
}

static void put_row(struct list *list, const struct api_certificate_order *order)
{
	char next[PRINT_TIME_SIZE] = "-";

	if (list->rows == 0) {
		list->worst = *order;
		put_titles(&list->table);
	}
	if (*order->at != '\0')
		(void)print_time(order->at, next);
	if (list->rows++ < PRINT_SOME)
		table_put(&list->table,
			  (const char *const[]){ order->domain, order->state, next,
						 order->detail != NULL ? order->detail
								       : awaiting_words(order) });
}

/* Those of one state, of domains that are among some or are not. */
static void put_state(struct list *list, const json_t *orders, enum ordering_state state, const json_t *some,
		      bool among)
{
	struct api_certificate_order order;
	json_t *item;
	size_t i;

	json_array_foreach(orders, i, item)
	{
		if (shape_read(&shape_certificate_order, item, &order) != ERR_OK)
			table_fail(&list->table, ERR_SYNTAX);
		else if (awaiting_state(&order) == state &&
			 (json_object_get(some, order.domain) != NULL) == among)
			put_row(list, &order);
	}
}

/* The worst first; before them what this program does not know, which may be worse. */
static void put_orders(struct list *list, const json_t *orders, const json_t *some, bool among)
{
	for (unsigned state = 0; state < ORDERING_STATE_COUNT; state++)
		put_state(list, orders, (enum ordering_state)state, some, among);
}

static void put_unknown(struct list *list, const json_t *domains, const json_t *known)
{
	json_t *domain;
	size_t i;

	json_array_foreach(domains, i, domain)
	{
		const struct api_certificate_order order = { .domain = json_string_value(domain),
							     .state = "-",
							     .detail = "not known yet" };

		if (json_object_get(known, order.domain) == NULL)
			put_row(list, &order);
	}
}

/* Strings of an array, or of a member of its objects, to be found by; NULL without memory. */
static json_t *index_of(const json_t *array, const char *member)
{
	json_t *index = json_object();
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		const char *name = json_string_value(member != NULL ? json_object_get(item, member) : item);

		if (name != NULL && json_object_set(index, name, item) != 0) {
			json_decref(index);
			return NULL;
		}
	}
	return index;
}

static enum err end_list(struct list *list, const char *noun, const char *what, FILE *out)
{
	char said[PRINT_COUNT_SIZE];

	if (list->rows > 0)
		(void)fprintf(out, "\n%s %s:\n", print_count(list->rows, noun, said), what);
	return table_end(&list->table, "  ", out);
}

static bool fails(const struct list *list)
{
	enum ordering_state state = list->rows > 0 ? awaiting_state(&list->worst) : 0;

	return state != 0 && ordering_state_fails(state);
}

/* What fails comes before what waits, and of a renewal nothing else asks anything of anybody. */
static void advise(FILE *out, const struct list *missing, const struct list *kept)
{
	const struct api_certificate_order *worst = &missing->worst;

	if (!fails(missing) && fails(kept))
		worst = &kept->worst;
	else if (missing->rows == 0)
		return;
	(void)fputs("\nnext: ", out);
	if (strcmp(worst->state, "-") != 0) {
		awaiting_advise_on(out, worst);
		return;
	}
	(void)fputs("get a certificate for mta-sts.", out);
	print_text(out, worst->domain);
	(void)fputc('\n', out);
	clients_print_first(out, worst->domain);
}

enum err awaiting_print(FILE *out, const json_t *uncovered, const json_t *orders)
{
	struct list missing = { .table = { .columns = 4 } }, kept = { .table = { .columns = 4 } };
	json_t *without = index_of(uncovered, NULL), *known = index_of(orders, "domain");
	enum err err = without != NULL && known != NULL ? ERR_OK : ERR_NO_MEMORY;

	table_fail(&missing.table, err);
	put_orders(&missing, orders, without, true);
	put_unknown(&missing, uncovered, known);
	put_orders(&kept, orders, without, false);
	err = end_list(&missing, "served domain", "without a valid certificate", out);
	if (err == ERR_OK)
		print_rest(out, "  ", missing.rows - PRINT_SOME, "mta-stsctl --json cert list");
	if (err == ERR_OK)
		err = end_list(&kept, "renewal", "not done yet", out);
	else
		(void)table_end(&kept.table, "", NULL);
	if (err == ERR_OK)
		print_rest(out, "  ", kept.rows - PRINT_SOME, "mta-stsctl --json cert list");
	if (err == ERR_OK)
		advise(out, &missing, &kept);
	json_decref(without);
	json_decref(known);
	return err;
}
