/* SPDX-License-Identifier: ISC */
#include "app/options.h"

#include "base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_CONFIG SYSCONFDIR "/mta-stsd/mta-stsd.conf"

/* For the parser and the help. */
static const struct {
	const char *name;
	char letter;          /* 0 for none */
	const char *argument; /* its name in the help, or NULL */
	const char *help;
} table[] = {
	{ "config", 'c', "FILE", "read the settings from FILE (" DEFAULT_CONFIG ")" },
	{ "check", 0, NULL, "load all files, print what is wrong with them, and end" },
	{ "restore", 0, "FILE", "put a copy of the state back, while mta-stsd is stopped, and end" },
	{ "version", 0, NULL, "print the version and end" },
	{ "help", 0, NULL, "print this help and end" },
};

enum { ROW_CONFIG, ROW_CHECK, ROW_RESTORE, ROW_VERSION, ROW_HELP, ROWS };

static void take(struct options *options, int row)
{
	switch (row) {
	case ROW_CONFIG:
		options->config = optarg;
		break;
	case ROW_CHECK:
		options->check = true;
		break;
	case ROW_RESTORE:
		options->restore = optarg;
		break;
	case ROW_VERSION:
		options->version = true;
		break;
	default:
		options->help = true;
	}
}

static bool refuse(const char *word, const char *what)
{
	char shown[TEXT_SHOWN_SIZE];

	(void)fprintf(stderr, "mta-stsd: '%s' %s: see mta-stsd --help\n",
		      text_escape(word, strlen(word), shown), what);
	return false;
}

bool options_parse(int argc, char **argv, struct options *options)
{
	struct option longs[ROWS + 1] = { 0 };
	int row = -1;
	int got;

	*options = (struct options){ .config = DEFAULT_CONFIG };
	for (int i = 0; i < ROWS; i++)
		longs[i] = (struct option){ .name = table[i].name,
					    .has_arg = table[i].argument != NULL ? required_argument
										 : no_argument,
					    .flag = &row,
					    .val = i };
	opterr = 0; /* one line of our own says it */
	while ((got = getopt_long(argc, argv, ":c:", longs, NULL)) != -1) {
		if (got == ':')
			return refuse(argv[optind - 1], "needs a value");
		if (got == '?')
			return refuse(argv[optind - 1], "is not an option, or takes no value");
		take(options, got == 'c' ? ROW_CONFIG : row);
	}
	if (optind < argc)
		return refuse(argv[optind], "is one argument too many");
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
		(void)printf("  %3s %-14s %s\n", table[i].letter != 0 ? letter : "", label, table[i].help);
	}
}
