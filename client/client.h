/* SPDX-License-Identifier: ISC */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

/**
 * One question to the daemon over its control socket, mta-stsd-api(7), and the answer as data.
 *
 * The only module that speaks to the daemon.  It prints nothing: what went wrong is data, too, and who wants
 * to know of a long silence is called.
 *
 * Threads: any, one question a thread.
 */

#include "base/err.h"

#include <jansson.h>

/** The one Content-Type of replies that are not JSON: the text format of Prometheus. */
#define CLIENT_METRICS "text/plain; version=0.0.4; charset=utf-8"

/** So long a daemon that runs seldom takes, milliseconds; libcurl looks about once a second. */
#define CLIENT_SILENT_MS 1000

/** What there may be of a reply, besides rows that are taken, bytes. */
#define CLIENT_REPLY_MAX ((size_t)256 << 20)

/** Room for what a failure says in words, and its end. */
#define CLIENT_DETAIL_SIZE 256

/** What is asked.  Zero-initialise, freed with client_request_free(). */
struct client_request {
	const char *method;
	char *path; /**< with its query */
	char *body; /**< JSON; NULL when the method takes none */
	/** Called once when nothing has come back for CLIENT_SILENT_MS, and it is waited on; NULL: nobody
	 * asks. */
	void (*silent)(void *context);
	void *context; /**< for it */
	/**
	 * Takes each row of an array of the answer, lent, as it comes; that of the reply is empty then.
	 * Anything but ERR_OK ends the question.  NULL: the reply has them all.
	 */
	enum err (*row)(void *rows, json_t *row);
	const char *member; /**< which array that is: one that no refusal has */
	/** The same for an array that comes behind that one; NULL: the reply has it. */
	enum err (*row_behind)(void *rows, json_t *row);
	const char *member_behind;
	/** Called before the first row, and where there is none, with what the answer has before the array;
	 * NULL: nobody asks.  Anything but ERR_OK ends the question. */
	enum err (*begin)(void *rows, json_t *head);
	void *rows; /**< for all of them */
};

/** What the daemon answers.  Zero-initialise, freed with client_reply_free(). */
struct client_reply {
	long status;  /**< of HTTP */
	json_t *body; /**< any JSON value; CLIENT_METRICS become a string */
};

/** How far a question came that has no answer. */
enum client_fault {
	CLIENT_NOT_READY = 1, /**< libcurl cannot be set up, or there is no memory */
	CLIENT_NO_CONNECTION, /**< nothing was sent */
	CLIENT_CUT_OFF,       /**< the request, or a part of it, was sent, and no whole reply came back */
	CLIENT_TOO_LONG,      /**< so was the request, and the reply is longer than CLIENT_REPLY_MAX */
	CLIENT_NO_MEMORY,     /**< the whole reply came, and there is no memory to read it */
	CLIENT_NO_JSON,       /**< the reply is neither JSON nor UTF-8 text of CLIENT_METRICS */
	CLIENT_NOT_TAKEN,     /**< who asked did not take a row */
};

/** Why there is no answer. */
struct client_failure {
	enum client_fault fault;
	int cause;                       /**< errno of CLIENT_NO_CONNECTION; 0: not known */
	long status;                     /**< of HTTP; when the whole reply came */
	char detail[CLIENT_DETAIL_SIZE]; /**< libcurl's words; of the two that it knows about */
};

/**
 * Ask, and wait for the whole reply.
 *
 * @param socket  path of the control socket
 * @param timeout_ms  for everything together; when rows are taken, for any silence
 * @param[out] reply  on ERR_OK; freed with client_reply_free()
 * @param[out] failure  otherwise
 * @return ERR_OK (whatever the status), ERR_CLOSED (nothing was sent), ERR_UNKNOWN (CLIENT_CUT_OFF,
 * CLIENT_TOO_LONG), ERR_SYNTAX (the reply came, and cannot be read), or what a row was not taken for
 */
enum err client_ask(const char *socket, const struct client_request *request, long timeout_ms,
		    struct client_reply *reply, struct client_failure *failure);

/**
 * Put together the path of a request.
 *
 * @param begin  goes into the path as it is, like between
 * @param rest  is percent-encoded
 * @param[out] path  freed with free()
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err client_path(const char *begin, const char *between, const char *rest, char **path);

/** Free a reply and empty it. */
void client_reply_free(struct client_reply *reply);

/** Free a request's strings, the body overwritten first: it may hold a key; and empty it. */
void client_request_free(struct client_request *request);

#endif
