/* SPDX-License-Identifier: ISC */
/* wrap: client_ask directory_fetch before_look_all */
#include "ctl/acme/obtain.h"

#include "api/shape_acme.h"
#include "base/authority.h"
#include "client/client.h"
#include "ctl/acme/before.h"
#include "ctl/acme/directory.h"
#include "ctl/acme/proving.h"
#include "ctl/acme/uacme.h"
#include "ctl/cli/program.h"
#include "scratch.h"

#include <jansson.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX 16
#define CSR       "-----BEGIN NEW CERTIFICATE REQUEST-----\nQQ==\n"
#define CHAIN     "-----BEGIN CERTIFICATE-----\nQQ==\n"
#define REQUESTED                                                                                            \
	"{\"request\":\"-----BEGIN NEW CERTIFICATE REQUEST-----\\nQQ==\\n\",\"names\":["                     \
	"\"mta-sts.a.example\"],\"key\":\"ecdsa\",\"since\":\"2026-11-30T20:00:00Z\"}"
#define INSTALLED_AS(used)                                                                                   \
	"{\"dry_run\":false,\"certificate\":{\"file\":\"/s/a.pem\",\"source\":\"installed\","                \
	"\"names\":[\"mta-sts.a.example\"],\"issuer\":\"CN=R3\",\"key\":\"ecdsa\","                          \
	"\"not_before\":\"2026-11-30T00:00:00Z\",\"not_after\":\"2027-02-28T00:00:00Z\",\"days_left\":89,"   \
	"\"stage\":\"fine\",\"used\":" used                                                                  \
	"},\"replaced\":[],\"covers\":[\"a.example\"],\"covers_count\":1,"                                   \
	"\"uncovered\":0,\"complaints\":[],\"audit\":7}"
#define INSTALLED INSTALLED_AS("true")
#define REFUSAL                                                                                              \
	"{\"error\":{\"code\":\"refused\",\"message\":\"not done\",\"details\":[\"wrong \\u001bkey\"]}}"
#define NO_ROUTE "{\"error\":{\"code\":\"unknown_route\",\"message\":\"none\",\"details\":[]}}"
#define UNKNOWN                                                                                              \
	"{\"error\":{\"code\":\"unknown_domain\",\"message\":\"unknown "                                     \
	"domain\",\"details\":[\"a.example\"]}}"

/* Does what the files beside it say, and puts down how it was called. */
#define UACME                                                                                                \
	"#!/bin/sh\n"                                                                                        \
	"here=${0%/*}\n"                                                                                     \
	"echo \"$*\" >>\"$here/calls\"\n"                                                                    \
	"for last; do :; done\n"                                                                             \
	"case \" $* \" in\n"                                                                                 \
	"*' new '*) mkdir -p \"$here/acme/private\"; echo key >\"$here/acme/private/key.pem\"; . "           \
	"\"$here/new\" ;;\n"                                                                                 \
	"*) cp \"$last\" \"$here/seen.pem\"; echo \"$MTA_STSCTL_SOCKET\" >\"$here/socket\"; . "              \
	"\"$here/issue\" ;;\n"                                                                               \
	"esac\n"

#define ISSUES "cp \"$here/chain.pem\" \"${last%.pem}-cert.pem\"\n"
#define ENROLS "exit 0\n"

struct fixture {
	char line[1024];
	char *out, *err;
	size_t out_len, err_len;
	void *scratch;
};

static const char *settings;      /* GET /v1/acme; NULL: the daemon does not know it */
static const char *authority_why; /* why the authority cannot be asked, or NULL */
static size_t asked;
static json_t *sent[8]; /* bodies, in the order in which they came */

static const char *held; /* a host that may not be ordered */
static enum err looked;  /* how looks end */

__typeof__(client_ask) __wrap_client_ask;
__typeof__(before_look_all) __wrap_before_look_all;

enum err __wrap_before_look_all(const struct before_way *way, struct before *all, size_t count)
{
	assert_string_equal(way->socket, "/s/control.sock");
	assert_int_equal(way->ways, PROVING_TLS_ALPN);
	for (size_t i = 0; i < count; i++) {
		all[i].ways = way->ways;
		all[i].is_held = held != NULL && strcmp(all[i].host, held) == 0;
		if (!all[i].is_held)
			continue;
		all[i].state = ORDERING_FORBIDDEN;
		all[i].advice = "do this";
		(void)snprintf(all[i].detail, sizeof(all[i].detail), "CAA record 'x' at y");
	}
	return looked;
}

enum err __wrap_client_ask(const char *socket, const struct client_request *request, long timeout_ms,
			   struct client_reply *reply, struct client_failure *failure)
{
	enum err result;

	(void)timeout_ms;
	if (strcmp(request->path, "/v1/acme") == 0) {
		reply->status = settings != NULL ? 200 : 404;
		reply->body = json_loads(settings != NULL ? settings : NO_ROUTE, 0, NULL);
		return ERR_OK;
	}
	if (strcmp(request->method, "GET") == 0) {
		reply->status = 200;
		reply->body = json_object();
		return ERR_OK;
	}
	result = mock_type(enum err);
	*failure = (struct client_failure){ .fault = CLIENT_CUT_OFF };
	assert_string_equal(socket, "/s/control.sock");
	assert_string_equal(request->method, "POST");
	assert_string_equal(request->path, mock_ptr_type(const char *));
	sent[asked] = json_loads(request->body, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(sent[asked]);
	asked++;
	if (result == ERR_OK) {
		reply->status = mock_type(long);
		reply->body = json_loads(mock_ptr_type(const char *), 0, NULL);
	}
	return result;
}

__typeof__(directory_fetch) __wrap_directory_fetch;

enum err __wrap_directory_fetch(const char *url, struct directory *directory)
{
	assert_non_null(url);
	if (authority_why == NULL)
		return ERR_OK;
	(void)snprintf(directory->why, sizeof(directory->why), "%s", authority_why);
	return ERR_REFUSED;
}

static void daemon_says(const char *path, long status, const char *body)
{
	will_return(__wrap_client_ask, ERR_OK);
	will_return(__wrap_client_ask, path);
	will_return(__wrap_client_ask, status);
	will_return(__wrap_client_ask, body);
}

static void daemon_gives_requests(size_t count)
{
	for (size_t i = 0; i < count; i++)
		daemon_says("/v1/certificates/request", 200, REQUESTED);
}

static void daemon_installs(void)
{
	daemon_says("/v1/certificates", 200, INSTALLED);
}

static enum run_status run_line(struct fixture *fix, const char *line)
{
	const char *folder = ((struct scratch *)fix->scratch)->folder;
	static char *argv[WORDS_MAX + 1];
	enum run_status status;
	FILE *out, *err;
	size_t len;
	int argc = 0;

	free(fix->out);
	free(fix->err);
	fix->out = fix->err = NULL;
	out = open_memstream(&fix->out, &fix->out_len);
	err = open_memstream(&fix->err, &fix->err_len);
	len = (size_t)snprintf(fix->line, sizeof(fix->line),
			       "mta-stsctl --socket /s/control.sock cert obtain --account %s/acme ", folder);
	(void)snprintf(fix->line + len, sizeof(fix->line) - len, "%s", line);
	for (char *word = strtok(fix->line, " "); word != NULL && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	status = program_run(argc, argv, out, err);
	(void)fclose(out);
	(void)fclose(err);
	return status;
}

/* What is in a file of the directory; "" when it is not there. */
static const char *text_of(const struct fixture *fix, const char *name)
{
	static char text[65536];
	FILE *file = fopen(scratch_path(fix->scratch, name), "re");

	text[0] = '\0';
	if (file != NULL) {
		text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
		(void)fclose(file);
	}
	return text;
}

static void assert_sent(size_t index, const char *expected)
{
	char *body = json_dumps(sent[index], JSON_COMPACT);

	assert_string_equal(body, expected);
	free(body);
}

static void assert_says(const char *text, const char *expected)
{
	if (strstr(text, expected) == NULL)
		fail_msg("no\n%s\nin\n%s", expected, text);
}

static int set_up(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	*state = fix;
	asked = 0;
	held = NULL;
	looked = ERR_OK;
	if (scratch_setup(&fix->scratch) != 0)
		return -1;
	(void)scratch_write(fix->scratch, "chain.pem", CHAIN);
	(void)scratch_write(fix->scratch, "new", ENROLS);
	(void)scratch_write(fix->scratch, "issue", ISSUES);
	if (chmod(scratch_write(fix->scratch, "uacme", UACME), S_IRWXU) != 0)
		return -1;
	(void)snprintf(fix->line, sizeof(fix->line), "%s:/usr/bin:/bin",
		       ((struct scratch *)fix->scratch)->folder);
	return setenv("PATH", fix->line, 1);
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	(void)scratch_teardown(&fix->scratch);
	free(fix->out);
	free(fix->err);
	free(fix);
	for (size_t i = 0; i < asked; i++)
		json_decref(sent[i]);
	settings = authority_why = NULL;
	return 0;
}

static void a_certificate_is_obtained_for_the_key_of_the_daemon(void **state)
{
	struct fixture *fix = *state;

	daemon_gives_requests(1);
	daemon_installs();
	assert_int_equal(run_line(fix, "A.example --agree --email a@a.example"), RUN_DONE);

	assert_sent(0, "{\"domains\":[\"a.example\"],\"key\":\"ecdsa\"}");
	assert_string_equal(text_of(fix, "seen.pem"), CSR);
	assert_sent(1, "{\"certificate\":\"-----BEGIN CERTIFICATE-----\\nQQ==\\n\",\"from\":\"acme\"}");
	assert_int_equal(asked, 2);
	assert_string_equal(fix->out,
			    "there is an account at " AUTHORITY_LETSENCRYPT "\n"
			    "a.example: obtained, valid until 2027-02-28T00:00:00Z, 89 days left\n"
			    "next: mta-stsctl check a.example tries it as a sender would; the same command "
			    "renews it, when cert list says \"soon\"\n");
	assert_string_equal(fix->err, "");
	assert_string_equal(text_of(fix, "socket"), "/s/control.sock\n");
}

static void uacme_is_told_all_that_it_needs(void **state)
{
	struct fixture *fix = *state;
	const char *folder = ((struct scratch *)fix->scratch)->folder;
	char expected[2048];

	daemon_gives_requests(1);
	daemon_installs();
	assert_int_equal(
		run_line(fix, "a.example --agree --email a@a.example --directory https://ca.example/dir"),
		RUN_DONE);
	(void)snprintf(expected, sizeof(expected),
		       "-a https://ca.example/dir -c %s/acme -y new a@a.example\n"
		       "-a https://ca.example/dir -c %s/acme new\n"
		       "-a https://ca.example/dir -c %s/acme -h %s/acme/work/acme-hook issue "
		       "%s/acme/work/request.pem\n",
		       folder, folder, folder, folder, folder);
	assert_string_equal(text_of(fix, "calls"), expected);
	/* Nothing is left but the account. */
	assert_int_equal(access(scratch_path(fix->scratch, "acme/work"), F_OK), -1);
}

static void an_account_is_made_once_for_each_authority(void **state)
{
	struct fixture *fix = *state;

	daemon_gives_requests(1);
	daemon_installs();
	assert_int_equal(run_line(fix, "a.example --agree --email a@a.example"), RUN_DONE);
	daemon_gives_requests(1);
	daemon_installs();
	(void)scratch_write(fix->scratch, "calls", "");
	assert_int_equal(run_line(fix, "a.example"), RUN_DONE);
	assert_null(strstr(text_of(fix, "calls"), " new"));
	assert_says(text_of(fix, "calls"), "-a " AUTHORITY_LETSENCRYPT " ");

	daemon_gives_requests(1);
	(void)scratch_write(fix->scratch, "new", "exit 2");
	assert_int_equal(run_line(fix, "a.example --directory https://other.example/"), RUN_NOT_DONE);
	assert_says(text_of(fix, "calls"), "-a https://other.example/ ");
}

static void terms_are_shown_and_not_agreed_to_by_itself(void **state)
{
	struct fixture *fix = *state;

	daemon_gives_requests(1);
	(void)scratch_write(
		fix->scratch, "new",
		"echo \"uacme: type 'y' to accept the terms at https://ca.example/terms\" >&2; exit 2");
	assert_int_equal(run_line(fix, "a.example"), RUN_NOT_DONE);

	assert_string_equal(fix->out, "");
	assert_says(fix->err,
		    "no account at " AUTHORITY_LETSENCRYPT " yet, and it requires agreement to its terms: "
		    "https://ca.example/terms\n");
	assert_says(fix->err, "add --agree, and --email ADDRESS if");
	assert_null(strstr(text_of(fix, "calls"), " -y "));
	assert_null(strstr(text_of(fix, "calls"), "issue"));
}

static void an_account_that_is_there_already_is_taken(void **state)
{
	struct fixture *fix = *state;

	daemon_gives_requests(1);
	daemon_installs();
	(void)scratch_write(fix->scratch, "new",
			    "echo 'uacme: Account already exists at https://x/1' >&2; exit 2");
	assert_int_equal(run_line(fix, "a.example"), RUN_DONE);
}

static void an_account_that_is_refused_ends_it_with_the_words_of_the_authority(void **state)
{
	struct fixture *fix = *state;

	daemon_gives_requests(2);
	(void)scratch_write(fix->scratch, "new", "echo 'uacme: no \033[2J way' >&2; exit 2");
	assert_int_equal(run_line(fix, "a.example b.example --agree --email a@a.example"), RUN_NOT_DONE);
	assert_says(fix->err, "no account could be made at the authority, uacme says:\n"
			      "mta-stsctl:   uacme: no \\x1b[2J way\n");
	assert_null(strstr(text_of(fix, "calls"), "issue"));
}

static void what_fails_is_told_with_the_end_of_what_uacme_said_and_the_rest_goes_on(void **state)
{
	struct fixture *fix = *state;

	daemon_gives_requests(2);
	daemon_installs();
	(void)scratch_write(fix->scratch, "issue",
			    "if [ -e \"$here/again\" ]; then " ISSUES "exit 0; fi; : >\"$here/again\"\n"
			    "i=0; while [ $i -lt 30 ]; do echo \"line $i\"; i=$((i + 1)); done\n"
			    "printf 'bad \\033 \\351 thing\\n\\n' >&2; exit 2\n");
	assert_int_equal(run_line(fix, "a.example b.example --agree --email a@a.example"), RUN_NOT_DONE);

	assert_says(fix->out, "a.example: NOT obtained: uacme got no certificate\n  line 11\n");
	assert_says(fix->out, "  line 29\n  bad \\x1b \\xe9 thing\nb.example: obtained, valid");
	assert_says(fix->out, "\nobtained 1 of 2; certificates that were in use before are not taken away\n"
			      "next: put that right, and run the same command again for a.example\n");
	assert_int_equal(asked, 3);
}

static void an_order_that_cannot_succeed_is_not_sent_and_the_rest_goes_on(void **state)
{
	struct fixture *fix = *state;

	daemon_gives_requests(2);
	daemon_installs();
	held = "mta-sts.a.example";
	assert_int_equal(run_line(fix, "a.example b.example --agree --email a@a.example"), RUN_NOT_DONE);

	assert_says(fix->out,
		    "a.example: NOT obtained: not ordered: a CAA record forbids the authority to issue it\n"
		    "  CAA record 'x' at y\n  next: do this\nb.example: obtained, valid");
	assert_null(strstr(strstr(text_of(fix, "calls"), "issue") + 1, "issue"));

	daemon_gives_requests(1);
	assert_int_equal(run_line(fix, "a.example --json"), RUN_NOT_DONE);
	assert_says(fix->out, "\"held\": \"forbidden\"");
}

static void without_a_resolver_that_is_one_nothing_is_sent(void **state)
{
	struct fixture *fix = *state;

	daemon_gives_requests(1);
	looked = ERR_SYNTAX;
	assert_int_equal(run_line(fix, "a.example --resolver x --agree --email a@a.example"), RUN_USAGE);
	assert_says(fix->err, "--resolver 'x': write an address");
	assert_null(strstr(text_of(fix, "calls"), "issue"));
}

static void what_uacme_leaves_is_looked_at_before_it_is_handed_over(void **state)
{
	static const struct {
		const char *issue, *why;
	} cases[] = {
		{ "exit 0", "uacme left no certificate" },
		{ "head -c 70000 /dev/zero | tr '\\0' x >\"${last%.pem}-cert.pem\"",
		  "what the authority sent is longer than 64 KiB" },
		{ "printf '\\351' >\"${last%.pem}-cert.pem\"",
		  "what the authority sent is not a certificate" },
		{ "ln -s /etc/passwd \"${last%.pem}-cert.pem\"", "uacme left no certificate" },
		{ "exit 1", "uacme got no certificate" },
		{ "kill -9 $$", "uacme was killed" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		daemon_gives_requests(1);
		(void)scratch_write(fix->scratch, "issue", cases[i].issue);
		assert_int_equal(run_line(fix, "a.example --agree --email a@a.example"), RUN_NOT_DONE);
		assert_says(fix->out, cases[i].why);
	}
}

static void what_the_daemon_refuses_is_told_for_its_domain(void **state)
{
	struct fixture *fix = *state;

	daemon_says("/v1/certificates/request", 404, UNKNOWN);
	daemon_says("/v1/certificates/request", 200, REQUESTED);
	daemon_says("/v1/certificates", 409, REFUSAL);
	assert_int_equal(run_line(fix, "a.example b.example --agree --email a@a.example"), RUN_NOT_DONE);
	assert_says(fix->out, "a.example: NOT obtained: unknown domain\n");
	assert_says(fix->out, "b.example: NOT obtained: not done\n    wrong \\x1bkey\n");
	assert_says(fix->out, "again for a.example b.example\n");
}

static void nobody_else_is_asked_when_the_daemon_gives_no_request(void **state)
{
	struct fixture *fix = *state;

	will_return(__wrap_client_ask, ERR_CLOSED);
	will_return(__wrap_client_ask, "/v1/certificates/request");
	assert_int_equal(run_line(fix, "a.example --agree --email a@a.example"), RUN_NOT_DONE);
	assert_string_equal(text_of(fix, "calls"), "");
}

static void a_reply_that_was_lost_is_not_known(void **state)
{
	struct fixture *fix = *state;

	daemon_gives_requests(1);
	will_return(__wrap_client_ask, ERR_UNKNOWN);
	will_return(__wrap_client_ask, "/v1/certificates");
	assert_int_equal(run_line(fix, "a.example --agree --email a@a.example"), RUN_UNKNOWN);
	assert_says(fix->out, "a.example: NOT KNOWN whether installed: ");
	assert_says(fix->out, "look (mta-stsctl cert list) before you retry");
}

static void a_certificate_that_is_not_used_says_so(void **state)
{
	struct fixture *fix = *state;

	daemon_gives_requests(1);
	daemon_says("/v1/certificates", 200, INSTALLED_AS("false"));
	assert_int_equal(run_line(fix, "a.example --agree --email a@a.example"), RUN_DONE);
	assert_says(fix->out, "89 days left (not used, a better one is there)\n");
}

static void json_says_the_same(void **state)
{
	struct fixture *fix = *state;
	json_t *all, *row;

	daemon_says("/v1/certificates/request", 404, UNKNOWN);
	daemon_says("/v1/certificates/request", 200, REQUESTED);
	daemon_installs();
	assert_int_equal(run_line(fix, "a.example b.example --rsa --json --agree --email a@a.example"),
			 RUN_NOT_DONE);

	assert_string_equal(json_string_value(json_object_get(sent[0], "key")), "rsa");
	all = json_loads(fix->out, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(all);
	assert_int_equal(json_integer_value(json_object_get(all, "obtained")), 1);
	assert_int_equal(json_integer_value(json_object_get(all, "failed")), 1);
	row = json_array_get(json_object_get(all, "domains"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "domain")), "a.example");
	assert_true(json_is_false(json_object_get(row, "obtained")));
	assert_string_equal(json_string_value(json_object_get(row, "problem")), "unknown domain");
	assert_true(json_is_null(json_object_get(row, "certificate")));
	row = json_array_get(json_object_get(all, "domains"), 1);
	assert_true(json_is_true(json_object_get(row, "obtained")));
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(row, "certificate"), "not_after")),
		"2027-02-28T00:00:00Z");
	assert_true(json_is_null(json_object_get(row, "problem")));
	json_decref(all);
}

static void without_uacme_nothing_is_done_and_what_to_install_is_said(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
	assert_int_equal(run_line(fix, "a.example --agree --email a@a.example"), RUN_NOT_DONE);
	assert_says(fix->err,
		    "uacme, which speaks with the authority, is not installed: apt install uacme\n");
	assert_int_equal(access(scratch_path(fix->scratch, "acme"), F_OK), -1);
	assert_int_equal(asked, 0);
}

static void the_settings_of_the_daemon_count_where_the_options_say_nothing(void **state)
{
	struct fixture *fix = *state;

	settings = "{\"directory\":\"https://ca.example/set\",\"key\":\"rsa\",\"addresses\":[]}";
	daemon_gives_requests(1);
	daemon_installs();
	assert_int_equal(run_line(fix, "a.example --agree"), RUN_DONE);
	assert_sent(0, "{\"domains\":[\"a.example\"],\"key\":\"rsa\"}");
	assert_says(text_of(fix, "calls"), "-a https://ca.example/set ");
	assert_says(fix->out, "there is an account at https://ca.example/set\n");

	daemon_gives_requests(1);
	daemon_installs();
	assert_int_equal(run_line(fix, "a.example --agree --directory staging"), RUN_DONE);
	assert_says(text_of(fix, "calls"), "-a https://acme-staging-v02.api.letsencrypt.org/directory ");
}

static void an_authority_that_cannot_be_asked_gets_no_order(void **state)
{
	struct fixture *fix = *state;

	authority_why = "its answer has status 503";
	daemon_gives_requests(1);
	assert_int_equal(run_line(fix, "a.example --agree"), RUN_NOT_DONE);
	assert_says(fix->err, "the authority cannot be asked, and nothing is ordered: " AUTHORITY_LETSENCRYPT
			      ": its answer has status 503\n");
	assert_int_equal(access(scratch_path(fix->scratch, "calls"), F_OK), -1);
}

static void wrong_usage_asks_nobody(void **state)
{
	static const char *const lines[] = {
		"",
		"--agree a.example --dry-run",
		"a.example --email a@a.example",
		"a.example --agree --email nonsense",
		"a.example --agree --email -y@a.example",
		"a.example --agree --email a\"@a.example",
		"a.example --directory http://ca.example/",
		"a.example --directory https://",
		"mta_sts --agree --email a@a.example",
		"--all",
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_int_equal(run_line(fix, lines[i]), RUN_USAGE);
	assert_int_equal(asked, 0);
	assert_int_equal(access(scratch_path(fix->scratch, "acme"), F_OK), -1);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(a_certificate_is_obtained_for_the_key_of_the_daemon),
		UNIT(uacme_is_told_all_that_it_needs),
		UNIT(an_account_is_made_once_for_each_authority),
		UNIT(terms_are_shown_and_not_agreed_to_by_itself),
		UNIT(an_account_that_is_there_already_is_taken),
		UNIT(an_account_that_is_refused_ends_it_with_the_words_of_the_authority),
		UNIT(what_fails_is_told_with_the_end_of_what_uacme_said_and_the_rest_goes_on),
		UNIT(an_order_that_cannot_succeed_is_not_sent_and_the_rest_goes_on),
		UNIT(without_a_resolver_that_is_one_nothing_is_sent),
		UNIT(what_uacme_leaves_is_looked_at_before_it_is_handed_over),
		UNIT(what_the_daemon_refuses_is_told_for_its_domain),
		UNIT(nobody_else_is_asked_when_the_daemon_gives_no_request),
		UNIT(a_reply_that_was_lost_is_not_known),
		UNIT(a_certificate_that_is_not_used_says_so),
		UNIT(json_says_the_same),
		UNIT(without_uacme_nothing_is_done_and_what_to_install_is_said),
		UNIT(the_settings_of_the_daemon_count_where_the_options_say_nothing),
		UNIT(an_authority_that_cannot_be_asked_gets_no_order),
		UNIT(wrong_usage_asks_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
