/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_SCAN_H
#define CONFIG_SCAN_H

/**
 * From configuration files to the text that libconfig is to see: includes put in, comments taken out.
 *
 * libconfig would open an included file wherever it is and wait for it, would cut a large number to 32 bits
 * without a word, would name the wrong line for a string that ends its line, and would give up at a setting
 * given twice or a list of mixed types, without a word of what else is wrong.  So nothing but this text gets
 * to it: each file is read through base/file.h, every integer has the suffix of 64 bits, what looks like a
 * number and is none, or is too large, is a group, every name ends in a number of its own, and lists in
 * square brackets are in round ones.
 *
 * Threads: any.
 */

#include "config/source.h"

/**
 * Stands between the name of a setting and its number, and is the name of the only setting of such a group.
 */
#define SCAN_MARK "*"

/** Most includes of one file, those of included files among them. */
#define SCAN_INCLUDES_MAX 100

/**
 * Read a file and what it includes.
 *
 * `@include "FILE"` takes a path inside the directory of the first file: absolute, or relative to that
 * directory.
 *
 * @param limit  bytes, of a file and of the text of all files together
 * @param source  an empty one; freed with source_free(), also after an error
 * @return ERR_OK (an include may have been complained about and left out), ERR_SYNTAX (complained about:
 *         there is no text to parse), ERR_NO_MEMORY
 */
enum err scan_load(const char *path, size_t limit, struct complaints *complaints, struct source *source);

#endif
