/* SPDX-License-Identifier: ISC */
#ifndef CTL_DNS_ASK_H
#define CTL_DNS_ASK_H

/**
 * Questions to name servers, many at once, and what they answer (RFC 1034, RFC 1035).
 *
 * Every byte of an answer comes from a stranger: it is read with the C library's parser, bounded, and
 * names in it that are no host names or mail domains come out escaped as that parser writes them; such a name
 * cannot be asked for.
 *
 * Threads: any; the questions of one call belong to its thread.
 */

#include "base/err.h"

#include <arpa/nameser.h> /* ns_t_txt and the like */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for a name as text, every byte escaped, and its end. */
#define ASK_NAME_SIZE 1025

/** Most records of an answer; one with more is ASK_FAILED, so that nothing is overlooked. */
#define ASK_RECORDS_MAX 64

/** How a question ended. */
enum ask_state {
	ASK_ANSWERED = 1, /**< there is at least one record of the type, at the name or where a CNAME leads */
	ASK_NOTHING,      /**< the name exists, but nothing of the type; perhaps CNAMEs that lead further */
	ASK_NO_NAME,      /**< the name does not exist, or that where a CNAME leads */
	ASK_FAILED,       /**< an answer that says an error or cannot be read; see why */
	ASK_SILENT,       /**< no answer in time, or the server cannot be reached */
	ASK_NO_ROUTE,     /**< this machine has no way to addresses of that family */
};

/** The size of a table that has a row for each. */
#define ASK_STATES (ASK_NO_ROUTE + 1)

/** One record of an answer section. */
struct ask_record {
	int type;     /**< ns_t_a, ns_t_aaaa, ns_t_ns, ns_t_cname, ns_t_mx, ns_t_txt, ns_t_soa or ns_t_caa */
	uint32_t ttl; /**< seconds */
	unsigned preference; /**< of an MX */
	char *owner;         /**< lower case, without trailing dot */
	/**
	 * A, AAAA: the address; NS, CNAME, MX, SOA: a name as above ("" is the root: a null MX); TXT: all its
	 * strings joined (RFC 8461, section 3.1), a NUL for people's sake written as "\000"; CAA: flags, tag
	 * and value with blanks between them (RFC 8659, section 4.1), the tag in lower case, NULs like that
	 */
	char *text;
};

/** One question with its answer.  Zero-initialise, fill the first part, free with ask_free(). */
struct ask {
	const char *server; /**< "[address]:port" or an address, not to recurse; NULL: the resolver */
	const char *name;   /**< without trailing dot */
	int type;           /**< ns_t_txt, ns_t_mx, ... */
	bool referral;      /**< keep what a referral has, too: message_next() says what that is */

	enum ask_state state;
	bool authoritative; /**< the server said that it is */
	const char *why;    /**< of ASK_FAILED, ASK_SILENT and ASK_NO_ROUTE: a static string for people */
	bool deaf;          /**< the resolver said nothing, so nothing is known of any name server */
	struct ask_record *record; /**< what the answer section has at the name and where CNAMEs lead */
	size_t count;
};

/** Questions about the addresses of a host: its A and its AAAA records. */
#define ASK_FAMILIES 2

struct heard;

/** How to ask. */
struct ask_way {
	const char *resolver; /**< ADDRESS[:PORT], [ADDRESS]:PORT; NULL: those of resolv.conf(5) */
	int timeout_ms;       /**< for the first try; there are two, and the second has twice the time */
	struct heard *heard;  /**< lent; see heard_ask(); NULL: everything is asked */
};

/** Write the questions about the addresses of a host, IPv4 first; its name is lent to them. */
void ask_addresses(const char *host, struct ask asks[ASK_FAMILIES]);

/**
 * Ask all questions, many at once, and wait until each has ended.
 *
 * A truncated answer is asked for again over TCP.
 *
 * @return ERR_OK (every state is set), ERR_SYNTAX (the resolver, or a server, is no address), ERR_NO_MEMORY;
 *         ask_free() in any case
 */
enum err ask_all(const struct ask_way *way, struct ask *asks, size_t count);

/** The next record of a type after one that was returned, or the first (NULL); NULL when there is none. */
const struct ask_record *ask_next(const struct ask *ask, int type, const struct ask_record *after);

/** The same, of the records at the very name that was asked for. */
const struct ask_record *ask_next_here(const struct ask *ask, int type, const struct ask_record *after);

/** Free the answers of questions and leave the questions; fine to repeat. */
void ask_free(struct ask *asks, size_t count);

#endif
