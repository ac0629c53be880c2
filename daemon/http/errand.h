/* SPDX-License-Identifier: ISC */
#ifndef HTTP_ERRAND_H
#define HTTP_ERRAND_H

/**
 * A whole request on its way to its answer, which a clerk makes while its listener serves others.
 *
 * All that belongs to the answer is the clerk's thread's: it is made there, each piece of it, and it is freed
 * there.  Where there is no clerk all of it is done at once.  What changes nothing may be answered in the
 * middle of what does (clerk_turn()).
 *
 * Threads: that of the listener.
 */

#include "base/clerk.h"
#include "http/routes.h"

/**
 * The most of an answer in pieces that is waited for before its head: one that ends by then has a
 * Content-Length, and is for clients that take no chunks, too.  Pieces may be small and yet take long to
 * make.
 */
#define ERRAND_WHOLE_SIZE   65536
#define ERRAND_WHOLE_PIECES 8

/** Called when the clerk has come to the end of an errand that was under way. */
typedef void errand_heard(void *context);

/** What an errand works with. */
struct errand_tools {
	const struct routes *routes; /**< its context is lent until the clerk ends */
	struct clerk *clerk;         /**< NULL: there is none */
	errand_heard *heard;
};

struct errand;

/**
 * Have a request answered.
 *
 * @param request  copied, but for the body
 * @param body  its body, taken over; NULL inside afterwards
 * @param in_pieces  whether its client takes an answer in pieces
 * @param context  of errand_tools.heard; lent until errand_leave()
 * @return ERR_OK (it is under way, or done when there is no clerk), ERR_NO_MEMORY (nothing was asked)
 */
enum err errand_new(const struct errand_tools *tools, const struct request *request, struct text *body,
		    bool in_pieces, void *context, struct errand **errand);

/** Tell whether the clerk has not come to its end yet. */
bool errand_is_under_way(const struct errand *errand);

/**
 * The answer, when it is not under way: its head and first piece at first, the next piece in its body after
 * errand_go_on().
 *
 * @return NULL when it could not be made, nor gone on with
 */
struct answer *errand_answer(struct errand *errand);

/** Tell whether what was asked is an order that was done, though it could not be told of. */
bool errand_was_done(const struct errand *errand);

/** Have the next piece made of an answer that comes in pieces; its body is empty then when there is none. */
void errand_go_on(struct errand *errand);

/** Bytes that it holds, as far as they are known. */
size_t errand_memory(const struct errand *errand);

/** Give it up and set NULL: what was asked is done all the same.  NULL inside is fine. */
void errand_leave(struct errand **errand);

#endif
