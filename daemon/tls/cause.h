/* SPDX-License-Identifier: ISC */
#ifndef TLS_CAUSE_H
#define TLS_CAUSE_H

/**
 * What the library's errors mean: in kinds, in words, and in alerts.
 *
 * For session.c only.  Threads: any.
 */

#include "tls/failure.h"

#include <gnutls/gnutls.h>

/** Room for a cause in words. */
#define CAUSE_SIZE 192

/** What happens every day, in words of our own; an alert stands where the library would choose another. */
struct cause {
	int result;
	enum failure kind;
	const char *words;
	gnutls_alert_level_t level; /**< 0: no alert of our own */
	gnutls_alert_description_t alert;
};

/** The row of an error of the library, or NULL. */
const struct cause *cause_find(int result);

/** The kind of any error. */
enum failure cause_kind(int result);

/** Write any error in a few words; of an alert that came, which one it was. */
void cause_tell(gnutls_session_t tls, int result, char out[CAUSE_SIZE]);

#endif
