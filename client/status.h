/* SPDX-License-Identifier: ISC */
#ifndef CLIENT_STATUS_H
#define CLIENT_STATUS_H

/**
 * Checked access to the reply to "status", and to the certificates there and in a list of their own,
 * mta-stsd-api(7).
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>

/** The states of a retirement, in their order. */
enum status_state {
	STATUS_PUBLISHING,
	STATUS_WAITING,
	STATUS_DRAINING,
	STATUS_CONFIRMING,
	STATUS_SAFE,
	STATUS_STATES
};

/** The limits that connections can meet. */
enum status_limit {
	STATUS_LIMIT_CLIENT,
	STATUS_LIMIT_CONNECTIONS,
	STATUS_LIMIT_MEMORY,
	STATUS_LIMIT_SYSTEM,
	STATUS_LIMITS
};

/** Strings belong to the reply. */
struct status {
	const char *version, *started_at, *loaded_at, *config, *store;
	json_int_t pid;
	json_t *listen;
	json_int_t total, enforce, testing, none, switched, orphaned, refused;
	json_t *orphaned_domains;
	json_int_t pairs, uncovered;
	json_t *uncovered_domains;
	const char *expiry_name, *expiry_file, *not_after; /* NULL without a certificate */
	json_int_t ending; /**< used certificates that are not fine, which makes them more than... */
	json_t *expiring;  /**< ... those that are named, the first to expire first */
	json_int_t open, limit, largest_client, per_client;
	json_int_t memory, memory_limit; /**< bytes */
	json_int_t met[STATUS_LIMITS];   /**< connections that were closed by a limit since the start */
	json_t *complaints;
	json_int_t lost;
	json_int_t retiring[STATUS_STATES];
	json_int_t unreadable;    /**< domains of which it is not known whether they are retiring */
	json_t *retiring_domains; /**< NULL: the state cannot be read */
};

/** A domain that is being retired. */
struct status_retiring {
	const char *domain;
	const char *state;
	const char *text;
	const char *next;
};

/** A state in a word. */
const char *status_state_text(enum status_state state);

/**
 * Take a reply apart.
 *
 * @return ERR_OK, ERR_SYNTAX (it is not what the API promises)
 */
enum err status_unpack(json_t *reply, struct status *status);

/**
 * Take a member of retiring_domains apart.
 *
 * @return as above
 */
enum err status_retiring(json_t *item, struct status_retiring *retiring);

/** Strings belong to the reply. */
struct status_certificate {
	const char *file;
	const char *issuer; /**< distinguished name, RFC 4514 */
	const char *not_after;
	const char *stage; /**< "fine", "soon", "urgent" or "expired" */
	const char *host;  /**< one of its names: a policy host, or else a wildcard, or else the first */
	json_int_t names;  /**< how many there are */
	json_int_t days_left;
	bool installed; /**< over the control socket; else it lies in a directory of "certificates" */
	bool used;
};

/**
 * Take a member of "certificates" apart.
 *
 * @return ERR_OK, ERR_SYNTAX (it is not what the API promises)
 */
enum err status_certificate(json_t *reply, struct status_certificate *certificate);

/** Tell whether a certificate is in this stage. */
bool status_certificate_is(const struct status_certificate *certificate, const char *stage);

#endif
