/* SPDX-License-Identifier: ISC */
#include "config/kept.h"

#include "base/file.h"
#include "base/folder.h"
#include "base/text.h"
#include "config/reader.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT_LIMIT ((size_t)1 << 20)
#define KEPT_NEW   KEPT_FILE ".new"

static enum err render_string(const char *value, struct text *text)
{
	enum err err = text_appendf(text, "\"");

	for (; err == ERR_OK && *value != '\0'; value++)
		err = text_appendf(text, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
	return err == ERR_OK ? text_appendf(text, "\"") : err;
}

static enum err render_names(const struct names *names, struct text *text)
{
	enum err err = text_appendf(text, "[ ");

	for (size_t i = 0; err == ERR_OK && i < names->count; i++) {
		err = i > 0 ? text_appendf(text, ", ") : ERR_OK;
		if (err == ERR_OK)
			err = render_string(names->item[i], text);
	}
	return err == ERR_OK ? text_appendf(text, " ]") : err;
}

/* A string where one is enough, which a version without lists reads, too. */
static enum err render_value(const struct setting *row, const void *member, struct text *text)
{
	const struct names *names;

	switch (row->type) {
	case SETTING_STRING:
		return render_string(*(char *const *)member, text);
	case SETTING_BOOLEAN:
		return text_appendf(text, "%s", *(const bool *)member ? "true" : "false");
	case SETTING_INTEGER:
		return text_appendf(text, "%lld", (long long)*(const int64_t *)member);
	case SETTING_STRINGS:
	case SETTING_ENTRIES:
	case SETTING_GROUP:
	default:
		names = member;
		return row->lone && names->count == 1 ? render_string(names->item[0], text)
						      : render_names(names, text);
	}
}

/* Those of a group in a piece of it for each. */
static enum err render_setting(const struct setting *row, const void *member, struct text *text)
{
	const char *dot = strchr(row->name, '.');
	enum err err =
		dot != NULL ? text_appendf(text, "%.*s = { %s = ", (int)(dot - row->name), row->name, dot + 1)
			    : text_appendf(text, "%s = ", row->name);

	if (err == ERR_OK)
		err = render_value(row, member, text);
	return err == ERR_OK ? text_appendf(text, dot != NULL ? "; };\n" : ";\n") : err;
}

/* Every setting, so that defaults of another version change nothing. */
static enum err render(const struct settings *settings, struct text *text)
{
	size_t count;
	const struct setting *table = settings_table(&count);
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		if (table[i].type != SETTING_GROUP)
			err = render_setting(&table[i], (const char *)settings + table[i].offset, text);
	}
	return err;
}

static const char *default_state(void)
{
	size_t count;
	const struct setting *table = settings_table(&count);

	while (count > 1 && strcmp(table[count - 1].name, "state") != 0)
		count--;
	return table[count - 1].fallback;
}

/* systemd may name several directories; the first is that of the service. */
static char *named_directory(void)
{
	const char *named = getenv("STATE_DIRECTORY");

	return named != NULL && named[0] == '/' ? strndup(named, strcspn(named, ":")) : NULL;
}

static char *directory_to_read(void)
{
	char *named = named_directory();

	return named != NULL ? named : strdup(default_state());
}

/* Not into a directory that may be another daemon's. */
static char *directory_to_write(const struct settings *settings)
{
	char *named = named_directory();

	if (named == NULL && strcmp(settings->state, default_state()) == 0)
		named = strdup(settings->state);
	return named;
}

static bool is_kept(const char *path, const struct text *text)
{
	struct file file = { 0 };
	const char *why;
	bool same = file_read(path, KEPT_LIMIT, &file, &why) == ERR_OK && file.len == text->len &&
		    memcmp(file.bytes, text->bytes, text->len) == 0;

	file_free(&file);
	return same;
}

static void write_to(const char *directory, const struct text *text)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || folder_replace(fd, KEPT_NEW, KEPT_FILE, text) != ERR_OK)
		log_warning("settings, not kept for a start without their file in %s (%s)", directory,
			    strerror(errno));
	if (fd >= 0)
		(void)close(fd);
}

void kept_write(const struct settings *settings)
{
	char *directory = directory_to_write(settings);
	char *path = directory != NULL ? file_path(directory, KEPT_FILE) : NULL;
	struct text text = { 0 };

	if (path != NULL && render(settings, &text) == ERR_OK && !is_kept(path, &text))
		write_to(directory, &text);
	text_free(&text);
	free(path);
	free(directory);
}

/* INVOCATION_ID may be that of a desktop, whose terminals inherit it. */
bool kept_is_meant(const char *config)
{
	return strcmp(config, SETTINGS_FILE) == 0 || getenv("STATE_DIRECTORY") != NULL ||
	       getenv("NOTIFY_SOCKET") != NULL;
}

enum err kept_read(struct settings **settings)
{
	char *directory = directory_to_read();
	char *path = directory != NULL ? file_path(directory, KEPT_FILE) : NULL;
	struct complaints complaints = { 0 };
	enum err err = path != NULL ? settings_load(path, &complaints, settings) : ERR_NO_MEMORY;

	if (err == ERR_SYNTAX) {
		log_error("settings, none that were good before can be used instead (%s)",
			  complaints.count > 0 ? complaints.item[0].what : "not read");
		err = ERR_NOT_FOUND;
	}
	complaints_free(&complaints);
	free(path);
	free(directory);
	return err;
}

static bool has_state(const char *directory)
{
	char *path = directory != NULL ? file_path(directory, "mta-stsd.db") : NULL;
	bool has = path != NULL && access(path, F_OK) == 0;

	free(path);
	return has;
}

/* Where settings that are left do not say it, systemd may. */
static bool find_state(struct settings *settings)
{
	char *named = named_directory();

	if (!has_state(settings->state) && has_state(named)) {
		free(settings->state);
		settings->state = named;
		named = NULL;
	}
	free(named);
	return has_state(settings->state);
}

enum err kept_salvage(const char *config, struct settings **settings)
{
	char *directory = directory_to_read();
	char *path = directory != NULL ? file_path(directory, KEPT_FILE) : NULL;
	struct settings *left = NULL;
	enum err err = path != NULL ? settings_salvage(path, &left) : ERR_NO_MEMORY;

	if (err == ERR_SYNTAX)
		err = settings_salvage(config, &left);
	if (err == ERR_SYNTAX)
		err = settings_default(&left);
	if (err == ERR_OK && !find_state(left))
		err = ERR_NOT_FOUND;
	if (err == ERR_OK)
		*settings = left;
	else
		settings_free(&left);
	free(path);
	free(directory);
	return err;
}
