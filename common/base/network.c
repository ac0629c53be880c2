/* SPDX-License-Identifier: ISC */
#include "base/network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_BITS 128
#define MAPPED_BITS  96 /* before the IPv4 address that is mapped into an IPv6 address */

/* The number of bits that an address of its family has; 0 for what is not an address. */
static unsigned parse_address(const char *text, struct in6_addr *address)
{
	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &address->s6_addr[12]) == 1) {
		memset(&address->s6_addr[10], 0xff, 2);
		return ADDRESS_BITS - MAPPED_BITS;
	}
	if (inet_pton(AF_INET6, text, address) != 1 || IN6_IS_ADDR_V4MAPPED(address))
		return 0; /* a mapped address has a form of its own, and only that one */
	return ADDRESS_BITS;
}

static enum err parse_bits(const char *text, unsigned limit, unsigned *bits)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 3 || text[digits] != '\0' || (text[0] == '0' && digits > 1))
		return ERR_SYNTAX;
	*bits = (unsigned)strtoul(text, NULL, 10);
	return *bits <= limit ? ERR_OK : ERR_SYNTAX;
}

/* All bits from a place on: whether one of them is set. */
static bool has_bits_behind(const struct in6_addr *address, unsigned bits)
{
	for (unsigned i = bits; i < ADDRESS_BITS; i++) {
		if ((address->s6_addr[i / 8] & 0x80U >> i % 8) != 0)
			return true;
	}
	return false;
}

enum err network_parse(const char *text, struct network *network)
{
	const char *slash = strchrnul(text, '/');
	char address[INET6_ADDRSTRLEN];
	struct network parsed = { 0 };
	unsigned limit;

	if ((size_t)(slash - text) >= sizeof(address))
		return ERR_SYNTAX;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	limit = parse_address(address, &parsed.address);
	parsed.bits = limit;
	if (limit == 0 || (*slash != '\0' && parse_bits(slash + 1, limit, &parsed.bits) != ERR_OK))
		return ERR_SYNTAX;
	parsed.bits += ADDRESS_BITS - limit;
	if (has_bits_behind(&parsed.address, parsed.bits))
		return ERR_RANGE;
	*network = parsed;
	return ERR_OK;
}

bool network_contains(const struct network *network, const struct in6_addr *address)
{
	unsigned whole = network->bits / 8;
	unsigned rest = network->bits % 8;
	unsigned differing;

	/* "::/0" is about IPv6, whatever form IPv4 addresses have here. */
	if (IN6_IS_ADDR_V4MAPPED(&network->address) != IN6_IS_ADDR_V4MAPPED(address) ||
	    memcmp(&network->address, address, whole) != 0)
		return false;
	if (rest == 0)
		return true;
	differing = network->address.s6_addr[whole] ^ address->s6_addr[whole];
	return differing >> (8 - rest) == 0;
}
