/* SPDX-License-Identifier: ISC */
#include "serve/proxy.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

/* Version 1, a line of text. */
#define LINE_LIMIT 107 /* with its end */

static const char line_start[] = "PROXY ";
static const char unknown[] = "UNKNOWN";

/* Version 2, binary. */
#define FIXED_SIZE       16
#define AT_COMMAND       12
#define AT_FAMILY        13
#define AT_LENGTH        14
#define VERSION_2        2
#define COMMAND_LOCAL    0
#define COMMAND_PROXY    1
#define TLV_HEADER       3
#define TLV_CHECKSUM     3
#define CHECKSUM_SIZE    4
#define CHECKSUM_REVERSE 0x82f63b78U /* polynomial of CRC32c (RFC 9260, appendix A) */

static const char signature[AT_COMMAND] = "\r\n\r\n\0\r\nQUIT\n";

/* Combinations of family and transport, all that the specification has, and the sizes of their addresses. */
static const struct family {
	uint8_t byte;
	uint8_t address_size; /* of one address; 0: there is nothing in it for us */
	uint8_t size;         /* of all that belongs to addresses */
} families[] = {
	{ 0x00, 0, 0 },   { 0x11, sizeof(struct in_addr), 12 },
	{ 0x12, 0, 12 },  { 0x21, sizeof(struct in6_addr), 36 },
	{ 0x22, 0, 36 },  { 0x31, 0, 216 },
	{ 0x32, 0, 216 },
};

static bool begins_with(const char *bytes, size_t len, const char *start, size_t start_len)
{
	return memcmp(bytes, start, len < start_len ? len : start_len) == 0;
}

static struct in6_addr map(const void *in4)
{
	struct in6_addr address = { 0 };

	memset(&address.s6_addr[10], 0xff, 2);
	memcpy(&address.s6_addr[12], in4, sizeof(struct in_addr));
	return address;
}

static bool is_nobody(const struct in6_addr *address)
{
	const struct in6_addr none = map(&(struct in_addr){ INADDR_ANY });

	return IN6_IS_ADDR_UNSPECIFIED(address) || IN6_ARE_ADDR_EQUAL(address, &none);
}

static enum err name_client(const struct in6_addr *client, struct proxy_header *header)
{
	header->names_client = true;
	header->client = *client;
	return is_nobody(client) ? ERR_SYNTAX : ERR_OK;
}

/* ---- version 1 */

/*
 * Find the length of the line with its end.  A CR or LF that is not part of that end makes it no line at
 * once.
 */
static enum err find_line(const char *bytes, size_t len, size_t *line_len)
{
	for (size_t i = 0; i < len && i < LINE_LIMIT; i++) {
		if (bytes[i] == '\n')
			return ERR_SYNTAX;
		if (bytes[i] != '\r')
			continue;
		if (i + 1 == LINE_LIMIT || (i + 1 < len && bytes[i + 1] != '\n'))
			return ERR_SYNTAX;
		*line_len = i + 2;
		return i + 1 < len ? ERR_OK : ERR_AGAIN;
	}
	return len < LINE_LIMIT ? ERR_AGAIN : ERR_SYNTAX;
}

/* The words of the line, each behind exactly one blank; what would be one word more goes into the last. */
static bool take_word(char **line, char **word)
{
	char *blank;

	if (*line == NULL)
		return false;
	*word = *line;
	blank = strchr(*line, ' ');
	*line = blank != NULL ? blank + 1 : NULL;
	if (blank != NULL)
		*blank = '\0';
	return true;
}

static bool is_port(const char *word)
{
	size_t digits = strspn(word, "0123456789");
	unsigned value = 0;

	if (digits == 0 || digits > 5 || word[digits] != '\0' || (word[0] == '0' && digits > 1))
		return false;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (unsigned)(word[i] - '0');
	return value <= UINT16_MAX;
}

static enum err parse_words(char *line, struct proxy_header *header)
{
	char *protocol, *source, *destination, *ports[2];
	struct in6_addr addresses[2];
	int family;

	if (!take_word(&line, &protocol) || !take_word(&line, &source) || !take_word(&line, &destination) ||
	    !take_word(&line, &ports[0]) || !take_word(&line, &ports[1]) || line != NULL)
		return ERR_SYNTAX;
	if (strcmp(protocol, "TCP4") == 0)
		family = AF_INET;
	else if (strcmp(protocol, "TCP6") == 0)
		family = AF_INET6;
	else
		return ERR_SYNTAX;
	if (inet_pton(family, source, &addresses[0]) != 1 ||
	    inet_pton(family, destination, &addresses[1]) != 1 || !is_port(ports[0]) || !is_port(ports[1]))
		return ERR_SYNTAX;
	if (family == AF_INET)
		addresses[0] = map(&addresses[0]);
	return name_client(&addresses[0], header);
}

static enum err parse_line(const char *bytes, size_t len, struct proxy_header *header)
{
	const size_t start = sizeof(line_start) - 1;
	char line[LINE_LIMIT];
	enum err err = find_line(bytes, len, &header->len);
	size_t line_len;

	if (err != ERR_OK)
		return err;
	line_len = header->len - 2;
	if (line_len < start || memchr(bytes, '\0', line_len) != NULL)
		return ERR_SYNTAX;
	memcpy(line, bytes + start, line_len - start);
	line[line_len - start] = '\0';
	/* What may stand behind it is nothing that a receiver is to look at. */
	if (strcmp(line, unknown) == 0 || strncmp(line, "UNKNOWN ", sizeof(unknown)) == 0)
		return ERR_OK;
	return parse_words(line, header);
}

/* ---- version 2 */

static uint32_t add_to_checksum(uint32_t sum, uint8_t byte)
{
	sum ^= byte;
	for (int i = 0; i < 8; i++)
		sum = sum >> 1 ^ ((sum & 1) != 0 ? CHECKSUM_REVERSE : 0);
	return sum;
}

/* With its own place counted as zero; it is in the order of the network. */
static bool is_checksum_right(const uint8_t *bytes, size_t len, size_t at)
{
	uint32_t sum = UINT32_MAX;
	uint32_t said = 0;

	for (size_t i = 0; i < len; i++) {
		bool is_own = i >= at && i < at + CHECKSUM_SIZE;

		sum = add_to_checksum(sum, is_own ? 0 : bytes[i]);
		if (is_own)
			said = said << 8 | bytes[i];
	}
	return said == ~sum;
}

static enum err check_more(const uint8_t *bytes, size_t len, size_t at)
{
	size_t checksum = 0;
	size_t size;

	for (; at < len; at += TLV_HEADER + size) {
		if (len - at < TLV_HEADER)
			return ERR_SYNTAX;
		size = (size_t)bytes[at + 1] << 8 | bytes[at + 2];
		if (len - at - TLV_HEADER < size)
			return ERR_SYNTAX;
		if (bytes[at] != TLV_CHECKSUM)
			continue;
		if (checksum != 0 || size != CHECKSUM_SIZE)
			return ERR_SYNTAX;
		checksum = at + TLV_HEADER;
	}
	return checksum == 0 || is_checksum_right(bytes, len, checksum) ? ERR_OK : ERR_SYNTAX;
}

static const struct family *find_family(uint8_t byte)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		if (families[i].byte == byte)
			return &families[i];
	}
	return NULL;
}

/* What the fixed part says, as far as it is there; on ERR_OK all of the header is. */
static enum err check_fixed(const uint8_t *bytes, size_t len, struct proxy_header *header)
{
	if (len > AT_COMMAND &&
	    (bytes[AT_COMMAND] >> 4 != VERSION_2 || (bytes[AT_COMMAND] & 0xf) > COMMAND_PROXY))
		return ERR_SYNTAX;
	if (len > AT_FAMILY && (bytes[AT_COMMAND] & 0xf) == COMMAND_PROXY &&
	    find_family(bytes[AT_FAMILY]) == NULL)
		return ERR_SYNTAX;
	if (len < FIXED_SIZE)
		return ERR_AGAIN;
	header->len = FIXED_SIZE + ((size_t)bytes[AT_LENGTH] << 8 | bytes[AT_LENGTH + 1]);
	if (header->len > PROXY_LIMIT)
		return ERR_SYNTAX;
	return len >= header->len ? ERR_OK : ERR_AGAIN;
}

static enum err parse_binary(const uint8_t *bytes, size_t len, struct proxy_header *header)
{
	enum err err = check_fixed(bytes, len, header);
	const struct family *family;
	struct in6_addr client;

	if (err != ERR_OK || (bytes[AT_COMMAND] & 0xf) == COMMAND_LOCAL)
		return err;
	family = find_family(bytes[AT_FAMILY]);
	if (header->len < FIXED_SIZE + (size_t)family->size)
		return ERR_SYNTAX;
	if (family->address_size == 0)
		return ERR_OK;
	if (check_more(bytes, header->len, FIXED_SIZE + family->size) != ERR_OK)
		return ERR_SYNTAX;
	if (family->address_size == sizeof(struct in_addr))
		client = map(bytes + FIXED_SIZE);
	else
		memcpy(&client, bytes + FIXED_SIZE, sizeof(client));
	return name_client(&client, header);
}

enum err proxy_parse(const char *bytes, size_t len, struct proxy_header *header)
{
	struct proxy_header parsed = { 0 };
	enum err err = ERR_SYNTAX;

	if (len == 0)
		return ERR_AGAIN;
	if (begins_with(bytes, len, line_start, sizeof(line_start) - 1))
		err = parse_line(bytes, len, &parsed);
	else if (begins_with(bytes, len, signature, sizeof(signature)))
		err = parse_binary((const uint8_t *)bytes, len, &parsed);
	if (err == ERR_OK)
		*header = parsed;
	return err;
}
