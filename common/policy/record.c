/* SPDX-License-Identifier: ISC */
#include "policy/record.h"

#include <string.h>
#include <strings.h>

#define VERSION  "v=STSv1"
#define LETTERS  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define BLANKS   " \t"
#define CLUTTER  BLANKS "\"'\\"
#define NAME_MAX 32

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
