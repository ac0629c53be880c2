/* SPDX-License-Identifier: ISC */
#ifndef CORE_COVERAGE_H
#define CORE_COVERAGE_H

/**
 * Whether senders can fetch what is published: the served domains whose policy host no certificate covers,
 * certificates that come to their end, and what the daemon's own fetches found.
 *
 * Threads: the clerk's.
 */

#include "certs/certs.h"
#include "core/registry.h"
#include "core/wanted.h"
#include "policy/domain.h"

/** How many of the policy hosts without a certificate are named. */
#define COVERAGE_NAMED 10

/** How many certificates are named in the log in a day, for each stage. */
#define COVERAGE_WARNED 20

/** Zero-initialise. */
struct coverage {
	struct names uncovered; /**< some domains whose policy host has no valid certificate */
	size_t uncovered_count; /**< how many there are in all */
	bool tls_elsewhere; /**< HTTP is served without TLS, too: a server in front may cover any domain */
	char covered[HOST_SIZE];     /**< a policy host that has a valid certificate, "" when none has */
	struct complaints unfetched; /**< what coverage_note_fetch() found; at most one */
	struct names warned;         /**< "STAGE FILE" of certificates that were named in the log today */
	time_t warned_since;         /**< when that day began */
	size_t unnamed;              /**< how many more were told of in one line */
	struct wanted_file wanted;
};

/**
 * Have each domain marked as covered or uncovered: those only that came since the last time, and those whose
 * policy hosts are named by certificates that came, went, or became valid or invalid since.
 *
 * @return how many domains were looked at
 */
size_t coverage_look(struct registry *registry, struct certs *certs);

/** The domain whose policy host is a name of a certificate, or covered by a wildcard; NULL: there is none. */
const struct domain *coverage_of_name(const struct registry *registry, const char *name);

/** Find out which domains are covered, after domains or certificates came or went, and tell those who order
 * certificates (core/wanted.h) if one has none that had one, or is new. */
void coverage_note(struct coverage *coverage, struct registry *registry, struct certs *certs);

/**
 * The same, and log each used certificate that expires soon or has expired; of each only once a day in each
 * stage, and those that are too many to be named in one line.  To be called with each load, and once an hour.
 */
void coverage_review(struct coverage *coverage, struct registry *registry, struct certs *certs);

/**
 * Take note of what became of a fetch of our own.
 *
 * The first that failed is logged and kept in unfetched, where the status shows it, until one succeeds or the
 * files are loaded again; it names the file of the certificate.
 *
 * @param host  the policy host; "" (none is covered) is passed over
 * @param why  what came instead of the policy, in a few words, or NULL: it came
 * @param config_path  to complain under when there is no certificate
 */
void coverage_note_fetch(struct coverage *coverage, struct certs *certs, const char *host, const char *why,
			 const char *config_path);

/** Free what it holds and leave it empty. */
void coverage_free(struct coverage *coverage);

#endif
