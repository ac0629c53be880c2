/* SPDX-License-Identifier: ISC */
#ifndef APP_DEBOUNCE_H
#define APP_DEBOUNCE_H

/**
 * When files that change are to be loaded: as soon as they have been left alone for a while, and none of them
 * is being written; but not later than some time after the first change.
 *
 * Asks no clock and knows no file: times are milliseconds of one clock, which never goes back.
 *
 * Threads: any, one object a thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How long nothing may change before it is loaded. */
#define DEBOUNCE_QUIET_MS 2000

/** After this time it is loaded even if it still changes or is being written. */
#define DEBOUNCE_LONGEST_MS 30000

/** Of so many files it is known that they are being written; of more, only that there are some. */
#define DEBOUNCE_WRITTEN_MOST 256

/** A file that is being written. */
struct written {
	int place;
	char *name;
};

/** Zero-initialise; freed by debounce_take(). */
struct debounce {
	bool pending;
	uint64_t first_ms;
	uint64_t last_ms;
	struct written *written;
	size_t count;
	size_t capacity;
	bool more; /**< files are being written that are not in the list */
};

/** Something has changed. */
void debounce_touch(struct debounce *debounce, uint64_t now_ms);

/** So has a file, and whoever writes it is not done. */
void debounce_write(struct debounce *debounce, int place, const char *name, uint64_t now_ms);

/** A file is not being written any more: it is whole, or gone.  Returns whether it was. */
bool debounce_written(struct debounce *debounce, int place, const char *name);

/** Nothing more will be heard of the files of a place. */
void debounce_forget(struct debounce *debounce, int place);

/** In how many milliseconds it is time to load; 0: now; -1: nothing has changed. */
int64_t debounce_due(const struct debounce *debounce, uint64_t now_ms);

/** What has changed so far is being loaded, or need not be: begin anew. */
void debounce_take(struct debounce *debounce);

#endif
