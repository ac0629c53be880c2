/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_FINDINGS_H
#define CTL_CHECK_FINDINGS_H

/**
 * What a check found about a domain, gathered first and printed afterwards, for people and for programs
 * alike.
 *
 * Threads: any, one list a thread.
 */

#include "policy/policy.h"

#include <jansson.h>
#include <stdio.h>

enum finding_severity {
	FINDING_OK = 1,  /**< looked at, and as it should be */
	FINDING_NOTE,    /**< good to know */
	FINDING_WARNING, /**< mail goes through, but look at it */
	FINDING_ERROR,   /**< senders would refuse mail or not get the policy; or nobody knows whether */
};

/** The size of a table that has a row for each. */
#define FINDING_SEVERITIES (FINDING_ERROR + 1)

struct finding {
	enum finding_severity severity;
	const char *about; /**< static, a word for programs: "mx", "record" */
	char *what;        /**< one line in visible ASCII and blanks, like the next one */
	char *instead;     /**< what to do; NULL when there is nothing to do */
};

/** Zero-initialise; freed with findings_free(). */
struct findings {
	struct finding *item;
	size_t count, capacity;
	size_t total[FINDING_SEVERITIES]; /**< how many of each severity */
	bool lost;                        /**< not all could be kept for want of memory */
};

/** The word of a severity: "ok", "note", "warning" or "error". */
const char *findings_severity_text(enum finding_severity severity);

/**
 * File a finding, printf-style; cannot fail, see lost.
 *
 * Foreign strings that may be long or odd go through text_escape() before; what slips through is replaced.
 */
void findings_put(struct findings *list, enum finding_severity severity, const char *about,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Say what to do about the finding that was filed last, printf-style. */
void findings_advise(struct findings *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Free every finding and leave an empty list. */
void findings_free(struct findings *list);

/** Zero-initialise; freed with findings_unload(). */
struct checked {
	json_t *reply; /* owner of the strings */
	const char *domain;
	enum mode mode;
	const char *record; /**< name of its TXT record, with a trailing dot */
	const char *id;     /**< that the record has to have */
	const char *policy; /**< the policy file as it is served */
	struct names mx;    /**< its patterns */
	struct names right; /**< ids of its record under which senders get the policy */
	bool certificate;   /**< one of the daemon's names the policy host */
	bool is_tls_known;  /**< of every MX, whether senders take its TLS */
	struct findings findings;
	enum err err; /**< why there are no findings, or not all of them */
};

/**
 * Read what GET /v1/domains/NAME replied.
 *
 * @param reply  taken over, whatever is returned
 * @param[out] checked  without findings yet
 * @return ERR_OK, ERR_SYNTAX (not what the API promises), ERR_NO_MEMORY
 */
enum err findings_load(json_t *reply, struct checked *checked);

/** Free everything and empty it. */
void findings_unload(struct checked *checked);

/**
 * Print the findings about one domain, and whether it is ready for mode enforce.
 *
 * @param least  nothing that is less severe
 * @param utf8  whether the reader's terminal shows UTF-8: else the marks are ASCII
 * @param advised  an object, the same for all domains: long advice is said once, and then for whom it was
 * said
 */
void findings_print(FILE *out, const struct checked *checked, enum finding_severity least, bool utf8,
		    json_t *advised);

/**
 * Print a line that counts errors and warnings of one domain, and says the worst of them: on a terminal as
 * many words as fit, but at least a few.
 */
void findings_print_worst(FILE *out, const struct checked *checked);

/**
 * Make the same for programs: domain, errors, warnings, findings.
 *
 * @param[out] object  freed with json_decref()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err findings_json(const struct checked *checked, json_t **object);

#endif
