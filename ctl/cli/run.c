/* SPDX-License-Identifier: ISC */
#include "ctl/cli/run.h"

#include "api/shape_order.h"
#include "ctl/cli/confirm.h"
#include "ctl/cli/output.h"
#include "policy/domain.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* For the first of two tries, and a resolver may have a long way to go. */
#define TIMEOUT_MS 3000

struct ask_way run_resolver(const struct run_view *view)
{
	return (struct ask_way){ .resolver = view->options->value[OPTION_RESOLVER],
				 .timeout_ms = TIMEOUT_MS };
}

enum run_status run_refuse_resolver(const struct run_view *view)
{
	print_problem(view->err,
		      "--resolver '%s': write an address such as 192.0.2.53 or [2001:db8::53]:5353",
		      view->options->value[OPTION_RESOLVER]);
	return RUN_USAGE;
}

enum run_status run_check_ca(const struct run_view *view)
{
	const char *ca = view->options->value[OPTION_CA];

	if (ca == NULL || access(ca, R_OK) == 0)
		return RUN_DONE;
	print_problem(view->err, "--ca %s: cannot be read (%s)", ca, strerror(errno));
	return RUN_USAGE;
}

#define HTTP_OK          200
#define HTTP_NOT_FOUND   404
#define LOOK_TIMEOUT_MS  60000
#define ORDER_TIMEOUT_MS 120000

static const char *hint(int cause)
{
	switch (cause) {
	case ENOENT:
	case ECONNREFUSED:
		return "is the daemon running? start it: systemctl start mta-stsd.target; "
		       "why not: systemctl status mta-stsd";
	case EACCES:
	case EPERM:
		return "run it as root, the service's user or a member of operator_group (of the package: "
		       "adduser USER mta-stsd-operators); bringing certificates requires no more than "
		       "certifier_group, "
		       "looking no more than observer_group";
	default:
		return "is it the daemon's control socket?";
	}
}

static void print_failure(FILE *err, const char *socket, const struct client_failure *failure)
{
	switch (failure->fault) {
	case CLIENT_NO_CONNECTION:
		print_problem(err, "cannot connect to %s (%s): %s", socket,
			      failure->cause != 0 ? strerror(failure->cause) : failure->detail,
			      hint(failure->cause));
		break;
	case CLIENT_CUT_OFF:
		print_problem(err,
			      "the connection to the daemon failed before its reply was complete (%s): "
			      "systemctl status mta-stsd says whether it runs",
			      failure->detail);
		break;
	case CLIENT_TOO_LONG:
		print_problem(
			err,
			"the reply is longer than 256 MiB: choose fewer domains, with --match or --file; "
			"none, testing and reset with --yes have no such limit");
		break;
	case CLIENT_NO_MEMORY:
		print_problem(err, "reply cannot be read: out of memory (HTTP status %ld)", failure->status);
		break;
	case CLIENT_NO_JSON:
		print_problem(err, "unexpected reply: no JSON (HTTP status %ld)", failure->status);
		break;
	case CLIENT_NOT_TAKEN: /* who did not says why */
		break;
	case CLIENT_NOT_READY:
	default:
		print_problem(err, "libcurl cannot be set up, or there is no memory");
		break;
	}
}

void run_say_silent(void *err)
{
	static bool said;

	if (!said)
		print_problem(err, "waiting for mta-stsd: it does not answer yet; if that goes on, systemctl "
				   "status mta-stsd and journalctl -u mta-stsd say why");
	(void)fflush(err);
	said = true;
}

static enum err ask(const struct run_view *view, const struct client_request *request, long timeout_ms,
		    struct client_reply *got)
{
	const char *socket = options_socket(view->options);
	struct client_request watched = *request;
	struct client_failure failure;
	enum err err;

	watched.silent = run_say_silent;
	watched.context = view->err;
	err = client_ask(socket, &watched, timeout_ms, got, &failure);

	if (err != ERR_OK)
		print_failure(view->err, socket, &failure);
	return err;
}

/* What went wrong after an order was carried out does not undo it. */
static enum run_status conclude(enum err printed, bool ordered, FILE *err)
{
	enum run_status status = RUN_DONE;

	if (printed == ERR_IO && ordered)
		print_problem(err, "cannot write the output (%s): the order was done", strerror(errno));
	else
		status = output_end(err, printed);
	return ordered && printed != ERR_OK && printed != ERR_REFUSED ? RUN_UNKNOWN : status;
}

static void print_detail(const char *detail, FILE *err)
{
	const char *hint = domain_meant(detail);

	if (hint != NULL)
		print_problem(err, "  %s: did you mean %s?", detail, hint);
	else
		print_problem(err, "  %s", detail);
}

static void print_details(const json_t *details, FILE *err)
{
	size_t count = json_array_size(details);

	for (size_t i = 0; i < count && i < PRINT_SOME; i++) {
		const char *detail = json_string_value(json_array_get(details, i));

		if (detail != NULL)
			print_detail(detail, err);
	}
	print_rest(err, PRINT_PROBLEM "  ", (json_int_t)count - PRINT_SOME, "--json shows them all");
}

static enum run_status print_refusal(const struct run_view *view, json_t *reply, bool ordered)
{
	const struct options *options = view->options;
	struct api_refusal refusal;
	const struct api_error *error = &refusal.error;

	if (shape_read(&shape_refusal, reply, &refusal) != ERR_OK)
		return conclude(ERR_SYNTAX, ordered, view->err);
	if (options_has(options, OPTION_JSON))
		(void)print_json(view->out, reply);
	print_problem(view->err, "%s", error->message);
	print_details(error->details, view->err);
	/* About the one domain of a path the daemon gives no details. */
	if (error->details == NULL && strcmp(error->code, "unknown_domain") == 0 && options->word_count == 1)
		print_detail(options->words[0], view->err);
	return strcmp(error->code, "unknown") == 0 ? RUN_UNKNOWN : RUN_NOT_DONE;
}

static enum run_status warn(const struct run_view *view, enum run_status status)
{
	if (status == RUN_UNKNOWN)
		print_problem(
			view->err,
			"the order may have been carried out: look (mta-stsctl %slist) before you retry",
			strncmp(view->command->name, "cert ", strlen("cert ")) == 0 ? "cert " : "");
	return status;
}

/* The domain, or in a daemon of an older version the route. */
static bool is_unknown(const struct client_reply *got)
{
	struct api_refusal refusal;

	return got->status == HTTP_NOT_FOUND && shape_read(&shape_refusal, got->body, &refusal) == ERR_OK &&
	       (strcmp(refusal.error.code, "unknown_domain") == 0 ||
		strcmp(refusal.error.code, "unknown_route") == 0);
}

enum run_status run_find(const struct run_view *view, const struct client_request *request, json_t **reply)
{
	struct client_reply got = { 0 };
	enum run_status status = RUN_DONE;

	if (ask(view, request, LOOK_TIMEOUT_MS, &got) != ERR_OK)
		status = RUN_NOT_DONE;
	else if (got.status == HTTP_OK)
		*reply = json_incref(got.body);
	else if (!is_unknown(&got))
		status = print_refusal(view, got.body, false);
	client_reply_free(&got);
	return status;
}

enum run_status run_ask(const struct run_view *view, const struct client_request *request, bool ordered,
			json_t **reply)
{
	struct client_reply got = { 0 };
	enum run_status status = RUN_DONE;
	enum err answered;

	/* Who closes our output early shall not keep us from telling how an order ended. */
	if (ordered)
		(void)signal(SIGPIPE, SIG_IGN);
	answered = ask(view, request, ordered ? ORDER_TIMEOUT_MS : LOOK_TIMEOUT_MS, &got);
	if (answered != ERR_OK)
		status = ordered && answered != ERR_CLOSED ? RUN_UNKNOWN : RUN_NOT_DONE;
	else if (got.status != HTTP_OK)
		status = print_refusal(view, got.body, ordered);
	else
		*reply = json_incref(got.body);
	client_reply_free(&got);
	return warn(view, status);
}

/* RUN_DONE: the order can go, and names what was confirmed. */
static enum run_status confirm(const struct run_view *view, struct client_request *order)
{
	struct client_request trial = { 0 };
	json_t *reply = NULL;
	enum run_status status = RUN_DONE;
	enum err begun = confirm_begin(view, order, &trial);

	if (begun != ERR_OK)
		return begun == ERR_SYNTAX ? RUN_USAGE : conclude(begun, false, view->err);
	if (trial.path != NULL)
		status = run_ask(view, &trial, false, &reply);
	if (reply != NULL)
		status = conclude(confirm_end(view, reply, order), false, view->err);
	client_request_free(&trial);
	json_decref(reply);
	return status;
}

/* What cannot be written was done all the same. */
static enum run_status tell(const struct run_view *view, enum err printed, bool ordered)
{
	enum run_status status = conclude(printed, ordered, view->err);

	return printed == ERR_IO ? status : warn(view, status);
}

/* However many domains it is about, nobody holds all of the reply. */
static enum run_status order_by_rows(const struct run_view *view, struct client_request *request)
{
	struct output *output = NULL;
	json_t *reply = NULL;
	enum err opened = output_open(view, request, &output);
	enum run_status status =
		opened == ERR_OK ? run_ask(view, request, true, &reply) : conclude(opened, false, view->err);

	if (reply != NULL)
		status = tell(view, output_rest(output, reply), true);
	else if (output != NULL && output_has_begun(output))
		print_problem(view->err, "what was printed is not the whole reply");
	output_close(&output);
	json_decref(reply);
	return status;
}

enum run_status run_order(const struct run_view *view, struct client_request *request, json_t **reply)
{
	bool ordered = view->command->orders && !options_has(view->options, OPTION_DRY_RUN);
	enum run_status status = confirm(view, request);
	json_t *got = NULL;

	if (status == RUN_DONE && ordered && reply == NULL && view->command->rows != NULL)
		return order_by_rows(view, request);
	if (status == RUN_DONE)
		status = run_ask(view, request, ordered, &got);
	if (status == RUN_DONE)
		status = tell(view, output_reply(view, got), ordered);
	if (reply != NULL)
		*reply = json_incref(got);
	json_decref(got);
	return status;
}

enum run_status run_request(const struct run_view *view, struct client_request *request)
{
	enum err err = request_make(view->command, view->options, view->err, request);

	return err == ERR_SYNTAX ? RUN_USAGE : output_end(view->err, err);
}

enum run_status run_usual(const struct run_view *view)
{
	struct client_request request = { 0 };
	enum run_status status = run_request(view, &request);

	if (status == RUN_DONE)
		status = run_order(view, &request, NULL);
	client_request_free(&request);
	return status;
}
