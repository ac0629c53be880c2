/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_SILENCE_H
#define CTL_ACME_SILENCE_H

/**
 * Authorities that do not answer: since when, and when each is asked again, kept in the account directory.
 *
 *     https://acme-v02.api.letsencrypt.org/directory 2026-11-30T20:00:00Z 2026-11-30T20:30:00Z 3 directory
 *
 * What is kept can be found out again, so a file that is damaged is as good as none.
 *
 * Threads: the main thread only.
 */

#include "base/names.h"
#include "ctl/acme/account.h"

#include <time.h>

/** One authority.  All 0: it answers. */
struct silence {
	time_t since;   /**< when it began */
	time_t tried;   /**< when it was last asked */
	unsigned times; /**< how often it was asked since then */
	bool is_mute;   /**< its directory answers, but orders do not */
};

/** Note that one was asked in vain. */
void silence_note(struct silence *silence, time_t now, bool is_mute);

/** When it is asked again: at intervals that grow up to two hours; 0: at once. */
time_t silence_until(const struct silence *silence);

/**
 * Read what is kept.
 *
 * @param folder  of the account; fine when there is none
 * @param urls  of the authorities' directories
 * @param[out] silences  one for each of them
 */
void silence_read(const char *folder, const struct names *urls, time_t now, struct silence silences[]);

/** Keep it.  Returns ERR_OK, ERR_IO (errno tells why), ERR_NO_MEMORY. */
enum err silence_write(const struct account *account, const struct names *urls,
		       const struct silence silences[]);

#endif
