/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_UACME_H
#define CTL_ACME_UACME_H

/**
 * uacme(1), the program that speaks with an authority (ACME, RFC 8555).
 *
 * Threads: the main thread only.
 */

#include "ctl/acme/account.h"
#include "ctl/acme/child.h"

#include <jansson.h>

/** Begins the name of a problem, as an authority says it (RFC 8555, section 6.7). */
#define UACME_PROBLEM "urn:ietf:params:acme:error:"

/** So long a run may take: it waits for the authority by itself, and longer than anybody wants to. */
#define UACME_TIMEOUT_MS (10 * 60 * 1000)

/** So many of the last lines of its output are kept. */
#define UACME_LINES_MAX 20

/** How it is run. */
struct uacme {
	char path[PATH_MAX];
	const struct account *account;
};

/**
 * Find it.
 *
 * @param err  gets the complaint
 * @return ERR_OK, ERR_REFUSED (it is not installed; complained about)
 */
enum err uacme_find(FILE *err, struct uacme *uacme);

/**
 * See to it that the authority has an account for the key, and make both if there is none; with an agreement
 * the authority is asked even if it is known.
 *
 * Without agreement it says what has to be agreed to.
 *
 * @param directory  URL of the authority's
 * @param eab  credentials for an account that is made; NULL: it requires none
 * @param email  where the authority writes to; NULL: nowhere
 * @param err  gets the complaint
 * @return ERR_OK, ERR_REFUSED (there is none, and none was made; complained about), ERR_NO_MEMORY
 */
enum err uacme_enrol(const struct uacme *uacme, const char *directory, bool agreed, const char *eab,
		     const char *email, FILE *err);

/**
 * Order a certificate for the request of account_begin(); on success its chain is at ACCOUNT_CHAIN.
 *
 * Of both ways tls-alpn-01 is tried alone: port 443 was looked at before, and port 80 was not.  http-01 is
 * for an authority that offers no other.
 *
 * @param directory  URL of the authority's
 * @param ways  in which the name may be proven, of enum proving
 * @param[out] problem  why there is none, in a few words: a static string
 * @param[out] cut_off  whether the authority may have made one all the same; both on ERR_REFUSED
 * @param[in,out] lines  an array that gets the end of its output then, each line escaped
 * @return ERR_OK, ERR_REFUSED (there is none), ERR_NO_MEMORY
 */
enum err uacme_issue(const struct uacme *uacme, const char *directory, unsigned ways, const char **problem,
		     bool *cut_off, json_t *lines);

/**
 * Append the last UACME_LINES_MAX lines of a text to an array, escaped, without empty ones and without
 * PRINT_PROBLEM at their beginning.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err uacme_take_lines(const char *text, json_t *lines);

#endif
