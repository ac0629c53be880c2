/* SPDX-License-Identifier: ISC */
#include "policy/record.h"

#include <string.h>
#include <strings.h>

#define VERSION  "v=STSv1"
#define DIGITS   "0123456789"
#define LETTERS  DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define BLANKS   " \t"
#define CLUTTER  BLANKS "\"'\\"
#define NAME_MAX 32

bool id_is_valid(const char *id)
{
	size_t len = strspn(id, LETTERS);

	return len >= 1 && len <= ID_MAX && id[len] == '\0';
}

/* Compare two strings of digits as numbers. */
static int compare(const char *a, const char *b)
{
	size_t a_len;
	size_t b_len;

	a += strspn(a, "0");
	b += strspn(b, "0");
	a_len = strlen(a);
	b_len = strlen(b);
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return strcmp(a, b);
}

/* Add one to a string of digits; false when it would need more than ID_MAX of them. */
static bool increment(char id[ID_SIZE])
{
	size_t len = strlen(id);

	for (size_t i = len; i-- > 0;) {
		if (id[i] < '9') {
			id[i]++;
			return true;
		}
		id[i] = '0';
	}
	if (len == ID_MAX)
		return false;
	memmove(id + 1, id, len + 1);
	id[0] = '1';
	return true;
}

void id_next(time_t now, const char *last, char id[ID_SIZE])
{
	char by_time[ID_SIZE] = "1";
	char counted[ID_SIZE];
	struct tm parts;

	if (gmtime_r(&now, &parts) != NULL)
		(void)strftime(by_time, sizeof(by_time), "%Y%m%d%H%M%S", &parts);
	if (id_is_valid(last) && last[strspn(last, DIGITS)] == '\0' && compare(by_time, last) <= 0) {
		memcpy(counted, last, strlen(last) + 1);
		if (increment(counted)) {
			memcpy(id, counted, strlen(counted) + 1);
			return;
		}
	}
	memcpy(id, by_time, strlen(by_time) + 1);
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

/* Read one "name=value" and keep it when it is the id; NULL when it is none, or a second or odd id. */
static const char *read_field(const char *field, char id[ID_SIZE])
{
	size_t name = strspn(field, LETTERS "_-.");
	const char *value = field + name + 1;
	size_t len;

	if (name == 0 || name > NAME_MAX || strspn(field, LETTERS) == 0 || field[name] != '=')
		return NULL;
	len = span_value(value);
	if (len == 0)
		return NULL;
	if (strncmp(field, "id=", 3) == 0) {
		if (id[0] != '\0' || len > ID_MAX)
			return NULL;
		memcpy(id, value, len);
		id[len] = '\0';
		if (!id_is_valid(id))
			return NULL;
	}
	return value + len;
}

static enum err read_record(const char *text, char id[ID_SIZE])
{
	text += strlen(VERSION);
	/* The grammar has blanks here, and senders throw away what does not begin with "v=STSv1;". */
	if (*text != ';')
		return ERR_SYNTAX;
	while (*text != '\0') {
		text = skip_delimiter(text);
		if (text == NULL)
			return ERR_SYNTAX;
		if (*text == '\0')
			break;
		text = read_field(text, id);
		if (text == NULL)
			return ERR_SYNTAX;
	}
	return id[0] != '\0' ? ERR_OK : ERR_SYNTAX;
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

	if (strncmp(text, VERSION, strlen(VERSION)) != 0 || read_record(text, got) != ERR_OK)
		return is_meant(text) ? ERR_SYNTAX : ERR_NOT_FOUND;
	memcpy(id, got, sizeof(got));
	return ERR_OK;
}

enum verdict record_judge(const char *const texts[], size_t count, const char *published)
{
	char id[ID_SIZE] = "";
	size_t records = 0;

	if (count == 0)
		return VERDICT_MISSING;
	for (size_t i = 0; i < count; i++)
		records += record_parse(texts[i], id) != ERR_NOT_FOUND;
	if (records > 1)
		return VERDICT_TWO_RECORDS;
	if (count > 1 || records == 0)
		return VERDICT_OTHER_TEXT;
	if (id[0] == '\0')
		return VERDICT_MALFORMED;
	return strcmp(id, published) == 0 ? VERDICT_RIGHT : VERDICT_OLD_ID;
}
