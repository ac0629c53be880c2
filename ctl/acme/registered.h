/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_REGISTERED_H
#define CTL_ACME_REGISTERED_H

/**
 * The registered domain of a host, of which authorities limit new certificates: one label more than the public
 * suffix that its owner had it from, be that a registry's, such as co.uk, or a company's, such as github.io.
 *
 * The only module that knows libpsl.  Threads: the main thread only.
 */

/**
 * The registered domain, a part of the host; all of it when it is a public suffix itself.
 *
 * The list is the system's, or where there is none, the one that the library was built with; where neither
 * can be read, the last two labels count as registered: a limit is kept then in any case, and may be reached
 * too early.
 *
 * @param host  normalised, with A-labels
 */
const char *registered_of(const char *host);

#endif
