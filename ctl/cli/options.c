/* SPDX-License-Identifier: ISC */
#include "ctl/cli/options.h"

#include "api/shape_order.h"
#include "ctl/cli/print.h"
#include "policy/id.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS     "0123456789"
#define DIGITS_MAX 9
#define SPAN_MAX   (10L * 366 * 86400)

static enum err read_span(const char *text, time_t now, time_t *since)
{
	static const struct {
		char letter;
		long seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t len = strspn(text, DIGITS);

	if (len == 0 || len > DIGITS_MAX || strlen(text) != len + 1)
		return ERR_SYNTAX;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (text[len] != units[i].letter || atol(text) > SPAN_MAX / units[i].seconds)
			continue;
		*since = now - atol(text) * units[i].seconds;
		return ERR_OK;
	}
	return ERR_SYNTAX;
}

static enum err read_moment(const char *text, time_t *since)
{
	char midnight[CLOCK_TEXT_SIZE];

	if (strlen(text) != strlen("2026-11-23"))
		return clock_parse(text, since);
	(void)snprintf(midnight, sizeof(midnight), "%sT00:00:00Z", text);
	return clock_parse(midnight, since);
}

enum err options_parse_since(const char *text, time_t now, time_t *since)
{
	return read_moment(text, since) == ERR_OK ? ERR_OK : read_span(text, now, since);
}

#define ENTRY_DIGITS   18
#define DEFAULT_SOCKET RUNSTATEDIR "/mta-stsd/control.sock"

/* getopt_long() answers with characters in its error cases; ours begin behind them. */
#define FIRST_VALUE 256

static bool accepts_any(const char *value)
{
	return *value != '\0';
}

/* At least one. */
static bool accepts_except(const char *value)
{
	return value[strspn(value, OPTIONS_BETWEEN)] != '\0';
}

static bool accepts_reason(const char *value)
{
	return *value != '\0' && strlen(value) <= API_REASON_MAX;
}

/* Every number on a command line counts from 1. */
static bool is_number(const char *value, int64_t highest)
{
	size_t len = strspn(value, "0123456789");

	return len > 0 && len <= ENTRY_DIGITS && value[len] == '\0' && atoll(value) >= 1 &&
	       atoll(value) <= highest;
}

static bool accepts_seconds(const char *value)
{
	return is_number(value, POLICY_MAX_AGE_LIMIT);
}

static bool accepts_since(const char *value)
{
	time_t since;

	return options_parse_since(value, clock_now(), &since) == ERR_OK;
}

/* uacme puts it into JSON as it is. */
static bool accepts_email(const char *value)
{
	static const char letters[] = LETTERS DIGITS "._%+-";
	size_t len = strspn(value, letters);
	const char *domain = value + len + 1;

	return *value != '-' && len > 0 && value[len] == '@' && *domain != '\0' &&
	       domain[strspn(domain, LETTERS DIGITS ".-")] == '\0';
}

static bool accepts_directory(const char *value)
{
	static const char scheme[] = "https://";

	return strcmp(value, "letsencrypt") == 0 || strcmp(value, "staging") == 0 ||
	       (strncmp(value, scheme, strlen(scheme)) == 0 && value[strlen(scheme)] != '\0' &&
		text_is_visible_ascii(value));
}

static bool accepts_until(const char *value)
{
	return strcmp(value, "dns") == 0 || strcmp(value, "safe") == 0;
}

static bool accepts_format(const char *value)
{
	return strcmp(value, "zone") == 0 || strcmp(value, "nsupdate") == 0;
}

const struct option_row options_table[OPTION_COUNT] = {
	[OPTION_SOCKET] = { "socket", "PATH", "the daemon's control socket, instead of " DEFAULT_SOCKET,
			    accepts_any, "write the path of the control socket" },
	[OPTION_JSON] = { "json", NULL, "print the daemon's reply as it is", NULL, NULL },
	[OPTION_HELP] = { "help", NULL, "print this help, or that of a command", NULL, NULL },
	[OPTION_VERSION] = { "version", NULL, "print the version", NULL, NULL },
	[OPTION_ALL] = { "all", NULL, "every domain", NULL, NULL },
	[OPTION_MATCH] = { "match", "GLOB", "the domains that match a pattern such as '*.customer.example'",
			   accepts_any, "write a pattern such as '*.customer.example'" },
	[OPTION_FILE] = { "file", "LIST",
			  "the domains in a file, one per line, # begins a comment; - is stdin", accepts_any,
			  "write the path of a file with one domain per line, or -" },
	[OPTION_DRY_RUN] = { "dry-run", NULL, "print what would happen and change nothing", NULL, NULL },
	[OPTION_REASON] = { "reason", "TEXT", "why, for the audit trail, at most 500 bytes", accepts_reason,
			    "write a few words, at most 500 bytes" },
	[OPTION_MAX_AGE] = { "max-age", "SECONDS",
			     "lifetime to announce, instead of 86400 (none) or that of the file",
			     accepts_seconds, "write seconds from 1 to 31557600; 86400 is a day" },
	[OPTION_KEEP_MX] = { "keep-mx", NULL, "keep the mx lines: some senders refuse a policy without any",
			     NULL, NULL },
	[OPTION_FORMAT] = { "format", "FORM", "print nothing but TXT records: zone or nsupdate",
			    accepts_format, "write zone or nsupdate" },
	[OPTION_FORCE] = { "force", NULL,
			   "go on despite lost files, an MX not covered, no certificate, or caches", NULL,
			   NULL },
	[OPTION_YES] = { "yes", NULL, "answer yes to every question, without asking", NULL, NULL },
	[OPTION_RETIRING] = { "retiring", NULL, "the domains that are published with mode none", NULL, NULL },
	[OPTION_CHANGED_SINCE] = { "changed-since", "TIME",
				   "only what was published since 2026-11-23, 2026-11-23T16:00:00Z, or 24h",
				   accepts_since,
				   "write a day such as 2026-11-23, a moment such as 2026-11-23T16:00:00Z, "
				   "or a span such as 90m, 24h or 7d" },
	[OPTION_BEFORE] = { "before", "ENTRY", "only entries older than this one", options_is_entry,
			    "write the number of an entry of the audit trail" },
	[OPTION_RESOLVER] = { "resolver", "ADDRESS[:PORT]",
			      "ask this resolver instead of those of resolv.conf(5)", accepts_any,
			      "write an address such as 192.0.2.53 or [2001:db8::53]:53" },
	[OPTION_UNTIL] = { "until", "EVENT", "dns: the new id is at every name server; safe: may be removed",
			   accepts_until, "write dns or safe" },
	[OPTION_TIMEOUT] = { "timeout", "SECONDS", "give up after this long, instead of never",
			     accepts_seconds, "write seconds from 1 to 31557600; 86400 is a day" },
	[OPTION_CA] = { "ca", "FILE", "trust the certificates in this file instead of the system's",
			accepts_any, "write the path of a file with certificates in PEM" },
	[OPTION_FROM_HOOK] = { "from-hook", NULL, "take what certbot, lego or acme.sh tells its hook", NULL,
			       NULL },
	[OPTION_INTO] = { "into", "DIRECTORY", "adopt, and write DOMAIN.txt there, instead of only looking",
			  accepts_any, "write the path of the directory of domain files" },
	[OPTION_FROM] = { "from", "ADDRESS[:PORT]",
			  "fetch the policy from this address instead of that in DNS", accepts_any,
			  "write an address such as 192.0.2.1 or [2001:db8::1]:443" },
	[OPTION_POLICY] = { "policy", "FILE", "take the policy from this file instead of fetching it",
			    accepts_any, "write the path of a policy file" },
	[OPTION_ID] = { "id", "ID", "take this for the id of the record instead of looking", id_is_valid,
			"write 1 to 32 letters and digits, as they stand behind id=" },
	[OPTION_FILES] = { "files", "GLOB",
			   "the policy files of a web server, each of the domain in its path", accepts_any,
			   "write a pattern such as '/var/www/*/.well-known/mta-sts.txt'" },
	[OPTION_NOTHING_BEFORE] = { "nothing-before", NULL,
				    "no other host ever published a policy of these domains", NULL, NULL },
	[OPTION_EXCEPT] = { "except", "DOMAINS", "but not these: names or patterns, with commas between",
			    accepts_except,
			    "write domains or patterns with commas between: a.example,*.b.example" },
	[OPTION_ERRORS] = { "errors", NULL, "say nothing but errors", NULL, NULL },
	[OPTION_DETAILS] = { "details", NULL, "say all of each domain, however many they are", NULL, NULL },
	[OPTION_RSA] = { "rsa", NULL, "a certificate with an RSA key, instead of one on the curve P-256",
			 NULL, NULL },
	[OPTION_AGREE] = { "agree", NULL, "agree to the authority's terms, for an account there", NULL,
			   NULL },
	[OPTION_EMAIL] = { "email", "ADDRESS", "where the authority can reach you, with --agree",
			   accepts_email, "write an address such as postmaster@example.org" },
	[OPTION_DIRECTORY] = { "directory", "URL",
			       "the authority's ACME directory, or letsencrypt or staging", accepts_directory,
			       "write letsencrypt, staging, or a URL that begins with https://" },
	[OPTION_ACCOUNT] = { "account", "DIRECTORY",
			     "where the account's key is, instead of " OPTIONS_ACCOUNT_FOLDER, accepts_any,
			     "write the path of a directory" },
	[OPTION_DUE] = { "due", NULL, "each domain whose certificate is missing or has to be renewed", NULL,
			 NULL },
	[OPTION_EAB] = { "eab", "FILE", "the authority's credentials for the account, with --agree",
			 accepts_any, "write the path of a file with KEYID:KEY" },
};

static void to_getopt(struct option rows[OPTION_COUNT + 1])
{
	for (int i = 0; i < OPTION_COUNT; i++)
		rows[i] = (struct option){ .name = options_table[i].name,
					   .has_arg = options_table[i].argument != NULL ? required_argument
											: no_argument,
					   .val = FIRST_VALUE + i };
	rows[OPTION_COUNT] = (struct option){ 0 };
}

static bool is_letter(const char *word, int letter)
{
	return word[0] == '-' && word[1] == letter && word[2] == '\0';
}

/* Of several letters behind one hyphen getopt_long() reports the first, and stays at the word. */
static enum err refuse(FILE *err, int answer, char *const argv[])
{
	const char *word = argv[optind - 1];

	if (answer == ':')
		print_problem(err, "'%s' requires a value: see mta-stsctl --help", word);
	else if (optopt >= FIRST_VALUE)
		print_problem(err, "'%s': this option takes no value", word);
	else if (optopt != 0)
		print_problem(err, "'%s' is not an option (all have two hyphens): see mta-stsctl --help",
			      is_letter(word, optopt) ? word : argv[optind]);
	else
		print_problem(err, "'%s' is not an option, or is short for several: see mta-stsctl --help",
			      word);
	return ERR_SYNTAX;
}

static enum err take(FILE *err, int index, const char *value, struct options *options)
{
	const struct option_row *row = &options_table[index];
	char shown[TEXT_SHOWN_SIZE];

	if ((options->seen & OPTION_BIT(index)) != 0) {
		print_problem(err, "--%s is given twice%s", row->name,
			      index == OPTION_EXCEPT ? ": write all of them behind one, with commas between"
						     : "");
		return ERR_SYNTAX;
	}
	if (value != NULL && !row->accepts(value)) {
		print_problem(err, "--%s '%s': %s", row->name, text_escape(value, strlen(value), shown),
			      row->expected);
		return ERR_SYNTAX;
	}
	options->seen |= OPTION_BIT(index);
	options->value[index] = value;
	return ERR_OK;
}

enum err options_parse(int argc, char *argv[], FILE *err, struct options *options)
{
	struct option rows[OPTION_COUNT + 1];
	struct options got = { 0 };
	int answer;

	to_getopt(rows);
	opterr = 0;
	optind = 0; /* glibc: begin anew, whoever called getopt before */
	while ((answer = getopt_long(argc, argv, ":", rows, NULL)) != -1) {
		if (answer < FIRST_VALUE)
			return refuse(err, answer, argv);
		if (take(err, answer - FIRST_VALUE, optarg, &got) != ERR_OK)
			return ERR_SYNTAX;
	}
	if (options_has(&got, OPTION_JSON) && options_has(&got, OPTION_FORMAT)) {
		print_problem(err, "--json and --format exclude each other");
		return ERR_SYNTAX;
	}
	if (optind < argc) {
		got.command = argv[optind++];
		got.words = argv + optind;
		got.word_count = (size_t)(argc - optind);
	}
	*options = got;
	return ERR_OK;
}

bool options_has(const struct options *options, enum option_index index)
{
	return (options->seen & OPTION_BIT(index)) != 0;
}

const char *options_socket(const struct options *options)
{
	const char *environment = getenv("MTA_STSCTL_SOCKET");

	if (options_has(options, OPTION_SOCKET))
		return options->value[OPTION_SOCKET];
	return environment != NULL && *environment != '\0' ? environment : DEFAULT_SOCKET;
}

int64_t options_number(const struct options *options, enum option_index index)
{
	return atoll(options->value[index]);
}

bool options_is_entry(const char *word)
{
	return is_number(word, OPTIONS_ENTRY_MAX);
}

int64_t options_entry(const char *word)
{
	return atoll(word);
}

const char *options_changed_since(const struct options *options, char out[CLOCK_TEXT_SIZE])
{
	time_t since = 0;

	(void)options_parse_since(options->value[OPTION_CHANGED_SINCE], clock_now(), &since);
	return clock_text(since, out);
}

enum options_format options_format(const struct options *options)
{
	if (!options_has(options, OPTION_FORMAT))
		return FORMAT_PEOPLE;
	return strcmp(options->value[OPTION_FORMAT], "nsupdate") == 0 ? FORMAT_NSUPDATE : FORMAT_ZONE;
}
