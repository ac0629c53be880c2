/* SPDX-License-Identifier: ISC */
#ifndef API_SHAPE_ORDER_H
#define API_SHAPE_ORDER_H

/**
 * What the control API takes as bodies, and what it answers to orders, mta-stsd-api(7).
 *
 * Threads: any, one object a thread.
 */

#include "api/shape_domain.h"

/** Longest body of a request, bytes: a list of 300,000 domains. */
#define API_BODY_MAX ((size_t)16 << 20)

/** Longest reason, bytes. */
#define API_REASON_MAX 500

/** Longest name of a server and longest error in a look, and longest text at a server, bytes. */
#define API_WORDS_MAX ((size_t)255)
#define API_TEXT_MAX  ((size_t)1024)

/** A revision beside others. */
struct api_brief {
	enum mode mode;
	json_int_t max_age; /**< seconds */
	const char *id;
};

/** What an order did to one domain. */
struct api_change {
	const char *domain;
	bool changed;
	bool switched;                    /**< held by a switch from then on */
	bool orphaned;                    /**< no file configures it */
	struct api_configured configured; /**< none: no file says anything that can be used */
	bool certificate, tls_elsewhere;  /**< as of struct api_row */
	bool moved;                       /**< its record is at another name than before */
	json_int_t record_domains;        /**< that its record serves, this one included */
	struct api_brief before;          /**< none when the domain was not published */
	struct api_brief after;
	const char *policy; /**< after */
	struct api_txt txt;
	json_int_t wait; /**< seconds from the record's being visible until no sender holds an older policy */
	bool unknown_before; /**< as of struct api_domain */
	bool only_before;    /**< what was adopted is of the time before */
};

/** The answer to a switch, a reset, an undo. */
struct api_changes {
	bool dry_run;
	json_int_t changed;
	json_int_t unchanged;
	json_int_t audit;  /**< 0: no entry */
	json_t *changes;   /**< shape_change */
	json_int_t undone; /**< the entry that was taken back; 0: another order */
};

/** One domain that is, or would be, forgotten. */
struct api_forgotten {
	const char *domain;
	enum mode mode;
	const char *id;
	const char *state;             /**< NULL: was not being retired */
	char safe_at[SHAPE_TIME_SIZE]; /**< "": not known */
	bool forced;
	json_int_t others; /**< domains that its record goes on serving */
	struct api_txt txt;
};

/** The answer to a forget. */
struct api_forget {
	bool dry_run;
	json_int_t forced;
	json_int_t audit; /**< 0: no entry */
	json_t *domains;  /**< shape_forgotten */
};

/** Something wrong, as far as a program reads it. */
struct api_complaint {
	const char *severity; /**< "error" or "warning" */
	const char *file;
	json_int_t line; /**< 0: the file as a whole */
	const char *what;
	const char *value;
	const char *instead;
	const char *text; /**< all of it in one line */
};

/** The answer to a reload. */
struct api_reload {
	json_int_t files_changed, certificates_changed; /**< domain files, pairs; -1: of an older daemon */
	json_int_t published;
	json_int_t new_orphans;
	json_int_t orphaned;
	json_t *orphaned_domains; /**< the first few */
	json_int_t refused;
	json_int_t errors;
	json_int_t warnings;
	json_t *changes;    /**< shape_change */
	json_t *complaints; /**< shape_complaint */
};

/** What went wrong. */
struct api_error {
	const char *code;
	const char *message;
	json_t *details; /**< NULL: none */
};

/** The answer of a status other than 200. */
struct api_refusal {
	struct api_error error;
};

/** What another host served of one domain, of the body of an adoption. */
struct api_adopted {
	const char *domain;
	const char *policy; /**< text as it was fetched */
	const char *id;     /**< of the TXT record */
};

/** What one address of one name server said, of the body of a look. */
struct api_answer {
	const char *server;
	const char *address; /**< "" when the name has none */
	json_int_t ttl;      /**< seconds; -1: nothing stands there */
	json_t *texts;
	const char *error;    /**< why it said nothing that can be used */
	bool skipped;         /**< there is no way from here to that address family */
	const char *named_by; /**< as of struct api_server */
};

/** What was seen of one domain, of the same. */
struct api_observation {
	const char *domain;
	const char *error;  /**< why not all servers are known */
	const char *record; /**< owner name at which they have it; NULL: not known, or not the same at all */
	json_t *servers;    /**< shape_answer */
};

extern const struct shape shape_change, shape_changes, shape_forgotten, shape_forget, shape_complaint,
	shape_reload, shape_refusal, shape_answer, shape_observation, shape_adopted;

/** Bodies of requests, under the names of their routes. */
extern const struct shape shape_query_body, shape_install_body, shape_dns_body, shape_switch_body,
	shape_adopt_body, shape_nothing_before_body, shape_reset_body, shape_undo_body, shape_forget_body,
	shape_reload_body;

#endif
