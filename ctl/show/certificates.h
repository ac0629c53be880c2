/* SPDX-License-Identifier: ISC */
#ifndef CTL_SHOW_CERTIFICATES_H
#define CTL_SHOW_CERTIFICATES_H

/**
 * Certificates in words.
 *
 * What appends returns ERR_OK or ERR_NO_MEMORY.
 *
 * Threads: any.
 */

#include "api/shape_certificate.h"
#include "base/text.h"
#include "ctl/cli/view.h"

/** The name of it that tells a mail administrator most: a policy host, or else a wildcard, or else the first.
 */
const char *certificates_host(const struct api_certificate *certificate);

/** Tell whether it is in a stage, "urgent". */
bool certificates_is(const struct api_certificate *certificate, const char *stage);

/** Append its names, "mta-sts.example.org and 2 more". */
enum err certificates_say_names(const struct api_certificate *certificate, struct text *out);

/** Append how much time is left, "89 days left" or "EXPIRED". */
enum err certificates_say_left(const struct api_certificate *certificate, struct text *out);

/** Append the common name in a distinguished name (RFC 4514), or all of it when there is none. */
enum err certificates_say_issuer(const char *issuer, struct text *out);

/** Print a table of the certificates, then the domains without one and how to get one. */
enum err certificates_print(const struct print_view *view, json_t *reply);

#endif
