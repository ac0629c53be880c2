/* SPDX-License-Identifier: ISC */
#include "ctl/acme/budget.h"

#include <string.h>

/* An order reaches the authority later than it is noted, and not always equally late; seconds. */
#define ON_THE_WAY 60

/* Attempts without success are forgotten after so long without another one, seconds. */
#define FORGOTTEN ((time_t)14 * 86400)

/* What is asked to wait again so soon after the last wait goes on to wait. */
#define WAIT_GAP ((time_t)7200)

/* So many certificates within so long are many, if nothing is wrong with them. */
#define BUSY_MOST    2
#define BUSY_SECONDS 86400

void budget_begin(struct budget *budget, const char *directory)
{
	*budget = (struct budget){ .limits = limits_of(directory) };
	TAILQ_INIT(&budget->open);
}

static time_t later(time_t a, time_t b)
{
	return a > b ? a : b;
}

/* A log is kept only where there is a limit. */
static enum err note(const struct budget *budget, enum limit limit, struct spent *spent,
		     struct spent_chain *chain, time_t when)
{
	return budget->limits->limit[limit].most > 0 ? spent_add(spent, chain, when) : ERR_OK;
}

static void open_order(struct budget *budget, struct key *host, time_t when)
{
	host->tried = when;
	host->is_open = true;
	TAILQ_INSERT_TAIL(&budget->open, host, open);
}

static void close_order(struct budget *budget, struct key *host)
{
	if (host->is_open)
		TAILQ_REMOVE(&budget->open, host, open);
	host->is_open = false;
}

/* An order that never got a result, since a program died, may have made a certificate. */
static enum err take_order(struct budget *budget, const struct entry *entry, struct key *host)
{
	enum err err = ERR_OK;

	if (host->is_open)
		err = note(budget, LIMIT_ISSUED, &budget->issued, &host->issued, host->tried);
	close_order(budget, host);
	/* What is so old that nobody heeds it any more (ctl/acme/outlook.h) does not count with what comes
	 * now. */
	if (host->tries > 0 && entry->when - host->tried >= FORGOTTEN)
		host->tries = 0;
	/* A clock that was set back does not make the first attempt the later one. */
	if (host->tries == 0 || entry->when < host->first_tried)
		host->first_tried = entry->when;
	host->tries++;
	open_order(budget, host, entry->when);
	return err;
}

static enum err take_was_new(struct budget *budget, const struct entry *entry, struct key *host)
{
	struct key *domain = NULL;
	enum err err = keys_get(&budget->domains, entry->domain, &domain);

	(void)host;
	return err != ERR_OK ? err : spent_add(&budget->orders, &domain->orders, entry->when);
}

static enum err take_was_renewal(struct budget *budget, const struct entry *entry, struct key *host)
{
	(void)host;
	return note(budget, LIMIT_RENEWALS, &budget->renewals, NULL, entry->when);
}

static enum err take_new(struct budget *budget, const struct entry *entry, struct key *host)
{
	enum err err = take_was_new(budget, entry, host);

	return err != ERR_OK ? err : take_order(budget, entry, host);
}

static enum err take_renewal(struct budget *budget, const struct entry *entry, struct key *host)
{
	enum err err = take_was_renewal(budget, entry, host);

	return err != ERR_OK ? err : take_order(budget, entry, host);
}

static enum err take_was_issued(struct budget *budget, const struct entry *entry, struct key *host)
{
	return note(budget, LIMIT_ISSUED, &budget->issued, &host->issued, entry->when);
}

static enum err take_lost(struct budget *budget, const struct entry *entry, struct key *host)
{
	close_order(budget, host);
	return take_was_issued(budget, entry, host);
}

static enum err take_issued(struct budget *budget, const struct entry *entry, struct key *host)
{
	enum err err = take_lost(budget, entry, host);

	budget->wait_since = 0;
	host->tries = 0;
	host->tried = host->first_tried = 0;
	return err;
}

static enum err take_was_failed(struct budget *budget, const struct entry *entry, struct key *host)
{
	return note(budget, LIMIT_FAILED, &budget->failed, &host->failed, entry->when);
}

static enum err take_failed(struct budget *budget, const struct entry *entry, struct key *host)
{
	close_order(budget, host);
	return take_was_failed(budget, entry, host);
}

static enum err take_refused(struct budget *budget, const struct entry *entry, struct key *host)
{
	(void)entry;
	close_order(budget, host);
	return ERR_OK;
}

static void wait_longer(time_t *wait_until, const struct entry *entry)
{
	time_t most = entry->when + BUDGET_WAIT_MOST;

	*wait_until = later(*wait_until, entry->until < most ? entry->until : most);
}

static enum err take_wait(struct budget *budget, const struct entry *entry, struct key *host)
{
	if (host == NULL && (budget->wait_since == 0 || entry->when - budget->wait_until > WAIT_GAP))
		budget->wait_since = entry->when;
	wait_longer(host != NULL ? &host->wait_until : &budget->wait_until, entry);
	return ERR_OK;
}

static enum err take_wait_domain(struct budget *budget, const struct entry *entry, struct key *host)
{
	struct key *domain = NULL;
	enum err err = keys_get(&budget->domains, entry->domain, &domain);

	(void)host;
	if (err == ERR_OK)
		wait_longer(&domain->wait_until, entry);
	return err;
}

static enum err take_tried(struct budget *budget, const struct entry *entry, struct key *host)
{
	close_order(budget, host);
	host->tries = entry->tries;
	host->tried = entry->when;
	host->first_tried = entry->since < entry->when ? entry->since : entry->when;
	return ERR_OK;
}

static enum err take_open(struct budget *budget, const struct entry *entry, struct key *host)
{
	enum err err = take_tried(budget, entry, host);

	open_order(budget, host, entry->when);
	return err;
}

static enum err take_maker(struct budget *budget, const struct entry *entry, struct key *host)
{
	(void)host;
	return budget_has_maker(budget, entry->maker) ? ERR_OK : names_put(&budget->makers, entry->maker);
}

static const struct taker {
	bool has_host;
	enum err (*take)(struct budget *budget, const struct entry *entry, struct key *host);
} takers[ENTRY_COUNT] = {
	[ENTRY_NEW] = { true, take_new },
	[ENTRY_RENEWAL] = { true, take_renewal },
	[ENTRY_ISSUED] = { true, take_issued },
	[ENTRY_LOST] = { true, take_lost },
	[ENTRY_FAILED] = { true, take_failed },
	[ENTRY_REFUSED] = { true, take_refused },
	[ENTRY_WAIT] = { false, take_wait },
	[ENTRY_WAIT_DOMAIN] = { false, take_wait_domain },
	[ENTRY_WAIT_HOST] = { true, take_wait },
	[ENTRY_WAS_NEW] = { false, take_was_new },
	[ENTRY_WAS_RENEWAL] = { false, take_was_renewal },
	[ENTRY_WAS_ISSUED] = { true, take_was_issued },
	[ENTRY_WAS_FAILED] = { true, take_was_failed },
	[ENTRY_TRIED] = { true, take_tried },
	[ENTRY_OPEN] = { true, take_open },
	[ENTRY_MAKER] = { false, take_maker },
};

enum err budget_take(struct budget *budget, const struct entry *entry)
{
	const struct taker *taker = &takers[entry->what];
	struct key *host = NULL;
	enum err err = taker->has_host ? keys_get(&budget->hosts, entry->host, &host) : ERR_OK;

	return err != ERR_OK ? err : taker->take(budget, entry, host);
}

/* What is asked, and what is known of it; NULL: nothing. */
struct question {
	const struct budget *budget;
	const struct limits_rate *rate; /* of the limit that is asked; most is 0: there is none */
	enum entry_what what;
	const struct key *domain, *host;
};

static time_t next_asked(const struct question *question)
{
	time_t host = question->host != NULL ? question->host->wait_until : 0;
	time_t domain = question->domain != NULL ? question->domain->wait_until : 0;

	return later(question->budget->wait_until, later(host, domain));
}

static time_t next_open(const struct question *question)
{
	const struct key *host = TAILQ_LAST(&question->budget->open, keys_open);

	for (unsigned count = 1; host != NULL && count < question->rate->most; count++)
		host = TAILQ_PREV(host, keys_open, open);
	return host != NULL && question->rate->most > 0 ? host->tried + question->rate->seconds : 0;
}

static time_t next_of_all(const struct question *question, const struct spent *spent, enum entry_what what)
{
	const struct limits_rate *rate = question->rate;

	return question->what != what || rate->most == 0
		       ? 0
		       : spent_next(spent, rate->most, rate->seconds + ON_THE_WAY);
}

static time_t next_orders(const struct question *question)
{
	return next_of_all(question, &question->budget->orders, ENTRY_NEW);
}

static time_t next_renewals(const struct question *question)
{
	return next_of_all(question, &question->budget->renewals, ENTRY_RENEWAL);
}

static time_t next_of(const struct question *question, const struct spent *spent,
		      const struct spent_chain *chain)
{
	const struct limits_rate *rate = question->rate;

	return rate->most == 0 ? 0 : spent_next_of(spent, chain, rate->most, rate->seconds + ON_THE_WAY);
}

static time_t next_domain(const struct question *question)
{
	return question->domain == NULL || question->what != ENTRY_NEW
		       ? 0
		       : next_of(question, &question->budget->orders, &question->domain->orders);
}

/* What an order without a result may have made is not noted yet. */
static time_t next_issued(const struct question *question)
{
	struct limits_rate rate = *question->rate;
	struct question less = *question;

	if (question->host == NULL || rate.most == 0)
		return 0;
	less.rate = &rate;
	rate.most -= question->host->is_open && rate.most > 1;
	return next_of(&less, &question->budget->issued, &question->host->issued);
}

static time_t next_failed(const struct question *question)
{
	return question->host == NULL ? 0
				      : next_of(question, &question->budget->failed, &question->host->failed);
}

static time_t (*const next[LIMIT_COUNT])(const struct question *question) = {
	[LIMIT_ASKED] = next_asked,       [LIMIT_OPEN] = next_open,     [LIMIT_ORDERS] = next_orders,
	[LIMIT_RENEWALS] = next_renewals, [LIMIT_DOMAIN] = next_domain, [LIMIT_ISSUED] = next_issued,
	[LIMIT_FAILED] = next_failed,
};

time_t budget_next(const struct budget *budget, const struct entry *order, enum limit *limit)
{
	struct question question = {
		.budget = budget,
		.what = order->what,
		.domain = order->domain != NULL ? keys_find(&budget->domains, order->domain) : NULL,
		.host = order->host != NULL ? keys_find(&budget->hosts, order->host) : NULL,
	};
	enum limit longest = LIMIT_NONE;
	time_t at = order->when;

	for (unsigned i = LIMIT_NONE + 1; i < LIMIT_COUNT; i++) {
		time_t allowed;

		question.rate = &budget->limits->limit[i];
		allowed = next[i](&question);
		if (allowed > at) {
			at = allowed;
			longest = (enum limit)i;
		}
	}
	if (limit != NULL)
		*limit = longest;
	return at;
}

const struct key *budget_host(const struct budget *budget, const char *host)
{
	return keys_find(&budget->hosts, host);
}

bool budget_is_busy(const struct budget *budget, const struct key *host, time_t now)
{
	return host != NULL && spent_next_of(&budget->issued, &host->issued, BUSY_MOST, BUSY_SECONDS) > now;
}

time_t budget_issued(const struct budget *budget, const char *host)
{
	const struct key *key = budget_host(budget, host);

	return key != NULL ? spent_next_of(&budget->issued, &key->issued, 1, 0) : 0;
}

bool budget_has_maker(const struct budget *budget, const char *maker)
{
	return (budget->limits->maker != NULL && strcmp(budget->limits->maker, maker) == 0) ||
	       names_has(&budget->makers, maker);
}

bool budget_renews(const struct budget *budget, const char *maker)
{
	return (budget->limits->maker == NULL && budget->makers.count == 0) ||
	       budget_has_maker(budget, maker);
}

void budget_forget(struct budget *budget, time_t now)
{
	const struct limits_rate *limit = budget->limits->limit;
	time_t before = now - ON_THE_WAY;

	spent_forget(&budget->orders,
		     before - later(limit[LIMIT_ORDERS].seconds, limit[LIMIT_DOMAIN].seconds));
	spent_forget(&budget->renewals, before - limit[LIMIT_RENEWALS].seconds);
	spent_forget(&budget->issued, before - limit[LIMIT_ISSUED].seconds);
	spent_forget(&budget->failed, before - limit[LIMIT_FAILED].seconds);
}

void budget_free(struct budget *budget)
{
	keys_free(&budget->domains);
	keys_free(&budget->hosts);
	spent_free(&budget->orders);
	spent_free(&budget->renewals);
	spent_free(&budget->issued);
	spent_free(&budget->failed);
	names_free(&budget->makers);
	TAILQ_INIT(&budget->open);
}
