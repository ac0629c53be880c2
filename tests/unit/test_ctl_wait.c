/* SPDX-License-Identifier: ISC */
/* wrap: clock_ms clock_now look_take request_make run_ask sleep */
#include "ctl/show/wait.h"

#include "base/clock.h"
#include "ctl/cli/command.h"
#include "ctl/cli/request.h"
#include "ctl/cli/run.h"
#include "ctl/dns/look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW ((time_t)1795449600) /* 2026-11-23T16:00:00Z */

#define SEEN_IN(dns, domain, retirement)                                                                     \
	"{\"domain\":\"" domain "\",\"id\":\"2\",\"dns\":" dns ",\"retirement\":" retirement "}"
#define DNS(verdict, text)                                                                                   \
	"{\"verdict\":\"" verdict "\",\"text\":\"" text "\",\"at\":\"2026-11-23T16:00:00Z\","                \
	"\"id\":\"2\",\"seen_since\":null,\"ttl\":null,\"error\":null,\"servers\":[]}"
#define SEEN(domain, retirement) SEEN_IN(DNS("right", "right"), domain, retirement)
#define RETIREMENT(state, text, safe_at)                                                                     \
	"{\"state\":\"" state "\",\"text\":\"" text "\",\"next\":\"n\",\"safe_at\":" safe_at                 \
	",\"wait\":null,\"held\":null}"
#define WAITING(domain) SEEN_IN("null", domain, RETIREMENT("waiting", "waiting for DNS", "null"))
#define SILENT(domain)                                                                                       \
	SEEN_IN(DNS("unreachable", "nobody answers"), domain, RETIREMENT("draining", "draining", "null"))
#define DRAINING(domain) SEEN(domain, RETIREMENT("draining", "draining", "\"2026-11-23T18:00:00Z\""))
#define SAFE(domain)     SEEN(domain, RETIREMENT("safe", "safe to remove", "\"2026-11-23T16:00:00Z\""))
#define DOMAINS(rows)    "{\"domains\":[" rows "]}"

static uint64_t passed_ms;
static unsigned naps[32];
static size_t nap_count;

unsigned __wrap_sleep(unsigned seconds);
__typeof__(clock_ms) __wrap_clock_ms;
__typeof__(clock_now) __wrap_clock_now;
__typeof__(look_take) __wrap_look_take;
__typeof__(request_make) __wrap_request_make;
__typeof__(run_ask) __wrap_run_ask;

unsigned __wrap_sleep(unsigned seconds)
{
	assert_in_range(nap_count, 0, 31);
	naps[nap_count++] = seconds;
	passed_ms += (uint64_t)seconds * 1000;
	return 0;
}

uint64_t __wrap_clock_ms(void)
{
	return 5000 + passed_ms;
}

time_t __wrap_clock_now(void)
{
	return NOW + (time_t)(passed_ms / 1000);
}

enum err __wrap_look_take(const struct ask_way *way, const char *domain, struct look *look)
{
	(void)way;
	(void)domain;
	look->error = "the resolver cannot tell its name servers";
	return ERR_OK;
}

enum err __wrap_request_make(const struct command *command, const struct options *options, FILE *err,
			     struct client_request *request)
{
	(void)command;
	assert_false(options_has(options, OPTION_ALL)); /* it would choose those that are on, too */
	(void)err;
	*request = (struct client_request){ .method = "POST",
					    .path = strdup("/v1/query"),
					    .body = strdup("{}") };
	return ERR_OK;
}

/* What the daemon says to the query, and then to each report; the last answer is repeated. */
static const char *const *answers;
static size_t answer_count, asked;
static size_t told_of[32];

enum run_status __wrap_run_ask(const struct run_view *view, const struct client_request *request,
			       bool ordered, json_t **reply)
{
	json_t *body = json_loads(request->body, 0, NULL);
	size_t i = asked < answer_count ? asked : answer_count - 1;

	(void)view;
	assert_false(ordered);
	assert_in_range(asked, 0, 31);
	told_of[asked++] = json_array_size(json_object_get(body, "observations"));
	json_decref(body);
	if (answers[i] == NULL)
		return RUN_NOT_DONE;
	*reply = json_loads(answers[i], 0, NULL);
	assert_non_null(*reply);
	return RUN_DONE;
}

static struct {
	char *out, *err;
	size_t out_len, err_len;
} said;

static enum run_status run_with(const char *until, const char *timeout, uint64_t seen)
{
	static const struct command command = {
		.name = "wait", .method = "POST", .path = "/v1/query", .print = wait_print
	};
	struct options options = { .seen = seen };
	struct run_view view = { .command = &command, .options = &options };
	enum run_status status;

	options.value[OPTION_UNTIL] = until;
	options.value[OPTION_TIMEOUT] = timeout;
	options.seen |= until != NULL ? OPTION_BIT(OPTION_UNTIL) : 0;
	options.seen |= timeout != NULL ? OPTION_BIT(OPTION_TIMEOUT) : 0;
	view.out = open_memstream(&said.out, &said.out_len);
	view.err = open_memstream(&said.err, &said.err_len);
	status = wait_run(&view);
	(void)fclose(view.out);
	(void)fclose(view.err);
	return status;
}

#define SAY(...)                                                                                             \
	static const char *const list[] = { __VA_ARGS__ };                                                   \
	answers = list;                                                                                      \
	answer_count = sizeof(list) / sizeof(*list)

static int set_up(void **state)
{
	(void)state;
	passed_ms = 0;
	nap_count = asked = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(said.out);
	free(said.err);
	said.out = said.err = NULL;
	return 0;
}

static void a_domain_that_has_to_be_confirmed_was_seen_in_dns(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"}"),
	    DOMAINS(SEEN("a.example", RETIREMENT("confirming", "c", "null"))));

	(void)state;
	assert_int_equal(run_with("dns", NULL, 0), RUN_DONE);
	assert_int_equal(nap_count, 0);
}

static void what_drains_while_dns_is_silent_is_not_seen(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"}"), DOMAINS(SILENT("a.example")),
	    DOMAINS(DRAINING("a.example")));

	(void)state;
	assert_int_equal(run_with("dns", NULL, 0), RUN_DONE);
	assert_int_equal(nap_count, 1);
	assert_string_equal(said.err, "waiting for a.example: nobody answers\n");
}

static void a_domain_that_is_forgotten_meanwhile_ends_it(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"},{\"domain\":\"b.example\"},{\"domain\":\"c.example\"}"),
	    DOMAINS(WAITING("a.example") "," WAITING("c.example")));

	(void)state;
	assert_int_equal(run_with("safe", NULL, 0), RUN_NOT_DONE);
	assert_string_equal(said.err,
			    "mta-stsctl: b.example was forgotten in the meantime: see mta-stsctl history "
			    "b.example\n");
	assert_int_equal(nap_count, 0);
}

static void what_is_seen_already_is_not_waited_for(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"}"), DOMAINS(DRAINING("a.example")));

	(void)state;
	assert_int_equal(run_with("dns", NULL, 0), RUN_DONE);
	assert_string_equal(said.out, "a.example: draining\n");
	assert_string_equal(said.err, "");
	assert_int_equal(nap_count, 0);
	assert_int_equal(asked, 2);
}

static void dns_is_looked_at_again_until_it_is_right(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"}"), DOMAINS(WAITING("a.example")),
	    DOMAINS(WAITING("a.example")), DOMAINS(DRAINING("a.example")));

	(void)state;
	assert_int_equal(run_with("dns", "3600", 0), RUN_DONE);
	assert_int_equal(nap_count, 2);
	assert_int_equal(naps[0], 15);
	assert_int_equal(naps[1], 15);
	assert_string_equal(said.err, "waiting for a.example: waiting for DNS\n");
}

static void only_those_who_have_not_come_so_far_are_looked_at_again(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"},{\"domain\":\"b.example\"},{\"domain\":\"c.example\"}"),
	    DOMAINS(WAITING("a.example") "," SAFE("b.example") "," WAITING("c.example")),
	    DOMAINS(WAITING("a.example") "," DRAINING("c.example")), DOMAINS(DRAINING("a.example")));

	(void)state;
	assert_int_equal(run_with("dns", NULL, 0), RUN_DONE);
	assert_int_equal(told_of[1], 3);
	assert_int_equal(told_of[2], 2);
	assert_int_equal(told_of[3], 1);
	assert_string_equal(said.err, "waiting for 2 domains, first a.example: waiting for DNS\n"
				      "waiting for a.example: waiting for DNS\n");
	assert_string_equal(said.out,
			    "b.example: safe to remove\nc.example: draining\na.example: draining\n");
}

static void draining_is_not_yet_safe(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"}"), DOMAINS(DRAINING("a.example")),
	    DOMAINS(SAFE("a.example")));

	(void)state;
	assert_int_equal(run_with("safe", NULL, 0), RUN_DONE);
	assert_int_equal(nap_count, 1);
	assert_int_equal(naps[0], 600);
	assert_string_equal(said.err, "waiting for a.example: draining\n");
}

static void the_last_nap_ends_when_the_first_may_be_safe(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"},{\"domain\":\"b.example\"}"),
	    DOMAINS(SEEN("a.example", RETIREMENT("draining", "draining",
						 "\"2026-11-23T16:05:00Z\"")) "," DRAINING("b.example")),
	    DOMAINS(SEEN("a.example", RETIREMENT("confirming", "c", "\"2026-11-23T16:05:00Z\"")) "," DRAINING(
		    "b.example")),
	    DOMAINS(SAFE("a.example") "," SAFE("b.example")));

	(void)state;
	assert_int_equal(run_with("safe", NULL, 0), RUN_DONE);
	assert_int_equal(nap_count, 2);
	assert_int_equal(naps[0], 300);
	assert_int_equal(naps[1], 15);
}

static void no_nap_goes_beyond_the_timeout(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"},{\"domain\":\"b.example\"}"),
	    DOMAINS(WAITING("a.example") "," DRAINING("b.example")), DOMAINS(WAITING("a.example")));

	(void)state;
	assert_int_equal(run_with("dns", "40", 0), RUN_NOT_DONE);
	assert_int_equal(nap_count, 3);
	assert_int_equal(naps[2], 10);
	assert_int_equal(passed_ms, 40000);
	assert_int_equal(asked, 5);
	assert_string_equal(said.err, "waiting for a.example: waiting for DNS\n"
				      "mta-stsctl: not in time: a.example: waiting for DNS\n");
	assert_string_equal(said.out, "");
}

static void json_tells_of_all_whether_in_time_or_not(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"},{\"domain\":\"b.example\"}"),
	    DOMAINS(WAITING("a.example") "," DRAINING("b.example")), DOMAINS(WAITING("a.example")));
	json_t *printed;

	(void)state;
	assert_int_equal(run_with("dns", "1", OPTION_BIT(OPTION_JSON)), RUN_NOT_DONE);
	printed = json_loads(said.out, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(printed, "domains")), 2);
	json_decref(printed);
}

static void a_domain_that_is_not_being_retired_will_not_be_safe(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"},{\"domain\":\"b.example\"}"),
	    DOMAINS(WAITING("a.example") "," SEEN("b.example", "null")));

	(void)state;
	assert_int_equal(run_with("safe", NULL, 0), RUN_NOT_DONE);
	assert_string_equal(said.err,
			    "mta-stsctl: b.example is not being retired, and so will not be safe to remove: "
			    "to wait for its record, give --until dns\n");
	assert_int_equal(nap_count, 0);
}

static void any_record_can_be_waited_for(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"},{\"domain\":\"b.example\"}"),
	    DOMAINS(SEEN_IN(DNS("missing", "no record"), "a.example", "null") "," DRAINING("b.example")),
	    DOMAINS(SEEN("a.example", "null")));

	(void)state;
	assert_int_equal(run_with("dns", NULL, 0), RUN_DONE);
	assert_int_equal(nap_count, 1);
	assert_string_equal(said.err, "waiting for a.example: no record\n");
	assert_string_equal(said.out, "b.example: draining\na.example: right\n");
}

static void many_records_are_counted(void **state)
{
#define NAMED(n) "{\"domain\":\"" n ".example\"},"
#define FOUND(n) SEEN(n ".example", "null") ","
	SAY(DOMAINS(NAMED("a") NAMED("b") NAMED("c") NAMED("d") NAMED("e") NAMED("f") NAMED("g") NAMED("h")
			    NAMED("i") NAMED("j") "{\"domain\":\"k.example\"}"),
	    DOMAINS(FOUND("a") FOUND("b") FOUND("c") FOUND("d") FOUND("e") FOUND("f") FOUND("g") FOUND("h")
			    FOUND("i") FOUND("j") SEEN("k.example", "null")));

	(void)state;
	assert_int_equal(run_with("dns", NULL, 0), RUN_DONE);
	assert_string_equal(said.out, "11 domains: 11 right in DNS\n");
}

static void what_cannot_be_read_is_not_called_seen(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"}"), DOMAINS(SEEN_IN("null", "a.example", "null")));

	(void)state;
	assert_int_equal(run_with("dns", "1", 0), RUN_NOT_DONE);
	assert_non_null(strstr(said.err, "not in time: a.example: unknown: the state cannot be read"));
}

static void of_all_those_who_leave_the_way_are_named_and_not_waited_for(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"},{\"domain\":\"b.example\"},{\"domain\":\"c.example\"},{"
		    "\"domain\":\"d."
		    "example\"}"),
	    DOMAINS(WAITING("a.example") "," SEEN("b.example", "null") "," DRAINING("d.example")),
	    DOMAINS(SAFE("a.example")));

	(void)state;
	assert_int_equal(run_with("dns", NULL, OPTION_BIT(OPTION_ALL)), RUN_NOT_DONE);
	assert_string_equal(said.out,
			    "2 domains: 1 draining, 1 safe; mta-stsctl list --retiring says more\n");
	assert_string_equal(
		said.err,
		"mta-stsctl: c.example was forgotten in the meantime: see mta-stsctl history c.example\n"
		"mta-stsctl: b.example is not being retired any more: see mta-stsctl history b.example\n"
		"waiting for a.example: waiting for DNS\n");
}

static void of_all_when_there_is_none_is_nothing_to_wait_for(void **state)
{
	SAY(DOMAINS(""));

	(void)state;
	assert_int_equal(run_with("safe", NULL, OPTION_BIT(OPTION_ALL)), RUN_DONE);
	assert_string_equal(said.out, "nothing to wait for: no domain is being retired\n");
	assert_int_equal(nap_count, 0);
}

static void a_daemon_that_goes_away_ends_it(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"}"), DOMAINS(WAITING("a.example")), NULL);

	(void)state;
	assert_int_equal(run_with("safe", NULL, 0), RUN_NOT_DONE);
	assert_int_equal(nap_count, 1);
	assert_string_equal(said.out, "");
}

static void an_unexpected_reply_ends_it(void **state)
{
	SAY(DOMAINS("{\"domain\":\"a.example\"}"), DOMAINS("{}"));

	(void)state;
	assert_int_equal(run_with("safe", NULL, 0), RUN_NOT_DONE);
	assert_non_null(strstr(said.err, "unexpected reply"));
}

static void what_to_wait_for_has_to_be_said(void **state)
{
	(void)state;
	assert_int_equal(run_with(NULL, NULL, 0), RUN_USAGE);
	assert_non_null(strstr(said.err, "give --until dns or --until safe"));
	assert_int_equal(asked, 0);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(a_domain_that_has_to_be_confirmed_was_seen_in_dns),
		UNIT(what_drains_while_dns_is_silent_is_not_seen),
		UNIT(a_domain_that_is_forgotten_meanwhile_ends_it),
		UNIT(what_is_seen_already_is_not_waited_for),
		UNIT(dns_is_looked_at_again_until_it_is_right),
		UNIT(only_those_who_have_not_come_so_far_are_looked_at_again),
		UNIT(draining_is_not_yet_safe),
		UNIT(the_last_nap_ends_when_the_first_may_be_safe),
		UNIT(no_nap_goes_beyond_the_timeout),
		UNIT(json_tells_of_all_whether_in_time_or_not),
		UNIT(a_domain_that_is_not_being_retired_will_not_be_safe),
		UNIT(any_record_can_be_waited_for),
		UNIT(many_records_are_counted),
		UNIT(what_cannot_be_read_is_not_called_seen),
		UNIT(of_all_those_who_leave_the_way_are_named_and_not_waited_for),
		UNIT(of_all_when_there_is_none_is_nothing_to_wait_for),
		UNIT(a_daemon_that_goes_away_ends_it),
		UNIT(an_unexpected_reply_ends_it),
		UNIT(what_to_wait_for_has_to_be_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
