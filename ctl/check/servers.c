/* SPDX-License-Identifier: ISC */
#include "ctl/check/servers.h"

#include "base/text.h"
#include "ctl/dns/authority.h"

#include <string.h>

/* A server has an entry for each of its addresses. */
static bool is_first(const struct authority *authority, size_t place)
{
	for (size_t i = 0; i < place; i++) {
		if (strcmp(authority->server[i].name, authority->server[place].name) == 0)
			return false;
	}
	return true;
}

static void file(const struct authority_server *server, const char *domain, struct findings *findings)
{
	bool zone = server->named == RECORD_NAMED_ZONE;
	char shown[TEXT_SHOWN_SIZE];

	findings_put(findings, FINDING_WARNING, "delegation", "%s is named by the %s and not by the %s",
		     text_escape(server->name, strlen(server->name), shown), zone ? "zone" : "zone above",
		     zone ? "zone above" : "zone");
	findings_advise(
		findings,
		zone ? "let the registrar have it, too, or take it out of the zone: senders may ask it "
		       "(mta-stsctl dns %s)"
		     : "let the registrar take it out, or keep the record right there, too: senders may "
		       "ask it (mta-stsctl dns %s)",
		domain);
}

enum err servers_check(const struct ask_way *way, const char *domain, struct findings *findings)
{
	struct authority authority = { 0 };
	char owner[OWNER_SIZE];
	enum err err = authority_find(way, record_owner(domain, owner), &authority);

	for (size_t i = 0; err == ERR_OK && i < authority.count; i++) {
		const struct authority_server *server = &authority.server[i];

		if ((server->named == RECORD_NAMED_ZONE || server->named == RECORD_NAMED_ABOVE) &&
		    is_first(&authority, i))
			file(server, domain, findings);
	}
	authority_free(&authority);
	return err;
}
