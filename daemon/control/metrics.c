/* SPDX-License-Identifier: ISC */
#include "control/metrics.h"

#include "api/ordering.h"
#include "base/clock.h"
#include "config.h"
#include "control/reply.h"
#include "control/view.h"
#include "core/awaited.h"
#include "core/registry_load.h"
#include "core/timekeeper.h"
#include "store/condition.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* A number that there is not now. */
#define ABSENT INT64_MIN

/* Connections of the socket that has the metrics alone. */
#define PLACES 8

/* Besides the counters of serve/counters.h. */
enum metric {
	BUILD,
	DOMAINS_ENFORCE,
	DOMAINS_TESTING,
	DOMAINS_NONE,
	SWITCHED,
	ORPHANED,
	REFUSED,
	UNCOVERED,
	PAIRS_FINE,
	PAIRS_SOON,
	PAIRS_URGENT,
	PAIRS_EXPIRED,
	PAIRS_UNUSED,
	FIRST_EXPIRY,
	ORDERS_FAILED,
	ORDERS_FORBIDDEN,
	ORDERS_ELSEWHERE,
	ORDERS_NO_ADDRESS,
	ORDERS_UNREACHED,
	ORDERS_UNKNOWN,
	ORDERS_LIMITED,
	ORDERS_DUE,
	ROUND_AT,
	LOADED,
	LOADED_AT,
	ERRORS,
	WARNINGS,
	DOUBTFUL,
	WRITABLE,
	CLOCK_JUMPS,
	DISK_BYTES,
	DISK_INODES,
	UNREADABLE,
	CONNECTIONS,
	CONNECTIONS_LIMIT,
	CLIENTS,
	LARGEST_CLIENT,
	CLIENT_LIMIT,
	MEMORY,
	MEMORY_LIMIT,
	LINES_LEFT_OUT,
	LINES_LIMIT,
	STARTED_AT,
	CPU,
	RESIDENT,
	OPEN_FILES,
	FILES_LIMIT,
};

#define METRIC_COUNT (FILES_LIMIT + 1)

#define FAMILY(name_, kind_, help_) .family = { .name = name_, .kind = kind_, .help = help_ }
#define GAUGE(name_, help_)         FAMILY(name_, EXPOSITION_GAUGE, help_)
#define COUNTER(name_, help_)       FAMILY(name_, EXPOSITION_COUNTER, help_)
#define PROCESS(name_, kind_, decimals_, help_)                                                              \
	.family = { .name = name_, .kind = kind_, .help = help_, .of_processes = true, .decimals = decimals_ }

#define DOMAINS    GAUGE("domains", "Domains that are served, by the mode of their policy.")
#define PAIRS      GAUGE("certificates", "Certificates that some name gets, by how near their end is.")
#define ORDERS     GAUGE("certificate_orders", "Domains whose certificate is ordered, by what keeps it.")
#define COMPLAINTS GAUGE("config_complaints", "Complaints about the files of the last load.")

/* Rows of one family stand together. */
static const struct {
	struct exposition_family family;
	struct exposition_label label; /* name NULL: none */
} table[METRIC_COUNT] = {
	[BUILD] = { GAUGE("build_info", "Always 1; the label tells the version."),
		    .label = { "version", PACKAGE_VERSION } },
	[DOMAINS_ENFORCE] = { DOMAINS, .label = { "mode", "enforce" } },
	[DOMAINS_TESTING] = { DOMAINS, .label = { "mode", "testing" } },
	[DOMAINS_NONE] = { DOMAINS, .label = { "mode", "none" } },
	[SWITCHED] = { GAUGE("domains_switched", "Domains that an operator switched to a mode.") },
	[ORPHANED] = { GAUGE("domains_orphaned", "Domains that no file configures any more.") },
	[REFUSED] = { GAUGE("domains_refused", "Domains whose file has errors.") },
	[UNCOVERED] = { GAUGE("domains_uncovered", "Domains whose policy host has no valid certificate.") },
	[PAIRS_FINE] = { PAIRS, .label = { "stage", "fine" } },
	[PAIRS_SOON] = { PAIRS, .label = { "stage", "soon" } },
	[PAIRS_URGENT] = { PAIRS, .label = { "stage", "urgent" } },
	[PAIRS_EXPIRED] = { PAIRS, .label = { "stage", "expired" } },
	[PAIRS_UNUSED] = { GAUGE("certificates_unused",
				 "Certificates for whose names better ones stand in.") },
	[FIRST_EXPIRY] = { GAUGE("certificates_first_expiry_timestamp_seconds",
				 "When the first of the certificates that are used expires, Unix time.") },
	[ORDERS_FAILED] = { ORDERS, .label = { "state", "failed" } },
	[ORDERS_FORBIDDEN] = { ORDERS, .label = { "state", "forbidden" } },
	[ORDERS_ELSEWHERE] = { ORDERS, .label = { "state", "elsewhere" } },
	[ORDERS_NO_ADDRESS] = { ORDERS, .label = { "state", "no_address" } },
	[ORDERS_UNREACHED] = { ORDERS, .label = { "state", "unreached" } },
	[ORDERS_UNKNOWN] = { ORDERS, .label = { "state", "unknown" } },
	[ORDERS_LIMITED] = { ORDERS, .label = { "state", "limited" } },
	[ORDERS_DUE] = { ORDERS, .label = { "state", "due" } },
	[ROUND_AT] = { GAUGE("certificate_round_timestamp_seconds",
			     "When the program that orders certificates last reported a round, Unix time.") },
	[LOADED] = { GAUGE(
		"config_last_reload_successful",
		"Whether the last load of all files was done; files with errors are complaints.") },
	[LOADED_AT] = { GAUGE("config_last_reload_success_timestamp_seconds",
			      "When a load of all files was last done, Unix time.") },
	[ERRORS] = { COMPLAINTS, .label = { "severity", "error" } },
	[WARNINGS] = { COMPLAINTS, .label = { "severity", "warning" } },
	[DOUBTFUL] = { GAUGE("store_doubtful",
			     "Whether memory and disk may differ, after a disk failed in a change.") },
	[WRITABLE] = { GAUGE("store_writable", "Whether orders can be written: the state is ok.") },
	[CLOCK_JUMPS] = { COUNTER("clock_jumps_total",
				  "How often the clock of the machine was set, by a minute or more.") },
	[DISK_BYTES] = { GAUGE("store_disk_free_bytes",
			       "Bytes that may still be taken on the disk of the state directory.") },
	[DISK_INODES] = { GAUGE("store_disk_free_inodes",
				"Files that may still be made on the disk of the state directory.") },
	[UNREADABLE] = { GAUGE("domains_unreadable",
			       "Domains that are not served because what is stored of them is damaged.") },
	[CONNECTIONS] = { GAUGE("https_connections_open", "HTTPS connections now.") },
	[CONNECTIONS_LIMIT] = { GAUGE("https_connections_limit", "HTTPS connections there may be.") },
	[CLIENTS] = { GAUGE("https_clients", "Client addresses that have connections.") },
	[LARGEST_CLIENT] = { GAUGE("https_client_connections_largest",
				   "Connections of the client address that has most.") },
	[CLIENT_LIMIT] = { GAUGE("https_client_connections_limit",
				 "Connections that one client address may have.") },
	[MEMORY] = { GAUGE("https_memory_bytes", "Memory that HTTPS connections hold.") },
	[MEMORY_LIMIT] = { GAUGE("https_memory_limit_bytes", "Memory that HTTPS connections may hold.") },
	[LINES_LEFT_OUT] = { COUNTER("log_lines_left_out_total",
				     "Log lines left out, because strangers caused too many.") },
	[LINES_LIMIT] = { GAUGE("log_lines_limit",
				"Log lines of each kind that strangers may cause in ten seconds.") },
	[STARTED_AT] = { PROCESS("process_start_time_seconds", EXPOSITION_GAUGE, 0,
				 "When the daemon started, Unix time.") },
	[CPU] = { PROCESS("process_cpu_seconds_total", EXPOSITION_COUNTER, 3,
			  "Processor time of all threads.") },
	[RESIDENT] = { PROCESS("process_resident_memory_bytes", EXPOSITION_GAUGE, 0,
			       "Memory of the whole process.") },
	[OPEN_FILES] = { PROCESS("process_open_fds", EXPOSITION_GAUGE, 0, "Open file descriptors.") },
	[FILES_LIMIT] = { PROCESS("process_max_fds", EXPOSITION_GAUGE, 0,
				  "File descriptors that may be open.") },
};

static void take_pairs(const struct host *host, int64_t numbers[METRIC_COUNT])
{
	struct view_expiry expiry;
	int64_t used = 0;

	view_find_expiry(host, &expiry);
	for (size_t i = EXPIRY_FINE; i < EXPIRY_COUNT; i++) {
		numbers[PAIRS_FINE + i - EXPIRY_FINE] = expiry.counts[i];
		used += expiry.counts[i];
	}
	numbers[PAIRS_UNUSED] = expiry.pairs - used;
	numbers[FIRST_EXPIRY] = used > 0 ? expiry.first.not_after : ABSENT;
}

/* The rows are in the order of the states. */
static void take_orders(const struct host *host, int64_t numbers[METRIC_COUNT])
{
	struct awaited *awaited = registry_awaited(host->registry);
	time_t now = clock_now(), reported = awaited_last_round(awaited, now).reported;

	for (unsigned i = 1; i < ORDERING_STATE_COUNT; i++)
		numbers[ORDERS_FAILED + i - 1] = (int64_t)awaited_count(awaited, i, now);
	numbers[ROUND_AT] = reported != 0 ? reported : ABSENT;
}

static void take_host(const struct host *host, int64_t numbers[METRIC_COUNT])
{
	const struct complaints *complaints = &host->files->complaints;
	const struct room room = room_look(host->store);
	struct api_totals totals;

	view_count(host, &totals);
	numbers[BUILD] = 1;
	numbers[DOMAINS_ENFORCE] = totals.enforce;
	numbers[DOMAINS_TESTING] = totals.testing;
	numbers[DOMAINS_NONE] = totals.none;
	numbers[SWITCHED] = totals.switched;
	numbers[ORPHANED] = totals.orphaned;
	numbers[REFUSED] = totals.refused;
	numbers[UNCOVERED] = (int64_t)host->coverage->uncovered_count;
	numbers[LOADED] = host->files->loaded;
	numbers[LOADED_AT] = host->files->loaded_at != 0 ? host->files->loaded_at : ABSENT;
	numbers[ERRORS] = (int64_t)(complaints->errors + host->coverage->unfetched.errors);
	numbers[WARNINGS] = (int64_t)(complaints->count + complaints->lost - complaints->errors);
	numbers[DOUBTFUL] = registry_is_in_doubt(host->registry, host->store);
	numbers[WRITABLE] = numbers[DOUBTFUL] == 0 && condition_of(host->store) == CONDITION_OK;
	timekeeper_look(host->timekeeper);
	numbers[CLOCK_JUMPS] = (int64_t)host->timekeeper->jumps;
	numbers[DISK_BYTES] = room.free_bytes >= 0 ? room.free_bytes : ABSENT;
	numbers[DISK_INODES] = room.free_inodes >= 0 ? room.free_inodes : ABSENT;
	numbers[UNREADABLE] = (int64_t)registry_marked(host->registry, MARK_UNREADABLE);
}

static void take_pool(const struct pool_use *use, const struct limits *limits, int64_t numbers[METRIC_COUNT])
{
	numbers[CONNECTIONS] = use->connections;
	numbers[CONNECTIONS_LIMIT] = limits->max_connections;
	numbers[CLIENTS] = use->clients;
	numbers[LARGEST_CLIENT] = use->largest_client;
	numbers[CLIENT_LIMIT] = limits->max_connections_per_client;
	numbers[MEMORY] = (int64_t)use->memory;
	numbers[MEMORY_LIMIT] = (int64_t)limits->max_memory;
	numbers[LINES_LEFT_OUT] = (int64_t)use->lines_left_out;
	numbers[LINES_LIMIT] = limits->max_log_lines;
}

static int64_t look_at_cpu(void)
{
	struct timespec spent;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) != 0)
		return ABSENT;
	return (int64_t)spent.tv_sec * 1000 + spent.tv_nsec / 1000000;
}

static int64_t look_at_memory(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	int64_t pages = -1;

	if (file == NULL)
		return ABSENT;
	if (fscanf(file, "%*s %" SCNd64, &pages) != 1)
		pages = -1;
	(void)fclose(file);
	return pages >= 0 ? pages * sysconf(_SC_PAGESIZE) : ABSENT;
}

/* Each descriptor is an entry; the directory itself has one, too, as long as it is read. */
static int64_t look_at_files(void)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	int64_t count = -1;

	if (directory == NULL)
		return ABSENT;
	while ((entry = readdir(directory)) != NULL)
		count += entry->d_name[0] != '.';
	(void)closedir(directory);
	return count;
}

static int64_t look_at_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > INT64_MAX)
		return ABSENT;
	return (int64_t)files.rlim_cur;
}

static void take_process(const struct host *host, int64_t numbers[METRIC_COUNT])
{
	numbers[STARTED_AT] = host->started_at;
	numbers[CPU] = look_at_cpu();
	numbers[RESIDENT] = look_at_memory();
	numbers[OPEN_FILES] = look_at_files();
	numbers[FILES_LIMIT] = look_at_limit();
}

static void add_metrics(struct exposition *exposition, const int64_t numbers[METRIC_COUNT])
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (numbers[i] != ABSENT)
			exposition_add(exposition, &table[i].family, &table[i].label,
				       table[i].label.name != NULL, numbers[i]);
	}
}

static void add_counters(struct exposition *exposition, const uint64_t counts[COUNTER_COUNT])
{
	for (size_t i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_row *row = &counters_table[i];
		const struct exposition_family family = {
			.name = row->family,
			.kind = EXPOSITION_COUNTER,
			.help = row->help,
		};
		const struct exposition_label label = { row->label, row->value };

		exposition_add(exposition, &family, &label, row->label != NULL, (int64_t)counts[i]);
	}
}

void metrics_show(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	struct exposition exposition = { 0 };
	int64_t numbers[METRIC_COUNT] = { 0 };
	struct pool_use use;

	(void)request;
	pool_take_stock(control->pool, &use);
	take_host(control->host, numbers);
	take_pairs(control->host, numbers);
	take_orders(control->host, numbers);
	take_pool(&use, pool_limits(control->pool), numbers);
	take_process(control->host, numbers);
	add_metrics(&exposition, numbers);
	add_counters(&exposition, use.counts);
	if (control->host->files->settings->metrics_domains)
		metrics_domains_add(&exposition, control->host);
	if (exposition.err != ERR_OK) {
		text_free(&exposition.text);
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return;
	}
	answer->status = 200;
	answer->content_type = EXPOSITION_TYPE;
	answer->body = exposition.text;
}

struct routes metrics_routes(struct control *control)
{
	static const struct route routes[] = {
		{ "/metrics", METHOD_GET, RIGHT_ANY, false, metrics_show, NULL },
		{ NULL, 0, RIGHT_UNSET, false, NULL, NULL },
	};

	return (struct routes){ .table = routes, .context = control, .places = PLACES };
}
