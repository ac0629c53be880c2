/* SPDX-License-Identifier: ISC */
/* wrap: pair_facts pair_is_lost pair_release; memory */
#include "certs/catalogue_private.h"
#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FILES 300
#define NAMES 40
#define STEPS 4000
#define NOW   ((time_t)1000000)

/* Facts are all that a catalogue knows of a pair. */
struct pair {
	struct facts facts;
	char file[16];
	char name[2][32];
	char *names[2];
	bool held;
	unsigned came; /* which pair it was to come; 0: it is not in the catalogue */
};

struct fixture {
	struct catalogue catalogue;
	struct pair pair[FILES];
	unsigned comings;
	uint32_t chance;
};

__typeof__(pair_facts) __wrap_pair_facts;
__typeof__(pair_is_lost) __wrap_pair_is_lost;
__typeof__(pair_release) __wrap_pair_release;

const struct facts *__wrap_pair_facts(const struct pair *pair)
{
	return &pair->facts;
}

bool __wrap_pair_is_lost(const struct pair *pair)
{
	(void)pair;
	return false;
}

void __wrap_pair_release(struct pair **pair)
{
	if (*pair == NULL)
		return;
	assert_true((*pair)->held);
	(*pair)->held = false;
	*pair = NULL;
}

/* The same in every run. */
static uint32_t chance(struct fixture *fix, uint32_t below)
{
	fix->chance = fix->chance * 1664525 + 1013904223;
	return (fix->chance >> 8) % below;
}

/* A name of its own and one of a few that many have; the few kinds make many of those alike. */
static void describe(struct fixture *fix, uint32_t number)
{
	struct pair *pair = &fix->pair[number];

	(void)snprintf(pair->file, sizeof(pair->file), "/%03u.pem", (unsigned)number);
	(void)snprintf(pair->name[0], sizeof(pair->name[0]), "mta-sts.own%03u.example", (unsigned)number);
	(void)snprintf(pair->name[1], sizeof(pair->name[1]), "mta-sts.shared%02u.example",
		       (unsigned)chance(fix, NAMES));
	pair->names[0] = pair->name[0];
	pair->names[1] = pair->name[1];
	pair->facts = (struct facts){
		.file = pair->file,
		.names = { .item = pair->names, .count = 2 },
		.key = chance(fix, 2) == 0 ? KEY_ECDSA : KEY_RSA,
		.not_after = NOW + (time_t)chance(fix, 3),
		.issuers_not_after = NOW + 10,
	};
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .chance = 7 };
	for (uint32_t i = 0; i < FILES; i++)
		describe(&fixture, i);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	catalogue_free(&fix->catalogue);
	for (size_t i = 0; i < FILES; i++)
		assert_false(fix->pair[i].held);
	return 0;
}

static void put(struct fixture *fix, struct pair *pair)
{
	struct catalogue_entry *entry = NULL;
	struct pair *reference = pair;

	pair->held = true;
	pair->came = ++fix->comings;
	assert_int_equal(catalogue_make(&reference, &entry), ERR_OK);
	assert_null(reference);
	catalogue_put(&fix->catalogue, &entry);
	assert_null(entry);
}

static void take_out(struct fixture *fix, struct pair *pair)
{
	struct catalogue_entry *entry = catalogue_take_out(&fix->catalogue, pair->file);

	assert_non_null(entry);
	assert_ptr_equal(entry->pair, pair);
	catalogue_entry_free(&entry);
	pair->came = 0;
}

/* The same entry goes and comes back. */
static void put_again(struct fixture *fix, struct pair *pair)
{
	struct catalogue_entry *entry = catalogue_take_out(&fix->catalogue, pair->file);

	pair->came = ++fix->comings;
	catalogue_put(&fix->catalogue, &entry);
}

/* Who gets a name, found by looking at every pair. */
static struct pair *best_of_all(struct fixture *fix, const char *name)
{
	struct pair *best = NULL;

	for (struct pair *pair = fix->pair; pair < fix->pair + FILES; pair++) {
		if (pair->came == 0 || (strcmp(pair->name[0], name) != 0 && strcmp(pair->name[1], name) != 0))
			continue;
		if (best == NULL || pair->facts.key < best->facts.key ||
		    (pair->facts.key == best->facts.key && pair->facts.not_after > best->facts.not_after))
			best = pair;
	}
	return best;
}

static struct pair *found(struct fixture *fix, const char *name)
{
	return catalogue_find_host(&fix->catalogue, NULL, name, KEY_ANY, NOW);
}

/* Called in the order of the files: each that is in, and no other. */
static enum err expect_next(void *context, struct catalogue_entry *entry)
{
	struct pair **next = context;

	while ((*next)->came == 0)
		(*next)++;
	assert_ptr_equal(entry->pair, *next);
	(*next)++;
	return ERR_OK;
}

static void assert_each(struct fixture *fix)
{
	struct pair *next = fix->pair;

	assert_int_equal(catalogue_each(&fix->catalogue, expect_next, &next), ERR_OK);
	for (; next < fix->pair + FILES; next++)
		assert_int_equal(next->came, 0);
}

/* Entries on the longest way down; on each way no priority is higher than the one above. */
static size_t depth(const struct catalogue_entry *tree)
{
	size_t less, more;

	if (tree == NULL)
		return 0;
	assert_true(tree->less == NULL || tree->less->priority <= tree->priority);
	assert_true(tree->more == NULL || tree->more->priority <= tree->priority);
	less = depth(tree->less);
	more = depth(tree->more);
	return 1 + (less > more ? less : more);
}

static void holds_what_was_put_in_and_not_taken_out(void **state)
{
	struct fixture *fix = *state;

	for (unsigned step = 0; step < STEPS; step++) {
		struct pair *pair = &fix->pair[chance(fix, FILES)];
		struct pair *other = &fix->pair[chance(fix, FILES)];

		if (pair->came == 0)
			put(fix, pair);
		else if (chance(fix, 3) == 0)
			put_again(fix, pair);
		else
			take_out(fix, pair);
		assert_ptr_equal(catalogue_find_file(&fix->catalogue, other->file),
				 other->came != 0 ? other : NULL);
		assert_ptr_equal(found(fix, pair->name[0]), best_of_all(fix, pair->name[0]));
		assert_ptr_equal(found(fix, pair->name[1]), best_of_all(fix, pair->name[1]));
		assert_ptr_equal(found(fix, other->name[1]), best_of_all(fix, other->name[1]));
		if (step % 100 == 0)
			assert_each(fix);
	}
	assert_each(fix);
	assert_in_range(depth(fix->catalogue.files), 1, 30);
	assert_true(catalogue_has_room(&fix->catalogue, 0));
}

struct judging {
	struct fixture *fix;
	time_t now;
};

static enum err is_judged_rightly(void *context, struct catalogue_entry *entry)
{
	const struct judging *judging = context;

	assert_int_equal(entry->used,
			 catalogue_uses(&judging->fix->catalogue, NULL, entry->pair, judging->now));
	return ERR_OK;
}

/* What is judged step by step is what is judged all at once, with wildcards, dates, and a clock that goes
 * back. */
static void knows_which_are_used_whatever_comes_goes_and_turns(void **state)
{
	struct fixture *fix = *state;
	struct judging judging = { fix, NOW };

	for (unsigned step = 0; step < STEPS; step++) {
		struct pair *pair = &fix->pair[chance(fix, FILES)];

		if (pair->came == 0) {
			(void)snprintf(pair->name[1], sizeof(pair->name[1]), "%s.shared%02u.example",
				       chance(fix, 3) == 0 ? "*" : "mta-sts", (unsigned)chance(fix, NAMES));
			if (chance(fix, 4) == 0)
				(void)strcpy(pair->name[0], pair->name[1]);
			pair->facts.doubted = chance(fix, 2) == 0;
			pair->facts.not_before = NOW + (time_t)chance(fix, 200);
			pair->facts.not_after = pair->facts.not_before + (time_t)chance(fix, 200);
			pair->facts.issuers_not_after = NOW + (time_t)chance(fix, 400);
			put(fix, pair);
		} else {
			take_out(fix, pair);
		}
		judging.now = NOW + step / 10 - (time_t)chance(fix, step % 100 == 0 ? 50 : 1);
		catalogue_judge(&fix->catalogue, judging.now);
		(void)catalogue_each(&fix->catalogue, is_judged_rightly, &judging);
		assert_null(fix->catalogue.doubted);
	}
}

static void is_not_deep_when_files_come_in_order(void **state)
{
	struct fixture *fix = *state;

	for (size_t i = 0; i < FILES; i++)
		put(fix, &fix->pair[i]);
	assert_in_range(depth(fix->catalogue.files), 9, 30);
	assert_true(catalogue_has_room(&fix->catalogue, 0));
	assert_each(fix);
}

static void of_one_name_any_can_be_taken_out(void **state)
{
	struct fixture *fix = *state;

	for (size_t out = 0; out < 3; out++) {
		for (size_t i = 0; i < 3; i++) {
			(void)strcpy(fix->pair[i].name[1], "mta-sts.shared.example");
			fix->pair[i].facts.key = KEY_ECDSA;
			fix->pair[i].facts.not_after = NOW;
			put(fix, &fix->pair[i]);
		}
		take_out(fix, &fix->pair[out]);
		assert_ptr_equal(found(fix, "mta-sts.shared.example"), &fix->pair[out == 0 ? 1 : 0]);
		assert_null(found(fix, fix->pair[out].name[0]));
		for (size_t i = 0; i < 3; i++) {
			if (i != out)
				take_out(fix, &fix->pair[i]);
		}
		assert_null(found(fix, "mta-sts.shared.example"));
		assert_int_equal(fix->catalogue.names, 0);
		assert_null(fix->catalogue.files);
	}
}

static void takes_out_nothing_of_an_unknown_file(void **state)
{
	struct fixture *fix = *state;

	assert_null(catalogue_take_out(&fix->catalogue, "/000.pem"));
	put(fix, &fix->pair[1]);
	assert_null(catalogue_take_out(&fix->catalogue, "/000.pem"));
	assert_ptr_equal(catalogue_find_file(&fix->catalogue, "/001.pem"), &fix->pair[1]);
}

static enum err stop(void *context, struct catalogue_entry *entry)
{
	int *calls = context;

	(void)entry;
	(*calls)++;
	return *calls == 2 ? ERR_REFUSED : ERR_OK;
}

static void each_stops_when_told(void **state)
{
	struct fixture *fix = *state;
	int calls = 0;

	assert_int_equal(catalogue_each(&fix->catalogue, stop, &calls), ERR_OK);
	for (size_t i = 0; i < 9; i++)
		put(fix, &fix->pair[i]);
	assert_int_equal(catalogue_each(&fix->catalogue, stop, &calls), ERR_REFUSED);
	assert_int_equal(calls, 2);
}

/* Those of one name stay in order, too: the first of them that is as good as any is the one that is used. */
static void without_memory_to_grow_all_is_found_that_is_put_in(void **state)
{
	struct fixture *fix = *state;

	for (unsigned i = FILES; i-- > 0;) {
		struct catalogue_entry *entry = NULL;
		struct pair *reference = &fix->pair[i];

		reference->held = true;
		reference->came = ++fix->comings;
		assert_int_equal(catalogue_make(&reference, &entry), ERR_OK);
		if (i > FILES / 2)
			memory_fail_after(0);
		catalogue_put(&fix->catalogue, &entry);
		assert_true(memory_restore());
		assert_int_equal(fix->catalogue.lists > 0, i <= FILES / 2);
	}
	assert_each(fix);
	for (unsigned i = 0; i < FILES; i++) {
		assert_ptr_equal(found(fix, fix->pair[i].name[0]), best_of_all(fix, fix->pair[i].name[0]));
		assert_ptr_equal(found(fix, fix->pair[i].name[1]), best_of_all(fix, fix->pair[i].name[1]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(holds_what_was_put_in_and_not_taken_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(knows_which_are_used_whatever_comes_goes_and_turns, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(is_not_deep_when_files_come_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(of_one_name_any_can_be_taken_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_out_nothing_of_an_unknown_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_stops_when_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_memory_to_grow_all_is_found_that_is_put_in, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
