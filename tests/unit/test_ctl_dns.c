/* SPDX-License-Identifier: ISC */
/* wrap: isatty look_take request_make run_ask */
#include "api/shape_order.h"
#include "ctl/show/dns.h"

#include "ctl/cli/command.h"
#include "ctl/cli/request.h"
#include "ctl/cli/run.h"
#include "ctl/dns/look.h"
#include "ctl/show/looks.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DNS(verdict, text, servers)                                                                          \
	"{\"verdict\":\"" verdict "\",\"text\":\"" text "\",\"at\":\"2026-11-23T16:00:00Z\","                \
	"\"id\":\"2\",\"seen_since\":null,\"ttl\":null,\"error\":null,\"servers\":[" servers "]}"
#define RETIREMENT(state, text, next)                                                                        \
	"{\"state\":\"" state "\",\"text\":\"" text "\",\"next\":\"" next "\",\"safe_at\":null,"             \
	"\"wait\":null,\"held\":null}"
#define SEEN(domain, dns, retirement)                                                                        \
	"{\"domain\":\"" domain "\",\"id\":\"2\",\"dns\":" dns ",\"retirement\":" retirement "}"

#define OLD_SERVERS                                                                                          \
	"{\"server\":\"ns1.example.net\",\"address\":\"192.0.2.1\",\"verdict\":\"right\",\"ttl\":null,"      \
	"\"said\":null},"                                                                                    \
	"{\"server\":\"ns2.example.net\",\"address\":\"192.0.2.2\",\"verdict\":\"old_id\","                  \
	"\"ttl\":null,\"said\":\"v=STSv1; id=1;\"},"                                                         \
	"{\"server\":\"ns3.example.net\",\"address\":\"\",\"verdict\":\"unreachable\",\"ttl\":null,"         \
	"\"said\":null}"
#define FOREIGN_SERVERS                                                                                      \
	"{\"server\":\"ns2.example.net\",\"address\":\"192.0.2.2\",\"verdict\":\"old_id\",\"foreign\":true," \
	"\"ttl\":null,\"said\":\"v=STSv1; id=1;\"},"                                                         \
	"{\"server\":\"ns3.example.net\",\"address\":\"\",\"verdict\":\"unreachable\",\"ttl\":null,"         \
	"\"said\":null}"
#define RIGHT                                                                                                \
	SEEN("a.example", DNS("right", "right", ""), RETIREMENT("draining", "draining until then", "wait"))
#define OLD                                                                                                  \
	SEEN("old.example", DNS("old_id", "old id at ns2.example.net", OLD_SERVERS),                         \
	     RETIREMENT("waiting", "waiting for DNS", "publish it"))

static char long_name[1001];

/* How one name was seen; the rest of the world has the right record. */
static void see(const char *domain, struct record_answer *answer)
{
	*answer = (struct record_answer){ .server = "ns1.example.net", .address = "192.0.2.1", .ttl = 300 };
	if (strcmp(domain, "skipped.example") == 0) {
		answer->skipped = true;
	} else if (strcmp(domain, "long.name") == 0) {
		answer->server = long_name;
	} else if (strcmp(domain, "silent.example") == 0) {
		answer->error = "no answer in time";
	} else {
		answer->text_count = 1;
		answer->texts[0] = strcmp(domain, "odd.example") == 0 ? "a\xff\x01z" : "v=STSv1; id=2;";
	}
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static size_t looked;
static const char *resolver;

__typeof__(look_take) __wrap_look_take;
__typeof__(request_make) __wrap_request_make;
__typeof__(run_ask) __wrap_run_ask;
int __wrap_isatty(int fd);

enum err __wrap_look_take(const struct ask_way *way, const char *domain, struct look *look)
{
	(void)pthread_mutex_lock(&mutex);
	looked++;
	resolver = way->resolver;
	(void)pthread_mutex_unlock(&mutex);
	if (strcmp(domain, "bad.resolver") == 0)
		return ERR_SYNTAX;
	if (strcmp(domain, "no.memory") == 0)
		return ERR_NO_MEMORY;
	if (strcmp(domain, "no.zone") == 0)
		look->error = "no zone is known for it";
	look->answer = calloc(1, sizeof(*look->answer));
	look->count = 1;
	see(domain, look->answer);
	return ERR_OK;
}

enum err __wrap_request_make(const struct command *command, const struct options *options, FILE *err,
			     struct client_request *request)
{
	(void)command;
	(void)options;
	(void)err;
	*request = (struct client_request){ .method = "POST",
					    .path = strdup("/v1/query"),
					    .body = strdup("{}") };
	return ERR_OK;
}

/* The daemon. */
static const char *rows;   /* what it knows */
static const char *answer; /* to a report; NULL: every domain is right */
static bool gone;          /* it does not answer reports */
static json_t *reports[8];
static size_t report_count;

static json_t *all_right(const json_t *observations)
{
	json_t *domains = json_array();
	json_t *observation;
	size_t i;

	json_array_foreach(observations, i, observation)
	{
		json_t *seen = json_loads(RIGHT, 0, NULL);

		(void)json_object_set(seen, "domain", json_object_get(observation, "domain"));
		(void)json_array_append_new(domains, seen);
	}
	return json_pack("{s:o}", "domains", domains);
}

enum run_status __wrap_run_ask(const struct run_view *view, const struct client_request *request,
			       bool ordered, json_t **reply)
{
	json_t *body = json_loads(request->body, 0, NULL);

	(void)view;
	assert_false(ordered);
	assert_string_equal(request->method, "POST");
	assert_non_null(body);
	if (strcmp(request->path, "/v1/query") == 0) {
		*reply = json_loads(rows, 0, NULL);
		json_decref(body);
		return RUN_DONE;
	}
	assert_string_equal(request->path, "/v1/dns");
	assert_in_range(report_count, 0, 7);
	reports[report_count++] = body;
	if (gone)
		return RUN_NOT_DONE;
	*reply = answer != NULL ? json_loads(answer, 0, NULL)
				: all_right(json_object_get(body, "observations"));
	assert_non_null(*reply);
	return RUN_DONE;
}

static bool terminal;

int __wrap_isatty(int fd)
{
	(void)fd;
	return terminal;
}

static struct {
	char *out, *err;
	size_t out_len, err_len;
} said;

static enum run_status run_with(unsigned seen, const char *at)
{
	static const struct command command = {
		.name = "dns", .method = "POST", .path = "/v1/query", .print = dns_print
	};
	struct options options = { .seen = seen };
	struct run_view view = { .command = &command, .options = &options };
	enum run_status status;

	options.value[OPTION_RESOLVER] = at;
	view.out = open_memstream(&said.out, &said.out_len);
	view.err = open_memstream(&said.err, &said.err_len);
	status = dns_run(&view);
	(void)fclose(view.out);
	(void)fclose(view.err);
	return status;
}

static enum run_status run_it(void)
{
	return run_with(0, NULL);
}

/* What the daemon was told of the first server of the first domain. */
static const json_t *told(void)
{
	return json_array_get(
		json_object_get(json_array_get(json_object_get(reports[0], "observations"), 0), "servers"),
		0);
}

static int set_up(void **state)
{
	(void)state;
	looked = report_count = 0;
	rows = answer = resolver = NULL;
	gone = terminal = false;
	memset(long_name, 'x', sizeof(long_name) - 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < report_count; i++)
		json_decref(reports[i]);
	free(said.out);
	free(said.err);
	said.out = said.err = NULL;
	return 0;
}

/* A request of so many domains, as the daemon answers a query. */
static char *many(size_t count)
{
	json_t *domains = json_array();
	json_t *reply = json_pack("{s:o}", "domains", domains);
	char name[32];
	char *dump;

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "d%zu.example", i);
		(void)json_array_append_new(domains, json_pack("{s:s}", "domain", name));
	}
	dump = json_dumps(reply, 0);
	json_decref(reply);
	return dump;
}

static void what_is_right_everywhere_ends_with_0(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"a.example\"}]}";
	assert_int_equal(run_it(), RUN_DONE);
	assert_string_equal(said.out, "DOMAIN     ID  DNS    RETIREMENT\n"
				      "a.example  2   right  draining until then\n"
				      "\nnext, a.example: wait\n");
	assert_string_equal(said.err, "");
	assert_int_equal(looked, 1);
}

static void a_server_that_is_not_right_is_shown_below_its_domain(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"old.example\"},{\"domain\":\"a.example\"},{\"domain\":\"b."
	       "example\"}]}";
	answer = "{\"domains\":[" OLD "," RIGHT "," RIGHT "]}";
	assert_int_equal(run_it(), RUN_NOT_DONE);
	assert_string_equal(said.out, "DOMAIN       ID  DNS                        RETIREMENT\n"
				      "old.example  2   old id at ns2.example.net  waiting for DNS\n"
				      "  ns2.example.net (192.0.2.2): old id: v=STSv1; id=1;\n"
				      "  ns3.example.net: unreachable\n"
				      "a.example    2   right                      draining until then\n"
				      "a.example    2   right                      draining until then\n"
				      "\nnext, old.example: publish it\n"
				      "next, a.example and 1 more: wait\n");
	assert_string_equal(said.err, "");
}

static void what_an_id_is_that_nobody_here_published_is_not_called_old(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"a.example\"}]}";
	answer = "{\"domains\":[" SEEN(
		"a.example",
		DNS("old_id", "an id that this host never published at ns1.example.net", FOREIGN_SERVERS),
		RETIREMENT("waiting", "waiting for DNS (an id that)", "x")) "]}";
	assert_int_equal(run_it(), RUN_NOT_DONE);
	assert_non_null(strstr(said.out,
			       "  waiting for DNS\n  ns2.example.net (192.0.2.2): other id: v=STSv1; id=1;\n"
			       "  ns3.example.net: unreachable\n"));
}

#define NEEDS(domain, next)                                                                                  \
	SEEN(domain, DNS("right", "right", ""), RETIREMENT("safe", "safe to remove", next))

static void only_domains_that_need_the_same_share_an_advice(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"a\"},{\"domain\":\"b\"},{\"domain\":\"c\"}]}";
	answer = "{\"domains\":[" NEEDS("a.example", "take the domain out of /d/a.example.conf") "," NEEDS(
		"b.example",
		"run: mta-stsctl forget b.example") "," NEEDS("c.test", "run: mta-stsctl forget c.test") "]}";
	assert_int_equal(run_it(), RUN_DONE);
	assert_non_null(strstr(said.out, "\nnext, a.example: take the domain out of /d/a.example.conf\n"
					 "next, b.example and 1 more: run: mta-stsctl forget b.example\n"));
}

static void more_than_ten_advices_become_a_count(void **state)
{
	json_t *domains = json_array();
	json_t *reply = json_pack("{s:o}", "domains", domains);
	char *asked = many(12);
	char next[2] = "a";
	char *dump;

	(void)state;
	for (; *next <= 'l'; ++*next) {
		json_t *seen = json_loads(RIGHT, 0, NULL);

		(void)json_object_set_new(json_object_get(seen, "retirement"), "next", json_string(next));
		(void)json_array_append_new(domains, seen);
	}
	dump = json_dumps(reply, 0);
	rows = asked;
	answer = dump;
	assert_int_equal(run_it(), RUN_DONE);
	assert_non_null(strstr(said.out,
			       "\nnext, a.example: j\n"
			       "and 2 more domains: mta-stsctl show DOMAIN says what each needs\n"));
	free(dump);
	free(asked);
	json_decref(reply);
}

static void a_domain_that_is_not_retiring_may_be_looked_at(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"a.example\"},{\"domain\":\"b.example\"}]}";
	answer = "{\"domains\":[" SEEN("a.example", "null", "null") "," SEEN(
		"b.example", DNS("missing", "missing", ""), "null") "]}";
	assert_int_equal(run_it(), RUN_NOT_DONE);
	assert_string_equal(said.out, "DOMAIN     ID  DNS              RETIREMENT\n"
				      "a.example  2   never looked at  not retiring\n"
				      "b.example  2   missing          not retiring\n"
				      "\nmta-stsctl txt prints the records as they have to be in DNS\n");
}

static void what_strangers_said_is_escaped(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"a.example\"}]}";
	answer = "{\"domains\":[" SEEN("a.example",
				       DNS("other_text", "x",
					   "{\"server\":\"n\\u001b\",\"address\":\"1\",\"verdict\":\"other_"
					   "text\",\"ttl\":null,\"said\":\"\\u001b[2J\"}"),
				       "null") "]}";
	assert_int_equal(run_it(), RUN_NOT_DONE);
	assert_non_null(strstr(said.out, "\n  n\\x1b (1): other text: \\x1b[2J\n"));
}

static void nothing_to_look_for_is_said_and_ends_with_0(void **state)
{
	(void)state;
	rows = "{\"domains\":[]}";
	assert_int_equal(run_it(), RUN_DONE);
	assert_string_equal(said.out, "nothing to look for: no domain is published with mode none\n");
	assert_int_equal(report_count, 0);
}

static void the_daemon_is_told_what_each_server_said(void **state)
{
	static const struct {
		const char *rows;
		const char *server;
	} samples[] = {
		{ "{\"domains\":[{\"domain\":\"a.example\"}]}",
		  "\"texts\":[\"v=STSv1; id=2;\"],\"ttl\":300" },
		{ "{\"domains\":[{\"domain\":\"skipped.example\"}]}", "\"skipped\":true" },
		{ "{\"domains\":[{\"domain\":\"silent.example\"}]}", "\"error\":\"no answer in time\"" },
		{ "{\"domains\":[{\"domain\":\"odd.example\"}]}",
		  "\"texts\":[\"a\xef\xbf\xbd\\u0001z\"],\"ttl\":300" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		char *dump, *wanted;

		(void)tear_down(NULL);
		report_count = 0;
		rows = samples[i].rows;
		assert_int_equal(run_it(), RUN_DONE);
		dump = json_dumps(told(), JSON_COMPACT);
		assert_return_code(asprintf(&wanted,
					    "{\"server\":\"ns1.example.net\",\"address\":\"192.0.2.1\",%s}",
					    samples[i].server),
				   0);
		assert_string_equal(dump, wanted);
		free(dump);
		free(wanted);
	}
}

static void what_could_not_be_asked_at_all_is_told_too(void **state)
{
	char *dump;

	(void)state;
	rows = "{\"domains\":[{\"domain\":\"no.zone\"}]}";
	assert_int_equal(run_it(), RUN_DONE);
	dump = json_dumps(reports[0], JSON_COMPACT);
	assert_string_equal(dump, "{\"observations\":[{\"domain\":\"no.zone\","
				  "\"error\":\"no zone is known for it\",\"servers\":[]}]}");
	free(dump);
}

static size_t told_of(size_t report)
{
	return json_array_size(json_object_get(reports[report], "observations"));
}

static void a_name_of_a_server_is_cut_at_what_the_daemon_takes(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"long.name\"}]}";
	assert_int_equal(run_it(), RUN_DONE);
	assert_int_equal(json_string_length(json_object_get(told(), "server")), API_WORDS_MAX);
}

static void a_domain_that_the_daemon_does_not_know_any_more_is_passed_over(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"a.example\"},{\"domain\":\"gone.example\"}]}";
	answer = "{\"domains\":[" RIGHT "]}";
	assert_int_equal(run_it(), RUN_DONE);
	assert_non_null(strstr(said.out, "a.example"));
	assert_null(strstr(said.out, "gone.example"));
	assert_string_equal(said.err, "");
}

static void many_domains_are_reported_in_batches(void **state)
{
	char *dump = many(1201);
	json_t *printed;

	(void)state;
	rows = dump;
	assert_int_equal(run_with(OPTION_BIT(OPTION_JSON), NULL), RUN_DONE);
	assert_int_equal(looked, 1201);
	assert_int_equal(report_count, 3);
	assert_int_equal(told_of(0), LOOKS_MAX);
	assert_int_equal(told_of(1), LOOKS_MAX);
	assert_int_equal(told_of(2), 201);
	printed = json_loads(said.out, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(printed, "domains")), 1201);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(printed, "domains"), 1200), "domain")),
			    "d1200.example");
	json_decref(printed);
	free(dump);
}

static void json_ends_like_the_table(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"old.example\"}]}";
	answer = "{\"domains\":[" OLD "]}";
	assert_int_equal(run_with(OPTION_BIT(OPTION_JSON), NULL), RUN_NOT_DONE);
	assert_non_null(strstr(said.out, "\"verdict\": \"old_id\""));
	assert_null(strstr(said.out, "DOMAIN"));
}

static void a_terminal_sees_how_far_it_is(void **state)
{
	char *few = many(20), *more = many(21);

	(void)state;
	rows = few;
	terminal = true;
	assert_int_equal(run_it(), RUN_DONE);
	assert_string_equal(said.err, "");
	(void)tear_down(NULL);
	report_count = 0;
	rows = more;
	assert_int_equal(run_it(), RUN_DONE);
	assert_ptr_equal(strstr(said.err, "\rlooked at 1 of 21"), said.err);
	assert_string_equal(said.err + strlen(said.err) - strlen("\r\033[K"), "\r\033[K");
	(void)tear_down(NULL);
	report_count = 0;
	terminal = false;
	assert_int_equal(run_it(), RUN_DONE);
	assert_string_equal(said.err, "");
	free(few);
	free(more);
}

static void the_resolver_of_the_command_line_is_asked(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"a.example\"}]}";
	assert_int_equal(run_with(0, "192.0.2.53"), RUN_DONE);
	assert_string_equal(resolver, "192.0.2.53");
}

static void a_resolver_that_is_no_address_is_wrong_usage(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"bad.resolver\"}]}";
	assert_int_equal(run_with(0, "dns.example"), RUN_USAGE);
	assert_non_null(strstr(said.err, "--resolver 'dns.example': write an address"));
	assert_int_equal(report_count, 0);
	assert_string_equal(said.out, "");
}

static void memory_that_runs_out_while_looking_ends_it(void **state)
{
	(void)state;
	rows = "{\"domains\":[{\"domain\":\"a.example\"},{\"domain\":\"no.memory\"}]}";
	assert_int_equal(run_it(), RUN_NOT_DONE);
	assert_string_equal(said.err, "mta-stsctl: out of memory\n");
	assert_int_equal(report_count, 0);
}

static void a_daemon_that_does_not_answer_ends_it(void **state)
{
	char *dump = many(600);

	(void)state;
	rows = dump;
	gone = true;
	assert_int_equal(run_it(), RUN_NOT_DONE);
	assert_int_equal(report_count, 1);
	assert_string_equal(said.out, "");
	free(dump);
}

static void an_unexpected_reply_is_refused_and_shows_nothing(void **state)
{
	static const char *const queries[] = { "{}", "{\"domains\":{}}", "{\"domains\":[{}]}",
					       "{\"domains\":[{\"domain\":1}]}" };
	static const char *const answers[] = {
		"{}", "{\"domains\":[null]}", "{\"domains\":[" SEEN("a", DNS("right", "", ""), "[]") "]}",
		"{\"domains\":[" SEEN("a", DNS("old_id", "", "{}"), "null") "]}"
	};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		rows = i < 4 ? queries[i] : "{\"domains\":[{\"domain\":\"a.example\"}]}";
		answer = i < 4 ? NULL : answers[i - 4];
		assert_int_equal(run_it(), RUN_NOT_DONE);
		assert_non_null(strstr(said.err, "unexpected reply"));
		assert_string_equal(said.out, "");
		(void)tear_down(NULL);
		report_count = 0;
	}
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(what_is_right_everywhere_ends_with_0),
		UNIT(a_server_that_is_not_right_is_shown_below_its_domain),
		UNIT(what_an_id_is_that_nobody_here_published_is_not_called_old),
		UNIT(only_domains_that_need_the_same_share_an_advice),
		UNIT(more_than_ten_advices_become_a_count),
		UNIT(a_domain_that_is_not_retiring_may_be_looked_at),
		UNIT(what_strangers_said_is_escaped),
		UNIT(nothing_to_look_for_is_said_and_ends_with_0),
		UNIT(the_daemon_is_told_what_each_server_said),
		UNIT(what_could_not_be_asked_at_all_is_told_too),
		UNIT(a_name_of_a_server_is_cut_at_what_the_daemon_takes),
		UNIT(a_domain_that_the_daemon_does_not_know_any_more_is_passed_over),
		UNIT(many_domains_are_reported_in_batches),
		UNIT(json_ends_like_the_table),
		UNIT(a_terminal_sees_how_far_it_is),
		UNIT(the_resolver_of_the_command_line_is_asked),
		UNIT(a_resolver_that_is_no_address_is_wrong_usage),
		UNIT(memory_that_runs_out_while_looking_ends_it),
		UNIT(a_daemon_that_does_not_answer_ends_it),
		UNIT(an_unexpected_reply_is_refused_and_shows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
