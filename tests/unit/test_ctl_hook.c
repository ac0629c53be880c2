/* SPDX-License-Identifier: ISC */
/* wrap: client_ask */
#include "ctl/acme/hook.h"

#include "client/client.h"
#include "ctl/acme/proving.h"
#include "ctl/cli/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 16
#define ACME(http)                                                                                           \
	"{\"directory\":\"https://a.example/\",\"key\":\"ecdsa\",\"addresses\":[],\"http\":" http "}"
#define DIGEST "uoLFLcodukN3wMi85RxHB01UmzqTlE6VyX8Cr_5h76g"

struct fixture {
	char line[512];
	char *out, *err;
	size_t out_len, err_len;
	char *asked;          /* method, path and body of the question; NULL: nobody was asked */
	const char *settings; /* GET /v1/acme, which is no question of these; NULL: it is one */
};

static struct fixture *fix;

__typeof__(client_ask) __wrap_client_ask;

enum err __wrap_client_ask(const char *socket, const struct client_request *request, long timeout_ms,
			   struct client_reply *reply, struct client_failure *failure)
{
	enum err result;

	if (fix->settings != NULL && strcmp(request->path, "/v1/acme") == 0) {
		reply->status = 200;
		reply->body = json_loads(fix->settings, 0, NULL);
		return ERR_OK;
	}
	result = mock_type(enum err);
	(void)socket;
	(void)timeout_ms;
	*failure = (struct client_failure){ .fault = CLIENT_NO_CONNECTION };
	assert_null(fix->asked);
	assert_true(asprintf(&fix->asked, "%s %s %s", request->method, request->path,
			     request->body != NULL ? request->body : "") > 0);
	if (result == ERR_OK) {
		reply->status = mock_type(long);
		reply->body = json_loads(mock_ptr_type(const char *), 0, NULL);
	}
	return result;
}

static void daemon_says(long status, const char *body)
{
	will_return(__wrap_client_ask, ERR_OK);
	will_return(__wrap_client_ask, status);
	will_return(__wrap_client_ask, body);
}

static enum run_status run_line(const char *line)
{
	static char *argv[WORDS_MAX + 1];
	enum run_status status;
	FILE *out, *err;
	int argc = 0;

	free(fix->out);
	free(fix->err);
	free(fix->asked);
	*fix = (struct fixture){ .settings = fix->settings };
	out = open_memstream(&fix->out, &fix->out_len);
	err = open_memstream(&fix->err, &fix->err_len);
	(void)snprintf(fix->line, sizeof(fix->line), "%s", line);
	for (char *word = strtok(fix->line, " "); word != NULL && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	status = program_run(argc, argv, out, err);
	(void)fclose(out);
	(void)fclose(err);
	return status;
}

static int set_up(void **state)
{
	(void)unsetenv("MTA_STSCTL_CHALLENGES");
	*state = fix = calloc(1, sizeof(*fix));
	return fix != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(fix->out);
	free(fix->err);
	free(fix->asked);
	free(fix);
	return 0;
}

static void a_challenge_is_opened_when_it_begins(void **state)
{
	(void)state;
	daemon_says(200, "{}");
	assert_int_equal(run_line("mta-stsctl acme-hook begin tls-alpn-01 mta-sts.a.example tok " DIGEST),
			 RUN_DONE);
	assert_string_equal(fix->asked,
			    "POST /v1/challenges {\"host\":\"mta-sts.a.example\",\"type\":\"tls-alpn-01\","
			    "\"token\":\"tok\",\"authorization\":\"" DIGEST "\"}");
	assert_string_equal(fix->out, "");
	assert_string_equal(fix->err, "");
}

static void it_is_closed_however_it_ends(void **state)
{
	static const char *const methods[] = { "done", "failed" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char line[256];

		(void)snprintf(line, sizeof(line),
			       "mta-stsctl acme-hook %s tls-alpn-01 mta-sts.a.example tok x", methods[i]);
		daemon_says(200, "{\"removed\":1}");
		assert_int_equal(run_line(line), RUN_DONE);
		assert_string_equal(fix->asked, "DELETE /v1/challenges/tok ");
	}
}

static void other_types_are_declined_without_a_word(void **state)
{
	static const char *const types[] = { "http-01", "dns-01", "tls-alpn-02" };

	(void)state;
	fix->settings = ACME("false");
	for (size_t i = 0; i < 3; i++) {
		char line[256];

		(void)snprintf(line, sizeof(line), "mta-stsctl acme-hook begin %s mta-sts.a.example tok x",
			       types[i]);
		assert_int_equal(run_line(line), RUN_NOT_DONE);
		assert_null(fix->asked);
		assert_string_equal(fix->err, "");
	}
}

static void one_of_http_is_opened_where_the_daemon_has_a_socket_for_it(void **state)
{
	(void)state;
	fix->settings = ACME("true");
	daemon_says(200, "{}");
	assert_int_equal(run_line("mta-stsctl acme-hook begin http-01 mta-sts.a.example tok tok." DIGEST),
			 RUN_DONE);
	assert_string_equal(fix->asked,
			    "POST /v1/challenges {\"host\":\"mta-sts.a.example\",\"type\":\"http-01\","
			    "\"token\":\"tok\",\"authorization\":\"tok." DIGEST "\"}");
	assert_int_equal(run_line("mta-stsctl acme-hook begin dns-01 mta-sts.a.example tok x"), RUN_NOT_DONE);
	/* A daemon of before there were such sockets. */
	fix->settings = "{\"directory\":\"https://a.example/\",\"key\":\"ecdsa\",\"addresses\":[]}";
	assert_int_equal(run_line("mta-stsctl acme-hook begin http-01 mta-sts.a.example tok x"),
			 RUN_NOT_DONE);
	assert_string_equal(fix->err, "");
}

/* The record of a zone may allow one way and not the other. */
static void what_runs_it_says_which_types_it_takes(void **state)
{
	static const struct {
		unsigned ways;
		const char *type;
		bool taken;
	} cases[] = {
		{ PROVING_TLS_ALPN, "tls-alpn-01", true },
		{ PROVING_TLS_ALPN, "http-01", false },
		{ PROVING_HTTP, "tls-alpn-01", false },
		{ PROVING_HTTP, "http-01", true },
		{ PROVING_ALL, "tls-alpn-01", true },
		{ PROVING_ALL, "http-01", true },
		{ PROVING_ALL, "dns-01", false },
		{ 0, "tls-alpn-01", false },
		{ 0, "http-01", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char line[256];

		assert_int_equal(proving_let(cases[i].ways), ERR_OK);
		(void)snprintf(line, sizeof(line), "mta-stsctl acme-hook begin %s mta-sts.a.example tok x",
			       cases[i].type);
		if (cases[i].taken)
			daemon_says(200, "{}");
		assert_int_equal(run_line(line), cases[i].taken ? RUN_DONE : RUN_NOT_DONE);
		assert_string_equal(fix->err, "");
	}
	assert_int_equal(setenv("MTA_STSCTL_CHALLENGES", "http-011  dns-01 http-01", 1), 0);
	daemon_says(200, "{}");
	assert_int_equal(run_line("mta-stsctl acme-hook begin http-01 mta-sts.a.example tok x"), RUN_DONE);
	assert_int_equal(run_line("mta-stsctl acme-hook begin dns-01 mta-sts.a.example tok x"), RUN_NOT_DONE);
	assert_int_equal(run_line("mta-stsctl acme-hook begin tls-alpn-01 mta-sts.a.example t x"),
			 RUN_NOT_DONE);
}

/* uacme runs it by its path. */
static void a_link_of_its_name_is_the_hook(void **state)
{
	(void)state;
	daemon_says(200, "{}");
	assert_int_equal(run_line("/a/work/acme-hook begin tls-alpn-01 mta-sts.a.example tok " DIGEST),
			 RUN_DONE);
	assert_non_null(fix->asked);
}

static void a_token_may_look_like_an_option(void **state)
{
	(void)state;
	daemon_says(200, "{}");
	assert_int_equal(run_line("/a/acme-hook begin tls-alpn-01 mta-sts.a.example --json -" DIGEST),
			 RUN_DONE);
	assert_non_null(strstr(fix->asked, "\"token\":\"--json\",\"authorization\":\"-" DIGEST "\""));
	daemon_says(200, "{}");
	assert_int_equal(run_line("mta-stsctl acme-hook done tls-alpn-01 mta-sts.a.example -x/y -"),
			 RUN_DONE);
	assert_string_equal(fix->asked, "DELETE /v1/challenges/-x%2Fy ");
}

static void what_the_daemon_refuses_is_declined_with_its_words(void **state)
{
	(void)state;
	daemon_says(404, "{\"error\":{\"code\":\"unknown_domain\",\"message\":\"unknown domain\"}}");
	assert_int_equal(run_line("/a/acme-hook begin tls-alpn-01 mta-sts.a.example tok x"), RUN_NOT_DONE);
	assert_string_equal(fix->err, "mta-stsctl: unknown domain\n");
	will_return(__wrap_client_ask, ERR_CLOSED);
	assert_int_equal(run_line("/a/acme-hook begin tls-alpn-01 mta-sts.a.example tok x"), RUN_NOT_DONE);
	assert_non_null(strstr(fix->err, "cannot connect"));
}

static void anything_else_is_wrong_usage(void **state)
{
	static const char *const lines[] = {
		"mta-stsctl acme-hook",
		"mta-stsctl acme-hook begin tls-alpn-01 mta-sts.a.example tok",
		"mta-stsctl acme-hook begin tls-alpn-01 mta-sts.a.example tok x y",
		"mta-stsctl acme-hook end tls-alpn-01 mta-sts.a.example tok x",
		"mta-stsctl acme-hook begin --all tls-alpn-01 mta-sts.a.example tok x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_int_equal(run_line(lines[i]), RUN_USAGE);
		assert_null(fix->asked);
	}
	assert_int_equal(run_line("mta-stsctl acme-hook --help"), RUN_DONE);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(a_challenge_is_opened_when_it_begins),
		UNIT(it_is_closed_however_it_ends),
		UNIT(other_types_are_declined_without_a_word),
		UNIT(one_of_http_is_opened_where_the_daemon_has_a_socket_for_it),
		UNIT(what_runs_it_says_which_types_it_takes),
		UNIT(a_link_of_its_name_is_the_hook),
		UNIT(a_token_may_look_like_an_option),
		UNIT(what_the_daemon_refuses_is_declined_with_its_words),
		UNIT(anything_else_is_wrong_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
