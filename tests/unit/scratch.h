/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

/**
 * A directory of a test's own, and assertions about complaints.
 *
 * Threads: the test's.
 */

#include "base/complaints.h"

#include <stddef.h>

/** The test's state: a directory that is empty at first. */
struct scratch {
	char *folder;
	struct complaints complaints;
};

/** cmocka fixture: make the directory; *state is a struct scratch. */
int scratch_setup(void **state);

/** cmocka fixture: take the directory away with all in it. */
int scratch_teardown(void **state);

/** The path of a name in the directory; good until four more have been asked for. */
const char *scratch_path(const struct scratch *scratch, const char *name);

/**
 * Write a file of the directory, bytes as given; sub-directories in the name exist.  Returns its path as
 * above.
 */
const char *scratch_put(const struct scratch *scratch, const char *name, const void *bytes, size_t len);

/** The same with a text. */
const char *scratch_write(const struct scratch *scratch, const char *name, const char *text);

/** Assert that the next complaint, in their order, reads like this once the directory is cut off. */
void scratch_assert_complaint(struct scratch *scratch, const char *line);

/** Assert that there are no complaints, or none beside those asserted already. */
void scratch_assert_no_more(struct scratch *scratch);

#endif
