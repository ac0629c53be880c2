/* SPDX-License-Identifier: ISC */
#include "config/source.h"

#include "base/allocation.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum err source_put(struct source *source, const char *bytes, size_t len)
{
	return text_append(&source->text, bytes, len);
}

enum err source_newlines(struct source *source, unsigned count)
{
	enum err err = ERR_OK;

	for (; err == ERR_OK && count > 0; count--) {
		err = text_append(&source->text, "\n", 1);
		source->line++;
	}
	return err;
}

enum err source_begin(struct source *source, size_t file, unsigned line)
{
	struct source_run *run = allocation_grow(source->run, source->runs, &source->capacity, sizeof(*run));

	if (run == NULL)
		return ERR_NO_MEMORY;
	source->run = run;
	source->run[source->runs++] =
		(struct source_run){ .start = source->line + 1, .line = line, .file = file };
	return ERR_OK;
}

const char *source_place(const struct source *source, unsigned text_line, unsigned *line)
{
	const struct source_run *run = &source->run[source->runs - 1];

	while (run > source->run && run->start > text_line)
		run--;
	*line = text_line >= run->start ? run->line + (text_line - run->start) : 0;
	return source->files.item[run->file];
}

void source_free(struct source *source)
{
	text_free(&source->text);
	names_free(&source->files);
	free(source->run);
	*source = (struct source){ 0 };
}

/* What of a path is inside the folder; NULL when it leads out. */
static const char *inside(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	if (path[0] == '/' && strncmp(path, folder, len) == 0 && path[len] == '/')
		path += len + strspn(path + len, "/");
	return path[0] == '/' || strncmp(path, "../", 3) == 0 || strstr(path, "/../") != NULL ? NULL : path;
}

enum err source_beside(const char *first, const char *path, char **joined)
{
	const char *slash = strrchr(first, '/');
	char *folder = slash != NULL ? strndup(first, (size_t)(slash - first)) : strdup(".");
	const char *rest = folder != NULL ? inside(path, folder) : NULL;
	enum err err = ERR_OK;

	*joined = rest != NULL ? file_path(folder, rest) : NULL;
	if (folder == NULL || (rest != NULL && *joined == NULL))
		err = ERR_NO_MEMORY;
	else if (rest == NULL)
		err = ERR_REFUSED;
	free(folder);
	return err;
}

/* What a node takes as the allocator counts, what a list or group takes besides, and each name and each text
 * beyond its own bytes; then stacks and buffers of the parser. */
#define NODE_COST   (sizeof(config_setting_t) + 16)
#define LIST_COST   192
#define STRING_COST 32
#define PARSER_COST (256UL << 10)

/* The only fault that libconfig can find in a text that scan.c has made. */
#define FAULT "syntax error"

static enum err complain_fault(const config_t *config, const struct source *source,
			       struct complaints *complaints)
{
	unsigned line = 0;
	const char *file = source_place(source, (unsigned)config_error_line(config), &line);
	const char *text = config_error_text(config);

	/* "memory exhausted", or "duplicate setting name" for a setting that could not be made. */
	if (text == NULL || strncmp(text, FAULT, strlen(FAULT)) != 0)
		return ERR_NO_MEMORY;
	complain(complaints, SEVERITY_ERROR, file, line, FAULT, NULL,
		 "look for a missing or superfluous quote, bracket, comma or semicolon, here or in the line "
		 "before; the rest was not checked");
	return ERR_SYNTAX;
}

static enum err count_all(const config_setting_t *parent, struct source_counts *counts);

static enum err count_one(const config_setting_t *node, struct source_counts *counts)
{
	switch (config_setting_type(node)) {
	case CONFIG_TYPE_STRING:
		counts->strings++;
		return config_setting_get_string(node) != NULL ? ERR_OK : ERR_NO_MEMORY;
	case CONFIG_TYPE_INT64:
		counts->numbers++;
		return ERR_OK;
	case CONFIG_TYPE_BOOL:
		counts->booleans++;
		return ERR_OK;
	case CONFIG_TYPE_GROUP:
		counts->groups++;
		return count_all(node, counts);
	case CONFIG_TYPE_LIST:
		counts->lists++;
		return count_all(node, counts);
	default:
		return ERR_NO_MEMORY;
	}
}

static enum err count_all(const config_setting_t *parent, struct source_counts *counts)
{
	bool named = config_setting_is_group(parent);
	int length = config_setting_length(parent);
	enum err err = ERR_OK;

	for (int i = 0; err == ERR_OK && i < length; i++) {
		const config_setting_t *node = config_setting_get_elem(parent, (unsigned)i);

		if (node == NULL || (named && config_setting_name(node) == NULL))
			return ERR_NO_MEMORY;
		counts->names += named;
		err = count_one(node, counts);
	}
	return err;
}

/*
 * Whether there is room for the tree: where memory is short libconfig would end the process, so it is not
 * asked then.  The room is given back at once, to be taken by it; mapped and not allocated, so that the
 * allocator keeps its habits.
 */
static enum err check_room(const struct source *source)
{
	const struct source_counts *counts = &source->counts;
	size_t lists = counts->groups + counts->lists;
	size_t nodes = counts->strings + counts->numbers + counts->booleans + lists;
	size_t size = nodes * NODE_COST + lists * LIST_COST +
		      (counts->names + counts->strings) * STRING_COST + 2 * source->text.len + PARSER_COST;
	void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		return ERR_NO_MEMORY;
	(void)munmap(room, size);
	return ERR_OK;
}

enum err source_parse(const struct source *source, struct complaints *complaints, config_t *config)
{
	struct source_counts counts = { 0 };
	enum err err = check_room(source);

	if (err != ERR_OK)
		return err;
	if (source->text.len > 0 && config_read_string(config, source->text.bytes) != CONFIG_TRUE)
		return complain_fault(config, source, complaints);
	err = count_all(config_root_setting(config), &counts);
	if (err == ERR_OK && memcmp(&counts, &source->counts, sizeof(counts)) != 0)
		err = ERR_NO_MEMORY;
	return err;
}
