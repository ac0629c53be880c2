/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

/**
 * What one setting may be, in mta-stsd.conf or in a domain file: a row of the table that its reader follows.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Zero is no type: a row without one is refused. */
enum setting_type {
	SETTING_STRING = 1,
	SETTING_STRINGS, /**< an array or a list of strings */
	SETTING_INTEGER,
	SETTING_BOOLEAN,
	SETTING_ENTRIES, /**< strings as above, or a list of groups */
};

/** One row of a table. */
struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;        /**< of mta-stsd.conf: in struct settings */
	const char *fallback; /**< of mta-stsd.conf: default; of SETTING_STRINGS the only member */
	int64_t min,
		max; /**< of SETTING_INTEGER the value, of lists the number of members; unused otherwise */
	const char *unit; /**< of SETTING_INTEGER, "seconds" */
	bool at_start;    /**< of mta-stsd.conf: a change takes effect at the next start, not at a reload */
	const char *help; /**< what to write instead of a value of the wrong type or form */
	/** What is wrong with a string ("is no absolute path"), NULL when nothing is; NULL for any string. */
	const char *(*fault)(const char *value);
	/** Tells that two members of a list mean the same, which is refused; NULL when they may. */
	bool (*same)(const char *a, const char *b);
};

#endif
