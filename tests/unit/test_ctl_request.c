/* SPDX-License-Identifier: ISC */
#include "ctl/cli/request.h"

#include "ctl/cli/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX 16

struct fixture {
	char line[512];
	char path[64]; /* of a list, when there is one */
	struct client_request request;
	char *said;
	size_t said_len;
};

static enum err make(struct fixture *fix, const char *line)
{
	static char *argv[WORDS_MAX + 1];
	const struct command *command;
	struct options options;
	FILE *err;
	enum err result;
	int argc = 0;

	client_request_free(&fix->request);
	free(fix->said);
	err = open_memstream(&fix->said, &fix->said_len);
	(void)snprintf(fix->line, sizeof(fix->line), "mta-stsctl %s", line);
	for (char *word = strtok(fix->line, " "); word != NULL && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	assert_int_equal(options_parse(argc, argv, err, &options), ERR_OK);
	command = commands_take(&options);
	assert_non_null(command);
	result = request_make(command, &options, err, &fix->request);
	(void)fclose(err);
	return result;
}

static void assert_asks(struct fixture *fix, const char *line, const char *method, const char *path,
			const char *body)
{
	assert_int_equal(make(fix, line), ERR_OK);
	assert_string_equal(fix->request.method, method);
	assert_string_equal(fix->request.path, path);
	if (body == NULL)
		assert_null(fix->request.body);
	else
		assert_string_equal(fix->request.body, body);
}

static void assert_refused(struct fixture *fix, const char *line, const char *why)
{
	assert_int_equal(make(fix, line), ERR_SYNTAX);
	assert_non_null(strstr(fix->said, why));
	assert_null(fix->request.path);
}

/* Put a list into a file and return a command line that names it. */
static const char *with_list(struct fixture *fix, const char *bytes, size_t len)
{
	static char line[128];
	int fd;

	(void)snprintf(fix->path, sizeof(fix->path), "/tmp/test_ctl_request.XXXXXX");
	fd = mkstemp(fix->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(close(fd), 0);
	(void)snprintf(line, sizeof(line), "none --file %s", fix->path);
	return line;
}

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	if (fix->path[0] != '\0')
		(void)unlink(fix->path);
	client_request_free(&fix->request);
	free(fix->said);
	free(fix);
	return 0;
}

static void looks_have_a_path_and_no_body(void **state)
{
	assert_asks(*state, "status", "GET", "/v1/status", NULL);
	assert_asks(*state, "list", "GET", "/v1/domains", NULL);
	assert_asks(*state, "show Example.ORG.", "GET", "/v1/domains/example.org", NULL);
}

static void a_pattern_is_percent_encoded_in_the_query(void **state)
{
	assert_asks(*state, "list --match *.a&b=c%d", "GET", "/v1/domains?match=%2A.a%26b%3Dc%25d", NULL);
}

static void a_switch_names_its_mode_and_domains(void **state)
{
	assert_asks(*state, "none example.org", "POST", "/v1/switch",
		    "{\"domains\":[\"example.org\"],\"mode\":\"none\"}");
	assert_asks(*state, "testing example.org", "POST", "/v1/switch",
		    "{\"domains\":[\"example.org\"],\"mode\":\"testing\"}");
	assert_asks(*state, "enforce --match *.example", "POST", "/v1/switch",
		    "{\"mode\":\"enforce\",\"match\":\"*.example\"}");
	assert_asks(*state, "reset --all", "POST", "/v1/reset", "{\"all\":true}");
	assert_asks(*state, "txt --all", "POST", "/v1/query", "{\"all\":true}");
}

static void options_become_fields(void **state)
{
	assert_asks(*state, "none --all --max-age 60 --keep-mx --reason moved --dry-run", "POST",
		    "/v1/switch",
		    "{\"mode\":\"none\",\"all\":true,\"max_age\":60,\"keep_mx\":true,\"reason\":\"moved\","
		    "\"dry_run\":true}");
	assert_asks(*state, "enforce a.example --max-age 60", "POST", "/v1/switch",
		    "{\"domains\":[\"a.example\"],\"mode\":\"enforce\",\"max_age\":60}");
	assert_asks(*state, "reload", "POST", "/v1/reload", "{}");
	assert_asks(*state, "reload --force", "POST", "/v1/reload", "{\"force\":true}");
}

static void a_certificate_request_names_its_domains_and_another_key_than_the_usual(void **state)
{
	assert_asks(*state, "cert request b.example A.example", "POST", "/v1/certificates/request",
		    "{\"domains\":[\"a.example\",\"b.example\"]}");
	assert_asks(*state, "cert request a.example --rsa", "POST", "/v1/certificates/request",
		    "{\"domains\":[\"a.example\"],\"key\":\"rsa\"}");
	assert_refused(*state, "cert request", "cert request requires domains: name them");
	assert_refused(*state, "cert request --all", "--all cannot be used with cert request");
}

static void the_past_is_asked_for_by_name_or_number(void **state)
{
	assert_asks(*state, "history Example.ORG.", "GET", "/v1/history/example.org", NULL);
	assert_asks(*state, "audit", "GET", "/v1/audit", NULL);
	assert_asks(*state, "audit 41", "GET", "/v1/audit/41", NULL);
	assert_asks(*state, "audit --before 41", "GET", "/v1/audit?before=41", NULL);
}

static void an_undo_names_its_entry_or_none(void **state)
{
	assert_asks(*state, "undo", "POST", "/v1/undo", "{}");
	assert_asks(*state, "undo 41 --dry-run --reason no", "POST", "/v1/undo",
		    "{\"entry\":41,\"reason\":\"no\",\"dry_run\":true}");
}

static void an_entry_is_one_number(void **state)
{
	assert_refused(*state, "undo none", "undo takes the number of one entry");
	assert_refused(*state, "undo 1 2", "undo takes the number of one entry");
	assert_refused(*state, "audit 0", "audit takes the number of one entry");
	assert_refused(*state, "audit 4 --before 5", "audit takes the number of one entry");
}

static void domains_on_their_way_out_are_a_selection(void **state)
{
	assert_asks(*state, "list --retiring", "POST", "/v1/query", "{\"retiring\":true}");
	assert_asks(*state, "txt --retiring", "POST", "/v1/query", "{\"retiring\":true}");
	assert_asks(*state, "forget --retiring", "POST", "/v1/forget", "{\"retiring\":true}");
	assert_refused(*state, "list --retiring --match *", "--match and --retiring exclude each other");
	assert_refused(*state, "forget a.example --retiring", "exclude each other");
	assert_refused(*state, "none --retiring", "--retiring cannot be used with none");
}

static void exceptions_are_sent_with_what_they_are_left_out_of(void **state)
{
	assert_asks(*state, "none --all --except a.example", "POST", "/v1/switch",
		    "{\"mode\":\"none\",\"all\":true,\"except\":[\"a.example\"]}");
	assert_asks(*state, "txt --match *.example --except ,a.example,,*.b.example,", "POST", "/v1/query",
		    "{\"match\":\"*.example\",\"except\":[\"a.example\",\"*.b.example\"]}");
	assert_asks(*state, "list --match *.example --except a.example", "POST", "/v1/query",
		    "{\"match\":\"*.example\",\"except\":[\"a.example\"]}");
	assert_asks(*state, "list --except a.example", "POST", "/v1/query",
		    "{\"all\":true,\"except\":[\"a.example\"]}");
	assert_asks(*state, "dns --except a.example", "POST", "/v1/query",
		    "{\"retiring\":true,\"except\":[\"a.example\"]}");
}

static void exceptions_alone_choose_nothing(void **state)
{
	assert_refused(*state, "none --except a.example", "none requires domains");
	assert_refused(*state, "reload --except a.example", "--except cannot be used with reload");
}

static void dns_looks_at_what_is_retiring_unless_told_otherwise(void **state)
{
	assert_asks(*state, "dns", "POST", "/v1/query", "{\"retiring\":true}");
	assert_asks(*state, "dns --all", "POST", "/v1/query", "{\"all\":true}");
	assert_asks(*state, "dns a.example --resolver 192.0.2.1", "POST", "/v1/query",
		    "{\"domains\":[\"a.example\"]}");
}

static void what_changed_since_is_asked_of_all_unless_told_otherwise(void **state)
{
	assert_asks(*state, "txt --changed-since 2026-11-23", "POST", "/v1/query",
		    "{\"all\":true,\"changed_since\":\"2026-11-23T00:00:00Z\"}");
	assert_asks(*state, "txt a.example --changed-since 2026-11-23", "POST", "/v1/query",
		    "{\"domains\":[\"a.example\"],\"changed_since\":\"2026-11-23T00:00:00Z\"}");
	assert_asks(*state, "txt --match a* --changed-since 2026-11-23", "POST", "/v1/query",
		    "{\"match\":\"a*\",\"changed_since\":\"2026-11-23T00:00:00Z\"}");
}

static void force_is_sent_where_the_daemon_has_the_guard(void **state)
{
	assert_asks(*state, "forget a.example --force --yes", "POST", "/v1/forget",
		    "{\"domains\":[\"a.example\"],\"force\":true}");
	assert_asks(*state, "enforce a.example --force --yes", "POST", "/v1/switch",
		    "{\"domains\":[\"a.example\"],\"mode\":\"enforce\"}");
}

static void domains_are_normalised_and_sent_once(void **state)
{
	assert_asks(*state,
		    "reset EXAMPLE.org. b\xc3\xbc"
		    "cher.example example.org",
		    "POST", "/v1/reset", "{\"domains\":[\"example.org\",\"xn--bcher-kva.example\"]}");
}

static void a_list_is_read_with_comments_blanks_and_carriage_returns(void **state)
{
	static const char list[] = "# moved\r\n\r\n  b.example \t# today\r\na.example";

	assert_asks(*state, with_list(*state, list, strlen(list)), "POST", "/v1/switch",
		    "{\"domains\":[\"a.example\",\"b.example\"],\"mode\":\"none\"}");
}

static void bad_names_in_a_list_are_named_with_their_lines(void **state)
{
	static const char list[] = "a.example\nb_c.example\nd.example\n_mta-sts.e.example\n";
	struct fixture *fix = *state;

	assert_refused(fix, with_list(fix, list, strlen(list)), ":2: 'b_c.example' has a character");
	assert_non_null(strstr(fix->said, ":4: '_mta-sts.e.example' has a character"));
	assert_non_null(strstr(fix->said, "did you mean e.example?"));
}

static void of_many_bad_names_in_a_list_ten_are_said(void **state)
{
	struct fixture *fix = *state;
	char list[256] = "";

	for (int i = 0; i < 25; i++)
		(void)strcat(list, "-bad-\n");
	assert_refused(fix, with_list(fix, list, strlen(list)), ":10: '-bad-'");
	assert_non_null(strstr(fix->said, "mta-stsctl: and 15 more: correct these first\n"));
	assert_null(strstr(fix->said, ":11: "));
}

static void a_bad_name_on_standard_input_is_named_with_its_line(void **state)
{
	static const char list[] = "a.example\nb_c.example\n";
	struct fixture *fix = *state;
	int kept = dup(STDIN_FILENO);

	(void)with_list(fix, list, strlen(list));
	assert_non_null(freopen(fix->path, "re", stdin));
	assert_refused(fix, "none --file -", " standard input:2: 'b_c.example' has a character");
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(kept), 0);
}

static void a_list_that_names_nothing_never_means_all(void **state)
{
	static const char list[] = "# nothing\n\n";

	assert_refused(*state, with_list(*state, list, strlen(list)), "names no domain");
}

static void a_list_with_nul_bytes_is_refused(void **state)
{
	assert_refused(*state, with_list(*state, "a.example\0b.example", 19), "has a NUL byte");
}

static void an_endless_list_is_refused(void **state)
{
	assert_refused(*state, "none --file /dev/zero", "longer than 16 MiB");
}

static void a_list_that_cannot_be_read_is_refused(void **state)
{
	assert_refused(*state, "none --file /nonexistent/list",
		       "cannot open '/nonexistent/list' (No such file");
	assert_refused(*state, "none --file /", "cannot read '/' (Is a directory");
}

static void domains_must_be_chosen_in_one_way(void **state)
{
	assert_refused(*state, "none", "requires domains: name them, or give --file, --match or --all\n");
	assert_refused(*state, "wait --until dns", "name them, or give --file, --match or --all\n");
	assert_refused(*state, "history", "takes one domain");
	assert_refused(*state, "none a.example --all", "exclude each other");
	assert_refused(*state, "none --match * --all", "exclude each other");
	assert_refused(*state, "txt --file /dev/null --match *", "exclude each other");
	assert_refused(*state, "show", "takes one domain");
	assert_refused(*state, "show a.example b.example", "takes one domain");
	assert_refused(*state, "list a.example",
		       "takes no domains: write mta-stsctl list --match 'a.example', or mta-stsctl show "
		       "'a.example'");
	assert_refused(*state, "reload a.example", "reload takes no domains, not 'a.example'\n");
}

static void options_of_other_commands_are_refused(void **state)
{
	assert_refused(*state, "status --all", "--all cannot be used with status");
	assert_refused(*state, "enforce a.example --keep-mx", "--keep-mx cannot be used with enforce");
	assert_refused(*state, "reset a.example --keep-mx", "--keep-mx cannot be used with reset");
	assert_refused(*state, "none a.example --force", "--force cannot be used with none");
	assert_refused(*state, "reload --dry-run", "--dry-run cannot be used with reload");
	assert_refused(*state, "list --format zone", "--format cannot be used with list");
}

static void a_reason_that_is_not_utf_8_is_refused(void **state)
{
	assert_refused(*state, "none a.example --reason \xff", "--reason: write it in UTF-8");
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(looks_have_a_path_and_no_body),
		UNIT(a_pattern_is_percent_encoded_in_the_query),
		UNIT(a_switch_names_its_mode_and_domains),
		UNIT(options_become_fields),
		UNIT(a_certificate_request_names_its_domains_and_another_key_than_the_usual),
		UNIT(the_past_is_asked_for_by_name_or_number),
		UNIT(an_undo_names_its_entry_or_none),
		UNIT(an_entry_is_one_number),
		UNIT(domains_on_their_way_out_are_a_selection),
		UNIT(exceptions_are_sent_with_what_they_are_left_out_of),
		UNIT(exceptions_alone_choose_nothing),
		UNIT(dns_looks_at_what_is_retiring_unless_told_otherwise),
		UNIT(what_changed_since_is_asked_of_all_unless_told_otherwise),
		UNIT(force_is_sent_where_the_daemon_has_the_guard),
		UNIT(domains_are_normalised_and_sent_once),
		UNIT(a_list_is_read_with_comments_blanks_and_carriage_returns),
		UNIT(bad_names_in_a_list_are_named_with_their_lines),
		UNIT(of_many_bad_names_in_a_list_ten_are_said),
		UNIT(a_bad_name_on_standard_input_is_named_with_its_line),
		UNIT(a_list_that_names_nothing_never_means_all),
		UNIT(a_list_with_nul_bytes_is_refused),
		UNIT(an_endless_list_is_refused),
		UNIT(a_list_that_cannot_be_read_is_refused),
		UNIT(domains_must_be_chosen_in_one_way),
		UNIT(options_of_other_commands_are_refused),
		UNIT(a_reason_that_is_not_utf_8_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
