/* SPDX-License-Identifier: ISC */
#include "app/life.h"

#include "app/chores.h"
#include "app/notify.h"
#include "app/watchdog.h"
#include "app/watching.h"
#include "base/clock.h"
#include "base/progress.h"
#include "control/action.h"
#include "core/registry_load.h"
#include "store/reading.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* How long a stop waits for clients of the control socket to take their answers, milliseconds. */
#define CONTROL_GRACE_MS 1000

/*
 * How long who asks for a policy at the start waits for the files, milliseconds: where they take longer, what
 * was published before is served meanwhile, and where nothing was, nobody is served sooner without the wait.
 */
#define FIRST_LOAD_MS     250
#define FIRST_LOAD_ALL_MS 10000

/* How often the policy of a covered host is fetched, where no watchdog asks for it, milliseconds. */
#define FETCH_MS 60000

struct life {
	struct host *host;
	struct pool *pool;
	const struct sockets *sockets;
	struct loop *loop;
	struct clerk *clerk;
	struct chores *chores;
	struct watching *watching;
	struct watch signals;
	bool stopping;
	struct watchdog *watchdog;
	uint64_t steps; /* of the clerk's work, and since when it is at what it does, as last seen */
	uint64_t busy_since_ms;
	uint64_t moved_ms; /* when one of them was seen to change */
	struct log_limit stuck_limit;
	uint64_t patience_due_ms;
	uint64_t serve_due_ms; /* when the workers begin at the latest; UINT64_MAX: they have */
	uint64_t stopped_ms;   /* when the stop was ordered */
};

static void fill_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGHUP);
}

enum err life_block_signals(void)
{
	sigset_t set;

	fill_signals(&set);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return ERR_IO;
	return ERR_OK;
}

static void append_addresses(struct text *status, const char *what, const struct names *addresses)
{
	for (size_t i = 0; i < addresses->count; i++) {
		(void)text_appendf(status, "%s", i == 0 ? what : " ");
		(void)text_append_shown(status, addresses->item[i]);
	}
}

/* Log an event together with the state of things, and tell the service manager that we are ready; by the
 * clerk. */
static void tell_ready(const struct life *life, const char *event)
{
	const struct host *host = life->host;
	struct text status = { 0 };

	(void)text_appendf(&status, "domains: %zu", registry_count(host->registry));
	append_addresses(&status, ", https on ", &life->sockets->listen);
	append_addresses(&status, ", plain http on ", &life->sockets->plain);
	append_addresses(&status, ", challenges on ", &life->sockets->challenge);
	(void)text_appendf(&status, ", control on ");
	(void)text_append_shown(&status, life->sockets->control_path);
	if (life->sockets->metrics_text != NULL)
		(void)text_appendf(&status, ", metrics on %s", life->sockets->metrics_text);
	if (host->files->complaints.errors > 0)
		(void)text_appendf(&status, "; errors: %zu, see mta-stsctl status",
				   host->files->complaints.errors);
	log_event(EVENT_READY, NULL, "%s (%s)", event, status.bytes != NULL ? status.bytes : "out of memory");
	notify_ready(status.bytes != NULL ? status.bytes : "");
	text_free(&status);
}

static void tell_begin(void *context)
{
	watching_loading(((const struct life *)context)->watching);
	notify_reloading();
}

static void tell_end(void *context)
{
	const struct life *life = context;

	tell_ready(life, "mta-stsd, ready");
	watching_loaded(life->watching);
}

/* The first load is over: from now on each is told of. */
static void begin_to_tell(void *context)
{
	const struct life *life = context;
	struct host *host = life->host;

	host->reload_begins = tell_begin;
	host->reload_ends = tell_end;
	host->context = context;
	registry_expect(host->registry, false);
	tell_end(context);
}

/* A terminal that hangs up has no sender. */
static void reload_by(struct life *life, const struct signalfd_siginfo *hangup)
{
	const struct action_peer sender = action_peer(hangup->ssi_uid);
	char who[SWITCH_WHO_SIZE];

	if (hangup->ssi_code > 0) {
		chores_load(life->chores, -1, "SIGHUP");
		return;
	}
	(void)snprintf(who, sizeof(who), "SIGHUP of %.*s", (int)(sizeof(who) - sizeof("SIGHUP of ")),
		       sender.who);
	chores_load(life->chores, sender.uid, who);
}

/*
 * All that is pending is read before anything is done: a stop is not kept waiting by reloads, and many make
 * one.
 */
static void signals_ready(struct watch *watch, uint32_t events)
{
	struct life *life = (struct life *)((char *)watch - offsetof(struct life, signals));
	struct signalfd_siginfo info;
	struct signalfd_siginfo hangup = { .ssi_signo = 0 };

	(void)events;
	while (read(watch->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			hangup = info;
		else
			life->stopping = true;
	}
	if (hangup.ssi_signo == SIGHUP && !life->stopping)
		reload_by(life, &hangup);
}

static bool step_aside(void *context)
{
	return reading_step_aside(((const struct life *)context)->host->store);
}

static void step_back(void *context)
{
	reading_step_back(((const struct life *)context)->host->store);
}

/* Questions have their turn at each step of an order or a load. */
static void give_turn(void *context)
{
	clerk_turn(((const struct life *)context)->clerk, step_aside, step_back, context);
}

static void note_fetch(void *context, const char *name, const char *why)
{
	chores_note_fetch(((const struct life *)context)->chores, name, why);
}

/* Three proofs in the time there is for one: a late one is no death. */
static enum err open_watchdog(struct life *life)
{
	uint64_t asked_ms = notify_watchdog_ms();

	return watchdog_new(life->pool, life->loop, asked_ms > 0 ? asked_ms / 3 : FETCH_MS, note_fetch, life,
			    &life->watchdog);
}

enum err life_new(struct host *host, struct pool *pool, const struct sockets *sockets, struct life **life)
{
	struct life *new = calloc(1, sizeof(*new));
	sigset_t set;
	enum err err;

	if (new == NULL)
		return ERR_NO_MEMORY;
	*new = (struct life){ .host = host, .pool = pool, .sockets = sockets };
	fill_signals(&set);
	new->signals = (struct watch){ .ready = signals_ready,
				       .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK) };
	err = new->signals.fd >= 0 ? loop_open(&new->loop) : ERR_IO;
	if (err == ERR_OK)
		err = loop_add(new->loop, &new->signals, EPOLLIN);
	if (err == ERR_OK)
		err = clerk_new(new->loop, &new->clerk);
	if (err == ERR_OK)
		err = chores_new(host, new->clerk, begin_to_tell, new, &new->chores);
	if (err == ERR_OK)
		err = watching_new(host, new->clerk, new->loop, new->chores, &new->watching);
	if (err == ERR_OK)
		err = open_watchdog(new);
	if (err != ERR_OK) {
		life_free(&new);
		return err;
	}
	progress_turn_to(give_turn, new);
	*life = new;
	return ERR_OK;
}

void life_free(struct life **life)
{
	if (*life == NULL)
		return;
	clerk_end(&(*life)->clerk);
	progress_turn_to(NULL, NULL);
	watching_free(&(*life)->watching);
	chores_free(&(*life)->chores);
	(*life)->host->reload_begins = NULL;
	(*life)->host->reload_ends = NULL;
	if ((*life)->signals.fd >= 0)
		(void)close((*life)->signals.fd);
	watchdog_free(&(*life)->watchdog);
	loop_close(&(*life)->loop);
	free(*life);
	*life = NULL;
}

uint64_t life_grace_left(const struct life *life)
{
	uint64_t gone = clock_ms() - life->stopped_ms;

	return gone < LIFE_GRACE_MS ? LIFE_GRACE_MS - gone : 0;
}

struct loop *life_loop(struct life *life)
{
	return life->loop;
}

struct clerk *life_clerk(struct life *life)
{
	return life->clerk;
}

static int64_t tick_listeners(struct listener *const listeners[], uint64_t now)
{
	int64_t due = -1;

	for (size_t i = 0; listeners[i] != NULL; i++)
		due = loop_sooner(due, listener_tick(listeners[i], now));
	return due;
}

static unsigned count_connections(struct listener *const listeners[])
{
	unsigned count = 0;

	for (size_t i = 0; listeners[i] != NULL; i++)
		count += listener_connections(listeners[i]);
	return count;
}

static void serve_until(struct life *life, struct listener *const listeners[], uint64_t end)
{
	for (uint64_t now = clock_ms(); now < end && count_connections(listeners) > 0; now = clock_ms())
		loop_wait(life->loop, loop_sooner((int64_t)(end - now), tick_listeners(listeners, now)));
}

/* Work that is still not done after the grace is given up, and whoever waits for it is told. */
static void drain(struct life *life, struct listener *const listeners[])
{
	chores_stop(life->chores);
	pool_drain(life->pool);
	for (size_t i = 0; listeners[i] != NULL; i++)
		listener_quiesce(listeners[i]);
	serve_until(life, listeners, life->stopped_ms + CONTROL_GRACE_MS);
	progress_stop(true);
	if (clerk_jobs(life->clerk) > 0)
		serve_until(life, listeners, life->stopped_ms + 2 * CONTROL_GRACE_MS);
}

/* Tell whether the clerk moves, or has nothing to do. */
static bool clerk_moves(struct life *life, uint64_t now)
{
	uint64_t steps = progress_steps(), since = clerk_busy_since(life->clerk);

	if (since == 0 || since != life->busy_since_ms || steps != life->steps)
		life->moved_ms = now;
	life->busy_since_ms = since;
	life->steps = steps;
	if (now - life->moved_ms < LIFE_STUCK_MS)
		return true;
	if (log_allowed(&life->stuck_limit, now))
		log_error("watchdog, orders and loads stand still (for %llu s): not fed any more",
			  (unsigned long long)((now - life->moved_ms) / 1000));
	return false;
}

/* However many files there are, reading them must not get the service killed. */
static int64_t ask_for_patience(struct life *life, bool moves, uint64_t now)
{
	char status[96];

	if (!moves || clerk_jobs(life->clerk) == 0 || life->patience_due_ms == 0) {
		life->patience_due_ms = now + NOTIFY_PATIENCE_MS;
		return -1;
	}
	if (now >= life->patience_due_ms) {
		(void)snprintf(status, sizeof(status),
			       "serving; files are being loaded (steps since the start: %llu)",
			       (unsigned long long)life->steps);
		notify_patience(status);
		life->patience_due_ms = now + NOTIFY_PATIENCE_MS;
	}
	return (int64_t)(life->patience_due_ms - now);
}

/* Have the workers begin once it is time. */
static int64_t begin_to_serve(struct life *life, uint64_t now)
{
	if (life->serve_due_ms == UINT64_MAX)
		return -1;
	if (now < life->serve_due_ms && !chores_loaded(life->chores))
		return (int64_t)(life->serve_due_ms - now);
	pool_serve(life->pool);
	life->serve_due_ms = UINT64_MAX;
	return -1;
}

void life_serve(struct life *life, struct listener *const listeners[])
{
	registry_expect(life->host->registry, true);
	life->serve_due_ms =
		clock_ms() + (registry_count(life->host->registry) > 0 ? FIRST_LOAD_MS : FIRST_LOAD_ALL_MS);
	chores_load(life->chores, -1, "start");
	while (!life->stopping) {
		uint64_t now = clock_ms();
		bool moves = clerk_moves(life, now);
		int64_t due = tick_listeners(listeners, now);

		due = loop_sooner(due, begin_to_serve(life, now));
		due = loop_sooner(due,
				  watchdog_tick(life->watchdog, chores_covered(life->chores), moves, now));
		due = loop_sooner(due, ask_for_patience(life, moves, now));
		due = loop_sooner(due, chores_tick(life->chores, now));
		due = loop_sooner(due, watching_tick(life->watching, now));
		loop_wait(life->loop, due);
	}
	life->stopped_ms = clock_ms();
	notify_stopping();
	log_event(EVENT_STOPPING, NULL, "mta-stsd, stopping (finishing what is being answered)");
	drain(life, listeners);
}
