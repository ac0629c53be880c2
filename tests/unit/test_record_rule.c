/* SPDX-License-Identifier: ISC */
/* wrap: clock_now */
/*
 * The rule of shared records (RFC 8461, section 8.2) against a small model of the world: three domains that
 * move between two shared records and their own, operators who order, publish and look in any order, and
 * senders that are as unlucky as can be.
 */
#include "hosting.h"

#include "core/owner.h"
#include "evidence/looks.h"
#include "evidence/retirement.h"
#include "policy/retire.h"
#include "store/observations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TTL       300
#define WEEK      604800
#define STEPS     40
#define SEQUENCES 40
#define DOMAINS   3

/* The last of them are the domains' own. */
#define SHARED  2
#define RECORDS (SHARED + DOMAINS)

/* How long after the record was first shown the first look comes, seconds. */
#define DELAY 66

static const char *const names[DOMAINS] = { "a.example", "b.example", "c.example" };
static const char *const records[RECORDS] = { "record.provider.example", "other.provider.example",
					      "_mta-sts.a.example", "_mta-sts.b.example",
					      "_mta-sts.c.example" };
static const struct order by = { .who = "ann (uid 1000)", .reason = "" };

/* What a domain served from when until when; 0: it still does. */
struct served {
	time_t from, until;
	enum mode mode;
	uint32_t max_age;
};

/* What the record of a domain showed, and until when; the last one still does. */
struct shown {
	char id[ID_SIZE];
	time_t from, until;
};

struct world {
	struct hosting *hosting;
	unsigned seed;
	struct served served[DOMAINS][STEPS + 4];
	size_t revisions[DOMAINS];
	size_t record[DOMAINS];      /* where it is */
	char text[RECORDS][ID_SIZE]; /* what each record shows; "" before the first */
	struct shown shown[DOMAINS][4 * STEPS];
	size_t showings[DOMAINS];
	/* Ids of the records, and when they were given out: of which moment they are no earlier. */
	char given[2 * STEPS][ID_SIZE];
	time_t given_at[2 * STEPS];
	size_t ids;
	bool known[DOMAINS]; /* somebody looked at the domain since it began */
	bool watched;        /* somebody looked at every domain whenever the record changed */
	struct look *look;
};

static unsigned roll(struct world *world, unsigned sides)
{
	world->seed = world->seed * 1103515245U + 12345U;
	return (world->seed >> 16) % sides;
}

static const struct domain *domain_at(const struct world *world, size_t place)
{
	return registry_domain(world->hosting->registry, names[place]);
}

static void note_id(struct world *world, const char *id)
{
	memcpy(world->given[world->ids], id, strlen(id) + 1);
	world->given_at[world->ids++] = hosting_now;
}

static void note_served(struct world *world, size_t place)
{
	const struct revision *published = domain_at(world, place)->published;
	struct served *last = &world->served[place][world->revisions[place]];

	note_id(world, published->id);
	if (world->revisions[place] > 0)
		last[-1].until = hosting_now;
	*last = (struct served){ hosting_now, 0, published->mode, revision_max_age(published) };
	world->revisions[place]++;
}

static void order(struct world *world, size_t place, enum mode mode)
{
	const int64_t before = domain_at(world, place)->published->number;
	struct hosting_switch what = hosting_none();

	what.to.mode = mode;
	what.to.keep_mx = mode == MODE_NONE;
	assert_int_equal(hosting_order(world->hosting, names[place], &what), ERR_OK);
	if (domain_at(world, place)->published->number != before)
		note_served(world, place);
}

/* Until when a resolver may have shown it. */
static time_t last_seen(const struct shown *shown)
{
	return shown->until == 0                  ? hosting_now
	       : shown->until + TTL < hosting_now ? shown->until + TTL
						  : hosting_now;
}

/* Whether a sender may have fetched this under an id, and since when; 0: none. */
static time_t held_since(const struct world *world, size_t place, const struct served *served, const char *id)
{
	for (size_t i = 0; i < world->showings[place]; i++) {
		const struct shown *shown = &world->shown[place][i];
		time_t from = shown->from > served->from ? shown->from : served->from;

		if (strcmp(shown->id, id) == 0 && from <= last_seen(shown) &&
		    (served->until == 0 || from < served->until))
			return from;
	}
	return 0;
}

/* When the last sender that held a policy renewed it: each time that the id was shown. */
static time_t last_renewal(const struct world *world, size_t place, const struct served *served)
{
	time_t last = 0;

	for (size_t i = 0; i < world->showings[place]; i++) {
		const struct shown *shown = &world->shown[place][i];
		time_t since = held_since(world, place, served, shown->id);

		if (since != 0 && last_seen(shown) >= since && last_seen(shown) > last)
			last = last_seen(shown);
	}
	return last;
}

/* When no sender holds an older policy any more, if DNS stays as it is; 0: nobody holds any. */
static time_t truth(const struct world *world, size_t place)
{
	time_t end = 0;

	for (size_t i = 0; i + 1 < world->revisions[place]; i++) {
		const struct served *served = &world->served[place][i];
		time_t last = last_renewal(world, place, served);
		uint32_t hold = retire_hold(served->mode, served->max_age);

		if (last != 0 && hold > 0 && last + (time_t)hold > end)
			end = last + (time_t)hold;
	}
	return end;
}

static bool is_given_since(const struct world *world, const char *id, time_t at)
{
	for (size_t i = 0; i < world->ids; i++) {
		if (strcmp(world->given[i], id) == 0)
			return world->given_at[i] >= at;
	}
	return false;
}

/* Whether the domain was right when its record began to show something, and had replaced a policy by then. */
static bool covers(const struct world *world, size_t place, const struct shown *shown,
		   const struct served *served)
{
	const struct served *current = &world->served[place][world->revisions[place] - 1];

	while (current > served && current->from > shown->from)
		current--;
	return current > served && is_given_since(world, shown->id, current->from);
}

/* The same for a sender that got a policy although the record never showed an id of it. */
static time_t late_truth(const struct world *world, size_t place)
{
	time_t end = hosting_now;

	for (size_t i = 0; i + 1 < world->revisions[place]; i++) {
		const struct served *served = &world->served[place][i];
		uint32_t hold = retire_hold(served->mode, served->max_age);
		time_t last = served->until;

		for (size_t k = 0; k < world->showings[place]; k++) {
			const struct shown *shown = &world->shown[place][k];
			bool covered = covers(world, place, shown, served);
			time_t seen = covered ? shown->from : last_seen(shown);

			if ((k == 0 || !covered) && seen > last)
				last = seen;
		}
		if (hold > 0 && last + (time_t)hold > end)
			end = last + (time_t)hold;
	}
	return end;
}

/* Senders of a domain see what its record shows. */
static void see(struct world *world, size_t place)
{
	const char *id = world->text[world->record[place]];
	struct shown *last = &world->shown[place][world->showings[place]];

	if (world->showings[place] > 0 && strcmp(last[-1].id, id) == 0)
		return;
	if (world->showings[place] > 0)
		last[-1].until = hosting_now;
	*last = (struct shown){ .from = hosting_now };
	memcpy(last->id, id, strlen(id) + 1);
	world->showings[place]++;
}

static void show(struct world *world, size_t record, const char *id)
{
	memmove(world->text[record], id, strlen(id) + 1);
	for (size_t i = 0; i < DOMAINS; i++) {
		if (world->record[i] == record)
			see(world, i);
	}
}

static enum err note_verdict(void *context, const struct observation *seen)
{
	*(enum verdict *)context = seen->verdict;
	return ERR_OK;
}

/* Whoever holds an older policy under an id does not learn of a newer one while that id is shown. */
static void assert_verdict(const struct world *world, size_t place)
{
	const char *id = world->text[world->record[place]];
	enum verdict verdict = VERDICT_UNKNOWN;

	assert_int_equal(observations_last(world->hosting->store, names[place], note_verdict, &verdict),
			 ERR_OK);
	if (strcmp(id, owner_id(world->hosting->registry, domain_at(world, place))) == 0)
		assert_string_equal(verdict_text(verdict), "right");
	/* What nobody has seen of the other domains nobody can know. */
	for (size_t i = 0; i < DOMAINS; i++) {
		if (!world->known[i])
			return;
	}
	for (size_t i = 0; verdict == VERDICT_RIGHT && i + 1 < world->revisions[place]; i++) {
		if (held_since(world, place, &world->served[place][i], id) != 0)
			fail_msg("%s is called right under %s, which senders saw before", names[place], id);
	}
}

static void look(struct world *world, size_t place)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "v=STSv1; id=%s;", world->text[world->record[place]]);
	*world->look = (struct look){ .domain = names[place],
				      .record = records[world->record[place]],
				      .answers = 1 };
	world->look->answer[0] = (struct record_answer){ .server = "ns1.example.net",
							 .address = "192.0.2.1",
							 .ttl = TTL,
							 .texts = { text },
							 .text_count = 1 };
	assert_int_equal(looks_take(world->hosting->registry, world->hosting->store, &by, world->look, 1),
			 ERR_OK);
	world->known[place] = true;
	assert_verdict(world, place);
}

static void look_at_all(struct world *world)
{
	for (size_t i = 0; i < DOMAINS; i++)
		look(world, i);
}

/* Never earlier than the truth; and, when somebody looked at each change, later by the margins only. */
static void assert_horizon(const struct world *world, size_t place)
{
	const struct domain *domain = domain_at(world, place);
	time_t end = truth(world, place);
	time_t late = late_truth(world, place);
	struct retirement retirement;

	for (size_t i = 0; i < DOMAINS; i++) {
		if (!world->known[i])
			return;
	}
	if (domain->published->mode != MODE_NONE)
		return;
	assert_int_equal(retirement_of(world->hosting->store, domain, hosting_now, 0, &retirement), ERR_OK);
	if (retirement.state == RETIREMENT_SAFE && end > hosting_now)
		fail_msg("%s is called safe %ld s too early", names[place], (long)(end - hosting_now));
	if (retirement.safe_at != 0 && retirement.safe_at < end)
		fail_msg("%s is promised %ld s too early", names[place], (long)(end - retirement.safe_at));
	if (world->watched && retirement.safe_at > late + RETIRE_TTL_UNKNOWN + RETIRE_MARGIN + DELAY)
		fail_msg("%s is promised %ld s too late", names[place], (long)(retirement.safe_at - late));
}

/* An id is given out once; the other domains keep what they publish. */
static void order_some(struct world *world)
{
	static const enum mode modes[] = { MODE_NONE, MODE_NONE, MODE_ENFORCE, MODE_TESTING };
	size_t place = roll(world, DOMAINS);
	int64_t numbers[DOMAINS];
	char before[ID_SIZE];
	const char *now;

	for (size_t i = 0; i < DOMAINS; i++)
		numbers[i] = domain_at(world, i)->published->number;
	(void)snprintf(before, ID_SIZE, "%s", owner_id(world->hosting->registry, domain_at(world, place)));
	order(world, place, modes[roll(world, 4)]);
	now = owner_id(world->hosting->registry, domain_at(world, place));
	for (size_t i = 0; i < DOMAINS; i++) {
		if (i != place)
			assert_int_equal(domain_at(world, i)->published->number, numbers[i]);
	}
	for (size_t i = 0; strcmp(now, before) != 0 && i + 1 < world->ids; i++)
		assert_string_not_equal(world->given[i], now);
}

/* An operator writes an id that was used somewhere before: it is refused, or new to the domain's senders. */
static void publish_again(struct world *world)
{
	size_t place = roll(world, DOMAINS);
	const char *id = world->given[roll(world, (unsigned)world->ids)];
	const struct configured *configured = hosting_configured(
		names[place], MODE_TESTING, roll(world, 2) == 0 ? "a.example.org" : "b.example.org", id);
	const int64_t before = domain_at(world, place)->published->number;

	(void)hosting_publish(world->hosting, configured);
	if (domain_at(world, place)->published->number != before)
		note_served(world, place);
}

static void move(struct world *world)
{
	size_t place = roll(world, DOMAINS);
	size_t record = roll(world, 2) == 0 ? roll(world, SHARED) : SHARED + place;
	const char *id = owner_id(world->hosting->registry, domain_at(world, place));

	world->record[place] = record;
	/* A CNAME that was replaced by a record may have the same text. */
	if (world->text[record][0] == '\0' || record >= SHARED)
		show(world, record,
		     roll(world, 2) == 0 ? id : world->shown[place][world->showings[place] - 1].id);
	see(world, place);
}

/* Somebody looks whenever a record changes: what nobody sees nobody can know. */
static void step(struct world *world)
{
	size_t place = roll(world, DOMAINS);

	hosting_now += 60 + (time_t)(roll(world, 2) == 0 ? roll(world, 3600) : 3600 * roll(world, 60));
	switch (roll(world, 8)) {
	case 0:
	case 1:
		order_some(world);
		break;
	case 2:
	case 3:
		look_at_all(world); /* a timer may have looked just before */
		show(world, world->record[place],
		     owner_id(world->hosting->registry, domain_at(world, place)));
		look_at_all(world);
		break;
	case 4:
		show(world, world->record[place],
		     world->shown[place][roll(world, (unsigned)world->showings[place])].id);
		look_at_all(world);
		break;
	case 5:
		look_at_all(world);
		move(world);
		look_at_all(world);
		break;
	case 6:
		publish_again(world);
		break;
	default:
		if (roll(world, 2) == 0)
			hosting_restart(world->hosting);
		look(world, roll(world, DOMAINS));
	}
	for (size_t i = 0; i < DOMAINS; i++)
		assert_horizon(world, i);
}

static void publish(struct world *world, size_t place, enum mode mode, const char *id)
{
	assert_int_equal(hosting_publish(world->hosting,
					 hosting_configured(names[place], mode, "mail.example.org", id)),
			 ERR_OK);
	note_served(world, place);
	hosting_now += roll(world, 3);
}

/* Nobody knows yet that the record is shared: ids may be the same, and somebody may have ordered something.
 */
static void begin(struct world *world)
{
	bool same = roll(world, 2) == 0;

	for (size_t i = 0; i < DOMAINS; i++)
		publish(world, i, MODE_ENFORCE, !same ? "" : i == 0 ? "v1" : "v0");
	hosting_now += 60;
	if (roll(world, 2) == 0)
		order(world, 2, MODE_NONE);
	show(world, 0, domain_at(world, same ? 0 : roll(world, DOMAINS))->published->id);
	hosting_now += 60;
	if (same)
		publish(world, 1, MODE_TESTING, "v1");
}

static void run(struct world *world)
{
	begin(world);
	world->watched = roll(world, 2) == 0;
	if (world->watched)
		look_at_all(world);
	for (size_t i = 0; i < STEPS; i++)
		step(world);
}

/* Where the build is slow by itself there are fewer of them, as of the rounds of stories. */
static unsigned sequences(void)
{
	const char *scale = getenv("E2E_SCALE");
	double part = scale != NULL ? strtod(scale, NULL) : 1;

	return part > 0 && part < 1 ? 4 + (unsigned)(part * (SEQUENCES - 4)) : SEQUENCES;
}

static void no_order_of_things_makes_a_horizon_wrong(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct look *room = calloc(1, sizeof(*room));

	(void)state;
	assert_non_null(world);
	assert_non_null(room);
	for (unsigned i = 0; i < sequences(); i++) {
		void *hosting = NULL;

		assert_int_equal(hosting_setup(&hosting), 0);
		*world = (struct world){ .hosting = hosting, .seed = i * 7919U + 1U, .look = room };
		run(world);
		assert_int_equal(hosting_teardown(&hosting), 0);
	}
	free(room);
	free(world);
}

/* The ids of the record are a chain in which nobody steps back, whatever the clock says and whoever orders.
 */
static void an_id_is_given_out_once_for_a_record(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct hosting_switch none = hosting_none();
	char ids[2][ID_SIZE];

	assert_non_null(world);
	world->hosting = *state;
	world->look = calloc(1, sizeof(*world->look));
	assert_non_null(world->look);
	for (size_t i = 0; i < DOMAINS; i++)
		publish(world, i, MODE_ENFORCE, "");
	show(world, 0, domain_at(world, 0)->published->id);
	look_at_all(world);
	hosting_now = HOSTING_NOW + 90000;
	assert_int_equal(hosting_order(world->hosting, names[0], &none), ERR_OK);
	(void)snprintf(ids[0], ID_SIZE, "%s", owner_id(world->hosting->registry, domain_at(world, 0)));
	hosting_restart(world->hosting);
	/* Nothing comes after an id that is no number, and by the clock it is the same second again. */
	hosting_now++;
	publish(world, 2, MODE_TESTING, "v9");
	hosting_now = HOSTING_NOW + 90000;
	assert_int_equal(hosting_order(world->hosting, names[1], &none), ERR_OK);
	(void)snprintf(ids[1], ID_SIZE, "%s", owner_id(world->hosting->registry, domain_at(world, 1)));
	assert_string_equal(domain_at(world, 1)->published->id, ids[1]);
	assert_string_equal(owner_id(world->hosting->registry, domain_at(world, 0)), ids[1]);
	assert_string_not_equal(ids[1], ids[0]);
	free(world->look);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_order_of_things_makes_a_horizon_wrong),
		cmocka_unit_test_setup_teardown(an_id_is_given_out_once_for_a_record, hosting_setup,
						hosting_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
