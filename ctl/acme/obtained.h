/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_OBTAINED_H
#define CTL_ACME_OBTAINED_H

/**
 * What became of each domain for which a certificate was to be obtained, and how that is printed.
 *
 * Threads: the main thread only.
 */

#include "api/ordering.h"
#include "ctl/cli/view.h"

/** One domain.  Zero-initialise and set domain; freed with obtained_free(). */
struct obtained {
	const char *domain;
	size_t authority;  /**< at which of several it is ordered */
	const char *where; /**< the name of that one, lent; NULL: nothing of this is particular to one */
	json_t *requested; /**< shape_requested; NULL: there is none */
	json_t *installed; /**< shape_installed; NULL: nothing was installed */
	char *problem;     /**< why not, in one line, escaped; NULL: none is known */
	json_t *details;   /**< lines about that, escaped; NULL: there are none */
	/** Why the order was not sent; 0: it was, or it failed before. */
	enum ordering_state held;
	bool may_be_issued; /**< the authority made a certificate, or may have */
	char *kept;         /**< under which name its chain is kept (ctl/acme/chains.h); NULL: it is not */
	bool is_refused;    /**< that one is refused by the daemon for good */
	enum run_status status; /**< of what was done last */
};

/**
 * Note why there is no certificate.
 *
 * @param problem  copied; NULL: the first line of the details, which are taken over, is it
 * @param details  taken over; may be NULL
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err obtained_fail(struct obtained *obtained, enum run_status status, const char *problem,
		       json_t *details);

/** Tell whether a certificate was made that is kept for the next run. */
bool obtained_is_kept(const struct obtained *obtained);

/** Find the first one of a domain, or NULL. */
const struct obtained *obtained_find(const struct obtained items[], size_t count, const char *domain);

/** Print what became of one.  Returns ERR_OK, ERR_SYNTAX (the daemon's reply is none), ERR_NO_MEMORY. */
enum err obtained_print(FILE *out, const struct obtained *obtained);

/**
 * Print how many were obtained, and what to do next.
 *
 * @param due  they were chosen by --due, which tries again and renews by itself
 */
void obtained_print_next(FILE *out, const struct obtained items[], size_t count, bool due);

/** Print all as JSON.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err obtained_print_json(FILE *out, const struct obtained items[], size_t count);

/** How the command ends: RUN_UNKNOWN if one did, RUN_DONE if all did. */
enum run_status obtained_status(const struct obtained items[], size_t count);

/** Free what it holds. */
void obtained_free(struct obtained *obtained);

#endif
