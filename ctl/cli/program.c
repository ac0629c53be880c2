/* SPDX-License-Identifier: ISC */
#include "ctl/cli/program.h"

#include "base/allocation.h"
#include "config.h"
#include "ctl/acme/hook.h"
#include "ctl/cli/commands.h"
#include "ctl/cli/run.h"
#include "ctl/cli/table.h"

#include <stdlib.h>
#include <string.h>

#define INDENT "  "

static enum err print_options(uint64_t set, FILE *out)
{
	struct table table = { .columns = 2 };

	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &options_table[i];
		char usage[TEXT_SHOWN_SIZE];

		if ((set & OPTION_BIT(i)) == 0)
			continue;
		(void)snprintf(usage, sizeof(usage), "--%s%s%s", row->name, row->argument != NULL ? " " : "",
			       row->argument != NULL ? row->argument : "");
		table_put(&table, (const char *const[]){ usage, row->help });
	}
	return table_end(&table, INDENT, out);
}

static enum err print_command(const struct command *command, FILE *out)
{
	enum err err = ERR_OK;

	(void)fprintf(out, "usage: mta-stsctl %s [OPTION]...%s%s\n\n%s\n", command->name,
		      *command->arguments != '\0' ? " " : "", command->arguments, command->help);
	if (command->options != 0) {
		(void)fputs("\noptions of this command:\n", out);
		err = print_options(command->options, out);
	}
	if (err == ERR_OK) {
		(void)fputs("\noptions of every command:\n", out);
		err = print_options(OPTIONS_COMMON, out);
	}
	return err;
}

/* Those whose name begins so. */
static enum err print_commands(const char *beginning, FILE *out)
{
	struct table table = { .columns = 2 };
	size_t count;
	const struct command *commands = commands_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (strncmp(commands[i].name, beginning, strlen(beginning)) == 0)
			table_put(&table, (const char *const[]){ commands[i].name, commands[i].help });
	}
	return table_end(&table, INDENT, out);
}

/* The commands that take an option, as a set of their places in the table. */
static unsigned takers(unsigned option)
{
	unsigned set = 0;
	size_t count;
	const struct command *commands = commands_table(&count);

	for (size_t i = 0; i < count; i++) {
		if ((commands[i].options & OPTION_BIT(option)) != 0)
			set |= 1u << i;
	}
	return set;
}

static void print_takers(unsigned set, FILE *out)
{
	const char *begin = "\noptions of ";
	size_t count;
	const struct command *commands = commands_table(&count);

	for (size_t i = 0; i < count; i++) {
		if ((set & (1u << i)) == 0)
			continue;
		(void)fprintf(out, "%s%s", begin, commands[i].name);
		begin = ", ";
	}
	(void)fputs(":\n", out);
}

/* Options that go with the same commands stand together. */
static enum err print_option_groups(FILE *out)
{
	uint64_t done = OPTIONS_COMMON;
	enum err err;

	(void)fputs("\noptions of every command:\n", out);
	err = print_options(OPTIONS_COMMON, out);
	for (unsigned i = 0; i < OPTION_COUNT && err == ERR_OK; i++) {
		unsigned set = takers(i);
		uint64_t group = 0;

		if ((done & OPTION_BIT(i)) != 0)
			continue;
		for (unsigned j = i; j < OPTION_COUNT; j++)
			group |= (done & OPTION_BIT(j)) == 0 && takers(j) == set ? OPTION_BIT(j) : 0;
		print_takers(set, out);
		err = print_options(group, out);
		done |= group;
	}
	return err;
}

static enum err help_words(const char *word, FILE *out)
{
	(void)fprintf(out, "usage: mta-stsctl %s COMMAND [OPTION]...\n\ncommands:\n", word);
	return print_commands(word, out);
}

enum err program_help(const struct command *command, FILE *out)
{
	enum err err;

	if (command != NULL)
		return print_command(command, out);
	(void)fputs(
		"usage: mta-stsctl [--socket PATH] [--json] COMMAND [OPTION]... [DOMAIN]...\n\ncommands:\n",
		out);
	err = print_commands("", out);
	if (err != ERR_OK)
		return err;
	err = print_option_groups(out);
	(void)fputs("\nexit status: 0 done, 1 not done and nothing changed, 2 wrong usage,\n"
		    "3 unknown: look before you retry\n"
		    "see also mta-stsctl(1)\n",
		    out);
	return err;
}

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
		print_problem(err, "unknown command '%s': did you mean %s?", name, nearest);
	else
		print_problem(err, "unknown command '%s': see mta-stsctl --help", name);
	return RUN_USAGE;
}

static enum run_status help(const struct command *command, FILE *to, enum run_status status)
{
	return program_help(command, to) == ERR_OK && fflush(to) == 0 ? status : RUN_NOT_DONE;
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
	return help_words(options->command, to) == ERR_OK && fflush(to) == 0 ? status : RUN_NOT_DONE;
}

/* As if the rest stood there with --help behind it. */
static void take_help(struct options *options)
{
	if (options->command == NULL || strcmp(options->command, "help") != 0 ||
	    options_has(options, OPTION_HELP))
		return;
	options->seen |= OPTION_BIT(OPTION_HELP);
	options->command = options->word_count > 0 ? options->words[0] : NULL;
	if (options->word_count > 0) {
		options->words++;
		options->word_count--;
	}
}

static enum run_status run(int argc, char *argv[], FILE *out, FILE *err)
{
	const struct command *command = NULL;
	struct options options;
	struct run_view view = { .options = &options, .out = out, .err = err };

	if (options_parse(argc, argv, err, &options) != ERR_OK)
		return RUN_USAGE;
	if (options_has(&options, OPTION_VERSION))
		return fprintf(out, "mta-stsctl %s\n", PACKAGE_VERSION) > 0 && fflush(out) == 0
			       ? RUN_DONE
			       : RUN_NOT_DONE;
	take_help(&options);
	if (options.command != NULL)
		command = commands_take(&options);
	if (command == NULL)
		return guide(&options, out, err);
	if (options_has(&options, OPTION_HELP))
		return help(command, out, RUN_DONE);
	view.command = command;
	return command->run != NULL ? command->run(&view) : run_usual(&view);
}

enum run_status program_run(int argc, char *argv[], FILE *out, FILE *err)
{
	char **words = hook_arguments(&argc, argv);
	enum run_status status;

	json_set_alloc_funcs(allocation_make, free);
	status = run(argc, words != NULL ? words : argv, out, err);
	free(words);
	return status;
}
