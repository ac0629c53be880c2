/* SPDX-License-Identifier: ISC */
/* wrap: certs_each certs_find clock_now pair_facts pair_release registry_is_in_doubt text_append;
   controlling */
#include "controlling.h"

#include "certs/facts.h"
#include "config.h"
#include "control/metrics.h"
#include "core/registry_load.h"
#include "core/registry_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define PREFIX       "mta_stsd_"
#define FAMILIES_MAX 100
#define NAME_SIZE    128
#define DAY          86400

__typeof__(certs_each) __wrap_certs_each;
__typeof__(registry_is_in_doubt) __wrap_registry_is_in_doubt;
__typeof__(certs_find) __wrap_certs_find;
__typeof__(pair_facts) __wrap_pair_facts;
__typeof__(pair_release) __wrap_pair_release;
__typeof__(text_append) __real_text_append;
__typeof__(text_append) __wrap_text_append;

static const struct facts *pairs;
static size_t pair_count;
static size_t pairs_used;         /* the first of them */
static const struct facts *found; /* by certs_find(): the pair of each kind; NULL: there is none */
static bool doubtful;
static bool memory_is_short;

enum err __wrap_certs_each(struct certs *certs,
			   enum err (*each)(void *context, const struct facts *info, bool used),
			   void *context)
{
	(void)certs;
	for (size_t i = 0; i < pair_count; i++)
		assert_int_equal(each(context, &pairs[i], i < pairs_used), ERR_OK);
	return ERR_OK;
}

static void load(const struct facts *loaded, size_t count, size_t used)
{
	pairs = loaded;
	pair_count = count;
	pairs_used = used;
}

/* Of each kind of key there is another pair, which ends at another time. */
struct pair *__wrap_certs_find(struct certs *certs, const char *host, unsigned keys)
{
	(void)certs;
	if (found == NULL || strcmp(host, "mta-sts.a.example.org") != 0)
		return NULL;
	return (struct pair *)(uintptr_t)&found[keys == KEY_BIT(KEY_RSA)];
}

const struct facts *__wrap_pair_facts(const struct pair *pair)
{
	return (const struct facts *)(const void *)pair;
}

void __wrap_pair_release(struct pair **pair)
{
	*pair = NULL;
}

bool __wrap_registry_is_in_doubt(const struct registry *registry, const struct store *store)
{
	(void)registry;
	(void)store;
	return doubtful;
}

enum err __wrap_text_append(struct text *text, const void *bytes, size_t len)
{
	return memory_is_short ? ERR_NO_MEMORY : __real_text_append(text, bytes, len);
}

static int set_up(void **state)
{
	load(NULL, 0, 0);
	found = NULL;
	doubtful = false;
	memory_is_short = false;
	return controlling_setup(state);
}

/* The lines of the answer; freed with answer_free(). */
static char *ask(struct controlling *fix, struct answer *answer)
{
	controlling_answer(fix, METHOD_GET, "/metrics", "", answer);
	assert_int_equal(answer->status, 200);
	assert_string_equal(answer->content_type, "text/plain; version=0.0.4; charset=utf-8");
	return answer->body.bytes;
}

static void assert_tells(struct controlling *fix, const char *line)
{
	struct answer answer = { 0 };
	char wanted[256];

	(void)snprintf(wanted, sizeof(wanted), "\n%s%s\n", strncmp(line, "process_", 8) != 0 ? PREFIX : "",
		       line);
	if (strstr(ask(fix, &answer), wanted) == NULL)
		fail_msg("there is no line %s in\n%s", line, answer.body.bytes);
	answer_free(&answer);
}

static void assert_lacks(struct controlling *fix, const char *name)
{
	struct answer answer = { 0 };

	if (strstr(ask(fix, &answer), name) != NULL)
		fail_msg("there is %s in\n%s", name, answer.body.bytes);
	answer_free(&answer);
}

/* What there was of a page up to a line. */
struct reading {
	char families[FAMILIES_MAX][NAME_SIZE];
	size_t count;
	bool typed;     /* the last family has its type */
	size_t samples; /* of the last family */
};

static const char *family_of(const struct reading *reading)
{
	return reading->count > 0 ? reading->families[reading->count - 1] : "";
}

static void read_help(struct reading *reading, const char *name, const char *help)
{
	for (size_t i = 0; i < reading->count; i++)
		assert_string_not_equal(reading->families[i], name);
	assert_true(reading->count == 0 || reading->samples > 0);
	assert_true(reading->count < FAMILIES_MAX);
	assert_true(strlen(help) > 5 && help[strlen(help) - 1] == '.');
	(void)snprintf(reading->families[reading->count++], NAME_SIZE, "%s", name);
	reading->typed = false;
	reading->samples = 0;
}

static void read_type(struct reading *reading, const char *name, const char *type)
{
	static const char total[] = "_total";
	size_t len = strlen(name);
	bool ends_in_total = len > strlen(total) && strcmp(name + len - strlen(total), total) == 0;

	assert_string_equal(name, family_of(reading));
	assert_false(reading->typed);
	assert_string_equal(type, ends_in_total ? "counter" : "gauge");
	reading->typed = true;
}

static void read_sample(struct reading *reading, const char *line)
{
	size_t len = strcspn(line, "{ ");
	const char *value = strrchr(line, ' ');
	char *end = NULL;

	assert_true(reading->typed);
	assert_true(strncmp(line, PREFIX, strlen(PREFIX)) == 0 || strncmp(line, "process_", 8) == 0);
	assert_int_equal(len, strlen(family_of(reading)));
	assert_memory_equal(line, family_of(reading), len);
	assert_non_null(value);
	(void)strtod(value + 1, &end);
	assert_true(end != value + 1 && *end == '\0');
	reading->samples++;
}

static void every_family_is_introduced_once_before_its_samples(void **state)
{
	static const struct facts one[] = { { .not_after = HOSTING_NOW } };
	struct controlling *fix = *state;
	struct answer answer = { 0 };
	struct reading *reading = calloc(1, sizeof(*reading));
	char name[NAME_SIZE], type[NAME_SIZE];
	char *rest, *line;

	assert_non_null(reading);
	load(one, 1, 1);
	found = (const struct facts[]){ one[0], one[0] };
	fix->settings.metrics_domains = true;
	rest = ask(fix, &answer);
	assert_int_equal(rest[answer.body.len - 1], '\n');
	rest[answer.body.len - 1] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		int help = 0;

		if (sscanf(line, "# HELP %127s %n", name, &help) == 1 && help > 0)
			read_help(reading, name, line + help);
		else if (sscanf(line, "# TYPE %127s %127s", name, type) == 2)
			read_type(reading, name, type);
		else
			read_sample(reading, line);
	}
	assert_in_range(reading->count, 30, FAMILIES_MAX);
	assert_true(reading->samples > 0);
	free(reading);
	answer_free(&answer);
}

static void every_counter_of_the_table_is_told(void **state)
{
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		controlling_use.counts[i] = UINT64_C(5000000000) + i;
	for (size_t i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_row *row = &counters_table[i];
		char line[200];

		if (row->label != NULL)
			(void)snprintf(line, sizeof(line), "%s{%s=\"%s\"} %zu", row->family, row->label,
				       row->value, (size_t)5000000000 + i);
		else
			(void)snprintf(line, sizeof(line), "%s %zu", row->family, (size_t)5000000000 + i);
		assert_tells(*state, line);
	}
}

static void limits_are_told_as_they_hold_beside_what_is_used(void **state)
{
	controlling_use = (struct pool_use){
		.connections = 5, .clients = 2, .largest_client = 4, .memory = 81920, .lines_left_out = 17
	};
	controlling_limits = (struct limits){ .max_connections = 700,
					      .max_connections_per_client = 64,
					      .max_memory = (uint64_t)8 << 30,
					      .max_log_lines = 6 };
	assert_tells(*state, "https_connections_open 5");
	assert_tells(*state, "https_connections_limit 700");
	assert_tells(*state, "https_clients 2");
	assert_tells(*state, "https_client_connections_largest 4");
	assert_tells(*state, "https_client_connections_limit 64");
	assert_tells(*state, "https_memory_bytes 81920");
	assert_tells(*state, "https_memory_limit_bytes 8589934592");
	assert_tells(*state, "log_lines_left_out_total 17");
	assert_tells(*state, "log_lines_limit 6");
}

static void domains_are_counted_by_mode_and_by_what_they_lack(void **state)
{
	struct controlling *fix = *state;

	fix->host.coverage->uncovered_count = 2;
	assert_tells(fix, "domains{mode=\"enforce\"} 1");
	assert_tells(fix, "domains{mode=\"testing\"} 1");
	assert_tells(fix, "domains{mode=\"none\"} 0");
	assert_tells(fix, "domains_switched 0");
	assert_tells(fix, "domains_uncovered 2");

	json_decref(controlling_ask(fix, METHOD_POST, "/v1/switch",
				    "{\"domains\": [\"a.example.org\"], \"mode\": \"none\"}", 200));
	registry_attach(fix->host.registry, "a.example.org", NULL, true);
	registry_attach(fix->host.registry, "b.example.org", NULL, false);
	assert_tells(fix, "domains{mode=\"enforce\"} 0");
	assert_tells(fix, "domains{mode=\"none\"} 1");
	assert_tells(fix, "domains_switched 1");
	assert_tells(fix, "domains_refused 1");
	assert_tells(fix, "domains_orphaned 1");
}

static void a_load_that_was_not_done_shows(void **state)
{
	struct controlling *fix = *state;

	assert_lacks(fix, "last_reload_success_timestamp");
	fix->host.files->loaded_at = HOSTING_NOW;
	fix->host.files->loaded = true;
	complain(&fix->host.files->complaints, SEVERITY_ERROR, "x.conf", 3, "odd", NULL, "even");
	complain(&fix->host.files->complaints, SEVERITY_WARNING, "x.conf", 4, "odd", NULL, "even");
	fix->host.files->complaints.lost = 2;
	assert_tells(fix, "config_last_reload_successful 1");
	assert_tells(fix, "config_last_reload_success_timestamp_seconds 1795449600");
	assert_tells(fix, "config_complaints{severity=\"error\"} 1");
	assert_tells(fix, "config_complaints{severity=\"warning\"} 3");

	fix->host.files->loaded = false;
	assert_tells(fix, "config_last_reload_successful 0");
	assert_tells(fix, "config_last_reload_success_timestamp_seconds 1795449600");
}

static void the_certificate_that_expires_first_is_the_one_to_worry_about(void **state)
{
	static const struct facts three[] = {
		{ .not_after = HOSTING_NOW + 9 },
		{ .not_after = HOSTING_NOW + 2 },
		{ .not_after = HOSTING_NOW + 5 },
	};

	assert_lacks(*state, "expiry_timestamp");
	load(three, 3, 3);
	assert_tells(*state, "certificates_first_expiry_timestamp_seconds 1795449602");

	load(three, 3, 1);
	assert_tells(*state, "certificates_first_expiry_timestamp_seconds 1795449609");
	load(three, 3, 0);
	assert_lacks(*state, "expiry_timestamp");
}

static void certificates_are_counted_by_their_stage_and_unused_ones_apart(void **state)
{
	static const struct facts six[] = {
		{ .not_before = HOSTING_NOW - 10 * DAY, .not_after = HOSTING_NOW - 1 },
		{ .not_before = HOSTING_NOW - 30 * DAY, .not_after = HOSTING_NOW + 3 * DAY },
		{ .not_before = HOSTING_NOW - 60 * DAY, .not_after = HOSTING_NOW + 30 * DAY },
		{ .not_before = HOSTING_NOW - 29 * DAY, .not_after = HOSTING_NOW + 61 * DAY },
		{ .not_before = HOSTING_NOW - 28 * DAY, .not_after = HOSTING_NOW + 62 * DAY },
		{ .not_before = HOSTING_NOW - 10 * DAY, .not_after = HOSTING_NOW - 1 },
	};

	assert_tells(*state, "certificates{stage=\"fine\"} 0");
	assert_tells(*state, "certificates{stage=\"expired\"} 0");
	assert_tells(*state, "certificates_unused 0");
	load(six, 6, 5);
	assert_tells(*state, "certificates{stage=\"fine\"} 2");
	assert_tells(*state, "certificates{stage=\"soon\"} 1");
	assert_tells(*state, "certificates{stage=\"urgent\"} 1");
	assert_tells(*state, "certificates{stage=\"expired\"} 1");
	assert_tells(*state, "certificates_unused 1");
}

static void version_start_and_a_doubtful_store_are_told(void **state)
{
	struct controlling *fix = *state;

	fix->host.started_at = HOSTING_NOW - 60;
	assert_tells(fix, "build_info{version=\"" PACKAGE_VERSION "\"} 1");
	assert_tells(fix, "process_start_time_seconds 1795449540");
	assert_tells(fix, "store_doubtful 0");
	assert_tells(fix, "store_writable 1");
	assert_tells(fix, "domains_unreadable 0");
	doubtful = true;
	assert_tells(fix, "store_doubtful 1");
	assert_tells(fix, "store_writable 0");
}

/* The number of a line that has no label; the page must have it. */
static double number_of(struct controlling *fix, const char *name)
{
	struct answer answer = { 0 };
	char wanted[256];
	const char *line;
	double number;

	(void)snprintf(wanted, sizeof(wanted), "\n%s ", name);
	line = strstr(ask(fix, &answer), wanted);
	assert_non_null(line);
	number = strtod(line + strlen(wanted), NULL);
	answer_free(&answer);
	return number;
}

static void the_process_is_told_as_of_every_program(void **state)
{
	struct rlimit files;
	double open_files = number_of(*state, "process_open_fds");
	int one_more = dup(STDERR_FILENO);
	double cpu;

	assert_true(one_more >= 0);
	assert_int_equal((int)number_of(*state, "process_open_fds"), (int)open_files + 1);
	(void)close(one_more);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	assert_int_equal((uint64_t)number_of(*state, "process_max_fds"), files.rlim_cur);
	assert_true(number_of(*state, "process_resident_memory_bytes") > 1 << 20);
	cpu = number_of(*state, "process_cpu_seconds_total");
	assert_true(cpu > 0 && cpu < 600);
}

static void fetch(struct controlling *fix, const char *name)
{
	struct revision *revision = registry_find(fix->host.registry, name);

	tally_note(fix->host.tally, revision, HOSTING_NOW);
	revision_release(&revision);
}

static void single_domains_are_told_of_only_when_asked_for(void **state)
{
	struct controlling *fix = *state;

	assert_lacks(fix, PREFIX "domain_");
	fix->settings.metrics_domains = true;
	assert_tells(fix, "domain_info{domain=\"a.example.org\",mode=\"enforce\",id=\"20261123160000\","
			  "standing=\"configured\"} 1");
	assert_tells(fix, "domain_info{domain=\"b.example.org\",mode=\"testing\",id=\"20261123160000\","
			  "standing=\"configured\"} 1");
	assert_tells(fix, "domain_published_timestamp_seconds{domain=\"a.example.org\"} 1795449600");
	assert_lacks(fix, "domain_certificate_expiry");
}

static void fetches_of_a_domain_are_counted_on_when_they_were_written_and_when_it_has_changed(void **state)
{
	struct controlling *fix = *state;

	fix->settings.metrics_domains = true;
	assert_tells(fix, "domain_fetches_total{domain=\"a.example.org\"} 0");
	fetch(fix, "a.example.org");
	fetch(fix, "a.example.org");
	assert_int_equal(tally_write(fix->host.tally, fix->host.store, HOSTING_NOW), ERR_OK);
	fetch(fix, "a.example.org");
	json_decref(controlling_ask(fix, METHOD_POST, "/v1/switch",
				    "{\"domains\": [\"a.example.org\"], \"mode\": \"none\"}", 200));
	fetch(fix, "a.example.org");

	assert_tells(fix, "domain_fetches_total{domain=\"a.example.org\"} 4");
	assert_tells(fix, "domain_fetches_total{domain=\"b.example.org\"} 0");
	assert_tells(fix, "domain_info{domain=\"a.example.org\",mode=\"none\",id=\"20261123160001\","
			  "standing=\"switched\"} 1");
}

static void a_domains_certificate_ends_when_the_first_of_its_kinds_does(void **state)
{
	static const struct facts rsa_first[] = { { .not_after = HOSTING_NOW + 5 },
						  { .not_after = HOSTING_NOW + 3 } };
	static const struct facts ecdsa_first[] = { { .not_after = HOSTING_NOW + 4 },
						    { .not_after = HOSTING_NOW + 5 } };
	struct controlling *fix = *state;

	fix->settings.metrics_domains = true;
	found = rsa_first;
	assert_tells(fix, "domain_certificate_expiry_timestamp_seconds{domain=\"a.example.org\"} 1795449603");
	assert_lacks(fix, "domain_certificate_expiry_timestamp_seconds{domain=\"b.example.org\"}");
	found = ecdsa_first;
	assert_tells(fix, "domain_certificate_expiry_timestamp_seconds{domain=\"a.example.org\"} 1795449604");
}

static void whoever_reaches_the_socket_for_it_gets_metrics_and_nothing_else(void **state)
{
	static const struct {
		enum method method;
		const char *target;
		unsigned status;
	} asked[] = {
		{ METHOD_GET, "/metrics", 200 },    { METHOD_HEAD, "/metrics", 200 },
		{ METHOD_POST, "/metrics", 405 },   { METHOD_GET, "/metrics?x", 404 },
		{ METHOD_GET, "/", 404 },           { METHOD_GET, "/v1/status", 404 },
		{ METHOD_POST, "/v1/switch", 404 },
	};
	struct controlling *fix = *state;
	struct answer answer = { 0 };

	controlling_uid = 4711; /* who may do nothing at the control socket */
	controlling_assert_error(fix, METHOD_GET, "/metrics", "", 403, "forbidden");
	fix->routes = metrics_routes(&fix->control);
	assert_null(fix->routes.identify);
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		controlling_answer(fix, asked[i].method, asked[i].target, "", &answer);
		assert_int_equal(answer.status, asked[i].status);
		assert_int_equal(answer.body.len > 0, asked[i].status == 200);
		answer_free(&answer);
	}
	assert_tells(fix, "https_connections_open 3");
}

static void only_a_get_without_a_query_is_answered(void **state)
{
	controlling_assert_error(*state, METHOD_POST, "/metrics", "", 405, "wrong_method");
	controlling_assert_error(*state, METHOD_GET, "/metrics?x", "", 404, "unknown_route");
	controlling_assert_error(*state, METHOD_GET, "/metrics/", "", 404, "unknown_route");
}

static void half_a_page_is_never_told(void **state)
{
	struct answer answer = { 0 };

	memory_is_short = true;
	controlling_answer(*state, METHOD_GET, "/metrics", "", &answer);
	assert_int_equal(answer.status, 500);
	assert_null(answer.body.bytes);
	answer_free(&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_family_is_introduced_once_before_its_samples),
		TEST(every_counter_of_the_table_is_told),
		TEST(limits_are_told_as_they_hold_beside_what_is_used),
		TEST(domains_are_counted_by_mode_and_by_what_they_lack),
		TEST(a_load_that_was_not_done_shows),
		TEST(the_certificate_that_expires_first_is_the_one_to_worry_about),
		TEST(certificates_are_counted_by_their_stage_and_unused_ones_apart),
		TEST(the_process_is_told_as_of_every_program),
		TEST(single_domains_are_told_of_only_when_asked_for),
		TEST(fetches_of_a_domain_are_counted_on_when_they_were_written_and_when_it_has_changed),
		TEST(a_domains_certificate_ends_when_the_first_of_its_kinds_does),
		TEST(whoever_reaches_the_socket_for_it_gets_metrics_and_nothing_else),
		TEST(version_start_and_a_doubtful_store_are_told),
		TEST(only_a_get_without_a_query_is_answered),
		TEST(half_a_page_is_never_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
