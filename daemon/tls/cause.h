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
#include <stdbool.h>

/** Room for a cause in words. */
#define CAUSE_SIZE 192

/** The kind of any error. */
enum failure cause_kind(int result);

/**
 * The alert that tells the client of an error.
 *
 * @param[out] level, alert  what to send
 * @return whether there is one; there is none when nobody is left to read it
 */
bool cause_alert(int result, gnutls_alert_level_t *level, gnutls_alert_description_t *alert);

/**
 * Write any error in a few words.
 *
 * @param alert  the client's, for GNUTLS_E_FATAL_ALERT_RECEIVED
 */
void cause_tell(int result, gnutls_alert_description_t alert, char out[CAUSE_SIZE]);

#endif
