/* SPDX-License-Identifier: ISC */
#include "ctl/acme/obtain.h"

#include "api/shape_acme.h"
#include "api/shape_certificate.h"
#include "base/file.h"
#include "ctl/acme/obtain_private.h"
#include "ctl/acme/round.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"

#include <stdlib.h>
#include <string.h>

/* Longest chain, bytes: the daemon takes no longer text. */
#define CHAIN_MAX ((size_t)64 * 1024)

/* Domains that the command line names. */
struct named {
	struct obtaining obtaining;
	struct obtained *item;
	size_t count;
};

/* What run_ask() says is kept for the domain that it is about. */
static enum err ask(const struct obtaining *obtaining, const struct client_request *request, bool ordered,
		    struct obtained *item, json_t **reply)
{
	struct options options = *obtaining->view->options;
	struct run_view view = { .command = obtaining->view->command,
				 .options = &options,
				 .out = obtaining->view->out };
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

static enum err post(const struct obtaining *obtaining, const char *path, json_t *body, bool ordered,
		     struct obtained *item, json_t **reply)
{
	struct client_request request = { .method = "POST" };
	enum err err = ERR_NO_MEMORY;

	request.path = strdup(path);
	request.body = json_dumps(body, JSON_COMPACT);
	if (request.path != NULL && request.body != NULL)
		err = ask(obtaining, &request, ordered, item, reply);
	client_request_free(&request);
	return err;
}

enum err obtain_request(const struct obtaining *obtaining, struct obtained *item)
{
	json_t *body = json_pack("{s:[s], s:O*}", "domains", item->domain, "key",
				 json_object_get(obtaining->body, "key"));
	struct api_requested requested;
	enum err err = post(obtaining, obtaining->view->command->path, body, false, item, &item->requested);

	if (err == ERR_OK && item->requested != NULL)
		err = shape_read(&shape_requested, item->requested, &requested);
	json_decref(body);
	return err;
}

static enum err install(const struct obtaining *obtaining, const char *chain, struct obtained *item)
{
	json_t *body = json_pack("{ss, ss}", "certificate", chain, "from", "acme");
	struct api_installed installed;
	enum err err;

	if (body == NULL)
		return obtained_fail(item, RUN_NOT_DONE, "what the authority sent is not a certificate",
				     NULL);
	err = post(obtaining, "/v1/certificates", body, true, item, &item->installed);
	if (err == ERR_OK && item->installed != NULL)
		err = shape_read(&shape_installed, item->installed, &installed);
	json_decref(body);
	return err;
}

static enum err take_chain(const struct obtaining *obtaining, struct obtained *item)
{
	struct file file = { 0 };
	const char *why = NULL;
	enum err err = file_read_in(obtaining->account.folder, ACCOUNT_CHAIN, CHAIN_MAX, &file, &why);

	if (err == ERR_OK)
		err = install(obtaining, file.bytes, item);
	else if (err == ERR_RANGE)
		err = obtained_fail(item, RUN_NOT_DONE, "what the authority sent is longer than 64 KiB",
				    NULL);
	else if (err != ERR_NO_MEMORY)
		err = obtained_fail(item, RUN_NOT_DONE, "uacme left no certificate", NULL);
	file_free(&file);
	return err;
}

static enum err issue(const struct obtaining *obtaining, struct obtained *item)
{
	const char *problem = NULL;
	bool cut_off = false;
	json_t *lines = json_array();
	enum err err =
		lines != NULL ? uacme_issue(&obtaining->uacme, &problem, &cut_off, lines) : ERR_NO_MEMORY;

	item->may_be_issued = err == ERR_OK || cut_off;

	if (err == ERR_REFUSED)
		return obtained_fail(item, RUN_NOT_DONE, problem, lines);
	json_decref(lines);
	return err == ERR_OK ? take_chain(obtaining, item) : err;
}

enum err obtain_order(const struct obtaining *obtaining, struct obtained *item)
{
	const char *request = json_string_value(json_object_get(item->requested, "request"));
	enum err err = account_begin(&obtaining->account, request);

	if (err == ERR_OK)
		err = issue(obtaining, item);
	else if (err != ERR_NO_MEMORY)
		err = obtained_fail(item, RUN_NOT_DONE, "the account directory cannot be written to", NULL);
	account_end(&obtaining->account);
	return err;
}

enum err obtain_tell(const struct obtaining *obtaining, const struct obtained *item)
{
	enum err err = ERR_OK;

	if (!options_has(obtaining->view->options, OPTION_JSON))
		err = obtained_print(obtaining->view->out, item);
	return err == ERR_OK && fflush(obtaining->view->out) != 0 ? ERR_IO : err;
}

enum run_status obtain_conclude(const struct obtaining *obtaining, const struct obtained items[],
				size_t count)
{
	FILE *out = obtaining->view->out;
	enum err err = ERR_OK;

	if (options_has(obtaining->view->options, OPTION_JSON))
		err = obtained_print_json(out, items, count);
	else
		obtained_print_next(out, items, count, options_has(obtaining->view->options, OPTION_DUE));
	if (err == ERR_OK && fflush(out) != 0)
		err = ERR_IO;
	return err == ERR_OK ? obtained_status(items, count) : output_end(obtaining->view->err, err);
}

enum run_status obtain_enrol(const struct obtaining *obtaining)
{
	const struct options *options = obtaining->view->options;
	bool agreed = options_has(options, OPTION_AGREE);
	const char *email = agreed ? options->value[OPTION_EMAIL] : NULL;
	enum err err = uacme_enrol(&obtaining->uacme, agreed, email, obtaining->view->err);

	return output_end(obtaining->view->err, err);
}

const char *obtain_folder(const struct options *options)
{
	return options_has(options, OPTION_ACCOUNT) ? options->value[OPTION_ACCOUNT] : OPTIONS_ACCOUNT_FOLDER;
}

const char *obtain_directory(const struct options *options)
{
	return options_has(options, OPTION_DIRECTORY) ? options->value[OPTION_DIRECTORY] : UACME_DIRECTORY;
}

/* The hook asks the same daemon. */
enum err obtain_prepare(struct obtaining *obtaining)
{
	const struct options *options = obtaining->view->options;
	enum err err = uacme_find(obtaining->view->err, &obtaining->uacme);

	if (err == ERR_OK)
		err = account_open(obtain_folder(options), obtaining->view->err, &obtaining->account);
	if (err == ERR_OK)
		err = setenv("MTA_STSCTL_SOCKET", options_socket(options), 1) == 0 ? ERR_OK : ERR_NO_MEMORY;
	obtaining->uacme.account = &obtaining->account;
	obtaining->uacme.directory = obtain_directory(options);
	return err;
}

/* None has a request: then nobody else needs to be asked. */
static enum run_status request_all(struct named *named, bool *any)
{
	enum err err = ERR_OK;

	*any = false;
	for (size_t i = 0; i < named->count && err == ERR_OK; i++) {
		err = obtain_request(&named->obtaining, &named->item[i]);
		*any = *any || named->item[i].requested != NULL;
	}
	return output_end(named->obtaining.view->err, err);
}

static enum run_status obtain_all(struct named *named)
{
	const struct obtaining *obtaining = &named->obtaining;
	enum err err = ERR_OK;

	for (size_t i = 0; i < named->count && err == ERR_OK; i++) {
		if (named->item[i].requested != NULL)
			err = obtain_order(obtaining, &named->item[i]);
		if (err == ERR_OK)
			err = obtain_tell(obtaining, &named->item[i]);
	}
	return err == ERR_OK ? obtain_conclude(obtaining, named->item, named->count)
			     : output_end(obtaining->view->err, err);
}

static enum run_status run(struct named *named)
{
	enum run_status status;
	bool any = false;

	status = request_all(named, &any);
	if (status == RUN_DONE && any)
		status = obtain_enrol(&named->obtaining);
	return status == RUN_DONE ? obtain_all(named) : status;
}

static enum err take_items(struct named *named)
{
	const json_t *domains = json_object_get(named->obtaining.body, "domains");

	named->count = json_array_size(domains);
	named->item = calloc(named->count + 1, sizeof(*named->item));
	if (named->item == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < named->count; i++)
		named->item[i].domain = json_string_value(json_array_get(domains, i));
	return ERR_OK;
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

/* Who names domains wants them ordered, and not another run to go on. */
static enum run_status prepare(struct obtaining *obtaining)
{
	enum err err = obtain_prepare(obtaining);

	return output_end(obtaining->view->err, err == ERR_EXISTS ? ERR_REFUSED : err);
}

static enum run_status run_named(const struct run_view *view)
{
	struct named named = { .obtaining = { .view = view, .account = { .fd = -1, .lock = -1 } } };
	struct obtaining *obtaining = &named.obtaining;
	struct client_request request = { 0 };
	enum run_status status = run_request(view, &request);

	if (status != RUN_DONE)
		goto out;
	obtaining->body = json_loads(request.body, 0, NULL);
	status = output_end(view->err, obtaining->body != NULL ? take_items(&named) : ERR_NO_MEMORY);
	if (status == RUN_DONE)
		status = prepare(obtaining);
	if (status == RUN_DONE)
		status = run(&named);
out:
	for (size_t i = 0; named.item != NULL && i < named.count; i++)
		obtained_free(&named.item[i]);
	free(named.item);
	account_close(&obtaining->account);
	json_decref(obtaining->body);
	client_request_free(&request);
	return status;
}

enum run_status obtain_run(const struct run_view *view)
{
	enum run_status status = check_agreement(view);

	if (status != RUN_DONE)
		return status;
	return options_has(view->options, OPTION_DUE) ? round_run(view) : run_named(view);
}
