/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_BEFORE_H
#define CTL_ACME_BEFORE_H

/**
 * A look before ordering: whether the order of a policy host's certificate can succeed.  One that cannot is
 * not sent, so that it costs nothing of what the authority allows.
 *
 * It needs an address at each of its authoritative name servers, each address has to lead to this daemon,
 * and no CAA record may forbid it.
 *
 * Threads: any, one object a thread.
 */

#include "api/ordering.h"
#include "ctl/acme/caa.h"
#include "ctl/dns/ask.h"

/** Longest detail, and the room for it and its end. */
#define BEFORE_DETAIL_MAX  400
#define BEFORE_DETAIL_SIZE (BEFORE_DETAIL_MAX + 1)

/** So many addresses of a host are tried. */
#define BEFORE_ADDRESSES_MAX 16

/** After so long no further name is asked about, milliseconds: what is not known by then counts as unknown.
 */
#define BEFORE_MS 60000

/** For the first of two tries of each question, milliseconds. */
#define BEFORE_TRY_MS 1500

/** What is asked how. */
struct before_way {
	struct ask_way dns;
	const char *socket;       /**< of the daemon */
	const struct names *own;  /**< addresses that lead here, as inet_ntop(3) writes them: not tried */
	struct caa_issuer issuer; /**< who would be asked for the certificate; its method does not count */
	unsigned ways;            /**< by which it can be proven that names lead here, bits of enum proving */
};

/** One host. */
struct before {
	const char *host;          /**< in; the policy host */
	unsigned ways;             /**< those that CAA records allow, of one that is not held */
	enum ordering_state state; /**< what speaks against the order; 0: nothing does */
	bool is_held; /**< it is not sent: unreached and unknown hold it only when nothing at all leads here
		       */
	char detail[BEFORE_DETAIL_SIZE]; /**< what was seen, one line, escaped; without a state "" or a remark
					  */
	const char *advice;              /**< what to do; static, NULL without a state */
};

/**
 * Look whether a certificate for a host can be ordered.
 *
 * @return ERR_OK, ERR_SYNTAX (the resolver is no address), ERR_NO_MEMORY
 */
enum err before_look(const struct before_way *way, struct before *before);

/**
 * The same for many hosts, some at a time; what is heard of DNS is shared.
 *
 * @return as before_look()
 */
enum err before_look_all(const struct before_way *way, struct before *all, size_t count);

#endif
