/* SPDX-License-Identifier: ISC */
#include "app/watching.h"

#include "app/debounce.h"
#include "app/lookout.h"
#include "base/clock.h"
#include "config/origins.h"
#include "core/certificates.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Who writes byte by byte makes an event of each: they are read so often, milliseconds, and not one by one.
 */
#define PAUSE_MS 100

/* Room for events that are read at a time; what is done about them takes the main thread a moment. */
#define EVENTS_SIZE 32768

/* A load that took long is followed by a rest of so many times that, but no longer than a sweep waits. */
#define REST_TIMES 9

#define INCOMPLETE "not every change is noticed, so all files are loaded every 10 minutes, too"

/* What is to be watched is found out, which is the clerk's work. */
struct renewal {
	struct job job;
	bool given;
	/* The clerk's, while it is given: */
	int fd; /* of inotify; -1: there is none */
	bool wanted;
	bool held;            /* the last load was not done, or not whole */
	bool fresh;           /* what was not watched before may have changed since it was loaded */
	struct lookout *next; /* NULL: there was no memory */
	char *told;           /* the gap that the log has */
};

struct watching {
	struct host *host;
	struct clerk *clerk;
	struct loop *loop;
	struct chores *chores;
	struct renewal renewal;
	struct watch heard;
	struct lookout *lookout; /* NULL: nothing is watched */
	struct debounce debounce;
	uint32_t moved;      /* the cookie of a file that got another name while it was being written */
	atomic_bool loaded;  /* a load is over, and it is not known yet what is to be watched now */
	uint64_t loading_ms; /* when the load that goes on began; the clerk's */
	atomic_uint_fast64_t took_ms; /* how long the last one took */
	bool asked;                   /* a load is waited for */
	uint64_t rest_ms;             /* until then none is asked for */
	uint64_t pause_ms;            /* until then no event is read; 0: they are */
	uint64_t sweep_ms;            /* when everything is loaded; 0: not by itself */
	struct log_limit overflow_limit;
};

/* What an editor leaves beside a file; anything else may be asked for by a domain file. */
static const char *const leftovers[] = { "*~", "#*#", ".#*", "*.swp", "*.swx" };

static bool is_leftover(const char *name)
{
	for (size_t i = 0; i < sizeof(leftovers) / sizeof(*leftovers); i++) {
		if (fnmatch(leftovers[i], name, 0) == 0)
			return true;
	}
	return false;
}

static enum err put_all(struct lookout *lookout, const struct names *paths)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < paths->count; i++)
		err = lookout_put(lookout, paths->item[i]);
	return err;
}

static bool is_within(const char *directory, const char *path)
{
	size_t len = strlen(directory);

	return strncmp(path, directory, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* What others change, but not the pairs that the daemon installed itself. */
static enum err put_certificates(struct lookout *lookout, const struct host *host)
{
	char *own = certificates_installed(host->files->started->state);
	enum err err = own != NULL ? ERR_OK : ERR_NO_MEMORY;
	bool lost = false;
	const struct names *paths = certs_places(host->certs, &lost);

	for (size_t i = 0; err == ERR_OK && i < paths->count; i++) {
		if (!is_within(own, paths->item[i]))
			err = lookout_put(lookout, paths->item[i]);
	}
	if (err == ERR_OK && lost && paths->count > 0)
		lookout_note_more(lookout, paths->item[paths->count - 1]);
	free(own);
	return err;
}

/* In the order in which they matter: there may be too many. */
static enum err put_places(struct lookout *lookout, const struct host *host)
{
	const struct reload_files *files = host->files;
	const char *domains = files->settings->domains;
	struct names settings = { 0 }, origins = { 0 };
	enum err err = settings_files(files->config_path, &settings);

	if (err == ERR_OK)
		err = put_all(lookout, &settings);
	if (err == ERR_OK && domains[0] != '\0')
		err = lookout_put(lookout, domains);
	if (err == ERR_OK)
		err = put_all(lookout, &files->settings->certificates);
	if (err == ERR_OK && domains[0] != '\0')
		err = origins_of_domains(domains, files->domains, &origins);
	if (err == ERR_OK)
		err = put_all(lookout, &origins);
	if (err == ERR_OK)
		err = put_certificates(lookout, host);
	names_free(&origins);
	names_free(&settings);
	return err;
}

/* The log has it once, and status as long as it is so: a load that could not begin leaves what was complained
 * of. */
static void tell_gap(struct watching *watching, const struct lookout_gap *gap)
{
	struct renewal *renewal = &watching->renewal;
	const char *where = gap->where != NULL ? gap->where : watching->host->files->config_path;
	bool known = renewal->told != NULL && gap->why != NULL && strcmp(renewal->told, gap->why) == 0;

	if (gap->why != NULL && !complaints_have(&watching->host->files->complaints, INCOMPLETE))
		complain(&watching->host->files->complaints, SEVERITY_WARNING, where, 0, INCOMPLETE, gap->why,
			 gap->instead);
	if (gap->why != NULL && !known)
		log_warning("watch, incomplete (%s: %s): all files are loaded every 10 minutes, too", where,
			    gap->why);
	if (gap->why == NULL && renewal->told != NULL)
		log_notice("watch, complete again");
	free(renewal->told);
	renewal->told = gap->why != NULL ? strdup(gap->why) : NULL;
}

static void run_renewal(struct job *job)
{
	struct renewal *renewal = (struct renewal *)((char *)job - offsetof(struct renewal, job));
	struct watching *watching = (struct watching *)((char *)renewal - offsetof(struct watching, renewal));
	static const struct lookout_gap no_memory = { "out of memory", "check whether memory is full", NULL };
	const struct host *host = watching->host;
	enum err err;

	renewal->wanted = host->files->settings->watch;
	renewal->held = host->files->held || !host->files->loaded;
	if (!renewal->wanted)
		return;
	if (renewal->fd < 0)
		renewal->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	err = lookout_new(renewal->fd, watching->lookout, host->files->config_path, &renewal->next);
	if (err == ERR_OK)
		err = put_places(renewal->next, host);
	if (err == ERR_OK)
		renewal->fresh = lookout_finish(renewal->next);
	else
		lookout_free(&renewal->next);
	tell_gap(watching, renewal->next != NULL ? lookout_gap(renewal->next) : &no_memory);
}

static void take_over(struct watching *watching, uint64_t now)
{
	struct renewal *renewal = &watching->renewal;
	bool begins = watching->lookout == NULL;

	if (renewal->fresh)
		debounce_touch(&watching->debounce, now);
	lookout_free(&watching->lookout);
	watching->lookout = renewal->next;
	renewal->next = NULL;
	if (begins)
		log_notice("watch, begun (directories: %zu)", lookout_count(watching->lookout));
}

static void listen(struct watching *watching)
{
	watching->heard.fd = watching->renewal.fd;
	if (loop_add(watching->loop, &watching->heard, EPOLLIN) == ERR_OK)
		return;
	watching->heard.fd = -1;
	log_error("watch, not begun (no descriptor to be had): all files are loaded every 10 minutes");
}

static void end(struct watching *watching)
{
	loop_remove(watching->loop, &watching->heard);
	if (watching->renewal.fd >= 0)
		(void)close(watching->renewal.fd);
	watching->renewal.fd = -1;
	lookout_free(&watching->lookout);
	free(watching->renewal.told);
	watching->renewal.told = NULL;
	debounce_take(&watching->debounce);
	watching->pause_ms = 0;
	watching->sweep_ms = 0;
}

static void renewal_done(struct job *job)
{
	struct renewal *renewal = (struct renewal *)((char *)job - offsetof(struct renewal, job));
	struct watching *watching = (struct watching *)((char *)renewal - offsetof(struct watching, renewal));
	uint64_t now = clock_ms();
	bool gap = renewal->held || renewal->next == NULL || lookout_gap(renewal->next)->why != NULL;

	renewal->given = false;
	if (!renewal->wanted) {
		if (watching->lookout != NULL)
			log_notice("watch, ended");
		end(watching);
		return;
	}
	if (renewal->next != NULL)
		take_over(watching, now);
	if (watching->heard.fd < 0 && renewal->fd >= 0)
		listen(watching);
	watching->sweep_ms = gap || watching->heard.fd < 0 ? now + WATCHING_SWEEP_MS : 0;
}

/* A new name for what is there already is whole at once. */
static bool is_begun(const struct lookout_place *place, const char *name)
{
	char path[4096];
	struct stat status;
	int written = snprintf(path, sizeof(path), "%s/%s", place->path, name);

	return written > 0 && (size_t)written < sizeof(path) && lstat(path, &status) == 0 &&
	       S_ISREG(status.st_mode) && status.st_nlink == 1;
}

/* Of a file whose writer has it open. */
static bool is_being_written(struct watching *watching, const struct lookout_place *place,
			     const struct inotify_event *event)
{
	if ((event->mask & IN_MODIFY) != 0)
		return true;
	if ((event->mask & IN_CREATE) != 0)
		return place != NULL && is_begun(place, event->name);
	return (event->mask & IN_MOVED_TO) != 0 && event->cookie == watching->moved;
}

static void hear_name(struct watching *watching, const struct lookout_place *place,
		      const struct inotify_event *event, uint64_t now)
{
	struct debounce *debounce = &watching->debounce;
	bool ends = (event->mask & (IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM)) != 0;

	if ((event->mask & IN_ISDIR) == 0 && is_being_written(watching, place, event)) {
		debounce_write(debounce, event->wd, event->name, now);
		return;
	}
	if (ends && debounce_written(debounce, event->wd, event->name) && (event->mask & IN_MOVED_FROM) != 0)
		watching->moved = event->cookie;
	debounce_touch(debounce, now);
}

/* What is not in the set yet, or not any more, matters as if it were. */
static void hear(struct watching *watching, const struct inotify_event *event, uint64_t now)
{
	const struct lookout_place *place =
		watching->lookout != NULL ? lookout_find(watching->lookout, event->wd) : NULL;

	if ((event->mask & IN_Q_OVERFLOW) != 0) {
		if (log_allowed(&watching->overflow_limit, now))
			log_notice("watch, more changes than the kernel keeps: all files are loaded");
		debounce_take(&watching->debounce);
		debounce_touch(&watching->debounce, now);
	} else if ((event->mask & IN_IGNORED) != 0) {
		debounce_forget(&watching->debounce, event->wd);
	} else if (event->len == 0) {
		debounce_touch(&watching->debounce, now);
	} else if ((place == NULL || lookout_minds(place, event->name)) && !is_leftover(event->name)) {
		hear_name(watching, place, event, now);
	}
}

static void heard_ready(struct watch *watch, uint32_t events)
{
	struct watching *watching = (struct watching *)((char *)watch - offsetof(struct watching, heard));
	_Alignas(struct inotify_event) char bytes[EVENTS_SIZE];
	ssize_t len = read(watch->fd, bytes, sizeof(bytes));
	uint64_t now = clock_ms();
	const struct inotify_event *event;

	(void)events;
	for (ssize_t at = 0; at < len; at += (ssize_t)(sizeof(*event) + event->len)) {
		event = (const struct inotify_event *)(const void *)(bytes + at);
		hear(watching, event, now);
	}
	if (len < EVENTS_SIZE / 2 && loop_change(watching->loop, watch, 0) == ERR_OK)
		watching->pause_ms = now + PAUSE_MS;
}

enum err watching_new(struct host *host, struct clerk *clerk, struct loop *loop, struct chores *chores,
		      struct watching **watching)
{
	struct watching *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->host = host;
	new->clerk = clerk;
	new->loop = loop;
	new->chores = chores;
	new->heard = (struct watch){ .ready = heard_ready, .fd = -1 };
	new->renewal = (struct renewal){ .job = { .run = run_renewal, .done = renewal_done }, .fd = -1 };
	*watching = new;
	return ERR_OK;
}

void watching_free(struct watching **watching)
{
	if (*watching == NULL)
		return;
	lookout_free(&(*watching)->renewal.next);
	end(*watching);
	free(*watching);
	*watching = NULL;
}

void watching_loading(struct watching *watching)
{
	watching->loading_ms = clock_ms();
}

void watching_loaded(struct watching *watching)
{
	atomic_store(&watching->took_ms, clock_ms() - watching->loading_ms);
	atomic_store(&watching->loaded, true);
}

static void renew(struct watching *watching, uint64_t now)
{
	uint64_t rest = watching->asked ? REST_TIMES * atomic_load(&watching->took_ms) : 0;

	watching->rest_ms = now + (rest < WATCHING_SWEEP_MS ? rest : WATCHING_SWEEP_MS);
	watching->asked = false;
	watching->renewal.given = true;
	clerk_give(watching->clerk, &watching->renewal.job);
}

static void listen_again(struct watching *watching, uint64_t now)
{
	if (watching->pause_ms == 0 || now < watching->pause_ms)
		return;
	watching->pause_ms = 0;
	(void)loop_change(watching->loop, &watching->heard, EPOLLIN);
}

static int64_t until(uint64_t then, uint64_t now)
{
	return then > now ? (int64_t)(then - now) : 0;
}

/* In how many milliseconds a load is to be asked for; -1: for no reason yet. */
static int64_t load_due(const struct watching *watching, uint64_t now)
{
	int64_t changed = debounce_due(&watching->debounce, now), rest = until(watching->rest_ms, now);

	if (changed >= 0 && changed < rest)
		changed = rest;
	return loop_sooner(changed, watching->sweep_ms > 0 ? until(watching->sweep_ms, now) : -1);
}

int64_t watching_tick(struct watching *watching, uint64_t now_ms)
{
	int64_t pause, due;

	if (!watching->renewal.given && atomic_exchange(&watching->loaded, false))
		renew(watching, now_ms);
	listen_again(watching, now_ms);
	pause = watching->pause_ms > 0 ? until(watching->pause_ms, now_ms) : -1;
	if (watching->renewal.given || watching->asked)
		return pause;
	due = load_due(watching, now_ms);
	if (due != 0)
		return loop_sooner(due, pause);
	debounce_take(&watching->debounce);
	watching->sweep_ms = 0;
	watching->asked = true;
	chores_load(watching->chores, -1, "watch");
	return pause;
}
