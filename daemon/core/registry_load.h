/* SPDX-License-Identifier: ISC */
#ifndef CORE_REGISTRY_LOAD_H
#define CORE_REGISTRY_LOAD_H

/**
 * The registry and the store: make the one what the other holds, at start and after the store was in doubt,
 * and tell what of it cannot be believed.
 *
 * Threads: the clerk's; registry_expect() and registry_is_expecting() any.
 */

#include "core/registry.h"

/**
 * Make the published revisions and the switches those of the store: at start, and after the store was in
 * doubt.
 *
 * A stored revision that is damaged is logged, and its domain unreadable; all others are served.  Of a
 * damaged store (store/condition.h) what can still be read is.  A domain that a sound store does not have any
 * more was forgotten.
 *
 * @return ERR_OK, ERR_STORE (not readable; cause logged), ERR_NO_MEMORY; on error what was published before
 * may be published still
 */
enum err registry_load(struct registry *registry, struct store *store);

/**
 * See whether the store is as it was left; if the registry is in doubt, open the store again and make the
 * registry what it holds.  Cheap when it is not, but for the first time after a start that took the store for
 * sound (store/soundness.h): then all of it is looked through.
 *
 * @return ERR_OK, ERR_STORE (still not readable: still in doubt), ERR_NO_MEMORY (the same, or it is not known
 * whether the store is sound), ERR_STOPPED
 */
enum err registry_recover(struct registry *registry, struct store *store);

/** The domains of which nothing can be served because what is stored of them is damaged, sorted.  Returns
 * ERR_OK, ERR_NO_MEMORY. */
enum err registry_unreadable(const struct registry *registry, struct names *names);

/** Complain about each domain whose stored revision or switch is damaged. */
void registry_complain(const struct registry *registry, struct complaints *complaints);

/** Tell whether the registry may differ from the store: a commit ended in ERR_UNKNOWN, not read since. */
bool registry_is_in_doubt(const struct registry *registry, const struct store *store);

/** Tell, once, that registry_recover() read the store anew: the files have to be joined with it again. */
bool registry_take_recovered(struct registry *registry);

/** Say whether domains are expected that are not here, since their files are not read yet.  At first they are
 * not. */
void registry_expect(struct registry *registry, bool expecting);

/** Tell whether domains are expected, so that nobody knows yet which there are not. */
bool registry_is_expecting(const struct registry *registry);

#endif
