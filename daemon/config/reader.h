/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

/**
 * A configuration file taken apart, and checked against a table of what may stand in it.
 *
 * The only module that calls libconfig; a node (a setting, a group, a member of a list) is lent by its
 * reader.  Nothing here ends at the first fault: what is wrong is complained about, and whoever reads the
 * file compares complaints->errors before and after.
 *
 * Threads: any, one object a thread.
 */

#include "base/complaints.h"
#include "base/names.h"
#include "config/setting.h"
#include "config/stamp.h"

#include <libconfig.h>

struct reader;

/**
 * Read and parse a file with what it includes.
 *
 * @param limit  bytes, of a file and of the text of all files together
 * @param complaints  lent until reader_close()
 * @param[out] reader  freed with reader_close()
 * @return ERR_OK (there may be complaints all the same), ERR_SYNTAX (complained about), ERR_NO_MEMORY
 */
enum err reader_open(const char *path, size_t limit, struct complaints *complaints, struct reader **reader);

/** The same, and note all files of it, also when there is an error. */
enum err reader_open_noting(const char *path, size_t limit, struct stamps *stamps,
			    struct complaints *complaints, struct reader **reader);

/** Free a reader and every node; NULL inside is fine. */
void reader_close(struct reader **reader);

/** The group that the file as a whole is. */
const config_setting_t *reader_root(const struct reader *reader);

/**
 * Find the settings of a group by a table; complain about each that is not in it, has the wrong type or form,
 * or is out of range.
 *
 * @param[out] found  a node for each row, NULL where the setting is not given; one that has been complained
 *                    about is there, too, and its value means nothing
 */
void reader_match(struct reader *reader, const config_setting_t *group, const struct setting *rows,
		  size_t count, const config_setting_t **found);

/** Tell whether what stands there is what its row asks for; complains again if it is not. */
bool reader_fits(struct reader *reader, const config_setting_t *node, const struct setting *row);

/**
 * Add the members of a list that are what its row asks for, and leave out the others.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err reader_names(const config_setting_t *node, const struct setting *row, struct names *names);

/** Number of members of a list or group. */
size_t reader_count(const config_setting_t *node);

/** A member of a list by its index. */
const config_setting_t *reader_at(const config_setting_t *node, size_t index);

/** Tell whether a node is a group. */
bool reader_is_group(const config_setting_t *node);

/** Tell whether a node is a list. */
bool reader_is_list(const config_setting_t *node);

/** Tell whether a node is a list that has a group for its first member. */
bool reader_has_groups(const config_setting_t *node);

/** The value of a string, lent; NULL when the node is something else (and has been complained about). */
const char *reader_string(const config_setting_t *node);

/** The value of a whole number, or 1 for true and 0 for false; 0 when the node is something else. */
int64_t reader_integer(const config_setting_t *node);

/**
 * Where a node stands.
 *
 * @param[out] line  0 for the root
 * @return path of the file, lent
 */
const char *reader_place(const struct reader *reader, const config_setting_t *node, unsigned *line);

/** File an error at the place of a node. */
void reader_complain(struct reader *reader, const config_setting_t *node, const char *what, const char *value,
		     const char *instead);

#endif
