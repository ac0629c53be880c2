/* SPDX-License-Identifier: ISC */
#include "ctl/acme/before.h"

#include "base/clock.h"
#include "base/text.h"
#include "ctl/acme/addresses.h"
#include "ctl/acme/caa_look.h"
#include "ctl/acme/here.h"
#include "ctl/acme/proving.h"
#include "ctl/cli/work.h"
#include "ctl/dns/heard.h"

#include <stdlib.h>
#include <string.h>

static const char *const advices[ORDERING_STATE_COUNT] = {
	[ORDERING_NO_ADDRESS] =
		"write an A or AAAA record with an address of this machine, or a CNAME for a name "
		"that has one, and let every name server of the zone have it",
	[ORDERING_ELSEWHERE] =
		"remove that address from DNS, or let it lead to this machine; if it does by way of "
		"another one, name it in the setting acme.addresses",
	[ORDERING_UNREACHED] =
		"let TCP port 443 of that address through to mta-stsd; if only this machine does not "
		"reach it, name it in the setting acme.addresses",
	[ORDERING_FORBIDDEN] =
		"name the authority in that CAA record, or add another that does; where it has "
		"validationmethods, let them have tls-alpn-01",
	[ORDERING_UNKNOWN] = "look at the name servers of the zone, and at this machine's way to them",
};

/* One host that is being looked at. */
struct look_before {
	const struct before_way *way;
	struct before *before;
	struct addresses addresses;
	struct lead lead[BEFORE_ADDRESSES_MAX]; /* those that were tried */
	size_t tried;
	size_t here; /* how many lead here */
	struct text said;
};

static enum err hold(struct look_before *look, enum ordering_state state, bool is_held)
{
	look->before->state = state;
	look->before->is_held = is_held;
	look->before->advice = advices[state];
	return ERR_OK;
}

/* A server that has it not yet may be the one that the authority asks. */
static enum err say_no_address(struct look_before *look)
{
	const struct addresses *addresses = &look->addresses;
	bool some = addresses->found.count > 0;
	enum err err = text_appendf(&look->said, "%s: %s", look->before->host,
				    some ? "not yet everywhere, no address at " : "no address at ");

	if (err == ERR_OK)
		err = addresses_say_server(addresses->lacks, &look->said);
	if (err == ERR_OK && addresses->empty > 1)
		err = text_appendf(&look->said, " and %zu more", addresses->empty - 1);
	if (err == ERR_OK && some)
		err = text_appendf(&look->said, ", but %s at another", addresses->found.item[0]);
	return err == ERR_OK ? hold(look, ORDERING_NO_ADDRESS, true) : err;
}

static enum err say_no_answer(struct look_before *look)
{
	const char *why = look->addresses.error;
	enum err err = text_appendf(&look->said, "addresses of %s: ", look->before->host);

	if (err == ERR_OK)
		err = text_append_shown(&look->said, why != NULL ? why : "no answer");
	return err == ERR_OK ? hold(look, ORDERING_UNKNOWN, true) : err;
}

/* Its own addresses are here unproven; and what is more than can be tried is not known. */
static void choose(struct look_before *look)
{
	const struct names *found = &look->addresses.found;

	for (size_t i = 0; i < found->count; i++) {
		if (names_has(look->way->own, found->item[i]))
			look->here++;
		else if (look->tried < BEFORE_ADDRESSES_MAX)
			look->lead[look->tried++].address = found->item[i];
	}
}

static const struct lead *find_lead(const struct look_before *look, enum lead_state state)
{
	for (size_t i = 0; i < look->tried; i++) {
		if (look->lead[i].state == state)
			return &look->lead[i];
	}
	return NULL;
}

static enum err say_lead(struct look_before *look, const struct lead *lead, enum ordering_state state)
{
	bool is_held = state == ORDERING_ELSEWHERE || look->here == 0;
	enum err err =
		text_appendf(&look->said, "%s of %s %s%s", lead->address, look->before->host, lead->why,
			     look->addresses.differ ? " (name servers give different addresses)" : "");

	return err == ERR_OK ? hold(look, state, is_held) : err;
}

static enum err judge_leads(struct look_before *look)
{
	const struct lead *lead;

	for (size_t i = 0; i < look->tried; i++)
		look->here += look->lead[i].state == LEAD_HERE;
	if ((lead = find_lead(look, LEAD_ELSEWHERE)) != NULL)
		return say_lead(look, lead, ORDERING_ELSEWHERE);
	if ((lead = find_lead(look, LEAD_NO_CONNECTION)) != NULL)
		return say_lead(look, lead, ORDERING_UNREACHED);
	if (look->here == 0 && (lead = find_lead(look, LEAD_NO_ROUTE)) != NULL)
		return say_lead(look, lead, ORDERING_UNREACHED);
	return ERR_OK;
}

/* Where the daemon does not answer ours it does not answer the authority's. */
static enum err try_addresses(struct look_before *look)
{
	struct text refusal = { 0 };
	enum err err = ERR_OK;

	choose(look);
	if (look->tried > 0)
		err = here_find(look->way->socket, look->before->host, look->lead, look->tried, &refusal);
	if (err == ERR_OK)
		err = judge_leads(look);
	else if (err == ERR_REFUSED)
		err = text_appendf(&look->said, "mta-stsd answers no challenge: %s", refusal.bytes);
	if (err == ERR_OK && refusal.len > 0) {
		err = hold(look, ORDERING_UNKNOWN, true);
		look->before->advice = "see to it that mta-stsd runs, and that TLS ends at it";
	}
	text_free(&refusal);
	return err;
}

static enum err look_at_addresses(struct look_before *look)
{
	const struct addresses *addresses = &look->addresses;
	enum err err = addresses_look(&look->way->dns, look->before->host, &look->addresses);

	if (err != ERR_OK)
		return err;
	if (addresses->empty > 0)
		return say_no_address(look);
	if (addresses->found.count == 0)
		return say_no_answer(look);
	return try_addresses(look);
}

/* What a record says of the ways is for each (RFC 8657, section 4); one that is allowed is enough. */
static enum err look_at_ways(struct look_before *look, uint64_t until_ms, struct text *said)
{
	struct caa_issuer issuer = look->way->issuer;
	enum err err = ERR_OK, refused = ERR_OK;
	struct text again = { 0 };

	for (unsigned way = PROVING_TLS_ALPN; way <= PROVING_HTTP && err == ERR_OK; way <<= 1) {
		if ((look->way->ways & way) == 0)
			continue;
		issuer.method = proving_type(way);
		err = caa_look(&look->way->dns, look->before->host, &issuer, until_ms,
			       said->len == 0 ? said : &again);
		if (err == ERR_OK) {
			look->before->ways |= way;
		} else if (err == ERR_REFUSED) {
			refused = err;
			err = ERR_OK;
		} else if (err == ERR_AGAIN && again.len > 0) {
			text_free(said);
			*said = again;
			again = (struct text){ 0 };
		}
	}
	text_free(&again);
	return err == ERR_OK && look->before->ways == 0 ? refused : err;
}

/* It may keep an order that something less bad does not hold. */
static enum err look_at_caa(struct look_before *look, uint64_t until_ms)
{
	struct text said = { 0 };
	enum err err = look_at_ways(look, until_ms, &said);

	if (err == ERR_REFUSED || err == ERR_AGAIN) {
		text_free(&look->said);
		look->said = said;
		return hold(look, err == ERR_REFUSED ? ORDERING_FORBIDDEN : ORDERING_UNKNOWN, true);
	}
	text_free(&said);
	if (err == ERR_OK && look->before->state == 0 && look->addresses.differ)
		err = text_appendf(&look->said, "name servers give different addresses for %s",
				   look->before->host);
	return err;
}

static void put_detail(const struct text *said, char detail[BEFORE_DETAIL_SIZE])
{
	static const char cut[] = "...";

	(void)text_show(said->bytes != NULL ? said->bytes : "", detail, BEFORE_DETAIL_SIZE);
	if (said->len > BEFORE_DETAIL_MAX)
		memcpy(detail + BEFORE_DETAIL_MAX - strlen(cut), cut, sizeof(cut));
}

enum err before_look(const struct before_way *way, struct before *before)
{
	struct look_before look = { .way = way, .before = before };
	uint64_t until_ms = clock_ms() + BEFORE_MS;
	enum err err = look_at_addresses(&look);

	if (err == ERR_OK && !before->is_held)
		err = look_at_caa(&look, until_ms);
	if (err == ERR_OK)
		put_detail(&look.said, before->detail);
	addresses_free(&look.addresses);
	text_free(&look.said);
	return err;
}

/* Many hosts. */
struct all {
	struct before_way way;
	struct before *before;
	enum err *err;
};

static void work(void *context, size_t index)
{
	struct all *all = context;

	all->err[index] = before_look(&all->way, &all->before[index]);
}

enum err before_look_all(const struct before_way *way, struct before *befores, size_t count)
{
	struct all all = { .way = *way, .before = befores, .err = calloc(count + 1, sizeof(*all.err)) };
	struct heard *heard = NULL;
	enum err err = all.err != NULL ? ERR_OK : ERR_NO_MEMORY;

	if (err == ERR_OK && way->dns.heard == NULL)
		err = heard_new(&heard);
	if (heard != NULL)
		all.way.dns.heard = heard;
	if (err == ERR_OK)
		work_run(count, work, &all);
	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = all.err[i];
	heard_free(&heard);
	free(all.err);
	return err;
}
