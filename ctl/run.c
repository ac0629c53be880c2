/* SPDX-License-Identifier: ISC */
#include "ctl/run.h"

#include "config.h"
#include "ctl/client.h"
#include "ctl/command.h"
#include "ctl/help.h"
#include "ctl/problem.h"
#include "ctl/reply.h"
#include "ctl/selection.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define HTTP_OK          200
#define LOOK_TIMEOUT_MS  60000
#define ORDER_TIMEOUT_MS 120000
#define DETAILS_SHOWN    20

/* Text is gathered first: of a reply that turns out to be broken nothing is shown. */
struct capture {
	char *bytes;
	size_t len;
};

static bool end(FILE *stream)
{
	bool ok;

	if (stream == NULL)
		return false;
	ok = !ferror(stream);
	return fclose(stream) == 0 && ok;
}

static enum err render(const struct command *command, const struct options *options, json_t *reply,
		       struct capture *text, struct capture *notes)
{
	enum options_format format = options_format(options);
	FILE *out = open_memstream(&text->bytes, &text->len);
	FILE *aside = open_memstream(&notes->bytes, &notes->len);
	struct print_view view = { .out = out,
				   .notes = format == FORMAT_PEOPLE ? out : aside,
				   .format = format,
				   .match = options->value[OPTION_MATCH] };
	enum err err = ERR_NO_MEMORY;
	bool ok;

	if (out != NULL && aside != NULL)
		err = command->print(&view, reply);
	ok = end(out);
	return end(aside) && ok ? err : ERR_NO_MEMORY;
}

static enum err write_out(const struct capture *text, FILE *out)
{
	return fwrite(text->bytes, 1, text->len, out) == text->len ? ERR_OK : ERR_IO;
}

/* The printer runs with --json, too: it is what checks the reply. */
static enum err print_reply(const struct command *command, const struct options *options, json_t *reply,
			    FILE *out, FILE *err)
{
	struct capture text = { 0 }, notes = { 0 };
	enum err printed = render(command, options, reply, &text, &notes);
	enum err written = ERR_OK;

	if (printed != ERR_OK && printed != ERR_REFUSED)
		goto out;
	if (options_has(options, OPTION_JSON))
		written = print_json(out, reply);
	else if (notes.len > 0)
		written = write_out(&notes, err);
	if (written == ERR_OK && !options_has(options, OPTION_JSON))
		written = write_out(&text, out);
	if (written == ERR_OK && fflush(out) != 0)
		written = ERR_IO;
out:
	free(text.bytes);
	free(notes.bytes);
	return written != ERR_OK ? written : printed;
}

static enum run_status conclude(enum err printed, bool ordered, FILE *err)
{
	switch ((int)printed) {
	case ERR_OK:
		return RUN_DONE;
	case ERR_REFUSED:
		return RUN_NOT_DONE;
	case ERR_SYNTAX:
		problem_print(err, "unexpected reply: are mta-stsd and mta-stsctl of the same version?");
		break;
	case ERR_IO:
		problem_print(err, "cannot write the output (%s)%s", strerror(errno),
			      ordered ? ": the order was done" : "");
		break;
	default:
		problem_print(err, "out of memory");
		break;
	}
	return ordered ? RUN_UNKNOWN : RUN_NOT_DONE;
}

static void print_detail(const char *detail, FILE *err)
{
	const char *hint = selection_hint(detail);

	if (hint != NULL)
		problem_print(err, "  %s: did you mean %s?", detail, hint);
	else
		problem_print(err, "  %s", detail);
}

static void print_details(const json_t *details, FILE *err)
{
	size_t count = json_array_size(details);

	for (size_t i = 0; i < count && i < DETAILS_SHOWN; i++) {
		const char *detail = json_string_value(json_array_get(details, i));

		if (detail != NULL)
			print_detail(detail, err);
	}
	if (count > DETAILS_SHOWN)
		problem_print(err, "  and %zu more", count - DETAILS_SHOWN);
}

static enum run_status print_refusal(const struct options *options, json_t *reply, bool ordered, FILE *out,
				     FILE *err)
{
	struct reply_error error;

	if (reply_error(reply, &error) != ERR_OK)
		return conclude(ERR_SYNTAX, ordered, err);
	if (options_has(options, OPTION_JSON))
		(void)print_json(out, reply);
	problem_print(err, "%s", error.message);
	print_details(error.details, err);
	/* About the one domain of a path the daemon gives no details. */
	if (error.details == NULL && strcmp(error.code, "unknown_domain") == 0 && options->word_count == 1)
		print_detail(options->words[0], err);
	return strcmp(error.code, "unknown") == 0 ? RUN_UNKNOWN : RUN_NOT_DONE;
}

static enum run_status ask(const struct command *command, const struct options *options,
			   const struct request *request, FILE *out, FILE *err)
{
	bool ordered = command->orders && !options_has(options, OPTION_DRY_RUN);
	struct client_reply reply = { 0 };
	enum run_status status;
	enum err answered;

	/* Who closes our output early shall not keep us from telling how an order ended. */
	if (ordered)
		(void)signal(SIGPIPE, SIG_IGN);
	answered = client_ask(options_socket(options), request, ordered ? ORDER_TIMEOUT_MS : LOOK_TIMEOUT_MS,
			      err, &reply);
	if (answered != ERR_OK)
		status = ordered && answered != ERR_CLOSED ? RUN_UNKNOWN : RUN_NOT_DONE;
	else if (reply.status != HTTP_OK)
		status = print_refusal(options, reply.body, ordered, out, err);
	else
		status = conclude(print_reply(command, options, reply.body, out, err), ordered, err);
	if (status == RUN_UNKNOWN)
		problem_print(err,
			      "the order may have been carried out: look (mta-stsctl list) before you retry");
	client_free(&reply);
	return status;
}

static enum run_status refuse_command(const char *name, FILE *err)
{
	const char *nearest = command_nearest(name);

	if (nearest != NULL)
		problem_print(err, "'%s' is no command: did you mean %s?", name, nearest);
	else
		problem_print(err, "'%s' is no command: see mta-stsctl --help", name);
	return RUN_USAGE;
}

static enum run_status help(const struct command *command, FILE *to, enum run_status status)
{
	return help_print(command, to) == ERR_OK && fflush(to) == 0 ? status : RUN_NOT_DONE;
}

enum run_status run(int argc, char *argv[], FILE *out, FILE *err)
{
	const struct command *command = NULL;
	struct request request = { 0 };
	struct options options;
	enum run_status status;
	enum err made;

	if (options_parse(argc, argv, err, &options) != ERR_OK)
		return RUN_USAGE;
	if (options_has(&options, OPTION_VERSION))
		return fprintf(out, "mta-stsctl %s\n", PACKAGE_VERSION) > 0 && fflush(out) == 0
			       ? RUN_DONE
			       : RUN_NOT_DONE;
	if (options.command != NULL)
		command = command_find(options.command);
	if (options.command != NULL && command == NULL)
		return refuse_command(options.command, err);
	if (options_has(&options, OPTION_HELP))
		return help(command, out, RUN_DONE);
	if (command == NULL)
		return help(NULL, err, RUN_USAGE);
	made = request_make(command, &options, err, &request);
	if (made == ERR_OK)
		status = ask(command, &options, &request, out, err);
	else
		status = made == ERR_SYNTAX ? RUN_USAGE : conclude(made, false, err);
	request_free(&request);
	return status;
}
