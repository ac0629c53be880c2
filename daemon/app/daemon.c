/* SPDX-License-Identifier: ISC */
#include "app/daemon.h"

#include "app/host.h"
#include "app/life.h"
#include "app/patience.h"
#include "config/kept.h"
#include "control/api.h"
#include "control/metrics.h"
#include "site/site.h"
#include "tls/session.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* Descriptors that no connection may have: those of the control socket, the metrics and the store, and those
 * of each worker. */
#define FILES_KEPT            200
#define FILES_KEPT_PER_WORKER 10

struct daemon {
	const char *config;
	struct settings *settings; /* until the host takes them over */
	const char *standby;       /* what they are instead of the file's, or NULL */
	gid_t operators;
	gid_t certifiers;
	gid_t observers;
	int64_t descriptors; /* that there may be */
	struct sockets sockets;
	struct settings passed; /* what of them is not ours; it owns nothing */
	struct host *host;
	struct site site;
	struct routes site_routes;
	struct routes challenge_routes;
	struct proxies *proxies;
	struct pool *pool;
	struct control control;
	struct routes control_routes;
	struct life *life;
	struct listener *listener;
	struct routes metrics_routes;
	struct listener *metrics; /* NULL without a socket for it */
	uint64_t grace_ms;        /* how long the workers may go on when they are stopped */
};

/* Whatever was published is served. */
static enum err start_without_file(struct daemon *daemon)
{
	enum err err;

	if (!kept_is_meant(daemon->config)) {
		log_error("start, not with the settings that were good last (%s is not " SETTINGS_FILE
			  ", and systemd has not started this): correct it, or the path behind --config",
			  daemon->config);
		return ERR_NOT_FOUND;
	}
	err = kept_read(&daemon->settings);
	if (err == ERR_OK) {
		daemon->standby = "settings are those that were good last, since this file could not be used "
				  "at the start";
		log_error("start, with the settings that were good last (%s cannot be used)", daemon->config);
		return ERR_OK;
	}
	if (err == ERR_NOT_FOUND)
		err = kept_salvage(daemon->config, &daemon->settings);
	if (err == ERR_OK) {
		daemon->standby = "SETTINGS ARE DEFAULTS, and what could be used of " KEPT_FILE
				  " or of this file, since neither could be used whole at the start";
		log_error("start, with default settings and what could be used of others, because there is a "
			  "state (%s cannot be used, nor " KEPT_FILE ")",
			  daemon->config);
	}
	return err;
}

static enum err start_settings(struct daemon *daemon)
{
	struct complaints complaints = { 0 };
	enum err err = settings_load(daemon->config, &complaints, &daemon->settings);

	if (err != ERR_OK) /* otherwise the first load of all files says it again */
		log_event_complaints(&complaints);
	complaints_free(&complaints);
	if (err != ERR_SYNTAX)
		return err;
	return start_without_file(daemon) == ERR_OK ? ERR_OK : err;
}

static void stop_settings(struct daemon *daemon)
{
	settings_free(&daemon->settings);
}

/* That the groups exist is checked with the settings. */
static enum err find_group(const char *name, gid_t *gid)
{
	const struct group *group = name[0] != '\0' ? getgrnam(name) : NULL;

	*gid = group != NULL ? group->gr_gid : (gid_t)-1;
	return name[0] == '\0' || group != NULL ? ERR_OK : ERR_REFUSED;
}

static enum err start_groups(struct daemon *daemon)
{
	enum err err;

	/* The C library sets up its look-ups with the first one; later there may be no memory for that. */
	(void)getpwuid(geteuid());
	(void)getgrgid(getegid());
	err = find_group(daemon->settings->operator_group, &daemon->operators);
	if (err == ERR_OK)
		err = find_group(daemon->settings->certifier_group, &daemon->certifiers);
	return err == ERR_OK ? find_group(daemon->settings->observer_group, &daemon->observers) : err;
}

/* Every connection is a descriptor: take as many as the service manager lets us have. */
static enum err start_limits(struct daemon *daemon)
{
	struct rlimit files = { 0 };

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return ERR_IO;
	if (files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) != 0)
			log_warning("limits, open files not raised (%s)", strerror(errno));
	}
	(void)getrlimit(RLIMIT_NOFILE, &files);
	daemon->descriptors = files.rlim_cur < INT32_MAX ? (int64_t)files.rlim_cur : INT32_MAX;
	return ERR_OK;
}

static unsigned limit_connections(const struct daemon *daemon, unsigned workers)
{
	int64_t wanted = daemon->host->files->started->max_connections;
	int64_t kept = FILES_KEPT + (int64_t)workers * FILES_KEPT_PER_WORKER;
	int64_t room = daemon->descriptors > 2 * kept ? daemon->descriptors - kept : daemon->descriptors / 2;

	if (room >= wanted)
		return (unsigned)wanted;
	log_event(EVENT_CONNECTIONS_LOWERED, NULL,
		  "max_connections, lowered to %lld (there are not more open files): raise LimitNOFILE",
		  (long long)room);
	return (unsigned)room;
}

static enum err start_host(struct daemon *daemon)
{
	enum err err = host_open(daemon->config, &daemon->settings, &daemon->host);

	if (err == ERR_OK)
		daemon->host->files->standby = daemon->standby;
	return err;
}

static void stop_host(struct daemon *daemon)
{
	host_close(&daemon->host);
}

static enum err start_sockets(struct daemon *daemon)
{
	bool others = daemon->certifiers != (gid_t)-1 || daemon->observers != (gid_t)-1;
	enum err err =
		sockets_open(daemon->host->files->started, daemon->operators, others, &daemon->sockets);

	if (!daemon->sockets.listen_is_ours)
		daemon->passed.listen = daemon->sockets.listen;
	if (!daemon->sockets.challenge_is_ours)
		daemon->passed.listen_challenge = daemon->sockets.challenge;
	if (!daemon->sockets.control_is_ours)
		daemon->passed.control = daemon->sockets.control_path;
	daemon->host->files->passed = &daemon->passed;
	daemon->host->coverage->tls_elsewhere = daemon->sockets.plain.count > 0;
	return err;
}

static void stop_sockets(struct daemon *daemon)
{
	sockets_close(&daemon->sockets);
}

static enum err start_tls(struct daemon *daemon)
{
	(void)daemon;
	return session_setup();
}

static void stop_tls(struct daemon *daemon)
{
	(void)daemon;
	session_teardown();
}

static unsigned count_workers(const struct settings *settings)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (settings->workers > 0)
		return (unsigned)settings->workers;
	return cores > 0 ? (unsigned)cores : 1;
}

static struct limits limits_of(const struct daemon *daemon)
{
	const struct settings *settings = daemon->host->files->started;
	enum access_log access_log = settings_access_log(settings);
	unsigned workers = count_workers(settings);

	return (struct limits){
		.workers = workers,
		.max_connections = limit_connections(daemon, workers),
		.max_connections_per_client = (unsigned)settings->max_connections_per_client,
		.max_memory = (uint64_t)settings->max_memory << 20,
		.max_log_lines = (unsigned)settings->max_log_lines,
		.log_answers = access_log != ACCESS_LOG_OFF,
		.log_whole_addresses = access_log == ACCESS_LOG_FULL,
		.handshake_timeout_ms = (uint64_t)settings->handshake_timeout * 1000,
		.request_timeout_ms = (uint64_t)settings->request_timeout * 1000,
		.response_timeout_ms = (uint64_t)settings->response_timeout * 1000,
	};
}

static enum err start_pool(struct daemon *daemon)
{
	const struct limits limits = limits_of(daemon);
	struct entrances entrances = { .entrance = daemon->sockets.entrances,
				       .count = daemon->sockets.entrance_count };
	enum err err = proxies_new(&daemon->host->files->started->proxies, &daemon->proxies);

	if (err != ERR_OK)
		return err;
	daemon->site = (struct site){ daemon->host->registry, daemon->host->tally };
	daemon->site_routes = site_routes(&daemon->site);
	daemon->challenge_routes = site_challenge_routes(daemon->host->challenges);
	entrances.proxies = daemon->proxies;
	entrances.challenges = daemon->sockets.challenge.count > 0 ? &daemon->challenge_routes : NULL;
	return pool_start(&limits, &entrances, daemon->host->certs, daemon->host->challenges,
			  &daemon->site_routes, &daemon->pool);
}

static void stop_pool(struct daemon *daemon)
{
	pool_stop(&daemon->pool, daemon->grace_ms);
	proxies_free(&daemon->proxies);
}

static enum err start_life(struct daemon *daemon)
{
	return life_new(daemon->host, daemon->pool, &daemon->sockets, &daemon->life);
}

static void stop_life(struct daemon *daemon)
{
	if (daemon->life != NULL)
		daemon->grace_ms = life_grace_left(daemon->life);
	life_free(&daemon->life);
}

static enum err start_control(struct daemon *daemon)
{
	daemon->control = (struct control){
		.host = daemon->host,
		.pool = daemon->pool,
		.listen = &daemon->sockets.listen,
		.listen_challenge = &daemon->sockets.challenge,
		.operators = daemon->operators,
		.certifiers = daemon->certifiers,
		.observers = daemon->observers,
	};
	daemon->control_routes = api_routes(&daemon->control);
	return listener_start(daemon->sockets.control, life_loop(daemon->life), life_clerk(daemon->life),
			      &daemon->control_routes, &daemon->listener);
}

/* While the workers finish nobody shall wait at a socket that is not served any more. */
static void stop_control(struct daemon *daemon)
{
	listener_stop(&daemon->listener);
	sockets_close_control(&daemon->sockets);
}

static enum err start_metrics(struct daemon *daemon)
{
	if (daemon->sockets.metrics < 0)
		return ERR_OK;
	daemon->metrics_routes = metrics_routes(&daemon->control);
	return listener_start(daemon->sockets.metrics, life_loop(daemon->life), life_clerk(daemon->life),
			      &daemon->metrics_routes, &daemon->metrics);
}

static void stop_metrics(struct daemon *daemon)
{
	listener_stop(&daemon->metrics);
}

/*
 * In this order, and stopped in reverse.  Signals are blocked before there are threads, so that all of them
 * inherit it.
 */
static const struct stage {
	const char *name;
	enum err (*start)(struct daemon *daemon);
	void (*stop)(struct daemon *daemon);
} stages[] = {
	{ "settings", start_settings, stop_settings },
	{ "groups", start_groups, NULL },
	{ "limits", start_limits, NULL },
	{ "store", start_host, stop_host },
	{ "sockets", start_sockets, stop_sockets },
	{ "tls", start_tls, stop_tls },
	{ "workers", start_pool, stop_pool },
	{ "life", start_life, stop_life },
	{ "control", start_control, stop_control },
	{ "metrics", start_metrics, stop_metrics },
};

#define STAGES (sizeof(stages) / sizeof(*stages))

/* Whoever failed has said why, but for want of memory. */
static void tell_not_started(const char *stage, enum err err)
{
	bool memory = err == ERR_NO_MEMORY;

	log_event(EVENT_NOT_STARTED, &(struct log_fields){ .reason = err_text(err) },
		  memory ? "mta-stsd, not started (%s: out of memory)"
			 : "mta-stsd, not started (%s: the line before says why)",
		  stage);
}

enum err daemon_run(const char *config)
{
	struct daemon daemon = { .config = config, .sockets = SOCKETS_NONE };
	struct patience patience;
	enum err err = life_block_signals();
	size_t started = 0;
	int passed = sd_listen_fds(0);

	log_lose_rather_than_wait();
	patience_begin(&patience);
	while (err == ERR_OK && started < STAGES) {
		err = stages[started].start(&daemon);
		if (err == ERR_OK)
			started++;
		else
			tell_not_started(stages[started].name, err);
	}
	patience_end(&patience);
	if (err == ERR_OK)
		life_serve(daemon.life, (struct listener *[]){ daemon.listener, daemon.metrics, NULL });
	else
		sockets_turn_away(passed);
	/* What a stage that failed had opened already is closed by its own stop, too. */
	for (size_t i = started < STAGES ? started + 1 : STAGES; i-- > 0;) {
		if (stages[i].stop != NULL)
			stages[i].stop(&daemon);
	}
	if (err == ERR_OK)
		log_notice("mta-stsd, stopped");
	return err;
}
