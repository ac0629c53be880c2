/* SPDX-License-Identifier: ISC */
#include "ctl/cli/output.h"

#include "ctl/cli/command.h"

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

static enum err capture(const struct run_view *run, bool preview, json_t *reply, struct capture *text,
			struct capture *notes)
{
	const struct options *options = run->options;
	enum options_format format = preview ? FORMAT_PEOPLE : options_format(options);
	FILE *out = open_memstream(&text->bytes, &text->len);
	FILE *aside = open_memstream(&notes->bytes, &notes->len);
	struct print_view view = { .out = out,
				   .notes = format == FORMAT_PEOPLE ? out : aside,
				   .aside = aside,
				   .format = format,
				   .match = options->value[OPTION_MATCH],
				   .retiring = options_has(options, OPTION_RETIRING),
				   .preview = preview,
				   .utf8 = print_is_utf8() };
	enum err err = ERR_NO_MEMORY;
	bool ok;

	if (out != NULL && aside != NULL)
		err = run->command->print(&view, reply);
	ok = end(out);
	return end(aside) && ok ? err : ERR_NO_MEMORY;
}

static enum err write_out(const struct capture *text, FILE *out)
{
	return fwrite(text->bytes, 1, text->len, out) == text->len ? ERR_OK : ERR_IO;
}

/* The printer runs with --json, too: it is what checks the reply. */
enum err output_reply(const struct run_view *view, json_t *reply)
{
	struct capture text = { 0 }, notes = { 0 };
	enum err printed = capture(view, false, reply, &text, &notes);
	enum err written = ERR_OK;

	if (printed != ERR_OK && printed != ERR_REFUSED)
		goto out;
	if (options_has(view->options, OPTION_JSON))
		written = print_json(view->out, reply);
	else if (notes.len > 0)
		written = write_out(&notes, view->err);
	if (written == ERR_OK && !options_has(view->options, OPTION_JSON))
		written = write_out(&text, view->out);
	if (written == ERR_OK && fflush(view->out) != 0)
		written = ERR_IO;
out:
	free(text.bytes);
	free(notes.bytes);
	return written != ERR_OK ? written : printed;
}

enum err output_preview(const struct run_view *view, json_t *reply)
{
	struct capture text = { 0 }, notes = { 0 };
	enum err err = capture(view, true, reply, &text, &notes);

	if (err == ERR_OK)
		err = write_out(&text, view->err);
	free(text.bytes);
	free(notes.bytes);
	return err;
}
