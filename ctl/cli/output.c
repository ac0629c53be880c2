/* SPDX-License-Identifier: ISC */
#include "ctl/cli/output.h"

#include "ctl/cli/command.h"
#include "ctl/cli/json_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum run_status output_end(FILE *err, enum err what)
{
	if (what == ERR_OK)
		return RUN_DONE;
	if (what == ERR_SYNTAX)
		print_problem(err, "unexpected reply: are mta-stsd and mta-stsctl of the same version?");
	else if (what == ERR_IO)
		print_problem(err, "cannot write the output (%s)", strerror(errno));
	else if (what != ERR_REFUSED)
		print_problem(err, "out of memory");
	return RUN_NOT_DONE;
}

/* Text is gathered first: of a reply that turns out to be broken nothing is shown. */
struct capture {
	FILE *out, *aside;
	char *text, *notes;
	size_t text_len, notes_len;
	struct print_view view;
};

static enum err begin(const struct run_view *run, bool preview, struct capture *capture)
{
	const struct options *options = run->options;
	enum options_format format = preview ? FORMAT_PEOPLE : options_format(options);

	*capture = (struct capture){ .text = NULL };
	capture->out = open_memstream(&capture->text, &capture->text_len);
	capture->aside = open_memstream(&capture->notes, &capture->notes_len);
	capture->view = (struct print_view){
		.out = capture->out,
		.notes = format == FORMAT_PEOPLE ? capture->out : capture->aside,
		.aside = capture->aside,
		.format = format,
		.match = options->value[OPTION_MATCH],
		.retiring = options_has(options, OPTION_RETIRING),
		.preview = preview,
		.utf8 = print_is_utf8(),
	};
	return capture->out != NULL && capture->aside != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static bool close_stream(FILE **stream)
{
	FILE *old = *stream;
	bool ok = old != NULL && !ferror(old);

	*stream = NULL;
	return old != NULL && fclose(old) == 0 && ok;
}

/* What was written, when the printer has come to its end. */
static enum err end(struct capture *capture, enum err printed)
{
	bool ok = close_stream(&capture->out);

	return close_stream(&capture->aside) && ok ? printed : ERR_NO_MEMORY;
}

static void discard(struct capture *capture)
{
	(void)close_stream(&capture->out);
	(void)close_stream(&capture->aside);
	free(capture->text);
	free(capture->notes);
}

static enum err write_out(const char *bytes, size_t len, FILE *out)
{
	return fwrite(bytes, 1, len, out) == len ? ERR_OK : ERR_IO;
}

static enum err write_captured(const struct run_view *view, const struct capture *capture)
{
	enum err err =
		capture->notes_len > 0 ? write_out(capture->notes, capture->notes_len, view->err) : ERR_OK;

	return err == ERR_OK ? write_out(capture->text, capture->text_len, view->out) : err;
}

/* The printer runs with --json, too: it is what checks the reply. */
enum err output_reply(const struct run_view *view, json_t *reply)
{
	struct capture capture;
	enum err written = ERR_OK;
	enum err printed = begin(view, false, &capture);

	if (printed == ERR_OK)
		printed = end(&capture, view->command->print(&capture.view, reply));
	if (printed != ERR_OK && printed != ERR_REFUSED)
		goto out;
	written = options_has(view->options, OPTION_JSON) ? print_json(view->out, reply)
							  : write_captured(view, &capture);
	if (written == ERR_OK && fflush(view->out) != 0)
		written = ERR_IO;
out:
	discard(&capture);
	return written != ERR_OK ? written : printed;
}

enum err output_preview(const struct run_view *view, json_t *reply)
{
	struct capture capture;
	enum err err = begin(view, true, &capture);

	if (err == ERR_OK)
		err = end(&capture, view->command->print(&capture.view, reply));
	if (err == ERR_OK)
		err = write_out(capture.text, capture.text_len, view->err);
	discard(&capture);
	return err;
}

struct output {
	const struct run_view *run;
	struct capture capture;
	bool json;
	bool in_rows; /* they come one by one, and not with the reply */
	struct json_rows printed;
	enum err err; /* of what has come so far: the rest is heard all the same */
	int cause;    /* errno of it */
};

static void note(struct output *output, enum err err)
{
	output->err = err;
	output->cause = errno;
}

static enum err take_head(void *context, json_t *head)
{
	struct output *output = context;

	output->in_rows = true;
	if (output->err == ERR_OK && output->json)
		note(output, json_rows_begin(&output->printed, head));
	return ERR_OK;
}

static enum err take_row(void *context, json_t *row)
{
	struct output *output = context;

	if (output->err == ERR_OK)
		note(output, output->run->command->rows->take(output->capture.view.rows, row));
	if (output->err == ERR_OK && output->json)
		note(output, json_rows_put(&output->printed, row));
	return ERR_OK;
}

enum err output_open(const struct run_view *view, struct client_request *request, struct output **output)
{
	const struct print_rows *rows = view->command->rows;
	struct output *new = calloc(1, sizeof(*new));

	*output = new;
	if (new == NULL)
		return ERR_NO_MEMORY;
	new->run = view;
	new->json = options_has(view->options, OPTION_JSON);
	new->printed = (struct json_rows){ .out = view->out, .member = rows->member };
	request->row = take_row;
	request->begin = take_head;
	request->member = rows->member;
	request->rows = new;
	new->err = begin(view, false, &new->capture);
	return new->err == ERR_OK ? rows->begin(&new->capture.view, &new->capture.view.rows) : new->err;
}

enum err output_rest(struct output *output, json_t *reply)
{
	const struct run_view *view = output->run;
	enum err printed = output->err, written = ERR_OK;

	if (printed == ERR_OK)
		printed = end(&output->capture, view->command->print(&output->capture.view, reply));
	if (output->err != ERR_OK)
		errno = output->cause;
	if (printed != ERR_OK && printed != ERR_REFUSED)
		return printed;
	if (!output->json)
		written = write_captured(view, &output->capture);
	else
		written = output->in_rows ? json_rows_end(&output->printed, reply)
					  : print_json(view->out, reply);
	if (written == ERR_OK && fflush(view->out) != 0)
		written = ERR_IO;
	return written != ERR_OK ? written : printed;
}

bool output_has_begun(const struct output *output)
{
	return output->json && output->in_rows;
}

void output_close(struct output **output)
{
	struct output *old = *output;

	if (old == NULL)
		return;
	old->run->command->rows->end(&old->capture.view.rows);
	discard(&old->capture);
	free(old);
	*output = NULL;
}
