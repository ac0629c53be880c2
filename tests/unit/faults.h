/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_FAULTS_H
#define TESTS_UNIT_FAULTS_H

/**
 * Calls of SQLite that fail when the test says so, for our own code alone: what SQLite does inside goes on.
 *
 * Counted are those that can fail: to prepare a statement, to step one, to run one given as text, and to
 * read a string of a row.  For want of memory SQLite says that such a string is NULL, and fails when it is
 * asked for the next row; so it is here.
 *
 * Link with WRAP_SQLITE: -Wl,--wrap= of sqlite3_prepare_v2, sqlite3_prepare_v3, sqlite3_step, sqlite3_exec,
 * sqlite3_column_text, sqlite3_column_type, sqlite3_reset and sqlite3_errcode.
 *
 * Threads: one.
 */

#include <stdbool.h>
#include <stddef.h>

/** Let so many calls go well and the next one fail. */
void faults_fail_after(size_t calls);

/** Let all go well again; returns whether one has failed. */
bool faults_restore(void);

#endif
