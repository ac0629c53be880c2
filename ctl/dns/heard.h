/* SPDX-License-Identifier: ISC */
#ifndef CTL_DNS_HEARD_H
#define CTL_DNS_HEARD_H

/**
 * What name servers said in this run, so that of many domains that share them nobody asks the same again.
 *
 * An answer counts for a minute, also that there was none: so a server that is asked about one record by a
 * thousand domains hears one question a minute.
 *
 * Threads: any, on one object that all share.
 */

#include "ctl/dns/ask.h"

/** How long an answer counts, milliseconds. */
#define HEARD_MS 60000

/** Most answers that are kept; beyond them every question is asked. */
#define HEARD_MAX 200000

struct heard;

/** Begin with nothing.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err heard_new(struct heard **heard);

/** Free it when no thread asks any more; NULL inside is fine. */
void heard_free(struct heard **heard);

/**
 * Ask what was not heard yet, as ask_all() does, and wait for what others are asking.
 *
 * @param way  its heard is the object; NULL: everything is asked
 * @return as ask_all()
 */
enum err heard_ask(const struct ask_way *way, struct ask *asks, size_t count);

#endif
