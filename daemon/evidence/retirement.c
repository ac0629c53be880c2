/* SPDX-License-Identifier: ISC */
#include "evidence/retirement.h"

#include "policy/retire.h"
#include "policy/syntax.h"
#include "store/observations.h"
#include "store/revisions.h"

#include <stdio.h>
#include <string.h>

const char *retirement_text(enum retirement_state state)
{
	static const char *const words[RETIREMENT_STATES] = {
		[RETIREMENT_PUBLISHING] = "publishing",
		[RETIREMENT_WAITING] = "waiting",
		[RETIREMENT_DRAINING] = "draining",
		[RETIREMENT_CONFIRMING] = "confirming",
		[RETIREMENT_SAFE] = "safe",
	};

	return state < RETIREMENT_STATES ? words[state] : NULL;
}

/* One walk through the revisions of a domain. */
struct walk {
	struct retire retire;
	/* The same without what a typo may have been, and without what may have been before. */
	struct retire without_foreign, without_past;
	struct retirement_held held;
	time_t now;
	time_t seen_at;      /* of the published revision */
	time_t first_served; /* the earliest fetch of those that were gone through; 0: none */
	bool begun;
};

/* The longest that a policy can say: what counts where nobody knows what it said. */
static struct retire_revision longest_at(time_t time, uint32_t ttl)
{
	return (struct retire_revision){ .mode = MODE_ENFORCE,
					 .max_age = POLICY_MAX_AGE_LIMIT,
					 .published_at = time,
					 .superseded_at = time,
					 .ttl = ttl };
}

/*
 * A stored revision that cannot be read was served while it could be: the longest that it may have said is
 * what counts.
 */
static enum err read_policy(const struct history_row *row, struct retire_revision *revision)
{
	struct complaints complaints = { 0 };
	struct policy *policy = NULL;
	enum err err;

	if (row->sound && syntax_peek(row->text, row->len, &revision->mode, &revision->max_age))
		return ERR_OK;
	err = row->sound ? syntax_parse(row->text, row->len, "published policy", &complaints, &policy)
			 : ERR_SYNTAX;

	complaints_free(&complaints);
	if (err == ERR_NO_MEMORY)
		return err;
	revision->mode = err == ERR_OK ? policy->mode : MODE_ENFORCE;
	revision->max_age = err == ERR_OK ? policy->max_age : POLICY_MAX_AGE_LIMIT;
	policy_free(&policy);
	return ERR_OK;
}

static void hold(struct walk *walk, const struct history_row *row, const struct retire_revision *revision)
{
	walk->held = (struct retirement_held){ .mode = revision->mode,
					       .max_age = revision->max_age,
					       .last_served_at = revision->last_served_at };
	(void)snprintf(walk->held.id, sizeof(walk->held.id), "%s", row->id);
}

/*
 * A host that had the domain before may have published anything until this one did, and until somebody
 * fetched here for the first time.
 */
static void add_past(struct walk *walk, const struct history_row *row)
{
	const struct retire_revision revision = longest_at(
		walk->first_served > row->published_at ? walk->first_served : row->published_at, 0);

	(void)retire_add(&walk->without_foreign, &revision);
	if (retire_add(&walk->retire, &revision))
		walk->held = (struct retirement_held){ .mode = revision.mode,
						       .max_age = revision.max_age,
						       .unknown_before = true };
}

static enum err add_revision(void *context, const struct history_row *row)
{
	struct walk *walk = context;
	struct retire_revision revision = { .published_at = row->published_at,
					    .superseded_at = row->superseded_at,
					    .last_served_at = row->last_served_at,
					    .seen_at = row->seen_at,
					    .ttl = row->ttl };
	enum err err = read_policy(row, &revision);

	if (err != ERR_OK)
		return err;
	if (!walk->begun) {
		retire_begin(&walk->retire, &revision, walk->now);
		walk->without_foreign = walk->without_past = walk->retire;
		walk->seen_at = revision.seen_at;
		walk->begun = true;
	} else {
		(void)retire_add(&walk->without_foreign, &revision);
		(void)retire_add(&walk->without_past, &revision);
		if (retire_add(&walk->retire, &revision))
			hold(walk, row, &revision);
	}
	if (row->first_served_at != 0 &&
	    (walk->first_served == 0 || row->first_served_at < walk->first_served))
		walk->first_served = row->first_served_at;
	if (row->unknown_before)
		add_past(walk, row);
	return ERR_OK;
}

/*
 * What DNS showed and nobody here published may be of a host that had the domain before, or of a time that a
 * restored copy of the store does not know.
 */
static enum err add_foreign(struct store *store, const char *domain, struct walk *walk)
{
	struct foreign foreign;
	enum err err = observations_last_foreign(store, domain, &foreign);
	const struct retire_revision revision = longest_at(foreign.last_at, foreign.ttl);

	if (err != ERR_OK || foreign.id[0] == '\0')
		return err;
	(void)retire_add(&walk->without_past, &revision);
	if (!retire_add(&walk->retire, &revision))
		return ERR_OK;
	walk->held = (struct retirement_held){ .mode = revision.mode,
					       .max_age = revision.max_age,
					       .foreign = true };
	memcpy(walk->held.id, foreign.id, sizeof(foreign.id));
	return ERR_OK;
}

/* What is damaged of it may have been the longest, too. */
static enum err add_told(void *context, const struct foreign_told *told)
{
	struct walk *walk = context;
	struct retire_revision revision = longest_at(told->last_at, told->ttl);

	if (told->mode != MODE_UNKNOWN) {
		revision.mode = told->mode;
		revision.max_age = told->max_age;
	}
	(void)retire_add(&walk->without_foreign, &revision);
	(void)retire_add(&walk->without_past, &revision);
	if (!retire_add(&walk->retire, &revision))
		return ERR_OK;
	walk->held = (struct retirement_held){ .mode = revision.mode,
					       .max_age = revision.max_age,
					       .elsewhere = true };
	(void)snprintf(walk->held.id, sizeof(walk->held.id), "%s", told->id);
	return ERR_OK;
}

static enum err walk_all(struct store *store, const char *domain, struct walk *walk)
{
	bool foreign = false;
	enum err err = revisions_held(store, domain, add_revision, walk);

	if (err == ERR_OK)
		err = observations_has_foreign(store, domain, &foreign);
	if (err == ERR_OK && foreign)
		err = add_foreign(store, domain, walk);
	return err == ERR_OK && foreign ? observations_each_told(store, domain, add_told, walk) : err;
}

struct look_of {
	const char *id;
	struct retirement_look *look;
};

/* A look at what was published before says nothing of what is published now. */
static enum err note_look(void *context, const struct observation *observation)
{
	const struct look_of *of = context;

	if (strcmp(observation->id, of->id) == 0)
		*of->look = (struct retirement_look){ .at = observation->at,
						      .verdict = observation->verdict,
						      .asked = observation->error[0] == '\0',
						      .right_at = observation->right_at };
	return ERR_OK;
}

static enum retirement_state state_of(const struct retirement *retirement, time_t now, time_t since)
{
	const struct retirement_look *look = &retirement->look;

	if (look->at == 0)
		return RETIREMENT_PUBLISHING;
	if (retirement->safe_at == 0)
		return RETIREMENT_WAITING;
	if (now < retirement->safe_at)
		return RETIREMENT_DRAINING;
	if (look->right_at < retirement->safe_at || look->right_at < since)
		return RETIREMENT_CONFIRMING;
	/* A look that lies ahead was dated by a clock that was set back since: nobody knows when it was. */
	return look->right_at <= now ? RETIREMENT_SAFE : RETIREMENT_CONFIRMING;
}

static enum err find_look(struct store *store, const struct domain *domain, struct retirement_look *look)
{
	struct look_of of = { .id = domain->published->id, .look = look };

	return observations_last(store, domain->name, note_look, &of);
}

/* All but the look, which is there. */
static enum err find_rest(struct store *store, const struct domain *domain, time_t now, time_t since,
			  struct retirement *retirement)
{
	struct walk walk = { .now = now };
	enum err err = walk_all(store, domain->name, &walk);

	if (err != ERR_OK)
		return err;
	retirement->safe_at = walk.retire.safe_at;
	retirement->else_safe_at =
		walk.held.foreign ? walk.without_foreign.safe_at : walk.without_past.safe_at;
	retirement->wait = walk.retire.wait;
	retirement->seen_at = walk.seen_at;
	retirement->held = walk.held;
	retirement->state = state_of(retirement, now, since);
	return ERR_OK;
}

enum err retirement_of(struct store *store, const struct domain *domain, time_t now, time_t since,
		       struct retirement *retirement)
{
	enum err err;

	*retirement = (struct retirement){ .state = RETIREMENT_OFF };
	if (domain->published->mode != MODE_NONE)
		return ERR_OK;
	err = find_look(store, domain, &retirement->look);
	return err == ERR_OK ? find_rest(store, domain, now, since, retirement) : err;
}

enum err retirement_state(struct store *store, const struct domain *domain, time_t now, time_t since,
			  enum retirement_state *state)
{
	struct retirement retirement = { .state = RETIREMENT_OFF };
	enum err err = ERR_OK;

	if (domain->published->mode == MODE_NONE) {
		retirement.state = RETIREMENT_PUBLISHING;
		err = find_look(store, domain, &retirement.look);
	}
	if (err == ERR_OK && retirement.look.at != 0)
		err = find_rest(store, domain, now, since, &retirement);
	if (err == ERR_OK)
		*state = retirement.state;
	return err;
}

enum err retirement_wait(struct store *store, const char *domain, time_t now, bool replaced, uint32_t *wait)
{
	static const struct retire_revision unseen = { .mode = MODE_NONE };
	struct walk walk = { .now = now, .begun = replaced };
	enum err err;

	if (replaced) {
		retire_begin(&walk.retire, &unseen, now);
		walk.without_foreign = walk.without_past = walk.retire;
	}
	err = walk_all(store, domain, &walk);
	if (err == ERR_OK)
		*wait = walk.retire.wait;
	return err;
}
