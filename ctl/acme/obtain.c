/* SPDX-License-Identifier: ISC */
#include "ctl/acme/obtain.h"

#include "api/shape_acme.h"
#include "api/shape_certificate.h"
#include "base/file.h"
#include "ctl/acme/obtained.h"
#include "ctl/acme/uacme.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"

#include <stdlib.h>
#include <string.h>

/* Longest chain, bytes: the daemon takes no longer text. */
#define CHAIN_MAX ((size_t)64 * 1024)

struct order {
	const struct run_view *view;
	json_t *body; /* what the command line asks for */
	struct account account;
	struct uacme uacme;
	struct obtained *item;
	size_t count;
};

/* What run_ask() says is kept for the domain that it is about. */
static enum err ask(const struct order *order, const struct client_request *request, bool ordered,
		    struct obtained *item, json_t **reply)
{
	struct options options = *order->view->options;
	struct run_view view = { .command = order->view->command,
				 .options = &options,
				 .out = order->view->out };
	json_t *lines = json_array();
	char *said = NULL;
	size_t len = 0;
	enum err err = lines != NULL ? ERR_OK : ERR_NO_MEMORY;

	options.seen &= ~OPTION_BIT(OPTION_JSON);
	view.err = open_memstream(&said, &len);
	if (err != ERR_OK || view.err == NULL) {
		json_decref(lines);
		return ERR_NO_MEMORY;
	}
	item->status = run_ask(&view, request, ordered, reply);
	if (fclose(view.err) != 0 || said == NULL)
		err = ERR_NO_MEMORY;
	else if (item->status != RUN_DONE)
		err = uacme_take_lines(said, lines);
	if (err == ERR_OK && item->status != RUN_DONE)
		err = obtained_fail(item, item->status, NULL, json_incref(lines));
	json_decref(lines);
	free(said);
	return err;
}

static enum err post(const struct order *order, const char *path, json_t *body, bool ordered,
		     struct obtained *item, json_t **reply)
{
	struct client_request request = { .method = "POST" };
	enum err err = ERR_NO_MEMORY;

	request.path = strdup(path);
	request.body = json_dumps(body, JSON_COMPACT);
	if (request.path != NULL && request.body != NULL)
		err = ask(order, &request, ordered, item, reply);
	client_request_free(&request);
	return err;
}

static enum err request_one(const struct order *order, struct obtained *item)
{
	json_t *body = json_pack("{s:[s], s:O*}", "domains", item->domain, "key",
				 json_object_get(order->body, "key"));
	struct api_requested requested;
	enum err err = post(order, order->view->command->path, body, false, item, &item->requested);

	if (err == ERR_OK && item->requested != NULL)
		err = shape_read(&shape_requested, item->requested, &requested);
	json_decref(body);
	return err;
}

/* None has a request: then nobody else needs to be asked. */
static enum run_status request_all(struct order *order, bool *any)
{
	enum err err = ERR_OK;

	*any = false;
	for (size_t i = 0; i < order->count && err == ERR_OK; i++) {
		err = request_one(order, &order->item[i]);
		*any = *any || order->item[i].requested != NULL;
	}
	return output_end(order->view->err, err);
}

static enum err install(const struct order *order, const char *chain, struct obtained *item)
{
	json_t *body = json_pack("{ss, ss}", "certificate", chain, "from", "acme");
	struct api_installed installed;
	enum err err;

	if (body == NULL)
		return obtained_fail(item, RUN_NOT_DONE, "what the authority sent is not a certificate",
				     NULL);
	err = post(order, "/v1/certificates", body, true, item, &item->installed);
	if (err == ERR_OK && item->installed != NULL)
		err = shape_read(&shape_installed, item->installed, &installed);
	json_decref(body);
	return err;
}

static enum err take_chain(const struct order *order, struct obtained *item)
{
	struct file file = { 0 };
	const char *why = NULL;
	enum err err = file_read_in(order->account.folder, ACCOUNT_CHAIN, CHAIN_MAX, &file, &why);

	if (err == ERR_OK)
		err = install(order, file.bytes, item);
	else if (err == ERR_RANGE)
		err = obtained_fail(item, RUN_NOT_DONE, "what the authority sent is longer than 64 KiB",
				    NULL);
	else if (err != ERR_NO_MEMORY)
		err = obtained_fail(item, RUN_NOT_DONE, "uacme left no certificate", NULL);
	file_free(&file);
	return err;
}

static enum err issue(const struct order *order, struct obtained *item)
{
	const char *problem = NULL;
	json_t *lines = json_array();
	enum err err = lines != NULL ? uacme_issue(&order->uacme, &problem, lines) : ERR_NO_MEMORY;

	if (err == ERR_REFUSED)
		return obtained_fail(item, RUN_NOT_DONE, problem, lines);
	json_decref(lines);
	return err == ERR_OK ? take_chain(order, item) : err;
}

static enum err obtain_one(const struct order *order, struct obtained *item)
{
	const char *request = json_string_value(json_object_get(item->requested, "request"));
	enum err err = account_begin(&order->account, request);

	if (err == ERR_OK)
		err = issue(order, item);
	else if (err != ERR_NO_MEMORY)
		err = obtained_fail(item, RUN_NOT_DONE, "the account directory cannot be written to", NULL);
	account_end(&order->account);
	return err;
}

static enum err tell(const struct order *order, const struct obtained *item)
{
	enum err err = ERR_OK;

	if (!options_has(order->view->options, OPTION_JSON))
		err = obtained_print(order->view->out, item);
	return err == ERR_OK && fflush(order->view->out) != 0 ? ERR_IO : err;
}

static enum run_status conclude(const struct order *order)
{
	FILE *out = order->view->out;
	enum err err = ERR_OK;

	if (options_has(order->view->options, OPTION_JSON))
		err = obtained_print_json(out, order->item, order->count);
	else
		obtained_print_next(out, order->item, order->count);
	if (err == ERR_OK && fflush(out) != 0)
		err = ERR_IO;
	return err == ERR_OK ? obtained_status(order->item, order->count) : output_end(order->view->err, err);
}

static enum run_status obtain_all(struct order *order)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < order->count && err == ERR_OK; i++) {
		if (order->item[i].requested != NULL)
			err = obtain_one(order, &order->item[i]);
		if (err == ERR_OK)
			err = tell(order, &order->item[i]);
	}
	return err == ERR_OK ? conclude(order) : output_end(order->view->err, err);
}

static enum run_status enrol(const struct order *order)
{
	const struct options *options = order->view->options;
	bool agreed = options_has(options, OPTION_AGREE);
	const char *email = agreed ? options->value[OPTION_EMAIL] : NULL;
	enum err err = uacme_enrol(&order->uacme, agreed, email, order->view->err);

	return output_end(order->view->err, err);
}

static enum run_status run(struct order *order)
{
	enum run_status status;
	bool any = false;

	status = request_all(order, &any);
	if (status == RUN_DONE && any)
		status = enrol(order);
	return status == RUN_DONE ? obtain_all(order) : status;
}

static enum err take_items(struct order *order)
{
	const json_t *domains = json_object_get(order->body, "domains");

	order->count = json_array_size(domains);
	order->item = calloc(order->count + 1, sizeof(*order->item));
	if (order->item == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < order->count; i++)
		order->item[i].domain = json_string_value(json_array_get(domains, i));
	return ERR_OK;
}

/* The hook asks the same daemon. */
static enum err prepare(struct order *order)
{
	const struct options *options = order->view->options;
	const char *folder = options_has(options, OPTION_ACCOUNT) ? options->value[OPTION_ACCOUNT]
								  : OPTIONS_ACCOUNT_FOLDER;
	enum err err = uacme_find(order->view->err, &order->uacme);

	if (err == ERR_OK)
		err = account_open(folder, order->view->err, &order->account);
	if (err == ERR_OK)
		err = setenv("MTA_STSCTL_SOCKET", options_socket(options), 1) == 0 ? ERR_OK : ERR_NO_MEMORY;
	order->uacme.account = &order->account;
	order->uacme.directory =
		options_has(options, OPTION_DIRECTORY) ? options->value[OPTION_DIRECTORY] : UACME_DIRECTORY;
	return err == ERR_OK ? take_items(order) : err;
}

static enum run_status check_agreement(const struct run_view *view)
{
	bool agrees = options_has(view->options, OPTION_AGREE);

	if (agrees == options_has(view->options, OPTION_EMAIL))
		return RUN_DONE;
	print_problem(view->err, "%s requires %s: both are for the account at the authority",
		      agrees ? "--agree" : "--email", agrees ? "--email ADDRESS" : "--agree");
	return RUN_USAGE;
}

enum run_status obtain_run(const struct run_view *view)
{
	struct order order = { .view = view, .account = { .fd = -1, .lock = -1 } };
	struct client_request request = { 0 };
	enum run_status status = run_request(view, &request);

	if (status == RUN_DONE)
		status = check_agreement(view);
	if (status != RUN_DONE)
		goto out;
	order.body = json_loads(request.body, 0, NULL);
	status = output_end(view->err, order.body != NULL ? prepare(&order) : ERR_NO_MEMORY);
	if (status == RUN_DONE)
		status = run(&order);
out:
	for (size_t i = 0; order.item != NULL && i < order.count; i++)
		obtained_free(&order.item[i]);
	free(order.item);
	account_close(&order.account);
	json_decref(order.body);
	client_request_free(&request);
	return status;
}
