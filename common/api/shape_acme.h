/* SPDX-License-Identifier: ISC */
#ifndef API_SHAPE_ACME_H
#define API_SHAPE_ACME_H

/**
 * What the control API takes and shows while a certificate is ordered, mta-stsd-api(7).
 *
 * Threads: any, one object a thread.
 */

#include "api/shape.h"

/** A request for a certificate. */
struct api_requested {
	const char *request; /**< PKCS#10 in PEM */
	json_t *names;
	const char *key; /**< "ecdsa" or "rsa" */
	char since[SHAPE_TIME_SIZE];
};

/** An open challenge. */
struct api_challenge {
	const char *host;
	const char *type;
	const char *token;
	char until[SHAPE_TIME_SIZE];
};

/** All of them. */
struct api_challenges {
	json_t *challenges; /**< shape_challenge */
};

/** The answer to the end of some. */
struct api_challenges_removed {
	json_int_t removed;
};

/** What certificates are ordered with, as the settings say. */
struct api_acme {
	const char *directory; /**< URL of the first authority's directory */
	const char *key;       /**< "ecdsa" or "rsa" */
	json_t *addresses;     /**< by which the world reaches this host */
	bool http;             /**< whether challenges of type http-01 can be answered */
	json_t *directories;   /**< URLs of all authorities' directories, in order of preference */
};

extern const struct shape shape_acme;
extern const struct shape shape_requested, shape_challenge, shape_challenges, shape_challenges_removed;

/** Bodies. */
extern const struct shape shape_request_body, shape_challenge_body;

#endif
