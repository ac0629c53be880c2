/* SPDX-License-Identifier: ISC */
#include "ctl/acme/silence.h"

#include "scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW    ((time_t)1796083200) /* 2026-12-01T00:00:00Z */
#define HOUR   3600
#define FIRST  "https://a.example/directory"
#define SECOND "https://b.example/directory"

static char first[] = FIRST, second[] = SECOND;
static char *urls_item[] = { first, second };
static const struct names urls = { urls_item, 2, 2 };

static struct account account_in(const struct scratch *scratch)
{
	struct account account = { .folder = scratch->folder, .lock = -1 };

	account.fd = open(scratch->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(account.fd >= 0);
	return account;
}

static void write_all(const struct scratch *scratch, const struct silence silences[2])
{
	struct account account = account_in(scratch);

	assert_int_equal(silence_write(&account, &urls, silences), ERR_OK);
	(void)close(account.fd);
}

static void what_is_kept_is_read_as_the_same(void **state)
{
	const struct scratch *scratch = *state;
	const struct silence kept[2] = { { NOW - 9 * HOUR, NOW - HOUR, 7, false },
					 { NOW - HOUR, NOW, 1, true } };
	struct silence read[2];

	write_all(scratch, kept);
	silence_read(scratch->folder, &urls, NOW, read);

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(read[i].since, kept[i].since);
		assert_int_equal(read[i].tried, kept[i].tried);
		assert_int_equal(read[i].times, kept[i].times);
		assert_int_equal(read[i].is_mute, kept[i].is_mute);
	}
}

static void of_those_that_answer_nothing_is_kept(void **state)
{
	const struct scratch *scratch = *state;
	const struct silence kept[2] = { { NOW, NOW, 1, false }, { 0 } }, none[2] = { { 0 } };
	struct silence read[2];

	write_all(scratch, none);
	write_all(scratch, kept);
	silence_read(scratch->folder, &urls, NOW, read);
	assert_int_equal(read[0].since, NOW);
	assert_int_equal(read[1].since, 0);
	write_all(scratch, none);
	assert_int_not_equal(access(scratch_path(scratch, "silent"), F_OK), 0);
}

static void what_is_damaged_is_as_good_as_none(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"nonsense",
		FIRST "\n",
		FIRST " \n",
		FIRST " 2026-11-30T20:00:00Z\n",
		FIRST " 2026-11-30T20:00:00Z 2026-11-30T21:00:00Z\n",
		FIRST " 2026-11-30T20:00:00Z 2026-11-30T21:00:00Z 1\n",
		FIRST " 2026-11-30T20:00:00Z 2026-11-30T21:00:00Z 1 something\n",
		FIRST " 2026-11-30T20:00:00Z 2026-11-30T21:00:00Z 1 orders more\n",
		FIRST " 2026-11-30T20:00:00Z 2026-11-30T21:00:00Z 0 orders\n",
		FIRST " 2026-11-30T20:00:00Z 2026-11-30T21:00:00Z 101 orders\n",
		FIRST " 2026-11-30T20:00:00Z 2026-11-30T21:00:00Z -1 orders\n",
		FIRST " 2026-11-30T20:00:00Z 2026-11-30T21:00:00Z  orders\n",
		FIRST " 2026-11-30T22:00:00Z 2026-11-30T21:00:00Z 1 orders\n",
		FIRST " 2026-11-30T20:00:00Z 2026-12-01T00:00:01Z 1 orders\n",
		FIRST " yesterday 2026-11-30T21:00:00Z 1 orders\n",
		FIRST "2 2026-11-30T20:00:00Z 2026-11-30T21:00:00Z 1 orders\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct silence read[2] = { { 1, 1, 1, true }, { 1, 1, 1, true } };

		(void)scratch_write(*state, "silent", texts[i]);
		silence_read(((const struct scratch *)*state)->folder, &urls, NOW, read);
		if (read[0].since != 0 || read[1].since != 0)
			fail_msg("taken: %s", texts[i]);
	}
}

static void one_line_that_is_damaged_spoils_no_other(void **state)
{
	struct silence read[2];

	(void)scratch_write(*state, "silent",
			    "x\n" SECOND " 2026-11-30T20:00:00Z 2026-11-30T21:00:00Z 2 directory\ny");
	silence_read(((const struct scratch *)*state)->folder, &urls, NOW, read);
	assert_int_equal(read[0].since, 0);
	assert_int_equal(read[1].times, 2);
}

static void it_is_asked_again_at_intervals_that_grow_up_to_two_hours(void **state)
{
	struct silence silence = { 0 };
	time_t now = NOW, before = 0;

	(void)state;
	assert_int_equal(silence_until(&silence), 0);
	for (unsigned i = 0; i < 300; i++) {
		silence_note(&silence, now, false);
		assert_int_equal(silence.since, NOW);
		assert_in_range(silence_until(&silence) - now, 1, 2 * HOUR);
		assert_true(silence_until(&silence) - now >= before);
		before = silence_until(&silence) - now;
		now = silence_until(&silence);
	}
	assert_int_equal(before, 2 * HOUR);
	assert_true(silence.times <= 100);
}

static void what_was_long_ago_is_no_part_of_what_is_now(void **state)
{
	struct silence silence = { 0 };

	(void)state;
	silence_note(&silence, NOW, true);
	silence_note(&silence, NOW + 4 * HOUR, false);
	assert_int_equal(silence.since, NOW);
	assert_int_equal(silence.times, 2);
	silence_note(&silence, NOW + 8 * HOUR + 1, false);
	assert_int_equal(silence.since, NOW + 8 * HOUR + 1);
	assert_int_equal(silence.times, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_kept_is_read_as_the_same, scratch_setup,
						scratch_teardown),
		cmocka_unit_test_setup_teardown(of_those_that_answer_nothing_is_kept, scratch_setup,
						scratch_teardown),
		cmocka_unit_test_setup_teardown(what_is_damaged_is_as_good_as_none, scratch_setup,
						scratch_teardown),
		cmocka_unit_test_setup_teardown(one_line_that_is_damaged_spoils_no_other, scratch_setup,
						scratch_teardown),
		cmocka_unit_test(it_is_asked_again_at_intervals_that_grow_up_to_two_hours),
		cmocka_unit_test(what_was_long_ago_is_no_part_of_what_is_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
