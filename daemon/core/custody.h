/* SPDX-License-Identifier: ISC */
#ifndef CORE_CUSTODY_H
#define CORE_CUSTODY_H

/**
 * Whether the state is in our hands alone: whoever else may write there decides what is published and under
 * which key.
 *
 * Threads: any.
 */

#include "base/complaints.h"

/**
 * Warn of a state directory, or files and directories in it, that the group or everybody may write to, and of
 * a state directory that belongs to another user than root and our own.
 *
 * Of the entries of a directory the first is named, with the number of the others.
 */
void custody_check(const char *state, struct complaints *complaints);

#endif
