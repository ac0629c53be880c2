/* SPDX-License-Identifier: ISC */
#include "app/options.h"

#include "base/text.h"
#include "config/settings.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More backups than this nobody counts. */
#define KEEP_LIMIT 9999

/* For the parser and the help. */
static const struct {
	const char *name;
	char letter;          /* 0 for none */
	const char *argument; /* its name in the help, or NULL */
	const char *needs;    /* what it has to name, when it is empty */
	const char *help;
} table[] = {
	{ "config", 'c', "FILE", "needs the name of a file",
	  "read the settings from FILE (" SETTINGS_FILE ")" },
	{ "check", 0, NULL, NULL, "load all files, print what is wrong with them, and end" },
	{ "backup", 0, "DIRECTORY", "needs the name of a directory",
	  "make a backup of the state in DIRECTORY, and end" },
	{ "keep", 0, "NUMBER", "needs how many backups to keep, 1 to 9999",
	  "with --backup: then remove the oldest backups but NUMBER" },
	{ "restore", 0, "BACKUP", "needs the name of a backup",
	  "put a backup of the state back, while mta-stsd is stopped, and end" },
	{ "version", 0, NULL, NULL, "print the version and end" },
	{ "help", 0, NULL, NULL, "print this help and end" },
};

enum { ROW_CONFIG, ROW_CHECK, ROW_BACKUP, ROW_KEEP, ROW_RESTORE, ROW_VERSION, ROW_HELP, ROWS };

static bool refuse(const char *word, const char *what)
{
	char shown[TEXT_SHOWN_SIZE];

	(void)fprintf(stderr, "mta-stsd: '%s' %s: see mta-stsd --help\n",
		      text_escape(word, strlen(word), shown), what);
	return false;
}

/* 0, which no operator means, is what is no such number. */
static unsigned read_keep(const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	return text[0] >= '1' && text[0] <= '9' && *end == '\0' && number <= KEEP_LIMIT ? (unsigned)number
											: 0;
}

static bool take(struct options *options, int row)
{
	char name[16];

	if (table[row].argument != NULL && optarg[0] == '\0') {
		(void)snprintf(name, sizeof(name), "--%s", table[row].name);
		return refuse(name, table[row].needs);
	}
	switch (row) {
	case ROW_CONFIG:
		options->config = optarg;
		break;
	case ROW_CHECK:
		options->check = true;
		break;
	case ROW_BACKUP:
		options->backup = optarg;
		break;
	case ROW_KEEP:
		options->keep = read_keep(optarg);
		return options->keep > 0 || refuse(optarg, "is not how many backups to keep, 1 to 9999");
	case ROW_RESTORE:
		options->restore = optarg;
		break;
	case ROW_VERSION:
		options->version = true;
		break;
	default:
		options->help = true;
	}
	return true;
}

bool options_parse(int argc, char **argv, struct options *options)
{
	struct option longs[ROWS + 1] = { 0 };
	int row = -1;
	int got;

	*options = (struct options){ .config = SETTINGS_FILE };
	for (int i = 0; i < ROWS; i++)
		longs[i] = (struct option){ .name = table[i].name,
					    .has_arg = table[i].argument != NULL ? required_argument
										 : no_argument,
					    .flag = &row,
					    .val = i };
	opterr = 0; /* one line of our own says it */
	while ((got = getopt_long(argc, argv, ":c:", longs, NULL)) != -1) {
		if (got == ':')
			return refuse(argv[optind - 1], table[optopt == 'c' ? ROW_CONFIG : optopt].needs);
		if (got == '?')
			return refuse(argv[optind - 1], "is not an option, or takes no value");
		if (!take(options, got == 'c' ? ROW_CONFIG : row))
			return false;
	}
	if (optind < argc)
		return refuse(argv[optind], "is one argument too many");
	if (options->keep > 0 && options->backup == NULL)
		return refuse("--keep", "goes with --backup only");
	if (options->backup != NULL && options->restore != NULL)
		return refuse("--restore", "does not go with --backup");
	if (options->check && (options->backup != NULL || options->restore != NULL))
		return refuse("--check", "goes neither with --backup nor with --restore");
	return true;
}

void options_help(void)
{
	(void)printf("usage: mta-stsd [OPTION]...\n"
		     "Serve the MTA-STS policies of mail domains over HTTPS, see mta-stsd(8).\n\n");
	for (int i = 0; i < ROWS; i++) {
		char letter[] = { '-', table[i].letter, ',', '\0' };
		const char *argument = table[i].argument != NULL ? table[i].argument : "";
		char label[32];

		(void)snprintf(label, sizeof(label), "--%s %s", table[i].name, argument);
		(void)printf("  %3s %-18s %s\n", table[i].letter != 0 ? letter : "", label, table[i].help);
	}
}
