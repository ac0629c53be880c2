/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VIEW_CERTIFICATES_H
#define CONTROL_VIEW_CERTIFICATES_H

/**
 * What the API shows of certificates, and the route that lists them; the shapes stand in mta-stsd-api(7).
 *
 * Each value is new, or NULL without memory.
 *
 * Threads: the main thread.
 */

#include "control/action.h"

/** A certificate with its key: CERTIFICATE. */
json_t *view_certificate(const struct host *host, const struct facts *info, bool used);

/** The certificates as a whole, for the status. */
json_t *view_certificates_status(const struct host *host);

/** GET /v1/certificates: every certificate, and the domains that have none. */
void view_certificates_list(void *context, const struct request *request, struct answer *answer);

#endif
