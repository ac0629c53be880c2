/* SPDX-License-Identifier: ISC */
#ifndef HTTP_ROUTES_H
#define HTTP_ROUTES_H

/**
 * Requests, answers, and the tables that lead from one to the other.
 *
 * The public side (site/) and the control side (control/) each have one; which status a wrong path or method
 * gets is decided here for both.
 *
 * Threads: the tables are constant; a request and its answer belong to one thread.
 */

#include "base/text.h"

#include <sys/types.h>

/** Methods, as bits of struct route. */
enum method { METHOD_GET = 1, METHOD_HEAD = 2, METHOD_POST = 4, METHOD_DELETE = 8, METHOD_OTHER = 16 };

/** Longest path of a target, bytes; a longer one is answered with 414. */
#define ROUTES_TARGET_LIMIT 2048

/** Room for the value of an Allow header, and for what a handler notes of its answer. */
#define ROUTES_ALLOW_SIZE 32
#define ROUTES_NOTE_SIZE  40

/** What a peer may do, each more than the one before; of a row what its request takes, and one that does not
 * say is for nobody. */
enum right {
	RIGHT_UNSET,
	RIGHT_ANY,     /**< what everybody may */
	RIGHT_LOOK,    /**< see what is, change nothing */
	RIGHT_CERTIFY, /**< bring certificates, change no policy */
	RIGHT_ORDER,   /**< change something */
	RIGHT_OWNER,   /**< the same, and be let in when others hold all places */
};

/** The size of a table that has a row for each. */
#define RIGHT_COUNT (RIGHT_OWNER + 1)

/** Who asks. */
struct peer {
	uid_t uid; /**< of a Unix socket's other end, or (uid_t)-1 */
	enum right right;
};

/** One request, lent to its handler. */
struct request {
	enum method method;
	const char *target; /**< as it stood in the request line, not decoded; no blanks or controls */
	const char *path;  /**< target up to the first '?'; path, rest and query are set by routes_answer() */
	const char *rest;  /**< what a route that ends in "*" left of the path; "" otherwise */
	const char *query; /**< behind the first '?', or "" */
	const char *host;  /**< public side: policy host, normalised; control side: "" */
	const char *body;  /**< control side: body_len bytes and a NUL; public side: "" */
	size_t body_len;
	struct peer peer;
	const void *own; /**< what the row of its route says for its handler */
};

/** One answer, filled by a handler; zero-initialise, freed with answer_free(). */
struct answer {
	unsigned status;             /**< HTTP status code */
	const char *content_type;    /**< of a non-empty body; a static string */
	struct text body;            /**< owned */
	char note[ROUTES_NOTE_SIZE]; /**< of the handler for the access log, "" for none; never sent */
	unsigned allow;              /**< methods for the Allow header of a 405, else 0 */
	/** When set, body is empty and the answer's bytes are these, lent until release(owner). */
	const char *lent;
	size_t lent_len;
	/**
	 * When set, nothing is lent, and the answer comes in pieces, for a listener only: the first may be in
	 * body, and this appends the next one, of whatever size, and nothing at the end.  Anything but ERR_OK
	 * cuts the answer off.
	 */
	enum err (*more)(void *owner, struct text *piece);
	bool done;   /**< something was done, and no other answer may be given instead; of one in pieces */
	size_t held; /**< memory that the owner needs to go on, bytes */
	void *owner;
	void (*release)(void *owner);
};

/** One row of a table. */
struct route {
	/** The whole path, byte for byte; one that ends in "*" matches what begins so and goes on. */
	const char *path;
	unsigned methods; /**< METHOD_GET includes METHOD_HEAD */
	enum right needs; /**< of who asks: 403 for who has less */
	bool query; /**< whether a query string may follow; otherwise it makes the target another one: 404 */
	void (*handle)(void *context, const struct request *request, struct answer *answer);
	const void *own; /**< lent to the handler with the request; NULL: nothing */
};

/** A table and what its handlers need; ends with a row whose path is NULL. */
struct routes {
	const struct route *table;
	void *context; /**< lent to every handler */
	/** Makes the answers that no handler makes (404, 405, ...); NULL leaves them without a body. */
	void (*refuse)(void *context, unsigned status, struct answer *answer);
	/** Told of each request that its peer may not make, whose answer is a 403; may be NULL. */
	void (*forbidden)(void *context, const struct request *request);
	/** Listener: tells who is at the other end of a connection; NULL: somebody with RIGHT_ANY. */
	void (*identify)(void *context, int fd, struct peer *peer);
	enum right least; /**< who has less gets a 403 whatever he asks for, if it is there or not */
	size_t body_limits[RIGHT_COUNT]; /**< listener: largest body of such a peer, bytes; 0: none is read */
	unsigned places; /**< listener: connections at a time, if fewer than it has; 0: as many as that */
};

/** The method of a request line, by its name in exactly these letters (RFC 9110, section 9.1). */
enum method routes_method(const char *name, size_t len);

/** Write methods as an Allow header has them, "GET, HEAD"; returns out. */
const char *routes_allow(unsigned allow, char out[ROUTES_ALLOW_SIZE]);

/**
 * Tell what becomes of a request, before its body is there: target, method, host and peer decide.
 *
 * @param[out] allow  methods for the Allow header of a 405, else 0
 * @return 0 (a handler answers it), 403, 404, 405 or 414, as routes_answer() would answer it
 */
unsigned routes_check(const struct routes *routes, const struct request *request, unsigned *allow);

/**
 * Answer a request by the first row that has its target and its method: 404 when none has the target, 405
 * with Allow when some have it but not the method, 403 when the row takes more than the peer may.
 */
void routes_answer(const struct routes *routes, const struct request *request, struct answer *answer);

/** Tell whether a request that a handler answers, as routes_check() says, changes nothing. */
bool routes_only_looks(const struct routes *routes, const struct request *request);

/** Fill an answer that no handler makes. */
void routes_refuse(const struct routes *routes, unsigned status, struct answer *answer);

/**
 * Take pieces of an answer into its body: all of them, which makes it a whole one, or up to a size or a
 * number.  Nothing is done to an answer that does not come in pieces.
 *
 * @param enough  no more is taken of a body that has so many bytes
 * @param pieces  nor are more than these
 * @return ERR_OK, or what a piece was not to be had for
 */
enum err answer_gather(struct answer *answer, size_t enough, size_t pieces);

/** Free what an answer owns and give back what it borrowed. */
void answer_free(struct answer *answer);

#endif
