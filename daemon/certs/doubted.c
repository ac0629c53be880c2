/* SPDX-License-Identifier: ISC */
#include "certs/doubted_private.h"

enum rank pair_rank(const struct pair *pair, time_t now)
{
	if (!facts_are_valid(pair_facts(pair), now))
		return RANK_INVALID;
	return facts_are_sound(pair_facts(pair), now) ? RANK_BEST : RANK_DOUBTFUL;
}

static void doubted_add(struct catalogue *catalogue, struct catalogue_entry *entry)
{
	if (entry->is_doubted)
		return;
	entry->is_doubted = true;
	entry->doubted_before = NULL;
	entry->doubted_next = catalogue->doubted;
	if (entry->doubted_next != NULL)
		entry->doubted_next->doubted_before = entry;
	catalogue->doubted = entry;
}

void doubted_remove(struct catalogue *catalogue, struct catalogue_entry *entry)
{
	if (!entry->is_doubted)
		return;
	entry->is_doubted = false;
	*(entry->doubted_before != NULL ? &entry->doubted_before->doubted_next : &catalogue->doubted) =
		entry->doubted_next;
	if (entry->doubted_next != NULL)
		entry->doubted_next->doubted_before = entry->doubted_before;
}

/* Those that have a name with it, itself among them; which exact names a wildcard stands in for is found out
 * later. */
void doubted_sharers(struct catalogue *catalogue, struct catalogue_entry *entry)
{
	const struct names *names = &pair_facts(entry->pair)->names;

	for (size_t i = 0; i < names->count; i++) {
		const struct catalogue_name *one = catalogue_find_name(catalogue, names->item[i]);

		catalogue->wild = catalogue->wild || names->item[i][0] == '*';
		for (; one != NULL; one = catalogue_next_name(one))
			doubted_add(catalogue, catalogue_entry_of(one));
	}
}

struct judging {
	struct catalogue *catalogue;
	time_t now;
	bool all;
};

/* The next second in which a pair is something else than now. */
static void note_turn(struct judging *judging, time_t date)
{
	if (date > judging->now && date < judging->catalogue->next_at)
		judging->catalogue->next_at = date;
}

static void note_turns(struct judging *judging, const struct facts *facts)
{
	note_turn(judging, facts->not_before);
	note_turn(judging, facts->issuers_not_before);
	note_turn(judging, facts->not_after < INT64_MAX ? facts->not_after + 1 : INT64_MAX);
	note_turn(judging, facts->issuers_not_after < INT64_MAX ? facts->issuers_not_after + 1 : INT64_MAX);
}

static enum err find_turned(void *context, struct catalogue_entry *entry)
{
	struct judging *judging = context;

	if (judging->all)
		doubted_add(judging->catalogue, entry);
	else if (pair_rank(entry->pair, judging->now) !=
		 pair_rank(entry->pair, judging->catalogue->judged_at))
		doubted_sharers(judging->catalogue, entry);
	note_turns(judging, pair_facts(entry->pair));
	return ERR_OK;
}

/* A wildcard stands in for exact names whose own pairs are not the best that there can be. */
static enum err find_flawed(void *context, struct catalogue_entry *entry)
{
	const struct judging *judging = context;

	if (pair_rank(entry->pair, judging->now) != RANK_BEST)
		doubted_add(judging->catalogue, entry);
	return ERR_OK;
}

void catalogue_judge(struct catalogue *catalogue, time_t now)
{
	struct judging judging = { catalogue, now, now < catalogue->judged_at };

	for (const struct catalogue_entry *new = catalogue->doubted; new != NULL; new = new->doubted_next)
		note_turns(&judging, pair_facts(new->pair));
	if (judging.all || now >= catalogue->next_at) {
		catalogue->turned = true;
		catalogue->next_at = INT64_MAX;
		(void)catalogue_each(catalogue, find_turned, &judging);
	}
	if (catalogue->wild)
		(void)catalogue_each(catalogue, find_flawed, &judging);
	catalogue->wild = false;
	catalogue->judged_at = now;
	while (catalogue->doubted != NULL) {
		struct catalogue_entry *entry = catalogue->doubted;

		doubted_remove(catalogue, entry);
		entry->used = catalogue_uses(catalogue, NULL, entry->pair, now);
	}
}
