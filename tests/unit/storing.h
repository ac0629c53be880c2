/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_STORING_H
#define TESTS_UNIT_STORING_H

/**
 * A store in a scratch directory, with small revisions in it; for the tests of store/.
 *
 * Threads: the test's.
 */

#include "scratch.h"

#include "policy/record.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** The text of every revision here. */
#define STORING_TEXT "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"

#define STORING_ROWS 8

/** The test's state. */
struct storing {
	struct scratch *scratch;
	struct store *store;
};

/** A copy of a struct history_row. */
struct storing_row {
	int64_t number;
	char id[ID_SIZE];
	time_t published_at;
	time_t superseded_at;
	time_t first_served_at;
	time_t last_served_at;
	int64_t fetches;
	time_t seen_at;
	uint32_t ttl;
	int64_t audit;
	char command[16]; /* "" when unknown, and so are who and reason */
	char who[64];
	char reason[64];
};

/** cmocka fixtures. */
int storing_setup(void **state);
int storing_teardown(void **state);

/** Close the store and open it again. */
void storing_reopen(struct storing *storing);

struct store_txn *storing_begin(struct storing *storing);
void storing_commit(struct store_txn **txn);

/** Publish a revision; returns its number. */
int64_t storing_publish(struct storing *storing, const char *domain, const char *id, time_t now);

/** The history of a domain, the newest first; returns how many rows there are. */
size_t storing_history(struct storing *storing, const char *domain, struct storing_row rows[STORING_ROWS]);

/** The published revision of a domain. */
struct storing_row storing_published(struct storing *storing, const char *domain);

/** Run SQL on a database file by the side. */
void storing_sql(const struct scratch *scratch, const char *sql);

/** The first number that a query returns. */
int64_t storing_number(const struct scratch *scratch, const char *sql);

#endif
