/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

/**
 * A text put together from several files, each line of which knows the place it came from; and libconfig's
 * tree of it, with nothing lost on the way.
 *
 * Threads: any, one object a thread.
 */

#include "base/complaints.h"
#include "base/names.h"
#include "base/text.h"
#include "config/stamp.h"

#include <libconfig.h>

/** A run of lines that stand together in one file. */
struct source_run {
	unsigned start; /**< first line in the text */
	unsigned line;  /**< the same in the file */
	size_t file;    /**< index in files */
};

/** How much of each kind there is in a text, or in what was made of it. */
struct source_counts {
	size_t names;
	size_t strings;
	size_t numbers;
	size_t booleans;
	size_t groups;
	size_t lists;
};

/** Zero-initialise. */
struct source {
	struct text text;
	struct names files; /**< paths, the first file first */
	struct source_run *run;
	size_t runs;
	size_t capacity;
	unsigned line;  /**< newlines in the text */
	unsigned depth; /**< brackets that are open */
	struct source_counts counts;
	struct stamps *stamps; /**< where to note the files, lent; NULL: nobody wants to know */
};

/**
 * Append bytes without a newline among them.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err source_put(struct source *source, const char *bytes, size_t len);

/** Append newlines; errors as above. */
enum err source_newlines(struct source *source, unsigned count);

/**
 * Declare that the text goes on with a file's line, from the text's current line on.
 *
 * @param file  index in files
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err source_begin(struct source *source, size_t file, unsigned line);

/**
 * The file and the line that a line of the text came from.
 *
 * @param text_line  1 ...; 0 for the first file as a whole, and then the line is 0, too
 * @return the path, which belongs to the source
 */
const char *source_place(const struct source *source, unsigned text_line, unsigned *line);

/**
 * Parse the text.
 *
 * When memory is refused, libconfig leaves out a name, a text or the member of a list without a word, or it
 * ends the process (mta-stsd(8), Memory).  So what comes out is counted, and is as much as went in or is not
 * used.
 *
 * @param source  as scan_load() leaves it
 * @param config  initialised; to be destroyed by the caller also after an error
 * @return ERR_OK (every name is there, and every text), ERR_SYNTAX (complained about), ERR_NO_MEMORY
 */
enum err source_parse(const struct source *source, struct complaints *complaints, config_t *config);

/**
 * Where a file is that another one asks for: inside the directory of that, named absolute or relative to it.
 *
 * @param first  path of the file that was read first
 * @param[out] joined  its path, to be freed; NULL on every error
 * @return ERR_OK, ERR_REFUSED (it would be outside), ERR_NO_MEMORY
 */
enum err source_beside(const char *first, const char *path, char **joined);

/** Free everything and leave an empty source. */
void source_free(struct source *source);

#endif
