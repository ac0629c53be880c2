/* SPDX-License-Identifier: ISC */
#include "ctl/cli/program.h"

#include "base/allocation.h"
#include "config.h"
#include "ctl/cli/commands.h"
#include "ctl/cli/help.h"
#include "ctl/cli/problem.h"
#include "ctl/cli/run.h"

#include <jansson.h>
#include <stdlib.h>

#define NAME_SIZE 64

static enum run_status refuse_command(const struct options *options, FILE *err)
{
	bool two = commands_begins(options->command) && options->word_count > 0;
	const char *nearest;
	char name[NAME_SIZE];

	(void)snprintf(name, sizeof(name), "%s%s%s", options->command, two ? " " : "",
		       two ? options->words[0] : "");
	nearest = commands_nearest(name);

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

/* No command is named, or none that exists. */
static enum run_status guide(const struct options *options, FILE *out, FILE *err)
{
	bool asked = options_has(options, OPTION_HELP);
	FILE *to = asked ? out : err;
	enum run_status status = asked ? RUN_DONE : RUN_USAGE;

	if (options->command == NULL)
		return help(NULL, to, status);
	if (options->word_count > 0 || !commands_begins(options->command))
		return refuse_command(options, err);
	return help_print_words(options->command, to) == ERR_OK && fflush(to) == 0 ? status : RUN_NOT_DONE;
}

enum run_status program_run(int argc, char *argv[], FILE *out, FILE *err)
{
	const struct command *command = NULL;
	struct options options;
	struct run_view view = { .options = &options, .out = out, .err = err };

	json_set_alloc_funcs(allocation_make, free);
	if (options_parse(argc, argv, err, &options) != ERR_OK)
		return RUN_USAGE;
	if (options_has(&options, OPTION_VERSION))
		return fprintf(out, "mta-stsctl %s\n", PACKAGE_VERSION) > 0 && fflush(out) == 0
			       ? RUN_DONE
			       : RUN_NOT_DONE;
	if (options.command != NULL)
		command = commands_take(&options);
	if (command == NULL)
		return guide(&options, out, err);
	if (options_has(&options, OPTION_HELP))
		return help(command, out, RUN_DONE);
	view.command = command;
	return command->run != NULL ? command->run(&view) : run_usual(&view);
}
