/* SPDX-License-Identifier: ISC */
#ifndef TLS_FAILURE_H
#define TLS_FAILURE_H

/**
 * Why a handshake failed, in kinds that can be counted.
 */

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
	FAILURE_COUNT
};

#endif
