/* SPDX-License-Identifier: ISC */
#ifndef CTL_CHECK_TRANSFER_H
#define CTL_CHECK_TRANSFER_H

/**
 * A transfer of libcurl's as senders make it: nothing less than TLS 1.2, with a certificate that names the
 * host and leads to a CA that is trusted; but to an address that we choose, and through no proxy.
 *
 * Threads: any; the transfers of one call belong to its thread.
 */

#include "base/err.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <time.h>

/** Where it goes. */
struct transfer_place {
	const char *address; /**< IPv4 or IPv6 */
	in_port_t port;      /**< in the order of this machine's bytes */
};

/** What libcurl holds on to until it has ended.  Zero-initialise. */
struct transfer {
	CURL *curl;
	struct curl_slist *to;
	char detail[CURL_ERROR_SIZE]; /**< of what failed, as libcurl says it */
	void *of;                     /**< what it is for */
};

/** What is wrong with a certificate. */
enum transfer_fault {
	TRANSFER_WRONG_NAME = 1,
	TRANSFER_WRONG_TIME, /**< it has expired, or is not valid yet */
	TRANSFER_UNTRUSTED,
};

/** Tell whether this machine has a way to addresses of that family. */
bool transfer_has_route(const struct transfer_place *place);

/**
 * Make the handle, with what all transfers have in common.
 *
 * @param url  with host and port
 * @param ca  file of CA certificates to trust instead of the system's; NULL: the system's
 * @return whether there was memory for it; transfer_end() is due in any case
 */
bool transfer_begin(struct transfer *transfer, const char *url, const struct transfer_place *place,
		    const char *ca, long timeout_ms);

/**
 * Go on until all of them have ended.
 *
 * @param conclude  called for each, while its connection is there
 * @return ERR_OK, ERR_NO_MEMORY (not all were concluded)
 */
enum err transfer_run(CURLM *multi, void (*conclude)(struct transfer *transfer, CURLcode code));

/** Tell from when until when the certificate is valid; 0 where none was seen. */
void transfer_read_dates(const struct transfer *transfer, time_t *not_before, time_t *not_after);

/** Tell what is wrong where the certificate was refused. */
enum transfer_fault transfer_blame(const struct transfer *transfer, time_t not_before, time_t not_after);

/** What libcurl says of how it ended, never empty. */
const char *transfer_detail(const struct transfer *transfer, CURLcode code);

/** Free it. */
void transfer_end(CURLM *multi, struct transfer *transfer);

#endif
