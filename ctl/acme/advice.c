/* SPDX-License-Identifier: ISC */
#include "ctl/acme/advice.h"

#include "base/allocation.h"
#include "base/file.h"
#include "base/folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "windows 1 "
#define REST   "rest"
#define ASIDE  "windows.new"
#define NONE   "-"

/* What a million certificates take would fit in. */
#define FILE_MOST ((size_t)256 * 1024 * 1024)

/* A clock that is a little behind is no reason to ask again. */
#define AHEAD ((time_t)3600)

/* Digits of a time; with more it is none. */
#define DIGITS_MOST 15

static const char *file_name(const char *directory, char name[ADVICE_FILE_SIZE])
{
	(void)snprintf(name, ADVICE_FILE_SIZE, "windows-%016" PRIx64,
		       text_sum(TEXT_SUM_EMPTY, directory, strlen(directory)));
	return name;
}

enum err advice_put(struct advice *advice, const char *id, time_t not_after)
{
	struct advice_item *item =
		allocation_grow(advice->item, advice->count, &advice->capacity, sizeof(*item));

	if (item == NULL)
		return ERR_NO_MEMORY;
	advice->item = item;
	item[advice->count++] = (struct advice_item){ .id = id, .not_after = not_after };
	return ERR_OK;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct advice_item *)a)->id, ((const struct advice_item *)b)->id);
}

/* A certificate for several domains is there once for each of them. */
static void sort(struct advice *advice)
{
	size_t kept = 0;

	if (advice->count > 0)
		qsort(advice->item, advice->count, sizeof(*advice->item), by_id);
	for (size_t i = 0; i < advice->count; i++) {
		if (kept == 0 || strcmp(advice->item[kept - 1].id, advice->item[i].id) != 0)
			advice->item[kept++] = advice->item[i];
	}
	advice->count = kept;
}

struct advice_item *advice_find(const struct advice *advice, const char *id)
{
	const struct advice_item wanted = { .id = id };

	return advice->count > 0 ? bsearch(&wanted, advice->item, advice->count, sizeof(wanted), by_id)
				 : NULL;
}

static bool read_number(const char *word, time_t *number)
{
	size_t len = word != NULL ? strspn(word, "0123456789") : 0;

	if (len == 0 || len > DIGITS_MOST || word[len] != '\0' || (word[0] == '0' && len > 1))
		return false;
	*number = (time_t)strtoll(word, NULL, 10);
	return true;
}

static bool is_visible(const char *word)
{
	for (; *word != '\0'; word++) {
		if (*word <= ' ' || *word >= 0x7f)
			return false;
	}
	return true;
}

/* What a wrong clock has made of it is not waited for. */
static void bound(struct advice_item *read, time_t now)
{
	if (read->asked > now + AHEAD)
		read->asked = read->next = 0;
	if (read->next > now + ADVICE_REST_MOST + AHEAD)
		read->next = 0;
}

static enum err take_item(struct advice *advice, const struct advice_item *read, const char *why)
{
	struct advice_item *item = advice_find(advice, read->id);

	if (item == NULL)
		return ERR_OK;
	window_free(&item->window);
	item->asked = read->asked;
	item->next = read->next;
	item->window = read->window;
	if (strcmp(why, NONE) == 0)
		return ERR_OK;
	item->window.why = strdup(why);
	return item->window.why != NULL ? ERR_OK : ERR_NO_MEMORY;
}

/* ID ASKED NEXT FROM TO WHY */
static enum err take_line(struct advice *advice, char *line, time_t now)
{
	char *rest = line;
	struct advice_item read = { .id = strsep(&rest, " ") };
	bool is_sound = *read.id != '\0' && is_visible(read.id) &&
			read_number(strsep(&rest, " "), &read.asked) &&
			read_number(strsep(&rest, " "), &read.next) &&
			read_number(strsep(&rest, " "), &read.window.from) &&
			read_number(strsep(&rest, " "), &read.window.to);

	if (!is_sound || rest == NULL || *rest == '\0' || strlen(rest) >= TEXT_SHOWN_SIZE ||
	    !is_visible(rest) || read.window.to < read.window.from)
		return ERR_SYNTAX;
	bound(&read, now);
	return take_item(advice, &read, rest);
}

static enum err take_rest(struct advice *advice, const char *line, time_t now)
{
	time_t until;

	if (!read_number(line, &until))
		return ERR_SYNTAX;
	advice->rest_until = until <= now + ADVICE_REST_MOST + AHEAD ? until : 0;
	return ERR_OK;
}

static enum err take_lines(struct advice *advice, char *bytes, size_t len, const char *directory, time_t now)
{
	char *rest = bytes, *line;
	size_t begin = strlen(HEADER);
	enum err err = ERR_OK;

	if (strlen(bytes) != len)
		return ERR_SYNTAX;
	line = strsep(&rest, "\n");
	if (rest == NULL || strncmp(line, HEADER, begin) != 0 || strcmp(line + begin, directory) != 0)
		return ERR_SYNTAX;
	line = strsep(&rest, "\n");
	if (rest != NULL && strncmp(line, REST " ", sizeof(REST)) == 0) {
		err = take_rest(advice, line + sizeof(REST), now);
		line = strsep(&rest, "\n");
	}
	for (; err == ERR_OK && rest != NULL; line = strsep(&rest, "\n"))
		err = take_line(advice, line, now);
	/* Behind the last line end there is nothing. */
	return err == ERR_OK && *line != '\0' ? ERR_SYNTAX : err;
}

static void begin_anew(struct advice *advice)
{
	advice->rest_until = 0;
	for (size_t i = 0; i < advice->count; i++) {
		window_free(&advice->item[i].window);
		advice->item[i].asked = advice->item[i].next = 0;
	}
}

enum err advice_take(struct advice *advice, char *bytes, size_t len, const char *directory, time_t now)
{
	enum err err = take_lines(advice, bytes, len, directory, now);

	if (err != ERR_OK)
		begin_anew(advice);
	return err;
}

enum err advice_write(const struct advice *advice, const char *directory, struct text *text)
{
	enum err err = text_appendf(text, HEADER "%s\n", directory);

	if (err == ERR_OK && advice->rest_until > 0)
		err = text_appendf(text, REST " %lld\n", (long long)advice->rest_until);
	for (size_t i = 0; i < advice->count && err == ERR_OK; i++) {
		const struct advice_item *item = &advice->item[i];

		if (item->next > 0)
			err = text_appendf(text, "%s %lld %lld %lld %lld %s\n", item->id,
					   (long long)item->asked, (long long)item->next,
					   (long long)item->window.from, (long long)item->window.to,
					   item->window.why != NULL ? item->window.why : NONE);
	}
	return err;
}

enum err advice_read(struct advice *advice, const char *folder, const char *directory, time_t now,
		     struct complaints *complaints)
{
	char name[ADVICE_FILE_SIZE];
	struct file file = { 0 };
	const char *why = "is damaged";
	char *path = file_path(folder, file_name(directory, name));
	enum err err = path != NULL ? ERR_OK : ERR_NO_MEMORY;

	sort(advice);
	if (err == ERR_OK)
		err = file_read_in(folder, name, FILE_MOST, &file, &why);
	if (err == ERR_OK)
		err = advice_take(advice, file.bytes, file.len, directory, now);
	if (err != ERR_OK && err != ERR_NOT_FOUND && err != ERR_NO_MEMORY)
		complain(complaints, SEVERITY_WARNING, path, 0,
			 "what the authority said of renewals cannot be used, and is asked again", why,
			 "nothing has to be done");
	file_free(&file);
	free(path);
	return err == ERR_NO_MEMORY ? err : ERR_OK;
}

enum err advice_keep(const struct advice *advice, int parent, const char *directory)
{
	char name[ADVICE_FILE_SIZE];
	struct text text = { 0 };
	enum err err = advice_write(advice, directory, &text);

	if (err == ERR_OK)
		err = folder_replace(parent, ASIDE, file_name(directory, name), &text);
	text_free(&text);
	return err;
}

static bool is_turn(const struct advice_item *item, time_t now)
{
	return item->next <= now && item->not_after > now;
}

bool advice_is_due(const struct advice *advice, time_t now)
{
	for (size_t i = 0; i < advice->count && advice->rest_until <= now; i++) {
		if (is_turn(&advice->item[i], now))
			return true;
	}
	return false;
}

static int by_age(const void *a, const void *b)
{
	const struct advice_item *one = *(struct advice_item *const *)a;
	const struct advice_item *other = *(struct advice_item *const *)b;

	if (one->asked != other->asked)
		return one->asked < other->asked ? -1 : 1;
	return strcmp(one->id, other->id);
}

size_t advice_turns(const struct advice *advice, time_t now, struct advice_item *turns[], size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < advice->count; i++) {
		if (is_turn(&advice->item[i], now))
			turns[count++] = &advice->item[i];
	}
	if (count > 0)
		qsort(turns, count, sizeof(struct advice_item *), by_age);
	return count < most ? count : most;
}

void advice_free(struct advice *advice)
{
	for (size_t i = 0; i < advice->count; i++)
		window_free(&advice->item[i].window);
	free(advice->item);
	*advice = (struct advice){ 0 };
}
