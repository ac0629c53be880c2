/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_HOSTING_H
#define TESTS_UNIT_HOSTING_H

/**
 * A store and a registry over a scratch directory, and a clock that stands still; for the tests of core/ and
 * control/.
 *
 * Link with -Wl,--wrap=clock_now.
 */

#include "scratch.h"

#include "config/domains.h"
#include "core/registry.h"
#include "core/switch.h"
#include "evidence/tally.h"
#include "store/store.h"

#include <time.h>

/** 2026-11-23 16:00:00 UTC. */
#define HOSTING_NOW ((time_t)1795449600)

/** What clock_now() returns. */
extern time_t hosting_now;

/** The test's state. */
struct hosting {
	struct scratch *scratch;
	struct store *store;
	struct registry *registry;
	struct tally *tally;
	struct complaints complaints;
	const struct configured *configured; /* what hosting_publish() publishes */
	bool moved_in; /* what hosting_publish() publishes first may have been another host's before */
};

/** cmocka fixtures; the clock is set to HOSTING_NOW. */
int hosting_setup(void **state);
int hosting_teardown(void **state);

/** Close store and registry and open them again, as a restart does. */
void hosting_restart(struct hosting *hosting);

/** Copy the database away, as a backup does. */
void hosting_copy(struct hosting *hosting);

/** Restart on what was copied away. */
void hosting_restore(struct hosting *hosting);

/** A configured domain that lives as long as the test program; NULL for no mx, "" for no id. */
const struct configured *hosting_configured(const char *domain, enum mode mode, const char *mx,
					    const char *id);

/**
 * Publish what a file says, as a reload does, of a domain that nobody had before; returns what order_run()
 * says.
 */
enum err hosting_publish(struct hosting *hosting, const struct configured *configured);

/** Note that nobody had a domain before. */
void hosting_settle(struct hosting *hosting, const char *domain);

/** A switch, and who orders it. */
struct hosting_switch {
	struct order by;
	struct switch_to to;
};

/** A switch to mode none as the client gives it by default; root, without a reason. */
struct hosting_switch hosting_none(void);

/** The end of a switch; the same. */
struct hosting_switch hosting_reset(void);

/** Switch one domain and forget what changed. */
enum err hosting_order(struct hosting *hosting, const char *domain, const struct hosting_switch *what);

/** Assert what registry_find() serves. */
void hosting_assert_serves(struct hosting *hosting, const char *domain, const char *id, const char *text);

/** Assert the id alone. */
void hosting_assert_id(struct hosting *hosting, const char *domain, const char *id);

/**
 * Report a look into DNS: one server has a record with this id, for 5 minutes; nothing when it is ""; or does
 * not answer when it is NULL.
 */
void hosting_look(struct hosting *hosting, const char *domain, const char *id);

/** Run SQL on the database by the side. */
void hosting_sql(struct hosting *hosting, const char *sql);

/** How many rows a query counts in the database. */
int hosting_count(struct hosting *hosting, const char *sql);

#endif
