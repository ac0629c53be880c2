/* SPDX-License-Identifier: ISC */
/* wrap: config_setting_get_elem; memory */
#include "config/domains.h"

#include "base/text.h"
#include "memory.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libconfig.h>

#include <cmocka.h>

#define GOOD "mode = \"enforce\"; max_age = 604800; mx = [ \"mail.example.org\" ];\n"

/* A parse that fails leaks a little inside libconfig. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static size_t count_refused(const struct domains *domains)
{
	size_t count = 0;

	for (size_t i = 0; i < domains->files; i++)
		count += domains->file[i]->refused;
	return count;
}

static struct domains *load(struct scratch *scratch)
{
	struct domains *domains = NULL;

	assert_int_equal(domains_load(scratch->folder, NULL, &scratch->complaints, &domains), ERR_OK);
	return domains;
}

static void one_bad_policy_refuses_its_file_and_no_other(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, "list.conf",
			    "domains = ( { domain = \"a.example\"; mode = \"none\"; max_age = 1; },\n"
			    "{ domain = \"b.example\"; mode = \"off\"; max_age = 1; } );");
	(void)scratch_write(scratch, "c.example.conf", GOOD);
	(void)scratch_write(scratch, "d.example.conf", "mode = ");
	domains = load(scratch);
	scratch_assert_complaint(
		scratch,
		"d.example.conf:1: syntax error: look for a missing or superfluous "
		"quote, bracket, comma or semicolon, here or in the line before; the rest was not checked");
	scratch_assert_complaint(scratch, "list.conf:2: mode is unknown (off): write none");
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 1);
	assert_non_null(domains_find(domains, "c.example").said);
	assert_int_equal(count_refused(domains), 2);
	assert_true(domains_refuse(domains, scratch_path(scratch, "d.example.conf")));
	assert_true(domains_refuse(domains, scratch_path(scratch, "list.conf")));
	assert_false(domains_refuse(domains, scratch_path(scratch, "none.conf")));
	domains_free(&domains);
}

static void a_domain_in_two_files_counts_in_neither_and_both_places_are_named(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, "a.example.conf", GOOD);
	(void)scratch_write(scratch, "x.conf", GOOD "domains = [ \"a.example\", \"b.example\" ];");
	(void)scratch_write(scratch, "y.conf", GOOD "domain = \"a.example\";");
	domains = load(scratch);
	scratch_assert_complaint(scratch, "a.example.conf: domain is named twice (a.example): name it here "
					  "or at x.conf:2, not at both places");
	scratch_assert_complaint(scratch, "x.conf:2: domain is named twice (a.example): name it here or at "
					  "a.example.conf, not at both places");
	scratch_assert_complaint(scratch, "y.conf:2: domain is named twice (a.example): name it here or at "
					  "a.example.conf, not at both places");
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 2);
	assert_true(domains_find(domains, "a.example").twice);
	assert_false(domains_find(domains, "b.example").twice);
	assert_int_equal(count_refused(domains), 0);
	domains_free(&domains);
}

static void what_cannot_be_read_is_refused_and_never_waited_for(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	assert_int_equal(mkfifo(scratch_path(scratch, "a.example.conf"), 0600), 0);
	assert_int_equal(symlink("nowhere", scratch_path(scratch, "b.example.conf")), 0);
	assert_int_equal(mkdir(scratch_path(scratch, "c.example.conf"), 0700), 0);
	(void)scratch_write(scratch, "d.example.conf", "");
	assert_int_equal(truncate(scratch_path(scratch, "d.example.conf"), (256L << 20) + 1), 0);
	assert_int_equal(mkfifo(scratch_path(scratch, "e.example.txt"), 0600), 0);
	domains = load(scratch);
	scratch_assert_complaint(scratch, "a.example.conf: file is a FIFO: put a regular file there");
	scratch_assert_complaint(
		scratch, "b.example.conf: file is a dangling link: point the link at a file, or remove it");
	scratch_assert_complaint(scratch, "c.example.conf: file is a directory: put a regular file there");
	scratch_assert_complaint(scratch,
				 "d.example.conf: file is too large: keep it within 268435456 bytes in all");
	scratch_assert_complaint(scratch, "e.example.txt: file is a FIFO: put a regular file there");
	scratch_assert_no_more(scratch);
	assert_int_equal(count_refused(domains), 5);
	domains_free(&domains);
}

static void a_link_to_a_file_is_followed(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, ".real", GOOD);
	assert_int_equal(symlink(".real", scratch_path(scratch, "a.example.conf")), 0);
	domains = load(scratch);
	scratch_assert_no_more(scratch);
	assert_non_null(domains_find(domains, "a.example").said);
	domains_free(&domains);
}

static void leftovers_are_passed_over_in_silence_and_strangers_with_a_warning(void **state)
{
	static const char *const silent[] = { ".hidden.conf",       "a.example.conf~",
					      "a.example.conf.swp", "a.example.conf.bak",
					      "a.conf.dpkg-old",    "a.example.conf.rpmnew",
					      "x.conf.example" };
	struct scratch *scratch = *state;
	struct domains *domains;

	for (size_t i = 0; i < sizeof(silent) / sizeof(*silent); i++)
		(void)scratch_write(scratch, silent[i], "no configuration");
	(void)scratch_write(scratch, "README", "no configuration");
	(void)scratch_write(scratch, "www.rpmx.example.conf", GOOD);
	assert_int_equal(mkdir(scratch_path(scratch, "old"), 0700), 0);
	domains = load(scratch);
	scratch_assert_complaint(scratch,
				 "README: warning: file is not read: give it a name that ends in .conf or "
				 ".txt, or hide it with a dot before its name");
	scratch_assert_complaint(scratch, "old: warning: directory is not searched: move its files to "
					  "where it is itself, or hide it with a dot before its name");
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 1);
	assert_int_equal(count_refused(domains), 0);
	domains_free(&domains);
}

static void a_missing_directory_is_an_error_and_no_empty_set(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains = NULL;

	assert_int_equal(domains_load(scratch_path(scratch, "none"), NULL, &scratch->complaints, &domains),
			 ERR_IO);
	assert_null(domains);
	scratch_assert_complaint(scratch,
				 "none: directory cannot be read (No such file or directory): create it and "
				 "let the service's user read it, or correct its path in the settings");
}

static void an_empty_directory_is_an_empty_set(void **state)
{
	struct domains *domains = load(*state);

	scratch_assert_no_more(*state);
	assert_int_equal(domains->count, 0);
	assert_null(domains_find(domains, "example.org").said);
	domains_free(&domains);
}

static size_t elements_asked_for;
config_setting_t *__real_config_setting_get_elem(const config_setting_t *setting, unsigned index);
config_setting_t *__wrap_config_setting_get_elem(const config_setting_t *setting, unsigned index);
config_setting_t *__wrap_config_setting_get_elem(const config_setting_t *setting, unsigned index)
{
	elements_asked_for++;
	return __real_config_setting_get_elem(setting, index);
}

/* Load a file of so many domains in each of the two forms; returns how many nodes were looked at. */
static size_t cost_of(struct scratch *scratch, int count)
{
	struct text shared = { 0 };
	struct text list = { 0 };
	struct domains *domains;

	assert_int_equal(text_appendf(&shared, GOOD "domains = [ \"first.a.example\""), ERR_OK);
	assert_int_equal(
		text_appendf(&list,
			     "domains = ( { domain = \"first.b.example\"; mode = \"none\"; max_age = 1; }"),
		ERR_OK);
	for (int i = 1; i < count; i++) {
		assert_int_equal(text_appendf(&shared, ",\n\"d%d.a.example\"", i), ERR_OK);
		assert_int_equal(
			text_appendf(&list,
				     ",\n{ domain = \"d%d.b.example\"; mode = \"none\"; max_age = 1; }", i),
			ERR_OK);
	}
	assert_int_equal(text_appendf(&shared, "];"), ERR_OK);
	assert_int_equal(text_appendf(&list, ");"), ERR_OK);
	(void)scratch_put(scratch, "shared.conf", shared.bytes, shared.len);
	(void)scratch_put(scratch, "list.conf", list.bytes, list.len);
	elements_asked_for = 0;
	domains = load(scratch);
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 2 * count);
	domains_free(&domains);
	text_free(&shared);
	text_free(&list);
	return elements_asked_for;
}

static void ten_times_the_domains_cost_ten_times_the_work(void **state)
{
	size_t small = cost_of(*state, 2000);
	size_t large = cost_of(*state, 20000);

	assert_true(large <= 11 * small);
}

static void loading_fails_cleanly_wherever_memory_runs_out(void **state)
{
	struct scratch *scratch = *state;
	bool failed = true;
	size_t rounds = 0;

	(void)scratch_write(scratch, "a.example.conf", GOOD "id = \"1\";");
	(void)scratch_write(scratch, "b.example.txt", "version: STSv1\nmode: none\nmax_age: 1\n");
	(void)scratch_write(scratch, "c.conf",
			    "domains = ( { domain = \"c.example\"; mode = \"none\"; max_age = 0; } );");
	for (; failed; rounds++) {
		struct domains *domains = NULL;
		enum err err;

		memory_fail_after(rounds);
		err = domains_load(scratch->folder, NULL, &scratch->complaints, &domains);
		failed = memory_restore();
		/* Room that is not given back is no failure. */
		assert_true(err == ERR_OK || (failed && err == ERR_NO_MEMORY && domains == NULL));
		if (err == ERR_OK)
			assert_int_equal(domains->count, 3);
		domains_free(&domains);
	}
	assert_true(rounds > 30);
	scratch_assert_no_more(scratch);
}

static void complaints_come_in_the_order_of_files_and_lines(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	/* Named twice is known last of all. */
	(void)scratch_write(scratch, "a.conf", GOOD "domain = \"x.example\";");
	(void)scratch_write(scratch, "b.conf", "mode = \"x\";\nmax_age = -1;\nmx = [ 5 ];");
	(void)scratch_write(scratch, "c.conf", GOOD "domain = \"x.example\";");
	complain(&scratch->complaints, SEVERITY_WARNING, "z", 0, "settings are", NULL, "left where they are");
	domains = load(scratch);
	assert_int_equal(scratch->complaints.count, 7);
	assert_string_equal(scratch->complaints.item[0].file, "z");
	for (size_t i = 2; i < scratch->complaints.count; i++) {
		const struct complaint *before = &scratch->complaints.item[i - 1];
		const struct complaint *item = &scratch->complaints.item[i];

		assert_true(strcmp(before->file, item->file) < 0 ||
			    (strcmp(before->file, item->file) == 0 && before->line <= item->line));
	}
	domains_free(&domains);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

/* What domains_compare() calls with, in a line: "-" for gone, "+" for new, "~" for different. */
static void note_difference(void *context, const struct said *before, const struct said *now)
{
	const char *path = before != NULL ? before->path : now->path;

	assert_int_equal(text_appendf(context, "%s%s ",
				      before == NULL ? "+"
				      : now == NULL  ? "-"
						     : "~",
				      strrchr(path, '/') + 1),
			 ERR_OK);
}

static void assert_differ(const struct domains *before, const struct domains *now, const char *expected)
{
	struct text differences = { 0 };

	domains_compare(before, now, note_difference, &differences);
	assert_string_equal(differences.bytes != NULL ? differences.bytes : "", expected);
	text_free(&differences);
}

static struct domains *load_after(struct scratch *scratch, const struct domains *before)
{
	struct domains *domains = NULL;

	assert_int_equal(domains_load(scratch->folder, before, &scratch->complaints, &domains), ERR_OK);
	return domains;
}

static void a_file_that_says_the_same_is_shared_with_the_set_before(void **state)
{
	struct scratch *scratch = *state;
	const struct policy *policy;
	struct domains *before, *now;

	(void)scratch_write(scratch, "a.example.conf", GOOD);
	(void)scratch_write(scratch, "bad.example.conf", "mode = 1");
	(void)scratch_write(scratch, "c.example.txt", "version: STSv1\nmode: none\nmax_age: 1\n");
	before = load(scratch);
	policy = domains_find(before, "a.example").said->terms->policy;
	(void)scratch_write(scratch, "a.example.conf", "# written anew\n" GOOD);
	now = load_after(scratch, before);
	assert_differ(before, now, "");
	assert_ptr_equal(domains_find(now, "a.example").said->terms->policy, policy);
	domains_free(&before);

	/* What is shared lives on. */
	assert_string_equal(domains_find(now, "a.example").said->domain, "a.example");
	assert_int_equal(domains_find(now, "c.example").said->terms->policy->mode, MODE_NONE);
	assert_int_equal(count_refused(now), 1);
	domains_free(&now);
}

#define SAME "mode = \"testing\"; max_age = 86400; mx = [ \"mail.example\" ];"

static void two_sets_say_in_which_files_they_differ(void **state)
{
	static const char *const others[] = {
		SAME "id = \"7\";",
		"mode = \"enforce\"; max_age = 86400; mx = [ \"mail.example\" ];",
		"mode = \"testing\"; max_age = 86401; mx = [ \"mail.example\" ];",
		"mode = \"testing\"; max_age = 86400; mx = [ \"mail.example\", \"b.mail.example\" ];",
		"mode = \"testing\"; max_age = 86400; mx = [ \"other.example\" ];",
		SAME "domains = [ \"b.example\", \"x.example\" ];",
		SAME "domain = \"b.example\";", /* at another place */
		SAME "domain = \"x.example\";",
		"mode = ",
	};
	struct scratch *scratch = *state;
	struct domains *before, *now;

	(void)scratch_write(scratch, "a.example.conf", SAME);
	(void)scratch_write(scratch, "b.example.conf", SAME);
	(void)scratch_write(scratch, "c.example.conf", SAME);
	before = load(scratch);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		(void)scratch_write(scratch, "b.example.conf", others[i]);
		now = load_after(scratch, before);
		assert_differ(before, now, "~b.example.conf ");
		domains_free(&now);
	}
	assert_int_equal(unlink(scratch_path(scratch, "b.example.conf")), 0);
	assert_int_equal(unlink(scratch_path(scratch, "c.example.conf")), 0);
	(void)scratch_write(scratch, "ba.example.conf", SAME);
	now = load_after(scratch, before);
	assert_differ(before, now, "-b.example.conf +ba.example.conf -c.example.conf ");
	assert_differ(now, before, "+b.example.conf -ba.example.conf +c.example.conf ");
	domains_free(&before);
	domains_free(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(one_bad_policy_refuses_its_file_and_no_other),
		WITH_SCRATCH(a_domain_in_two_files_counts_in_neither_and_both_places_are_named),
		WITH_SCRATCH(what_cannot_be_read_is_refused_and_never_waited_for),
		WITH_SCRATCH(a_link_to_a_file_is_followed),
		WITH_SCRATCH(complaints_come_in_the_order_of_files_and_lines),
		WITH_SCRATCH(leftovers_are_passed_over_in_silence_and_strangers_with_a_warning),
		WITH_SCRATCH(a_missing_directory_is_an_error_and_no_empty_set),
		WITH_SCRATCH(an_empty_directory_is_an_empty_set),
		WITH_SCRATCH(a_file_that_says_the_same_is_shared_with_the_set_before),
		WITH_SCRATCH(two_sets_say_in_which_files_they_differ),
		WITH_SCRATCH(ten_times_the_domains_cost_ten_times_the_work),
		WITH_SCRATCH(loading_fails_cleanly_wherever_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
