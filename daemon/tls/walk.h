/* SPDX-License-Identifier: ISC */
#ifndef TLS_WALK_H
#define TLS_WALK_H

/**
 * Going through directory trees in search of pairs.
 *
 * Threads: any.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "base/names.h"
#include "tls/finds.h"

/** How deep below a configured directory pairs are looked for. */
#define WALK_DEPTH_LIMIT 8

/** How many directory entries are looked at in all. */
#define WALK_ENTRIES_LIMIT 1000000

/**
 * List the pairs in directories and everything below them, as layouts.h knows them.
 *
 * Symbolic links are followed, no directory is entered twice, hidden entries are left out.  Complained
 * about: what layouts_take() complains about, a directory that cannot be read, and the two limits; the rest
 * goes on.
 *
 * @param[out] finds  sorted, each chain_path once; freed with finds_free()
 * @return ERR_OK (with or without complaints), ERR_NO_MEMORY
 */
enum err walk_directories(const struct names *directories, struct complaints *complaints,
			  struct finds *finds);

#endif
