/* SPDX-License-Identifier: ISC */
/* wrap: client_ask; memory */
#include "ctl/orders/install.h"

#include "client/client.h"
#include "ctl/cli/program.h"
#include "scratch.h"
#include "test_ctl_samples.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define WORDS_MAX 16
#define CHAIN     "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n"
#define KEY       "-----BEGIN PRIVATE KEY-----\nQUFB\n-----END PRIVATE KEY-----\n"
#define DONE                                                                                                 \
	"{\"dry_run\":false,\"certificate\":{\"file\":\"/s/a.pem\",\"source\":\"installed\","                \
	"\"names\":[\"mta-sts.a.example\"],\"issuer\":\"CN=R3\",\"key\":\"ecdsa\","                          \
	"\"not_before\":\"2026-11-23T00:00:00Z\",\"not_after\":\"2027-02-21T00:00:00Z\",\"days_left\":89,"   \
	"\"stage\":\"fine\",\"used\":true},\"replaced\":[],\"covers\":[\"a.example\"],\"covers_count\":1,"   \
	"\"uncovered\":0,\"complaints\":[],\"audit\":7}"

struct fixture {
	char line[1024];
	char *out, *err;
	size_t out_len, err_len;
	void *scratch; /* of scratch_setup() */
	const char *dir;
};

static int asked;
static json_t *sent; /* the body */

__typeof__(client_ask) __wrap_client_ask;

/* The daemon's part: a result, and with ERR_OK a status and a body. */
enum err __wrap_client_ask(const char *socket, const struct client_request *request, long timeout_ms,
			   struct client_reply *reply, struct client_failure *failure)
{
	enum err result = mock_type(enum err);

	(void)socket;
	(void)timeout_ms;
	*failure = (struct client_failure){ .fault = CLIENT_CUT_OFF };
	asked++;
	assert_string_equal(request->method, "POST");
	assert_string_equal(request->path, "/v1/certificates");
	json_decref(sent);
	sent = json_loads(request->body, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(sent);
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

/* "@" of a line becomes the directory. */
static enum run_status run_line(struct fixture *fix, const char *line)
{
	static char *argv[WORDS_MAX + 1];
	enum run_status status;
	FILE *out, *err;
	size_t len = 0;
	int argc = 0;

	free(fix->out);
	free(fix->err);
	fix->out = fix->err = NULL;
	out = open_memstream(&fix->out, &fix->out_len);
	err = open_memstream(&fix->err, &fix->err_len);
	len = (size_t)snprintf(fix->line, sizeof(fix->line), "mta-stsctl cert install ");
	for (; *line != '\0'; line++)
		len += (size_t)snprintf(fix->line + len, sizeof(fix->line) - len, "%.*s",
					*line == '@' ? PATH_MAX : 1, *line == '@' ? fix->dir : line);
	for (char *word = strtok(fix->line, " "); word != NULL && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	status = program_run(argc, argv, out, err);
	(void)fclose(out);
	(void)fclose(err);
	return status;
}

static const char *sent_text(const char *member)
{
	return json_string_value(json_object_get(sent, member));
}

static int set_up(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	*state = fix;
	asked = 0;
	if (scratch_setup(&fix->scratch) != 0)
		return -1;
	fix->dir = ((struct scratch *)fix->scratch)->folder;
	(void)scratch_write(fix->scratch, "fullchain.pem", CHAIN);
	(void)scratch_write(fix->scratch, "privkey.pem", KEY);
	(void)scratch_write(fix->scratch, "both.pem", KEY CHAIN);
	(void)setenv("RENEWED_LINEAGE", fix->dir, 1);
	(void)setenv("RENEWED_DOMAINS", "mta-sts.a.example", 1);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	(void)scratch_teardown(&fix->scratch);
	free(fix->out);
	free(fix->err);
	free(fix);
	json_decref(sent);
	sent = NULL;
	return 0;
}

static void two_files_are_handed_over_as_they_are(void **state)
{
	struct fixture *fix = *state;

	daemon_says(200, DONE);
	assert_int_equal(run_line(fix, "@/fullchain.pem @/privkey.pem --reason moved --dry-run"), RUN_DONE);

	assert_string_equal(sent_text("certificate"), CHAIN);
	assert_string_equal(sent_text("key"), KEY);
	assert_string_equal(sent_text("from"), "files");
	assert_string_equal(sent_text("reason"), "moved");
	assert_true(json_is_true(json_object_get(sent, "dry_run")));
	assert_int_equal(json_object_size(sent), 5);
	assert_non_null(strstr(fix->out, "mta-sts.a.example"));
	assert_string_equal(fix->err, "");
}

static void one_file_may_hold_both(void **state)
{
	daemon_says(200, DONE);
	assert_int_equal(run_line(*state, "@/both.pem"), RUN_DONE);
	assert_string_equal(sent_text("certificate"), KEY CHAIN);
	assert_string_equal(sent_text("key"), KEY CHAIN);
	assert_int_equal(json_object_size(sent), 3);
}

static void a_chain_alone_is_one_of_a_key_that_the_daemon_has(void **state)
{
	daemon_says(200, DONE);
	assert_int_equal(run_line(*state, "@/fullchain.pem"), RUN_DONE);
	assert_string_equal(sent_text("certificate"), CHAIN);
	assert_null(json_object_get(sent, "key"));
	assert_string_equal(sent_text("from"), "files");
	assert_int_equal(json_object_size(sent), 2);
}

static void a_hook_finds_the_files_by_itself(void **state)
{
	daemon_says(200, DONE);
	assert_int_equal(run_line(*state, "--from-hook"), RUN_DONE);
	assert_string_equal(sent_text("certificate"), CHAIN);
	assert_string_equal(sent_text("key"), KEY);
	assert_string_equal(sent_text("from"), "certbot");
}

static void a_certificate_of_others_is_passed_over_in_one_line(void **state)
{
	struct fixture *fix = *state;

	(void)setenv("RENEWED_DOMAINS", "example.org www.example.org", 1);
	assert_int_equal(run_line(fix, "--from-hook"), RUN_DONE);
	assert_string_equal(fix->out, "passed over, no name is that of a policy host (mta-sts.DOMAIN): "
				      "example.org www.example.org\n");
	assert_string_equal(fix->err, "");
	assert_int_equal(run_line(fix, "--from-hook --json"), RUN_DONE);
	assert_string_equal(fix->out, "");
	assert_int_equal(asked, 0);
}

static void wrong_usage_reads_nothing_and_asks_nobody(void **state)
{
	static const char *const lines[] = { "", "@/fullchain.pem --from-hook",
					     "@/fullchain.pem @/privkey.pem @/both.pem", "@/both.pem --all",
					     "@/both.pem --format zone" };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_int_equal(run_line(fix, lines[i]), RUN_USAGE);
	(void)unsetenv("RENEWED_LINEAGE");
	assert_int_equal(run_line(fix, "--from-hook"), RUN_USAGE);
	assert_int_equal(asked, 0);
}

static void assert_refused(struct fixture *fix, const char *line, const char *why)
{
	assert_int_equal(run_line(fix, line), RUN_NOT_DONE);
	assert_non_null(strstr(fix->err, fix->dir));
	assert_non_null(strstr(fix->err, why));
	assert_int_equal(asked, 0);
}

static void a_file_that_is_none_is_named_with_what_to_do(void **state)
{
	struct fixture *fix = *state;
	char *long_text = calloc(1, 70000);
	char path[512];

	memset(long_text, 'x', 69999);
	(void)scratch_write(fix->scratch, "long", long_text);
	free(long_text);
	(void)scratch_write(fix->scratch, "latin", "\xe9 " KEY CHAIN);
	(void)snprintf(path, sizeof(path), "%s/fifo", fix->dir);
	assert_int_equal(mkfifo(path, 0600), 0);

	assert_refused(fix, "@/none @/privkey.pem", "does not exist");
	assert_refused(fix, "@/fullchain.pem @/none", "does not exist");
	assert_refused(fix, "@/fifo @/privkey.pem", "is a FIFO");
	assert_refused(fix, "@ @/privkey.pem", "is a directory");
	assert_refused(fix, "@/long @/privkey.pem", "longer than 64 KiB");
	assert_refused(fix, "@/latin", "more than text");
	assert_refused(fix, "@/privkey.pem @/fullchain.pem", "holds no certificate in PEM");
	assert_refused(fix, "@/fullchain.pem @/fullchain.pem", "holds no private key in PEM");
	assert_refused(fix, "@/privkey.pem", "holds no certificate in PEM");
}

static void the_key_is_never_shown(void **state)
{
	static const char refusal[] =
		"{\"error\":{\"code\":\"refused\",\"message\":\"no\",\"details\":[\"why\"]}}";
	struct fixture *fix = *state;

	daemon_says(409, refusal);
	assert_int_equal(run_line(fix, "@/both.pem --json"), RUN_NOT_DONE);
	assert_null(strstr(fix->out, "QUFB"));
	assert_null(strstr(fix->err, "QUFB"));
	assert_non_null(strstr(fix->err, "why"));
}

static void an_order_cut_off_ends_with_3_and_says_where_to_look(void **state)
{
	struct fixture *fix = *state;

	will_return(__wrap_client_ask, ERR_UNKNOWN);
	assert_int_equal(run_line(fix, "@/both.pem"), RUN_UNKNOWN);
	assert_non_null(strstr(fix->err, "look (mta-stsctl cert list) before you retry"));
	will_return(__wrap_client_ask, ERR_CLOSED);
	assert_int_equal(run_line(fix, "@/both.pem"), RUN_NOT_DONE);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#define CERTIFICATE(stage, days, used)                                                                       \
	"{\"file\":\"/s/a.pem\",\"source\":\"installed\",\"names\":[\"mta-sts.a.example\","                  \
	"\"mta-sts.b.example\"],\"issuer\":\"CN=R3,O=Org\",\"key\":\"ecdsa\","                               \
	"\"not_before\":\"2026-11-23T00:00:00Z\",\"not_after\":\"2027-02-21T00:00:00Z\",\"days_left\":" days \
	",\"stage\":\"" stage "\",\"used\":" used "}"
#define INSTALLED                                                                                            \
	"{\"dry_run\":false,\"certificate\":" CERTIFICATE(                                                   \
		"fine", "89",                                                                                \
		"true") ",\"replaced\":[],\"covers\":[\"a.example\",\"b.example\"],\"covers_count\":2,"      \
			"\"uncovered\":0,\"complaints\":[],\"audit\":7}"
#define DETAILS                                                                                              \
	"  issuer       R3\n  valid until  2027-02-21T00:00:00Z, 89 days left\n  stored in    /s/a.pem\n"

static struct printed install_with(const char *member, const char *json)
{
	char *reply = spoiled(INSTALLED, member, json_loads(json, JSON_DECODE_ANY, NULL));
	struct printed seen = printed(install_print, FORMAT_PEOPLE, reply);

	free(reply);
	return seen;
}

static void assert_says(const char *member, const char *json, const char *expected)
{
	struct printed seen = install_with(member, json);

	assert_int_equal(seen.err, ERR_OK);
	if (strstr(seen.out, expected) == NULL)
		fail_msg("no\n%s\nin\n%s", expected, seen.out);
	printed_free(&seen);
}

static void what_was_installed_is_told_with_what_to_do_next(void **state)
{
	struct printed seen = printed(install_print, FORMAT_PEOPLE, INSTALLED);

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out, "installed: mta-sts.a.example and 1 more\n" DETAILS
				      "  covers       a.example, b.example\n"
				      "next: mta-stsctl check a.example tries it as a sender would\n");
	printed_free(&seen);
}

static void a_dry_run_says_that_it_was_one(void **state)
{
	(void)state;
	assert_says("dry_run", "true", "dry run: nothing was changed\n\nto be installed: mta-sts.a.example");
}

static void the_same_again_is_said_and_asks_for_nothing(void **state)
{
	struct printed seen = install_with("audit", "null");

	(void)state;
	assert_ptr_equal(strstr(seen.out, "nothing was changed, it is installed already: mta-sts."),
			 seen.out);
	assert_null(strstr(seen.out, "next:"));
	printed_free(&seen);
}

static void one_that_is_not_used_says_so(void **state)
{
	(void)state;
	assert_says("certificate", CERTIFICATE("fine", "1", "false"),
		    "mta-sts.a.example and 1 more (not used, a better one is there)\n");
}

static void what_it_replaced_is_named(void **state)
{
	(void)state;
	assert_says("replaced", "[\"/s/a.pem\",\"/s/b\\u001b.pem\"]",
		    "  in place of  the older one there\n               /s/b\\x1b.pem\n");
}

static void what_it_covers_may_be_too_much_or_nothing(void **state)
{
	(void)state;
	assert_says("covers_count", "1200", "  covers       a.example, b.example and 1198 more\n");
	assert_says("covers", "[]", "  covers       ");
	{
		char *reply = spoiled(INSTALLED, "covers", json_array());
		json_t *none = json_loads(reply, 0, NULL);
		struct printed seen;

		free(reply);
		(void)json_object_set_new(none, "covers_count", json_integer(0));
		reply = json_dumps(none, 0);
		seen = printed(install_print, FORMAT_PEOPLE, reply);
		assert_non_null(strstr(seen.out, "  covers       no domain that is served\n"));
		assert_null(strstr(seen.out, "next:"));
		printed_free(&seen);
		free(reply);
		json_decref(none);
	}
}

static void what_is_still_uncovered_comes_first(void **state)
{
	struct printed seen = install_with("uncovered", "3");

	(void)state;
	assert_non_null(strstr(
		seen.out, "\nnext: mta-stsctl cert list (3 served domains without a valid certificate)\n"));
	assert_null(strstr(seen.out, "mta-stsctl check"));
	printed_free(&seen);
}

static void time_that_is_left_is_said_in_words(void **state)
{
	(void)state;
	assert_says("certificate", CERTIFICATE("urgent", "1", "true"), "Z, 1 day left\n");
	assert_says("certificate", CERTIFICATE("urgent", "0", "true"), "Z, less than a day left\n");
	assert_says("certificate", CERTIFICATE("expired", "-1", "true"), "Z, EXPIRED\n");
}

static void complaints_are_printed(void **state)
{
	(void)state;
	assert_says("complaints", "[" SAMPLE_COMPLAINT("warning", "chain is odd") "]",
		    "\ncomplaints:\n  chain is odd\nnext:");
}

static void a_reply_that_is_none_is_refused(void **state)
{
	static const char *const members[] = { "dry_run",      "certificate", "replaced",   "covers",
					       "covers_count", "uncovered",   "complaints", "audit" };

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		char *without = spoiled(INSTALLED, members[i], NULL);
		struct printed seen = printed(install_print, FORMAT_PEOPLE, without);

		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
		free(without);
	}
	{
		struct printed seen = install_with("replaced", "[7]");

		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* Before the others: those leave the JSON library with memory that memory.h refuses. */
		cmocka_unit_test(what_was_installed_is_told_with_what_to_do_next),
		cmocka_unit_test(a_dry_run_says_that_it_was_one),
		cmocka_unit_test(the_same_again_is_said_and_asks_for_nothing),
		cmocka_unit_test(one_that_is_not_used_says_so),
		cmocka_unit_test(what_it_replaced_is_named),
		cmocka_unit_test(what_it_covers_may_be_too_much_or_nothing),
		cmocka_unit_test(what_is_still_uncovered_comes_first),
		cmocka_unit_test(time_that_is_left_is_said_in_words),
		cmocka_unit_test(complaints_are_printed),
		cmocka_unit_test(a_reply_that_is_none_is_refused),
		UNIT(two_files_are_handed_over_as_they_are),
		UNIT(one_file_may_hold_both),
		UNIT(a_chain_alone_is_one_of_a_key_that_the_daemon_has),
		UNIT(a_hook_finds_the_files_by_itself),
		UNIT(a_certificate_of_others_is_passed_over_in_one_line),
		UNIT(wrong_usage_reads_nothing_and_asks_nobody),
		UNIT(a_file_that_is_none_is_named_with_what_to_do),
		UNIT(the_key_is_never_shown),
		UNIT(an_order_cut_off_ends_with_3_and_says_where_to_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
