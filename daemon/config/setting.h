/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

/**
 * What may stand in a configuration file, as rows of a table.
 *
 * Threads: any.
 */

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/** Zero is no type: a row without one is refused. */
enum setting_type {
	SETTING_STRING = 1,
	SETTING_STRINGS, /**< an array or a list of strings */
	SETTING_INTEGER,
	SETTING_BOOLEAN,
	SETTING_ENTRIES, /**< strings as above, a list of groups, or one string: the file that has them */
	SETTING_GROUP,   /**< a group of settings, in as many pieces as one likes; a row for each follows */
};

/** One row of a table. */
struct setting {
	const char *name; /**< of one in a group with the group's in front: "acme.key" */
	enum setting_type type;
	size_t offset;        /**< of mta-stsd.conf: in struct settings */
	const char *fallback; /**< of mta-stsd.conf: default; of SETTING_STRINGS the only member, or NULL */
	int64_t min,
		max; /**< of SETTING_INTEGER the value, of lists the number of members; unused otherwise */
	const char *unit;   /**< of SETTING_INTEGER, "seconds" */
	bool lone;          /**< of lists of strings: a string may stand in the place of a list of it */
	bool at_start;      /**< of mta-stsd.conf: a change takes effect at the next start, not at a reload */
	bool chosen;        /**< of mta-stsd.conf: where the file is wrong only an operator's word counts */
	const char *socket; /**< of mta-stsd.conf: the unit whose sockets come instead, where systemd passes
			       them; or NULL */
	const char *help;   /**< what to write instead of a value of the wrong type or form */
	/** What is wrong with a string ("is no absolute path"), NULL when nothing is; NULL for any string. */
	const char *(*fault)(const char *value);
	/** Tells that two members of a list mean the same, which is refused; NULL when they may. */
	bool (*same)(const char *a, const char *b);
	/** What is wrong with a member of a list behind another one ("is ..."), NULL when nothing is; NULL
	 * for any. */
	const char *(*beside)(const char *first, const char *member);
};

/** The row of a setting by its name in a group, which is "" or ends in a dot; or count. */
size_t setting_find(const struct setting *rows, size_t count, const char *group, const char *name);

/**
 * Tell what to write instead of a name that is unknown: one that may be meant, or all that are known in the
 * group.
 *
 * @return ERR_OK, ERR_NO_MEMORY (the text may have a part)
 */
enum err setting_advise(const struct setting *rows, size_t count, const char *group, const char *name,
			struct text *out);

#endif
