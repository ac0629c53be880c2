/* SPDX-License-Identifier: ISC */
#include "ctl/acme/ledger_line.h"

#include "base/clock.h"
#include "ctl/acme/maker.h"
#include "policy/domain.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MOST 5

/* How often a name can be tried without success: once a minute for a year and longer. */
#define TRIES_MOST 999999

static bool read_name(const char *word, const char **name)
{
	char same[HOST_SIZE];

	*name = word;
	return domain_normalise_host(word, strlen(word), same, NULL) == ERR_OK && strcmp(same, word) == 0;
}

static bool read_domain(char *word, struct entry *entry)
{
	return read_name(word, &entry->domain);
}

static bool read_host(char *word, struct entry *entry)
{
	return read_name(word, &entry->host);
}

/* In it, what is not visible ASCII, and the percent sign, is written as %XX. */
static bool read_maker(char *word, struct entry *entry)
{
	char *to = word;

	entry->maker = word;
	for (const char *at = word; *at != '\0'; at++, to++) {
		*to = *at;
		if (*at == '%' && (!isxdigit((unsigned char)at[1]) || !isxdigit((unsigned char)at[2])))
			return false;
		if (*at == '%') {
			const char code[] = { at[1], at[2], '\0' };

			*to = (char)strtoul(code, NULL, 16);
			at += 2;
		}
		if (*to == '\0')
			return false;
	}
	*to = '\0';
	return to > word && to < word + MAKER_SIZE;
}

static bool read_until(char *word, struct entry *entry)
{
	return clock_parse(word, &entry->until) == ERR_OK;
}

static bool read_since(char *word, struct entry *entry)
{
	return clock_parse(word, &entry->since) == ERR_OK && entry->since <= entry->when;
}

static bool read_tries(char *word, struct entry *entry)
{
	size_t len = strspn(word, "0123456789");

	entry->tries = 0;
	if (len == 0 || word[len] != '\0' || word[0] == '0')
		return false;
	for (; *word != '\0' && entry->tries <= TRIES_MOST; word++)
		entry->tries = entry->tries * 10 + (unsigned)(*word - '0');
	return entry->tries <= TRIES_MOST;
}

static enum err write_domain(const struct entry *entry, struct text *out)
{
	return text_appendf(out, " %s", entry->domain);
}

static enum err write_host(const struct entry *entry, struct text *out)
{
	return text_appendf(out, " %s", entry->host);
}

static enum err write_time(time_t when, struct text *out)
{
	char text[CLOCK_TEXT_SIZE];

	return text_appendf(out, " %s", clock_text(when, text));
}

static enum err write_maker(const struct entry *entry, struct text *out)
{
	enum err err = text_append(out, " ", 1);

	for (const char *at = entry->maker; err == ERR_OK && *at != '\0'; at++)
		err = *at > ' ' && *at < 0x7f && *at != '%' ? text_append(out, at, 1)
							    : text_appendf(out, "%%%02X", (unsigned char)*at);
	return err;
}

static enum err write_until(const struct entry *entry, struct text *out)
{
	return write_time(entry->until, out);
}

static enum err write_since(const struct entry *entry, struct text *out)
{
	return write_time(entry->since, out);
}

static enum err write_tries(const struct entry *entry, struct text *out)
{
	return text_appendf(out, " %u", entry->tries < TRIES_MOST ? entry->tries : TRIES_MOST);
}

struct field {
	const char *wrong;
	bool (*read)(char *word, struct entry *entry);
	enum err (*write)(const struct entry *entry, struct text *out);
};

static const struct field DOMAIN = { "not a domain", read_domain, write_domain };
static const struct field HOST = { "not a policy host", read_host, write_host };
static const struct field UNTIL = { "not a time", read_until, write_until };
static const struct field SINCE = { "not a time before", read_since, write_since };
static const struct field MAKER = { "not an issuer", read_maker, write_maker };
static const struct field TRIES = { "not a number of attempts", read_tries, write_tries };

/* The grammar of lines: a time, the word, and these fields, with one blank between them. */
static const struct row {
	const char *word;
	const struct field *field[FIELDS_MOST];
} rows[ENTRY_COUNT] = {
	[ENTRY_NEW] = { "new", { &DOMAIN, &HOST } },
	[ENTRY_RENEWAL] = { "renewal", { &DOMAIN, &HOST } },
	[ENTRY_ISSUED] = { "issued", { &HOST } },
	[ENTRY_LOST] = { "lost", { &HOST } },
	[ENTRY_FAILED] = { "failed", { &HOST } },
	[ENTRY_REFUSED] = { "refused", { &HOST } },
	[ENTRY_WAIT] = { "wait", { &UNTIL } },
	[ENTRY_WAIT_DOMAIN] = { "wait-domain", { &DOMAIN, &UNTIL } },
	[ENTRY_WAIT_HOST] = { "wait-host", { &HOST, &UNTIL } },
	[ENTRY_WAS_NEW] = { "was-new", { &DOMAIN } },
	[ENTRY_WAS_RENEWAL] = { "was-renewal", { NULL } },
	[ENTRY_WAS_ISSUED] = { "was-issued", { &HOST } },
	[ENTRY_WAS_FAILED] = { "was-failed", { &HOST } },
	[ENTRY_TRIED] = { "tried", { &HOST, &TRIES, &SINCE } },
	[ENTRY_MAKER] = { "maker", { &MAKER } },
	[ENTRY_OPEN] = { "open", { &HOST, &TRIES, &SINCE } },
};

enum err ledger_line_write(const struct entry *entry, struct text *out)
{
	const struct row *row = &rows[entry->what];
	char when[CLOCK_TEXT_SIZE];
	enum err err = text_appendf(out, "%s %s", clock_text(entry->when, when), row->word);

	for (const struct field *const *field = row->field; err == ERR_OK && *field != NULL; field++)
		err = (*field)->write(entry, out);
	return err != ERR_OK ? err : text_append(out, "\n", 1);
}

/* The next word of a line, which loses the blank behind it; NULL: there is none. */
static char *next_word(char **at)
{
	char *word = *at, *blank = word != NULL ? strchr(word, ' ') : NULL;

	if (blank != NULL)
		*blank++ = '\0';
	*at = blank;
	return word;
}

static enum entry_what what_of(const char *word)
{
	unsigned what = ENTRY_COUNT - 1;

	while (what > 0 && (word == NULL || strcmp(rows[what].word, word) != 0))
		what--;
	return (enum entry_what)what;
}

const char *ledger_line_read(char *line, struct entry *entry, const char **value)
{
	char *at = line, *word = next_word(&at);

	*entry = (struct entry){ 0 };
	*value = word;
	if (clock_parse(word, &entry->when) != ERR_OK)
		return "not a time";
	*value = word = next_word(&at);
	entry->what = what_of(word);
	if (entry->what == 0)
		return "not a word of a ledger";
	for (const struct field *const *field = rows[entry->what].field; *field != NULL; field++) {
		*value = word = next_word(&at);
		if (word == NULL || !(*field)->read(word, entry))
			return (*field)->wrong;
	}
	*value = at;
	return at == NULL ? NULL : "line is too long";
}
