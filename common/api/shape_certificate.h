/* SPDX-License-Identifier: ISC */
#ifndef API_SHAPE_CERTIFICATE_H
#define API_SHAPE_CERTIFICATE_H

/**
 * What the control API shows of certificates, mta-stsd-api(7).
 *
 * Threads: any, one object a thread.
 */

#include "api/shape_ordering.h"

struct api_certificate {
	const char *file;
	const char *source; /**< "installed", over the control socket, or "directory" */
	json_t *names;
	const char *issuer; /**< distinguished name, RFC 4514 */
	const char *key;
	char not_before[SHAPE_TIME_SIZE];
	char not_after[SHAPE_TIME_SIZE];
	json_int_t days_left;
	const char *stage; /**< "fine", "soon", "urgent" or "expired" */
	bool used;
	bool sound;             /**< nothing makes senders refuse it */
	const char *renewal_id; /**< RFC 9773, section 4.1; NULL: it has none, or an older daemon */
};

/** The list of all certificates. */
struct api_certificates {
	json_t *certificates; /**< shape_certificate */
	json_int_t uncovered;
	json_t *uncovered_domains;
	json_t *orders; /**< shape_certificate_order, by domain; NULL: an older daemon */
};

/** The answer to the installing of one. */
struct api_installed {
	bool dry_run;
	struct api_certificate certificate;
	json_t *replaced;
	json_t *covers;
	json_int_t covers_count;
	json_int_t uncovered;
	json_t *complaints; /**< shape_complaint */
	json_int_t audit;   /**< 0: nothing was changed */
};

extern const struct shape shape_certificate, shape_certificates, shape_installed;

#endif
