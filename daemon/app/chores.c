/* SPDX-License-Identifier: ISC */
#include "app/chores.h"

#include "base/clock.h"
#include "core/registry_load.h"
#include "core/timekeeper.h"
#include "evidence/tally.h"
#include "store/room.h"
#include "store/write_back.h"
#include "tls/rehearsal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often a store in doubt is looked at again, and a reserve that was given up is renewed, milliseconds. */
#define RECOVER_MS 1000
#define RESERVE_MS 60000

/* How often fetches that were counted are written down, milliseconds: what a crash may lose of them. */
#define TALLY_MS 60000

/* How often certificates are looked at for their end, milliseconds. */
#define REVIEW_MS 3600000

/* How many pairs are read at a time: others have their turn in between. */
#define SETTLED_MAX 200

/* Who asks for a load. */
struct caller {
	int64_t uid;
	char who[SWITCH_WHO_SIZE];
};

struct load {
	struct job job;
	struct chores *chores;
	bool given;
	struct caller caller;
	bool again; /* another one was asked for meanwhile */
	struct caller next;
	bool first_done;
	bool loaded; /* the clerk's: one is over, whatever became of it */
};

/* Pairs that were taken into use by what the index says of them are read. */
struct settling {
	struct job job;
	struct chores *chores;
	bool more; /* the clerk's */
};

struct round {
	struct job job;
	struct chores *chores;
	bool given;
	uint64_t served; /* jobs that the clerk had done by the end of the last one */
	/* The clerk's, while it is given: */
	uint64_t due_ms;
	uint64_t recover_due_ms;
	uint64_t reserve_due_ms;
	uint64_t tally_due_ms;
	uint64_t review_due_ms;
	char covered[HOST_SIZE];
};

struct note {
	struct job job;
	struct chores *chores;
	bool given;
	bool failed;
	char host[HOST_SIZE];
	char why[REHEARSAL_TEXT_SIZE];
};

struct chores {
	struct host *host;
	struct clerk *clerk;
	void (*ready)(void *context);
	void *context;
	bool stopped;
	char covered[HOST_SIZE];
	struct load load;
	struct settling settling;
	struct round round;
	struct note note;
};

static enum err load_for(struct chores *chores, const struct caller *caller)
{
	const struct order order = { .uid = caller->uid, .who = caller->who, .reason = "" };
	struct changes *changes = NULL;
	enum err err = reload_run(chores->host, &order, false, &changes);

	changes_free(&changes);
	return err;
}

/*
 * Neither anything in the files nor the lack of memory for them may keep the published policies from being
 * served: what is wrong is complained about.
 */
static void run_load(struct job *job)
{
	struct load *load = (struct load *)((char *)job - offsetof(struct load, job));
	enum err err = load_for(load->chores, &load->caller);

	if (load->loaded || err == ERR_STOPPED)
		return;
	load->loaded = true;
	if (err != ERR_OK)
		log_error("start, files not loaded (%s): serving what was published before", err_text(err));
	load->chores->ready(load->chores->context);
}

static void give_load(struct load *load, const struct caller *caller)
{
	load->given = true;
	load->again = false;
	load->caller = *caller;
	clerk_give(load->chores->clerk, &load->job);
}

static void run_settling(struct job *job)
{
	struct settling *settling = (struct settling *)((char *)job - offsetof(struct settling, job));
	const struct host *host = settling->chores->host;
	struct complaints complaints = { 0 };

	settling->more = certs_settle(host->certs, SETTLED_MAX, &complaints);
	log_event_complaints(&complaints);
	complaints_move(&host->files->complaints, &complaints);
	if (!settling->more)
		coverage_note(host->coverage, host->registry, host->certs);
}

static void settling_done(struct job *job)
{
	struct settling *settling = (struct settling *)((char *)job - offsetof(struct settling, job));

	if (settling->more && !settling->chores->stopped)
		clerk_give(settling->chores->clerk, job);
}

static void load_done(struct job *job)
{
	struct load *load = (struct load *)((char *)job - offsetof(struct load, job));
	const struct caller next = load->next;

	if (!load->first_done && !load->chores->stopped)
		clerk_give(load->chores->clerk, &load->chores->settling.job);
	load->first_done = true;
	load->given = false;
	if (load->again && !load->chores->stopped)
		give_load(load, &next);
}

void chores_load(struct chores *chores, int64_t uid, const char *who)
{
	struct load *load = &chores->load;
	struct caller caller = { .uid = uid };

	(void)snprintf(caller.who, sizeof(caller.who), "%s", who);
	if (!load->given) {
		give_load(load, &caller);
		return;
	}
	/* Of those that wait somebody is named, if there is anybody. */
	if (!load->again || load->next.uid < 0 || uid >= 0)
		load->next = caller;
	load->again = true;
}

bool chores_loaded(const struct chores *chores)
{
	return chores->load.first_done;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void look_at_store(struct round *round, uint64_t now)
{
	struct host *host = round->chores->host;
	static const struct caller recovery = { -1, "recovery" };

	write_back(host->store);
	if (registry_take_recovered(host->registry))
		(void)load_for(round->chores, &recovery);
	if (now >= round->reserve_due_ms) {
		(void)store_keep_reserve(host->store);
		(void)room_look(host->store);
		timekeeper_look(host->timekeeper);
		round->reserve_due_ms = now + RESERVE_MS;
	}
	round->due_ms = sooner(round->due_ms, round->reserve_due_ms);
	if (!registry_is_in_doubt(host->registry, host->store))
		return;
	if (now >= round->recover_due_ms) {
		(void)registry_recover(host->registry, host->store);
		round->recover_due_ms = now + RECOVER_MS;
	}
	round->due_ms = sooner(round->due_ms, round->recover_due_ms);
}

static void write_tally(struct round *round, uint64_t now)
{
	const struct host *host = round->chores->host;

	if (now >= round->tally_due_ms) {
		tally_keep(host->tally, host->store, clock_now());
		round->tally_due_ms = now + TALLY_MS;
	}
	round->due_ms = sooner(round->due_ms, round->tally_due_ms);
}

static void review(struct round *round, uint64_t now)
{
	const struct host *host = round->chores->host;

	if (now >= round->review_due_ms) {
		coverage_review(host->coverage, host->registry, host->certs);
		round->review_due_ms = now + REVIEW_MS;
	}
	round->due_ms = sooner(round->due_ms, round->review_due_ms);
}

static void run_round(struct job *job)
{
	struct round *round = (struct round *)((char *)job - offsetof(struct round, job));
	uint64_t now = clock_ms();

	round->due_ms = UINT64_MAX;
	look_at_store(round, now);
	write_tally(round, now);
	review(round, now);
	memcpy(round->covered, round->chores->host->coverage->covered, sizeof(round->covered));
}

static void round_done(struct job *job)
{
	struct round *round = (struct round *)((char *)job - offsetof(struct round, job));
	struct chores *chores = round->chores;

	round->given = false;
	round->served = clerk_served(chores->clerk);
	memcpy(chores->covered, round->covered, sizeof(chores->covered));
}

/* After each job the store may be in doubt, or hold something new. */
int64_t chores_tick(struct chores *chores, uint64_t now_ms)
{
	struct round *round = &chores->round;

	if (round->given)
		return -1;
	if (now_ms < round->due_ms && round->served == clerk_served(chores->clerk))
		return (int64_t)(round->due_ms - now_ms);
	round->given = true;
	clerk_give(chores->clerk, &round->job);
	return -1;
}

const char *chores_covered(const struct chores *chores)
{
	return chores->covered;
}

static void run_note(struct job *job)
{
	struct note *note = (struct note *)((char *)job - offsetof(struct note, job));
	const struct host *host = note->chores->host;

	coverage_note_fetch(host->coverage, host->certs, note->host, note->failed ? note->why : NULL,
			    host->files->config_path);
}

static void note_done(struct job *job)
{
	((struct note *)((char *)job - offsetof(struct note, job)))->given = false;
}

void chores_note_fetch(struct chores *chores, const char *host, const char *why)
{
	struct note *note = &chores->note;

	if (note->given)
		return;
	note->given = true;
	note->failed = why != NULL;
	(void)snprintf(note->host, sizeof(note->host), "%s", host);
	(void)snprintf(note->why, sizeof(note->why), "%s", why != NULL ? why : "");
	clerk_give(chores->clerk, &note->job);
}

enum err chores_new(struct host *host, struct clerk *clerk, void (*ready)(void *context), void *context,
		    struct chores **chores)
{
	struct chores *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->host = host;
	new->clerk = clerk;
	new->ready = ready;
	new->context = context;
	new->load = (struct load){ .job = { .run = run_load, .done = load_done }, .chores = new };
	new->settling =
		(struct settling){ .job = { .run = run_settling, .done = settling_done }, .chores = new };
	new->round = (struct round){ .job = { .run = run_round, .done = round_done }, .chores = new };
	new->note = (struct note){ .job = { .run = run_note, .done = note_done }, .chores = new };
	*chores = new;
	return ERR_OK;
}

void chores_stop(struct chores *chores)
{
	chores->stopped = true;
}

void chores_free(struct chores **chores)
{
	free(*chores);
	*chores = NULL;
}
