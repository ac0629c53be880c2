/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_CHECKING_H
#define TESTS_UNIT_CHECKING_H

/**
 * A DNS that is a table, and assertions about what checks found in it; for the tests of ctl/.
 *
 * Link with -Wl,--wrap=ask_all, and with -Wl,--wrap=smtp_probe_all where MX are connected to.
 *
 * Threads: any may ask, the test's sets up and asserts.
 */

#include "base/err.h"
#include "base/names.h"
#include "ctl/check/findings.h"
#include "ctl/check/smtp.h"
#include "ctl/dns/ask.h"

#include <stddef.h>

/**
 * What DNS says from now on: lines such as "example.org MX mail.example.org", of A, AAAA, CNAME, MX and TXT;
 * the list ends in NULL.
 *
 * "." is the root.  A value that begins with "!" is no record but how the question ends: "!failed",
 * "!silent",
 * "!deaf" or "!no route".  A name without any line does not exist.  The resolver "nonsense" is no address.
 */
void checking_dns(const char *const *lines);

/** How each probe of an MX ends from now on, but at one address; at the beginning all are SMTP_SECURE, with a
 * certificate of 2026 to 2100. */
void checking_smtp(enum smtp_state state, const char *but, enum smtp_state but_state);

/** How many probes were made since checking_smtp(), from whatever thread. */
size_t checking_probed(void);

/** How many times ask_all() was called since checking_dns(), from whatever thread. */
size_t checking_asked(void);

/** Assert that the next finding, in their order, is this one; instead is a part of the advice, NULL for none.
 */
void checking_assert_found(const struct findings *findings, size_t *next, enum finding_severity severity,
			   const char *about, const char *what, const char *instead);

/** Assert that there are no findings beside those asserted already. */
void checking_assert_no_more(const struct findings *findings, size_t next);

/** Assert that a list holds just these strings; the list of them ends in NULL. */
void checking_assert_names(const struct names *names, const char *const *expected);

#endif
