/* SPDX-License-Identifier: ISC */
/* The settings that were good last are there when their file is not. */
#include "scratch.h"

#include "config/kept.h"
#include "config/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ODD                                                                                                  \
	"listen = [ \"[::1]:8443\", \"127.0.0.1:8443\" ];\ndomains = \"/a \\\"quoted\\\" and \\\\ path\";\n" \
	"certificates = [ \"/x\", \"/y z\" ];\nkeep_mx = true;\nmax_log_lines = 7;\naccess_log = "           \
	"\"full\";\n"                                                                                        \
	"proxies = [ \"192.0.2.0/24\", \"unix\" ];\n"

static int set_up(void **state)
{
	struct scratch *scratch;

	if (scratch_setup(state) != 0)
		return -1;
	scratch = *state;
	return setenv("STATE_DIRECTORY", scratch->folder, 1);
}

static int tear_down(void **state)
{
	(void)unsetenv("STATE_DIRECTORY");
	return scratch_teardown(state);
}

static struct settings *load(const struct scratch *scratch, const char *text)
{
	struct complaints complaints = { 0 };
	struct settings *settings = NULL;

	(void)scratch_write(scratch, "conf", text);
	assert_int_equal(settings_load(scratch_path(scratch, "conf"), &complaints, &settings), ERR_OK);
	complaints_free(&complaints);
	return settings;
}

static void keep(const struct scratch *scratch, const char *text)
{
	struct settings *settings = load(scratch, text);

	kept_write(settings);
	settings_free(&settings);
}

/* Every setting, by the one function that knows how to tell them apart. */
static void assert_same(const struct settings *a, const struct settings *b)
{
	struct complaints complaints = { 0 };
	size_t count;
	const struct setting *table = settings_table(&count);

	settings_compare(a, NULL, b, "conf", &complaints);
	assert_int_equal(complaints.count, 0);
	complaints_free(&complaints);
	assert_string_equal(a->domains, b->domains);
	assert_int_equal(a->certificates.count, b->certificates.count);
	for (size_t i = 0; i < a->certificates.count; i++)
		assert_string_equal(a->certificates.item[i], b->certificates.item[i]);
	assert_int_equal(a->acme_directories.count, b->acme_directories.count);
	for (size_t i = 0; i < a->acme_directories.count; i++)
		assert_string_equal(a->acme_directories.item[i], b->acme_directories.item[i]);
	assert_int_equal(a->keep_mx, b->keep_mx);
	assert_int_equal(a->metrics_domains, b->metrics_domains);
	assert_int_equal(a->watch, b->watch);
	for (size_t i = 0; i < count; i++) {
		const char *member = (const char *)a + table[i].offset;
		const char *other = (const char *)b + table[i].offset;

		if (table[i].type == SETTING_INTEGER)
			assert_memory_equal(member, other, sizeof(int64_t));
	}
}

static void what_was_kept_is_read_as_the_same(void **state)
{
	static const char *const texts[] = {
		"", ODD, "acme = { directory = [ \"letsencrypt\", \"https://ca.example/\" ]; };"
	};

	for (size_t i = 0; i < 3; i++) {
		struct settings *settings = load(*state, texts[i]);
		struct settings *kept = NULL;

		kept_write(settings);
		assert_int_equal(kept_read(&kept), ERR_OK);
		assert_same(settings, kept);
		settings_free(&kept);
		settings_free(&settings);
	}
}

static void it_is_for_nobody_else_and_written_only_when_it_differs(void **state)
{
	const char *path;
	struct stat first, second;

	keep(*state, ODD);
	path = scratch_path(*state, KEPT_FILE);
	assert_int_equal(stat(path, &first), 0);
	assert_int_equal(first.st_mode & 0777, 0600);
	keep(*state, ODD);
	assert_int_equal(stat(path, &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
	keep(*state, "max_log_lines = 8;\n");
	assert_int_equal(stat(path, &second), 0);
	assert_int_not_equal(first.st_ino, second.st_ino);
}

static void what_cannot_be_used_is_none(void **state)
{
	struct settings *settings = NULL;

	assert_int_equal(kept_read(&settings), ERR_NOT_FOUND);
	(void)scratch_write(*state, KEPT_FILE, "max_log_lines = \"many\";\n");
	assert_int_equal(kept_read(&settings), ERR_NOT_FOUND);
	assert_null(settings);
}

static struct settings *salvage(const struct scratch *scratch, enum err wanted)
{
	struct settings *settings = NULL;

	assert_int_equal(kept_salvage(scratch_path(scratch, "conf"), &settings), wanted);
	return settings;
}

static void what_is_left_is_for_a_state_that_is_there(void **state)
{
	(void)scratch_write(*state, KEPT_FILE, "max_log_lines = 7;\n");
	assert_null(salvage(*state, ERR_NOT_FOUND));
}

static void what_is_right_is_taken_and_the_rest_is_default(void **state)
{
	static const char some[] =
		"max_log_lines = 7; domains = \"/right\"; operator_group = \"no-such-group\";"
		"listen = [ 5 ]; of_tomorrow = 1; workers = 9999; keep_mx = \"no\";\n";
	struct settings *settings;

	(void)scratch_write(*state, "mta-stsd.db", "");
	for (unsigned i = 0; i < 2; i++) {
		(void)scratch_write(*state, KEPT_FILE, i == 0 ? some : "{{{");
		(void)scratch_write(*state, "conf", i == 0 ? "max_log_lines = 8;\n" : some);
		settings = salvage(*state, ERR_OK);
		assert_int_equal(settings->max_log_lines, 7);
		assert_string_equal(settings->domains, "/right");
		assert_string_equal(settings->operator_group, "");
		assert_int_equal(settings->listen.count, 0);
		assert_int_equal(settings->workers, 0);
		assert_false(settings->keep_mx);
		assert_string_equal(settings->state, ((struct scratch *)*state)->folder);
		settings_free(&settings);
	}
}

/* A port that nobody chose would be open to everybody. */
static void of_listen_the_right_addresses_are_taken_once_and_no_default(void **state)
{
	struct settings *settings;

	(void)scratch_write(*state, "mta-stsd.db", "");
	(void)scratch_write(*state, KEPT_FILE,
			    "listen = [ \"[::1]:8443\", \"127.0.0.1:99999\", \"127.0.0.1:8443\", "
			    "\"[::1]:8443\" ];\n");
	settings = salvage(*state, ERR_OK);
	assert_int_equal(settings->listen.count, 2);
	assert_string_equal(settings->listen.item[0], "[::1]:8443");
	assert_string_equal(settings->listen.item[1], "127.0.0.1:8443");
	settings_free(&settings);

	(void)scratch_write(*state, KEPT_FILE, "listen = [ \"127.0.0.1:99999\" ];\n");
	settings = salvage(*state, ERR_OK);
	assert_int_equal(settings->listen.count, 0);
	settings_free(&settings);
}

/* Old files in a place that nobody chose would be published. */
static void where_domain_files_are_is_never_guessed(void **state)
{
	static const char *const texts[] = { "domains = \"d\";\n", "domains = 5;\n", "keep_mx = true;\n",
					     "{{{" };

	(void)scratch_write(*state, "mta-stsd.db", "");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct settings *settings;

		(void)scratch_write(*state, KEPT_FILE, texts[i]);
		settings = salvage(*state, ERR_OK);
		assert_string_equal(settings->domains, "");
		settings_free(&settings);
	}
}

static void whoever_types_another_path_does_not_mean_those_that_are_kept(void **state)
{
	(void)state;
	assert_true(kept_is_meant("/nonexistent.conf"));
	(void)unsetenv("STATE_DIRECTORY");
	assert_false(kept_is_meant("/nonexistent.conf"));
	assert_true(kept_is_meant(SETTINGS_FILE));
	assert_int_equal(setenv("NOTIFY_SOCKET", "@x", 1), 0);
	assert_true(kept_is_meant("/nonexistent.conf"));
	(void)unsetenv("NOTIFY_SOCKET");
}

static void without_anything_left_there_are_the_defaults(void **state)
{
	struct settings *settings;
	struct settings *defaults = load(*state, "");

	(void)scratch_write(*state, "mta-stsd.db", "");
	(void)scratch_write(*state, "conf", "}");
	settings = salvage(*state, ERR_OK);
	free(defaults->state);
	defaults->state = strdup(((struct scratch *)*state)->folder);
	defaults->domains[0] = '\0';
	names_free(&defaults->listen);
	assert_same(defaults, settings);
	settings_free(&settings);
	settings_free(&defaults);
}

static void where_it_cannot_be_written_what_was_kept_stays(void **state)
{
	const struct scratch *scratch = *state;
	struct settings *settings = NULL;
	char new[1024];

	keep(scratch, ODD);
	(void)snprintf(new, sizeof(new), "%s/" KEPT_FILE ".new", scratch->folder);
	assert_int_equal(mkdir(new, 0700), 0);
	keep(scratch, "max_log_lines = 9;\n");
	assert_int_equal(kept_read(&settings), ERR_OK);
	assert_int_equal(settings->max_log_lines, 7);
	settings_free(&settings);
	assert_int_equal(rmdir(new), 0);
}

/* A daemon that somebody tries must not leave its settings with the one of the machine. */
static void without_a_directory_of_its_own_nothing_is_kept_elsewhere(void **state)
{
	const struct scratch *scratch = *state;
	char text[1200];

	(void)unsetenv("STATE_DIRECTORY");
	(void)snprintf(text, sizeof(text), "state = \"%s\";\n", scratch->folder);
	keep(scratch, text);
	assert_int_equal(access(scratch_path(scratch, KEPT_FILE), F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_kept_is_read_as_the_same),
		TEST(it_is_for_nobody_else_and_written_only_when_it_differs),
		TEST(what_cannot_be_used_is_none),
		TEST(what_is_left_is_for_a_state_that_is_there),
		TEST(what_is_right_is_taken_and_the_rest_is_default),
		TEST(of_listen_the_right_addresses_are_taken_once_and_no_default),
		TEST(where_domain_files_are_is_never_guessed),
		TEST(whoever_types_another_path_does_not_mean_those_that_are_kept),
		TEST(without_anything_left_there_are_the_defaults),
		TEST(where_it_cannot_be_written_what_was_kept_stays),
		TEST(without_a_directory_of_its_own_nothing_is_kept_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
