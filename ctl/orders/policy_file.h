/* SPDX-License-Identifier: ISC */
#ifndef CTL_ORDERS_POLICY_FILE_H
#define CTL_ORDERS_POLICY_FILE_H

/**
 * DOMAIN.txt in a directory of domain files: the policy as the host before served it.
 *
 * Threads: any.
 */

#include "ctl/check/former.h"

#include <stdio.h>

/**
 * Look whether a file is in the way, and note it as the domain's problem; one that says the same is not.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err policy_file_look(const char *folder, struct former *former);

/**
 * Write the file whole and durably, or not at all; one that says the same stays.
 *
 * @param err  gets the complaint
 * @return ERR_OK, ERR_REFUSED (complained about), ERR_NO_MEMORY
 */
enum err policy_file_write(const char *folder, const struct former *former, FILE *err);

#endif
