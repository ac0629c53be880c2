/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "memory.h"
#include "scratch.h"

#include "base/text.h"
#include "ctl/acme/advice.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW       ((time_t)1796083200) /* 2026-12-01T00:00:00Z */
#define HOUR      3600
#define DAY       86400
#define DIRECTORY "https://acme-v02.api.letsencrypt.org/directory"
#define HEADER    "windows 1 " DIRECTORY "\n"

#define A "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"
#define B "bYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"
#define C "cYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"

static const char *const three[] = { B, A, C, B };

static void put(struct advice *advice)
{
	*advice = (struct advice){ 0 };
	for (size_t i = 0; i < sizeof(three) / sizeof(*three); i++)
		assert_int_equal(advice_put(advice, three[i], NOW + 30 * DAY), ERR_OK);
}

static void open_advice(struct scratch *scratch, struct advice *advice)
{
	put(advice);
	assert_int_equal(advice_read(advice, scratch->folder, DIRECTORY, NOW, &scratch->complaints), ERR_OK);
	assert_int_equal(advice->count, 3);
}

static void keep(const struct scratch *scratch, const struct advice *advice)
{
	int parent = open(scratch->folder, O_RDONLY | O_DIRECTORY);

	assert_int_equal(advice_keep(advice, parent, DIRECTORY), ERR_OK);
	(void)close(parent);
}

static void what_was_said_is_known_to_the_next_one(void **state)
{
	struct advice advice;
	struct advice_item *item;

	open_advice(*state, &advice);
	assert_null(advice_find(&advice, "x"));
	item = advice_find(&advice, A);
	item->asked = NOW - HOUR;
	item->next = NOW + HOUR;
	item->window = (struct window){ NOW + DAY, NOW + 2 * DAY, strdup("https://ca.example/why") };
	advice_find(&advice, B)->next = NOW + HOUR;
	advice.rest_until = NOW + HOUR;
	keep(*state, &advice);
	advice_free(&advice);

	open_advice(*state, &advice);
	scratch_assert_no_more(*state);
	item = advice_find(&advice, A);
	assert_int_equal(item->asked, NOW - HOUR);
	assert_int_equal(item->next, NOW + HOUR);
	assert_int_equal(item->window.from, NOW + DAY);
	assert_int_equal(item->window.to, NOW + 2 * DAY);
	assert_string_equal(item->window.why, "https://ca.example/why");
	assert_int_equal(advice_find(&advice, B)->next, NOW + HOUR);
	assert_null(advice_find(&advice, B)->window.why);
	assert_int_equal(advice_find(&advice, C)->next, 0);
	assert_int_equal(advice.rest_until, NOW + HOUR);
	advice_free(&advice);
}

static void a_certificate_that_is_gone_is_forgotten(void **state)
{
	struct advice advice;
	struct text text = { 0 };

	put(&advice);
	advice.item[0].next = NOW;
	keep(*state, &advice);
	advice_free(&advice);
	assert_int_equal(advice_put(&advice, A, NOW + DAY), ERR_OK);
	assert_int_equal(advice_read(&advice, ((struct scratch *)*state)->folder, DIRECTORY, NOW,
				     &((struct scratch *)*state)->complaints),
			 ERR_OK);
	assert_int_equal(advice_write(&advice, DIRECTORY, &text), ERR_OK);
	assert_string_equal(text.bytes, HEADER);
	text_free(&text);
	advice_free(&advice);
}

static enum err take(struct advice *advice, const char *lines)
{
	char *bytes = strdup(lines);
	enum err err = advice_take(advice, bytes, strlen(lines), DIRECTORY, NOW);

	free(bytes);
	return err;
}

static void what_is_damaged_tells_nothing(void **state)
{
	static const char *const files[] = {
		"",
		"\n",
		"windows 1 https://other.example/\n",
		"windows 2 " DIRECTORY "\n",
		HEADER "rest\n",
		HEADER "rest x\n",
		HEADER "rest 1796083200",
		HEADER "\n",
		HEADER A "\n",
		HEADER A " 1 2 3 4\n",
		HEADER A " 1 2 3 4 \n",
		HEADER A " 1 2 3 4 -",
		HEADER A " 1 2 3 4 - \n",
		HEADER A " 1 2 4 3 -\n",
		HEADER A " 1 2 3 0x4 -\n",
		HEADER A " 1 -2 3 4 -\n",
		HEADER A " 01 2 3 4 -\n",
		HEADER A " 1 2 3 4444444444444444 -\n",
		HEADER A "  1 2 3 4 -\n",
		HEADER A " 1 2 3 4 \x1b[31m\n",
		HEADER " 1 2 3 4 -\n",
		HEADER A " 1 2 3 4 -\nrest 1\n",
		HEADER A " 1 2 3 4 -\n\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct advice advice = { 0 };

		assert_int_equal(advice_put(&advice, A, NOW + DAY), ERR_OK);
		assert_int_equal(take(&advice, files[i]), ERR_SYNTAX);
		assert_int_equal(advice.item[0].next, 0);
		assert_int_equal(advice.item[0].window.to, 0);
		assert_int_equal(advice.rest_until, 0);
		advice_free(&advice);
	}
}

static void a_nul_is_damage_wherever_it_stands(void **state)
{
	char bytes[] = HEADER A " 1 2 3 4 -\n";

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		struct advice advice = { 0 };
		char copy[sizeof(bytes)];

		memcpy(copy, bytes, sizeof(copy));
		copy[i] = '\0';
		assert_int_equal(advice_put(&advice, A, NOW + DAY), ERR_OK);
		assert_int_equal(advice_take(&advice, copy, sizeof(copy) - 1, DIRECTORY, NOW), ERR_SYNTAX);
		assert_int_equal(advice.item[0].next, 0);
		advice_free(&advice);
	}
}

static void a_file_that_is_damaged_is_said_once_and_begun_anew(void **state)
{
	struct advice advice;
	char *name;

	put(&advice);
	keep(*state, &advice);
	advice_free(&advice);
	open_advice(*state, &advice);
	scratch_assert_no_more(*state);
	advice_free(&advice);

	assert_true(asprintf(&name, "windows-%016llx",
			     (unsigned long long)text_sum(TEXT_SUM_EMPTY, DIRECTORY, strlen(DIRECTORY))) > 0);
	scratch_write(*state, name, HEADER "nonsense\n");
	open_advice(*state, &advice);
	assert_int_equal(((struct scratch *)*state)->complaints.count, 1);
	assert_int_equal(((struct scratch *)*state)->complaints.item[0].severity, SEVERITY_WARNING);
	complaints_free(&((struct scratch *)*state)->complaints);
	keep(*state, &advice);
	advice_free(&advice);
	open_advice(*state, &advice);
	scratch_assert_no_more(*state);
	advice_free(&advice);
	free(name);
}

static void what_a_wrong_clock_has_made_of_it_is_not_waited_for(void **state)
{
	struct advice advice = { 0 };

	(void)state;
	assert_int_equal(advice_put(&advice, A, NOW + DAY), ERR_OK);
	assert_int_equal(take(&advice, HEADER "rest 1999999999\n" A " 1 1999999999 3 4 -\n"), ERR_OK);
	assert_int_equal(advice.rest_until, 0);
	assert_int_equal(advice.item[0].next, 0);
	assert_int_equal(take(&advice, HEADER A " 1999999999 1999999999 3 4 -\n"), ERR_OK);
	assert_int_equal(advice.item[0].next, 0);
	advice_free(&advice);
}

static void those_with_the_oldest_answer_are_asked_about_first_and_no_more_than_so_many(void **state)
{
	struct advice advice;
	struct advice_item *turns[3];

	open_advice(*state, &advice);
	advice_find(&advice, A)->asked = NOW - HOUR;
	advice_find(&advice, B)->asked = NOW - DAY;
	assert_int_equal(advice_turns(&advice, NOW, turns, 9), 3);
	assert_string_equal(turns[0]->id, C);
	assert_string_equal(turns[1]->id, B);
	assert_string_equal(turns[2]->id, A);
	assert_int_equal(advice_turns(&advice, NOW, turns, 2), 2);
	assert_string_equal(turns[1]->id, B);
	advice_free(&advice);
}

static void nobody_is_asked_about_before_it_is_time(void **state)
{
	struct advice advice;
	struct advice_item *turns[3];

	open_advice(*state, &advice);
	assert_true(advice_is_due(&advice, NOW));
	advice_find(&advice, A)->next = NOW + 1;
	advice_find(&advice, B)->not_after = NOW;
	assert_int_equal(advice_turns(&advice, NOW, turns, 9), 1);
	assert_string_equal(turns[0]->id, C);
	advice.rest_until = NOW + 1;
	assert_false(advice_is_due(&advice, NOW));
	assert_true(advice_is_due(&advice, NOW + 1));
	advice_free(&advice);
}

static void without_memory_nothing_is_lost(void **state)
{
	struct advice advice = { 0 };
	struct text text = { 0 };
	char bytes[] = HEADER A " 1 2 3 4 https://ca.example/\n";

	(void)state;
	memory_fail_after(0);
	assert_int_equal(advice_put(&advice, A, NOW + DAY), ERR_NO_MEMORY);
	assert_true(memory_restore());
	assert_int_equal(advice_put(&advice, A, NOW + DAY), ERR_OK);
	memory_fail_after(0);
	assert_int_equal(advice_take(&advice, bytes, strlen(bytes), DIRECTORY, NOW), ERR_NO_MEMORY);
	assert_true(memory_restore());
	assert_int_equal(advice.item[0].window.to, 0);
	advice.item[0].next = NOW;
	memory_fail_after(0);
	assert_int_equal(advice_write(&advice, DIRECTORY, &text), ERR_NO_MEMORY);
	assert_true(memory_restore());
	text_free(&text);
	advice_free(&advice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_said_is_known_to_the_next_one, scratch_setup,
						scratch_teardown),
		cmocka_unit_test_setup_teardown(a_certificate_that_is_gone_is_forgotten, scratch_setup,
						scratch_teardown),
		cmocka_unit_test(what_is_damaged_tells_nothing),
		cmocka_unit_test(a_nul_is_damage_wherever_it_stands),
		cmocka_unit_test_setup_teardown(a_file_that_is_damaged_is_said_once_and_begun_anew,
						scratch_setup, scratch_teardown),
		cmocka_unit_test(what_a_wrong_clock_has_made_of_it_is_not_waited_for),
		cmocka_unit_test_setup_teardown(
			those_with_the_oldest_answer_are_asked_about_first_and_no_more_than_so_many,
			scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(nobody_is_asked_about_before_it_is_time, scratch_setup,
						scratch_teardown),
		cmocka_unit_test(without_memory_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
