/* SPDX-License-Identifier: ISC */
#include "control/words.h"

#include "base/clock.h"
#include "core/owner.h"
#include "store/observations.h"

#include <stdio.h>
#include <string.h>

#define SPAN_SIZE 48

/* What is wrong at a server, to be followed by "at" and its name. */
static const char *const wrongs[VERDICT_COUNT] = {
	[VERDICT_RIGHT] = "right",           [VERDICT_UNREACHABLE] = "no answer",
	[VERDICT_MISSING] = "no record",     [VERDICT_MALFORMED] = "malformed record",
	[VERDICT_OTHER_TEXT] = "other text", [VERDICT_TWO_RECORDS] = "two records",
	[VERDICT_OLD_ID] = "old id still",
};

static const char *span(uint32_t seconds, char out[SPAN_SIZE])
{
	static const struct {
		uint32_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
	size_t unit = 0;
	uint32_t count;

	while (unit < 3 && (seconds < units[unit].seconds || seconds % units[unit].seconds != 0))
		unit++;
	count = seconds / units[unit].seconds;
	(void)snprintf(out, SPAN_SIZE, "%u %s%s", count, units[unit].name, count == 1 ? "" : "s");
	return out;
}

struct blame {
	enum verdict verdict;
	char server[TEXT_SHOWN_SIZE]; /* the first one */
	char id[ID_SIZE];             /* that it showed, or "" */
	size_t more;                  /* how many addresses of other servers besides */
};

static enum err blame_server(void *context, const struct observed_answer *server)
{
	struct blame *blame = context;
	char name[TEXT_SHOWN_SIZE];

	if (server->verdict != blame->verdict)
		return ERR_OK;
	(void)text_escape(server->server, strlen(server->server), name);
	if (blame->server[0] == '\0') {
		memcpy(blame->server, name, sizeof(name));
		(void)snprintf(blame->id, sizeof(blame->id), "%s", server->other_id);
	} else if (strcmp(blame->server, name) != 0) {
		blame->more++;
	}
	return ERR_OK;
}

static const char *wrong_of(const struct blame *blame, const struct foreign *foreign)
{
	if (blame->verdict == VERDICT_OLD_ID && strcmp(blame->id, foreign->id) == 0)
		return "an id that this host never published";
	return wrongs[blame->verdict];
}

struct last_look {
	bool found;
	enum verdict verdict;
	char error[TEXT_SHOWN_SIZE];
};

static enum err note_look(void *context, const struct observation *observation)
{
	struct last_look *look = context;

	look->found = true;
	look->verdict = observation->verdict;
	(void)text_escape(observation->error, strlen(observation->error), look->error);
	return ERR_OK;
}

enum err words_dns(const struct host *host, const char *domain, struct text *text)
{
	struct last_look look = { 0 };
	struct blame blame = { 0 };
	struct foreign foreign;
	enum err err = observations_last(host->store, domain, note_look, &look);

	if (err != ERR_OK)
		return err;
	if (!look.found)
		return text_appendf(text, "nobody looked yet");
	if (look.error[0] != '\0')
		return text_appendf(text, "%s", look.error);
	if (look.verdict == VERDICT_RIGHT)
		return text_appendf(text, "right at every server");
	blame.verdict = look.verdict;
	err = observations_each_server(host->store, domain, blame_server, &blame);
	if (err == ERR_OK)
		err = observations_last_foreign(host->store, domain, &foreign);
	if (err == ERR_OK && blame.server[0] == '\0')
		return text_appendf(text, "no name server could be asked");
	if (err == ERR_OK)
		err = text_appendf(text, "%s at %s", wrong_of(&blame, &foreign), blame.server);
	if (err == ERR_OK && blame.more > 0)
		err = text_appendf(text, " and %zu more", blame.more);
	return err;
}

static enum err say_draining(const struct retirement *retirement, struct text *text)
{
	const struct retirement_held *held = &retirement->held;
	char when[CLOCK_TEXT_SIZE];
	char lasts[SPAN_SIZE];
	enum err err = text_appendf(text, "draining until %s", clock_text(retirement->safe_at, when));

	if (err != ERR_OK || held->mode == MODE_UNKNOWN)
		return err;
	if (held->unknown_before)
		return text_appendf(text, " (what a host before this one published is not known: counts as "
					  "enforce, a year)");
	if (held->foreign)
		return text_appendf(
			text, " (id %s was in DNS, this host never published it: counts as enforce, a year)",
			held->id);
	err = text_appendf(text, " (%s, %s, ", mode_text(held->mode), span(held->max_age, lasts));
	if (err != ERR_OK)
		return err;
	if (held->elsewhere)
		return text_appendf(text, "of a host before this one)");
	if (held->last_served_at == 0)
		return text_appendf(text, "never fetched)");
	return text_appendf(text, "last fetched %s)", clock_text(held->last_served_at, when));
}

enum err words_state(const struct host *host, const char *domain, const struct retirement *retirement,
		     struct text *text)
{
	char when[CLOCK_TEXT_SIZE];
	enum err err;

	switch (retirement->state) {
	case RETIREMENT_PUBLISHING:
		return text_appendf(text, "publishing");
	case RETIREMENT_WAITING:
		err = text_appendf(text, "waiting for DNS (");
		if (err == ERR_OK)
			err = words_dns(host, domain, text);
		return err == ERR_OK ? text_appendf(text, ")") : err;
	case RETIREMENT_DRAINING:
		return say_draining(retirement, text);
	case RETIREMENT_CONFIRMING:
		return text_appendf(text,
				    "confirming (nobody holds the old policy since %s, if DNS is as it was)",
				    clock_text(retirement->safe_at, when));
	case RETIREMENT_SAFE:
		return text_appendf(text, "safe to remove");
	case RETIREMENT_OFF:
		break;
	}
	return ERR_OK;
}

/* How the year that nobody can be sure of may become less. */
static enum err say_before(const struct domain *domain, const struct retirement *retirement,
			   struct text *text)
{
	if (!retirement->held.unknown_before)
		return ERR_OK;
	return text_appendf(text,
			    "; what a host before this one published is not known, and counts as a year of "
			    "enforce: if there was none, run: mta-stsctl adopt --nothing-before %s",
			    domain->name);
}

static enum err say_waiting(const struct domain *domain, const struct retirement *retirement,
			    struct text *text)
{
	static const char not_asked[] =
		"see why no name server could be asked, first at the resolver (--resolver, /etc/resolv.conf)";
	static const char *const repairs[VERDICT_COUNT] = {
		[VERDICT_RIGHT] = "look again",
		[VERDICT_UNREACHABLE] =
			"see why the name servers do not answer, or take a dead one out of the zone",
		[VERDICT_MISSING] =
			"publish the TXT record at every name server (mta-stsctl txt %s prints it)",
		[VERDICT_MALFORMED] = "correct the TXT record (mta-stsctl txt %s prints it)",
		[VERDICT_OTHER_TEXT] = "publish the TXT record, which is not among the texts there "
				       "(mta-stsctl txt %s prints it)",
		[VERDICT_TWO_RECORDS] = "leave one TXT record only (mta-stsctl txt %s prints it)",
		[VERDICT_OLD_ID] =
			"publish the new TXT record at every name server (mta-stsctl txt %s prints it)",
	};
	const char *repair = retirement->look.asked ? repairs[retirement->look.verdict] : not_asked;
	const char *name = strstr(repair, "%s");
	enum err err;

	if (name == NULL)
		err = text_appendf(text, "%s", repair);
	else
		err = text_appendf(text, "%.*s%s%s", (int)(name - repair), repair, domain->name, name + 2);
	if (err == ERR_OK)
		err = text_appendf(text, ", then run: mta-stsctl dns %s", domain->name);
	if (err == ERR_OK)
		err = say_before(domain, retirement, text);
	if (err == ERR_OK && retirement->held.foreign)
		err = text_appendf(
			text,
			"; id %s was never published here, and counts as a year of enforce once it is gone,"
			" unless mta-stsctl adopt %s finds what another host served under it",
			retirement->held.id, domain->name);
	return err;
}

static enum err say_publishing(const struct domain *domain, const struct retirement *retirement,
			       struct text *text)
{
	enum err err = text_appendf(
		text, "publish the TXT record (mta-stsctl txt %s prints it), then run: mta-stsctl dns %s",
		domain->name, domain->name);

	return err == ERR_OK ? say_before(domain, retirement, text) : err;
}

static enum err say_keep(const struct domain *domain, const struct retirement *retirement, struct text *text)
{
	char when[CLOCK_TEXT_SIZE];
	enum err err =
		text_appendf(text, "keep the TXT record, the policy host and its certificate until then");

	if (err == ERR_OK && retirement->held.unknown_before)
		return text_appendf(text,
				    "; if no host before this one published a policy of it, nobody holds "
				    "anything after %s, and mta-stsctl adopt --nothing-before %s says so",
				    clock_text(retirement->else_safe_at, when), domain->name);
	if (err != ERR_OK || !retirement->held.foreign)
		return err;
	return text_appendf(text,
			    "; if that id was only a typo, nobody holds anything after %s, and"
			    " mta-stsctl forget --force %s is harmless then; if another host served a policy"
			    " under it, mta-stsctl adopt %s --id %s --policy FILE counts that instead",
			    clock_text(retirement->else_safe_at, when), domain->name, domain->name,
			    retirement->held.id);
}

static enum err say_confirming(const struct domain *domain, const struct retirement *retirement,
			       struct text *text)
{
	if (retirement->look.verdict == VERDICT_MISSING)
		return text_appendf(text,
				    "publish the TXT record once more (mta-stsctl txt %s prints it), then "
				    "run: mta-stsctl dns %s",
				    domain->name, domain->name);
	return text_appendf(text, "look at DNS once more, run: mta-stsctl dns %s", domain->name);
}

/* What goes besides the host: the record, unless others have it, too. */
static enum err say_remains(const struct registry *registry, const struct domain *domain, struct text *text)
{
	const struct owner *owner = owner_of(registry, domain);
	size_t others = owner_domains(registry, domain) - 1;
	char own[OWNER_SIZE];
	bool is_own = owner == NULL || strcmp(owner->name, record_owner(domain->name, own)) == 0;

	if (others == 0 && is_own)
		return text_appendf(text, "the TXT record");
	if (others == 0)
		return text_appendf(text, "the CNAME at %s, the TXT record at %s", own, owner->name);
	if (is_own)
		return text_appendf(text, "nothing at %s, whose record serves %zu other%s, but", own, others,
				    others == 1 ? "" : "s");
	return text_appendf(text, "the CNAME at %s (its record serves %zu other%s)", own, others,
			    others == 1 ? "" : "s");
}

static enum err say_safe(const struct registry *registry, const struct domain *domain, struct text *text)
{
	const char *file = domain->configured != NULL ? domain->configured->terms->file : domain->source;
	enum err err = ERR_OK;

	if (!registry_is_orphan(domain))
		err = text_appendf(text, "take the domain out of %s, run: mta-stsctl reload, then ", file);
	if (err == ERR_OK)
		err = text_appendf(text, "run: mta-stsctl forget %s, then remove ", domain->name);
	if (err == ERR_OK)
		err = say_remains(registry, domain, text);
	return err == ERR_OK
		       ? text_appendf(text, ", the address of mta-sts.%s and its certificate", domain->name)
		       : err;
}

enum err words_next(const struct host *host, const struct domain *domain, const struct retirement *retirement,
		    struct text *text)
{
	switch (retirement->state) {
	case RETIREMENT_PUBLISHING:
		return say_publishing(domain, retirement, text);
	case RETIREMENT_WAITING:
		return say_waiting(domain, retirement, text);
	case RETIREMENT_DRAINING:
		return say_keep(domain, retirement, text);
	case RETIREMENT_CONFIRMING:
		return say_confirming(domain, retirement, text);
	case RETIREMENT_SAFE:
		return say_safe(host->registry, domain, text);
	case RETIREMENT_OFF:
		break;
	}
	return ERR_OK;
}

/* What a server shows instead of the record, and what mends it. */
static const char *const mended_by[VERDICT_COUNT] = {
	[VERDICT_RIGHT] = "look_again",          [VERDICT_UNREACHABLE] = "repair_name_server",
	[VERDICT_MISSING] = "publish_record",    [VERDICT_MALFORMED] = "publish_record",
	[VERDICT_OTHER_TEXT] = "publish_record", [VERDICT_TWO_RECORDS] = "remove_other_texts",
	[VERDICT_OLD_ID] = "publish_record",
};

struct words_action words_action(const struct domain *domain, const struct retirement *retirement)
{
	enum verdict verdict = retirement->look.verdict;

	switch (retirement->state) {
	case RETIREMENT_PUBLISHING:
		return (struct words_action){ "publish_record", "dns", true };
	case RETIREMENT_WAITING:
		return (struct words_action){ mended_by[verdict], "dns", true };
	case RETIREMENT_DRAINING:
		return (struct words_action){ "wait", NULL, false };
	case RETIREMENT_CONFIRMING:
		return (struct words_action){ verdict == VERDICT_MISSING ? "publish_record" : "look_again",
					      "dns", true };
	case RETIREMENT_SAFE:
		if (!registry_is_orphan(domain))
			return (struct words_action){ "remove_from_file", "reload", false };
		return (struct words_action){ "forget", "forget", true };
	case RETIREMENT_OFF:
		break;
	}
	return (struct words_action){ "none", NULL, false };
}
