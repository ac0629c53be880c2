/* SPDX-License-Identifier: ISC */
#ifndef APP_TRAIL_H
#define APP_TRAIL_H

/**
 * The way to a file: in which directories something has to change for a path to lead elsewhere.
 *
 * Threads: any.
 */

#include "base/err.h"

#include <stdbool.h>

/**
 * Follow a path, and call for each name that decides where it leads: each symbolic link on the way, the last
 * part, or else the first one that is not there; and for the directory that it leads to.
 *
 * The directories above, which others share, are taken for granted.
 *
 * @param each  with a directory and the name in it that matters, NULL for all of them; what changes there may
 *         change what the path leads to, or, if it is not vital, only the place of a directory that
 *         is told of itself.  What is not ERR_OK ends it.
 * @return what each returned
 */
enum err trail_follow(const char *path,
		      enum err (*each)(void *context, const char *directory, const char *name, bool vital),
		      void *context);

#endif
