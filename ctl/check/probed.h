/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_PROBED_H
#define CTL_CHECK_PROBED_H

/**
 * How the MX of this run took the beginning of a delivery, so that of many domains that share them each is
 * connected to once.
 *
 * Many networks let nothing out to port 25.  Where none of the first hosts could be reached, the others are
 * not tried.
 *
 * Threads: any, on one object that all share.
 */

#include "base/names.h"
#include "ctl/check/smtp.h"
#include "ctl/dns/ask.h"

/** Most addresses of one MX that are tried. */
#define PROBED_ADDRESSES_MAX 8

/** After so many hosts that could not be reached, and none that could, no other is tried. */
#define PROBED_SILENT_MOST 8

struct probed;

/**
 * Begin with nothing.
 *
 * @param ca  lent: file of CA certificates to trust instead of the system's; NULL: the system's
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err probed_new(const char *ca, struct probed **probed);

/** Free it when no thread asks any more; NULL inside is fine. */
void probed_free(struct probed **probed);

/** One MX.  Its strings live as long as the object. */
struct probed_host {
	const struct smtp_probe *probe; /**< one per address, IPv4 first */
	size_t count;                   /**< 0: it has no address, or none that could be found */
};

/**
 * Probe what was not probed yet at all of its addresses, and wait for what others are probing.
 *
 * @param hosts  each once
 * @param[out] said  room for one each
 * @return ERR_OK, ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err probed_ask(struct probed *probed, const struct ask_way *way, const struct names *hosts,
		    struct probed_host said[]);

#endif
