/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_OPTIONS_H
#define CTL_CLI_OPTIONS_H

/**
 * What stands on the command line.
 *
 * One table says everything about each option; the parser, --help and the test of mta-stsctl(1) follow it.
 *
 * Threads: the main thread only.
 */

#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>

/**
 * Read a day (2026-11-23, its first second in UTC), a moment (2026-11-23T16:00:00Z), or a span that ends now
 * (90s, 90m, 24h, 7d; at most 10 years).
 *
 * @return ERR_OK, ERR_SYNTAX (none of these, or no day of the calendar)
 */
enum err options_parse_since(const char *text, time_t now, time_t *since);

enum option_index {
	OPTION_SOCKET,
	OPTION_JSON,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_ALL,
	OPTION_MATCH,
	OPTION_FILE,
	OPTION_DRY_RUN,
	OPTION_REASON,
	OPTION_MAX_AGE,
	OPTION_KEEP_MX,
	OPTION_FORMAT,
	OPTION_FORCE,
	OPTION_YES,
	OPTION_RETIRING,
	OPTION_CHANGED_SINCE,
	OPTION_BEFORE,
	OPTION_RESOLVER,
	OPTION_UNTIL,
	OPTION_TIMEOUT,
	OPTION_CA,
	OPTION_FROM_HOOK,
	OPTION_INTO,
	OPTION_FROM,
	OPTION_POLICY,
	OPTION_ID,
	OPTION_FILES,
	OPTION_NOTHING_BEFORE,
	OPTION_EXCEPT,
	OPTION_ERRORS,
	OPTION_DETAILS,
	OPTION_RSA,
	OPTION_AGREE,
	OPTION_EMAIL,
	OPTION_DIRECTORY,
	OPTION_ACCOUNT,
	OPTION_DUE,
	OPTION_EAB,
};

/** The size of a table that has a row for each. */
#define OPTION_COUNT (OPTION_EAB + 1)

/** Highest number of an entry of the audit trail. */
#define OPTIONS_ENTRY_MAX 999999999999999999

/** Where the key of the account at an authority is, unless --account says otherwise. */
#define OPTIONS_ACCOUNT_FOLDER LOCALSTATEDIR "/lib/mta-stsd-acme"

/** What may stand between the domains of --except. */
#define OPTIONS_BETWEEN ", "

/** An option as one bit of a set. */
#define OPTION_BIT(index) (UINT64_C(1) << (index))

/** Options that go with every command. */
#define OPTIONS_COMMON                                                                                       \
	(OPTION_BIT(OPTION_SOCKET) | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_HELP) |                     \
	 OPTION_BIT(OPTION_VERSION))

/** One row of the table. */
struct option_row {
	const char *name;     /**< without the two hyphens */
	const char *argument; /**< its name, upper case; NULL when the option takes none */
	const char *help;     /**< one line */
	bool (*accepts)(const char *value);
	const char *expected; /**< what to write instead of a value that accepts() refuses */
};

/** All options, OPTION_COUNT rows by their index. */
extern const struct option_row options_table[OPTION_COUNT];

/** The form of TXT records on standard output. */
enum options_format {
	FORMAT_PEOPLE,   /**< a zone's lines between sentences: no --format given */
	FORMAT_ZONE,     /**< a zone's lines and nothing else */
	FORMAT_NSUPDATE, /**< a script for nsupdate(1) and nothing else */
};

struct options {
	uint64_t seen;                   /**< set of OPTION_BIT() */
	const char *value[OPTION_COUNT]; /**< of options that take one and were given */
	const char *command;             /**< the first word that is no option; NULL when there is none */
	char *const *words;              /**< the others */
	size_t word_count;
};

/**
 * Read the command line.  Options may stand anywhere.
 *
 * @param argv  reordered, and lent for as long as options is used
 * @param err  gets the complaint
 * @return ERR_OK, ERR_SYNTAX (complained about: unknown or repeated option, or a value that does not fit)
 */
enum err options_parse(int argc, char *argv[], FILE *err, struct options *options);

/** Tell whether an option was given. */
bool options_has(const struct options *options, enum option_index index);

/** The control socket: --socket, else MTA_STSCTL_SOCKET of the environment, else the one built in. */
const char *options_socket(const struct options *options);

/** The number that --max-age, --timeout or --before gave; only when it was given. */
int64_t options_number(const struct options *options, enum option_index index);

/** Tell whether a word is the number of an entry of the audit trail, 1 .. OPTIONS_ENTRY_MAX. */
bool options_is_entry(const char *word);

/** The number that a word gives for which options_is_entry() is true. */
int64_t options_entry(const char *word);

/** The moment --changed-since gave, as RFC 3339 writes it; only when it was given. */
const char *options_changed_since(const struct options *options, char out[CLOCK_TEXT_SIZE]);

/** The form --format asked for. */
enum options_format options_format(const struct options *options);

#endif
