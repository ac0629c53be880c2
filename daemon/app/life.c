/* SPDX-License-Identifier: ISC */
#include "app/life.h"

#include "app/notify.h"
#include "app/watchdog.h"
#include "base/clock.h"
#include "control/action.h"
#include "core/registry_load.h"
#include "core/timekeeper.h"
#include "evidence/tally.h"
#include "store/room.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* How long a stop waits for clients of the control socket to take their answers, milliseconds. */
#define CONTROL_GRACE_MS 1000

/* How often a store in doubt is looked at again, and a reserve that was given up is renewed, milliseconds. */
#define RECOVER_MS 1000
#define RESERVE_MS 60000

/* How often fetches that were counted are written down, milliseconds: what a crash may lose of them. */
#define TALLY_MS 60000

/* How often certificates are looked at for their end, milliseconds. */
#define REVIEW_MS 3600000

/* How often the policy of a covered host is fetched, where no watchdog asks for it, milliseconds. */
#define FETCH_MS 60000

struct life {
	struct host *host;
	struct pool *pool;
	const struct sockets *sockets;
	struct loop *loop;
	struct watch signals;
	bool stopping;
	struct watchdog *watchdog;
	uint64_t recover_due_ms;
	uint64_t reserve_due_ms;
	uint64_t tally_due_ms;
	uint64_t review_due_ms;
	uint64_t stopped_ms; /* when the stop was ordered */
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

/* Log an event together with the state of things, and tell the service manager that we are ready. */
static void tell_ready(const struct life *life, const char *event)
{
	const struct host *host = life->host;
	struct text status = { 0 };

	(void)text_appendf(&status, "domains: %zu", registry_count(host->registry));
	append_addresses(&status, ", https on ", &life->sockets->listen);
	append_addresses(&status, ", plain http on ", &life->sockets->plain);
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
	(void)context;
	notify_reloading();
}

static void tell_end(void *context)
{
	tell_ready(context, "mta-stsd, ready");
}

static void reload_for(struct life *life, int64_t uid, const char *who)
{
	const struct order order = { .uid = uid, .who = who, .reason = "" };
	struct changes *changes = NULL;

	(void)reload_run(life->host, &order, false, &changes);
	changes_free(&changes);
}

/* A terminal that hangs up has no sender. */
static void reload_by(struct life *life, const struct signalfd_siginfo *hangup)
{
	const struct action_peer sender = action_peer(hangup->ssi_uid);
	char who[SWITCH_WHO_SIZE];

	if (hangup->ssi_code > 0) {
		reload_for(life, -1, "SIGHUP");
		return;
	}
	(void)snprintf(who, sizeof(who), "SIGHUP of %.*s", (int)(sizeof(who) - sizeof("SIGHUP of ")),
		       sender.who);
	reload_for(life, sender.uid, who);
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

static void note_fetch(void *context, const char *name, const char *why)
{
	const struct host *host = context;

	coverage_note_fetch(host->coverage, host->certs, name, why, host->files->config_path);
}

/* Three proofs in the time there is for one: a late one is no death. */
static enum err open_watchdog(struct life *life)
{
	uint64_t asked_ms = notify_watchdog_ms();

	return watchdog_new(life->pool, life->loop, asked_ms > 0 ? asked_ms / 3 : FETCH_MS, note_fetch,
			    life->host, &life->watchdog);
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
		err = open_watchdog(new);
	if (err != ERR_OK) {
		life_free(&new);
		return err;
	}
	host->reload_begins = tell_begin;
	host->reload_ends = tell_end;
	host->context = new;
	*life = new;
	return ERR_OK;
}

void life_free(struct life **life)
{
	if (*life == NULL)
		return;
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

static int64_t sooner(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int64_t tick_store(struct life *life, uint64_t now)
{
	struct host *host = life->host;

	if (registry_take_recovered(host->registry))
		reload_for(life, -1, "recovery");
	if (now >= life->reserve_due_ms) {
		(void)store_keep_reserve(host->store);
		(void)room_look(host->store);
		timekeeper_look(host->timekeeper);
		life->reserve_due_ms = now + RESERVE_MS;
	}
	if (!registry_is_in_doubt(host->registry, host->store))
		return RESERVE_MS;
	if (now >= life->recover_due_ms) {
		(void)registry_recover(host->registry, host->store);
		life->recover_due_ms = now + RECOVER_MS;
	}
	return RECOVER_MS;
}

static int64_t tick_tally(struct life *life, uint64_t now)
{
	if (now >= life->tally_due_ms) {
		tally_keep(life->host->tally, life->host->store, clock_now());
		life->tally_due_ms = now + TALLY_MS;
	}
	return (int64_t)(life->tally_due_ms - now);
}

static int64_t tick_review(struct life *life, uint64_t now)
{
	if (now >= life->review_due_ms) {
		coverage_review(life->host->coverage, life->host->registry, life->host->certs);
		life->review_due_ms = now + REVIEW_MS;
	}
	return (int64_t)(life->review_due_ms - now);
}

static int64_t tick_listeners(struct listener *const listeners[], uint64_t now)
{
	int64_t due = -1;

	for (size_t i = 0; listeners[i] != NULL; i++)
		due = sooner(due, listener_tick(listeners[i], now));
	return due;
}

static unsigned count_connections(struct listener *const listeners[])
{
	unsigned count = 0;

	for (size_t i = 0; listeners[i] != NULL; i++)
		count += listener_connections(listeners[i]);
	return count;
}

static void drain(struct life *life, struct listener *const listeners[])
{
	uint64_t end = life->stopped_ms + CONTROL_GRACE_MS;

	pool_drain(life->pool);
	for (size_t i = 0; listeners[i] != NULL; i++)
		listener_quiesce(listeners[i]);
	for (uint64_t now = clock_ms(); now < end && count_connections(listeners) > 0; now = clock_ms())
		loop_wait(life->loop, sooner((int64_t)(end - now), tick_listeners(listeners, now)));
}

void life_serve(struct life *life, struct listener *const listeners[])
{
	tell_ready(life, "mta-stsd, ready");
	while (!life->stopping) {
		uint64_t now = clock_ms();
		int64_t due = tick_listeners(listeners, now);

		due = sooner(due, watchdog_tick(life->watchdog, life->host->coverage->covered, now));
		due = sooner(due, tick_store(life, now));
		due = sooner(due, tick_tally(life, now));
		due = sooner(due, tick_review(life, now));
		loop_wait(life->loop, due);
	}
	life->stopped_ms = clock_ms();
	notify_stopping();
	log_event(EVENT_STOPPING, NULL, "mta-stsd, stopping (finishing what is being answered)");
	drain(life, listeners);
}
