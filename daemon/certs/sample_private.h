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

/** What is to be done about a folder. */
enum sample {
	SAMPLE_TOLD = 1, /**< nothing: the names tell all */
	SAMPLE_READ,     /**< read its files */
	SAMPLE_TOO_MUCH, /**< they would have to be read, and are too many */
};

/**
 * Tell whether a folder's files have to be read: one has the name of a certificate and no layout that is
 * known, a key is not where the name of its chain has it, or one of the first MATCH_SAMPLE files that should
 * hold both halves lacks one and there are others.  These few are all that is read here.
 *
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err sample_folder(const struct match *match, enum sample *sample);

#endif
