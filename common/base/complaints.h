/* SPDX-License-Identifier: ISC */
#ifndef BASE_COMPLAINTS_H
#define BASE_COMPLAINTS_H

/**
 * What is wrong with the operator's files, gathered in one pass instead of stopping at the first.
 *
 * Each complaint reads "file:line: what (value): what to write instead".  The log, `mta-stsd --check`, the
 * control API and `mta-stsctl status` print the same list.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum severity {
	SEVERITY_ERROR = 1, /**< the file, or what it says, is not used */
	SEVERITY_WARNING,   /**< used, but look at it */
};

/** One complaint; every string is owned by the list.  A path has the bytes that the file system has. */
struct complaint {
	enum severity severity;
	char *file;    /**< path as the operator would type it */
	unsigned line; /**< 1 ..., or 0 for the file as a whole */
	char *what;    /**< lower case, a few words: "mode is unknown" */
	char *value;   /**< the offending value, escaped and cut; NULL when there is none */
	char *instead; /**< what to write instead; never NULL */
	size_t order;  /**< private to complaints_sort() */
};

/** Zero-initialise. */
struct complaints {
	struct complaint *item;
	size_t count;
	size_t capacity;
	size_t errors; /**< how many of them are SEVERITY_ERROR */
	size_t lost;   /**< how many could not be kept for lack of memory; errors among them are counted above
			  too */
};

/**
 * File a complaint; cannot fail, see lost.
 *
 * @param line  0 for the file as a whole
 * @param value  any bytes, escaped here; NULL when there is no value to show
 */
void complain(struct complaints *list, enum severity severity, const char *file, unsigned line,
	      const char *what, const char *value, const char *instead);

/**
 * File an error about a file that file_read() refused.
 *
 * @param file  where to complain, line too: the file itself, or the one that asks for it
 * @param path  the refused file; shown when it is not where to complain
 * @param why  the reason that file_read() gave
 * @param limit  bytes that would have been accepted
 */
void complain_unreadable(struct complaints *list, const char *file, unsigned line, const char *path,
			 const char *why, size_t limit);

/** File an error about a directory of mta-stsd.conf that cannot be read; errno tells why. */
void complain_directory(struct complaints *list, const char *path);

/** Complaints of one kind about one file; zero-initialise. */
struct complaints_alike {
	size_t count;
	const char *file; /**< of the first that is not filed; lent, like its line */
	unsigned line;
};

/**
 * Ask whether one more complaint of a kind is worth filing: a file that is something else altogether, such as
 * a key or an archive, is not listed line by line.  Counts it in any case.
 */
bool complaints_wanted(struct complaints_alike *alike, const char *file, unsigned line);

/** File how many were not, if there are any, at the place of the first of them. */
void complain_others(struct complaints *list, enum severity severity, const struct complaints_alike *alike,
		     const char *instead);

/**
 * The name of a field or setting that nobody knows, to be shown: lent as it is when it looks like one, NULL
 * when it may be anything else.
 *
 * Never show what was read otherwise but a known field's value: files of other people end up as domain files,
 * and log and status are read by more than they are.
 */
const char *complaint_name(const char *written);

/** Tell whether a line begins a block of PEM: a key or a certificate. */
bool complaint_is_pem(const char *line);

/** What to say of such a file, and what to do. */
#define COMPLAINT_PEM         "file has a key or a certificate in it"
#define COMPLAINT_PEM_INSTEAD "move it to where keys and certificates are, or remove the link to it"

/** What complaint_typos() returns for words that have nothing to do with each other. */
#define COMPLAINT_FOREIGN SIZE_MAX

/**
 * Tell how near a word is to a known one, to offer what was meant.
 *
 * @return letters to change, add or take out, case aside; COMPLAINT_FOREIGN when they are too many
 */
size_t complaint_typos(const char *written, const char *known);

/** Sort the complaints from an index on by file and line; those of one line stay in their order. */
void complaints_sort(struct complaints *list, size_t first);

/** Copy all complaints of one list to the end of another. */
void complaints_repeat(struct complaints *to, const struct complaints *from);

/** Move all complaints of one list to the end of another, which empties the first. */
void complaints_move(struct complaints *to, struct complaints *from);

/** Tell whether something is complained about, by its what. */
bool complaints_have(const struct complaints *complaints, const char *what);

/** Free every complaint and leave an empty list. */
void complaints_free(struct complaints *list);

struct text;

/**
 * Append one complaint as a line without its end: "file:line: what (value): what to write instead".
 *
 * A warning has "warning: " after the place.  Paths are shown as text_show() does.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err complaint_render(const struct complaint *complaint, struct text *out);

#endif
