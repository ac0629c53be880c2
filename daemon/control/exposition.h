/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_EXPOSITION_H
#define CONTROL_EXPOSITION_H

/**
 * Numbers as Prometheus reads them: its text format, version 0.0.4.
 *
 * Threads: any, one object a thread.
 */

#include "base/text.h"

/** Of an answer in this format. */
#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/** Whether a number only grows, but for a restart. */
enum exposition_kind { EXPOSITION_GAUGE, EXPOSITION_COUNTER };

/** What samples of one name have in common; all strings are lent. */
struct exposition_family {
	const char *name; /**< without the program's name before it */
	enum exposition_kind kind;
	const char *help;  /**< one sentence */
	bool of_processes; /**< name is one that every program has, and stands alone */
	unsigned decimals; /**< how many of a number's digits stand behind its point */
};

/** What tells samples of one family apart; strings are lent. */
struct exposition_label {
	const char *name;
	const char *value; /**< UTF-8, any characters */
};

/** Zero-initialise; text is the caller's to free. */
struct exposition {
	struct text text;
	enum err err;       /**< ERR_NO_MEMORY once anything failed; then nothing more is appended */
	const char *family; /**< private: the name of the sample before */
};

/**
 * Append one sample, and what is to be said of its family before the first.  Samples of a family are to come
 * behind each other.  What fails shows in err.
 *
 * @param labels  count of them; NULL when there are none
 * @param number  not below 0 when the family has decimals
 */
void exposition_add(struct exposition *exposition, const struct exposition_family *family,
		    const struct exposition_label *labels, size_t count, int64_t number);

#endif
