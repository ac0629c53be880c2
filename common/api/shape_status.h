/* SPDX-License-Identifier: ISC */
#ifndef API_SHAPE_STATUS_H
#define API_SHAPE_STATUS_H

/**
 * What the control API shows of the daemon as a whole, mta-stsd-api(7), and its lists of domains.
 *
 * Threads: any, one object a thread.
 */

#include "api/shape_ordering.h"

/** How many domains there are of each kind; a switched one may be orphaned or refused besides. */
struct api_totals {
	json_int_t total, enforce, testing, none, switched, orphaned, refused;
};

/** How many domains are in each state of a retirement. */
struct api_retiring {
	json_int_t publishing; /**< -1: the state cannot be read, and none of this is known */
	json_int_t waiting, draining, confirming, safe;
	json_int_t unreadable; /**< domains of which it is not known */
	json_t *domains;       /**< shape_retiring_domain, the first few */
};

/** One of them, as far as it is read: beside its domain it has all of shape_retirement. */
struct api_retiring_domain {
	const char *domain;
	const char *state;
	const char *text;
	const char *next;
};

/** The certificate that expires first. */
struct api_expiry {
	const char *file; /**< NULL: there is none */
	const char *name;
	char not_after[SHAPE_TIME_SIZE];
};

/** Used certificates by their stage. */
struct api_stages {
	json_int_t fine, soon, urgent, expired;
};

/** Certificates as a whole. */
struct api_covering {
	json_int_t pairs;
	json_int_t uncovered;
	json_t *uncovered_domains; /**< the first few */
	bool tls_elsewhere;        /**< a server in front may cover any domain */
	struct api_expiry next_expiry;
	struct api_stages stages;
	json_t *expiring; /**< shape_certificate, the first few that are not fine */
	struct api_ordering ordering;
};

/** HTTPS connections, and their limits. */
struct api_connections {
	json_int_t open, limit;
	json_int_t clients, largest_client, per_client_limit;
	json_int_t memory_bytes, memory_limit_bytes;
	json_int_t log_lines_left_out, log_lines_limit;
};

/** The daemon as a whole. */
struct api_status {
	const char *version;
	json_int_t pid;
	char started_at[SHAPE_TIME_SIZE];
	char loaded_at[SHAPE_TIME_SIZE];
	bool files_held; /**< the guard over lost files refuses each load */
	const char *config;
	json_t *listen;
	struct api_totals domains;
	json_t *orphaned_domains; /**< the first few */
	struct api_retiring retiring;
	json_t *unseen_domains; /**< the first few that have to be looked at in DNS */
	struct api_covering certificates;
	struct api_connections connections;
	json_t *counters;
	const char *store;           /**< "ok", or what is wrong with it in a word */
	json_int_t clock_jumps;      /**< since the start */
	json_int_t disk_free_bytes;  /**< where the state is; -1: not known */
	json_int_t disk_free_inodes; /**< the same, or the file system does not count them */
	json_t *unreadable_domains;
	json_t *complaints; /**< shape_complaint */
	json_int_t complaints_lost;
};

/** Domains as a list. */
struct api_list {
	json_t *domains;    /**< shape_row */
	json_t *unreadable; /**< domains of which there is no row; NULL where they are not told of */
	bool partial;       /**< there may be more */
	bool files_held;    /**< as in api_status: where each stands was found out before */
};

/** Domains after looks at DNS. */
struct api_looks {
	json_t *domains; /**< shape_look */
};

/** Entries of the audit trail. */
struct api_entries {
	json_t *entries; /**< shape_entry */
};

extern const struct shape shape_status, shape_retiring_domain, shape_list, shape_looks, shape_entries;

#endif
