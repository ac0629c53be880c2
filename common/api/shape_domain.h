/* SPDX-License-Identifier: ISC */
#ifndef API_SHAPE_DOMAIN_H
#define API_SHAPE_DOMAIN_H

/**
 * What the control API shows of a domain, mta-stsd-api(7): what is published and why, how far its retirement
 * is, and what DNS showed of it.  What the fields mean, and what stands where nothing is known, is said
 * there.
 *
 * Threads: any, one object a thread.
 */

#include "api/shape_ordering.h"

/** A TXT record; when read, its parts can stand in a zone or a script without any quoting. */
struct api_txt {
	const char *name;  /**< "_mta-sts.example.org.", or where the CNAME at that name leads */
	const char *value; /**< "v=STSv1; id=20261123160000;" */
};

/** What is to be done next, for programs. */
struct api_action {
	const char *action;
	const char *command; /**< NULL: none helps */
	json_t *domains;
};

/** The older revision that senders may hold longest. */
struct api_held {
	const char *id;
	const char *mode;    /**< "unknown": what is stored of it is damaged */
	json_int_t max_age;  /**< seconds */
	bool foreign;        /**< this host never published it */
	bool elsewhere;      /**< another host served it, as adopt was told */
	bool unknown_before; /**< what another host may have published before: nobody knows, and id is "" */
	char last_served_at[SHAPE_TIME_SIZE];
};

/** How far a domain is on its way from enforce to nothing. */
struct api_retirement {
	const char *state; /**< a word of mta-stsd-api(7) */
	const char *text;  /**< the state with its particulars */
	const char *next;  /**< what to do next */
	struct api_action next_action;
	char safe_at[SHAPE_TIME_SIZE];
	json_int_t wait; /**< seconds from the record's being visible everywhere until safe; -1: unknown */
	struct api_held held;
};

/** One address of one name server. */
struct api_server {
	const char *server;
	const char *address;
	const char *verdict;
	bool foreign;         /**< this host never published the id that it has */
	json_int_t ttl;       /**< seconds; 0: nothing stands there */
	const char *said;     /**< NULL when there is nothing to tell */
	const char *beside;   /**< another text beside the record, or a second record; NULL: none */
	const char *named_by; /**< which list has it: "both", "zone", "zone_above"; NULL: not known */
};

/** What the name servers of a domain showed. */
struct api_dns {
	const char *verdict;
	char at[SHAPE_TIME_SIZE];
	const char *id;    /**< that was published at that time */
	const char *error; /**< why no server could be asked */
	char seen_since[SHAPE_TIME_SIZE];
	json_int_t ttl; /**< seconds; 0: never seen */
	const char *text;
	json_t *servers; /**< shape_server */
};

/** A domain after a look at DNS that the daemon was told of. */
struct api_look {
	const char *domain;
	const char *id; /**< that its record has to have */
	bool joined;    /**< this look found its record at another name than it was known to be */
	json_int_t record_domains;
	json_t *shares_with; /**< as of struct api_domain, if it has joined */
	struct api_txt txt;
	struct api_dns dns;
	struct api_retirement retirement;
};

struct api_switch {
	enum mode mode;
	json_int_t max_age; /**< seconds; 0: not ordered, never with mode none */
	bool keep_mx;
	char since[SHAPE_TIME_SIZE];
	const char *by;
};

/** What any object about a domain has. */
struct api_named {
	const char *domain;
};

/** One domain, as it is published. */
struct api_row {
	const char *domain;
	enum mode mode;
	json_int_t max_age;        /**< seconds */
	const char *id;            /**< that its record has to have */
	json_int_t record_domains; /**< that the record serves, this one included */
	char published_at[SHAPE_TIME_SIZE];
	const char *standing; /**< a word of mta-stsd-api(7) */
	bool orphaned;
	bool refused;
	struct api_switch switching;
	const char *file;
	json_int_t line; /**< 0: the file as a whole */
	bool certificate;
	bool tls_elsewhere; /**< a server in front may have one, too */
	struct api_retirement retirement;
	struct api_txt txt;
};

/** What a file says. */
struct api_configured {
	enum mode mode;
	json_int_t max_age; /**< seconds */
	json_t *mx;
	const char *id;     /**< NULL: the file asks for none */
	const char *record; /**< owner name of its record; NULL: the file does not say */
	const char *file;   /**< of a change; a domain has it beside this */
	json_int_t line;    /**< the same; 0: the file as a whole */
};

/** What there is of one domain besides its row. */
struct api_domain {
	const char *policy;
	json_t *mx;
	struct api_configured configured;
	json_int_t wait;     /**< seconds; -1: unknown */
	bool unknown_before; /**< nobody knows what another host published before this one */
	json_t *right_ids; /**< of its record, under which senders get what is published; the newest first */
	json_t *shares_with; /**< names of the first few other domains of its record */
	struct api_dns dns;
	bool history_readable, files_held; /**< the latter as in api_status */
	json_t *revisions;                 /**< shape_revision */
	json_int_t revisions_total, fetches;
	char last_served_at[SHAPE_TIME_SIZE];
	struct api_certificate_order certificate_order; /**< none: nothing is known */
};

extern const struct shape shape_txt, shape_retirement, shape_server, shape_dns, shape_look, shape_named,
	shape_row, shape_domain;

#endif
