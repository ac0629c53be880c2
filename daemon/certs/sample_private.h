/* SPDX-License-Identifier: ISC */
#ifndef CERTS_SAMPLE_PRIVATE_H
#define CERTS_SAMPLE_PRIVATE_H

/**
 * Whether the names of a folder's files tell enough, or the files have to be read.
 *
 * Threads: any.
 */

#include "certs/match_private.h"

/** Tell whether a file is read when its folder's files are. */
bool sample_reads(const struct named *named);

/**
 * Tell whether a folder's files have to be read: one has the name of a certificate and no layout that is
 * known, a key is not where the name of its chain has it, or one of the first MATCH_SAMPLE files that should
 * hold both halves lacks one and there are others.  These are all that is read here.
 *
 * @param[out] wanted  false also when they are too many, which is complained about
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err sample_folder(const struct match *match, struct complaints *complaints, bool *wanted);

#endif
