/* SPDX-License-Identifier: ISC */
#include "serve/access.h"

#include "log/log.h"
#include "policy/domain.h"
#include "serve/clients.h"

#include <string.h>

/* Bytes that are kept of an address, IPv4 mapped into IPv6 among them, and how that is written. */
struct cut {
	size_t kept;
	const char *prefix;
};

static struct cut cut_of(const struct in6_addr *address, bool whole)
{
	if (whole)
		return (struct cut){ sizeof(*address), "" };
	return IN6_IS_ADDR_V4MAPPED(address) ? (struct cut){ 15, "/24" } : (struct cut){ 6, "/48" };
}

void access_write(const struct access *access, bool whole)
{
	struct cut cut = cut_of(access->address, whole);
	const char *domain = domain_of_host(access->host);
	struct in6_addr shown = { 0 };
	char text[INET6_ADDRSTRLEN];

	memcpy(&shown, access->address, cut.kept);
	log_info("fetch, answered (domain=%s status=%u id=%s tls=%s client=%s%s)",
		 domain != NULL ? domain : "-", access->status, access->id[0] != '\0' ? access->id : "-",
		 access->tls, clients_text(&shown, text), cut.prefix);
}
