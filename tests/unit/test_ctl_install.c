/* SPDX-License-Identifier: ISC */
#include "ctl/orders/install.h"

#include "client/client.h"
#include "ctl/cli/program.h"
#include "scratch.h"

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

enum err __wrap_client_ask(const char *socket, const struct client_request *request, long timeout_ms,
			   struct client_reply *reply, struct client_failure *failure);

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
	assert_refused(fix, "@/fullchain.pem", "holds no private key in PEM");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(two_files_are_handed_over_as_they_are),
		UNIT(one_file_may_hold_both),
		UNIT(a_hook_finds_the_files_by_itself),
		UNIT(a_certificate_of_others_is_passed_over_in_one_line),
		UNIT(wrong_usage_reads_nothing_and_asks_nobody),
		UNIT(a_file_that_is_none_is_named_with_what_to_do),
		UNIT(the_key_is_never_shown),
		UNIT(an_order_cut_off_ends_with_3_and_says_where_to_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
