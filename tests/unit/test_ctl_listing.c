/* SPDX-License-Identifier: ISC */
/* wrap: client_ask; memory */
#include "client/client.h"
#include "ctl/cli/program.h"
#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEPT 1000 /* up to so many are printed whole */

struct fixture {
	char *out, *err;
	size_t out_len, err_len;
	FILE *to; /* instead of out */
};

/* The daemon's part. */
static struct {
	int rows;
	int bad;            /* the row of this number is none */
	int waiting;        /* from this number on they wait for the operator; 0: none does */
	bool cut_off;       /* there is no end */
	const char *behind; /* the rows */
	int taken;
	size_t printed; /* of the fixture's output, when the last row was taken */
} daemon_has;

static struct fixture *current;

/* NULL: no memory. */
static json_t *make_row(int number)
{
	json_t *row = json_loads("{" SAMPLE_ROW_FIELDS "}", 0, NULL);
	char name[40];
	int failed;

	(void)snprintf(name, sizeof(name),
		       number == daemon_has.rows ? "the-longest.d%d.example" : "d%d.example", number);
	failed = json_object_set_new(row, "domain", json_string(name));
	if (daemon_has.waiting > 0 && number >= daemon_has.waiting)
		failed |= json_object_set_new(row, "retirement",
					      json_loads(SAMPLE_RETIREMENT("safe"), 0, NULL));
	if (number == daemon_has.bad)
		failed |= json_object_del(row, "mode");
	if (failed == 0)
		return row;
	json_decref(row);
	return NULL;
}

static enum err end_badly(struct client_failure *failure, enum client_fault fault, enum err err)
{
	*failure = (struct client_failure){ .fault = fault };
	return err;
}

static enum err hand_head(const struct client_request *request)
{
	json_t *head = json_loads("{\"domains\":[]}", 0, NULL);
	enum err err = head != NULL ? request->begin(request->rows, head) : ERR_NO_MEMORY;

	json_decref(head);
	return err;
}

__typeof__(client_ask) __wrap_client_ask;

enum err __wrap_client_ask(const char *socket, const struct client_request *request, long timeout_ms,
			   struct client_reply *reply, struct client_failure *failure)
{
	(void)socket, (void)timeout_ms;
	assert_true(strcmp(request->path, "/v1/domains") == 0 || strcmp(request->path, "/v1/query") == 0);
	if (request->begin != NULL && hand_head(request) != ERR_OK)
		return end_badly(failure, CLIENT_NO_MEMORY, ERR_SYNTAX);
	for (int i = 1; i <= daemon_has.rows; i++) {
		json_t *row = make_row(i);
		enum err err;

		if (row == NULL)
			return end_badly(failure, CLIENT_NO_MEMORY, ERR_SYNTAX);
		err = request->row(request->rows, row);
		daemon_has.taken = i;
		json_decref(row);
		if (err != ERR_OK)
			return end_badly(failure, CLIENT_NOT_TAKEN, err);
	}
	(void)fflush(current->to);
	daemon_has.printed = current->out_len;
	if (daemon_has.cut_off)
		return end_badly(failure, CLIENT_CUT_OFF, ERR_UNKNOWN);
	reply->status = 200;
	reply->body = json_loads(daemon_has.behind, 0, NULL);
	return reply->body != NULL ? ERR_OK : end_badly(failure, CLIENT_NO_MEMORY, ERR_SYNTAX);
}

static int set_up(void **state)
{
	memset(&daemon_has, 0, sizeof(daemon_has));
	daemon_has.behind = "{\"domains\":[],\"unreadable\":[],\"partial\":false}";
	*state = current = calloc(1, sizeof(struct fixture));
	return current != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	free(fix->out);
	free(fix->err);
	free(fix);
	return 0;
}

static enum run_status run_words(struct fixture *fix, int count, char *words[])
{
	FILE *err = open_memstream(&fix->err, &fix->err_len);
	enum run_status status;

	fix->to = open_memstream(&fix->out, &fix->out_len);
	status = program_run(count, words, fix->to, err);
	(void)fclose(fix->to);
	(void)fclose(err);
	return status;
}

static enum run_status run(struct fixture *fix, bool json)
{
	char *words[] = { (char[]){ "mta-stsctl" }, (char[]){ "list" }, (char[]){ "--json" }, NULL };

	return run_words(fix, json ? 3 : 2, words);
}

static enum run_status run_txt(struct fixture *fix)
{
	char *words[] = { (char[]){ "mta-stsctl" }, (char[]){ "txt" }, (char[]){ "--all" }, NULL };

	return run_words(fix, 3, words);
}

static void assert_begins(const char *text, const char *begin)
{
	if (strncmp(text, begin, strlen(begin)) != 0)
		fail_msg("%.200s", text);
}

static size_t lines_of(const char *text)
{
	size_t lines = 0;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

static void a_short_list_is_printed_when_all_of_it_is_there(void **state)
{
	struct fixture *fix = *state;

	daemon_has.rows = KEPT;
	assert_int_equal(run(fix, false), RUN_DONE);
	assert_int_equal(daemon_has.printed, 0);
	assert_int_equal(lines_of(fix->out), KEPT + 1);
	/* As wide as the last, which is the longest; and columns without a word are left out. */
	assert_begins(fix->out, "DOMAIN                     MODE     MAX_AGE  ID              STANDING\n");
	assert_string_equal(fix->err, "");
}

static void a_long_list_is_printed_as_it_comes(void **state)
{
	struct fixture *fix = *state;
	const char *second;

	daemon_has.rows = 5000;
	assert_int_equal(run(fix, false), RUN_DONE);
	assert_true(daemon_has.printed > fix->out_len / 2);
	assert_int_equal(lines_of(fix->out), 5001);
	second = strchr(fix->out, '\n') + 1;
	assert_begins(fix->out,
		      "DOMAIN         MODE     MAX_AGE  ID              STANDING    RETIREMENT  NOTE\n");
	assert_begins(second, "d1.example     enforce  604800   20261123160000  configured\n");
	assert_non_null(strstr(fix->out, "\nd4999.example  enforce  604800 "));
	assert_non_null(strstr(fix->out, "\nthe-longest.d5000.example  enforce  604800 "));
	assert_string_equal(fix->err, "");
}

static void what_to_do_next_stands_behind_a_long_list(void **state)
{
	struct fixture *fix = *state;

	daemon_has.rows = 3000;
	daemon_has.waiting = 2000;
	daemon_has.behind =
		"{\"domains\":[],\"unreadable\":[\"lost.example\"],\"partial\":true,\"files_held\":true}";
	assert_int_equal(run(fix, false), RUN_DONE);
	assert_non_null(strstr(fix->out, "\nlost.example: unreadable, "));
	assert_non_null(strstr(fix->out, "\nthere may be more domains, "));
	assert_non_null(strstr(fix->out, "\nfiles are not loaded, "));
	assert_non_null(strstr(fix->out, "\nnext, d2000.example: do this\nand 1000 more: "));
}

/* As the whole reply would be. */
static void json_is_the_same_of_any_length(void **state)
{
	static const int lengths[] = { 0, 1, KEPT, KEPT + 1, 3000 };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		json_t *json;
		char *dump;

		daemon_has.rows = lengths[i];
		assert_int_equal(run(fix, true), RUN_DONE);
		assert_int_equal(daemon_has.printed > 0, lengths[i] > KEPT);
		json = json_loads(fix->out, JSON_REJECT_DUPLICATES, NULL);
		assert_int_equal(json_array_size(json_object_get(json, "domains")), lengths[i]);
		dump = json_dumps(json, JSON_INDENT(2));
		assert_int_equal(strncmp(fix->out, dump, strlen(dump)), 0);
		assert_string_equal(fix->out + strlen(dump), "\n");
		free(dump);
		json_decref(json);
		free(fix->out);
		free(fix->err);
		fix->out = fix->err = NULL;
	}
}

static void of_a_short_list_that_breaks_nothing_is_shown(void **state)
{
	struct fixture *fix = *state;

	daemon_has.rows = KEPT;
	daemon_has.cut_off = true;
	assert_int_equal(run(fix, false), RUN_NOT_DONE);
	assert_string_equal(fix->out, "");
	assert_non_null(strstr(fix->err, "failed before its reply was complete"));
	assert_null(strstr(fix->err, "not the whole list"));
	free(fix->out);
	free(fix->err);

	daemon_has.cut_off = false;
	daemon_has.bad = 10;
	assert_int_equal(run(fix, false), RUN_NOT_DONE);
	assert_string_equal(fix->out, "");
	assert_non_null(strstr(fix->err, "unexpected reply"));
}

static void a_long_list_that_breaks_says_so(void **state)
{
	struct fixture *fix = *state;

	for (int json = 0; json < 2; json++) {
		daemon_has.rows = 3000;
		daemon_has.cut_off = true;
		daemon_has.bad = 0;
		assert_int_equal(run(fix, json != 0), RUN_NOT_DONE);
		assert_non_null(strstr(fix->err, "failed before its reply was complete"));
		assert_non_null(strstr(fix->err, "mta-stsctl: what was printed is not the whole list\n"));
		free(fix->out);
		free(fix->err);

		daemon_has.cut_off = false;
		daemon_has.bad = 2500;
		assert_int_equal(run(fix, json != 0), RUN_NOT_DONE);
		assert_non_null(strstr(fix->err, "unexpected reply"));
		assert_non_null(strstr(fix->err, "not the whole list"));
		assert_null(strstr(fix->out, "d2500.example"));
		free(fix->out);
		free(fix->err);
		fix->out = fix->err = NULL;
	}
}

/* To a device that is full. */
static void assert_not_written(struct fixture *fix, int count, char *words[])
{
	FILE *err = open_memstream(&fix->err, &fix->err_len);

	fix->to = fopen("/dev/full", "we");
	assert_non_null(fix->to);
	assert_int_equal(program_run(count, words, fix->to, err), RUN_NOT_DONE);
	(void)fclose(fix->to);
	(void)fclose(err);
	assert_non_null(strstr(fix->err, "cannot write the output"));
}

static void what_cannot_be_written_ends_it(void **state)
{
	char *words[] = { (char[]){ "mta-stsctl" }, (char[]){ "list" }, NULL };

	daemon_has.rows = 100000;
	assert_not_written(*state, 2, words);
	assert_in_range(daemon_has.taken, KEPT, 10000); /* no more is asked for */
}

/* Half a zone would take records away. */
static void records_are_printed_all_or_none(void **state)
{
	static const char record[] = "_mta-sts.example.org. 300 IN TXT \"v=STSv1; id=20261123160000;\"\n";
	struct fixture *fix = *state;

	daemon_has.rows = 3000;
	assert_int_equal(run_txt(fix), RUN_DONE);
	assert_int_equal(daemon_has.printed, 0);
	assert_int_equal(fix->out_len, 3000 * strlen(record));
	assert_string_equal(fix->out + 2999 * strlen(record), record);
	assert_string_equal(fix->err, "");
	for (int i = 0; i < 2; i++) {
		free(fix->out);
		free(fix->err);
		daemon_has.cut_off = i == 0;
		daemon_has.bad = i == 0 ? 0 : 2500;
		assert_int_equal(run_txt(fix), RUN_NOT_DONE);
		assert_string_equal(fix->out, "");
		assert_non_null(
			strstr(fix->err, i == 0 ? "before its reply was complete" : "unexpected reply"));
	}
	free(fix->out);
	free(fix->err);
	memset(&daemon_has, 0, sizeof(daemon_has));
	daemon_has.behind = "{\"domains\":[]}";
	assert_int_equal(run_txt(fix), RUN_DONE);
	assert_string_equal(fix->err, "no domains: nothing to publish\n");
}

static void records_that_cannot_be_written_are_said(void **state)
{
	char *words[] = { (char[]){ "mta-stsctl" }, (char[]){ "txt" }, (char[]){ "--all" }, NULL };

	daemon_has.rows = 10;
	assert_not_written(*state, 3, words);
}

/* Of the list, and of records. */
static void without_memory_nothing_is_left_out_quietly(void **state)
{
	struct fixture *fix = *state;
	unsigned done = 0;

	daemon_has.rows = KEPT + 5;
	for (size_t n = 0; done < 2; n += 7) {
		enum run_status status;

		memory_fail_after(n);
		status = done == 0 ? run(fix, false) : run_txt(fix);
		(void)memory_restore();
		if (status == RUN_DONE)
			assert_int_equal(lines_of(fix->out), done == 0 ? KEPT + 6 : KEPT + 5);
		else
			assert_string_not_equal(fix->err, "");
		n = status == RUN_DONE ? 0 : n;
		done += status == RUN_DONE;
		free(fix->out);
		free(fix->err);
		fix->out = fix->err = NULL;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_short_list_is_printed_when_all_of_it_is_there),
		TEST(a_long_list_is_printed_as_it_comes),
		TEST(what_to_do_next_stands_behind_a_long_list),
		TEST(json_is_the_same_of_any_length),
		TEST(of_a_short_list_that_breaks_nothing_is_shown),
		TEST(a_long_list_that_breaks_says_so),
		TEST(what_cannot_be_written_ends_it),
		TEST(records_are_printed_all_or_none),
		TEST(records_that_cannot_be_written_are_said),
		TEST(without_memory_nothing_is_left_out_quietly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
