/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VIEW_RETIREMENT_H
#define CONTROL_VIEW_RETIREMENT_H

/**
 * What the API shows of a domain on its way out, and of what DNS says about it, with words for people.
 *
 * Threads: the clerk's.
 */

#include "api/shape_domain.h"
#include "api/shape_status.h"
#include "core/reload.h"
#include "evidence/retirement.h"

/** A retirement to show, and its words.  Zero-initialise; freed with view_retirement_free(). */
struct view_retirement {
	struct api_retirement shown; /**< none unless the published mode is none */
	struct retirement found;
	struct text text, next, command;
};

/**
 * Find out where a domain stands; while the state cannot be read, that says so.
 *
 * @param[out] out  on ERR_OK it has to be written, which takes its JSON; after an error only its words are
 * left
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err view_retirement(const struct host *host, const struct domain *domain, struct view_retirement *out);

/** Free the words. */
void view_retirement_free(struct view_retirement *retirement);

/** What the last look at DNS showed, and its words.  Zero-initialise; freed with view_dns_free(). */
struct view_dns {
	struct api_dns shown; /**< none when nobody ever looked, or the state cannot be read */
	struct text id, error, text;
};

/**
 * Find out what DNS showed of a domain.
 *
 * @param[out] out  on ERR_OK it has to be written, which takes its JSON; after an error only its words are
 * left
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err view_dns(const struct host *host, const struct domain *domain, struct view_dns *out);

/** Free the words. */
void view_dns_free(struct view_dns *dns);

/** How many domains are in which state, and the first ten, those that wait for the operator first; it has to
 * be written, which takes its JSON. */
struct api_retiring view_retiring(const struct host *host);

#endif
