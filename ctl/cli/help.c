/* SPDX-License-Identifier: ISC */
#include "ctl/cli/help.h"

#include "ctl/cli/commands.h"
#include "ctl/cli/table.h"

#include <string.h>

#define INDENT "  "

static enum err print_options(unsigned set, FILE *out)
{
	struct table table = { .columns = 2 };
	enum err err = ERR_OK;

	for (unsigned i = 0; i < OPTION_COUNT && err == ERR_OK; i++) {
		const struct option_row *row = &options_table[i];
		char usage[TEXT_SHOWN_SIZE];

		if ((set & OPTION_BIT(i)) == 0)
			continue;
		(void)snprintf(usage, sizeof(usage), "--%s%s%s", row->name, row->argument != NULL ? " " : "",
			       row->argument != NULL ? row->argument : "");
		err = table_put(&table, (const char *const[]){ usage, row->help });
	}
	if (err == ERR_OK)
		table_print(&table, INDENT, out);
	table_free(&table);
	return err;
}

static enum err print_one(const struct command *command, FILE *out)
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
	enum err err = ERR_OK;
	size_t count;
	const struct command *commands = commands_table(&count);

	for (size_t i = 0; i < count && err == ERR_OK; i++) {
		if (strncmp(commands[i].name, beginning, strlen(beginning)) == 0)
			err = table_put(&table, (const char *const[]){ commands[i].name, commands[i].help });
	}
	if (err == ERR_OK)
		table_print(&table, INDENT, out);
	table_free(&table);
	return err;
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
	unsigned done = OPTIONS_COMMON;
	enum err err;

	(void)fputs("\noptions of every command:\n", out);
	err = print_options(OPTIONS_COMMON, out);
	for (unsigned i = 0; i < OPTION_COUNT && err == ERR_OK; i++) {
		unsigned set = takers(i);
		unsigned group = 0;

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

enum err help_print_words(const char *word, FILE *out)
{
	(void)fprintf(out, "usage: mta-stsctl %s COMMAND [OPTION]...\n\ncommands:\n", word);
	return print_commands(word, out);
}

enum err help_print(const struct command *command, FILE *out)
{
	enum err err;

	if (command != NULL)
		return print_one(command, out);
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
