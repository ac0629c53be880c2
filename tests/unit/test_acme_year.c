/* SPDX-License-Identifier: ISC */
/*
 * A year of orders in virtual time: the code that decides, against a model of an authority that counts by
 * itself.  ACME_NAMES=100000 makes every year as large as the largest installation; it takes a minute.
 */
#include "ctl/acme/ledger.h"
#include "ctl/acme/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE 60
#define HOUR   3600
#define DAY    86400
#define WEEK   (7 * DAY)
#define YEAR   (365 * DAY)

#define BEGIN     ((time_t)1796083200)
#define DIRECTORY "https://acme-v02.api.letsencrypt.org/directory"
#define SEED      UINT64_C(42)

#define NAMES_USUAL 20000
#define PERIOD      (10 * MINUTE) /* of runs */
#define LATE_MOST   30            /* seconds that an order is on the way */
#define DAYS_MOST   800
#define NOBODY      UINT32_MAX

/* What the authority says of when to renew: nothing, when a third is left, or in the last hour. */
enum suggestion { SUGGESTS_NOTHING, SUGGESTS_A_THIRD, SUGGESTS_TOO_LATE };

/* What a year is like. */
struct year {
	const char *what;
	uint32_t names, domains;
	time_t lifetime;
	time_t shorter;  /* lifetime of what is made from the 150th day on; 0: the same */
	bool filled;     /* all names have certificates of the same second when it begins */
	unsigned broken; /* names of 10,000 that nobody can validate until the 200th day */
	unsigned
		chance; /* orders of 10,000 that fail without a reason, and as many that are lost or killed */
	enum suggestion suggestion;
	unsigned revoked;  /* certificates of 10,000 that are there at some time, and then are revoked */
	time_t revocation; /* which the authority tells of, one after the other, within half a day */
	time_t outage, outage_seconds; /* the authority is down from then on */
	time_t seconds;                /* how long it goes on after the first fill */
	bool with_ledger;              /* each line is written, and read again once a day */
};

struct name {
	char host[32], domain[24];
	time_t not_before, not_after;
	time_t revoked_at;           /* as the authority has told; 0: it is not */
	time_t issued[5], failed[5]; /* as the authority counts */
	uint32_t domain_number, next;
	bool is_broken, ever, is_waiting;
};

/* What the authority counts, in two ways: buckets that fill up, and all in any such span. */
struct bucket {
	double level;
	time_t last;
	time_t when[300];
	unsigned at;
};

struct world {
	const struct year *year;
	struct name *name;
	struct bucket account, *domain;
	struct budget budget;
	struct text ledger;
	uint32_t *slot; /* first name of each run's list */
	size_t slots;
	struct waiting {
		uint32_t *number; /* names that are due */
		size_t count;
		bool arrived; /* one came since they were looked at */
		time_t next;  /* when one of them may be ordered */
	} waiting[2];         /* without a certificate, and with one */
	time_t now, filled_at;
	uint64_t random;
	uint32_t bare, day[DAYS_MOST], renewals[DAYS_MOST];
	uint64_t orders, hits, expired, failures, lost, killed, runs, restarts;
	uint64_t replaced, late; /* of those that were revoked, and after more than a day */
	uint64_t hits_domain, hits_issued, hits_failed;
};

static uint64_t chance(struct world *world, uint64_t limit)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return world->random % limit;
}

/* Returns whether that is one too many, and counts it in any case. */
static bool too_many(struct bucket *bucket, unsigned most, time_t seconds, time_t now)
{
	bool wrong = bucket->when[bucket->at % most] > now - seconds && bucket->when[bucket->at % most] != 0;

	if (bucket->last != 0)
		bucket->level -= (double)(now - bucket->last) * most / (double)seconds;
	if (bucket->level < 0)
		bucket->level = 0;
	bucket->level += 1;
	bucket->last = now;
	bucket->when[bucket->at++ % most] = now;
	return wrong || bucket->level > most + 1e-6;
}

static bool is_fifth(const time_t times[5], time_t seconds, time_t now)
{
	return times[0] != 0 && times[0] > now - seconds;
}

static void push(time_t times[5], time_t now)
{
	memmove(times, times + 1, 4 * sizeof(*times));
	times[4] = now;
}

/* The authority: what comes of an order that arrives.  A name that it had a certificate of is a renewal. */
static enum entry_what model_order(struct world *world, struct name *name, time_t now)
{
	const struct year *year = world->year;

	if (now >= year->outage && now < year->outage + year->outage_seconds)
		return ENTRY_WAIT;
	if (!name->ever) {
		world->hits += too_many(&world->account, 300, 3 * HOUR, now);
		world->hits_domain += too_many(&world->domain[name->domain_number], 50, WEEK, now);
	}
	world->hits_failed += is_fifth(name->failed, HOUR, now);
	world->hits_issued += is_fifth(name->issued, WEEK, now);
	if ((name->is_broken && now < BEGIN + 200 * DAY) || chance(world, 10000) < year->chance) {
		push(name->failed, now);
		world->failures++;
		return ENTRY_FAILED;
	}
	push(name->issued, now);
	name->ever = true;
	return ENTRY_ISSUED;
}

/* As Let's Encrypt does, as long as all is well. */
static void suggest(const struct world *world, const struct name *name, struct due_name *known)
{
	time_t lifetime = name->not_after - name->not_before;

	if (name->not_after == 0 || world->year->suggestion == SUGGESTS_NOTHING)
		return;
	if (world->year->suggestion == SUGGESTS_TOO_LATE) {
		known->window_from = name->not_after - HOUR;
		known->window_to = name->not_after;
	} else if (name->revoked_at != 0 && name->revoked_at <= world->now) {
		known->window_from = name->revoked_at - 2 * HOUR;
		known->window_to = name->revoked_at - HOUR;
	} else {
		known->window_from = name->not_after - lifetime / 3 - lifetime / 90;
		known->window_to = name->not_after - lifetime / 3 + lifetime / 90;
	}
}

static struct due_name known(const struct world *world, const struct name *name)
{
	const struct key *key = budget_host(&world->budget, name->host);
	struct due_name known = {
		.host = name->host,
		.mode = (name->host[11] - '0') % 2 == 0 ? MODE_ENFORCE : MODE_TESTING,
		.not_before = name->not_before,
		.not_after = name->not_after,
		.failures = key != NULL ? key->tries : 0,
		.tried = key != NULL ? key->tried : 0,
		.first_tried = key != NULL ? key->first_tried : 0,
	};

	suggest(world, name, &known);
	return known;
}

static void await(struct world *world, uint32_t number)
{
	struct waiting *waiting = &world->waiting[world->name[number].not_after != 0];

	world->name[number].is_waiting = true;
	waiting->number[waiting->count++] = number;
	waiting->arrived = true;
}

/* The time at which a look at a name may first find something else than now. */
static void put(struct world *world, uint32_t number)
{
	struct name *name = &world->name[number];
	struct due_name facts = known(world, name);
	time_t at = due_next(&facts, world->now, SEED).at, ending = due_ending(&facts);
	size_t slot;

	if (at > ending && ending > world->now)
		at = ending;
	if (at > name->not_after && name->not_after > world->now)
		at = name->not_after;
	if (at > name->revoked_at && name->revoked_at > world->now)
		at = name->revoked_at;
	if (at <= world->now) {
		await(world, number);
		return;
	}
	slot = (size_t)((at - BEGIN + PERIOD - 1) / PERIOD);
	name->is_waiting = false;
	if (slot < world->slots) {
		name->next = world->slot[slot];
		world->slot[slot] = number;
	}
}

static void take(struct world *world, const struct entry *entry)
{
	assert_int_equal(budget_take(&world->budget, entry), ERR_OK);
	if (world->year->with_ledger)
		assert_int_equal(ledger_line_write(entry, &world->ledger), ERR_OK);
}

/* The program dies, or ends, and another one reads what it wrote. */
static void restart(struct world *world)
{
	struct complaints complaints = { 0 };
	struct text text = { 0 };
	bool worn = false;

	if (!world->year->with_ledger) {
		text_free(&world->ledger);
		assert_int_equal(ledger_write(&world->budget, DIRECTORY, world->now, &world->ledger), ERR_OK);
	}
	budget_free(&world->budget);
	budget_begin(&world->budget, DIRECTORY);
	assert_int_equal(ledger_read(world->ledger.bytes, world->ledger.len, DIRECTORY, world->now,
				     &world->budget, "ledger", &complaints, &worn),
			 ERR_OK);
	assert_int_equal(complaints.count, 0);
	if (worn) {
		assert_int_equal(ledger_write(&world->budget, DIRECTORY, world->now, &text), ERR_OK);
		text_free(&world->ledger);
		world->ledger = text;
	}
	world->restarts++;
}

static void install(struct world *world, struct name *name)
{
	const struct year *year = world->year;

	if (name->not_after == 0 && --world->bare == 0)
		world->filled_at = world->now;
	if (name->not_after != 0) {
		world->expired += name->not_after <= world->now && !name->is_broken;
		world->renewals[(world->now - BEGIN) / DAY]++;
	}
	if (name->revoked_at != 0 && name->revoked_at <= world->now) {
		world->replaced++;
		world->late += world->now - name->revoked_at > DAY;
	}
	name->not_before = world->now - HOUR;
	name->not_after =
		name->not_before - 1 +
		(year->shorter != 0 && world->now >= BEGIN + 150 * DAY ? year->shorter : year->lifetime);
	name->revoked_at = 0;
	if (world->now < year->revocation && year->revocation < name->not_after - DAY &&
	    chance(world, 10000) < year->revoked)
		name->revoked_at = year->revocation + (time_t)chance(world, DAY / 2);
}

static void conclude(struct world *world, struct name *name, enum entry_what what)
{
	struct entry entry = { .what = what, .when = world->now, .host = name->host };
	uint64_t bad = chance(world, 10000);

	if (bad < world->year->chance / 2 && what != ENTRY_WAIT) {
		world->killed++;
		return;
	}
	if (what == ENTRY_ISSUED && bad < world->year->chance) {
		entry.what = ENTRY_LOST;
		world->lost++;
	} else if (what == ENTRY_ISSUED) {
		install(world, name);
	} else if (what == ENTRY_WAIT) {
		entry.until = world->now + HOUR;
		take(world, &entry);
		entry.what = ENTRY_REFUSED;
	}
	take(world, &entry);
}

static void order(struct world *world, const struct plan_item *item)
{
	struct name *name = &world->name[strtoul(item->host + strlen("mta-sts."), NULL, 10)];
	struct entry entry = {
		.what = item->what, .when = world->now, .domain = item->domain, .host = item->host
	};

	take(world, &entry);
	world->orders++;
	world->day[(world->now - BEGIN) / DAY]++;
	conclude(world, name, model_order(world, name, world->now + (time_t)chance(world, LATE_MOST)));
	name->is_waiting = false;
	world->now++;
}

static void offer(struct world *world, struct plan *plan, const struct name *name)
{
	struct due_name facts = known(world, name);
	struct plan_item item = {
		.due = due_next(&facts, world->now, SEED),
		.what = name->not_after != 0 ? ENTRY_RENEWAL : ENTRY_NEW,
		.domain = name->domain,
		.host = name->host,
	};

	assert_int_equal(plan_offer(plan, &item, &world->budget, world->now), ERR_OK);
}

/* While the account may order none of a kind, none of them has to be looked at. */
static bool is_closed(struct world *world, enum entry_what what, struct waiting *waiting, time_t until)
{
	struct entry order = { .what = what, .when = world->now };
	time_t at = budget_next(&world->budget, &order, NULL);

	if (at > until)
		waiting->next = at;
	return at > until;
}

static void offer_all(struct world *world, struct plan *plan, struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->count; i++)
		offer(world, plan, &world->name[waiting->number[i]]);
}

static void put_all(struct world *world, struct waiting *waiting, size_t count, time_t next)
{
	uint32_t *number = malloc((count + 1) * sizeof(*number));

	memcpy(number, waiting->number, count * sizeof(*number));
	waiting->count = 0;
	for (size_t i = 0; i < count; i++)
		put(world, number[i]);
	free(number);
	waiting->arrived = false;
	waiting->next = next;
}

/* One run of the program. */
static void run(struct world *world, time_t until)
{
	struct plan plan;
	struct plan_item item;
	size_t count[2] = { 0 };
	enum err err;

	world->runs++;
	plan_begin(&plan, until);
	budget_forget(&world->budget, world->now);
	for (unsigned i = 0; i < 2; i++) {
		struct waiting *waiting = &world->waiting[i];

		if ((waiting->arrived || (waiting->next != 0 && waiting->next <= until)) &&
		    !is_closed(world, i == 0 ? ENTRY_NEW : ENTRY_RENEWAL, waiting, until)) {
			count[i] = waiting->count;
			offer_all(world, &plan, waiting);
		}
	}
	while ((err = plan_take(&plan, &world->budget, world->now, &item)) == ERR_OK ||
	       (err == ERR_AGAIN && plan.next <= until)) {
		if (err == ERR_OK)
			order(world, &item);
		else
			world->now = plan.next;
	}
	for (unsigned i = 0; i < 2; i++)
		if (count[i] > 0)
			put_all(world, &world->waiting[i], count[i], plan.next);
	plan_free(&plan);
}

/* No name that is not looked at in a run would have been due. */
static void compare_with_a_look_at_all(const struct world *world, time_t now)
{
	for (uint32_t i = 0; i < world->year->names; i++) {
		struct due_name facts = known(world, &world->name[i]);

		if (!world->name[i].is_waiting)
			assert_true(due_next(&facts, now, SEED).at > now);
	}
}

static void begin(struct world *world, const struct year *year)
{
	*world = (struct world){ .year = year, .now = BEGIN, .random = 88172645463325252u };
	world->slots = (size_t)(DAYS_MOST * (DAY / PERIOD));
	world->slot = malloc(world->slots * sizeof(*world->slot));
	world->name = calloc(year->names, sizeof(*world->name));
	world->domain = calloc(year->domains, sizeof(*world->domain));
	for (unsigned i = 0; i < 2; i++)
		world->waiting[i].number = calloc(year->names, sizeof(uint32_t));
	memset(world->slot, 0xff, world->slots * sizeof(*world->slot));
	budget_begin(&world->budget, DIRECTORY);
	assert_int_equal(text_appendf(&world->ledger, "ledger 1 %s\n", DIRECTORY), ERR_OK);
	world->bare = year->filled ? 0 : year->names;
	world->filled_at = year->filled ? BEGIN : 0;
	for (uint32_t i = 0; i < year->names; i++) {
		struct name *name = &world->name[i];

		name->domain_number = i % year->domains;
		(void)snprintf(name->host, sizeof(name->host), "mta-sts.%06u.example", i);
		(void)snprintf(name->domain, sizeof(name->domain), "%06u.example", name->domain_number);
		name->is_broken = chance(world, 10000) < year->broken;
		world->bare -= name->is_broken && !year->filled;
		name->ever = year->filled;
		name->not_before = year->filled ? BEGIN : 0;
		name->not_after = year->filled ? BEGIN + year->lifetime - 1 : 0;
		put(world, i);
	}
}

static void end(struct world *world)
{
	for (uint32_t i = 0; i < world->year->names; i++)
		world->expired += world->name[i].not_after != 0 && world->name[i].not_after <= world->now &&
				  !world->name[i].is_broken;
	budget_free(&world->budget);
	text_free(&world->ledger);
	free(world->slot);
	free(world->name);
	free(world->domain);
	free(world->waiting[0].number);
	free(world->waiting[1].number);
}

static void live(struct world *world, const struct year *year)
{
	begin(world, year);
	for (size_t slot = 0; slot < world->slots; slot++) {
		if (world->now < BEGIN + (time_t)slot * PERIOD)
			world->now = BEGIN + (time_t)slot * PERIOD;
		for (uint32_t i = world->slot[slot]; i != NOBODY; i = world->name[i].next)
			await(world, i);
		run(world, BEGIN + (time_t)(slot + 1) * PERIOD);
		if (slot % 5000 == 4999)
			compare_with_a_look_at_all(world, BEGIN + (time_t)slot * PERIOD);
		if (slot % 1000 == 999)
			restart(world);
		if (world->filled_at != 0 && world->now >= world->filled_at + year->seconds)
			break;
	}
	end(world);
}

/* The busiest of whole days, against the mean. */
static double unevenness(const uint32_t *days, long first, long last)
{
	double sum = 0, most = 0;

	for (long day = first; day < last; day++) {
		sum += days[day];
		most = days[day] > most ? days[day] : most;
	}
	return most * (double)(last - first) / sum;
}

static double fill_ratio(const struct world *world)
{
	const struct year *year = world->year;
	double account = ((double)year->names / 300 - 1) * 3 * HOUR;
	double domain = ((double)year->names / year->domains / 50 - 1) * WEEK;
	double allowed = account > domain ? account : domain;

	return (double)(world->filled_at - BEGIN) / allowed;
}

static void tell(const struct world *world, double ratio, double uneven)
{
	printf("%s: %u names, %u registered domains: %llu orders in %llu runs, first fill %.1f days (%.3f of "
	       "what the limits "
	       "allow), busiest day %.2f of even, %llu failed, %llu lost, %llu killed, %llu expired, limits "
	       "hit: %llu\n",
	       world->year->what, world->year->names, world->year->domains, (unsigned long long)world->orders,
	       (unsigned long long)world->runs, (double)(world->filled_at - BEGIN) / DAY, ratio, uneven,
	       (unsigned long long)world->failures, (unsigned long long)world->lost,
	       (unsigned long long)world->killed, (unsigned long long)world->expired,
	       (unsigned long long)(world->hits + world->hits_domain + world->hits_issued +
				    world->hits_failed));
}

static uint32_t names_of(uint32_t usual)
{
	const char *asked = getenv("ACME_NAMES");

	return asked != NULL ? (uint32_t)strtoul(asked, NULL, 10) : usual;
}

static void check(const struct year *year)
{
	struct world *world = malloc(sizeof(*world));
	double ratio, uneven;
	long first, last;

	live(world, year);
	ratio = year->filled ? 0 : fill_ratio(world);
	first = (world->filled_at - BEGIN) / DAY + (year->filled ? 0 : 1 + year->lifetime / DAY);
	last = (world->now - BEGIN) / DAY;
	uneven = unevenness(world->renewals, year->filled ? year->lifetime / DAY / 6 + 1 : first, last);
	tell(world, ratio, uneven);
	assert_true(world->filled_at != 0);
	assert_int_equal(world->hits, 0);
	assert_int_equal(world->hits_domain, 0);
	assert_int_equal(world->hits_issued, 0);
	assert_int_equal(world->hits_failed, 0);
	assert_int_equal(world->expired, 0);
	assert_true(ratio <= 1.05);
	/* An authority that has its own idea of when is followed. */
	assert_true(uneven <= 2.0 || year->suggestion == SUGGESTS_A_THIRD);
	assert_true(world->replaced > 0 || year->revoked == 0);
	assert_int_equal(world->late, 0);
	free(world);
}

static void a_year_at_90_days_hits_no_limit_and_lets_nothing_expire(void **state)
{
	uint32_t names = names_of(NAMES_USUAL);

	(void)state;
	check(&(struct year){ .what = "90 days",
			      .names = names,
			      .domains = names,
			      .lifetime = 90 * DAY,
			      .broken = 50,
			      .chance = 20,
			      .outage = BEGIN + 150 * DAY + 8 * HOUR,
			      .outage_seconds = 8 * HOUR,
			      .seconds = YEAR,
			      .with_ledger = true });
}

static void a_year_at_45_days_hits_no_limit_and_lets_nothing_expire(void **state)
{
	uint32_t names = names_of(NAMES_USUAL);

	(void)state;
	check(&(struct year){ .what = "45 days",
			      .names = names,
			      .domains = names,
			      .lifetime = 45 * DAY,
			      .broken = 50,
			      .chance = 20,
			      .outage = BEGIN + 150 * DAY + 8 * HOUR,
			      .outage_seconds = 8 * HOUR,
			      .seconds = YEAR });
}

static void a_year_at_6_days_hits_no_limit_and_lets_nothing_expire(void **state)
{
	uint32_t names = names_of(NAMES_USUAL);

	(void)state;
	check(&(struct year){ .what = "6 days",
			      .names = names,
			      .domains = names,
			      .lifetime = 160 * HOUR,
			      .broken = 50,
			      .chance = 20,
			      .outage = BEGIN + 150 * DAY + 8 * HOUR,
			      .outage_seconds = 8 * HOUR,
			      .seconds = YEAR });
}

static void many_names_of_few_registered_domains_are_filled_as_fast_as_those_allow(void **state)
{
	uint32_t names = names_of(NAMES_USUAL);

	(void)state;
	check(&(struct year){ .what = "few domains",
			      .names = names,
			      .domains = names / 1000,
			      .lifetime = 90 * DAY,
			      .seconds = YEAR });
}

static void certificates_of_one_second_are_renewed_evenly_from_their_first_renewal_on(void **state)
{
	uint32_t names = names_of(NAMES_USUAL);

	(void)state;
	check(&(struct year){ .what = "made at once",
			      .names = names,
			      .domains = names,
			      .lifetime = 90 * DAY,
			      .filled = true,
			      .chance = 20,
			      .seconds = YEAR });
}

/* As Let's Encrypt does in 2027 and 2028. */
static void an_authority_that_halves_the_lifetime_lets_none_expire(void **state)
{
	uint32_t names = names_of(NAMES_USUAL);

	(void)state;
	check(&(struct year){ .what = "90 days, then 45",
			      .names = names,
			      .domains = names,
			      .lifetime = 90 * DAY,
			      .shorter = 45 * DAY,
			      .broken = 50,
			      .chance = 20,
			      .seconds = YEAR });
}

static void an_authority_that_is_down_for_a_day_lets_none_of_6_days_expire(void **state)
{
	(void)state;
	check(&(struct year){ .what = "down for a day",
			      .names = NAMES_USUAL,
			      .domains = NAMES_USUAL,
			      .lifetime = 160 * HOUR,
			      .chance = 20,
			      .outage = BEGIN + 20 * DAY + 30 * MINUTE,
			      .outage_seconds = 23 * HOUR,
			      .seconds = 60 * DAY });
}

static void what_the_authority_suggests_is_followed_and_what_it_revokes_replaced_within_a_day(void **state)
{
	uint32_t names = names_of(NAMES_USUAL);

	(void)state;
	check(&(struct year){ .what = "45 days, as suggested",
			      .names = names,
			      .domains = names,
			      .lifetime = 45 * DAY,
			      .chance = 20,
			      .suggestion = SUGGESTS_A_THIRD,
			      .revoked = 300,
			      .revocation = BEGIN + 200 * DAY,
			      .outage = BEGIN + 150 * DAY + 8 * HOUR,
			      .outage_seconds = 8 * HOUR,
			      .seconds = YEAR });
}

static void an_authority_that_suggests_too_late_a_time_lets_none_expire(void **state)
{
	uint32_t names = names_of(NAMES_USUAL);

	(void)state;
	check(&(struct year){ .what = "6 days, suggested too late",
			      .names = names,
			      .domains = names,
			      .lifetime = 160 * HOUR,
			      .chance = 20,
			      .suggestion = SUGGESTS_TOO_LATE,
			      .outage = BEGIN + 150 * DAY + 8 * HOUR,
			      .outage_seconds = 8 * HOUR,
			      .seconds = 60 * DAY });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_year_at_90_days_hits_no_limit_and_lets_nothing_expire),
		cmocka_unit_test(a_year_at_45_days_hits_no_limit_and_lets_nothing_expire),
		cmocka_unit_test(a_year_at_6_days_hits_no_limit_and_lets_nothing_expire),
		cmocka_unit_test(many_names_of_few_registered_domains_are_filled_as_fast_as_those_allow),
		cmocka_unit_test(certificates_of_one_second_are_renewed_evenly_from_their_first_renewal_on),
		cmocka_unit_test(an_authority_that_halves_the_lifetime_lets_none_expire),
		cmocka_unit_test(an_authority_that_is_down_for_a_day_lets_none_of_6_days_expire),
		cmocka_unit_test(
			what_the_authority_suggests_is_followed_and_what_it_revokes_replaced_within_a_day),
		cmocka_unit_test(an_authority_that_suggests_too_late_a_time_lets_none_expire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
