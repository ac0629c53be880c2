/* SPDX-License-Identifier: ISC */
#ifndef CORE_OWNER_H
#define CORE_OWNER_H

/**
 * Where the TXT records of domains are, and which id each of them has to have.
 *
 * The id belongs to the record (RFC 8461, section 8.2): when any of its domains changes, it gets a new one,
 * and the others keep what they publish.  Most records are at the domain's own name, _mta-sts.DOMAIN, and
 * nobody else's: there is no struct owner of them.
 *
 * Threads: the clerk's.
 */

#include "core/registry.h"

/** Find the record at an owner name; NULL when it serves nobody but the domain of that name. */
struct owner *owner_find(const struct registry *registry, const char *name);

/** The same, made when there is none.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err owner_make(struct registry *registry, const char *name, struct owner **owner);

/** The record of a domain: as its file says, or else as it was seen.  NULL: its own. */
struct owner *owner_of(const struct registry *registry, const struct domain *domain);

/** The same of a domain whose placing is about to change. */
struct owner *owner_choose(const struct registry *registry, const char *domain, struct owner *declared,
			   struct owner *observed);

/** The id that the record of a published domain has to have. */
const char *owner_id(const struct registry *registry, const struct domain *domain);

/** The known domain whose own name a record has, if that is not declared or observed anywhere; or NULL.  All
 * others of the record are. */
const struct domain *owner_native(const struct registry *registry, const struct owner *owner);

/** How many known domains the record of one serves: itself, and maybe others. */
size_t owner_domains(const struct registry *registry, const struct domain *domain);

/**
 * Make the records those of the store, before its domains are read.
 *
 * @return ERR_OK, ERR_STORE (cause logged), ERR_NO_MEMORY
 */
enum err owner_load(struct registry *registry, struct store *store);

#endif
