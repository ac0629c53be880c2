/* SPDX-License-Identifier: ISC */
/* wrap: fdatasync ftruncate */
#include "ctl/acme/ledger_file.h"

#include "scratch.h"

#include <errno.h>
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

#define NOW       ((time_t)1796083200) /* 2026-12-01T00:00:00Z */
#define DAY       86400
#define DIRECTORY "https://acme-v02.api.letsencrypt.org/directory"
#define HEADER    "ledger 1 " DIRECTORY "\n"
#define LINE      "2026-12-01T00:00:00Z new example.org mta-sts.example.org\n"

__typeof__(fdatasync) __wrap_fdatasync, __real_fdatasync;
__typeof__(ftruncate) __wrap_ftruncate, __real_ftruncate;

static bool disk_fails, truncation_fails;

int __wrap_fdatasync(int fd)
{
	errno = EIO;
	return disk_fails ? -1 : __real_fdatasync(fd);
}

int __wrap_ftruncate(int fd, off_t length)
{
	errno = EROFS;
	return truncation_fails ? -1 : __real_ftruncate(fd, length);
}

static const struct entry ordered = {
	.what = ENTRY_NEW, .when = NOW, .domain = "example.org", .host = "mta-sts.example.org"
};

static enum err open_at(struct scratch *scratch, time_t now, struct ledger_file *file)
{
	int parent = open(scratch->folder, O_RDONLY | O_DIRECTORY);
	enum err err = ledger_file_open(scratch->folder, parent, DIRECTORY, now, &scratch->complaints, file);

	(void)close(parent);
	return err;
}

static const char *name_of_ledger(void)
{
	static char name[LEDGER_FILE_SIZE];

	return ledger_file_name(DIRECTORY, name);
}

static void assert_has(const struct scratch *scratch, const char *text)
{
	char bytes[4096];
	int fd = open(scratch_path(scratch, name_of_ledger()), O_RDONLY);
	ssize_t len = read(fd, bytes, sizeof(bytes) - 1);

	(void)close(fd);
	assert_true(len >= 0);
	bytes[len] = '\0';
	assert_string_equal(bytes, text);
}

static void what_was_told_is_known_to_the_next_one(void **state)
{
	struct ledger_file file;
	struct stat status;

	assert_int_equal(open_at(*state, NOW, &file), ERR_OK);
	assert_int_equal(ledger_file_put(&file, &ordered), ERR_OK);
	assert_int_equal(budget_host(&file.budget, "mta-sts.example.org")->tries, 1);
	ledger_file_close(&file);
	assert_has(*state, HEADER LINE);
	assert_int_equal(stat(scratch_path(*state, name_of_ledger()), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);

	assert_int_equal(open_at(*state, NOW, &file), ERR_OK);
	assert_int_equal(budget_host(&file.budget, "mta-sts.example.org")->tries, 1);
	ledger_file_close(&file);
	assert_has(*state, HEADER LINE);
}

static void a_look_changes_nothing_and_needs_no_directory(void **state)
{
	struct scratch *scratch = *state;
	struct budget budget;
	bool worn = false;

	assert_int_equal(ledger_file_read(scratch_path(scratch, "none"), DIRECTORY, NOW, &budget,
					  &scratch->complaints, &worn),
			 ERR_OK);
	assert_true(worn);
	budget_free(&budget);
	scratch_write(scratch, name_of_ledger(), HEADER LINE "2026-12");
	assert_int_equal(
		ledger_file_read(scratch->folder, DIRECTORY, NOW, &budget, &scratch->complaints, &worn),
		ERR_OK);
	assert_int_equal(spent_count(&budget.orders), 1);
	budget_free(&budget);
	assert_has(scratch, HEADER LINE "2026-12");
	scratch_assert_no_more(scratch);
}

static void a_line_that_was_torn_does_not_spoil_the_next_one(void **state)
{
	struct ledger_file file;

	scratch_write(*state, name_of_ledger(), HEADER "2026-11-30T00:00:00Z new exa");
	assert_int_equal(open_at(*state, NOW, &file), ERR_OK);
	assert_int_equal(ledger_file_put(&file, &ordered), ERR_OK);
	ledger_file_close(&file);
	assert_has(*state, HEADER LINE);
}

static char *worn_ledger(void)
{
	struct text text = { 0 };

	(void)text_appendf(&text, HEADER);
	for (unsigned i = 0; i < 3000; i++)
		(void)text_appendf(&text, "2026-11-%02uT00:00:00Z issued mta-sts.%u.example\n", 1 + i / 100,
				   i);
	return text.bytes;
}

/* By a clock that is a month ahead all of it is over, and by the right one it is not. */
static void a_round_with_a_clock_far_ahead_forgets_nothing(void **state)
{
	char *text = worn_ledger();
	struct ledger_file file;

	scratch_write(*state, name_of_ledger(), text);
	assert_int_equal(open_at(*state, NOW + (time_t)30 * DAY, &file), ERR_OK);
	ledger_file_close(&file);
	assert_int_equal(open_at(*state, NOW, &file), ERR_OK);
	assert_in_range(spent_count(&file.budget.issued), 600, 800);
	ledger_file_close(&file);
	free(text);
}

static void what_a_ledger_was_before_it_was_written_anew_is_there(void **state)
{
	char name[LEDGER_FILE_SIZE + 8], *text = worn_ledger();
	struct ledger_file file;
	struct stat old, new;

	scratch_write(*state, name_of_ledger(), text);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(open_at(*state, NOW - DAY, &file), ERR_OK);
		ledger_file_close(&file);
	}
	(void)snprintf(name, sizeof(name), "%s.old", name_of_ledger());
	assert_int_equal(stat(scratch_path(*state, name), &old), 0);
	assert_int_equal(old.st_size, strlen(text));
	assert_int_equal(stat(scratch_path(*state, name_of_ledger()), &new), 0);
	assert_true(new.st_size < old.st_size / 2);
	free(text);
}

static void what_a_killed_rewriting_left_is_overwritten(void **state)
{
	struct ledger_file file;

	scratch_write(*state, "ledger.new", "half of a led");
	assert_int_equal(open_at(*state, NOW, &file), ERR_OK);
	ledger_file_close(&file);
	assert_has(*state, HEADER);
}

static void a_file_that_is_no_ledger_is_left_alone_and_complained_about(void **state)
{
	struct ledger_file file;

	scratch_write(*state, name_of_ledger(), HEADER "2026-11-30T00:00:00Z spend 1\n");
	assert_int_equal(open_at(*state, NOW, &file), ERR_SYNTAX);
	ledger_file_close(&file);
	scratch_assert_complaint(*state,
				 "ledger-293e8062f3226a16:2: not a word of a ledger (spend): restore the "
				 "file, or remove the line if no order was sent that it may tell of");
	scratch_assert_no_more(*state);
	assert_has(*state, HEADER "2026-11-30T00:00:00Z spend 1\n");
}

static void a_link_is_not_followed(void **state)
{
	struct scratch *scratch = *state;
	struct ledger_file file;

	assert_int_equal(symlink("/dev/zero", scratch_path(scratch, name_of_ledger())), 0);
	assert_int_equal(open_at(scratch, NOW, &file), ERR_SYNTAX);
	ledger_file_close(&file);
	assert_int_equal(scratch->complaints.count, 1);
	complaints_free(&scratch->complaints);
}

static void an_entry_that_is_not_on_disk_was_not_told(void **state)
{
	struct ledger_file file;

	assert_int_equal(open_at(*state, NOW, &file), ERR_OK);
	disk_fails = true;
	assert_int_equal(ledger_file_put(&file, &ordered), ERR_IO);
	assert_int_equal(errno, EIO);
	disk_fails = false;
	assert_null(budget_host(&file.budget, "mta-sts.example.org"));
	assert_has(*state, HEADER);
	assert_int_equal(ledger_file_put(&file, &ordered), ERR_OK);
	assert_has(*state, HEADER LINE);
	ledger_file_close(&file);
}

static void a_ledger_that_may_be_spoilt_is_not_written_to_again(void **state)
{
	struct ledger_file file;

	assert_int_equal(open_at(*state, NOW, &file), ERR_OK);
	disk_fails = truncation_fails = true;
	assert_int_equal(ledger_file_put(&file, &ordered), ERR_IO);
	disk_fails = truncation_fails = false;
	assert_int_equal(ledger_file_put(&file, &ordered), ERR_IO);
	ledger_file_close(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_told_is_known_to_the_next_one),
		TEST(a_look_changes_nothing_and_needs_no_directory),
		TEST(a_line_that_was_torn_does_not_spoil_the_next_one),
		TEST(a_round_with_a_clock_far_ahead_forgets_nothing),
		TEST(what_a_ledger_was_before_it_was_written_anew_is_there),
		TEST(what_a_killed_rewriting_left_is_overwritten),
		TEST(a_file_that_is_no_ledger_is_left_alone_and_complained_about),
		TEST(a_link_is_not_followed),
		TEST(an_entry_that_is_not_on_disk_was_not_told),
		TEST(a_ledger_that_may_be_spoilt_is_not_written_to_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
