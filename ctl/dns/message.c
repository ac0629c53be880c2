/* SPDX-License-Identifier: ISC */
#include "ctl/dns/message.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>

/* The first bit says that it is no TTL (RFC 2181, section 8). */
#define TTL_MAX INT32_MAX

static void to_lower(char *name)
{
	for (; *name != '\0'; name++) {
		if (*name >= 'A' && *name <= 'Z')
			*name = (char)(*name - 'A' + 'a');
	}
}

static enum err expand(const ns_msg *parsed, const ns_rr *rr, size_t offset, char name[MESSAGE_NAME_SIZE])
{
	int len;

	if (ns_rr_rdlen(*rr) <= offset)
		return ERR_SYNTAX;
	len = dn_expand(ns_msg_base(*parsed), ns_msg_end(*parsed), ns_rr_rdata(*rr) + offset, name,
			MESSAGE_NAME_SIZE);
	if (len < 0 || (size_t)len > ns_rr_rdlen(*rr) - offset)
		return ERR_SYNTAX;
	to_lower(name);
	return ERR_OK;
}

static enum err put_address(int family, size_t size, const ns_rr *rr, struct text *out)
{
	char address[INET6_ADDRSTRLEN];

	if (ns_rr_rdlen(*rr) != size || inet_ntop(family, ns_rr_rdata(*rr), address, sizeof(address)) == NULL)
		return ERR_SYNTAX;
	return text_append(out, address, strlen(address));
}

static enum err read_a(const ns_msg *parsed, const ns_rr *rr, struct message_record *record)
{
	(void)parsed;
	return put_address(AF_INET, sizeof(struct in_addr), rr, &record->text);
}

static enum err read_aaaa(const ns_msg *parsed, const ns_rr *rr, struct message_record *record)
{
	(void)parsed;
	return put_address(AF_INET6, sizeof(struct in6_addr), rr, &record->text);
}

static enum err put_name(const ns_msg *parsed, const ns_rr *rr, size_t offset, struct text *out)
{
	char name[MESSAGE_NAME_SIZE];
	enum err err = expand(parsed, rr, offset, name);

	return err == ERR_OK ? text_append(out, name, strlen(name)) : err;
}

static enum err read_name(const ns_msg *parsed, const ns_rr *rr, struct message_record *record)
{
	return put_name(parsed, rr, 0, &record->text);
}

static enum err read_mx(const ns_msg *parsed, const ns_rr *rr, struct message_record *record)
{
	enum err err = put_name(parsed, rr, NS_INT16SZ, &record->text);

	if (err == ERR_OK)
		record->preference = ns_get16(ns_rr_rdata(*rr));
	return err;
}

static enum err put_bytes(const unsigned char *bytes, size_t len, struct text *out)
{
	enum err err = ERR_OK;

	while (len > 0 && err == ERR_OK) {
		const unsigned char *nul = memchr(bytes, '\0', len);
		size_t plain = nul != NULL ? (size_t)(nul - bytes) : len;

		err = text_append(out, bytes, plain);
		if (err == ERR_OK && nul != NULL)
			err = text_append(out, "\\000", strlen("\\000"));
		plain += nul != NULL;
		bytes += plain;
		len -= plain;
	}
	return err;
}

/* Strings with their lengths before them; the C library has nothing that reads them. */
static enum err read_txt(const ns_msg *parsed, const ns_rr *rr, struct message_record *record)
{
	const unsigned char *bytes = ns_rr_rdata(*rr);
	size_t left = ns_rr_rdlen(*rr);
	enum err err = ERR_OK;

	(void)parsed;
	while (left > 0 && err == ERR_OK) {
		size_t len = *bytes;

		if (len >= left)
			return ERR_SYNTAX;
		err = put_bytes(bytes + 1, len, &record->text);
		bytes += len + 1;
		left -= len + 1;
	}
	return err;
}

static bool is_tag_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The tag in lower case, a byte that cannot stand in one as '?': it is none that anybody knows. */
static enum err put_tag(const unsigned char *bytes, size_t len, struct text *out)
{
	enum err err = len == 0 ? text_append(out, "?", 1) : ERR_OK;

	for (size_t i = 0; i < len && err == ERR_OK; i++) {
		char letter = is_tag_letter(bytes[i]) ? (char)bytes[i] : '?';

		if (letter >= 'A' && letter <= 'Z')
			letter = (char)(letter - 'A' + 'a');
		err = text_append(out, &letter, 1);
	}
	return err;
}

/* Flags, the tag's length, the tag, and the value up to the end (RFC 8659, section 4.1). */
static enum err read_caa(const ns_msg *parsed, const ns_rr *rr, struct message_record *record)
{
	const unsigned char *bytes = ns_rr_rdata(*rr);
	size_t len = ns_rr_rdlen(*rr);
	enum err err;

	(void)parsed;
	if (len < 2 || bytes[1] > len - 2)
		return ERR_SYNTAX;
	err = text_appendf(&record->text, "%u ", bytes[0]);
	if (err == ERR_OK)
		err = put_tag(bytes + 2, bytes[1], &record->text);
	if (err == ERR_OK)
		err = text_append(&record->text, " ", 1);
	return err == ERR_OK ? put_bytes(bytes + 2 + bytes[1], len - 2 - bytes[1], &record->text) : err;
}

static const struct kind {
	ns_type type;
	enum err (*read)(const ns_msg *parsed, const ns_rr *rr, struct message_record *record);
} kinds[] = {
	{ ns_t_a, read_a },   { ns_t_aaaa, read_aaaa }, { ns_t_ns, read_name },  { ns_t_cname, read_name },
	{ ns_t_mx, read_mx }, { ns_t_txt, read_txt },   { ns_t_soa, read_name }, { ns_t_caa, read_caa },
};

static const struct kind *find_kind(const ns_rr *rr)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (ns_rr_class(*rr) == ns_c_in && ns_rr_type(*rr) == kinds[i].type)
			return &kinds[i];
	}
	return NULL;
}

/* Add where a CNAME leads from the last name of the chain; ERR_NOT_FOUND: nowhere. */
static enum err follow(struct message *message)
{
	const char *last = message->name[message->names - 1];
	ns_rr rr;

	for (int i = 0; i < ns_msg_count(message->parsed, ns_s_an); i++) {
		if (ns_parserr(&message->parsed, ns_s_an, i, &rr) != 0)
			return ERR_SYNTAX;
		if (ns_rr_class(rr) != ns_c_in || ns_rr_type(rr) != ns_t_cname ||
		    strcasecmp(ns_rr_name(rr), last) != 0)
			continue;
		if (message->names > MESSAGE_CNAMES_MAX)
			return ERR_RANGE;
		return expand(&message->parsed, &rr, 0, message->name[message->names++]);
	}
	return ERR_NOT_FOUND;
}

enum err message_open(const unsigned char *bytes, size_t len, const char *name, struct message *message)
{
	enum err err;

	if (len > NS_MAXMSG || strlen(name) >= MESSAGE_NAME_SIZE ||
	    ns_initparse(bytes, (int)len, &message->parsed) != 0 ||
	    ns_msg_getflag(message->parsed, ns_f_qr) == 0 || ns_msg_getflag(message->parsed, ns_f_tc) != 0)
		return ERR_SYNTAX;
	message->rcode = ns_msg_getflag(message->parsed, ns_f_rcode);
	message->authoritative = ns_msg_getflag(message->parsed, ns_f_aa) != 0;
	message->referral = false;
	message->section = ns_s_an;
	message->next = 0;
	message->names = 1;
	strcpy(message->name[0], name);
	to_lower(message->name[0]);
	do
		err = follow(message);
	while (err == ERR_OK);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static bool belongs(const struct message *message, const char *owner)
{
	for (size_t i = 0; i < message->names; i++) {
		if (strcmp(message->name[i], owner) == 0)
			return true;
	}
	return false;
}

static bool is_below(const char *owner, const char *name)
{
	size_t len = strlen(owner), above = strlen(name);

	return len >= above && strcmp(owner + len - above, name) == 0 &&
	       (len == above || above == 0 || owner[len - above - 1] == '.');
}

/* Tell whether a record of a section says something of what was asked for. */
static bool counts(const struct message *message, ns_type type, const char *owner)
{
	if (message->section == ns_s_an)
		return belongs(message, owner);
	if (message->section == ns_s_ns)
		return type == ns_t_ns && strcmp(owner, message->name[0]) == 0;
	return (type == ns_t_a || type == ns_t_aaaa) && is_below(owner, message->name[0]);
}

/* Go on to the next section that is read; false: there is none. */
static bool next_section(struct message *message)
{
	if (!message->referral || message->section == ns_s_ar)
		return false;
	message->section = message->section == ns_s_an ? ns_s_ns : ns_s_ar;
	message->next = 0;
	return true;
}

enum err message_next(struct message *message, struct message_record *record)
{
	for (;;) {
		const struct kind *kind;
		ns_rr rr;

		if (message->next == ns_msg_count(message->parsed, message->section)) {
			if (!next_section(message))
				return ERR_NOT_FOUND;
			continue;
		}
		if (ns_parserr(&message->parsed, message->section, message->next++, &rr) != 0)
			return ERR_SYNTAX;
		kind = find_kind(&rr);
		strcpy(record->owner, ns_rr_name(rr));
		to_lower(record->owner);
		if (kind == NULL || !counts(message, kind->type, record->owner))
			continue;
		record->type = (int)kind->type;
		record->ttl = ns_rr_ttl(rr) > TTL_MAX ? 0 : ns_rr_ttl(rr);
		record->preference = 0;
		text_free(&record->text);
		return kind->read(&message->parsed, &rr, record);
	}
}

void message_record_free(struct message_record *record)
{
	text_free(&record->text);
}
