/* SPDX-License-Identifier: ISC */
#ifndef TLS_FAILURE_H
#define TLS_FAILURE_H

/**
 * Why a handshake failed: in kinds that can be counted, in words, and in alerts.
 *
 * Threads: any.
 */

#include <stdbool.h>

/** What a failure is counted as. */
enum failure {
	FAILURE_NO_NAME,      /**< the client named no server */
	FAILURE_UNKNOWN_NAME, /**< no certificate covers the name */
	FAILURE_KEY,          /**< no certificate of the name has a key that the client takes */
	FAILURE_VERSION,      /**< no common version */
	FAILURE_CIPHER,       /**< no common cipher suite */
	FAILURE_GROUP,        /**< no common key exchange */
	FAILURE_PROTOCOL,     /**< no common application protocol */
	FAILURE_ALERT,        /**< the client refused */
	FAILURE_GONE,         /**< the client went away */
	FAILURE_MALFORMED,    /**< all else that it did against the protocol */
};

/** The size of a table that has a row for each. */
#define FAILURE_COUNT (FAILURE_MALFORMED + 1)

/** Room for a failure in words. */
#define FAILURE_SIZE 192

/**
 * The kind of any error.
 *
 * @param result  GNUTLS_E_...
 */
enum failure failure_kind(int result);

/**
 * The alert that tells the client of an error.
 *
 * @param[out] level, alert  what to send: GNUTLS_AL_..., GNUTLS_A_...
 * @return whether there is one; there is none when nobody is left to read it
 */
bool failure_alert(int result, int *level, int *alert);

/**
 * Write any error in a few words.
 *
 * @param alert  the client's, for GNUTLS_E_FATAL_ALERT_RECEIVED
 */
void failure_tell(int result, int alert, char out[FAILURE_SIZE]);

#endif
