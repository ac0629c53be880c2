/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_ACTION_H
#define CONTROL_ACTION_H

/**
 * What a request asks for: who asks and what he may do, the fields of its body, which domains are meant.  A
 * row of control/api.c says who may, which fields there are and who answers; who may is checked before the
 * body is read.
 *
 * Threads: the clerk's.
 */

#include "control/body.h"
#include "control/control.h"

/**
 * Answer a request whose body has its fields.
 *
 * @param body  the object; json_object_get() has its fields
 * @param order  who orders it, with the fields "reason" and "dry_run", where the route has them
 */
typedef void action_run(struct control *control, const json_t *body, const struct order *order,
			struct answer *answer);

/** What a route takes and gives; each of its answers of status 200 has a shape. */
struct action {
	const struct shape *body; /**< NULL: none, and the route's own function handles it */
	const struct shape *answer;
	action_run *run;
};

/** Who asks, for the log and the audit trail. */
struct action_peer {
	int64_t uid;
	char who[SWITCH_WHO_SIZE]; /**< "root (uid 0)" */
};

/** Who a user is, by a number that the kernel vouches for. */
struct action_peer action_peer(uid_t uid);

/**
 * Write what was fetched until now into the store: whatever is said of a retirement next knows of it.  Not
 * before an order that does not ask, which has to be the first that a failing disk meets.  In the middle of
 * an order or a load (store/reading.h) nothing is written.
 */
void action_catch_up(const struct host *host);

/** The handler of a route whose action has a body. */
void action_handle(void *control, const struct request *request, struct answer *answer);

/** Answer 400; returns false. */
bool action_refuse(struct answer *answer, const char *message);

/**
 * Find the domains of a selection.  Every domain that is named must be known, and a pattern must match
 * something.  So must every exception, of what the rest selects: a mistyped one would leave nothing out.
 *
 * @param body  in which exactly one of "domains", "match", "all" and "retiring" must be given, and "except"
 * may be
 * @param answer  holds the error when false is returned
 * @param[out] names  normalised, sorted, each once; freed by the caller in any case
 */
bool action_select(struct registry *registry, const json_t *body, struct answer *answer, struct names *names);

/**
 * Answer that something is no domain of this host; or that it is not known, since what is stored of it cannot
 * be read.
 *
 * @param message  for the first case, or NULL for the usual one
 * @param details  taken over; NULL: none
 */
void action_refuse_unknown(struct answer *answer, bool unreadable, const char *message, json_t *details);

/**
 * Find out what who connected may do, by the credentials of that moment; for struct routes, whose context is
 * struct control.
 *
 * Root and the service's own user are owners, the operator group may order, the certifier group may bring
 * certificates, the observer group may look.
 *
 * @param[in,out] peer  left alone when the kernel does not say
 */
void action_identify(void *control, int fd, struct peer *peer);

/** Log a request that its peer may not make, rate-limited; for struct routes. */
void action_log_forbidden(void *control, const struct request *request);

#endif
