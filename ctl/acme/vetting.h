/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_VETTING_H
#define CTL_ACME_VETTING_H

/**
 * The looks before ordering (ctl/acme/before.h) of one run: which hosts may be ordered, and what is said of
 * the others.
 *
 * Threads: the main thread only.
 */

#include "ctl/acme/before.h"
#include "ctl/acme/obtained.h"
#include "ctl/acme/proving.h"

/** So many hosts are looked at together. */
#define VETTING_BATCH 32

/** Begin with vetting_begin(), end with vetting_end(). */
struct vetting {
	struct before_way way;
	struct names passed; /**< hosts that may be ordered */
	struct names
		barred[PROVING_COUNT]; /**< those of them of which CAA records forbid a way, by its place */
};

/**
 * Begin.
 *
 * @param own  addresses that lead here; lent, like the other
 * @param identities  of the authority, in CAA records; they may come later
 * @param ways  by which it can be proven that names lead here, bits of enum proving
 * @return ERR_OK, ERR_NO_MEMORY; end it in any case
 */
enum err vetting_begin(const struct run_view *view, const struct names *own, const struct names *identities,
		       unsigned ways, struct vetting *vetting);

/** Tell whether a host was looked at and may be ordered. */
bool vetting_has_passed(const struct vetting *vetting, const char *host);

/** By which ways the authority may be shown that a host that has passed leads here. */
unsigned vetting_ways(const struct vetting *vetting, const char *host);

/**
 * Look at policy hosts; of one whose order cannot succeed the item says why, and what to do.
 *
 * @param items  at most VETTING_BATCH; their domains are those of the hosts
 * @return RUN_DONE (whatever was found), RUN_USAGE (--resolver is no address: complained about), RUN_NOT_DONE
 * (the same)
 */
enum run_status vetting_look(struct vetting *vetting, const struct run_view *view,
			     struct obtained *const items[], size_t count);

/** The same for those of many domains for which the daemon has made a request, and which are to be ordered
 * at one authority. */
enum run_status vetting_look_all(struct vetting *vetting, const struct run_view *view,
				 struct obtained items[], size_t count, size_t authority);

/** Free what it holds. */
void vetting_end(struct vetting *vetting);

#endif
