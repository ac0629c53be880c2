/* SPDX-License-Identifier: ISC */
#ifndef CTL_DNS_MESSAGE_H
#define CTL_DNS_MESSAGE_H

/**
 * The bytes of a DNS answer (RFC 1035, section 4), record by record.
 *
 * They come from a stranger: the C library's parser reads them, and everything is bounded.
 *
 * Threads: any, one object a thread.
 */

#include "base/text.h"

#include <arpa/nameser.h>

/** Room for a name as text, every byte escaped, and its end. */
#define MESSAGE_NAME_SIZE NS_MAXDNAME

/** Most CNAMEs that are followed from the name that was asked for. */
#define MESSAGE_CNAMES_MAX 8

/** One record; zero-initialise, freed with message_record_free(). */
struct message_record {
	int type;
	uint32_t ttl;        /**< seconds */
	unsigned preference; /**< of an MX */
	char owner[MESSAGE_NAME_SIZE];
	struct text text; /**< see struct ask_record */
};

/** An answer that is being read; lends the bytes. */
struct message {
	int rcode;          /**< ns_r_noerror, ... */
	bool authoritative; /**< the server said that it is */
	bool referral;      /**< set after opening: read what a referral has, too */
	ns_msg parsed;
	ns_sect section;
	int next;
	size_t names; /* the one asked for, and those that CNAMEs lead to */
	char name[MESSAGE_CNAMES_MAX + 1][MESSAGE_NAME_SIZE];
};

/**
 * Begin to read an answer.
 *
 * @param name  the one that was asked for
 * @return ERR_OK, ERR_SYNTAX (no DNS answer), ERR_RANGE (too many CNAMEs; perhaps they lead in a circle)
 */
enum err message_open(const unsigned char *bytes, size_t len, const char *name, struct message *message);

/**
 * Get the next record of the answer section, of a type that struct ask_record tells of, at the name that was
 * asked for or where CNAMEs of the same answer lead.
 *
 * Of a referral (RFC 1034, section 4.3.2) also the NS records at that name in the authority section, and the
 * addresses of names below it in the additional section: what a zone above says of it, and its glue.
 *
 * @param record  reused from call to call
 * @return ERR_OK, ERR_NOT_FOUND (there is none any more), ERR_SYNTAX (not to be read), ERR_NO_MEMORY
 */
enum err message_next(struct message *message, struct message_record *record);

/** Free what a record holds. */
void message_record_free(struct message_record *record);

#endif
