/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_ACCOUNT_H
#define CTL_ACME_ACCOUNT_H

/**
 * The directory with the account at an authority: uacme's key in it, a lock, which authorities know the key,
 * and a work directory that lives as long as one order.
 *
 * What is left of a run that was cut off is removed by the next one.
 *
 * Threads: the main thread only.
 */

#include "base/text.h"

#include <stdio.h>

/** The work directory, and the files of an order: the request, the chain that uacme writes beside it, and the
 * program that it asks.
 */
#define ACCOUNT_WORK    "work"
#define ACCOUNT_REQUEST ACCOUNT_WORK "/request.pem"
#define ACCOUNT_CHAIN   ACCOUNT_WORK "/request-cert.pem"
#define ACCOUNT_HOOK    ACCOUNT_WORK "/acme-hook"

/** Begin with { .fd = -1, .lock = -1 }; closed with account_close(). */
struct account {
	char *folder; /**< absolute */
	int fd;       /**< of the directory */
	int lock;
};

/**
 * Open the directory, and make it with mode 0700 if there is none; and lock it.
 *
 * Root gives the directory that it makes to the user of the units, if there is one, and becomes the owner of
 * one that is not its own before anything is written into it: for good, so that all that follows is done by
 * that user.
 *
 * @param err  gets the complaint
 * @param[out] account  closed with account_close() in any case
 * @return ERR_OK, ERR_REFUSED (it cannot be made or used, or may be written to by others; complained about),
 *         ERR_EXISTS (another run has the lock; the same), ERR_NO_MEMORY
 */
enum err account_open(const char *path, FILE *err, struct account *account);

/** The path of a file in it, to free(), or NULL without memory. */
char *account_path(const struct account *account, const char *name);

/** Tell whether account_note() was called for an authority, and the key is still there.
 *
 * @param folder  of the account; fine when there is none
 */
bool account_is_known(const char *folder, const char *directory);

/**
 * Remember that the authority with this directory URL has an account for the key.
 *
 * @param uri  of the account there; "": it is not to be had; NULL: nobody has asked for it yet
 * @return ERR_OK, ERR_IO
 */
enum err account_note(const struct account *account, const char *directory, const char *uri);

/** Longest URI of an account that is remembered, and the room for it and its end. */
#define ACCOUNT_URI_MAX  1024
#define ACCOUNT_URI_SIZE (ACCOUNT_URI_MAX + 1)

/**
 * Find the URI that was noted last for an authority.
 *
 * @param[out] uri  it, or "", which may have been noted, too
 * @return whether one was noted
 */
bool account_uri(const char *folder, const char *directory, char uri[ACCOUNT_URI_SIZE]);

/**
 * Begin an order: a work directory with the request, and the link by which uacme runs this program as its
 * hook.
 *
 * @return ERR_OK, ERR_IO (errno tells why), ERR_NO_MEMORY
 */
enum err account_begin(const struct account *account, const char *request);

/** End it: remove the work directory. */
void account_end(const struct account *account);

/** Give up the lock and close it. */
void account_close(struct account *account);

#endif
