/* SPDX-License-Identifier: ISC */
#include "ctl/acme/silence.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "silent"
#define FILE_NEW  "silent.new"
#define FILE_MOST ((size_t)64 * 1024)

/* A little less than what runs are apart, and as much as names without a certificate bear. */
#define FIRST 540
#define MOST  7200

/* More make no difference. */
#define TIMES_MOST 100

static const char *const words[] = { "directory", "orders" };

void silence_note(struct silence *silence, time_t now, bool is_mute)
{
	/* In between it may have answered to others. */
	if (silence->since == 0 || now - silence->tried > 2 * MOST)
		*silence = (struct silence){ .since = now };
	silence->tried = now;
	silence->times += silence->times < TIMES_MOST;
	silence->is_mute = is_mute;
}

time_t silence_until(const struct silence *silence)
{
	time_t wait = FIRST;

	for (unsigned times = silence->times; times > 1 && wait < MOST; times--)
		wait *= 2;
	return silence->since == 0 ? 0 : silence->tried + (wait < MOST ? wait : MOST);
}

static bool read_times(const char *text, unsigned *times)
{
	char *end;
	unsigned long number;

	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 3)
		return false;
	number = strtoul(text, &end, 10);
	*times = (unsigned)number;
	return number >= 1 && number <= TIMES_MOST;
}

/* What a clock that was wrong has left is none. */
static bool read_fields(char *rest, time_t now, struct silence *silence)
{
	const char *since = strsep(&rest, " "), *tried = strsep(&rest, " "), *times = strsep(&rest, " ");

	if (rest == NULL || clock_parse(since, &silence->since) != ERR_OK ||
	    clock_parse(tried, &silence->tried) != ERR_OK || !read_times(times, &silence->times))
		return false;
	silence->is_mute = strcmp(rest, words[true]) == 0;
	return (silence->is_mute || strcmp(rest, words[false]) == 0) && silence->since > 0 &&
	       silence->since <= silence->tried && silence->tried <= now;
}

static void read_line(char *line, const struct names *urls, time_t now, struct silence silences[])
{
	struct silence silence = { 0 };
	const char *url = strsep(&line, " ");

	if (line == NULL || !read_fields(line, now, &silence))
		return;
	for (size_t i = 0; i < urls->count; i++)
		if (strcmp(urls->item[i], url) == 0)
			silences[i] = silence;
}

void silence_read(const char *folder, const struct names *urls, time_t now, struct silence silences[])
{
	struct file file = { 0 };
	const char *why;
	char *rest, *line;

	memset(silences, 0, urls->count * sizeof(*silences));
	if (file_read_in(folder, FILE_NAME, FILE_MOST, &file, &why) != ERR_OK)
		return;
	rest = file.bytes;
	while ((line = strsep(&rest, "\n")) != NULL)
		read_line(line, urls, now, silences);
	file_free(&file);
}

static enum err write_line(const char *url, const struct silence *silence, struct text *text)
{
	char since[CLOCK_TEXT_SIZE], tried[CLOCK_TEXT_SIZE];

	return text_appendf(text, "%s %s %s %u %s\n", url, clock_text(silence->since, since),
			    clock_text(silence->tried, tried), silence->times, words[silence->is_mute]);
}

enum err silence_write(const struct account *account, const struct names *urls,
		       const struct silence silences[])
{
	struct text text = { 0 };
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < urls->count; i++)
		if (silences[i].since != 0)
			err = write_line(urls->item[i], &silences[i], &text);
	if (err == ERR_OK && text.len > 0)
		err = folder_replace(account->fd, FILE_NEW, FILE_NAME, &text);
	else if (err == ERR_OK && unlinkat(account->fd, FILE_NAME, 0) != 0 && errno != ENOENT)
		err = ERR_IO;
	text_free(&text);
	return err;
}
