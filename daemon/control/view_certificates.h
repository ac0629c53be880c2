/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_VIEW_CERTIFICATES_H
#define CONTROL_VIEW_CERTIFICATES_H

/**
 * What the API shows of certificates, as JSON; the shapes stand in mta-stsd-api(7).
 *
 * Each returns a new value, or NULL without memory.
 *
 * Threads: the main thread.
 */

#include "certs/pair.h"
#include "core/host.h"

#include <jansson.h>
#include <stdbool.h>

/** A certificate with its key: CERTIFICATE. */
json_t *view_certificate(const struct host *host, const struct pair_info *info, bool used);

/** Every certificate that is loaded, in the order of their files. */
json_t *view_certificates(const struct host *host);

/** The certificates as a whole, for the status. */
json_t *view_certificates_status(const struct host *host);

#endif
