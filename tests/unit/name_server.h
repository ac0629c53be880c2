/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_NAME_SERVER_H
#define TESTS_UNIT_NAME_SERVER_H

/**
 * A name server in a thread of its own that answers from a table, over UDP and TCP, well or badly.
 *
 * Threads: one object a thread.
 */

#include <stddef.h>
#include <stdint.h>

/** Room for an answer. */
#define NAME_SERVER_ANSWER_SIZE 65535

/** One record. */
struct name_server_row {
	const char *owner;
	int type; /**< ns_t_a, ... */
	uint32_t ttl;
	const char *data; /**< an address; a name; "10 mail.example"; "0 issue ca.example"; TXT strings with |
			     between them */
};

enum name_server_manner {
	NAME_SERVER_GOOD,
	NAME_SERVER_SILENT,
	NAME_SERVER_LAME,      /**< does not say that it is authoritative */
	NAME_SERVER_TRUNCATES, /**< over UDP only says that there is more */
	NAME_SERVER_FORGED,    /**< sends an answer with another question id before the right one */
	NAME_SERVER_JUNK,      /**< a right head, and behind it bytes without sense */
};

struct name_server_setup {
	const char *address; /**< "127.0.0.2", "::1" */
	enum name_server_manner manner;
	int rcode; /**< instead of an answer, unless it is 0 */
	const struct name_server_row *rows;
	size_t count;
};

struct name_server;

/** Start on any free port; NULL when the address cannot be had.  The setup and its rows
 * are lent until it is stopped. */
struct name_server *name_server_start(const struct name_server_setup *setup);

/** Stop and free; NULL inside is fine. */
void name_server_stop(struct name_server **server);

/** The port, of UDP and TCP alike. */
uint16_t name_server_port(const struct name_server *server);

/** How many questions came, over TCP, and of all those that wanted recursion. */
struct name_server_tally {
	unsigned all, over_tcp, recursive;
};

/** What came so far. */
struct name_server_tally name_server_tally(const struct name_server *server);

/**
 * Write the whole answer to a question as the table has it: the records at the name, and where CNAMEs lead.
 *
 * @param out  NAME_SERVER_ANSWER_SIZE bytes
 * @return its length
 */
size_t name_server_compose(unsigned char *out, const char *name, int type,
			   const struct name_server_setup *setup);

#endif
