/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_OBTAIN_PRIVATE_H
#define CTL_ACME_OBTAIN_PRIVATE_H

/**
 * The steps by which a certificate is obtained, one after the other for each domain.
 *
 * Threads: the main thread only.
 */

#include "ctl/acme/authorities.h"
#include "ctl/acme/chains.h"
#include "ctl/acme/eab.h"
#include "ctl/acme/manner.h"
#include "ctl/acme/obtained.h"
#include "ctl/acme/uacme.h"

/** What a run has; begin with { .view = view, .account = { .fd = -1, .lock = -1 } }. */
struct obtaining {
	const struct run_view *view;
	struct manner manner;
	struct authorities authorities;
	struct account account;
	struct uacme uacme;
	struct chain chain[2 * CHAINS_MOST]; /**< that were there before, and whose names are lent */
	size_t chain_count;
	char eab[EAB_SIZE]; /**< credentials for the account; "" */
};

/** The account directory that the options name. */
const char *obtain_folder(const struct options *options);

/** Find uacme, open the account and see what is known of the authorities, after manner_ask().  Returns
 * ERR_OK, ERR_REFUSED (complained about), ERR_EXISTS (another run has the account; the same), ERR_NO_MEMORY.
 */
enum err obtain_prepare(struct obtaining *obtaining);

/** Open the ledger of each authority.  Returns as run functions. */
enum run_status obtain_open_ledgers(struct obtaining *obtaining);

/** See to it that an authority is there, and that there is an account at it, as the options agree to, and
 * note whether it is.  Returns as run functions. */
enum run_status obtain_enrol(struct obtaining *obtaining, size_t authority);

/** Have the daemon make a request; where it does not, the item says why.  Returns ERR_OK, ERR_SYNTAX,
 * ERR_NO_MEMORY. */
enum err obtain_request(const struct obtaining *obtaining, struct obtained *item);

/**
 * Ask the daemon for something that it is to do; where it does not, the item says why.
 *
 * @param[out] reply  on success; NULL else
 * @param[out] refused  whether it refuses what it was asked for, so that it would do so again
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err obtain_post(const struct obtaining *obtaining, const char *path, json_t *body, bool ordered,
		     struct obtained *item, json_t **reply, bool *refused);

/** Order the certificate of a request that was made at an authority, and install it; where that fails, the
 * item says why. A chain that was made is kept until obtain_end(), whatever happens.  Returns as above. */
enum err obtain_order(const struct obtaining *obtaining, const struct authority *authority,
		      struct obtained *item);

/** Remove the chain of an order when it is installed, or refused for good, and that was entered. */
void obtain_end(const struct obtaining *obtaining, struct obtained *item);

/** Give up the account, and free what the run has. */
void obtain_close(struct obtaining *obtaining);

/** Print what became of it, unless all of it is printed as JSON.  Returns ERR_OK, ERR_IO, ERR_SYNTAX,
 * ERR_NO_MEMORY. */
enum err obtain_tell(const struct obtaining *obtaining, const struct obtained *item);

/** Print the end of a run, and tell how it ends. */
enum run_status obtain_conclude(const struct obtaining *obtaining, const struct obtained items[],
				size_t count);

#endif
