/* SPDX-License-Identifier: ISC */
#include "certs/known_private.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_LIMIT  10000
#define DOUBTS_LIMIT 100

/* A doubt is three strings, of which the second begins with one of these. */
#define NO_VALUE '-'
#define VALUE    '+'

enum flag { DOUBTED = 1, DISORDERED = 2, YOUNG = 4, SEPARATE = 8, RENEWED = 16, FLAGS = 31 };

/* What a record begins with; its strings follow: file, the key's if it is another, issuer, the
 * renewal's identifier if there is one, names, doubts. */
struct head {
	uint64_t sum; /* of all that follows */
	uint32_t size;
	uint32_t names;
	int64_t not_before, not_after, issuers_not_before, issuers_not_after;
	uint64_t stamp, key_stamp;
	uint8_t digest[FACTS_DIGEST_SIZE];
	uint16_t doubts;
	uint8_t key;
	uint8_t flags;
	uint32_t none; /* that there is no byte which means nothing */
};

_Static_assert(sizeof(struct head) == 16 + 4 * 8 + 2 * 8 + FACTS_DIGEST_SIZE + 8, "no gaps");

static struct head head_of(const struct facts *facts)
{
	struct head head = {
		.names = (uint32_t)facts->names.count,
		.not_before = facts->not_before,
		.not_after = facts->not_after,
		.issuers_not_before = facts->issuers_not_before,
		.issuers_not_after = facts->issuers_not_after,
		.stamp = facts->stamp,
		.key_stamp = facts->key_stamp,
		.doubts = (uint16_t)facts->doubts.count,
		.key = (uint8_t)facts->key,
	};

	memcpy(head.digest, facts->digest, sizeof(head.digest));
	head.flags = (uint8_t)((facts->doubted ? DOUBTED : 0) | (facts->disordered ? DISORDERED : 0) |
			       (facts->young ? YOUNG : 0) |
			       (strcmp(facts->file, facts->key_file) != 0 ? SEPARATE : 0) |
			       (facts->renewal_id != NULL ? RENEWED : 0));
	return head;
}

static enum err put(struct text *text, const char *string)
{
	return text_append(text, string, strlen(string) + 1);
}

static enum err put_doubt(struct text *text, const struct complaint *doubt)
{
	static const char none = NO_VALUE, some = VALUE;
	enum err err = put(text, doubt->what);

	if (err == ERR_OK)
		err = text_append(text, doubt->value != NULL ? &some : &none, 1);
	if (err == ERR_OK)
		err = put(text, doubt->value != NULL ? doubt->value : "");
	return err == ERR_OK ? put(text, doubt->instead) : err;
}

static enum err put_strings(struct text *text, const struct facts *facts, const struct head *head)
{
	enum err err = put(text, facts->file);

	if (err == ERR_OK && (head->flags & SEPARATE) != 0)
		err = put(text, facts->key_file);
	if (err == ERR_OK)
		err = put(text, facts->issuer);
	if (err == ERR_OK && (head->flags & RENEWED) != 0)
		err = put(text, facts->renewal_id);
	for (size_t i = 0; err == ERR_OK && i < facts->names.count; i++)
		err = put(text, facts->names.item[i]);
	for (size_t i = 0; err == ERR_OK && i < facts->doubts.count; i++)
		err = put_doubt(text, &facts->doubts.item[i]);
	return err;
}

static uint64_t sum_of(const char *bytes, size_t size)
{
	return text_sum(TEXT_SUM_EMPTY, bytes + sizeof(uint64_t), size - sizeof(uint64_t));
}

enum err known_write(const struct facts *facts, struct text *text)
{
	struct head head = head_of(facts);
	size_t first = text->len;
	enum err err = text_append(text, &head, sizeof(head));

	if (err == ERR_OK)
		err = put_strings(text, facts, &head);
	if (err != ERR_OK) {
		text->len = first;
		return err;
	}
	head.size = (uint32_t)(text->len - first);
	memcpy(text->bytes + first, &head, sizeof(head));
	head.sum = sum_of(text->bytes + first, head.size);
	memcpy(text->bytes + first, &head, sizeof(head));
	return ERR_OK;
}

/* The next of the strings, or NULL. */
static const char *next(const char **at, const char *end)
{
	const char *string = *at;
	const char *stop = string < end ? memchr(string, '\0', (size_t)(end - string)) : NULL;

	if (stop != NULL)
		*at = stop + 1;
	return stop != NULL ? string : NULL;
}

static size_t count_strings(const struct head *head)
{
	size_t fixed = 2;

	fixed += (head->flags & SEPARATE) != 0;
	fixed += (head->flags & RENEWED) != 0;
	return fixed + (size_t)head->names + 3 * (size_t)head->doubts;
}

/* What was written by us has these forms; for anything else there was no pair. */
static bool is_sound(const struct head *head)
{
	return (head->key == KEY_ECDSA || head->key == KEY_RSA) && head->flags <= FLAGS && head->none == 0 &&
	       head->names > 0 && head->names <= NAMES_LIMIT && head->doubts <= DOUBTS_LIMIT;
}

bool known_read(const char **at, const char *end, struct known *record)
{
	const char *bytes = *at, *string;
	size_t left = (size_t)(end - bytes), count;
	struct head head;

	if (left < sizeof(head))
		return false;
	memcpy(&head, bytes, sizeof(head));
	if (head.size < sizeof(head) || head.size > left || sum_of(bytes, head.size) != head.sum ||
	    !is_sound(&head))
		return false;
	string = bytes + sizeof(head);
	count = count_strings(&head);
	while (count > 0 && next(&string, bytes + head.size) != NULL)
		count--;
	if (count > 0 || string != bytes + head.size)
		return false;
	*record = (struct known){ bytes + sizeof(head), bytes, head.size };
	*at = bytes + head.size;
	return true;
}

static void read_doubts(const struct head *head, const char *at, const char *end, struct facts *facts)
{
	for (unsigned i = 0; i < head->doubts; i++) {
		const char *what = next(&at, end), *value = next(&at, end), *instead = next(&at, end);

		complain(&facts->doubts, SEVERITY_WARNING, facts->file, 0, what,
			 value[0] == VALUE ? value + 1 : NULL, instead);
	}
}

static struct facts facts_of(const struct head *head)
{
	struct facts facts = {
		.key = (enum key_kind)head->key,
		.doubted = (head->flags & DOUBTED) != 0,
		.disordered = (head->flags & DISORDERED) != 0,
		.young = (head->flags & YOUNG) != 0,
		.not_before = (time_t)head->not_before,
		.not_after = (time_t)head->not_after,
		.issuers_not_before = (time_t)head->issuers_not_before,
		.issuers_not_after = (time_t)head->issuers_not_after,
		.stamp = head->stamp,
		.key_stamp = head->key_stamp,
	};

	memcpy(facts.digest, head->digest, sizeof(facts.digest));
	return facts;
}

enum err known_pair(const struct known *record, struct pair **pair)
{
	const char *at = record->file, *end = record->bytes + record->size;
	struct material *none = NULL;
	struct facts facts;
	struct head head;
	char **names;
	enum err err;

	memcpy(&head, record->bytes, sizeof(head));
	facts = facts_of(&head);
	names = calloc(head.names, sizeof(*names));
	if (names == NULL)
		return ERR_NO_MEMORY;
	facts.file = next(&at, end);
	facts.key_file = (head.flags & SEPARATE) != 0 ? next(&at, end) : facts.file;
	facts.issuer = next(&at, end);
	facts.renewal_id = (head.flags & RENEWED) != 0 ? next(&at, end) : NULL;
	for (size_t i = 0; i < head.names; i++)
		names[i] = (char *)(uintptr_t)next(&at, end);
	facts.names = (struct names){ .item = names, .count = head.names };
	read_doubts(&head, at, end, &facts);
	err = facts.doubts.lost == 0 ? pair_new(&facts, &none, pair) : ERR_NO_MEMORY;
	complaints_free(&facts.doubts);
	free(names);
	return err;
}
