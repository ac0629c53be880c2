/* SPDX-License-Identifier: ISC */
#include "policy/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VERSION  "v=STSv1"
#define DIGITS   "0123456789"
#define LETTERS  DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define BLANKS   " \t"
#define CLUTTER  BLANKS "\"'\\"
#define NAME_MAX 32

#define LABEL_MAX 63

const char *record_owner(const char *domain, char owner[OWNER_SIZE])
{
	(void)snprintf(owner, OWNER_SIZE, OWNER_PREFIX "%s", domain);
	return owner;
}

enum err record_owner_normalise(const char *name, char owner[OWNER_SIZE])
{
	size_t len = strlen(name);
	size_t label = 0;
	size_t labels = 0;

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len > OWNER_MAX)
		return ERR_SYNTAX;
	for (size_t i = 0; i < len; i += label + 1, labels++) {
		label = strspn(name + i, LETTERS "-_");
		if (label == 0 || label > LABEL_MAX || (i + label < len && name[i + label] != '.') ||
		    i + label + 1 == len)
			return ERR_SYNTAX;
	}
	if (labels < 2)
		return ERR_SYNTAX;
	for (size_t i = 0; i < len; i++)
		owner[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
	owner[len] = '\0';
	return ERR_OK;
}

static const char *const words[VERDICT_COUNT] = {
	[VERDICT_RIGHT] = "right",           [VERDICT_UNREACHABLE] = "unreachable",
	[VERDICT_MISSING] = "missing",       [VERDICT_MALFORMED] = "malformed",
	[VERDICT_OTHER_TEXT] = "other_text", [VERDICT_TWO_RECORDS] = "two_records",
	[VERDICT_OLD_ID] = "old_id",         [VERDICT_SKIPPED] = "skipped",
};

const char *verdict_text(enum verdict verdict)
{
	return verdict >= VERDICT_RIGHT && verdict < VERDICT_COUNT ? words[verdict] : "unknown";
}

enum err verdict_parse(const char *text, enum verdict *verdict)
{
	for (unsigned i = VERDICT_RIGHT; i < VERDICT_COUNT; i++) {
		if (strcmp(text, words[i]) == 0) {
			*verdict = (enum verdict)i;
			return ERR_OK;
		}
	}
	return ERR_SYNTAX;
}

static const char *const places[RECORD_NAMED_COUNT] = {
	[RECORD_NAMED_UNKNOWN] = "",
	[RECORD_NAMED_BOTH] = "both",
	[RECORD_NAMED_ZONE] = "zone",
	[RECORD_NAMED_ABOVE] = "zone_above",
};

const char *record_named_text(enum record_named named)
{
	return places[named];
}

enum err record_named_parse(const char *text, enum record_named *named)
{
	for (unsigned i = 0; i < RECORD_NAMED_COUNT; i++) {
		if (strcmp(text, places[i]) == 0) {
			*named = (enum record_named)i;
			return ERR_OK;
		}
	}
	return ERR_SYNTAX;
}

/* What senders do not discard at once: the grammar has blanks before the semicolon, and they do not. */
static bool is_candidate(const char *text)
{
	return strncmp(text, VERSION ";", strlen(VERSION ";")) == 0;
}

/* How much of a field's end is its value: every visible byte but "=" and ";". */
static size_t span_value(const char *value)
{
	size_t len = 0;

	while (value[len] > ' ' && value[len] < 0x7f && value[len] != '=' && value[len] != ';')
		len++;
	return len;
}

/* Step over a delimiter; NULL when there is none. */
static const char *skip_delimiter(const char *text)
{
	text += strspn(text, BLANKS);
	if (*text != ';')
		return NULL;
	text++;
	return text + strspn(text, BLANKS);
}

/* What may be wrong with a text that is meant to be a record. */
static const char not_begun[] = "does not begin with v=STSv1;";
static const char not_parted[] = "has something else than one ; between two fields";
static const char not_a_field[] = "has a field that is not NAME=VALUE";
static const char two_ids[] = "has two ids";
static const char odd_id[] = "has an id that is not 1 to 32 letters and digits";
static const char no_id[] = "has no id";

/* Read one "name=value" and keep it when it is the id; NULL when it is none, or a second or odd id. */
static const char *read_field(const char *field, char id[ID_SIZE], const char **fault)
{
	size_t name = strspn(field, LETTERS "_-.");
	bool is_id = strncmp(field, "id=", 3) == 0;
	const char *value = field + name + 1;
	size_t len;

	*fault = is_id ? odd_id : not_a_field;
	if (name == 0 || name > NAME_MAX || strspn(field, LETTERS) == 0 || field[name] != '=')
		return NULL;
	len = span_value(value);
	if (len == 0)
		return NULL;
	if (!is_id)
		return value + len;
	if (id[0] != '\0')
		*fault = two_ids;
	if (id[0] != '\0' || len > ID_MAX)
		return NULL;
	memcpy(id, value, len);
	id[len] = '\0';
	return id_is_valid(id) ? value + len : NULL;
}

/* Returns what is wrong with it, or NULL. */
static const char *read_record(const char *text, char id[ID_SIZE])
{
	const char *fault = NULL;

	if (!is_candidate(text))
		return not_begun;
	text += strlen(VERSION);
	while (*text != '\0') {
		text = skip_delimiter(text);
		if (text == NULL)
			return not_parted;
		if (*text == '\0')
			break;
		text = read_field(text, id, &fault);
		if (text == NULL)
			return fault;
	}
	return id[0] != '\0' ? NULL : no_id;
}

/* Tell whether text begins with a word, whatever its case and whatever blanks and quotes are between. */
static bool resembles(const char *text, const char *word)
{
	for (; *word != '\0' && strncasecmp(text, word, 1) == 0; word++) {
		text++;
		text += strspn(text, CLUTTER);
	}
	return *word == '\0';
}

static bool is_meant(const char *text)
{
	for (; *text != '\0'; text++) {
		if (resembles(text, "v=sts") || resembles(text, "stsv1"))
			return true;
	}
	return false;
}

enum err record_parse(const char *text, char id[ID_SIZE])
{
	char got[ID_SIZE] = "";

	if (read_record(text, got) != NULL)
		return is_meant(text) ? ERR_SYNTAX : ERR_NOT_FOUND;
	memcpy(id, got, sizeof(got));
	return ERR_OK;
}

const char *record_fault(const char *text)
{
	char id[ID_SIZE] = "";

	return is_meant(text) ? read_record(text, id) : NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void record_sort(const char *texts[], size_t count)
{
	if (count > 0)
		qsort(texts, count, sizeof(*texts), by_text);
}

/* The first text, from one on, that is so; count: there is none. */
static size_t find(const char *const texts[], size_t count, size_t from, bool (*is_so)(const char *text))
{
	while (from < count && !is_so(texts[from]))
		from++;
	return from;
}

struct record_reading record_read(const char *const texts[], size_t count, const char *published)
{
	size_t first = find(texts, count, 0, is_candidate);
	size_t second = first < count ? find(texts, count, first + 1, is_candidate) : count;
	struct record_reading reading = { .verdict = count > 0 ? VERDICT_OTHER_TEXT : VERDICT_MISSING };
	char id[ID_SIZE] = "";

	if (second < count)
		return (struct record_reading){ VERDICT_TWO_RECORDS, texts[first], texts[second] };
	if (first == count)
		first = find(texts, count, 0, is_meant);
	second = first == 0 ? 1 : 0;
	if (second < count)
		reading.beside = texts[second];
	if (first == count)
		return reading;
	reading.record = texts[first];
	if (read_record(reading.record, id) != NULL)
		reading.verdict = VERDICT_MALFORMED;
	else
		reading.verdict = strcmp(id, published) == 0 ? VERDICT_RIGHT : VERDICT_OLD_ID;
	return reading;
}
