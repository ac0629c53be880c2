/* SPDX-License-Identifier: ISC */
#include "config/source.h"

#include <stdlib.h>

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
	if (source->runs == source->capacity) {
		size_t capacity = source->capacity > 0 ? source->capacity * 2 : 4;
		struct source_run *run = reallocarray(source->run, capacity, sizeof(*run));

		if (run == NULL)
			return ERR_NO_MEMORY;
		source->run = run;
		source->capacity = capacity;
	}
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
