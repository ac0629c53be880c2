/* SPDX-License-Identifier: ISC */
/* wrap: client_ask isatty */
#include "ctl/cli/confirm.h"

#include "client/client.h"
#include "ctl/cli/program.h"
#include "ctl/cli/run.h"
#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX 24
#define ASKED_MAX 4

/* The order as it is sent when eleven domains were confirmed. */
#define ELEVEN                                                                                               \
	"\"d0.example\",\"d1.example\",\"d2.example\",\"d3.example\",\"d4.example\",\"d5.example\","         \
	"\"d6.example\",\"d7.example\",\"d8.example\",\"d9.example\",\"d10.example\""
#define NAMES_OF_ELEVEN                                                                                      \
	"d0.example d1.example d2.example d3.example d4.example d5.example d6.example d7.example "           \
	"d8.example d9.example d10.example"

struct fixture {
	char line[512];
	char typed[64];
	FILE *kept; /* the real standard input */
	char *out, *err;
	size_t out_len, err_len;
};

static int asked;
static char *bodies[ASKED_MAX];
static int terminals; /* set of 1 << fd */

int __wrap_isatty(int fd);
__typeof__(client_ask) __wrap_client_ask;

int __wrap_isatty(int fd)
{
	return (terminals >> fd) & 1;
}

enum err __wrap_client_ask(const char *socket, const struct client_request *request, long timeout_ms,
			   struct client_reply *reply, struct client_failure *failure)
{
	(void)socket;
	(void)timeout_ms;
	*failure = (struct client_failure){ .fault = CLIENT_CUT_OFF };
	assert_in_range(asked, 0, ASKED_MAX - 1);
	bodies[asked++] = strdup(request->body);
	reply->status = mock_type(long);
	if (reply->status == 0) /* cut off */
		return ERR_UNKNOWN;
	reply->body = mock_ptr_type(json_t *);
	return ERR_OK;
}

/* The reply to an order on so many domains. */
static json_t *changes_of(int count, bool dry_run)
{
	json_t *changes = json_array();
	json_t *reply = json_pack("{s:b, s:i, s:i, s:n, s:o}", "dry_run", dry_run, "changed", count,
				  "unchanged", 0, "audit", "changes", changes);

	for (int i = 0; i < count; i++) {
		char domain[32];

		(void)snprintf(domain, sizeof(domain), "d%d.example", i);
		(void)json_array_append_new(changes, sample_of(SAMPLE_CHANGE, domain));
	}
	return reply;
}

static json_t *forgotten(int count, bool dry_run)
{
	json_t *domains = json_array();
	json_t *reply = json_pack("{s:b, s:i, s:n, s:o}", "dry_run", dry_run, "forced", count, "audit",
				  "domains", domains);

	for (int i = 0; i < count; i++) {
		json_t *domain = json_loads("{\"mode\":\"none\",\"id\":\"7\",\"state\":\"draining\","
					    "\"safe_at\":null,\"forced\":true," SAMPLE_TXT "}",
					    0, NULL);

		(void)json_object_set_new(domain, "domain", json_sprintf("d%d.example", i));
		(void)json_array_append_new(domains, domain);
	}
	return reply;
}

static void daemon_says(json_t *reply)
{
	will_return(__wrap_client_ask, 200);
	will_return(__wrap_client_ask, reply);
}

/* Run a command line; the operator types a line, or hangs up when it is NULL. */
static enum run_status run_line(struct fixture *fix, const char *line, const char *typed)
{
	static char *argv[WORDS_MAX + 1];
	FILE *out, *err;
	enum run_status status;
	int argc = 0;

	free(fix->out);
	free(fix->err);
	out = open_memstream(&fix->out, &fix->out_len);
	err = open_memstream(&fix->err, &fix->err_len);
	(void)snprintf(fix->typed, sizeof(fix->typed), "%s", typed != NULL ? typed : "");
	if (typed != NULL)
		stdin = fmemopen(fix->typed, strlen(fix->typed), "r");
	else
		stdin = fopen("/dev/null", "re");
	(void)snprintf(fix->line, sizeof(fix->line), "mta-stsctl %s", line);
	for (char *word = strtok(fix->line, " "); word != NULL && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	status = program_run(argc, argv, out, err);
	(void)fclose(stdin);
	stdin = fix->kept;
	(void)fclose(out);
	(void)fclose(err);
	return status;
}

static void forget_bodies(void)
{
	while (asked > 0)
		free(bodies[--asked]);
}

static int set_up(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	terminals = 1 << STDIN_FILENO | 1 << STDERR_FILENO;
	*state = fix;
	if (fix == NULL)
		return -1;
	fix->kept = stdin;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	forget_bodies();
	free(fix->out);
	free(fix->err);
	free(fix);
	return 0;
}

static void many_domains_are_shown_and_counted_before_they_are_switched(void **state)
{
	struct fixture *fix = *state;

	daemon_says(changes_of(11, true));
	daemon_says(changes_of(11, false));
	assert_int_equal(run_line(fix, "none --all --reason moved", "11\n"), RUN_DONE);
	assert_int_equal(asked, 2);
	assert_string_equal(bodies[0],
			    "{\"mode\":\"none\",\"all\":true,\"reason\":\"moved\",\"dry_run\":true}");
	assert_string_equal(bodies[1], "{\"mode\":\"none\",\"reason\":\"moved\",\"domains\":[" ELEVEN "]}");
	assert_ptr_equal(strstr(fix->err, "DOMAIN       BEFORE   AFTER  ID\n"), fix->err);
	assert_non_null(strstr(fix->err, "would be 20261123160000\n"));
	assert_non_null(strstr(fix->err, "\n\ntype 11 to switch 11 domains to none: "));
	assert_non_null(strstr(fix->out, "Publish now:"));
}

static void whatever_else_is_typed_changes_nothing(void **state)
{
	static const char *const answers[] = { "y\n", "yes\n", "\n", "1\n", "11x\n", "011\n", "12\n", NULL };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		forget_bodies();
		daemon_says(changes_of(11, true));
		assert_int_equal(run_line(fix, "none --all", answers[i]), RUN_NOT_DONE);
		assert_int_equal(asked, 1);
		assert_non_null(strstr(fix->err, "mta-stsctl: nothing was changed\n"));
		assert_string_equal(fix->out, "");
	}
}

static void every_order_names_what_it_does(void **state)
{
	struct fixture *fix = *state;

	daemon_says(changes_of(11, true));
	assert_int_equal(run_line(fix, "reset --match *", NULL), RUN_NOT_DONE);
	assert_non_null(strstr(fix->err, "\ntype 11 to reset 11 domains: "));
	daemon_says(changes_of(11, true));
	assert_int_equal(run_line(fix, "testing --all", NULL), RUN_NOT_DONE);
	assert_non_null(strstr(fix->err, "\ntype 11 to switch 11 domains to testing: "));
	daemon_says(forgotten(11, true));
	assert_int_equal(run_line(fix, "forget --retiring", NULL), RUN_NOT_DONE);
	assert_non_null(strstr(fix->err, "\ntype 11 to forget 11 domains: "));
}

static void a_few_domains_are_not_asked_about_but_named(void **state)
{
	daemon_says(changes_of(2, true));
	daemon_says(changes_of(2, false));
	assert_int_equal(run_line(*state, "none --match *.example --except d2.example", NULL), RUN_DONE);
	assert_string_equal(bodies[1], "{\"mode\":\"none\",\"domains\":[\"d0.example\",\"d1.example\"]}");
}

static void a_few_domains_by_name_go_at_once(void **state)
{
	daemon_says(changes_of(1, false));
	assert_int_equal(run_line(*state, "none d0.example", NULL), RUN_DONE);
	assert_int_equal(asked, 1);
}

static void many_domains_by_name_are_asked_about(void **state)
{
	struct fixture *fix = *state;

	daemon_says(changes_of(11, true));
	assert_int_equal(run_line(fix, "none " NAMES_OF_ELEVEN, NULL), RUN_NOT_DONE);
	assert_non_null(strstr(fix->err, "type 11 to switch"));
}

static void yes_answers_and_needs_no_trial(void **state)
{
	struct fixture *fix = *state;

	daemon_says(changes_of(11, false));
	assert_int_equal(run_line(fix, "none --all --yes", NULL), RUN_DONE);
	assert_int_equal(asked, 1);
	assert_string_equal(bodies[0], "{\"mode\":\"none\",\"all\":true}");
	assert_string_equal(fix->err, "");
}

static void a_program_is_not_asked(void **state)
{
	static const int half[] = { 0, 1 << STDIN_FILENO, 1 << STDERR_FILENO };

	for (size_t i = 0; i < sizeof(half) / sizeof(*half); i++) {
		terminals = half[i];
		forget_bodies();
		daemon_says(changes_of(11, false));
		assert_int_equal(run_line(*state, "none --all", NULL), RUN_DONE);
		assert_int_equal(asked, 1);
	}
}

static void a_dry_run_is_not_asked_about(void **state)
{
	struct fixture *fix = *state;

	daemon_says(changes_of(11, true));
	assert_int_equal(run_line(fix, "none --all --dry-run", NULL), RUN_DONE);
	assert_int_equal(asked, 1);
	daemon_says(forgotten(1, true));
	assert_int_equal(run_line(fix, "forget d0.example --force --dry-run", NULL), RUN_DONE);
	assert_null(strstr(fix->err, "type "));
}

static void forgetting_too_early_takes_the_name_of_the_domain(void **state)
{
	struct fixture *fix = *state;

	daemon_says(forgotten(1, true));
	daemon_says(forgotten(1, false));
	assert_int_equal(run_line(fix, "forget d0.example --force", "d0.example\n"), RUN_DONE);
	assert_non_null(strstr(fix->err, "FORCED"));
	assert_non_null(strstr(fix->err, "\ntype d0.example to forget 1 domain: "));
	assert_string_equal(bodies[1], "{\"force\":true,\"domains\":[\"d0.example\"]}");
	daemon_says(forgotten(1, true));
	assert_int_equal(run_line(fix, "forget d0.example --force", "1\n"), RUN_NOT_DONE);
}

static void forgetting_several_too_early_takes_their_number(void **state)
{
	daemon_says(forgotten(2, true));
	daemon_says(forgotten(2, false));
	assert_int_equal(run_line(*state, "forget d0.example d1.example --force", "2\r\n"), RUN_DONE);
}

static void forgetting_too_early_is_no_order_for_a_program_that_does_not_mean_it(void **state)
{
	struct fixture *fix = *state;

	terminals = 1 << STDERR_FILENO;
	assert_int_equal(run_line(fix, "forget d0.example --force", "d0.example\n"), RUN_USAGE);
	assert_string_equal(fix->err,
			    "mta-stsctl: forget --force cannot be taken back: run it at a terminal, "
			    "or add --yes\n");
	assert_int_equal(asked, 0);
	daemon_says(forgotten(1, false));
	assert_int_equal(run_line(fix, "forget d0.example --force --yes", NULL), RUN_DONE);
}

static void what_is_asked_for_stays_alone_on_standard_output(void **state)
{
	struct fixture *fix = *state;

	daemon_says(changes_of(11, true));
	assert_int_equal(run_line(fix, "none --all --format zone", NULL), RUN_NOT_DONE);
	assert_string_equal(fix->out, "");
	assert_non_null(strstr(fix->err, "DOMAIN "));
	daemon_says(changes_of(11, true));
	assert_int_equal(run_line(fix, "none --all --json", NULL), RUN_NOT_DONE);
	assert_string_equal(fix->out, "");
}

static void a_trial_that_is_refused_is_the_end(void **state)
{
	struct fixture *fix = *state;

	will_return(__wrap_client_ask, 409);
	will_return(__wrap_client_ask,
		    json_loads("{\"error\":{\"code\":\"refused\",\"message\":\"no\"}}", 0, NULL));
	assert_int_equal(run_line(fix, "none --all", "11\n"), RUN_NOT_DONE);
	assert_string_equal(fix->err, "mta-stsctl: no\n");
	assert_int_equal(asked, 1);
}

static void a_trial_that_is_cut_off_has_changed_nothing(void **state)
{
	struct fixture *fix = *state;

	will_return(__wrap_client_ask, 0);
	assert_int_equal(run_line(fix, "none --all", "11\n"), RUN_NOT_DONE);
	assert_null(strstr(fix->err, "may have been carried out"));
	assert_int_equal(asked, 1);
}

static void a_broken_trial_changes_nothing_and_shows_nothing(void **state)
{
	struct fixture *fix = *state;
	json_t *broken = changes_of(11, true);

	(void)json_object_del(json_array_get(json_object_get(broken, "changes"), 10), "txt");
	daemon_says(broken);
	assert_int_equal(run_line(fix, "none --all", "11\n"), RUN_NOT_DONE);
	assert_ptr_equal(strstr(fix->err, "mta-stsctl: unexpected reply"), fix->err);
	daemon_says(json_loads("{\"changes\":[{}]}", 0, NULL));
	assert_int_equal(run_line(fix, "none --all", "1\n"), RUN_NOT_DONE);
	daemon_says(json_loads("{}", 0, NULL));
	assert_int_equal(run_line(fix, "none --all", "1\n"), RUN_NOT_DONE);
	assert_int_equal(asked, 3);
}

static void nothing_to_forget_is_not_asked_about(void **state)
{
	struct fixture *fix = *state;

	daemon_says(forgotten(0, true));
	assert_int_equal(run_line(fix, "forget --retiring --force", "0\n"), RUN_NOT_DONE);
	assert_string_equal(fix->err, "no domain is being retired: nothing to forget\n");
	assert_int_equal(asked, 1);
	daemon_says(forgotten(0, true));
	daemon_says(forgotten(0, false));
	assert_int_equal(run_line(fix, "forget --retiring", NULL), RUN_DONE);
	assert_string_equal(bodies[2], "{\"retiring\":true}");
}

static void what_follows_a_list_on_standard_input_is_no_answer(void **state)
{
	struct fixture *fix = *state;

	terminals = 1 << STDERR_FILENO; /* a list that is piped */
	daemon_says(changes_of(11, false));
	assert_int_equal(run_line(fix, "none --file -", "d0.example\n"), RUN_DONE);
	assert_int_equal(asked, 1);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(many_domains_are_shown_and_counted_before_they_are_switched),
		UNIT(whatever_else_is_typed_changes_nothing),
		UNIT(every_order_names_what_it_does),
		UNIT(a_few_domains_are_not_asked_about_but_named),
		UNIT(a_few_domains_by_name_go_at_once),
		UNIT(many_domains_by_name_are_asked_about),
		UNIT(yes_answers_and_needs_no_trial),
		UNIT(a_program_is_not_asked),
		UNIT(a_dry_run_is_not_asked_about),
		UNIT(forgetting_too_early_takes_the_name_of_the_domain),
		UNIT(forgetting_several_too_early_takes_their_number),
		UNIT(forgetting_too_early_is_no_order_for_a_program_that_does_not_mean_it),
		UNIT(what_is_asked_for_stays_alone_on_standard_output),
		UNIT(a_trial_that_is_refused_is_the_end),
		UNIT(a_trial_that_is_cut_off_has_changed_nothing),
		UNIT(a_broken_trial_changes_nothing_and_shows_nothing),
		UNIT(nothing_to_forget_is_not_asked_about),
		UNIT(what_follows_a_list_on_standard_input_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
