/* SPDX-License-Identifier: ISC */
#ifndef HTTP_VISIT_H
#define HTTP_VISIT_H

/**
 * One request to a listener, from its request line to its answer, as callbacks of libmicrohttpd.
 *
 * Each takes the listener's struct routes as its closure.
 *
 * Threads: that of the library's instance.
 */

#include <microhttpd.h>
#include <stddef.h>

/**
 * Begin a visit, as MHD_OPTION_URI_LOG_CALLBACK.
 *
 * @return the visit, which the library hands to the other two; NULL without memory
 */
void *visit_begin(void *routes, const char *target, struct MHD_Connection *connection);

/** Gather the body and answer when it is whole, as MHD_AccessHandlerCallback. */
enum MHD_Result visit_handle(void *routes, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *upload, size_t *upload_len,
			     void **visit);

/** Free a visit, answered or not, as MHD_OPTION_NOTIFY_COMPLETED. */
void visit_end(void *routes, struct MHD_Connection *connection, void **visit,
	       enum MHD_RequestTerminationCode why);

#endif
