/* SPDX-License-Identifier: ISC */
/* wrap: ask_all run_ask run_order run_usual smtp_probe_all */
#include "checking.h"
#include "ctl/cli/run.h"
#include "ctl/orders/enforce.h"
#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX   16
#define DOMAINS_MAX 30
#define POLICY                                                                                               \
	"version: STSv1\r\nmode: enforce\r\nmx: mail.example\r\nmx: *.mx.example\r\nmax_age: 604800\r\n"
#define REFUSAL                                                                                              \
	"not switched: senders would refuse mail, or get no policy, or it is not known whether they would"
#define FORECAST "without --dry-run this would be refused: "
#define UNCOVERED                                                                                            \
	"a.example: mail.example.net is covered by no mx line (mail.example, *.mx.example): add it to mx "   \
	"in "                                                                                                \
	"the domain's file, then run mta-stsctl reload"
#define ADVICE "mta-stsctl: put that right, or switch all the same with --force\n"

#define MAIL "mail.example A 192.0.2.2", "a.mx.example A 192.0.2.3"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

__typeof__(run_ask) __wrap_run_ask;
__typeof__(run_usual) __wrap_run_usual;
__typeof__(run_order) __wrap_run_order;

struct fixture {
	char line[512];
	struct options options;
	char *out, *err;
	size_t out_len, err_len;
};

/* What the daemon says it would do, and how often it was asked and ordered. */
static const char *const *selected;
static const char *policy, *policy_then;
static size_t asked, ordered;
static bool certified = true, elsewhere; /* as the daemon says of every domain */
static char path[64], body[256], order_body[256];

static json_t *make_changes(const char *text)
{
	json_t *order = json_loads(SAMPLE_ORDER("false", ""), 0, NULL);

	for (const char *const *domain = selected; *domain != NULL; domain++) {
		json_t *change = sample_of(SAMPLE_CHANGE, *domain);

		(void)json_object_set_new(change, "policy", json_string(text));
		(void)json_object_set_new(change, "certificate", json_boolean(certified));
		(void)json_object_set_new(change, "tls_elsewhere", json_boolean(elsewhere));
		(void)json_array_append_new(json_object_get(order, "changes"), change);
	}
	return order;
}

enum run_status __wrap_run_ask(const struct run_view *view, const struct client_request *request,
			       bool is_order, json_t **reply)
{
	(void)view;
	asked++;
	assert_false(is_order);
	assert_string_equal(request->method, "POST");
	(void)snprintf(path, sizeof(path), "%s", request->path);
	(void)snprintf(body, sizeof(body), "%s", request->body);
	if (selected == NULL)
		return RUN_NOT_DONE;
	*reply = make_changes(policy);
	return RUN_DONE;
}

enum run_status __wrap_run_usual(const struct run_view *view)
{
	(void)view;
	ordered++;
	return RUN_DONE;
}

enum run_status __wrap_run_order(const struct run_view *view, struct client_request *request, json_t **reply)
{
	(void)view;
	ordered++;
	(void)snprintf(order_body, sizeof(order_body), "%s", request->body);
	*reply = make_changes(policy_then != NULL ? policy_then : policy);
	return RUN_DONE;
}

static const struct command command = {
	.name = "enforce",
	.options = OPTION_BIT(OPTION_RESOLVER) | OPTION_BIT(OPTION_FORCE) | OPTION_BIT(OPTION_ALL) |
		   OPTION_BIT(OPTION_FILE) | OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_REASON),
	.operands = OPERANDS_MANY,
	.method = "POST",
	.path = "/v1/switch",
	.mode = "enforce",
	.orders = true,
};

static void forget(struct fixture *fix)
{
	free(fix->out);
	free(fix->err);
	fix->out = fix->err = NULL;
}

static enum run_status run_line(struct fixture *fix, const char *line)
{
	static char *argv[WORDS_MAX + 1];
	struct run_view view = { .command = &command, .options = &fix->options };
	enum run_status status;
	int argc = 0;

	forget(fix);
	view.out = open_memstream(&fix->out, &fix->out_len);
	view.err = open_memstream(&fix->err, &fix->err_len);
	(void)snprintf(fix->line, sizeof(fix->line), "mta-stsctl enforce %s", line);
	for (char *word = strtok(fix->line, " "); word != NULL && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	assert_int_equal(options_parse(argc, argv, view.err, &fix->options), ERR_OK);
	asked = ordered = 0;
	status = enforce_run(&view);
	(void)fclose(view.out);
	(void)fclose(view.err);
	return status;
}

static int set_up(void **state)
{
	static const char *const one[] = { "a.example", NULL };

	checking_smtp(SMTP_SECURE, "", 0);
	certified = true;
	elsewhere = false;
	selected = one;
	policy = POLICY;
	policy_then = NULL;
	*state = calloc(1, sizeof(struct fixture));
	return *state == NULL;
}

static int tear_down(void **state)
{
	forget(*state);
	free(*state);
	return 0;
}

static void a_domain_whose_mx_are_covered_is_switched(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example MX mail.example", "a.example MX a.mx.example", MAIL));
	assert_int_equal(run_line(fix, "a.example"), RUN_DONE);
	assert_int_equal(asked, 1);
	assert_int_equal(ordered, 1);
	assert_string_equal(fix->out, "");
	assert_string_equal(fix->err, "");
}

static void the_guard_asks_for_the_same_order_without_giving_it(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example MX mail.example", MAIL));
	assert_int_equal(run_line(fix, "a.example --reason why"), RUN_DONE);
	assert_string_equal(path, "/v1/switch");
	assert_string_equal(body, "{\"domains\":[\"a.example\"],\"mode\":\"enforce\",\"reason\":\"why\","
				  "\"dry_run\":true}");
}

static void the_order_names_what_was_checked_and_nothing_else(void **state)
{
	struct fixture *fix = *state;

	selected = LIST("a.example", "b.example");
	checking_dns(LIST("a.example MX .", "b.example MX ."));
	assert_int_equal(run_line(fix, "--all"), RUN_DONE);
	assert_string_equal(body, "{\"mode\":\"enforce\",\"all\":true,\"dry_run\":true}");
	assert_string_equal(order_body, "{\"mode\":\"enforce\",\"domains\":[\"a.example\",\"b.example\"]}");
}

static void a_list_on_standard_input_is_read_once(void **state)
{
	struct fixture *fix = *state;
	int kept = dup(STDIN_FILENO);
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], "a.example\n", 10), 10);
	assert_int_equal(close(pipes[1]), 0);
	assert_int_equal(dup2(pipes[0], STDIN_FILENO), STDIN_FILENO);
	checking_dns(LIST("a.example MX mail.example", MAIL));
	assert_int_equal(run_line(fix, "--file -"), RUN_DONE);
	assert_string_equal(order_body, "{\"mode\":\"enforce\",\"domains\":[\"a.example\"]}");
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(kept), 0);
	assert_int_equal(close(pipes[0]), 0);
}

static void a_policy_that_changed_after_the_check_is_complained_about(void **state)
{
	struct fixture *fix = *state;

	policy_then = "version: STSv1\r\nmode: enforce\r\nmx: other.example\r\nmax_age: 604800\r\n";
	checking_dns(LIST("a.example MX mail.example", MAIL));
	assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
	assert_int_equal(ordered, 1);
	assert_non_null(strstr(fix->err, "mta-stsctl: a.example: another policy was published than the one"));
	assert_non_null(strstr(fix->err, "run mta-stsctl check a.example now\n"));
	assert_int_equal(run_line(fix, "a.example --dry-run"), RUN_DONE);
	assert_string_equal(fix->err, "mta-stsctl: every MX is covered, and so is every policy host\n");
}

static void an_mx_that_is_not_covered_refuses_the_order(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example MX mail.example", "a.example MX mail.example.net"));
	assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
	assert_int_equal(ordered, 0);
	assert_string_equal(fix->out, "");
	assert_string_equal(fix->err, "mta-stsctl: " REFUSAL "\nmta-stsctl:   " UNCOVERED "\n" ADVICE);
}

static void an_mx_whose_tls_senders_refuse_refuses_the_order(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example MX mail.example", "a.example MX a.mx.example", MAIL));
	checking_smtp(SMTP_SECURE, "192.0.2.3", SMTP_WRONG_NAME);
	assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
	assert_int_equal(ordered, 0);
	assert_string_equal(
		fix->err,
		"mta-stsctl: " REFUSAL
		"\nmta-stsctl:   a.example: MX a.mx.example at 192.0.2.3: the certificate does not name this "
		"host: get one that does, or name the host of the certificate in the MX record\n" ADVICE);
}

static void tls_that_is_not_known_is_said_and_refuses_nothing(void **state)
{
	struct fixture *fix = *state;

	selected = LIST("a.example", "b.example", "c.example");
	checking_dns(LIST("a.example MX .", "b.example MX mail.example", "c.example MX mail.example", MAIL));
	checking_smtp(SMTP_NO_CONNECTION, "", 0);
	assert_int_equal(run_line(fix, "--all"), RUN_DONE);
	assert_int_equal(ordered, 1);
	assert_int_equal(checking_probed(), 1);
	assert_string_equal(fix->err,
			    "mta-stsctl: not known of 2 domains: whether every MX offers TLS as enforce "
			    "requires; mta-stsctl check b.example says why\n");
}

static void a_policy_host_without_a_certificate_refuses_the_order(void **state)
{
	struct fixture *fix = *state;

	certified = false;
	checking_dns(LIST("a.example MX mail.example", MAIL));
	assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
	assert_int_equal(ordered, 0);
	assert_non_null(strstr(fix->err, "a.example: no certificate here names mta-sts.a.example"));
	/* A server in front may have one. */
	elsewhere = true;
	forget(fix);
	assert_int_equal(run_line(fix, "a.example"), RUN_DONE);
	assert_int_equal(ordered, 1);
	/* That it has, nobody tried. */
	forget(fix);
	assert_int_equal(run_line(fix, "a.example --dry-run"), RUN_DONE);
	assert_non_null(strstr(fix->err, "not tried: the certificates of the server in front"));
}

static void one_bad_domain_refuses_all(void **state)
{
	struct fixture *fix = *state;

	selected = LIST("b.example", "a.example", "c.example");
	checking_dns(LIST("a.example MX mail.example.net", "b.example MX mail.example", "c.example MX ."));
	assert_int_equal(run_line(fix, "--all"), RUN_NOT_DONE);
	assert_int_equal(ordered, 0);
	assert_string_equal(fix->err, "mta-stsctl: " REFUSAL "\nmta-stsctl:   " UNCOVERED "\n" ADVICE);
}

static void what_cannot_be_looked_up_refuses_the_order(void **state)
{
	static const char *const zones[][2] = {
		{ "a.example MX !failed" },   { "a.example MX !silent" }, { "a.example MX !no route" },
		{ "a.example AAAA !failed" }, { "b.example MX ." },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		checking_dns(zones[i]);
		assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
		assert_int_equal(ordered, 0);
		assert_non_null(strstr(fix->err, "mta-stsctl:   a.example: "));
	}
}

static void a_domain_that_takes_no_mail_is_switched(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example MX ."));
	assert_int_equal(run_line(fix, "a.example"), RUN_DONE);
	assert_int_equal(ordered, 1);
	checking_dns(LIST("a.example TXT hello"));
	assert_int_equal(run_line(fix, "a.example"), RUN_DONE);
	assert_int_equal(ordered, 1);
}

static void the_domain_itself_must_be_covered_when_it_takes_the_mail(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example A 192.0.2.1"));
	assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
	assert_int_equal(ordered, 0);
	assert_non_null(strstr(fix->err, "a.example is covered by no mx line"));
}

static void force_asks_nobody(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example MX mail.example.net"));
	assert_int_equal(run_line(fix, "a.example --force"), RUN_DONE);
	assert_int_equal(asked, 0);
	assert_int_equal(checking_asked(), 0);
	assert_int_equal(ordered, 1);
}

static void a_dry_run_says_what_the_guard_found_and_goes_on(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example MX mail.example.net"));
	assert_int_equal(run_line(fix, "a.example --dry-run --json"), RUN_NOT_DONE);
	assert_int_equal(ordered, 1);
	assert_string_equal(fix->out, "");
	assert_non_null(strstr(fix->err, FORECAST));
	assert_non_null(strstr(fix->err, "mta-stsctl:   " UNCOVERED "\n"));
	checking_dns(LIST("a.example MX mail.example", MAIL));
	assert_int_equal(run_line(fix, "a.example --dry-run"), RUN_DONE);
	assert_int_equal(ordered, 1);
	assert_string_equal(fix->err, "mta-stsctl: every MX is covered, and so is every policy host\n");
}

static void programs_get_what_a_refusal_of_the_daemon_looks_like(void **state)
{
	struct fixture *fix = *state;
	json_t *expected = json_pack("{s:{s:s, s:s, s:[s]}}", "error", "code", "refused", "message", REFUSAL,
				     "details", UNCOVERED);
	json_t *got;

	checking_dns(LIST("a.example MX mail.example.net"));
	assert_int_equal(run_line(fix, "a.example --json"), RUN_NOT_DONE);
	got = json_loads(fix->out, 0, NULL);
	assert_non_null(expected);
	assert_true(json_equal(got, expected));
	json_decref(got);
	json_decref(expected);
}

static void a_long_list_is_cut_for_people_only(void **state)
{
	static char names[DOMAINS_MAX][32];
	static const char *list[DOMAINS_MAX + 1];
	struct fixture *fix = *state;
	json_t *got;

	for (size_t i = 0; i < DOMAINS_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "d%zu.example", i);
		list[i] = names[i];
	}
	selected = list;
	checking_dns(LIST(NULL));
	assert_int_equal(run_line(fix, "--all --json"), RUN_NOT_DONE);
	assert_non_null(strstr(fix->err, "  d9.example: "));
	assert_null(strstr(fix->err, "  d10.example: "));
	assert_non_null(strstr(fix->err, "\nmta-stsctl:   and 20 more: --json shows them all\n"));
	got = json_loads(fix->out, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(json_object_get(got, "error"), "details")), 30);
	json_decref(got);
}

static void whatever_else_goes_wrong_nothing_is_ordered(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example MX mail.example", MAIL));
	assert_int_equal(run_line(fix, ""), RUN_USAGE);
	assert_int_equal(asked + ordered, 0);
	assert_int_equal(run_line(fix, "a.example --resolver nonsense"), RUN_USAGE);
	assert_int_equal(ordered, 0);
	assert_non_null(strstr(fix->err, "--resolver 'nonsense'"));
	policy = "version: STSv2\r\n";
	assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
	assert_int_equal(ordered, 0);
	assert_non_null(strstr(fix->err, "unexpected reply"));
	selected = NULL;
	assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
	assert_int_equal(ordered, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_domain_whose_mx_are_covered_is_switched),
		TEST(the_guard_asks_for_the_same_order_without_giving_it),
		TEST(the_order_names_what_was_checked_and_nothing_else),
		TEST(a_list_on_standard_input_is_read_once),
		TEST(a_policy_that_changed_after_the_check_is_complained_about),
		TEST(an_mx_that_is_not_covered_refuses_the_order),
		TEST(an_mx_whose_tls_senders_refuse_refuses_the_order),
		TEST(tls_that_is_not_known_is_said_and_refuses_nothing),
		TEST(a_policy_host_without_a_certificate_refuses_the_order),
		TEST(one_bad_domain_refuses_all),
		TEST(what_cannot_be_looked_up_refuses_the_order),
		TEST(a_domain_that_takes_no_mail_is_switched),
		TEST(the_domain_itself_must_be_covered_when_it_takes_the_mail),
		TEST(force_asks_nobody),
		TEST(a_dry_run_says_what_the_guard_found_and_goes_on),
		TEST(programs_get_what_a_refusal_of_the_daemon_looks_like),
		TEST(a_long_list_is_cut_for_people_only),
		TEST(whatever_else_goes_wrong_nothing_is_ordered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
