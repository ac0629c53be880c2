/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_USER_H
#define CTL_ACME_USER_H

/**
 * Whose the account is: root hands it to the user that the units run as, and becomes its owner, so that
 * neither uacme nor what an authority sends has root's rights, and what is run by hand and by the timer has
 * one account.
 *
 * Threads: the main thread only.
 */

#include "base/err.h"

#include <stdio.h>
#include <sys/stat.h>

/** The user of mta-stsd-acme.service (systemd/sysusers.d). */
#define USER_NAME "mta-stsd-acme"

/**
 * Give that user a directory that root has just made; it stays as it is for anybody else, and where there is
 * no such user.
 *
 * @return ERR_OK, ERR_IO (errno tells why)
 */
enum err user_give(int fd);

/**
 * Become an owner for good, with all groups of that user; nothing happens if the owner is root, or this is
 * not.
 *
 * @param path  what is owned, for the complaint
 * @param err  gets the complaint
 * @return ERR_OK, ERR_REFUSED (there is no such user, or the kernel does not let us; complained about)
 */
enum err user_become(const struct stat *owner, const char *path, FILE *err);

#endif
