/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VIEW_CERTIFICATES_H
#define CONTROL_VIEW_CERTIFICATES_H

/**
 * What the API shows of certificates, and the route that lists them.
 *
 * Threads: the clerk's.
 */

#include "api/shape_certificate.h"
#include "api/shape_status.h"
#include "control/action.h"

/** Fill in a certificate with its key; it has to be written, which takes its JSON. */
void view_certificate_put(const struct host *host, const struct facts *info, bool used,
			  struct api_certificate *shown);

/** Fill in the certificates as a whole, for the status; the same holds. */
void view_covering(const struct host *host, struct api_covering *shown);

/** GET /v1/certificates: every certificate, the domains that have none, and what keeps those that
 * are ordered. */
void view_certificates_list(void *context, const struct request *request, struct answer *answer);

#endif
