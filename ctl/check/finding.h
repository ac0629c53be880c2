/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_FINDING_H
#define CTL_CHECK_FINDING_H

/**
 * What a check found, gathered first and printed afterwards, for people and for programs alike.
 *
 * Threads: any, one list a thread.
 */

#include <stdbool.h>
#include <stddef.h>

enum finding_severity {
	FINDING_OK = 1,  /**< looked at, and as it should be */
	FINDING_NOTE,    /**< good to know */
	FINDING_WARNING, /**< mail goes through, but look at it */
	FINDING_ERROR,   /**< senders would refuse mail or not get the policy; or nobody knows whether */
	FINDING_SEVERITIES
};

struct finding {
	enum finding_severity severity;
	const char *about; /**< static, a word for programs: "mx", "record" */
	char *what;        /**< one line in visible ASCII and blanks, like the next one */
	char *instead;     /**< what to do; NULL when there is nothing to do */
};

/** Zero-initialise; freed with finding_free(). */
struct findings {
	struct finding *item;
	size_t count, capacity;
	size_t total[FINDING_SEVERITIES]; /**< how many of each severity */
	bool lost;                        /**< not all could be kept for want of memory */
};

/** The word of a severity: "ok", "note", "warning" or "error". */
const char *finding_severity_text(enum finding_severity severity);

/**
 * File a finding, printf-style; cannot fail, see lost.
 *
 * Foreign strings that may be long or odd go through text_escape() before; what slips through is replaced.
 */
void finding_put(struct findings *list, enum finding_severity severity, const char *about, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));

/** Say what to do about the finding that was filed last, printf-style. */
void finding_advise(struct findings *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Free every finding and leave an empty list. */
void finding_free(struct findings *list);

#endif
