/* SPDX-License-Identifier: ISC */
#include "ctl/cli/command.h"

static enum err check_options(const struct command *command, const struct options *options, FILE *err)
{
	uint64_t stray = options->seen & ~(command->options | OPTIONS_COMMON);

	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		if ((stray & OPTION_BIT(i)) == 0)
			continue;
		print_problem(err, "--%s cannot be used with %s: see mta-stsctl %s --help",
			      options_table[i].name, command->name, command->name);
		return ERR_SYNTAX;
	}
	return ERR_OK;
}

static void refuse_operands(const struct command *command, const char *word, FILE *err)
{
	if ((command->options & OPTION_BIT(OPTION_MATCH)) != 0)
		print_problem(
			err, "%s takes no domains: write mta-stsctl %s --match '%s', or mta-stsctl show '%s'",
			command->name, command->name, word, word);
	else
		print_problem(err, "%s takes no domains, not '%s'", command->name, word);
}

/* In how many ways domains are chosen. */
static int ways(const struct options *options)
{
	return (options->word_count > 0 || options_has(options, OPTION_FILE)) +
	       options_has(options, OPTION_MATCH) + options_has(options, OPTION_ALL) +
	       options_has(options, OPTION_RETIRING) + options_has(options, OPTION_FILES);
}

static enum err check_many(const struct command *command, const struct options *options, FILE *err)
{
	bool takes_files = (command->options & OPTION_BIT(OPTION_FILES)) != 0;

	if (ways(options) == 1 || command_implied(command, options) != 0)
		return ERR_OK;
	if (ways(options) > 1)
		print_problem(
			err, options_has(options, OPTION_FILES)
				     ? "domains by name and by --files exclude each other"
				     : "domains by name, by --match, by --all and by --retiring exclude each "
				       "other");
	else
		print_problem(err, "%s requires domains: name them%s", command->name,
			      takes_files ? ", or give --file or --files"
					  : ", or give --file, --match or --all");
	return ERR_SYNTAX;
}

static enum err check_entry(const struct command *command, const struct options *options, FILE *err)
{
	if (options->word_count == 0)
		return ERR_OK;
	if (options->word_count == 1 && options_is_entry(options->words[0]) &&
	    !options_has(options, OPTION_BEFORE))
		return ERR_OK;
	print_problem(err, "%s takes the number of one entry, as mta-stsctl audit prints it, or nothing",
		      command->name);
	return ERR_SYNTAX;
}

/* What chooses domains by itself goes with none that are named, nor with what is meant for those. */
static enum err check_due(const struct options *options, FILE *err)
{
	if (options->word_count == 0 && !options_has(options, OPTION_RSA))
		return ERR_OK;
	print_problem(err, options->word_count > 0 ? "domains by name and --due exclude each other"
						   : "--rsa goes with domains by name, and not with --due");
	return ERR_SYNTAX;
}

static enum err check_named(const struct command *command, const struct options *options, FILE *err)
{
	bool knows_due = (command->options & OPTION_BIT(OPTION_DUE)) != 0;

	if (options_has(options, OPTION_DUE))
		return check_due(options, err);
	if ((options->word_count > 0 || options_has(options, OPTION_AGREE)) &&
	    !options_has(options, OPTION_DRY_RUN))
		return ERR_OK;
	if (options->word_count > 0)
		print_problem(err, "--dry-run requires --due: a domain that is named is ordered at once");
	else
		print_problem(err, "%s requires domains: name them%s", command->name,
			      knows_due ? ", or give --due, or --agree for an account and what is due" : "");
	return ERR_SYNTAX;
}

static enum err check_hook(const struct command *command, const struct options *options, FILE *err)
{
	if (options->word_count == COMMAND_HOOK_WORDS)
		return ERR_OK;
	print_problem(
		err, "%s is for uacme, which tells it of a challenge in five words: see mta-stsctl %s --help",
		command->name, command->name);
	return ERR_SYNTAX;
}

static enum err check_pair(const struct command *command, const struct options *options, FILE *err)
{
	bool from_hook = options_has(options, OPTION_FROM_HOOK);

	if (from_hook ? options->word_count == 0 : options->word_count == 1 || options->word_count == 2)
		return ERR_OK;
	print_problem(
		err,
		"%s takes two files, the chain and its key, or one file with both, or with the chain of "
		"a key that the daemon has, or --from-hook: see mta-stsctl %s --help",
		command->name, command->name);
	return ERR_SYNTAX;
}

static enum err check_operands(const struct command *command, const struct options *options, FILE *err)
{
	switch (command->operands) {
	case OPERANDS_NONE:
		if (options->word_count > 0)
			refuse_operands(command, options->words[0], err);
		else if (ways(options) > 1)
			print_problem(err, "--match and --retiring exclude each other");
		else
			return ERR_OK;
		return ERR_SYNTAX;
	case OPERANDS_ONE:
		if (options->word_count == 1)
			return ERR_OK;
		print_problem(err, "%s takes one domain", command->name);
		return ERR_SYNTAX;
	case OPERANDS_ENTRY:
		return check_entry(command, options, err);
	case OPERANDS_NAMED:
		return check_named(command, options, err);
	case OPERANDS_HOOK:
		return check_hook(command, options, err);
	case OPERANDS_PAIR:
		return check_pair(command, options, err);
	case OPERANDS_MANY:
	case OPERANDS_RETIRING:
	case OPERANDS_COMMAND:
	default:
		return check_many(command, options, err);
	}
}

enum err command_check(const struct command *command, const struct options *options, FILE *err)
{
	enum err result = check_options(command, options, err);

	return result == ERR_OK ? check_operands(command, options, err) : result;
}

uint64_t command_implied(const struct command *command, const struct options *options)
{
	if (ways(options) > 0)
		return 0;
	if (command->operands == OPERANDS_RETIRING)
		return OPTION_BIT(OPTION_RETIRING);
	if (options_has(options, OPTION_CHANGED_SINCE))
		return OPTION_BIT(OPTION_ALL);
	/* What is left out of a list is left out of all there is to list. */
	return command->operands == OPERANDS_NONE && options_has(options, OPTION_EXCEPT)
		       ? OPTION_BIT(OPTION_ALL)
		       : 0;
}
