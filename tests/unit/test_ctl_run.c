/* SPDX-License-Identifier: ISC */
/* wrap: client_ask isatty */
#include "ctl/cli/program.h"
#include "ctl/cli/run.h"

#include "client/client.h"
#include "test_ctl_samples.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 16

#define REFUSAL(code, more) "{\"error\":{\"code\":\"" code "\",\"message\":\"a sentence\"" more "}}"
#define DONE                SAMPLE_ORDER("false", SAMPLE_CHANGE)
#define RELOADED(errors)                                                                                     \
	"{\"published\":0,\"orphaned\":0,\"new_orphans\":0,\"orphaned_domains\":[],\"refused\":0,"           \
	"\"errors\":" errors ",\"warnings\":0,\"changes\":[],\"complaints\":[]}"

struct fixture {
	char line[256];
	char *out, *err;
	size_t out_len, err_len;
};

static int asked;
static struct client_failure failure_now = { .fault = CLIENT_CUT_OFF };

__typeof__(client_ask) __wrap_client_ask;

/* What is handed over row by row, whatever the result is: a JSON array, or NULL. */
static const char *rows_now;
static int errno_now; /* that is left behind by whatever is done then */

static void hand_rows(const struct client_request *request)
{
	json_t *head = json_loads(SAMPLE_ORDER("false", ""), 0, NULL);
	json_t *rows = json_loads(rows_now, 0, NULL), *row;
	size_t i;

	assert_string_equal(request->member, "changes");
	assert_int_equal(request->begin(request->rows, head), ERR_OK);
	json_array_foreach(rows, i, row)
	{
		assert_int_equal(request->row(request->rows, row), ERR_OK);
	}
	json_decref(head);
	json_decref(rows);
}

/* The daemon's part: a result, and with ERR_OK a status and a body. */
enum err __wrap_client_ask(const char *socket, const struct client_request *request, long timeout_ms,
			   struct client_reply *reply, struct client_failure *failure)
{
	enum err result = mock_type(enum err);

	(void)socket;
	*failure = failure_now;
	asked++;
	assert_in_range(timeout_ms, 1000, 120000);
	if (rows_now != NULL)
		hand_rows(request);
	errno = errno_now;
	if (result == ERR_OK) {
		reply->status = mock_type(long);
		reply->body = json_loads(mock_ptr_type(const char *), JSON_DECODE_ANY, NULL);
		assert_non_null(reply->body);
	}
	return result;
}

int __wrap_isatty(int fd);

/* These tests are a program: nobody is asked. */
int __wrap_isatty(int fd)
{
	(void)fd;
	return 0;
}

static void daemon_says(long status, const char *body)
{
	will_return(__wrap_client_ask, ERR_OK);
	will_return(__wrap_client_ask, status);
	will_return(__wrap_client_ask, body);
}

static enum run_status run_to(struct fixture *fix, FILE *out, const char *line)
{
	static char *argv[WORDS_MAX + 1];
	enum run_status status;
	int argc = 0;
	FILE *err;

	free(fix->err);
	err = open_memstream(&fix->err, &fix->err_len);
	(void)snprintf(fix->line, sizeof(fix->line), "mta-stsctl %s", line);
	for (char *word = strtok(fix->line, " "); word != NULL && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	status = program_run(argc, argv, out, err);
	(void)fclose(err);
	return status;
}

static enum run_status run_line(struct fixture *fix, const char *line)
{
	enum run_status status;
	FILE *out;

	free(fix->out);
	out = open_memstream(&fix->out, &fix->out_len);
	status = run_to(fix, out, line);
	(void)fclose(out);
	return status;
}

static int set_up(void **state)
{
	asked = 0;
	*state = calloc(1, sizeof(struct fixture));
	return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	free(fix->out);
	free(fix->err);
	free(fix);
	return 0;
}

static void an_order_that_is_done_ends_with_0(void **state)
{
	struct fixture *fix = *state;

	daemon_says(200, DONE);
	assert_int_equal(run_line(fix, "none example.org"), RUN_DONE);
	assert_non_null(strstr(fix->out, "Publish now:"));
	assert_string_equal(fix->err, "");
}

static void wrong_usage_ends_with_2_and_asks_nobody(void **state)
{
	static const char *const lines[] = { "",
					     "nothing",
					     "none",
					     "none --foo",
					     "none a_b.example",
					     "list --all",
					     "undo x",
					     "forget --retiring --force",
					     "none x.example --max-age 0" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_int_equal(run_line(*state, lines[i]), RUN_USAGE);
	assert_int_equal(asked, 0);
}

static void metrics_are_printed_as_they_came(void **state)
{
	struct fixture *fix = *state;

	daemon_says(200, "\"a 1\\nb 2\\n\"");
	assert_int_equal(run_line(fix, "metrics"), RUN_DONE);
	assert_string_equal(fix->out, "a 1\nb 2\n");
	daemon_says(404, REFUSAL("unknown_route", ""));
	assert_int_equal(run_line(fix, "metrics"), RUN_NOT_DONE);
	daemon_says(200, "{}");
	assert_int_equal(run_line(fix, "metrics"), RUN_NOT_DONE);
	assert_string_equal(fix->out, "");
}

static void metrics_have_no_json_and_say_who_has(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(run_line(fix, "metrics --json"), RUN_USAGE);
	assert_non_null(strstr(fix->err, "mta-stsctl --json status"));
	assert_int_equal(asked, 0);
}

static void a_command_mistyped_gets_a_hint(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(run_line(fix, "stats"), RUN_USAGE);
	assert_string_equal(fix->err, "mta-stsctl: unknown command 'stats': did you mean status?\n");
	assert_int_equal(run_line(fix, "nothing"), RUN_USAGE);
	assert_string_equal(fix->err, "mta-stsctl: unknown command 'nothing': see mta-stsctl --help\n");
}

static void the_first_of_two_words_tells_the_second(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(run_line(fix, "cert"), RUN_USAGE);
	assert_non_null(strstr(fix->err, "\n  cert list "));
	assert_non_null(strstr(fix->err, "\n  cert install "));
	assert_null(strstr(fix->err, "reload"));
	assert_int_equal(run_line(fix, "cert --help"), RUN_DONE);
	assert_non_null(strstr(fix->out, "\n  cert list "));
	assert_int_equal(run_line(fix, "cert lst"), RUN_USAGE);
	assert_string_equal(fix->err, "mta-stsctl: unknown command 'cert lst': did you mean cert list?\n");
	assert_int_equal(run_line(fix, "cert list --help"), RUN_DONE);
	assert_non_null(strstr(fix->out, "usage: mta-stsctl cert list "));
	assert_int_equal(asked, 0);
}

static void a_pattern_that_matches_nothing_is_said(void **state)
{
	struct fixture *fix = *state;

	daemon_says(200, "{\"domains\":[]}");
	assert_int_equal(run_line(fix, "list --match *.example"), RUN_DONE);
	assert_string_equal(fix->out, "no domain matches '*.example'\n");
}

static void help_and_version_ask_nobody(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(run_line(fix, "--help"), RUN_DONE);
	assert_non_null(strstr(fix->out, "usage: mta-stsctl"));
	assert_int_equal(run_line(fix, "none --help"), RUN_DONE);
	assert_non_null(strstr(fix->out, "usage: mta-stsctl none "));
	assert_int_equal(run_line(fix, "--version"), RUN_DONE);
	assert_ptr_equal(strstr(fix->out, "mta-stsctl "), fix->out);
	assert_int_equal(asked, 0);
}

static void help_says_what_the_option_says(void **state)
{
	static const char *const cases[][2] = { { "help", "--help" },
						{ "help none", "none --help" },
						{ "help cert", "cert --help" },
						{ "help cert install", "cert install --help" },
						{ "help help", "help --help" } };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *expected;

		assert_int_equal(run_line(fix, cases[i][1]), RUN_DONE);
		expected = strdup(fix->out);
		assert_int_equal(run_line(fix, cases[i][0]), RUN_DONE);
		assert_string_equal(fix->out, expected);
		free(expected);
	}
	assert_non_null(strstr(fix->out, "usage: mta-stsctl help [OPTION]... [COMMAND]\n"));
	assert_int_equal(run_line(fix, "help stats"), RUN_USAGE);
	assert_string_equal(fix->err, "mta-stsctl: unknown command 'stats': did you mean status?\n");
	assert_int_equal(asked, 0);
}

#define UNDONE                                                                                               \
	"{\"entries\":[{\"number\":8,\"at\":\"2026-11-23T16:00:00Z\",\"uid\":0,\"by\":\"root (uid 0)\","     \
	"\"command\":\"undo\",\"undoes\":7,\"reason\":\"\",\"domains\":1,\"changes\":[]}]}"

static void an_undo_after_an_undo_is_refused_unless_its_entry_is_named(void **state)
{
	struct fixture *fix = *state;

	daemon_says(200, UNDONE);
	assert_int_equal(run_line(fix, "undo"), RUN_NOT_DONE);
	assert_int_equal(asked, 1);
	assert_non_null(strstr(fix->err,
			       "not undone: the last order, entry 8, is an undo itself, of entry 7; "
			       "mta-stsctl undo 8 does again what that did."));
	daemon_says(200, SAMPLE_ORDER("false", SAMPLE_CHANGE));
	assert_int_equal(run_line(fix, "undo 8"), RUN_DONE);
}

static void a_daemon_that_cannot_be_reached_ends_with_1(void **state)
{
	will_return(__wrap_client_ask, ERR_CLOSED);
	assert_int_equal(run_line(*state, "none example.org"), RUN_NOT_DONE);
}

static void an_order_cut_off_ends_with_3(void **state)
{
	struct fixture *fix = *state;

	will_return(__wrap_client_ask, ERR_UNKNOWN);
	assert_int_equal(run_line(fix, "none example.org"), RUN_UNKNOWN);
	assert_non_null(strstr(fix->err, "look (mta-stsctl list) before you retry"));
	will_return(__wrap_client_ask, ERR_SYNTAX);
	assert_int_equal(run_line(fix, "reload"), RUN_UNKNOWN);
}

static void a_look_or_a_dry_run_cut_off_ends_with_1(void **state)
{
	static const char *const lines[] = { "status", "list", "show example.org", "txt --all",
					     "none example.org --dry-run" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		will_return(__wrap_client_ask, ERR_UNKNOWN);
		assert_int_equal(run_line(*state, lines[i]), RUN_NOT_DONE);
	}
}

static void a_refusal_ends_with_1_and_says_why(void **state)
{
	struct fixture *fix = *state;

	daemon_says(404, REFUSAL("unknown_domain", ",\"details\":[\"a.example\",\"mta-sts.b.example\"]"));
	assert_int_equal(run_line(fix, "none a.example mta-sts.b.example"), RUN_NOT_DONE);
	assert_string_equal(fix->err, "mta-stsctl: a sentence\nmta-stsctl:   a.example\n"
				      "mta-stsctl:   mta-sts.b.example: did you mean b.example?\n");
	assert_string_equal(fix->out, "");
}

static void a_domain_to_be_found_may_be_unknown_but_nothing_else_may_be_wrong(void **state)
{
	struct fixture *fix = *state;
	struct options options = { 0 };
	struct run_view view = { .options = &options };
	struct client_request request = { .method = "GET" };
	json_t *reply = NULL;

	view.err = open_memstream(&fix->err, &fix->err_len);
	daemon_says(404, REFUSAL("unknown_domain", ""));
	assert_int_equal(run_find(&view, &request, &reply), RUN_DONE);
	assert_null(reply);
	assert_int_equal(ftell(view.err), 0);
	daemon_says(404, REFUSAL("unknown_path", ""));
	assert_int_equal(run_find(&view, &request, &reply), RUN_NOT_DONE);
	will_return(__wrap_client_ask, ERR_CLOSED);
	assert_int_equal(run_find(&view, &request, &reply), RUN_NOT_DONE);
	assert_null(reply);
	daemon_says(200, "{}");
	assert_int_equal(run_find(&view, &request, &reply), RUN_DONE);
	assert_non_null(reply);
	json_decref(reply);
	(void)fclose(view.err);
}

static void a_policy_host_that_is_shown_gets_a_hint(void **state)
{
	struct fixture *fix = *state;

	daemon_says(404, REFUSAL("unknown_domain", ""));
	assert_int_equal(run_line(fix, "show mta-sts.a.example"), RUN_NOT_DONE);
	assert_non_null(strstr(fix->err, "did you mean a.example?"));
}

static void a_disk_that_failed_in_between_ends_with_3(void **state)
{
	daemon_says(500, REFUSAL("unknown", ""));
	assert_int_equal(run_line(*state, "none example.org"), RUN_UNKNOWN);
}

static void many_details_become_a_count(void **state)
{
	struct fixture *fix = *state;
	json_t *refusal = json_loads(REFUSAL("unknown_domain", ",\"details\":[]"), 0, NULL);
	char *dump;

	for (int i = 0; i < 25; i++)
		(void)json_array_append_new(json_object_get(json_object_get(refusal, "error"), "details"),
					    json_string("a.example"));
	dump = json_dumps(refusal, 0);
	daemon_says(404, dump);
	assert_int_equal(run_line(fix, "none --all"), RUN_NOT_DONE);
	assert_non_null(strstr(fix->err, "mta-stsctl:   and 15 more: --json shows them all\n"));
	free(dump);
	json_decref(refusal);
}

static void an_unexpected_reply_to_an_order_ends_with_3_and_shows_nothing(void **state)
{
	struct fixture *fix = *state;

	daemon_says(200, SAMPLE_ORDER("false", SAMPLE_CHANGE ",{}"));
	assert_int_equal(run_line(fix, "none example.org"), RUN_UNKNOWN);
	assert_non_null(strstr(fix->err, "unexpected reply"));
	assert_string_equal(fix->out, "");
	daemon_says(500, "[]");
	assert_int_equal(run_line(fix, "none example.org"), RUN_UNKNOWN);
	daemon_says(200, "{}");
	assert_int_equal(run_line(fix, "--json none example.org"), RUN_UNKNOWN);
	assert_string_equal(fix->out, "");
}

static void an_unexpected_reply_to_a_look_ends_with_1(void **state)
{
	daemon_says(200, "{}");
	assert_int_equal(run_line(*state, "list"), RUN_NOT_DONE);
	daemon_says(404, "{\"error\":{}}");
	assert_int_equal(run_line(*state, "list"), RUN_NOT_DONE);
}

static void json_is_the_reply_as_it_is(void **state)
{
	struct fixture *fix = *state;
	json_t *sent = json_loads(DONE, 0, NULL);
	json_t *printed;

	daemon_says(200, DONE);
	assert_int_equal(run_line(fix, "none example.org --json"), RUN_DONE);
	printed = json_loads(fix->out, 0, NULL);
	assert_true(json_equal(sent, printed));
	assert_string_equal(fix->err, "");
	json_decref(sent);
	json_decref(printed);
}

static void a_reply_that_comes_row_by_row_is_told_like_a_whole_one(void **state)
{
	struct fixture *fix = *state;
	char *whole;

	for (int json = 0; json < 2; json++) {
		const char *line = json != 0 ? "none example.org --json" : "none example.org";

		rows_now = NULL;
		daemon_says(200, SAMPLE_ORDER("false", SAMPLE_CHANGE "," SAMPLE_CHANGE));
		assert_int_equal(run_line(fix, line), RUN_DONE);
		whole = strdup(fix->out);
		rows_now = "[" SAMPLE_CHANGE "," SAMPLE_CHANGE "]";
		daemon_says(200, SAMPLE_ORDER("false", ""));
		assert_int_equal(run_line(fix, line), RUN_DONE);
		assert_string_equal(fix->out, whole);
		assert_string_equal(fix->err, "");
		free(whole);
	}
	rows_now = NULL;
}

/* The rest is heard all the same, so that it is known what became of the order. */
static void where_rows_cannot_be_written_the_cause_is_said_and_that_the_order_was_done(void **state)
{
	struct fixture *fix = *state;
	FILE *full = fopen("/dev/full", "we");

	assert_non_null(full);
	(void)setvbuf(full, NULL, _IONBF, 0);
	rows_now = "[" SAMPLE_CHANGE "," SAMPLE_CHANGE "]";
	daemon_says(200, SAMPLE_ORDER("false", ""));
	errno_now = EAGAIN;
	assert_int_equal(run_to(fix, full, "none example.org --json"), RUN_UNKNOWN);
	assert_non_null(
		strstr(fix->err, "cannot write the output (No space left on device): the order was done"));
	errno_now = 0;
	rows_now = NULL;
	(void)fclose(full);
}

static void a_reply_that_breaks_off_or_has_a_bad_row_is_not_taken_for_whole(void **state)
{
	struct fixture *fix = *state;

	rows_now = "[" SAMPLE_CHANGE ",{}]";
	daemon_says(200, SAMPLE_ORDER("false", ""));
	assert_int_equal(run_line(fix, "none example.org"), RUN_UNKNOWN);
	assert_string_equal(fix->out, "");
	assert_non_null(strstr(fix->err, "unexpected reply"));

	rows_now = "[" SAMPLE_CHANGE "]";
	failure_now = (struct client_failure){ .fault = CLIENT_CUT_OFF, .detail = "reset" };
	will_return(__wrap_client_ask, ERR_UNKNOWN);
	assert_int_equal(run_line(fix, "none example.org --json"), RUN_UNKNOWN);
	assert_non_null(strstr(fix->err, "the order may have been carried out"));
	assert_non_null(strstr(fix->err, "what was printed is not the whole reply"));
	will_return(__wrap_client_ask, ERR_UNKNOWN);
	assert_int_equal(run_line(fix, "none example.org"), RUN_UNKNOWN);
	assert_string_equal(fix->out, "");
	assert_null(strstr(fix->err, "whole reply"));
	rows_now = NULL;
}

static void json_of_a_refusal_is_printed_too(void **state)
{
	struct fixture *fix = *state;

	daemon_says(409, REFUSAL("refused", ""));
	assert_int_equal(run_line(fix, "--json reload"), RUN_NOT_DONE);
	assert_non_null(strstr(fix->out, "\"code\": \"refused\""));
	assert_string_equal(fix->err, "mta-stsctl: a sentence\n");
}

static void a_reload_with_errors_ends_with_1(void **state)
{
	daemon_says(200, RELOADED("1"));
	assert_int_equal(run_line(*state, "reload"), RUN_NOT_DONE);
	daemon_says(200, RELOADED("1"));
	assert_int_equal(run_line(*state, "--json reload"), RUN_NOT_DONE);
	daemon_says(200, RELOADED("0"));
	assert_int_equal(run_line(*state, "reload"), RUN_DONE);
}

static void a_script_stays_alone_on_standard_output(void **state)
{
	struct fixture *fix = *state;

	daemon_says(200, DONE);
	assert_int_equal(run_line(fix, "none example.org --format zone"), RUN_DONE);
	assert_string_equal(fix->out, "_mta-sts.example.org. 300 IN TXT \"v=STSv1; id=20261123160000;\"\n");
	assert_non_null(strstr(fix->err, "After that:"));
}

static void no_records_since_are_no_failure(void **state)
{
	struct fixture *fix = *state;

	daemon_says(200, "{\"domains\":[]}");
	assert_int_equal(run_line(fix, "txt --changed-since 24h"), RUN_DONE);
	assert_string_equal(fix->out, "");
	assert_string_equal(fix->err, "no domains: nothing to publish\n");
}

/* What show prints in a locale. */
static const char *shown_in(struct fixture *fix, const char *locale)
{
	assert_int_equal(setenv("LC_ALL", locale, 1), 0);
	daemon_says(200, SAMPLE_DOMAIN);
	assert_int_equal(run_line(fix, "show example.org"), RUN_DONE);
	return fix->out;
}

static void drawings_fit_the_terminal(void **state)
{
	assert_non_null(strstr(shown_in(*state, "C.UTF-8"), "2026-10-01 12:00  \xe2\x97\x8f enforce"));
	assert_non_null(strstr(shown_in(*state, "C"), "2026-10-01 12:00  * enforce"));
	assert_non_null(strstr(shown_in(*state, "xx_XX.none"), "2026-10-01 12:00  * enforce"));
	assert_int_equal(unsetenv("LC_ALL"), 0);
}

static void output_that_cannot_be_written_is_not_a_success(void **state)
{
	struct fixture *fix = *state;
	FILE *full = fopen("/dev/full", "we");

	assert_non_null(full);
	daemon_says(200, DONE);
	assert_int_equal(run_to(fix, full, "none example.org"), RUN_UNKNOWN);
	assert_non_null(
		strstr(fix->err, "cannot write the output (No space left on device): the order was done"));
	assert_null(strstr(fix->err, "may have been"));
	daemon_says(200, DONE);
	assert_int_equal(run_to(fix, full, "none example.org --json"), RUN_UNKNOWN);
	daemon_says(200, "{\"domains\":[]}");
	assert_int_equal(run_to(fix, full, "list"), RUN_NOT_DONE);
	assert_int_equal(run_to(fix, full, "--version"), RUN_NOT_DONE);
	(void)fclose(full);
}

static void why_there_is_no_answer_is_said_with_what_to_do(void **state)
{
	static const struct {
		enum err err;
		struct client_failure failure;
		const char *said;
	} cases[] = {
		{ ERR_CLOSED,
		  { CLIENT_NOT_READY, 0, 0, "" },
		  "libcurl cannot be set up, or there is no memory" },
		{ ERR_CLOSED,
		  { CLIENT_NO_CONNECTION, ECONNREFUSED, 0, "" },
		  "/s (Connection refused): is the daemon running? start it: systemctl start "
		  "mta-stsd.target" },
		{ ERR_CLOSED,
		  { CLIENT_NO_CONNECTION, ENOENT, 0, "" },
		  "cannot connect to /s (No such file or directory): is the daemon running?" },
		{ ERR_CLOSED,
		  { CLIENT_NO_CONNECTION, EACCES, 0, "" },
		  "(Permission denied): run it as root, the service's user or a member of operator_group" },
		{ ERR_CLOSED,
		  { CLIENT_NO_CONNECTION, 0, 0, "too long" },
		  "/s (too long): is it the daemon's control socket?" },
		{ ERR_UNKNOWN,
		  { CLIENT_CUT_OFF, 0, 0, "reset" },
		  "the connection to the daemon failed before its reply was complete (reset): systemctl "
		  "status "
		  "mta-stsd says whether it runs" },
		{ ERR_UNKNOWN,
		  { CLIENT_TOO_LONG, 0, 200, "" },
		  "the reply is longer than 256 MiB: choose fewer domains" },
		{ ERR_SYNTAX,
		  { CLIENT_NO_MEMORY, 0, 200, "" },
		  "reply cannot be read: out of memory (HTTP status 200)" },
		{ ERR_SYNTAX, { CLIENT_NO_JSON, 0, 500, "" }, "unexpected reply: no JSON (HTTP status 500)" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		failure_now = cases[i].failure;
		will_return(__wrap_client_ask, cases[i].err);
		assert_int_equal(run_line(fix, "status --socket /s"), RUN_NOT_DONE);
		assert_non_null(strstr(fix->err, cases[i].said));
	}
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(why_there_is_no_answer_is_said_with_what_to_do),
		UNIT(an_order_that_is_done_ends_with_0),
		UNIT(wrong_usage_ends_with_2_and_asks_nobody),
		UNIT(a_reply_that_comes_row_by_row_is_told_like_a_whole_one),
		UNIT(where_rows_cannot_be_written_the_cause_is_said_and_that_the_order_was_done),
		UNIT(a_reply_that_breaks_off_or_has_a_bad_row_is_not_taken_for_whole),
		UNIT(metrics_are_printed_as_they_came),
		UNIT(metrics_have_no_json_and_say_who_has),
		UNIT(a_command_mistyped_gets_a_hint),
		UNIT(the_first_of_two_words_tells_the_second),
		UNIT(help_says_what_the_option_says),
		UNIT(a_pattern_that_matches_nothing_is_said),
		UNIT(help_and_version_ask_nobody),
		UNIT(an_undo_after_an_undo_is_refused_unless_its_entry_is_named),
		UNIT(a_daemon_that_cannot_be_reached_ends_with_1),
		UNIT(an_order_cut_off_ends_with_3),
		UNIT(a_look_or_a_dry_run_cut_off_ends_with_1),
		UNIT(a_refusal_ends_with_1_and_says_why),
		UNIT(a_domain_to_be_found_may_be_unknown_but_nothing_else_may_be_wrong),
		UNIT(a_policy_host_that_is_shown_gets_a_hint),
		UNIT(a_disk_that_failed_in_between_ends_with_3),
		UNIT(many_details_become_a_count),
		UNIT(an_unexpected_reply_to_an_order_ends_with_3_and_shows_nothing),
		UNIT(an_unexpected_reply_to_a_look_ends_with_1),
		UNIT(json_is_the_reply_as_it_is),
		UNIT(json_of_a_refusal_is_printed_too),
		UNIT(a_reload_with_errors_ends_with_1),
		UNIT(a_script_stays_alone_on_standard_output),
		UNIT(no_records_since_are_no_failure),
		UNIT(drawings_fit_the_terminal),
		UNIT(output_that_cannot_be_written_is_not_a_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
