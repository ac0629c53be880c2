/* SPDX-License-Identifier: ISC */
/* wrap: ask_all fetch_all run_ask run_find smtp_probe_all */
#include "checking.h"
#include "ctl/check/check.h"
#include "ctl/check/fetch.h"
#include "ctl/cli/run.h"
#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX   16
#define DOMAINS_MAX 100
#define POLICY      "version: STSv1\r\nmode: testing\r\nmx: mail.example\r\nmax_age: 604800\r\n"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What one domain that is in order has in DNS. */
#define ZONE(domain)                                                                                         \
	domain " MX mail.example", "_mta-sts." domain " TXT v=STSv1; id=2;",                                 \
		"mta-sts." domain " A 192.0.2.1", "mta-sts." domain " AAAA 2001:db8::1"
#define MAIL "mail.example A 192.0.2.2", "mail.example AAAA 2001:db8::2"

__typeof__(run_ask) __wrap_run_ask;
__typeof__(run_find) __wrap_run_find;
__typeof__(fetch_all) __wrap_fetch_all;

struct fixture {
	char line[512];
	struct options options;
	char *out, *err;
	size_t out_len, err_len;
};

/* What the daemon has, and was asked. */
static const char *const *published;
static const char *mode, *spoilt, *forgotten;
static size_t asked;
static char first_path[64], first_body[256];
static _Atomic(const char *) ca_seen; /* of whichever domain is checked last */

static json_t *show(const char *domain)
{
	json_t *whole = sample_of(SAMPLE_DOMAIN, domain);
	json_t *own = json_pack("{s:s, s:s, s:s, s:[s]}", "mode", mode, "id", "2", "policy", POLICY, "mx",
				"mail.example");

	(void)json_object_update(whole, own);
	json_decref(own);
	return whole;
}

static json_t *query(void)
{
	json_t *rows = json_array();

	for (const char *const *domain = published; *domain != NULL; domain++)
		(void)json_array_append_new(rows, show(*domain));
	return json_pack("{s:o}", "domains", rows);
}

enum run_status __wrap_run_ask(const struct run_view *view, const struct client_request *request,
			       bool ordered, json_t **reply)
{
	(void)view;
	assert_false(ordered);
	asked++;
	assert_string_equal(request->method, "POST");
	(void)snprintf(first_path, sizeof(first_path), "%s", request->path);
	(void)snprintf(first_body, sizeof(first_body), "%s", request->body);
	if (published == NULL)
		return RUN_NOT_DONE;
	*reply = query();
	return RUN_DONE;
}

enum run_status __wrap_run_find(const struct run_view *view, const struct client_request *request,
				json_t **reply)
{
	(void)view;
	asked++;
	assert_string_equal(request->method, "GET");
	assert_int_equal(strncmp(request->path, "/v1/domains/", 12), 0);
	if (forgotten != NULL && strcmp(request->path + 12, forgotten) == 0)
		return RUN_DONE;
	*reply = show(request->path + 12);
	if (spoilt != NULL)
		(void)json_object_del(*reply, spoilt);
	return RUN_DONE;
}

/* Whoever is asked serves the policy; may run in any thread. */
enum err __wrap_fetch_all(struct fetch *fetches, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ca_seen = fetches[i].ca;
		fetches[i].state = FETCH_ANSWERED;
		fetches[i].status = 200;
		(void)snprintf(fetches[i].type, sizeof(fetches[i].type), "text/plain");
		if (text_appendf(&fetches[i].body, "%s", POLICY) != ERR_OK)
			return ERR_NO_MEMORY;
	}
	return ERR_OK;
}

static const struct command command = {
	.name = "check",
	.options = OPTION_BIT(OPTION_RESOLVER) | OPTION_BIT(OPTION_CA) | OPTION_BIT(OPTION_ALL) |
		   OPTION_BIT(OPTION_ERRORS) | OPTION_BIT(OPTION_DETAILS),
	.operands = OPERANDS_MANY,
	.method = "POST",
	.path = "/v1/query",
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
	(void)snprintf(fix->line, sizeof(fix->line), "mta-stsctl check %s", line);
	for (char *word = strtok(fix->line, " "); word != NULL && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	assert_int_equal(options_parse(argc, argv, view.err, &fix->options), ERR_OK);
	asked = 0;
	status = check_run(&view);
	(void)fclose(view.out);
	(void)fclose(view.err);
	return status;
}

static int set_up(void **state)
{
	static const char *const one[] = { "a.example", NULL };

	published = one;
	mode = "testing";
	spoilt = forgotten = NULL;
	ca_seen = NULL;
	(void)setenv("LC_ALL", "C", 1);
	*state = calloc(1, sizeof(struct fixture));
	return *state == NULL;
}

static int tear_down(void **state)
{
	forget(*state);
	free(*state);
	return 0;
}

static const char good[] =
	"a.example (mode testing, id 2)\n"
	"  ok mail.example is covered by the mx line mail.example\n"
	"  ok mail.example has addresses (192.0.2.2, 2001:db8::2)\n"
	"  ok MX mail.example at 192.0.2.2 offers STARTTLS with a certificate that is valid until "
	"2100-01-01T00:00:00Z\n"
	"  ok MX mail.example at 2001:db8::2 offers STARTTLS with a certificate that is valid until "
	"2100-01-01T00:00:00Z\n"
	"  ok _mta-sts.a.example has the published id 2 (mta-stsctl dns asks every name server)\n"
	"  ok mta-sts.a.example has addresses (192.0.2.1, 2001:db8::1)\n"
	"  ok mta-sts.a.example at 192.0.2.1 serves the published policy in 0.0 seconds\n"
	"  ok mta-sts.a.example at 2001:db8::1 serves the published policy in 0.0 seconds\n"
	"a.example: nothing is against enforce\n";

static void a_domain_in_order_is_done(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST(ZONE("a.example"), MAIL));
	assert_int_equal(run_line(fix, "a.example"), RUN_DONE);
	assert_string_equal(first_path, "/v1/query");
	assert_string_equal(first_body, "{\"domains\":[\"a.example\"]}");
	assert_string_equal(fix->out, good);
	assert_string_equal(fix->err, "");
}

static void an_error_is_not_done_and_a_warning_is(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST(ZONE("a.example"), MAIL, "a.example MX mail.example.net"));
	assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
	assert_non_null(
		strstr(fix->out, "\n  x  mail.example.net is covered by no mx line (mail.example): add"));
	assert_non_null(strstr(fix->out, "\na.example: 2 errors: not ready to enforce\n"));
	checking_dns(LIST(ZONE("a.example"), "mail.example AAAA 2001:db8::2"));
	assert_int_equal(run_line(fix, "a.example"), RUN_DONE);
	assert_non_null(strstr(fix->out, "\na.example: 1 warning: nothing is against enforce\n"));
}

static void every_part_of_the_check_has_its_say(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example MX other.example", "other.example CNAME mail.example", MAIL));
	assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
	assert_non_null(strstr(fix->out, "  x  other.example is covered by no mx line"));
	assert_non_null(strstr(fix->out, "  !  the mx line mail.example covers no MX"));
	assert_non_null(strstr(fix->out, "  !  MX other.example is a CNAME for mail.example"));
	assert_non_null(strstr(fix->out, "  x  _mta-sts.a.example has no TXT record"));
	assert_non_null(strstr(fix->out, "  x  mta-sts.a.example does not exist in DNS"));
	assert_non_null(strstr(fix->out, "a.example: 3 errors, 2 warnings: not ready to enforce\n"));
}

static void mode_none_asks_for_nothing_of_the_mx(void **state)
{
	struct fixture *fix = *state;

	mode = "none";
	checking_dns(LIST(ZONE("a.example"), "a.example MX mail.example.net"));
	assert_int_equal(run_line(fix, "a.example"), RUN_DONE);
	assert_non_null(strstr(fix->out, "  -  mode none requires nothing of the MX\n"));
	assert_null(strstr(fix->out, "mail.example"));
	assert_non_null(strstr(fix->out, "a.example: in order\n"));
}

static void many_domains_are_printed_in_their_order(void **state)
{
	static char names[DOMAINS_MAX][32];
	static const char *list[DOMAINS_MAX + 1];
	struct fixture *fix = *state;
	const char *at;

	for (size_t i = 0; i < DOMAINS_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "d%zu.example", i);
		list[i] = names[i];
	}
	published = list;
	checking_dns(LIST(ZONE("d7.example"), ZONE("d50.example"), MAIL));
	assert_int_equal(run_line(fix, "--all --details"), RUN_NOT_DONE);
	assert_string_equal(first_body, "{\"all\":true}");
	at = fix->out;
	for (size_t i = 0; i < DOMAINS_MAX; i++) {
		char head[64];

		(void)snprintf(head, sizeof(head), "%s%.31s (mode testing, id 2)\n", i > 0 ? "\n\n" : "",
			       names[i]);
		at = strstr(at, head);
		assert_non_null(at);
	}
	assert_non_null(
		strstr(at, "\n\n100 domains: 98 with errors, 0 with warnings alone, 2 without either\n"));
}

static void of_many_domains_each_with_findings_is_a_line(void **state)
{
	struct fixture *fix = *state;

	published = LIST("a.example", "b.example", "c.example", "d.example");
	checking_dns(LIST(ZONE("a.example"), ZONE("c.example"), ZONE("d.example"), MAIL,
			  "c.example MX x.mail.example"));
	assert_int_equal(run_line(fix, "--all"), RUN_NOT_DONE);
	assert_string_equal(
		fix->out, "b.example: 3 errors; mx: b.example does not exist in DNS\n"
			  "c.example: 2 errors; mx: x.mail.example is covered by no mx line (mail.example)\n"
			  "\n4 domains: 2 with errors, 0 with warnings alone, 2 without either\n"
			  "mta-stsctl check DOMAIN says all of one, and what to do; --details of all\n");
	published = LIST("a.example", "d.example");
	assert_int_equal(run_line(fix, "--all"), RUN_DONE);
	assert_string_equal(fix->out, "2 domains: 0 with errors, 0 with warnings alone, 2 without either\n");
	published = LIST("a.example", "b.example");
	assert_int_equal(run_line(fix, "--all --details --errors"), RUN_NOT_DONE);
	assert_null(strstr(fix->out, "a.example (mode"));
	assert_non_null(strstr(fix->out, "b.example (mode testing, id 2)\n  x  b.example does not exist"));
}

static void errors_alone_are_said_of_one_domain_too(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST("a.example MX other.example", "other.example CNAME mail.example", MAIL));
	assert_int_equal(run_line(fix, "a.example --errors"), RUN_NOT_DONE);
	assert_ptr_equal(strstr(fix->out, "a.example (mode testing, id 2)\n  x  other.example is covered"),
			 fix->out);
	assert_null(strstr(fix->out, "  !  "));
	assert_null(strstr(fix->out, "  ok "));
	assert_non_null(strstr(fix->out, "\na.example: 3 errors, 2 warnings: not ready to enforce\n"));
}

static void a_domain_that_is_forgotten_meanwhile_does_not_end_the_check_of_others(void **state)
{
	struct fixture *fix = *state;

	published = LIST("a.example", "b.example");
	forgotten = "a.example";
	checking_dns(LIST(ZONE("a.example"), ZONE("b.example"), MAIL));
	assert_int_equal(run_line(fix, "--all --details"), RUN_NOT_DONE);
	assert_non_null(strstr(fix->out,
			       "a.example (mode testing, id 2)\n"
			       "  x  a.example was forgotten in the meantime: see mta-stsctl history "
			       "a.example\na.example: 1 error: not ready to enforce\n"));
	assert_non_null(
		strstr(fix->out, "b.example: nothing is against enforce\n\n2 domains: 1 with errors, "));
	assert_string_equal(fix->err, "");
}

static void programs_get_one_object(void **state)
{
	struct fixture *fix = *state;
	json_t *whole;
	json_t *domains;

	published = LIST("a.example", "b.example");
	checking_dns(LIST(ZONE("a.example"), MAIL));
	assert_int_equal(run_line(fix, "--json --all"), RUN_NOT_DONE);
	whole = json_loads(fix->out, 0, NULL);
	domains = json_object_get(whole, "domains");
	assert_int_equal(json_array_size(domains), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(domains, 1), "domain")),
			    "b.example");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(domains, 0), "errors")), 0);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(domains, 1), "errors")), 3);
	assert_int_equal(json_array_size(json_object_get(json_array_get(domains, 0), "findings")), 8);
	json_decref(whole);
}

static void another_ca_is_trusted_when_its_file_can_be_read(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST(ZONE("a.example"), MAIL));
	assert_int_equal(run_line(fix, "a.example --ca /dev/null"), RUN_DONE);
	assert_non_null(ca_seen);
	assert_string_equal(ca_seen, "/dev/null");
	assert_int_equal(run_line(fix, "a.example --ca /nowhere/ca.pem"), RUN_USAGE);
	assert_int_equal(asked, 0);
	assert_string_equal(fix->err, "mta-stsctl: --ca /nowhere/ca.pem: cannot be read (No such file or "
				      "directory)\n");
}

static void a_resolver_that_is_no_address_is_wrong_usage(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST(NULL));
	assert_int_equal(run_line(fix, "a.example --resolver nonsense"), RUN_USAGE);
	assert_string_equal(fix->out, "");
	assert_non_null(strstr(fix->err, "--resolver 'nonsense'"));
}

static void wrong_usage_and_a_daemon_that_says_no_end_it(void **state)
{
	struct fixture *fix = *state;

	checking_dns(LIST(NULL));
	assert_int_equal(run_line(fix, ""), RUN_USAGE);
	assert_int_equal(asked, 0);
	published = NULL;
	assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
	assert_int_equal(asked, 1);
	assert_string_equal(fix->out, "");
}

static void an_odd_reply_is_refused(void **state)
{
	static const char *const members[] = { "domain", "mode", "id", "policy", "certificate", "mx" };
	struct fixture *fix = *state;

	checking_dns(LIST(ZONE("a.example"), MAIL));
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		spoilt = members[i];
		assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);
		assert_string_equal(fix->out, "");
		assert_non_null(strstr(fix->err, "unexpected reply"));
	}
	spoilt = NULL;
	published = LIST("a.example/../b");
	assert_int_equal(run_line(fix, "--all"), RUN_NOT_DONE);
	assert_non_null(strstr(fix->err, "unexpected reply"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_domain_in_order_is_done),
		TEST(an_error_is_not_done_and_a_warning_is),
		TEST(every_part_of_the_check_has_its_say),
		TEST(mode_none_asks_for_nothing_of_the_mx),
		TEST(many_domains_are_printed_in_their_order),
		TEST(of_many_domains_each_with_findings_is_a_line),
		TEST(errors_alone_are_said_of_one_domain_too),
		TEST(a_domain_that_is_forgotten_meanwhile_does_not_end_the_check_of_others),
		TEST(programs_get_one_object),
		TEST(another_ca_is_trusted_when_its_file_can_be_read),
		TEST(a_resolver_that_is_no_address_is_wrong_usage),
		TEST(wrong_usage_and_a_daemon_that_says_no_end_it),
		TEST(an_odd_reply_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
