/* SPDX-License-Identifier: ISC */
#include "ctl/acme/obtain.h"

#include "api/shape_acme.h"
#include "api/shape_order.h"
#include "base/clock.h"
#include "ctl/acme/booking.h"
#include "ctl/acme/bring.h"
#include "ctl/acme/named.h"
#include "ctl/acme/round.h"
#include "ctl/cli/output.h"
#include "ctl/cli/print.h"
#include "ctl/cli/run.h"
#include "policy/domain.h"

#include <stdlib.h>
#include <string.h>

/* What the daemon will refuse again, as the reply tells, that run_ask() prints as JSON. */
static bool is_refusal(const char *text)
{
	json_t *reply = json_loads(text, 0, NULL);
	struct api_refusal refusal;
	bool is_one = shape_read(&shape_refusal, reply, &refusal) == ERR_OK &&
		      strcmp(refusal.error.code, "refused") == 0;

	json_decref(reply);
	return is_one;
}

/* What run_ask() says is kept for the domain that it is about. */
static enum err ask(const struct obtaining *obtaining, const struct client_request *request, bool ordered,
		    struct obtained *item, json_t **reply, bool *refused)
{
	struct options options = *obtaining->view->options;
	struct run_view view = { .command = obtaining->view->command, .options = &options };
	char *printed = NULL, *said = NULL;
	size_t printed_len = 0, said_len = 0;
	json_t *lines = json_array();
	enum err err = ERR_NO_MEMORY;

	options.seen |= OPTION_BIT(OPTION_JSON);
	view.out = open_memstream(&printed, &printed_len);
	view.err = open_memstream(&said, &said_len);
	if (lines == NULL || view.out == NULL || view.err == NULL)
		goto out;
	item->status = run_ask(&view, request, ordered, reply);
	if (fflush(view.out) == 0 && fflush(view.err) == 0 && printed != NULL && said != NULL)
		err = item->status != RUN_DONE ? uacme_take_lines(said, lines) : ERR_OK;
	*refused = err == ERR_OK && item->status == RUN_NOT_DONE && is_refusal(printed);
	if (err == ERR_OK && item->status != RUN_DONE)
		err = obtained_fail(item, item->status, NULL, json_incref(lines));
out:
	if (view.out != NULL)
		(void)fclose(view.out);
	if (view.err != NULL)
		(void)fclose(view.err);
	json_decref(lines);
	free(printed);
	free(said);
	return err;
}

enum err obtain_post(const struct obtaining *obtaining, const char *path, json_t *body, bool ordered,
		     struct obtained *item, json_t **reply, bool *refused)
{
	struct client_request request = { .method = "POST" };
	enum err err = ERR_NO_MEMORY;

	request.path = strdup(path);
	request.body = json_dumps(body, JSON_COMPACT);
	if (request.path != NULL && request.body != NULL)
		err = ask(obtaining, &request, ordered, item, reply, refused);
	client_request_free(&request);
	return err;
}

enum err obtain_request(const struct obtaining *obtaining, struct obtained *item)
{
	json_t *body = json_pack("{s:[s], ss}", "domains", item->domain, "key", obtaining->manner.key);
	struct api_requested requested;
	bool refused;
	enum err err = obtain_post(obtaining, obtaining->view->command->path, body, false, item,
				   &item->requested, &refused);

	if (err == ERR_OK && item->requested != NULL)
		err = shape_read(&shape_requested, item->requested, &requested);
	json_decref(body);
	return err;
}

/* What uacme left, whatever it says of it; ERR_NOT_FOUND: nothing. */
static enum err take_chain(const struct obtaining *obtaining, struct obtained *item)
{
	enum err err = chains_settle(&obtaining->account, &item->kept);

	item->may_be_issued = item->may_be_issued || err != ERR_NOT_FOUND;
	if (err == ERR_RANGE)
		return obtained_fail(item, RUN_NOT_DONE, "what the authority sent is longer than 64 KiB",
				     NULL);
	if (err == ERR_IO)
		return obtained_fail(item, RUN_NOT_DONE,
				     "the account directory cannot be written to: the next run tries to "
				     "install what the authority made",
				     NULL);
	return err == ERR_OK ? bring_one(obtaining, item) : err;
}

static enum err issue(const struct obtaining *obtaining, const struct authority *authority,
		      struct obtained *item)
{
	char host[HOST_SIZE];
	unsigned ways = vetting_ways(&authority->vetting, domain_host(item->domain, host));
	const char *problem = NULL;
	bool cut_off = false;
	json_t *lines = json_array();
	enum err err = lines != NULL ? uacme_issue(&obtaining->uacme, authority->url, ways, &problem,
						   &cut_off, lines)
				     : ERR_NO_MEMORY;
	enum err taken = err != ERR_NO_MEMORY ? ERR_NOT_FOUND : err;

	item->may_be_issued = err == ERR_OK || cut_off;
	if (err != ERR_NO_MEMORY)
		taken = take_chain(obtaining, item);
	if (taken == ERR_NOT_FOUND && err == ERR_REFUSED)
		return obtained_fail(item, RUN_NOT_DONE, problem, lines);
	json_decref(lines);
	return taken == ERR_NOT_FOUND ? obtained_fail(item, RUN_NOT_DONE, "uacme left no certificate", NULL)
				      : taken;
}

/* A chain that could not be moved from the work directory is not to be removed with it. */
static enum err clear_work(const struct account *account)
{
	char *name = NULL;
	enum err err = chains_settle(account, &name);

	free(name);
	return err == ERR_NOT_FOUND || err == ERR_RANGE ? ERR_OK : err;
}

static enum err begin(const struct obtaining *obtaining, const struct authority *authority,
		      const struct obtained *item)
{
	const struct account *account = &obtaining->account;
	struct api_requested requested;
	char host[HOST_SIZE];
	enum err err = shape_read(&shape_requested, item->requested, &requested);

	if (err == ERR_OK)
		err = clear_work(account);
	if (err == ERR_OK)
		err = account_begin(account, requested.request);
	if (err == ERR_OK)
		err = chains_describe(account, domain_host(item->domain, host), requested.key,
				      authority->url);
	return err;
}

enum err obtain_order(const struct obtaining *obtaining, const struct authority *authority,
		      struct obtained *item)
{
	enum err err = begin(obtaining, authority, item);

	if (err == ERR_OK)
		err = issue(obtaining, authority, item);
	else if (err != ERR_NO_MEMORY)
		err = obtained_fail(item, RUN_NOT_DONE, "the account directory cannot be written to", NULL);
	return err;
}

void obtain_end(const struct obtaining *obtaining, struct obtained *item)
{
	if (item->kept != NULL && !obtained_is_kept(item))
		chains_end(&obtaining->account, item->kept);
	if (clear_work(&obtaining->account) == ERR_OK)
		account_end(&obtaining->account);
}

void obtain_close(struct obtaining *obtaining)
{
	for (size_t i = 0; i < obtaining->chain_count; i++)
		chains_free(&obtaining->chain[i]);
	account_close(&obtaining->account);
	authorities_end(&obtaining->authorities);
	manner_free(&obtaining->manner);
}

enum err obtain_tell(const struct obtaining *obtaining, const struct obtained *item)
{
	enum err err = ERR_OK;

	if (!options_has(obtaining->view->options, OPTION_JSON))
		err = obtained_print(obtaining->view->out, item);
	return err == ERR_OK && fflush(obtaining->view->out) != 0 ? ERR_IO : err;
}

/* Whoever agrees and names nobody begins with whatever is due. */
static bool is_round(const struct options *options)
{
	return options_has(options, OPTION_DUE) ||
	       (options_has(options, OPTION_AGREE) && options->word_count == 0);
}

enum run_status obtain_conclude(const struct obtaining *obtaining, const struct obtained items[],
				size_t count)
{
	FILE *out = obtaining->view->out;
	enum err err = ERR_OK;

	if (options_has(obtaining->view->options, OPTION_JSON))
		err = obtained_print_json(out, items, count);
	else
		obtained_print_next(out, items, count, is_round(obtaining->view->options));
	if (err == ERR_OK && fflush(out) != 0)
		err = ERR_IO;
	return err == ERR_OK ? obtained_status(items, count) : output_end(obtaining->view->err, err);
}

/* What could not be kept is found out again. */
static enum err note(struct obtaining *obtaining, size_t authority, enum err met)
{
	const struct account *account = &obtaining->account;
	enum err err = met == ERR_OK
			       ? authorities_note_answer(&obtaining->authorities, authority, account, false)
			       : authorities_note_silence(&obtaining->authorities, authority, account, false);

	return err == ERR_NO_MEMORY ? err : met;
}

static enum run_status meet(struct obtaining *obtaining, size_t index)
{
	const struct run_view *view = obtaining->view;
	struct authority *authority = &obtaining->authorities.item[index];
	enum err err = directory_fetch(authority->url, &authority->says);

	if (err == ERR_REFUSED)
		print_problem(view->err, "the authority cannot be asked, and nothing is ordered%s: %s: %s",
			      obtaining->authorities.count > 1 ? " there" : "", authority->url,
			      authority->says.why);
	if (err == ERR_OK || err == ERR_REFUSED)
		err = note(obtaining, index, err);
	return output_end(view->err, err);
}

/* Where there are several, only some of them may take credentials. */
static const char *credentials_for(const struct obtaining *obtaining, const struct authority *authority)
{
	bool are_wanted = obtaining->authorities.count == 1 || authority->says.needs_binding;

	return are_wanted && obtaining->eab[0] != '\0' ? obtaining->eab : NULL;
}

static enum run_status have_account(struct obtaining *obtaining, struct authority *authority)
{
	const struct options *options = obtaining->view->options;
	bool agreed = options_has(options, OPTION_AGREE);
	enum run_status status = output_end(
		obtaining->view->err,
		uacme_enrol(&obtaining->uacme, authority->url, agreed, credentials_for(obtaining, authority),
			    agreed ? options->value[OPTION_EMAIL] : NULL, obtaining->view->err));

	authority->has_account = authority->has_account || status == RUN_DONE;
	(void)account_uri(obtaining->account.folder, authority->url, authority->account);
	authority->vetting.way.issuer.account = authority->account[0] != '\0' ? authority->account : NULL;
	if (status == RUN_DONE && agreed && !options_has(options, OPTION_JSON))
		(void)fprintf(obtaining->view->out, "there is an account at %s%s%s\n", authority->url,
			      authority->says.terms != NULL ? "; its terms: " : "",
			      authority->says.terms != NULL ? authority->says.terms : "");
	if (status == RUN_DONE && agreed && authority->account[0] != '\0' &&
	    !options_has(options, OPTION_JSON))
		(void)fprintf(obtaining->view->out, "a CAA record may name it: accounturi=%s\n",
			      authority->account);
	return status;
}

enum run_status obtain_enrol(struct obtaining *obtaining, size_t index)
{
	struct authority *authority = &obtaining->authorities.item[index];
	enum run_status status = meet(obtaining, index);
	bool is_there = status == RUN_DONE, agreed = options_has(obtaining->view->options, OPTION_AGREE);

	if (is_there)
		status = have_account(obtaining, authority);
	authority->is_asked = true;
	if (status != RUN_DONE)
		authority->problem = !is_there ? ORDERING_AUTHORITY_SILENT
				     : agreed  ? ORDERING_OTHER
					       : ORDERING_NO_ACCOUNT;
	return status;
}

enum run_status obtain_open_ledgers(struct obtaining *obtaining)
{
	enum run_status status = RUN_DONE;

	for (size_t i = 0; status == RUN_DONE && i < obtaining->authorities.count; i++) {
		struct authority *authority = &obtaining->authorities.item[i];

		status = booking_open(obtaining->view, &obtaining->account, authority->url,
				      &authority->ledger);
		status = authorities_note_ledger(&obtaining->authorities, i, status);
	}
	return status;
}

const char *obtain_folder(const struct options *options)
{
	return options_has(options, OPTION_ACCOUNT) ? options->value[OPTION_ACCOUNT] : OPTIONS_ACCOUNT_FOLDER;
}

static enum err begin_vetting(struct obtaining *obtaining)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < obtaining->authorities.count; i++) {
		struct authority *authority = &obtaining->authorities.item[i];

		err = vetting_begin(
			obtaining->view, &obtaining->manner.addresses, &authority->says.identities,
			obtaining->manner.http ? PROVING_ALL : PROVING_TLS_ALPN, &authority->vetting);
	}
	return err;
}

/* The hook asks the same daemon. */
enum err obtain_prepare(struct obtaining *obtaining)
{
	const struct options *options = obtaining->view->options;
	enum err err = uacme_find(obtaining->view->err, &obtaining->uacme);

	/* As long as root is root. */
	if (err == ERR_OK && options_has(options, OPTION_EAB))
		err = eab_read(options->value[OPTION_EAB], obtaining->view->err, obtaining->eab);
	if (err == ERR_OK)
		err = account_open(obtain_folder(options), obtaining->view->err, &obtaining->account);
	if (err == ERR_OK)
		err = setenv("MTA_STSCTL_SOCKET", options_socket(options), 1) == 0 ? ERR_OK : ERR_NO_MEMORY;
	if (err == ERR_OK)
		err = begin_vetting(obtaining);
	if (err == ERR_OK)
		authorities_recall(&obtaining->authorities, obtaining->account.folder, clock_now());
	obtaining->uacme.account = &obtaining->account;
	return err;
}

static enum run_status check_agreement(const struct run_view *view)
{
	if (options_has(view->options, OPTION_EAB) && !options_has(view->options, OPTION_AGREE)) {
		print_problem(view->err, "--eab requires --agree: it is for the account at the authority");
		return RUN_USAGE;
	}
	if (!options_has(view->options, OPTION_EMAIL) || options_has(view->options, OPTION_AGREE))
		return RUN_DONE;
	print_problem(view->err, "--email requires --agree: both are for the account at the authority");
	return RUN_USAGE;
}

enum run_status obtain_run(const struct run_view *view)
{
	enum run_status status = check_agreement(view);

	if (status != RUN_DONE)
		return status;
	return is_round(view->options) ? round_run(view) : named_run(view);
}
