/* SPDX-License-Identifier: ISC */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

/**
 * libmicrohttpd as a function: the bytes of one request head in, the bytes of its whole answer out.
 *
 * An instance has no socket to the world and no thread.  A socket pair leads to it, which stays for all
 * requests: each call writes a head to its end and runs the library until the answer is there; the head is
 * complete and no body is read, so nothing waits.
 *
 * Threads: one object a thread.
 */

#include "http/head.h"

/** Room for every answer: a policy of 10 KiB and its header. */
#define EXCHANGE_ANSWER_SIZE 16384

struct exchange;

/** What has become of a request. */
struct exchange_result {
	size_t len;                  /**< of the answer, bytes */
	unsigned status;             /**< of the answer */
	char note[ROUTES_NOTE_SIZE]; /**< as struct answer has it */
};

/**
 * @param routes  lent until exchange_free(); answered with "Connection: close" and "Cache-Control: no-store"
 * @return ERR_OK, ERR_IO (cause logged), ERR_NO_MEMORY
 */
enum err exchange_new(const struct routes *routes, struct exchange **exchange);

/** Free it; NULL inside is fine. */
void exchange_free(struct exchange **exchange);

/**
 * Answer a request whose head head_check() accepted.
 *
 * @param bytes  the head, len bytes
 * @param head  what head_check() said of it
 * @param[out] answer  a complete response
 * @return ERR_OK, ERR_IO (no descriptor or no answer to be had; cause logged, rate-limited): close
 *         without an answer
 */
enum err exchange_run(struct exchange *exchange, const char *bytes, size_t len, const struct head *head,
		      char answer[EXCHANGE_ANSWER_SIZE], struct exchange_result *result);

/** The same for a request that is refused before its routes are asked, with the given status and no body. */
enum err exchange_refuse(struct exchange *exchange, unsigned status, char answer[EXCHANGE_ANSWER_SIZE],
			 struct exchange_result *result);

/**
 * Write the head of an answer that was made already, and whose body the caller sends.
 *
 * @param answer  lent; its lent bytes or else its body are what Content-Length counts; one that comes in
 * pieces is announced as chunked
 * @param[out] head  status line and fields, with the empty line
 * @return as exchange_run()
 */
enum err exchange_announce(struct exchange *exchange, const struct answer *answer,
			   char head[EXCHANGE_ANSWER_SIZE], size_t *len);

#endif
