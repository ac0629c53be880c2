/* SPDX-License-Identifier: ISC */
#ifndef TLS_REHEARSAL_H
#define TLS_REHEARSAL_H

/**
 * A fetch that the daemon makes of itself, to see whether it still answers: the client's side.
 *
 * The head of a policy is asked for, which nobody takes for a sender's fetch.  The certificate is not looked
 * at: this is about life and not about trust.
 *
 * Threads: one object a thread.
 */

#include "base/err.h"

struct rehearsal;

/**
 * Begin with a connected socket.
 *
 * @param fd  non-blocking; taken over, also on error
 * @param host  policy host to ask for; "" when none is served: then nothing but unrecognized_name is right
 * @param[out] rehearsal  freed with rehearsal_free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err rehearsal_new(int fd, const char *host, struct rehearsal **rehearsal);

/**
 * Go on as far as the socket allows; call again when it can be read.
 *
 * @return ERR_OK (the answer is here, and right), ERR_AGAIN (nothing more has come yet), ERR_REFUSED (an
 * answer, but not the right one: a status, an alert, or the end of the connection), ERR_NO_MEMORY (ours:
 * nothing is known)
 */
enum err rehearsal_go_on(struct rehearsal *rehearsal);

/** Room for rehearsal_text(). */
#define REHEARSAL_TEXT_SIZE 128

/** How far it got, and what it got instead of an answer, in a few words for a log line. */
const char *rehearsal_text(const struct rehearsal *rehearsal, char out[REHEARSAL_TEXT_SIZE]);

/** Close the socket and free.  NULL inside is fine. */
void rehearsal_free(struct rehearsal **rehearsal);

#endif
