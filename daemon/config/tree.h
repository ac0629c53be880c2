/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

/**
 * From the text that config/scan.h makes to libconfig's tree, and nothing lost on the way.
 *
 * When memory is refused, libconfig leaves out a name, a text or the member of a list without a word, or it
 * ends the process (mta-stsd(8), Memory).  So what comes out is counted, and is as much as went in or is not
 * used.
 *
 * Threads: any, one object a thread.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "config/source.h"

#include <libconfig.h>

/**
 * Parse a text.
 *
 * @param source  as scan_load() leaves it
 * @param config  initialised; to be destroyed by the caller also after an error
 * @return ERR_OK (every name is there, and every text), ERR_SYNTAX (complained about), ERR_NO_MEMORY
 */
enum err tree_parse(const struct source *source, struct complaints *complaints, config_t *config);

#endif
