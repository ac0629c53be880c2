/* SPDX-License-Identifier: ISC */
/* wrap: clock_of_files */
#include "config/domains.h"

#include "base/clock.h"
#include "base/text.h"
#include "scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD "mode = \"enforce\"; max_age = 604800; mx = [ \"mail.example.org\" ];\n"

/* How long the files have been left alone when they are read, seconds. */
static time_t left_alone;

__typeof__(clock_of_files) __real_clock_of_files;
__typeof__(clock_of_files) __wrap_clock_of_files;
struct timespec __wrap_clock_of_files(void)
{
	struct timespec now = __real_clock_of_files();

	now.tv_sec += left_alone;
	return now;
}

static struct domains *load_after(struct scratch *scratch, const struct domains *before)
{
	struct domains *domains = NULL;

	assert_int_equal(domains_load(scratch->folder, before, &scratch->complaints, &domains), ERR_OK);
	return domains;
}

/* Load again, in place of the set before. */
static void again(struct scratch *scratch, struct domains **domains)
{
	struct domains *now = load_after(scratch, *domains);

	domains_free(domains);
	*domains = now;
}

static void assert_cost(const struct domains *domains, size_t opened, size_t parsed)
{
	assert_int_equal(domains->opened, opened);
	assert_int_equal(domains->parsed, parsed);
}

static int setup(void **state)
{
	left_alone = 60;
	return scratch_setup(state);
}

static void of_twenty_files_the_one_that_changed_is_opened_and_parsed(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains = NULL;
	char name[32];

	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "d%d.example.conf", i);
		(void)scratch_write(scratch, name, GOOD);
	}
	again(scratch, &domains);
	assert_cost(domains, 20, 20);
	again(scratch, &domains);
	assert_cost(domains, 0, 0);
	(void)scratch_write(scratch, "d7.example.conf", GOOD "id = \"7\";");
	again(scratch, &domains);
	assert_cost(domains, 1, 1);
	assert_string_equal(domains_find(domains, "d7.example").said->terms->id, "7");
	assert_int_equal(domains->count, 20);
	scratch_assert_no_more(scratch);
	domains_free(&domains);
}

static void one_that_was_touched_is_opened_and_not_parsed(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains = NULL;

	(void)scratch_write(scratch, "a.example.conf", GOOD);
	again(scratch, &domains);
	(void)scratch_write(scratch, "a.example.conf", GOOD);
	again(scratch, &domains);
	assert_cost(domains, 1, 0);
	again(scratch, &domains);
	assert_cost(domains, 0, 0);
	domains_free(&domains);
}

static void one_that_was_written_just_before_it_is_read_is_read_again(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains = NULL;

	left_alone = 1;
	(void)scratch_write(scratch, "a.example.conf", GOOD);
	again(scratch, &domains);
	again(scratch, &domains);
	assert_cost(domains, 1, 0);
	left_alone = 60;
	again(scratch, &domains);
	assert_cost(domains, 1, 0);
	again(scratch, &domains);
	assert_cost(domains, 0, 0);
	domains_free(&domains);
}

static void a_file_is_read_when_what_it_includes_has_changed(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains = NULL;

	(void)scratch_write(scratch, ".list", "domains = [ \"a.example\" ];\n");
	(void)scratch_write(scratch, "many.conf", GOOD "@include \".list\"\n");
	again(scratch, &domains);
	again(scratch, &domains);
	assert_cost(domains, 0, 0);
	(void)scratch_write(scratch, ".list", "domains = [ \"b.example\" ];\n");
	again(scratch, &domains);
	assert_cost(domains, 1, 1);
	assert_null(domains_find(domains, "a.example").said);
	assert_non_null(domains_find(domains, "b.example").said);
	domains_free(&domains);
}

static void a_file_that_lacks_what_it_includes_is_read_every_time(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains = NULL;

	(void)scratch_write(scratch, "many.conf", GOOD "@include \".list\"\n");
	again(scratch, &domains);
	again(scratch, &domains);
	assert_cost(domains, 1, 1);
	assert_int_equal(domains->count, 0);
	(void)scratch_write(scratch, ".list", "domains = [ \"a.example\" ];\n");
	again(scratch, &domains);
	assert_int_equal(domains->count, 1);
	domains_free(&domains);
}

static void what_takes_the_place_of_a_file_is_read(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains = NULL;
	struct stat before;
	struct timespec times[2];

	(void)scratch_write(scratch, "a.example.conf", GOOD "id = \"1\";");
	assert_int_equal(stat(scratch_path(scratch, "a.example.conf"), &before), 0);
	again(scratch, &domains);

	/* As long and as old, but another file. */
	(void)scratch_write(scratch, ".new", GOOD "id = \"2\";");
	times[0] = before.st_atim;
	times[1] = before.st_mtim;
	assert_int_equal(utimensat(AT_FDCWD, scratch_path(scratch, ".new"), times, 0), 0);
	assert_int_equal(rename(scratch_path(scratch, ".new"), scratch_path(scratch, "a.example.conf")), 0);
	again(scratch, &domains);
	assert_string_equal(domains_find(domains, "a.example").said->terms->id, "2");

	/* In its own place, as long, and with its old times. */
	(void)scratch_write(scratch, "a.example.conf", GOOD "id = \"3\";");
	assert_int_equal(utimensat(AT_FDCWD, scratch_path(scratch, "a.example.conf"), times, 0), 0);
	again(scratch, &domains);
	assert_string_equal(domains_find(domains, "a.example").said->terms->id, "3");

	assert_int_equal(unlink(scratch_path(scratch, "a.example.conf")), 0);
	assert_int_equal(mkfifo(scratch_path(scratch, "a.example.conf"), 0600), 0);
	again(scratch, &domains);
	assert_true(domains_refuse(domains, scratch_path(scratch, "a.example.conf")));
	scratch_assert_complaint(scratch, "a.example.conf: file is a FIFO: put a regular file there");
	domains_free(&domains);
}

/* Which of three files, one bit each, name the domain after which. */
static void of_three_files_that_name_a_domain_any_may_come_and_go(void **state)
{
	static const char *const names[] = { "a.conf", "b.conf", "c.conf" };
	struct scratch *scratch = *state;
	struct domains *domains = NULL;
	unsigned there = 0;

	for (unsigned step = 0; step < 200; step++) {
		unsigned file = (unsigned)rand() % 3;
		unsigned count;

		if (there & 1U << file)
			assert_int_equal(unlink(scratch_path(scratch, names[file])), 0);
		else
			(void)scratch_write(scratch, names[file], GOOD "domain = \"x.example\";");
		there ^= 1U << file;
		again(scratch, &domains);
		count = (unsigned)__builtin_popcount(there);
		assert_int_equal(domains->count, count > 0);
		assert_int_equal(domains->index.places, count);
		assert_int_equal(domains_find(domains, "x.example").said != NULL, count > 0);
		assert_int_equal(domains_find(domains, "x.example").twice, count > 1);
		assert_int_equal(scratch->complaints.count, count > 1 ? count : 0);
		complaints_free(&scratch->complaints);
	}
	domains_free(&domains);
}

/* A file of some domains out of a hundred; now and then one that is wrong, or includes another. */
static void write_any(const struct scratch *scratch, unsigned file)
{
	struct text text = { 0 };
	char name[32];

	(void)snprintf(name, sizeof(name), "f%u.conf", file);
	(void)unlink(scratch_path(scratch, name));
	if (rand() % 4 == 0)
		return;
	assert_int_equal(text_appendf(&text, "mode = \"%s\"; max_age = %d; mx = [ \"mx.example\" ];\n",
				      rand() % 8 == 0 ? "off" : "enforce", rand() % 2 == 0 ? 60 : 604800),
			 ERR_OK);
	for (int i = rand() % 3; i > 0; i--)
		assert_int_equal(text_appendf(&text, "\n"), ERR_OK);
	if (rand() % 4 == 0)
		assert_int_equal(text_appendf(&text, "@include \".list%d\"\n", rand() % 2), ERR_OK);
	else
		assert_int_equal(text_appendf(&text, "domains = [ \"d%d.example\", \"e%d.example\" ];\n",
					      rand() % 100, rand() % 1000),
				 ERR_OK);
	(void)scratch_put(scratch, name, text.bytes, text.len);
	text_free(&text);
}

static void write_list(const struct scratch *scratch)
{
	char name[16], text[128];

	(void)snprintf(name, sizeof(name), ".list%d", rand() % 2);
	(void)snprintf(text, sizeof(text), "domains = [ \"d%d.example\", \"l%d.example\" ];\n", rand() % 100,
		       rand() % 100);
	if (rand() % 4 == 0)
		(void)unlink(scratch_path(scratch, name));
	else
		(void)scratch_write(scratch, name, text);
}

static enum err render(void *context, const struct said_entry *entry)
{
	const struct configured *said = entry->said;

	return text_appendf(context, "%s %d %s:%u %s %s %d %u\n", said->domain, entry->twice,
			    said->terms->file, said->line, said->terms->source, said->terms->id,
			    said->terms->policy->mode, said->terms->policy->max_age);
}

/* All that a set is, and what was complained about when it was loaded. */
static void render_all(const struct domains *domains, struct complaints *complaints, struct text *out)
{
	assert_int_equal(domains_each(domains, render, out), ERR_OK);
	assert_int_equal(text_appendf(out, "%zu\n", domains->count), ERR_OK);
	for (size_t i = 0; i < domains->files; i++)
		assert_int_equal(
			text_appendf(out, "%s %d\n", domains->file[i]->path, domains->file[i]->refused),
			ERR_OK);
	for (size_t i = 0; i < complaints->count; i++) {
		assert_int_equal(complaint_render(&complaints->item[i], out), ERR_OK);
		assert_int_equal(text_appendf(out, "\n"), ERR_OK);
	}
	assert_int_equal(text_appendf(out, "%zu\n", complaints->errors), ERR_OK);
	complaints_free(complaints);
}

static void complaints_about_a_file_that_is_not_read_again_are_told_again(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains = NULL;
	struct text first = { 0 };

	(void)scratch_write(scratch, "bad.example.conf", "mode = \"off\"; max_age = 1;");
	(void)scratch_write(scratch, "c.conf", GOOD "domain = \"c.example\";");
	(void)scratch_write(scratch, "soon.example.conf",
			    "mode = \"enforce\"; max_age = 60; mx = [ \"mx.example\" ];");
	(void)scratch_write(scratch, "z.conf", GOOD "domain = \"c.example\";");
	again(scratch, &domains);
	assert_int_equal(scratch->complaints.count, 4);
	render_all(domains, &scratch->complaints, &first);
	for (int i = 0; i < 3; i++) {
		struct text later = { 0 };

		again(scratch, &domains);
		assert_cost(domains, 0, 0);
		render_all(domains, &scratch->complaints, &later);
		assert_string_equal(first.bytes, later.bytes);
		text_free(&later);
	}
	text_free(&first);
	domains_free(&domains);
}

static enum err put_name(void *context, const char *domain)
{
	struct names *names = context;

	assert_true(names->count == 0 || strcmp(names->item[names->count - 1], domain) < 0);
	return names_put(names, domain);
}

/* A name that is not among the differences is the same in both. */
static void assert_differences(const struct domains *before, const struct domains *now)
{
	struct names names = { 0 };
	char name[32];

	assert_int_equal(domains_differ(before, now, put_name, &names), ERR_OK);
	for (int i = 0; i < 3000; i++) {
		struct said_entry was, is;

		(void)snprintf(name, sizeof(name), "%c%d.example", "del"[i % 3], i / 3);
		was = domains_find(before, name);
		is = domains_find(now, name);
		if (names_has_sorted(&names, name))
			continue;
		assert_ptr_equal(was.said, is.said);
		assert_int_equal(was.twice, is.twice);
	}
	names_free(&names);
}

static void a_set_that_shares_is_the_same_as_one_that_is_loaded_alone(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains = load_after(scratch, NULL);

	srand(7);
	for (unsigned step = 0; step < 400; step++) {
		struct text shared = { 0 }, alone = { 0 };
		struct domains *now, *fresh;

		for (int i = rand() % 5; i > 0; i--)
			write_any(scratch, (unsigned)rand() % 40);
		if (rand() % 3 == 0)
			write_list(scratch);
		now = load_after(scratch, domains);
		render_all(now, &scratch->complaints, &shared);
		fresh = load_after(scratch, NULL);
		render_all(fresh, &scratch->complaints, &alone);
		assert_string_equal(shared.bytes, alone.bytes);
		assert_differences(domains, now);
		/* Now and then the newer one is refused, and the older one stays. */
		if (rand() % 3 == 0) {
			domains_free(&now);
		} else {
			domains_free(&domains);
			domains = now;
		}
		domains_free(&fresh);
		text_free(&shared);
		text_free(&alone);
	}
	domains_free(&domains);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(of_twenty_files_the_one_that_changed_is_opened_and_parsed),
		TEST(one_that_was_touched_is_opened_and_not_parsed),
		TEST(one_that_was_written_just_before_it_is_read_is_read_again),
		TEST(complaints_about_a_file_that_is_not_read_again_are_told_again),
		TEST(a_file_is_read_when_what_it_includes_has_changed),
		TEST(a_file_that_lacks_what_it_includes_is_read_every_time),
		TEST(what_takes_the_place_of_a_file_is_read),
		TEST(of_three_files_that_name_a_domain_any_may_come_and_go),
		TEST(a_set_that_shares_is_the_same_as_one_that_is_loaded_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
